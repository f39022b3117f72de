package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/llmgw/llmgw/test/gatewaytest"
)

const (
	leakSeed    = 20261123
	leakCallers = 64
	// leakParallel is the key's limit of open calls: more than the callers need,
	// also where the gateway reads on for some that have left.
	leakParallel = 256
	leakKey      = "sk-e2e-leak-3333333333333333"
	// leakLimit is the key's hard budget in nano-dollars.
	leakLimit = 1_000_000_000_000
	// leakWorst is what no call of the chaos can cost: bodies stay below 500 bytes,
	// their output limits below 300 tokens, and there are two attempts at most.
	leakWorst = 2 * ((500+4096)*inputPrice + 300*outputPrice)
	// leakAttempt bounds an attempt at the vendor.
	leakAttempt = time.Second
	// settleTime is how long the gateway has to come to rest. It reads on up to
	// disconnect_grace for clients that have left.
	settleTime = 30 * time.Second
)

// TestHangUpsLeaveNothingBehind lets clients leave at every point of a call and
// the vendor fail in every way, thousands of times, and then looks for what is
// left: goroutines, open files, open calls, and holds on limits and money.
func TestHangUpsLeaveNothingBehind(t *testing.T) {
	t.Logf("seed %d", leakSeed)
	calls := 10_000
	if testing.Short() {
		calls = 2_000
	}
	if soaking() {
		calls = 50_000
	}
	v := startVendor(t)
	gw := start(t, models(v.URL, leakAttempt)+fmt.Sprintf(`
  - model_name: patient
    litellm_params: {model: openai/mock, api_base: "%[1]s/v1", api_key: sk-vendor, timeout: 60}
    model_info: {input_cost_per_token: 0.000003, output_cost_per_token: 0.000015}
  - model_name: twice
    litellm_params: {model: openai/mock-twice, api_base: "%[1]s/v1", api_key: sk-vendor, timeout: 60, num_retries: 1}
    model_info: {input_cost_per_token: 0.000003, output_cost_per_token: 0.000015}
general_settings: {master_key: %[2]q, disconnect_grace: 2s}
cache_settings: {type: memory}
router_settings: {cooldown_time: 1}
security_settings: {valid_api_keys: [%[3]q]}
rate_limit_settings: {default_limits: {max_parallel: %[4]d}}
budget_settings:
  budgets: [{name: all, limit: %[5]d, period: total, hard_limit: true, api_keys: [%[3]q]}]
`, v.URL, masterKey, leakKey, leakParallel, leakLimit/1_000_000_000), "")
	p := inspect(t, gw)

	chaos(t, v, gw, 0, 200) // so that pools and caches are filled
	goroutines, files := atRest(t, p, v)
	chaos(t, v, gw, 1, calls)
	atRestAgain(t, p, v, goroutines, files)

	t.Run("parallel", func(t *testing.T) { allPlacesAreFree(t, v, gw) })
	t.Run("budget", func(t *testing.T) { budgetIsUsableToItsEnd(t, p, gw) })
}

// atRest waits for the gateway to come to rest and returns the least goroutines and
// open files it was seen with: looking at it takes one or two itself. The vendor's
// end of idle connections is closed: they are no leak, but how many there are is
// chance.
func atRest(t *testing.T, p *process, v *vendor) (goroutines, files int) {
	t.Helper()
	const looks = 25 // without a new minimum
	await(t, settleTime, "no call is open", func() bool { return p.inFlight(t) == 0 })
	v.CloseClientConnections()
	goroutines, files = p.goroutines(t), p.files(t)
	since := 0
	await(t, settleTime, "goroutines and files become no fewer", func() bool {
		g, f := p.goroutines(t), p.files(t)
		if since++; g < goroutines || f < files {
			since = 0
		}
		goroutines, files = min(g, goroutines), min(f, files)
		return since == looks
	})
	return goroutines, files
}

// atRestAgain waits until the gateway has no more than it had.
func atRestAgain(t *testing.T, p *process, v *vendor, goroutines, files int) {
	t.Helper()
	var g, f int
	defer func() { t.Logf("goroutines: %d before, %d after; files: %d before, %d after", goroutines, g, files, f) }()
	await(t, settleTime, "no call is open", func() bool { return p.inFlight(t) == 0 })
	v.CloseClientConnections()
	await(t, settleTime, "goroutines and files are what they were", func() bool {
		g, f = p.goroutines(t), p.files(t)
		return g <= goroutines && f <= files
	})
}

