package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/llmgw/llmgw/test/gatewaytest"
)

const (
	hostileSeed    = 20261124
	hostileCallers = 32
	hostileKey     = "sk-e2e-hostile-44444444444444"
	otherKey       = "sk-e2e-other-555555555555555"
	// maxBody is the gateway's limit on one body, and maxInFlight on all together:
	// enough for all callers at one time, since 503 would be a right answer too.
	maxBody     = 1 << 20
	maxInFlight = 2 * hostileCallers * maxBody
	// moreMemory is how much more the gateway may have in memory after the attacks
	// than after the first few of them.
	moreMemory = 48 << 20
)

// TestHostileRequestsAreRefused sends thousands of requests that no client should
// send. Every one has to be answered as an error of the client, in its dialect,
// and to leave nothing behind.
func TestHostileRequestsAreRefused(t *testing.T) {
	t.Logf("seed %d", hostileSeed)
	count := 10_000
	if testing.Short() {
		count = 2_000
	}
	v := startVendor(t)
	gw := start(t, hostileConfig(v), "")
	p := inspect(t, gw)
	warm(t, gw)
	goroutines, files := atRest(t, p, v)
	assault(t, gw, 0, 300)
	before := p.memory(t, "VmRSS")

	slow := startSlow(t, gw.URL())
	assault(t, gw, 1, count)
	slow.end()

	after, most := p.memory(t, "VmRSS"), p.memory(t, "VmHWM")
	t.Logf("memory: %d MiB before, %d MiB after, %d MiB at most", before>>20, after>>20, most>>20)
	if after > before+moreMemory {
		t.Errorf("memory grew from %d MiB to %d MiB", before>>20, after>>20)
	}
	warm(t, gw)
	atRestAgain(t, p, v, goroutines, files)
	for _, line := range gw.Log() {
		if line.HTTPStatus >= 500 {
			t.Errorf("a call ended in %d: %+v", line.HTTPStatus, line)
		}
	}
	checkOutput(t, gw)
}

func hostileConfig(v *vendor) string {
	return models(v.URL, time.Minute) + fmt.Sprintf(`
  - {model_name: hello, litellm_params: {model: echo/hello}}
  - {model_name: any/*, litellm_params: {model: "openai/*", api_base: "%s/v1", api_key: sk-vendor, num_retries: 0}}
general_settings: {master_key: %q, max_body_bytes: %d, max_body_bytes_in_flight: %d}
security_settings: {valid_api_keys: [%q, %q]}
`, v.URL, masterKey, maxBody, maxInFlight, hostileKey, otherKey)
}

// warm makes a good call in each dialect.
func warm(t *testing.T, gw *gatewaytest.Gateway) {
	t.Helper()
	client := newClient(t, 1)
	defer client.CloseIdleConnections()
	for _, anthropic := range []bool{true, false} {
		q := question{key: hostileKey, anthropic: anthropic, maxTokens: 10, order: order{ID: "good", Do: answerWell, Input: 5, Output: 5}}
		q.mustAnswer(t, client, gw.URL())
	}
}

// checkOutput looks for panics in what the gateway wrote.
func checkOutput(t *testing.T, gw *gatewaytest.Gateway) {
	t.Helper()
	if out := gw.Output(); strings.Contains(out, "panic") || strings.Contains(out, "goroutine ") || strings.Contains(out, "DATA RACE") {
		t.Errorf("the gateway panicked:\n%s", out)
	}
}

// assault makes n attacks, all kinds in turn.
func assault(t *testing.T, gw *gatewaytest.Gateway, round uint64, n int) {
	t.Helper()
	kinds := attacks()
	failures := failureList{seen: make(map[string]int)}
	var callers sync.WaitGroup
	var next atomic.Int64
	for range hostileCallers {
		callers.Go(func() {
			for k := next.Add(1); k <= int64(n); k = next.Add(1) {
				a := &kinds[k%int64(len(kinds))]
				r := newRand(hostileSeed, round<<32+uint64(k))
				if err := a.run(r, gw.URL()); err != nil {
					failures.add(t, a.name, fmt.Errorf("attack %d: %w", k, err))
				}
			}
		})
	}
	callers.Wait()
	t.Logf("%d attacks of %d kinds", n, len(kinds))
}

// failureList reports the first few failures of each kind: hundreds of the same
// help nobody.
type failureList struct {
	mu   sync.Mutex // guards seen
	seen map[string]int
}

func (l *failureList) add(t *testing.T, name string, err error) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen[name]++; l.seen[name] <= 2 {
		t.Errorf("%s: %v", name, err)
	}
}

// verdict is what an attack must be answered with.
type verdict int

const (
	// refused: a client error of the gateway, in the dialect.
	refused verdict = iota
	// judged: as refused, or a success: the damage may have missed.
	judged
	// unparsed: no HTTP the server can read: it answers by itself, or just closes
	// the connection.
	unparsed
	// dropped: the connection is over without an answer having to come.
	dropped
)

// attack is a kind of hostile request.
type attack struct {
	name    string
	dialect string // "anthropic", "openai", or "" for either
	verdict verdict
	status  int // the only one that is right; 0 for any
	// half says that the client closes its side when it has sent all.
	half bool
	// method is that of the request, where it matters for reading the answer.
	method string
	// answers is how many must come on the connection; 0 means 1.
	answers int
	// request gives the bytes to send.
	request func(r *rand.Rand) []byte
}

