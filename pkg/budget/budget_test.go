package budget

import (
	"strings"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
)

func monthly(t *testing.T) *Budget {
	t.Helper()
	p, err := ParsePeriod("monthly", nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Budget{Name: "team-a", Account: "budget:team-a", Limit: 100 * llm.USD, Period: p, Hard: true}
}

func TestLineCarriesEpochAndReset(t *testing.T) {
	t.Parallel()
	b := monthly(t)
	now := time.Date(2026, time.November, 22, 0, 0, 0, 0, time.UTC)
	l := b.Line(now, 5*llm.USD, llm.USD)
	reset := time.Date(2026, time.December, 1, 0, 0, 0, 0, time.UTC)
	if l.Want != int64(5*llm.USD) || l.Floor != int64(llm.USD) || l.Soft || !l.Rule.Resets.Equal(reset) ||
		l.Rule.Kind != admission.Budget || l.Epoch != 2026*12+10 {
		t.Errorf("line %+v", l)
	}
	b.Hard = false
	if !b.Line(now, 1, 1).Soft {
		t.Error("a budget that is not hard gave a line that refuses")
	}
}

func TestErrorSaysWhetherWaitingHelps(t *testing.T) {
	t.Parallel()
	b := monthly(t)
	now := time.Date(2026, time.November, 30, 23, 59, 0, 0, time.UTC)
	refusal := func(used, held int64) *admission.Refusal {
		return &admission.Refusal{
			Line:  b.Line(now, 2*llm.USD, llm.USD),
			State: llm.LimitState{Limit: int64(b.Limit), Used: used, Held: held},
		}
	}
	held := refusal(int64(50*llm.USD), int64(50*llm.USD))
	held.Held = true
	tests := []struct {
		name    string
		refusal *admission.Refusal
		kind    llm.Kind
		noRetry bool
		after   time.Duration
		words   []string
	}{
		{"held", held, llm.RateLimited, false, 2 * time.Second, []string{"team-a", "50 USD are left of 100 USD", "open calls"}},
		{"spent", refusal(int64(100*llm.USD), 0), llm.BudgetExceeded, true, time.Minute, []string{"team-a", "100 USD is spent", "2026-12-01T00:00:00Z"}},
		{"too little left", refusal(int64(99*llm.USD)+500_000_000, 0), llm.BudgetExceeded, true, time.Minute, []string{"0.5 USD are left", "at least 1 USD"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := Error(b, tt.refusal, now)
			if e.Kind != tt.kind || e.NoRetry != tt.noRetry || e.RetryAfter != tt.after {
				t.Errorf("got %+v", e)
			}
			for _, w := range tt.words {
				if !strings.Contains(e.Message, w) {
					t.Errorf("message %q lacks %q", e.Message, w)
				}
			}
		})
	}
}