// chaos makes n calls, each of which goes wrong in its own way or not at all.
func chaos(t *testing.T, v *vendor, gw *gatewaytest.Gateway, round uint64, n int) {
	t.Helper()
	var callers sync.WaitGroup
	var next, good atomic.Int64
	for i := range uint64(leakCallers) {
		r := newRand(leakSeed, round*leakCallers+i)
		callers.Go(func() {
			for k := next.Add(1); k <= int64(n); k = next.Add(1) {
				q := newQuestion(r, fmt.Sprintf("l%d-%d", round, k))
				q.key, q.order.Key = leakKey, "leak"
				end := ends[r.IntN(len(ends))]
				if end.prepare != nil {
					end.prepare(&q)
				}
				if err := end.call(r, gw.URL(), &q); err != nil {
					t.Errorf("call %s (%s): %v", q.order.ID, end.name, err)
				} else {
					good.Add(1)
				}
			}
		})
	}
	callers.Wait()
	if good.Load() != int64(n) {
		t.Fatalf("%d of %d calls ended as they should", good.Load(), n)
	}
}

// ending is a way in which a call ends.
type ending struct {
	name string
	// prepare changes the question; nil for nothing.
	prepare func(q *question)
	// call makes the call.
	call func(r *rand.Rand, url string, q *question) error
}

// ends are the ways, those that are common or fast more than once.
var ends = []ending{
	{"answered", nil, readAll(http.StatusOK)},
	{"answered", nil, readAll(http.StatusOK)},
	{"answered", nil, readAll(http.StatusOK)},
	{"answered", nil, readAll(http.StatusOK)},
	{"left before the body", nil, leaveAt(func(_ *rand.Rand, body, _ int) int { return body })},
	{"left in the head", nil, leaveAt(func(r *rand.Rand, body, _ int) int { return 1 + r.IntN(body-1) })},
	{"left in the body", nil, leaveAt(func(r *rand.Rand, body, all int) int { return body + r.IntN(all-body) })},
	{"left before the first byte", slowly, leaveAfter},
	{"left before the first byte", slowly, leaveAfter},
	{"left in the stream", streamed, leaveInStream},
	{"left in the stream", streamed, leaveInStream},
	{"left after the stop reason", stopped, leaveAtStop},
	{"does not read", ordered(answerBig), doNotRead},
	{"vendor fails", ordered(failServer), readAll(http.StatusInternalServerError)},
	{"vendor limits", ordered(failLimit), readAll(http.StatusTooManyRequests)},
	{"vendor refuses", ordered(failInput), readAll(http.StatusBadRequest)},
	{"vendor cuts early", ordered(cutEarly), readAll(http.StatusBadGateway)},
	{"vendor cuts the body", unary(cutMiddle), readAll(http.StatusBadGateway)},
	{"vendor cuts the stream", streaming(cutMiddle), readAll(http.StatusOK)},
	{"left a vendor that fails", ordered(cutEarly), leaveAfter},
	{"left between two attempts", twice, leaveAfter},
	{"two attempts", twice, rarely(readAll(http.StatusBadGateway), leaveAfter)},
	{"from the cache", cached, readAll(http.StatusOK)},
	{"left an answer from the cache", cached, leaveInStream},
	{"vendor never answers", ordered(neverAnswer), rarely(readAll(http.StatusGatewayTimeout), leaveAfter)},
	{"vendor falls silent", streaming(fallSilent), rarely(readAll(http.StatusOK), leaveInStream)},
}

func ordered(do string) func(*question) {
	return func(q *question) { q.order.Do, q.stream = do, q.stream || do == answerBig }
}

func unary(do string) func(*question) {
	return func(q *question) { q.order.Do, q.stream = do, false }
}

func streaming(do string) func(*question) {
	return func(q *question) { q.order.Do, q.stream = do, true }
}

// twice makes both attempts of a call fail, with a pause between them.
func twice(q *question) {
	q.model, q.anthropic, q.order.Do = "twice", false, cutEarly
}

// cached makes one and the same call.
func cached(q *question) {
	*q = question{
		key: leakKey, stream: true, maxTokens: 10,
		order: order{ID: "cached", Key: "leak", Do: answerWell, Input: 5, Output: 5, Pieces: 5},
	}
}

func streamed(q *question) { q.stream = true }
func slowly(q *question)   { q.order.Wait = 100 * time.Millisecond; q.order.Pieces = 1 }
func stopped(q *question) {
	q.stream, q.order.Wait, q.order.Pieces = true, 20*time.Millisecond, 1
}

// rarely does the slow thing in one of ten calls.
func rarely(slow, fast func(*rand.Rand, string, *question) error) func(*rand.Rand, string, *question) error {
	return func(r *rand.Rand, url string, q *question) error {
		if r.IntN(10) == 0 {
			return slow(r, url, q)
		}
		return fast(r, url, q)
	}
}

