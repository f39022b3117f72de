package llm

import "time"

// Unit is what a limit counts.
type Unit uint8

// The units.
const (
	// Requests counts calls.
	Requests Unit = iota + 1
	// Tokens counts input and output tokens.
	Tokens
	// Parallel counts calls that are open.
	Parallel
	// Money counts nano-dollars.
	Money
)

// String is the unit's name in messages.
func (u Unit) String() string {
	switch u {
	case Requests:
		return "requests"
	case Tokens:
		return "tokens"
	case Parallel:
		return "parallel requests"
	case Money:
		return "budget"
	default:
		return "unknown"
	}
}

// LimitState is where one limit of an account stands: the source of the
// dialects' rate-limit headers.
type LimitState struct {
	// Account is whose limit it is.
	Account string
	Unit    Unit
	// Window is the limit's length; 0 for parallel calls and budgets without end.
	Window time.Duration
	// Limit, Used and Held are in the unit; what is left is Limit-Used-Held and
	// can be negative.
	Limit, Used, Held int64
	// Reset is the instant at which the limit is whole again; zero where there is none.
	Reset time.Time
}

// Left is what can still be admitted, at least 0.
func (s LimitState) Left() int64 { return max(0, s.Limit-s.Used-s.Held) }
