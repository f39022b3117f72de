// Package budget turns money limits into lines of an admission and a refusal
// into the error a caller sees. It knows periods, and what the worst case of a
// call is.
//
// It counts nothing itself (package admission does), knows no price (package
// catalog does) and writes nothing down (package ledger does). The gateway's
// admit stage is its caller; app builds the budgets from the configuration.
package budget

import (
	"fmt"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
)

// Budget is a limit on money. Budgets are immutable.
type Budget struct {
	// Name is what people call it.
	Name string
	// Account is its name among admission's accounts: "gateway", "budget:NAME".
	Account string
	Limit   llm.NanoUSD
	Period  Period
	// Hard budgets refuse; others only count.
	Hard bool
	// Alert is the share of Limit from which people are told, below 1; 0 for none.
	Alert float64
}

// Line gives the budget's line of a call that would like to hold want and can
// work with floor.
func (b *Budget) Line(now time.Time, want, floor llm.NanoUSD) admission.Line {
	epoch, end := b.Period.Epoch(now)
	return admission.Line{
		Account: b.Account, Epoch: epoch, Unit: llm.Money,
		Rule: admission.Rule{Kind: admission.Budget, Limit: int64(b.Limit), Resets: end},
		Want: int64(want), Floor: int64(floor), Soft: !b.Hard,
	}
}

// AnyHard reports whether one of the budgets refuses.
func AnyHard(budgets []*Budget) bool {
	for _, b := range budgets {
		if b.Hard {
			return true
		}
	}
	return false
}

// retryHeld is when a call that only open holds keep out may try again.
const retryHeld = 2 * time.Second

// Error tells a caller which budget refused the call and when it resets.
func Error(b *Budget, r *admission.Refusal, now time.Time) *llm.Error {
	left := llm.NanoUSD(r.State.Limit - r.State.Used)
	if r.Held {
		return &llm.Error{
			Kind: llm.RateLimited, RetryAfter: retryHeld,
			Message: fmt.Sprintf("budget %q: %s USD are left of %s USD, but held by open calls; try again when they have ended", b.Name, max(left, 0), b.Limit),
		}
	}
	e := &llm.Error{Kind: llm.BudgetExceeded, NoRetry: true}
	if left > 0 {
		e.Message = fmt.Sprintf("budget %q: %s USD are left of %s USD, and this call may cost more (at least %s USD)",
			b.Name, left, b.Limit, llm.NanoUSD(r.Line.Floor))
	} else {
		e.Message = fmt.Sprintf("budget %q of %s USD is spent", b.Name, b.Limit)
	}
	if r.Line.Rule.Resets.IsZero() {
		e.Message += "; it does not reset by itself"
		return e
	}
	e.RetryAfter = max(r.Line.Rule.Resets.Sub(now), time.Second)
	e.Message += "; it resets at " + r.Line.Rule.Resets.UTC().Format(time.RFC3339)
	return e
}
