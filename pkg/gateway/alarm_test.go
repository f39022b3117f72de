package gateway_test

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/ledger"
	"github.com/llmgw/llmgw/pkg/llm"
)

// alerting is a budget of 10 cents that is reported from 80 % on; each call of
// these tests costs one cent.
func alerting(hard bool) *budget.Budget {
	b := dollars("b", "0.1", hard)
	b.Alert = 0.8
	return b
}

var cent = used(0, 2000) // at 5 USD for a million

func (l *lab) wantEvents(t *testing.T, when string, want ...string) {
	t.Helper()
	if got := l.events.take(); !slices.Equal(got, want) {
		t.Errorf("%s: told %q, want %q", when, got, want)
	}
}

func TestMarksAreToldOnce(t *testing.T) {
	t.Parallel()
	for hard, calls := range map[bool]int{false: 14, true: 9} {
		l := newLab(t, paying(plays(answers(cent)), alerting(hard)))
		for n := 1; n <= calls; n++ {
			l.send(t.Context(), body(`"max_tokens":2000,`))
			switch n {
			case 8:
				l.wantEvents(t, "8 of 10", "b alert_threshold")
			case 10:
				l.wantEvents(t, "all", "b limit")
			default:
				l.wantEvents(t, "another call")
			}
		}
	}
}

func TestMarksAreToldOnceUnderLoad(t *testing.T) {
	t.Parallel()
	l := newLab(t, paying(plays(answers(cent)), alerting(false)))
	var callers sync.WaitGroup
	for range 40 {
		callers.Go(func() { l.send(t.Context(), message) })
	}
	callers.Wait()
	got := l.events.take()
	slices.Sort(got)
	if !slices.Equal(got, []string{"b alert_threshold", "b limit"}) {
		t.Errorf("told %q, want each mark once", got)
	}
}

// What the last run has told of is not told again in the same period, but what it
// had no time for is.
func TestMarksAfterARestart(t *testing.T) {
	t.Parallel()
	b := alerting(false)
	line := b.Line(time.Now(), 0, 0)
	balance := func(spent llm.NanoUSD) []admission.Balance {
		return []admission.Balance{{Account: b.Account, Epoch: line.Epoch, Unit: llm.Money, Spent: int64(spent)}}
	}
	for _, tt := range []struct {
		name   string
		before llm.NanoUSD
		cut    llm.NanoUSD // of which calls were booked at that the crash had cut
		want   []string
	}{
		{"told before", 85_000_000, 0, nil},
		{"passed by this call", 75_000_000, 0, []string{"b alert_threshold"}},
		{"passed by what the crash has cut", 85_000_000, 10_000_000, []string{"b alert_threshold"}},
		{"all told before", 105_000_000, 0, nil},
		{"the limit is left", 95_000_000, 0, []string{"b limit"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := paying(plays(answers(cent)), b)
			s.spentBefore = balance(tt.before)
			if tt.cut > 0 {
				s.cut = []ledger.Call{{Lines: []admission.Line{line}, Actual: admission.Actual{Money: int64(tt.cut)}}}
			}
			l := newLab(t, s)
			l.send(t.Context(), message)
			l.wantEvents(t, "the first call", tt.want...)
			l.send(t.Context(), message)
			if tt.name == "told before" {
				l.wantEvents(t, "the limit", "b limit")
			}
		})
	}
}

// The next period tells anew, and a call is booked and told in the one it began in.
func TestMarksInTheNextPeriod(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // from midnight UTC on
		b := alerting(false)
		b.Period = periodOf(t, "daily", nil)
		l := newLab(t, paying(plays(answers(used(0, 16_000))), b))
		l.send(t.Context(), message)
		l.wantEvents(t, "the first day", "b alert_threshold")
		time.Sleep(24 * time.Hour)
		l.send(t.Context(), message)
		l.wantEvents(t, "the second day", "b alert_threshold")
		l.send(t.Context(), message)
		l.wantEvents(t, "once more", "b limit")
	})
}

// Under `expected` a budget may be exceeded: when the calls that were open have
// ended, it is told by how much, once.
func TestAnExceededBudgetIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := dollars("b", "0.02", true)
		// Before there is a history, 1,024 tokens are expected: half a cent.
		s := paying(plays(after(time.Second, answers(used(0, 8000)))), b)
		s.money.Expected = true
		l := newLab(t, s)
		var callers sync.WaitGroup
		for range 6 {
			callers.Go(func() { l.send(t.Context(), body(`"max_tokens":8000,`)) })
		}
		callers.Wait()
		spent, _ := l.spent(b)
		if spent != 3*price.Cost(used(0, 8000)) {
			t.Errorf("spent %v, want what three calls cost", spent)
		}
		l.events.mu.Lock()
		last := l.events.all[len(l.events.all)-1]
		l.events.mu.Unlock()
		if last.Mark != budget.OverMark || last.Spent != spent {
			t.Errorf("told last %v with %v, want the whole excess", last.Mark, last.Spent)
		}
		l.wantEvents(t, "exceeded", "b limit", "b exceeded")
		r := l.send(t.Context(), message)
		r.want(t, 429, "is spent")
		l.wantEvents(t, "later")
	})
}

func periodOf(t *testing.T, s string, loc *time.Location) budget.Period {
	t.Helper()
	p, err := budget.ParsePeriod(s, loc)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