// hangUp closes the connection, in one of two calls with a reset.
func (c *raw) hangUp(r *rand.Rand) error {
	if r.IntN(2) == 0 {
		if err := c.SetLinger(0); err != nil {
			return err
		}
	}
	return c.Close()
}

// send opens a connection and writes the first n bytes of the question, all of
// them where n is negative.
func send(url string, q *question, n int) (*raw, error) {
	c, err := dialRaw(url)
	if err != nil {
		return nil, err
	}
	request, _ := q.bytes()
	if n < 0 {
		n = len(request)
	}
	if _, err := c.Write(request[:n]); err != nil {
		return nil, fmt.Errorf("write: %w", err)
	}
	return c, nil
}

// readAll waits for the whole answer, which must have that status.
func readAll(status int) func(*rand.Rand, string, *question) error {
	return func(_ *rand.Rand, url string, q *question) error {
		c, err := send(url, q, -1)
		if err != nil {
			return err
		}
		defer c.Close()
		a, err := c.readReply(http.MethodPost)
		if err != nil {
			return err
		}
		if a.status != status {
			return fmt.Errorf("status %d, want %d: %.200s", a.status, status, a.body)
		}
		return nil
	}
}

// leaveAt leaves having sent as many bytes as choose says, which is told where
// the body begins and ends.
func leaveAt(choose func(r *rand.Rand, body, all int) int) func(*rand.Rand, string, *question) error {
	return func(r *rand.Rand, url string, q *question) error {
		request, body := q.bytes()
		c, err := send(url, q, choose(r, body, len(request)))
		if err != nil {
			return err
		}
		return c.hangUp(r)
	}
}

// leaveAfter leaves a moment after the request has been sent.
func leaveAfter(r *rand.Rand, url string, q *question) error {
	c, err := send(url, q, -1)
	if err != nil {
		return err
	}
	// Until then nothing is to be read: a read with a deadline is a wait that ends
	// early if there is.
	if err := c.SetReadDeadline(time.Now().Add(between(r, 0, 30*time.Millisecond))); err != nil {
		return err
	}
	_, _ = c.reader.ReadByte() // Mostly the deadline's error; what came is no matter.
	return c.hangUp(r)
}

// leaveInStream leaves when some bytes of the answer have come.
func leaveInStream(r *rand.Rand, url string, q *question) error {
	c, err := send(url, q, -1)
	if err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, c.reader, 1+r.Int64N(600)); err != nil && err != io.EOF {
		return fmt.Errorf("read the stream: %w", err)
	}
	return c.hangUp(r)
}

// leaveAtStop leaves between the stop reason and the end of the stream.
func leaveAtStop(r *rand.Rand, url string, q *question) error {
	c, err := send(url, q, -1)
	if err != nil {
		return err
	}
	stop := `"finish_reason":"stop"`
	if q.anthropic {
		stop = `"stop_reason":"end_turn"`
	}
	if !c.readUntil(stop, 64<<10) {
		return fmt.Errorf("the stream has no %s", stop)
	}
	return c.hangUp(r)
}

// doNotRead lets megabytes come and reads almost none of them.
func doNotRead(r *rand.Rand, url string, q *question) error {
	c, err := send(url, q, -1)
	if err != nil {
		return err
	}
	if err := c.SetReadBuffer(4 << 10); err != nil {
		return err
	}
	if _, err := c.reader.ReadByte(); err != nil {
		return fmt.Errorf("read the first byte: %w", err)
	}
	// The pause is the point: the gateway must block on this client meanwhile.
	<-time.After(between(r, 0, 200*time.Millisecond))
	return c.hangUp(r)
}

