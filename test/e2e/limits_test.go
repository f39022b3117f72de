package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/llmgw/llmgw/test/gatewaytest"
)

// The keys of these tests, each with a limit of its own.
const (
	rpmKey      = "sk-e2e-rpm-333333333333333333"
	tpmKey      = "sk-e2e-tpm-444444444444444444"
	rpdKey      = "sk-e2e-rpd-555555555555555555"
	parallelKey = "sk-e2e-parallel-6666666666666"
	countKey    = "sk-e2e-count-7777777777777777"
)

// strategies are all ways to count a minute.
var strategies = []string{"sliding_window", "fixed_window", "token_bucket"}

// limitsConfig has a key for each of the limits: "rpm: 5" by its key.
func limitsConfig(v *vendor, strategy string, limits map[string]string) string {
	config := models(v.URL, time.Minute) + fmt.Sprintf(`
general_settings: {master_key: %q}
security_settings: {valid_api_keys: [%q, %q, %q, %q, %q]}
rate_limit_settings:
  strategy: %s
`, masterKey, rpmKey, tpmKey, rpdKey, parallelKey, countKey, strategy)
	if strategy == "token_bucket" {
		config += fmt.Sprintf("  burst_size: %d\n", testBurst)
	}
	config += "  limits:\n"
	for key, limit := range limits {
		config += fmt.Sprintf("    - {api_key: %q, %s}\n", key, limit)
	}
	return config
}

// testBurst is the burst_size of all configurations with a token bucket.
const testBurst = 23

// inOneMinute waits for the next minute where this one ends too soon for what has to
// happen within it.
func inOneMinute(t *testing.T, needed time.Duration) {
	t.Helper()
	now := time.Now()
	if left := now.Truncate(time.Minute).Add(time.Minute).Sub(now); left < needed {
		t.Logf("waiting %v for the next minute", left)
		<-time.After(left + 50*time.Millisecond)
	}
}

// callOf makes a call with an order.
func callOf(key, id, do string) *question {
	q := &question{key: key, anthropic: true, maxTokens: 50}
	q.order = order{ID: id, Key: "limits", Do: do, Input: 10, Output: 5}
	return q
}

// callsAtOnce makes n calls at one time and returns all replies. Those that get to the
// vendor are answered when each of the others is refused: until then none ends.
func (v *vendor) callsAtOnce(t *testing.T, url string, n int, ask func(i int) *question) []reply {
	t.Helper()
	g := v.newGate(n + 1) // which nobody waits for to be full
	before := len(v.bills())
	client := newClient(t, n)
	replies := make([]reply, n)
	var refused atomic.Int64
	var calls sync.WaitGroup
	for i := range n {
		calls.Go(func() {
			replies[i] = ask(i).ask(t.Context(), client, url)
			if replies[i].status != http.StatusOK {
				refused.Add(1)
			}
		})
	}
	defer calls.Wait()
	defer close(g.open)
	await(t, 20*time.Second, "each call is at the vendor or refused", func() bool {
		return int(refused.Load())+len(v.bills())-before == n
	})
	return replies
}

// passed counts the answers, and wants all others to be refused in the dialect's words
// with a time to wait.
func passed(t *testing.T, replies []reply) (n int) {
	t.Helper()
	for i := range replies {
		a := &replies[i]
		switch {
		case a.status == http.StatusOK && a.whole:
			n++
		case a.status == http.StatusTooManyRequests && strings.Contains(string(a.body), `"rate_limit_error"`) && a.retryAfter(t) >= 1:
		default:
			t.Errorf("call %d: status %d, error %v: %.300s", i, a.status, a.err, a.body)
		}
	}
	return n
}

// retryAfter is the header field in seconds.
func (a *reply) retryAfter(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil {
		t.Errorf("Retry-After %q: %v (status %d: %.200s)", a.header.Get("Retry-After"), err, a.status, a.body)
	}
	return n
}

// TestOfManyAtOnceAsManyPassAsTheLimit makes 200 calls at one time on a key with each
// kind of limit, for each strategy.
func TestOfManyAtOnceAsManyPassAsTheLimit(t *testing.T) {
	const atOnce = 200
	for _, strategy := range strategies {
		t.Run(strategy, func(t *testing.T) {
			v := startVendor(t)
			gw := start(t, limitsConfig(v, strategy, map[string]string{
				rpmKey: "rpm: 37", rpdKey: "rpd: 41", parallelKey: "max_parallel: 19", tpmKey: fmt.Sprint("tpm: ", manyTokens),
			}), "")
			inOneMinute(t, 15*time.Second)
			rpm := 37
			if strategy == "token_bucket" {
				rpm = testBurst
			}
			for _, tt := range []struct {
				key  string
				want int
			}{{rpmKey, rpm}, {rpdKey, 41}, {parallelKey, 19}} {
				replies := v.callsAtOnce(t, gw.URL(), atOnce, func(i int) *question {
					return callOf(tt.key, fmt.Sprintf("%s-%03d", tt.key, i), waitForGate)
				})
				if got := passed(t, replies); got != tt.want {
					t.Errorf("%s: %d of %d calls passed, want %d", tt.key, got, atOnce, tt.want)
				}
			}
			atOnceByTokens(t, v, gw)
		})
	}
}

