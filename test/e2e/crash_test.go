package e2e

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/llmgw/llmgw/test/gatewaytest"
)

const (
	crashSeed    = 20261122
	crashCallers = 16
	// startTime is what a gateway needs to read its books and to serve.
	startTime = 50 * time.Millisecond
	// crashLoad is how long the callers call at most before the gateway is killed.
	crashLoad = 800 * time.Millisecond
	// budgetKey falls under a hard budget, freeKey under none.
	budgetKey = "sk-e2e-budget-1111111111111111"
	freeKey   = "sk-e2e-free-22222222222222222"
)

// asked is a call and what its client got.
type asked struct {
	question question
	reply    reply
}

// TestKillLosesNothing kills the gateway again and again in the middle of calls
// and compares, in the end, what clients got and what the vendor billed with the
// request log and the totals.
func TestKillLosesNothing(t *testing.T) {
	t.Logf("seed %d", crashSeed)
	rounds := 5
	if soaking() {
		rounds = 20
	}
	v := startVendor(t)
	config := crashConfig(v, "100000")

	var calls []asked
	dataDir := t.TempDir()
	r := newRand(crashSeed, 0)
	for round := range rounds {
		gw := start(t, config, dataDir)
		load := startLoad(t, gw.URL(), uint64(round), newQuestion)
		// Any moment will do, also one at which the last round is not digested yet.
		<-time.After(between(r, 0, crashLoad))
		gw.Kill()
		calls = append(calls, load.end()...)
		for range 3 {
			killStarting(t, config, dataDir, between(r, 0, startTime))
		}
	}
	gw := start(t, config, dataDir)
	load := startLoad(t, gw.URL(), uint64(rounds), newQuestion)
	<-time.After(crashLoad / 4)
	calls = append(calls, load.end()...)

	lines := gw.Log()
	c := newCrashReport(t, calls, lines)
	c.checkAnswers()
	c.checkBills(v.bills())
	c.checkInterrupted(rounds)
	c.checkTotals(readTotals(t, gw.DataDir()))
	t.Logf("%d calls, %d answered in full, %d lines, %d of them interrupted", len(calls), c.whole, len(lines), c.interrupted)
}

// killStarting starts a gateway and kills it after a time in which it may or may
// not have come to bring its books into order.
func killStarting(t *testing.T, config, dataDir string, after time.Duration) {
	t.Helper()
	file := writeConfig(t, config)
	cmd := exec.CommandContext(t.Context(), os.Getenv(gatewaytest.BinaryEnv), "serve", "--config", file, "--listen", "127.0.0.1:0")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Dir(file), "LLMGW_DATA_DIR=" + dataDir}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-time.After(after)
	if err := cmd.Process.Kill(); err != nil {
		t.Errorf("kill a gateway that starts: %v", err)
	}
	_ = cmd.Wait() // That it was killed is no news.
}

// crashConfig has the two keys, one of them under a hard budget, in dollars.
func crashConfig(v *vendor, budget string) string {
	return models(v.URL, time.Minute) + fmt.Sprintf(`
general_settings: {master_key: %q, hold_wait: 0s}
security_settings: {valid_api_keys: [%q, %q]}
budget_settings:
  budgets: [{name: all, limit: %s, period: total, hard_limit: true, api_keys: [%q]}]
`, masterKey, budgetKey, freeKey, budget, budgetKey)
}

// TestKillDoesNotLiftABudget spends a hard budget to its end over several kills:
// what the vendor bills must not be more than it.
func TestKillDoesNotLiftABudget(t *testing.T) {
	t.Logf("seed %d", crashSeed)
	const limit = 2_000_000_000 // nano-dollars
	v := startVendor(t)
	config, dataDir := crashConfig(v, "2.0"), t.TempDir()
	r := newRand(crashSeed, 0)
	for round := range uint64(4) {
		gw := start(t, config, dataDir)
		load := startLoad(t, gw.URL(), round, newBudgetQuestion)
		<-time.After(between(r, 50*time.Millisecond, 150*time.Millisecond))
		gw.Kill()
		load.end()
	}
	gw := start(t, config, dataDir)
	load := startLoad(t, gw.URL(), 4, newBudgetQuestion)
	load.callers.Wait() // Each ends when it is refused.
	for _, a := range load.end() {
		if a.reply.status != http.StatusOK && a.reply.status != http.StatusTooManyRequests {
			t.Errorf("call %s: status %d, error %v, want 200 or 429", a.question.order.ID, a.reply.status, a.reply.err)
		}
	}
	lines := gw.Log()
	spent := readTotals(t, gw.DataDir())["budget:all"].NanoUSD
	var billed int64
	for _, o := range v.bills() {
		billed += o.cost()
	}
	t.Logf("%d lines; of %d nano-dollars %d are booked and %d billed", len(lines), limit, spent, billed)
	if billed > limit || spent > limit || spent < billed {
		t.Errorf("limit %d, booked %d, billed %d: want billed <= booked <= limit", limit, spent, billed)
	}
	if spent < limit*9/10 {
		t.Errorf("calls are refused though only %d of %d are spent", spent, limit)
	}
}

