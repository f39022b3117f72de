package admission

import (
	"fmt"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

const (
	// maxLines bounds an Ask: a call has a handful of accounts with a handful of
	// limits each.
	maxLines = 64
	// maxWindow keeps instants within int64 nanoseconds.
	maxWindow = 100 * 365 * 24 * time.Hour
)

// validate returns an error that wraps ErrInvalid where the Ask makes no sense.
func (a *Ask) validate() error {
	if a.ID == "" {
		return fmt.Errorf("ask without an id: %w", ErrInvalid)
	}
	if err := validateLines(a.Lines); err != nil {
		return fmt.Errorf("ask %s: %w", a.ID, err)
	}
	for i := range a.Lines {
		if a.Lines[i].Want < 0 {
			return fmt.Errorf("ask %s: line %d wants %d: %w", a.ID, i, a.Lines[i].Want, ErrInvalid)
		}
	}
	return nil
}

// validate returns an error that wraps ErrInvalid where no counter can have the
// balance.
func (b *Balance) validate() error {
	switch b.Unit {
	case llm.Money:
		return nil
	case llm.Requests, llm.Tokens:
		if !b.At.IsZero() && b.Spent >= 0 {
			return nil
		}
		return fmt.Errorf("%d %s of %s at %s: %w", b.Spent, b.Unit, b.Account, b.At, ErrInvalid)
	default:
		return fmt.Errorf("%s of %s have no balance: %w", b.Unit, b.Account, ErrInvalid)
	}
}

// validateLines checks what holds for the lines of Admit and Grow alike.
func validateLines(lines []Line) error {
	if len(lines) > maxLines {
		return fmt.Errorf("%d lines, at most %d: %w", len(lines), maxLines, ErrInvalid)
	}
	if err := validateRules(lines); err != nil {
		return err
	}
	if i := repeated(lines); i >= 0 {
		return fmt.Errorf("second line for %s of %s: %w", lines[i].Unit, lines[i].Account, ErrInvalid)
	}
	want, floor := moneyRange(lines)
	if want > 0 && floor > want {
		return fmt.Errorf("money lines want %d and need %d: %w", want, floor, ErrInvalid)
	}
	return nil
}

// validateRules checks that each line names a counter that can be.
func validateRules(lines []Line) error {
	for i := range lines {
		if !lines[i].Rule.fits(lines[i].Unit) {
			return fmt.Errorf("line %d (%s of %s): rule kind %d with window %s: %w",
				i, lines[i].Unit, lines[i].Account, lines[i].Rule.Kind, lines[i].Rule.Window, ErrInvalid)
		}
	}
	return nil
}

// repeated is the first line that names the counter of an earlier one, or -1:
// each would be judged as if it were alone.
func repeated(lines []Line) int {
	for i := range lines {
		for j := range i {
			if lines[i].Unit == lines[j].Unit && lines[i].key() == lines[j].key() {
				return i
			}
		}
	}
	return -1
}

// fits reports whether the rule can count the unit at all.
func (r *Rule) fits(u llm.Unit) bool {
	switch u {
	case llm.Requests, llm.Tokens:
		return r.windowed() && r.Window > 0 && r.Window <= maxWindow
	case llm.Parallel:
		return r.Kind == Concurrency
	case llm.Money:
		return r.Kind == Budget
	default:
		return false
	}
}

// windowed reports whether time alone frees what the rule counts.
func (r *Rule) windowed() bool { return r.Kind.Windowed() }

// capacity is the most that can be in use at one time without debt.
func (r *Rule) capacity() int64 {
	if r.Kind == TokenBucket && r.Limit > 0 && r.Burst > 0 {
		return r.Burst
	}
	return max(0, r.Limit)
}

// moneyRange is the smallest Want and the largest Floor of the Money lines; both
// are 0 where there is none.
func moneyRange(lines []Line) (want, floor int64) {
	first := true
	for i := range lines {
		if lines[i].Unit != llm.Money {
			continue
		}
		if first || lines[i].Want < want {
			want = lines[i].Want
		}
		first = false
		floor = max(floor, lines[i].Floor)
	}
	return want, floor
}