// run makes the attack on a connection of its own and judges the answers.
func (a *attack) run(r *rand.Rand, url string) error {
	c, err := dialRaw(url)
	if err != nil {
		return err
	}
	defer c.Close()
	request := a.request(r)
	// The gateway may refuse, and close, before it has read everything.
	_, writeErr := c.Write(request)
	if a.half && writeErr == nil {
		if err := c.CloseWrite(); err != nil {
			return err
		}
	}
	for range max(1, a.answers) {
		if err := a.judge(c); err != nil {
			return fmt.Errorf("%w\nrequest: %.600q", err, request)
		}
	}
	return nil
}

// judge reads an answer and compares it with the verdict.
func (a *attack) judge(c *raw) error {
	reply, err := c.readReply(a.method)
	if err != nil {
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			return fmt.Errorf("no answer: %w", err)
		}
		if a.verdict == unparsed || a.verdict == dropped {
			return nil
		}
		return fmt.Errorf("no answer: %w", err)
	}
	switch a.verdict {
	case unparsed:
		return judgeServer(reply)
	case judged:
		if reply.status == http.StatusOK {
			return nil
		}
	case refused, dropped:
	}
	return a.judgeRefusal(reply)
}

// judgeRefusal: an error of the client, told in the dialect.
func (a *attack) judgeRefusal(reply *rawReply) error {
	if reply.status < 400 || reply.status > 499 || a.status != 0 && reply.status != a.status {
		return fmt.Errorf("status %d, want %d (0: any 4xx): %.300q", reply.status, a.status, reply.body)
	}
	if reply.header.Get("X-Request-Id") == "" {
		return fmt.Errorf("status %d without a request id: %.300q", reply.status, reply.body)
	}
	if a.method == http.MethodHead {
		return nil
	}
	return checkDialect(a.dialect, reply.body)
}

// serverStatuses are what net/http answers to what it cannot read, and to
// requests that ask for what it does not have.
var serverStatuses = []int{
	http.StatusBadRequest, http.StatusRequestHeaderFieldsTooLarge, http.StatusExpectationFailed,
	http.StatusNotImplemented, http.StatusHTTPVersionNotSupported,
}

func judgeServer(reply *rawReply) error {
	if !slices.Contains(serverStatuses, reply.status) {
		return fmt.Errorf("status %d, want one of %v: %.300q", reply.status, serverStatuses, reply.body)
	}
	return nil
}

// checkDialect checks that an error's body has the dialect's shape.
func checkDialect(dialect string, body []byte) error {
	var e struct {
		Type  string `json:"type"`
		Error *struct {
			Type    string `json:"type"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return fmt.Errorf("the error is no JSON: %w: %.300q", err, body)
	}
	if e.Error == nil || e.Error.Type == "" || e.Error.Message == "" {
		return fmt.Errorf("the error has no type or message: %.300q", body)
	}
	is := "openai"
	if e.Type == "error" {
		is = "anthropic"
	}
	if dialect != "" && dialect != is {
		return fmt.Errorf("the error is in the dialect %s, want %s: %.300q", is, dialect, body)
	}
	return nil
}

// slowClients are connections on which hardly anything happens.
type slowClients struct {
	t       *testing.T
	waiting sync.WaitGroup
	stop    chan struct{}
}

// slowHeads and slowBodies are how many of them there are of each kind.
const slowHeads, slowBodies = 32, 32

// startSlow opens connections that never end their head, which the gateway has to
// close after its 10 s, and such that send a body drop by drop until end.
func startSlow(t *testing.T, url string) *slowClients {
	t.Helper()
	s := &slowClients{t: t, stop: make(chan struct{})}
	q := question{key: hostileKey, anthropic: true, maxTokens: 10, order: order{ID: "slow", Do: answerWell}}
	request, body := q.bytes()
	for range slowHeads {
		s.drip(url, request[:body-2], nil)
	}
	for range slowBodies {
		s.drip(url, request[:body], request[body:])
	}
	return s
}

// drip sends begin at once and then rest, a byte a time. Without a rest the
// gateway must close the connection.
func (s *slowClients) drip(url string, begin, rest []byte) {
	s.waiting.Go(func() {
		c, err := dialRaw(url)
		if err != nil {
			s.t.Errorf("slow client: %v", err)
			return
		}
		defer c.Close()
		if _, err := c.Write(begin); err != nil {
			s.t.Errorf("slow client: %v", err)
			return
		}
		if rest == nil {
			if _, err := io.Copy(io.Discard, c.reader); err != nil {
				s.t.Errorf("a head that never ends: the connection is not closed: %v", err)
			}
			return
		}
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for _, b := range rest {
			select {
			case <-s.stop:
				return
			case <-tick.C:
			}
			if _, err := c.Write([]byte{b}); err != nil {
				s.t.Errorf("slow body: %v", err)
				return
			}
		}
	})
}

// end waits for the slow heads to be closed by the gateway and leaves in the
// middle of the slow bodies.
func (s *slowClients) end() {
	close(s.stop)
	s.waiting.Wait()
}