// TestStopCutsNothing stops the gateway by SIGTERM under load: every call that it
// had begun is answered in full, logged and counted.
func TestStopCutsNothing(t *testing.T) {
	t.Logf("seed %d", crashSeed)
	v := startVendor(t)
	gw := start(t, crashConfig(v, "100000"), "")
	load := startLoad(t, gw.URL(), 0, newQuestion)
	<-time.After(crashLoad / 4)
	gw.Stop()
	calls := load.end()

	c := newCrashReport(t, calls, gw.Log())
	c.checkAnswers()
	c.checkBills(v.bills())
	c.checkInterrupted(0)
	c.checkTotals(readTotals(t, gw.DataDir()))
	if c.interrupted > 0 || c.whole < len(c.lines) {
		t.Errorf("of %d calls that were begun %d were answered in full, %d are interrupted", len(c.lines), c.whole, c.interrupted)
	}
}

// newBudgetQuestion makes a call of any kind under the hard budget.
func newBudgetQuestion(r *rand.Rand, id string) question {
	q := newQuestion(r, id)
	q.key, q.order.Key = budgetKey, "budget"
	return q
}

// load are callers that call one after the other until they are told to end.
type load struct {
	stop    chan struct{}
	callers sync.WaitGroup
	mu      sync.Mutex // guards calls
	calls   []asked
}

// startLoad starts the callers against a gateway, with calls that next makes.
// They differ from those of all other rounds.
func startLoad(t *testing.T, url string, round uint64, next func(*rand.Rand, string) question) *load {
	t.Helper()
	l := &load{stop: make(chan struct{})}
	client := newClient(t, crashCallers)
	for i := range uint64(crashCallers) {
		r := newRand(crashSeed, 1+round*crashCallers+i)
		l.callers.Go(func() {
			for n := 0; !l.stopped(); n++ {
				q := next(r, fmt.Sprintf("c%d-%d-%d", round, i, n))
				if !l.call(t.Context(), client, url, q) {
					return
				}
			}
		})
	}
	return l
}

func (l *load) stopped() bool {
	select {
	case <-l.stop:
		return true
	default:
		return false
	}
}

// call makes one call; false where the gateway is gone or refuses.
func (l *load) call(ctx context.Context, client *http.Client, url string, q question) bool {
	a := asked{q, q.ask(ctx, client, url)}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, a)
	return a.reply.whole && a.reply.status == http.StatusOK
}

// end lets the calls under way finish and returns all of them.
func (l *load) end() []asked {
	close(l.stop)
	l.callers.Wait()
	return l.calls
}

// newQuestion makes a call of any kind.
func newQuestion(r *rand.Rand, id string) question {
	q := question{
		key: budgetKey, anthropic: r.IntN(2) == 0, stream: r.IntN(2) == 0, usage: r.IntN(2) == 0,
		order: order{ID: id, Key: "budget", Do: answerWell, Input: 1 + r.Int64N(300), Output: 1 + r.Int64N(200), Pieces: 1 + r.IntN(12)},
	}
	if r.IntN(2) == 0 {
		q.key, q.order.Key = freeKey, "free"
	}
	if r.IntN(3) > 0 {
		q.order.Wait = between(r, 0, 15*time.Millisecond)
	}
	q.maxTokens = q.order.Output + r.Int64N(100)
	if r.IntN(3) == 0 {
		q.translated()
	}
	return q
}

// crashReport compares what was asked with what was written down.
type crashReport struct {
	t         *testing.T
	calls     []asked
	lines     []gatewaytest.LogLine
	byRequest map[string]*gatewaytest.LogLine
	bySession map[string]*gatewaytest.LogLine
	asked     map[string]*asked
	// keyIDs are the public ids of the keys by their names in orders.
	keyIDs             map[string]string
	whole, interrupted int
}