// TestSlowClientsAreGivenUp waits for the gateway's own limits: a body that does
// not come to its end is refused, and a client that does not read is cut off.
func TestSlowClientsAreGivenUp(t *testing.T) {
	if !soaking() {
		t.Skip("takes more than a minute: the gateway gives clients 60 s for a body and for a write (set LLMGW_SOAK=1)")
	}
	const patience = 100 * time.Second
	v := startVendor(t)
	gw := start(t, hostileConfig(v), "")
	p := inspect(t, gw)
	goroutines, files := atRest(t, p, v)

	q := question{key: hostileKey, anthropic: true, maxTokens: 10, order: order{ID: "slow", Do: answerBig, Input: 5, Output: 5}}
	request, body := q.bytes()
	sender, err := send(gw.URL(), &q, body+(len(request)-body)/2)
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	q.stream = true
	reader, err := send(gw.URL(), &q, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := errors.Join(reader.SetReadBuffer(4<<10), sender.SetDeadline(time.Now().Add(patience)), reader.SetDeadline(time.Now().Add(patience))); err != nil {
		t.Fatal(err)
	}
	reply, err := sender.readReply(http.MethodPost)
	if err != nil {
		t.Fatalf("half a body: %v", err)
	}
	late := attack{dialect: "anthropic", verdict: refused}
	if err := late.judgeRefusal(reply); err != nil {
		t.Errorf("half a body: %v", err)
	}
	await(t, patience, "the client that does not read is cut off", func() bool { return p.inFlight(t) == 0 })
	sender.Close()
	reader.Close()
	atRestAgain(t, p, v, goroutines, files)
}

// allPlacesAreFree fills the key's limit of open calls to the last place.
func allPlacesAreFree(t *testing.T, v *vendor, gw *gatewaytest.Gateway) {
	g := v.newGate(leakParallel)
	client := newClient(t, leakParallel)
	q := question{
		key: leakKey, model: "patient", maxTokens: 10,
		order: order{Key: "leak", Do: waitForGate, Input: 5, Output: 5},
	}
	var callers sync.WaitGroup
	var good atomic.Int64
	for i := range leakParallel {
		q := q
		q.order.ID = fmt.Sprintf("gate-%d", i)
		callers.Go(func() {
			a := q.ask(t.Context(), client, gw.URL())
			if a.status != http.StatusOK || !a.whole {
				t.Errorf("call %d of %d at one time: status %d, error %v: %.200s", i+1, leakParallel, a.status, a.err, a.body)
				return
			}
			good.Add(1)
		})
	}
	select {
	case <-g.full:
		more := q
		more.order.ID, more.order.Do = "gate-more", answerWell
		if a := more.ask(t.Context(), client, gw.URL()); a.status != http.StatusTooManyRequests {
			t.Errorf("call %d of %d at one time: status %d, want 429", leakParallel+1, leakParallel, a.status)
		}
	case <-time.After(settleTime):
		t.Errorf("%d calls at one time did not all come to the vendor", leakParallel)
	}
	close(g.open)
	callers.Wait()
	if good.Load() != leakParallel {
		t.Errorf("%d of %d calls at one time were answered", good.Load(), leakParallel)
	}
}

// budgetIsUsableToItsEnd makes a call whose worst case is exactly what the log
// says is left of the hard budget. Any hold that stayed open would leave less.
func budgetIsUsableToItsEnd(t *testing.T, p *process, gw *gatewaytest.Gateway) {
	var lines []gatewaytest.LogLine
	await(t, settleTime, "the log has a line for each call", func() bool {
		lines = gw.LogSoFar()
		return len(lines) == int(p.metric(t, "litellm_request_count"))
	})
	left := int64(leakLimit)
	for i := range lines {
		cost := nanoUSD(t, lines[i].Cost)
		left -= cost
		if cost > leakWorst {
			t.Errorf("call %s is booked at %d nano-dollars, no call can cost more than %d: %+v", lines[i].SessionID, cost, leakWorst, lines[i])
		}
	}
	client := newClient(t, 1)
	q := question{key: leakKey, maxTokens: left / outputPrice, order: order{ID: "last", Key: "leak", Do: answerWell, Input: 5}}
	q.order.Output = q.maxTokens
	// The gateway's input bound: every byte a token, and what vendors add (data,
	// default 4,096 tokens). The body has the number it depends on in it, twice.
	for range 3 {
		q.maxTokens = (left - (int64(len(q.body()))+4096)*inputPrice) / outputPrice
		q.order.Output = q.maxTokens
	}
	a := q.mustAnswer(t, client, gw.URL())
	if limit := a.header.Get("X-Llmgw-Max-Tokens-Capped"); limit != "" {
		t.Errorf("%d nano-dollars are left, but a call that needs at most as much is capped from %d to %s tokens", left, q.maxTokens, limit)
	}
	left -= q.order.cost()
	t.Logf("%d lines; %d nano-dollars left after the last call", len(lines), left)

	q.order = order{ID: "refused", Key: "leak", Do: answerWell, Input: 5, Output: 5}
	q.maxTokens = left/outputPrice + 1
	a = q.ask(t.Context(), client, gw.URL())
	var refusal struct{ Error struct{ Code string } }
	if err := json.Unmarshal(a.body, &refusal); err != nil || a.status != http.StatusTooManyRequests || refusal.Error.Code != "budget_exceeded" {
		t.Errorf("with %d nano-dollars left: status %d, %.300s; want 429 budget_exceeded", left, a.status, a.body)
	}
}
