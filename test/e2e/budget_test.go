package e2e

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/llmgw/llmgw/test/gatewaytest"
)

const (
	spendSeed    = 20261124
	spendCallers = 64
	// spendLimit is the hard budget in nano-dollars.
	spendLimit = 1_000_000_000
	// spendTime is how long it may take to be used up.
	spendTime = 60 * time.Second
	// sonnetUses is the output of a call in tokens.
	sonnetUses = 800
)

// spendConfig serves one model, priced as Claude Sonnet 4.5 by the catalogue, under
// the budget that settings say.
func spendConfig(v *meteringVendor, settings string) string {
	return fmt.Sprintf(`
model_list:
  - model_name: sonnet
    litellm_params: {model: anthropic/claude-sonnet-4-5, api_base: %q, api_key: sk-vendor, num_retries: 0}
general_settings: {master_key: %q}
security_settings: {valid_api_keys: [%q]}
budget_settings:
  budgets: [{name: all, api_keys: [%q], %s}]
`, v.URL, masterKey, budgetKey, budgetKey, settings)
}

// TestAHardBudgetIsExactAndUsable lets many callers spend a hard budget: never more
// than it, by the provider's own bill, and nearly all of it, soon; and no answer is
// cut below what such a call uses.
func TestAHardBudgetIsExactAndUsable(t *testing.T) {
	for _, tt := range []struct {
		name      string
		maxTokens int64
		size      int // of prompts, at most
		hangUps   int // in a hundred
		// least is how much is to be spent, in hundredths.
		least     int64
		countless bool // the provider does not count
	}{
		{"what is asked for is used", 1000, 2 << 10, 0, 95, false},
		{"64,000 tokens are asked for", 64_000, 2 << 10, 0, 95, false},
		{"some callers hang up", 64_000, 2 << 10, 30, 95, false},
		{"the provider does not count", 64_000, 2 << 10, 30, 95, true},
		// Less is left than one call that the provider has counted.
		{"turns of an agent", 64_000, 60 << 10, 10, 92, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pace := 150 * time.Millisecond
			if soaking() {
				pace = 3 * time.Second // as real ones, up to a point
			}
			v := startMeteringVendor(t, sonnetUses, pace)
			v.countless = tt.countless
			gw := start(t, spendConfig(v, "limit: 1.0, period: total, hard_limit: true"), "")
			s := &spenders{t: t, url: gw.URL(), maxTokens: tt.maxTokens, size: tt.size, hangUps: tt.hangUps}
			took := s.run()
			atEnd(t, gw)
			s.check(v, gw, took, spendLimit*tt.least/100)
		})
	}
}

// check compares the vendor's bill with the budget, of which least is to be spent.
func (s *spenders) check(v *meteringVendor, gw *gatewaytest.Gateway, took time.Duration, least int64) {
	billed, booked := v.billed.Load(), readTotals(s.t, gw.DataDir())["budget:all"].NanoUSD
	s.t.Logf("%.4f USD billed, %.4f booked for %d calls in %v, %d hung up, %d counted, %d told to wait, %d refused",
		float64(billed)/1e9, float64(booked)/1e9, v.calls.Load(), took.Round(time.Millisecond), s.left.Load(), v.counts.Load(), s.held.Load(), s.refused.Load())
	if billed > spendLimit {
		s.t.Errorf("the provider billed %d nano-dollars of %d", billed, spendLimit)
	}
	if billed < least {
		s.t.Errorf("only %d of %d nano-dollars are spent, and calls are refused", billed, spendLimit)
	}
	if took > spendTime {
		s.t.Errorf("it took %v, want at most %v", took, spendTime)
	}
	if n := v.starved.Load(); n > 0 {
		s.t.Errorf("%d answers were cut below the %d tokens that such calls use", n, sonnetUses)
	}
	if booked < billed || booked > spendLimit {
		s.t.Errorf("%d nano-dollars are booked, %d billed", booked, billed)
	}
	if left, one := spendLimit-billed, countedCall(v.most); s.size > 4<<10 && left >= one {
		s.t.Errorf("%d nano-dollars are left, enough for a call that was counted: %d", left, one)
	}
}

// countedCall is what a call holds that was counted, at least: what the count may
// be off by, and the least useful output.
func countedCall(input int64) int64 {
	return (input+input/16+64)*sonnetWrite5m + 1024*sonnetOutput
}

// spenders call until the budget is spent.
type spenders struct {
	t         *testing.T
	url       string
	maxTokens int64
	size      int
	hangUps   int

	left, held, refused atomic.Int64
}