func newCrashReport(t *testing.T, calls []asked, lines []gatewaytest.LogLine) *crashReport {
	t.Helper()
	c := &crashReport{
		t: t, calls: calls, lines: lines,
		byRequest: make(map[string]*gatewaytest.LogLine), bySession: make(map[string]*gatewaytest.LogLine),
		asked: make(map[string]*asked), keyIDs: make(map[string]string),
	}
	for i := range calls {
		c.asked[calls[i].question.order.ID] = &calls[i]
	}
	for i := range lines {
		l := &lines[i]
		if c.byRequest[l.RequestID] != nil || c.bySession[l.SessionID] != nil {
			t.Errorf("call %s (%s) is in the log twice", l.SessionID, l.RequestID)
		}
		c.byRequest[l.RequestID], c.bySession[l.SessionID] = l, l
		a := c.asked[l.SessionID]
		if a == nil {
			t.Errorf("call %s (%s) is in the log, but nobody made it", l.SessionID, l.RequestID)
			continue
		}
		name := a.question.order.Key
		if id := cmp.Or(c.keyIDs[name], l.KeyID); id != l.KeyID {
			t.Errorf("call %s is on key %s, others of that key on %s", l.SessionID, l.KeyID, id)
		}
		c.keyIDs[name] = l.KeyID
	}
	return c
}

// checkAnswers: a call whose answer a client has in full is in the log with its
// usage; one of which it has the head is there as well.
func (c *crashReport) checkAnswers() {
	for i := range c.calls {
		q, a := &c.calls[i].question, &c.calls[i].reply
		if a.requestID == "" {
			continue
		}
		l := c.byRequest[a.requestID]
		if l == nil || l.SessionID != q.order.ID {
			c.t.Errorf("call %s (%s, in full: %v) is not in the log", q.order.ID, a.requestID, a.whole)
			continue
		}
		if !a.whole {
			continue
		}
		c.whole++
		if l.Status != "success" || l.InputTokens != q.order.Input || l.OutputTokens != q.order.Output ||
			l.UsageEstimated || nanoUSD(c.t, l.Cost) != q.order.cost() {
			c.t.Errorf("call %s was answered in full (%d), the log has %+v, want usage %+v", q.order.ID, a.status, *l, q.order)
		}
	}
	if c.whole == 0 {
		c.t.Error("no call was answered in full: the test proves nothing")
	}
}

// checkBills: what the vendor has received is in the log, and under the hard
// budget at no less than what the vendor bills.
func (c *crashReport) checkBills(bills []order) {
	for _, o := range bills {
		l := c.bySession[o.ID]
		if l == nil {
			c.t.Errorf("call %s is not in the log, but the vendor bills it", o.ID)
			continue
		}
		if o.Key == "budget" && nanoUSD(c.t, l.Cost) < o.cost() {
			c.t.Errorf("call %s is under a hard budget and booked at %s USD, the vendor bills %d nano-dollars", o.ID, l.Cost, o.cost())
		}
	}
}

// checkInterrupted: what the kill has cut says so.
func (c *crashReport) checkInterrupted(kills int) {
	for i := range c.lines {
		l := &c.lines[i]
		if l.Status == "success" {
			continue
		}
		c.interrupted++
		if l.ErrorType != "interrupted" || l.HTTPStatus != 0 {
			c.t.Errorf("call %s failed for another reason than the kill: %+v", l.SessionID, *l)
		}
		if !l.UsageEstimated || l.InputTokens == 0 {
			c.t.Errorf("call %s was cut, its usage is not an estimate of what was seen: %+v", l.SessionID, *l)
		}
	}
	if c.interrupted < kills {
		c.t.Errorf("%d kills cut %d calls: the test proves little", kills, c.interrupted)
	}
}

// checkTotals: the totals are what the log adds up to.
func (c *crashReport) checkTotals(totals map[string]used) {
	sums := map[string]used{}
	for i := range c.lines {
		l := &c.lines[i]
		for _, account := range []string{"gateway", "key:" + l.KeyID} {
			u := sums[account]
			u.add(c.t, l)
			sums[account] = u
		}
	}
	budget := used{NanoUSD: sums["key:"+c.keyIDs["budget"]].NanoUSD}
	sums["budget:all"] = budget
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		if totals[name] != sums[name] {
			c.t.Errorf("totals of %s: %+v, the log adds up to %+v", name, totals[name], sums[name])
		}
	}
}
