package gateway

import (
	"time"

	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/cache"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/ratelimit"
	"github.com/llmgw/llmgw/pkg/router"
)

// Snapshot is everything a call needs of the configuration. It is immutable, but
// for the callers: a reload makes a new one. Counters, health and connections
// outlive it.
type Snapshot struct {
	// Callers are all keys. Those of a store come and go while the snapshot lasts.
	Callers *Directory
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

// The names of a key's accounts begin and end with these.
const (
	accountPrefix = "key:"
	countSuffix   = "/count_tokens"
)

// NewCaller makes a caller of a key.
func NewCaller(k *keys.Key, limits ratelimit.Limits, budgets []*budget.Budget) *Caller {
	// One piece of memory for both names: there may be very many callers.
	count := accountPrefix + k.ID + countSuffix
	return &Caller{
		Key: k, Limits: limits, Budgets: budgets, Hard: budget.AnyHard(budgets),
		Account: count[:len(count)-len(countSuffix)], CountAccount: count,
	}
}

// BudgetPolicy says what happens where a call's cost cannot be bounded.
type BudgetPolicy struct {
	// BlockUnknown refuses models without a known price under a hard budget.
	BlockUnknown bool
	// AllowUnbounded lets calls through whose input has no bound.
	AllowUnbounded bool
	// Expected holds what such calls use instead of the worst case: hard budgets may
	// be exceeded by the calls that are open.
	Expected bool
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
