package gateway

import (
	"time"

	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/cache"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/ratelimit"
	"github.com/llmgw/llmgw/pkg/router"
)

// Snapshot is everything a call needs of the configuration. It is immutable:
// a reload makes a new one. Counters, health and connections outlive it.
type Snapshot struct {
	// Callers are all keys, by the hash of their secret.
	Callers map[keys.Hash]*Caller
	Routes  *router.Table
	// Limits says how rate limits are counted.
	Limits ratelimit.Policy
	// RefuseOversize makes a call that is larger than a whole token limit an
	// invalid request instead of letting it pass alone.
	RefuseOversize bool
	// Budgets are the rules about money that are nobody's in particular.
	Budgets BudgetPolicy
	// Cache is nil where answers are not cached.
	Cache *CachePolicy
}

// AllBudgets lists every budget once.
func (s *Snapshot) AllBudgets() []*budget.Budget {
	var all []*budget.Budget
	seen := make(map[string]bool)
	for _, c := range s.Callers {
		for _, b := range c.Budgets {
			if !seen[b.Account] {
				seen[b.Account] = true
				all = append(all, b)
			}
		}
	}
	return all
}

// Caller is a key with what it resolves to.
type Caller struct {
	*keys.Key
	// Limits are the ones that apply, from wherever they were set.
	Limits ratelimit.Limits
	// Budgets are all that its calls fall under, the gateway's own among them.
	Budgets []*budget.Budget
	// Hard says that one of the Budgets refuses.
	Hard bool
	// Account is the key's name among admission's accounts, CountAccount that of its
	// count_tokens calls.
	Account, CountAccount string
}

// NewCaller makes a caller of a key.
func NewCaller(k *keys.Key, limits ratelimit.Limits, budgets []*budget.Budget) *Caller {
	return &Caller{
		Key: k, Limits: limits, Budgets: budgets, Hard: budget.AnyHard(budgets),
		Account: "key:" + k.ID, CountAccount: "key:" + k.ID + "/count_tokens",
	}
}

// BudgetPolicy says what happens where a call's cost cannot be bounded.
type BudgetPolicy struct {
	// BlockUnknown refuses models without a known price under a hard budget.
	BlockUnknown bool
	// AllowUnbounded lets calls through whose input has no bound.
	AllowUnbounded bool
	// HoldWait is how long a call waits for money that only open calls hold.
	HoldWait time.Duration
	// Overhead is how many input tokens a provider may add to a body's own.
	Overhead int64
}

// CachePolicy says what is cached and who shares it.
type CachePolicy struct {
	Prefix string
	Scope  cache.Scope
	TTL    time.Duration
	// Streams says that streams are cached too.
	Streams bool
	// Control says that the client's Cache-Control is honoured and Age is sent.
	Control bool
	// MaxEntry bounds one answer, in bytes.
	MaxEntry int64
}