// manyTokens is room for some calls, but not for 200 of them.
const manyTokens = 2500

// atOnceByTokens: as many calls pass as their estimates allow. How large these are is
// told by what is left after each.
func atOnceByTokens(t *testing.T, v *vendor, gw *gatewaytest.Gateway) {
	t.Helper()
	// All bodies have one length, and no call ends before all are admitted or refused.
	replies := v.callsAtOnce(t, gw.URL(), 200, func(i int) *question {
		return callOf(tpmKey, fmt.Sprintf("tokens-%03d", i), waitForGate)
	})
	var left []int
	for i := range replies {
		if replies[i].status == http.StatusOK {
			left = append(left, number(t, &replies[i], "Anthropic-Ratelimit-Tokens-Remaining"))
		}
	}
	got := passed(t, replies)
	slices.Sort(left)
	slices.Reverse(left)
	if got != len(left) || got < 2 || got == 200 {
		t.Fatalf("%d calls passed", got)
	}
	estimate := manyTokens - left[0]
	for i, n := range left {
		if n != manyTokens-(i+1)*estimate {
			t.Errorf("after %d calls of %d tokens %d of %d are left", i+1, estimate, n, manyTokens)
		}
	}
	if want := manyTokens / estimate; got != want {
		t.Errorf("%d calls passed, want %d of %d tokens under %d", got, want, estimate, manyTokens)
	}
}

// number reads a header field.
func number(t *testing.T, a *reply, field string) int {
	t.Helper()
	n, err := strconv.Atoi(a.header.Get(field))
	if err != nil {
		t.Fatalf("%s %q: %v", field, a.header.Get(field), err)
	}
	return n
}

// TestRetryAfterIsTrue uses a limit up, waits for as long as the refusal says, and
// passes. Where that takes minutes it is done when soaking.
func TestRetryAfterIsTrue(t *testing.T) {
	for _, strategy := range strategies {
		t.Run(strategy, func(t *testing.T) {
			if strategy != "token_bucket" && !soaking() {
				t.Skip("takes a minute; LLMGW_SOAK=1 does it")
			}
			t.Parallel()
			v := startVendor(t)
			gw := start(t, limitsConfig(v, strategy, map[string]string{rpmKey: "rpm: 60", tpmKey: "tpm: 12000"}), "")
			inOneMinute(t, 10*time.Second)
			client := newClient(t, 8)
			for _, key := range []string{rpmKey, tpmKey} {
				t.Run(key, func(t *testing.T) {
					t.Parallel()
					waitItOut(t, client, gw.URL(), key)
				})
			}
		})
	}
}

// waitItOut calls until it is refused, again at once, and after the time it was told.
func waitItOut(t *testing.T, client *http.Client, url, key string) {
	t.Helper()
	n := 0
	next := func() reply {
		n++
		q := callOf(key, fmt.Sprintf("%s-%03d", key, n), answerWell)
		q.order.Input, q.order.Output = 900, 300
		return q.ask(t.Context(), client, url)
	}
	refused := next()
	for ; refused.status == http.StatusOK; refused = next() {
		if n > 100 {
			t.Fatal("100 calls pass")
		}
	}
	// Calls that are refused count nothing: these must not prolong it.
	for more := 0; more < 30 || refused.status == http.StatusOK; more++ {
		refused = next()
	}
	told := refused.retryAfter(t)
	if told < 1 || told > 61 {
		t.Fatalf("Retry-After %d: %s", told, refused.body)
	}
	<-time.After(time.Duration(told) * time.Second)
	if a := next(); a.status != http.StatusOK {
		t.Errorf("refused after %d s as well: %d %s", told, a.status, a.body)
	}
}

// TestLimitHeaders: each dialect tells of what is left after the call.
func TestLimitHeaders(t *testing.T) {
	v := startVendor(t)
	gw := start(t, limitsConfig(v, "sliding_window", map[string]string{rpmKey: "rpm: 5, tpm: 20000, rpd: 1000"}), "")
	client := newClient(t, 1)
	for i := range 7 {
		q := callOf(rpmKey, fmt.Sprintf("headers-%d", i), answerWell)
		q.anthropic = i%2 == 0
		before := time.Now()
		a := q.ask(t.Context(), client, gw.URL())
		if want := map[bool]int{true: 200, false: 429}[i < 5]; a.status != want {
			t.Fatalf("call %d: status %d, want %d: %s", i, a.status, want, a.body)
		}
		requests, tokens := "X-Ratelimit-%s-Requests", "X-Ratelimit-%s-Tokens"
		if q.anthropic {
			requests, tokens = "Anthropic-Ratelimit-Requests-%s", "Anthropic-Ratelimit-Tokens-%s"
		}
		if limit, left := number(t, &a, fmt.Sprintf(requests, "Limit")), number(t, &a, fmt.Sprintf(requests, "Remaining")); limit != 5 || left != max(0, 4-i) {
			t.Errorf("call %d: %d of %d requests are left", i, left, limit)
		}
		if limit, left := number(t, &a, fmt.Sprintf(tokens, "Limit")), number(t, &a, fmt.Sprintf(tokens, "Remaining")); limit != 20000 || left >= 20000 || left < 18000 {
			t.Errorf("call %d: %d of %d tokens are left", i, left, limit)
		}
		// The window is empty when the last of it has left: a minute and at most a half
		// second, told in whole seconds at the coarsest.
		left := until(t, &a, fmt.Sprintf(requests, "Reset"), before)
		if left < 59*time.Second || left > 62*time.Second {
			t.Errorf("call %d: whole again in %v", i, left)
		}
	}
}

