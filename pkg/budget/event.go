package budget

import (
	"math"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// Event is something about a budget that people want to be told, once in each of
// its periods.
type Event struct {
	Budget *Budget
	// Mark is what was passed.
	Mark Mark
	// Spent is what was spent by then.
	Spent llm.NanoUSD
	// Epoch is the period's number, Ends when it is over; zero for never.
	Epoch int64
	Ends  time.Time
}

// Mark is a point on a budget's way to its end.
type Mark uint8

// The marks, in the order in which they are passed.
const (
	// AlertMark is the budget's own threshold.
	AlertMark Mark = iota
	// LimitMark is the limit.
	LimitMark
	// OverMark is above the limit of a hard budget, when all calls have ended that it
	// admitted: Spent shows by how much they have exceeded it.
	OverMark
	// Marks is how many there are.
	Marks
)

// String is the mark's name in logs.
func (m Mark) String() string {
	switch m {
	case AlertMark:
		return "alert_threshold"
	case LimitMark:
		return "limit"
	default:
		return "exceeded"
	}
}

// At is the least amount that passes the mark, the largest there is where the budget
// has no such mark.
func (b *Budget) At(m Mark) llm.NanoUSD {
	switch {
	case m == AlertMark && b.Alert > 0 && b.Alert < 1:
		return llm.NanoUSD(math.Ceil(float64(b.Limit) * b.Alert))
	case m == LimitMark:
		return b.Limit
	case m == OverMark && b.Hard && b.Limit < math.MaxInt64:
		return b.Limit + 1
	default:
		return math.MaxInt64
	}
}
