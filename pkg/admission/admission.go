// Package admission decides, in one all-or-nothing step before a call, whether
// every limit and budget it falls under has room, and holds what it may use; one
// idempotent step after it replaces the hold by what was used.
//
// It counts and compares. What the limits are, whose they are and how they are
// told to people is the business of packages ratelimit and budget; what is
// written down for a restart is package ledger's. The gateway is its caller.
//
// Memory is the Store of one process; stores that replicas share are in package
// store. Queue stands before any of them and lets calls wait for a budget that
// open calls hold.
package admission

import (
	"context"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// RuleKind says how an account's amounts are compared with its limit.
type RuleKind uint8

// The kinds of rules. The numbers stand in journals: they are forever.
const (
	// SlidingWindow admits at most Limit in any stretch of Window: a ring of
	// sub-buckets of half a second, each counted whole until its last is over.
	SlidingWindow RuleKind = iota + 1
	// FixedWindow admits at most Limit in each window aligned to UTC.
	FixedWindow
	// TokenBucket refills Limit per Window evenly, up to Burst.
	TokenBucket
	// Concurrency admits at most Limit that are open at one time.
	Concurrency
	// Budget admits while what is spent and held in an epoch stays within Limit.
	Budget
)

// Windowed reports whether time alone frees what a rule of this kind counts.
func (k RuleKind) Windowed() bool {
	return k == SlidingWindow || k == FixedWindow || k == TokenBucket
}

// Rule is one limit as numbers. The zero Limit admits nothing.
type Rule struct {
	Kind  RuleKind
	Limit int64
	// Window is the length of windows and the refill time of buckets.
	Window time.Duration
	// Burst is a bucket's capacity; 0 means Limit.
	Burst int64
	// Resets is when a Budget's epoch ends; zero for never.
	Resets time.Time
}

// Line is one thing that a call wants of one account. Account, Unit and Epoch
// name the counter, together with the Kind of its Rule and, for windows and
// buckets, the Window: an account may have a limit per minute and another per
// day. The rest of the Rule may change from call to call (a reload), the
// counter's history stays. No two lines of an Ask may name one counter.
type Line struct {
	// Account is whose counter it is: "gateway", "key:<id>", "team:<id>",
	// "budget:<name>".
	Account string
	// Epoch is the budget's period number; 0 for units other than Money.
	Epoch int64
	Unit  llm.Unit
	Rule  Rule
	// Want is what the call would like to hold; Floor the least it can work with.
	// All Money lines of an Ask get the same amount: the smallest that any of them
	// has room for. Lines of other units get Want or nothing, whatever Floor is. A
	// line that wants nothing is never refused.
	Want, Floor int64
	// Soft counts and never refuses.
	Soft bool
}

// Ask is what one call wants: all lines or none.
type Ask struct {
	// ID is the call's id; Owner the replica that holds.
	ID, Owner string
	Lines     []Line
}

// Grant is the answer to an Ask.
type Grant struct {
	ID string
	// Money is what each Money line got, in nano-dollars: the smallest Want where
	// that fits; else at most half of what is free, but not below the largest Floor;
	// else all that is free. Of a Grow it is the addition, negative where
	// money was given back.
	Money int64
	// States are the limits touched, after this step, in the order of the lines.
	// Soft lines are among them.
	States []llm.LimitState
	// Refused is set where nothing was admitted.
	Refused *Refusal
}

// Refusal says which line had no room. Of several it is the one that frees last.
type Refusal struct {
	Line  Line
	State llm.LimitState
	// RetryAfter is when the call would pass if nothing else came: exact for
	// windows and buckets, the time to the reset for spent budgets. Where only the
	// end of open calls can tell (Held) it is 0 for budgets and a second for
	// parallel calls; where waiting cannot help it is 0 for budgets without a
	// reset and one Window for a limit that the call can never fit into.
	RetryAfter time.Duration
	// Held says that the line would have room if all open calls were settled at
	// nothing: a matter of seconds, not of the reset.
	Held bool
	// Oversize says that the call is larger than the whole limit.
	Oversize bool
}

// Actual is what a call used. Requests keep what was admitted, parallel calls
// are given back whole.
type Actual struct {
	// Tokens is input plus output.
	Tokens int64
	// Money is the cost in nano-dollars.
	Money int64
	// Void gives everything back as if the call had never been admitted, requests
	// included: it was refused after admission, before anything was sent.
	Void bool
}

// Balance is what a counter has from before a restart. Money has one for each
// epoch. Requests and Tokens, which windows and buckets count, have one for each
// instant at which some were used: what of it still counts is found when a line
// names the counter. Parallel calls have none, for they have ended.
type Balance struct {
	Account string
	Epoch   int64
	Unit    llm.Unit
	// Spent is what has been settled, at least 0 of requests and tokens.
	Spent int64
	// At is when requests and tokens were used; zero for money.
	At time.Time
	// Debt says of tokens that no estimate had covered them.
	Debt bool
}

// Store holds all counters. Implementations are safe for concurrent use, exact
// under concurrency, and pass the suite in admissiontest.
type Store interface {
	// Admit holds every line of the Ask, or none and says why in Grant.Refused. It
	// never blocks on other calls. An error means that the store itself failed.
	// The Ask is not kept.
	Admit(ctx context.Context, a *Ask) (Grant, error)
	// Grow adds to the hold of an open call: same lines, more Want. A negative Want
	// gives back. All or none; a call that is not open is an error.
	Grow(ctx context.Context, id string, add []Line) (Grant, error)
	// Settle replaces the call's hold by what it used, in the epoch of its Ask.
	// Settling an id that is not open does nothing.
	Settle(ctx context.Context, id string, actual Actual) error
	// Renew says that the owner is alive.
	Renew(ctx context.Context, owner string) error
	// States reads counters without changing them; lines name them, Want is
	// ignored.
	States(ctx context.Context, lines []Line) ([]llm.LimitState, error)
	// Reset takes an amount off the balance of an account's epoch, but not more than
	// is there: math.MaxInt64 makes it zero. Open holds stay.
	Reset(ctx context.Context, account string, epoch, amount int64) error
	// Restore sets balances and holds from before a restart. It must come before
	// the first Admit. A store that outlives its gateways leaves what it has.
	Restore(ctx context.Context, base []Balance, open []Ask) error
}