// until is how long after an instant a reset comes, in either dialect's form.
func until(t *testing.T, a *reply, field string, now time.Time) time.Duration {
	t.Helper()
	text := a.header.Get(field)
	if d, err := time.ParseDuration(text); err == nil {
		return d
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatalf("%s %q is neither a duration nor an instant", field, text)
	}
	return at.Sub(now)
}

// TestTokenCountsAreApart: count_tokens has limits of its own and touches no other.
func TestTokenCountsAreApart(t *testing.T) {
	for _, strategy := range []string{"sliding_window", "token_bucket"} {
		t.Run(strategy, func(t *testing.T) {
			v := startVendor(t)
			gw := start(t, limitsConfig(v, strategy, map[string]string{
				countKey: "rpm: 1, tpm: 1, rpd: 1, max_parallel: 1",
			}), "")
			count := func(i int) *question {
				q := callOf(countKey, fmt.Sprintf("count-%03d", i), waitForGate)
				q.counts = true
				return q
			}
			replies := v.callsAtOnce(t, gw.URL(), 100, count)
			if got := passed(t, replies); got != 64 {
				t.Errorf("%d of 100 counts passed at one time, want 64", got)
			}
			ok := slices.IndexFunc(replies, func(a reply) bool { return a.status == http.StatusOK })
			if limit := number(t, &replies[ok], "Anthropic-Ratelimit-Requests-Limit"); limit != 600 {
				t.Errorf("the limit on counts is told as %d, want 600", limit)
			}
			client := newClient(t, 1)
			callOf(countKey, "the one request", answerWell).mustAnswer(t, client, gw.URL())
			if strategy == "sliding_window" {
				if got := 64 + countUntilRefused(t, gw.URL()); got != 600 {
					t.Errorf("%d counts passed in a minute, want 600", got)
				}
			}
			// The master key has no limits.
			for i := range 3 {
				q := count(500 + i)
				q.key, q.order.Do = masterKey, answerWell
				a := q.mustAnswer(t, client, gw.URL())
				if field := a.header.Get("Anthropic-Ratelimit-Requests-Limit"); field != "" {
					t.Errorf("the master key's counts have the limit %s", field)
				}
			}
		})
	}
}

// countUntilRefused counts tokens in parallel until that is refused, and returns how
// many passed.
func countUntilRefused(t *testing.T, url string) (n int) {
	t.Helper()
	const callers = 16
	client := newClient(t, callers)
	var mu sync.Mutex // guards n
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range 600 {
				q := callOf(countKey, fmt.Sprintf("more-%02d-%03d", c, i), answerWell)
				q.counts = true
				a := q.ask(t.Context(), client, url)
				if a.status != http.StatusOK {
					return
				}
				mu.Lock()
				n++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return n
}

// TestKillResetsNoLimit uses limits up, kills the gateway, and finds them used up
// after its restart.
func TestKillResetsNoLimit(t *testing.T) {
	for _, strategy := range strategies {
		t.Run(strategy, func(t *testing.T) {
			v := startVendor(t)
			// A bucket of 23 fills again within two minutes: not one comes back at once.
			config := limitsConfig(v, strategy, map[string]string{rpmKey: "rpm: 10", rpdKey: "rpd: 7", tpmKey: "tpm: 900"})
			dataDir := t.TempDir()
			gw := start(t, config, dataDir)
			inOneMinute(t, 10*time.Second)
			client := newClient(t, 1)
			before := make(map[string]int)
			for _, key := range []string{rpmKey, rpdKey, tpmKey} {
				for n := 0; ; n++ {
					q := callOf(key, fmt.Sprintf("%s-%02d", key, n), answerWell)
					q.order.Input, q.order.Output = 150, 50
					a := q.ask(t.Context(), client, gw.URL())
					if a.status != http.StatusOK {
						before[key] = a.retryAfter(t)
						break
					}
				}
			}
			gw.Kill()
			gw = start(t, config, dataDir)
			for key, told := range before {
				a := callOf(key, "after the kill "+key, answerWell).ask(t.Context(), client, gw.URL())
				if a.status != http.StatusTooManyRequests {
					t.Errorf("%s: status %d after the restart, it was used up before: %s", key, a.status, a.body)
					continue
				}
				// A little time has gone by, and an instant is known to a half second. How much
				// such calls use has to be learned again, so that they may need more tokens.
				if again := a.retryAfter(t); (again > told+1 && key != tpmKey) || again < told-8 {
					t.Errorf("%s: frees in %d s after the restart, in %d s before", key, again, told)
				}
			}
		})
	}
}
