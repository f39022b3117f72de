package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestNumbersDoNotPassAHardBudget asks for outputs whose cost no budget covers, in
// numbers that overflow what computes with them. The vendor must not be asked for
// more than the budget pays.
func TestNumbersDoNotPassAHardBudget(t *testing.T) {
	const limit = 1_000_000_000 // nano-dollars
	v := startVendor(t)
	gw := start(t, models(v.URL, time.Minute)+fmt.Sprintf(`
general_settings: {master_key: %q, hold_wait: 0s}
security_settings: {valid_api_keys: [%q], max_budget: 1.0}
`, masterKey, budgetKey), "")
	client := newClient(t, 1)

	numbers := []string{
		"0", "1", "-1", "1e18", "1e19", "4611686018427387904", "9223372036854775807", "9223372036854775808",
		"18446744073709551616", "-9223372036854775808", "3074457345618258603", "1.5", "1e999", "null", `"9223372036854775807"`,
	}
	forwarded := 0
	for _, most := range numbers {
		for _, n := range numbers {
			marker := fmt.Sprintf("case %s x %s", most, n)
			for _, body := range []string{
				fmt.Sprintf(`{"model":"mock-openai","user":%q,"max_tokens":%s,"n":%s,"messages":[]}`, marker, most, n),
				fmt.Sprintf(`{"model":"mock-openai","user":%q,"max_completion_tokens":%s,"max_tokens":1,"n":%s,"messages":[]}`, marker, most, n),
			} {
				status := postJSON(t, client, gw.URL()+"/v1/chat/completions", body)
				if status != http.StatusOK && (status < 400 || status > 499) {
					t.Errorf("%s: status %d", body, status)
				}
				got := v.lastBody()
				if !bytes.Contains(got, []byte(`"`+marker+`"`)) {
					continue
				}
				forwarded++
				if cost := outputCost(t, got); cost.Cmp(big.NewInt(limit)) > 0 {
					t.Errorf("%s\nwas passed on as\n%s\nwhose output costs up to %s nano-dollars, the budget has %d", body, got, cost, limit)
				}
			}
		}
	}
	if forwarded == 0 {
		t.Error("nothing was passed on: the test proves nothing")
	}
	checkOutput(t, gw)
}

// outputCost is what the output that a body allows costs at most. A number that
// is no whole one bounds nothing a vendor would take: it refuses the call.
func outputCost(t *testing.T, body []byte) *big.Int {
	t.Helper()
	var limits struct {
		Max           json.Number `json:"max_tokens"`
		MaxCompletion json.Number `json:"max_completion_tokens"`
		N             json.Number `json:"n"`
	}
	if err := json.Unmarshal(body, &limits); err != nil {
		return new(big.Int) // a number in a string
	}
	count := func(n json.Number) *big.Int {
		if i, ok := new(big.Int).SetString(n.String(), 10); ok && i.Sign() > 0 {
			return i
		}
		return big.NewInt(1)
	}
	most := count(limits.Max)
	if m := count(limits.MaxCompletion); m.Cmp(most) > 0 {
		most = m
	}
	most.Mul(most, count(limits.N))
	return most.Mul(most, big.NewInt(outputPrice))
}

// postJSON posts a body and returns the answer's status.
func postJSON(t *testing.T, client *http.Client, url, body string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+budgetKey)
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

// TestThousandCallersAreAnswered lets a thousand callers wait for the vendor at
// one time.
func TestThousandCallersAreAnswered(t *testing.T) {
	const callers = 1_000
	v := startVendor(t)
	gw := start(t, hostileConfig(v), "")
	p := inspect(t, gw)
	warm(t, gw)
	goroutines, files := atRest(t, p, v)
	g := v.newGate(callers)
	ctx, cancel := context.WithTimeout(t.Context(), settleTime)
	defer cancel()

	client := newClient(t, callers)
	var waiting sync.WaitGroup
	var good atomic.Int64
	for i := range callers {
		q := question{
			key: hostileKey, anthropic: i%2 == 0, stream: i%3 == 0, maxTokens: 10,
			order: order{ID: fmt.Sprintf("many-%d", i), Do: waitForGate, Input: 5, Output: 5, Pieces: 2},
		}
		waiting.Go(func() {
			if a := q.ask(ctx, client, gw.URL()); a.status != http.StatusOK || !a.whole {
				t.Errorf("caller %d: status %d, whole %v, error %v: %.200s", i, a.status, a.whole, a.err, a.body)
				return
			}
			good.Add(1)
		})
	}
	select {
	case <-g.full:
		t.Logf("memory with %d open calls: %d MiB", callers, p.memory(t, "VmRSS")>>20)
	case <-ctx.Done():
		t.Error("not all callers came to the vendor")
	}
	close(g.open)
	waiting.Wait()
	if good.Load() != callers {
		t.Errorf("%d of %d callers were answered", good.Load(), callers)
	}
	client.CloseIdleConnections()
	atRestAgain(t, p, v, goroutines, files)
	if lines := gw.Log(); len(lines) != callers+2 {
		t.Errorf("%d lines in the log, want %d", len(lines), callers+2)
	}
	checkOutput(t, gw)
}