// run lets all of them call, and says how long it took until the last was refused.
func (s *spenders) run() time.Duration {
	client := newClient(s.t, spendCallers)
	begin := time.Now()
	var callers sync.WaitGroup
	for i := range uint64(spendCallers) {
		r := newRand(spendSeed, i)
		callers.Go(func() {
			for time.Since(begin) < spendTime+10*time.Second && s.call(client, r) {
			}
		})
	}
	callers.Wait()
	return time.Since(begin)
}

// call makes one call and reports whether another one makes sense.
func (s *spenders) call(client *http.Client, r *rand.Rand) bool {
	ctx := s.t.Context()
	if r.IntN(100) < s.hangUps {
		var leave context.CancelFunc
		ctx, leave = context.WithTimeout(ctx, between(r, 5*time.Millisecond, 200*time.Millisecond))
		defer leave()
	}
	path, body := s.request(r)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Error(err)
		return false
	}
	req.Header.Set("Authorization", "Bearer "+budgetKey)
	resp, err := client.Do(req)
	if err != nil {
		if ctx.Err() == nil {
			s.t.Error(err)
			return false
		}
		s.left.Add(1)
		return true
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	switch {
	case resp.StatusCode == http.StatusTooManyRequests && resp.Header.Get("X-Should-Retry") == "false":
		s.refused.Add(1)
		return false
	case resp.StatusCode == http.StatusTooManyRequests:
		s.held.Add(1)
	case resp.StatusCode != http.StatusOK:
		s.t.Errorf("status %d: %.300s", resp.StatusCode, answer)
		return false
	case err != nil:
		s.left.Add(1)
	}
	return true
}

// request is a call of any kind.
func (s *spenders) request(r *rand.Rand) (path, body string) {
	stream := r.IntN(2) == 0
	text := prompt(r, s.size)
	if s.size > 4<<10 {
		return "/v1/messages", fmt.Sprintf(`{"model":"sonnet","max_tokens":%d,"stream":%v,`+
			`"system":[{"type":"text","text":"You are an agent.","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":%q}]}`, s.maxTokens, stream, text)
	}
	path = "/v1/messages"
	if r.IntN(3) == 0 {
		path = "/v1/chat/completions"
	}
	return path, fmt.Sprintf(`{"model":"sonnet","max_tokens":%d,"stream":%v,"messages":[{"role":"user","content":%q}]}`, s.maxTokens, stream, text)
}

// prompt is a text in English, Chinese or a programming language of up to size bytes.
func prompt(r *rand.Rand, size int) string {
	piece := []string{
		"The quick brown fox jumps over the lazy dog. ",
		"敏捷的棕色狐狸跳过了懒狗。",
		"for i := range n { if err := f(i); err != nil { return err } }\n",
	}[r.IntN(3)]
	n := size
	if size <= 4<<10 {
		n = 1 + r.IntN(size)
	}
	return strings.Repeat(piece, max(1, n/len(piece)))
}

// atEnd stops the gateway, so that all it knows is written down.
func atEnd(t *testing.T, gw *gatewaytest.Gateway) {
	t.Helper()
	checkOutput(t, gw)
	gw.Stop()
}

// TestSoftBudgetsOnlyTell spends a soft budget several times over, across a restart:
// every call passes, and each mark is told once.
func TestSoftBudgetsOnlyTell(t *testing.T) {
	t.Parallel()
	v := startMeteringVendor(t, sonnetUses, 5*time.Millisecond)
	config, dataDir := spendConfig(v, "limit: 0.5, period: total, hard_limit: false, alert_threshold: 0.8"), t.TempDir()
	output := ""
	for range 2 {
		gw := start(t, config, dataDir)
		s := &spenders{t: t, url: gw.URL(), maxTokens: 64_000, size: 2 << 10}
		client := newClient(t, spendCallers)
		var callers sync.WaitGroup
		for i := range uint64(spendCallers) {
			r := newRand(spendSeed, i)
			callers.Go(func() {
				for range 2 {
					if !s.call(client, r) {
						t.Error("a call was refused")
					}
				}
			})
		}
		callers.Wait()
		gw.Stop()
		output += gw.Output()
	}
	for _, mark := range []string{`"mark":"alert_threshold"`, `"mark":"limit"`} {
		if n := strings.Count(output, mark); n != 1 {
			t.Errorf("%s is told %d times in two runs, want once", mark, n)
		}
	}
	if n := v.starved.Load(); n > 0 {
		t.Errorf("%d calls were capped", n)
	}
	if t.Failed() {
		t.Log(output)
	}
}
