package gateway_test

import (
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata" // also where the machine has no time zones

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
)

// A budget begins anew at the instant, by the clock of its time zone, and what a
// call costs is booked in the period that it began in. Tests of this kind begin at
// midnight UTC of 1 January 2000.
func TestABudgetBeginsAnewAtTheInstant(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, period string
		loc          *time.Location
		reset        string
	}{
		{"a day in UTC", "daily", nil, "2000-01-02T00:00:00Z"},
		{"a day in Berlin", "daily", berlin, "2000-01-01T23:00:00Z"},
		{"half a day in Berlin", "12h", berlin, "2000-01-01T11:00:00Z"},
		{"a week", "weekly", nil, "2000-01-03T00:00:00Z"},
		{"a month in Berlin", "monthly", berlin, "2000-01-31T23:00:00Z"},
		{"LiteLLM's month", "30d", nil, "2000-02-01T00:00:00Z"},
		{"two months", "2mo", nil, "2000-03-01T00:00:00Z"},
		{"half a minute", "30s", nil, "2000-01-01T00:00:30Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				reset, err := time.Parse(time.RFC3339, tt.reset)
				if err != nil {
					t.Fatal(err)
				}
				text := body(`"max_tokens":1024,`)
				cost := price.Cost(used(0, 1024))
				b := dollars("b", (worst(t, text, 1024) + cost/2).String(), true)
				b.Period = periodOf(t, tt.period, tt.loc)
				l := newLab(t, paying(plays(after(2*time.Second, answers(used(0, 1024)))), b))

				time.Sleep(time.Until(reset) - 3*time.Second)
				r := l.send(t.Context(), text)
				r.want(t, 200, "")
				// One second is left: the budget is spent until then.
				r = l.send(t.Context(), text)
				r.want(t, 429, "resets at "+tt.reset)
				if got := r.header.Get("Retry-After"); got != "1" {
					t.Errorf("retry-after = %s, want the second that is left", got)
				}
				old := b.Line(time.Now(), 0, 0)
				time.Sleep(time.Until(reset) - 1)
				r = l.send(t.Context(), text)
				r.want(t, 429, "")
				time.Sleep(time.Nanosecond)
				r = l.send(t.Context(), text)
				r.want(t, 200, "")
				l.wantSpent(t, "the old period", old, cost)
				l.wantSpent(t, "the new period", b.Line(time.Now(), 0, 0), cost)
			})
		})
	}
}

// A call that ends after the reset costs the period that it began in.
func TestASettlementGoesToItsPeriod(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := dollars("b", "1", true)
		b.Period = periodOf(t, "daily", nil)
		l := newLab(t, paying(plays(after(time.Hour, answers(used(0, 1024)))), b))
		time.Sleep(23*time.Hour + 30*time.Minute)
		old := b.Line(time.Now(), 0, 0)
		r := l.send(t.Context(), message)
		r.want(t, 200, "")
		l.wantSpent(t, "the day it began", old, price.Cost(used(0, 1024)))
		l.wantSpent(t, "the day it ended", b.Line(time.Now(), 0, 0), 0)
	})
}

func (l *lab) wantSpent(t *testing.T, name string, line admission.Line, want llm.NanoUSD) {
	t.Helper()
	states, err := l.queue.States(t.Context(), []admission.Line{line})
	if err != nil || len(states) != 1 {
		t.Fatal(err)
	}
	if got := llm.NanoUSD(states[0].Used); got != want || states[0].Held != 0 {
		t.Errorf("%s: %v are spent, %v held, want %v", name, got, states[0].Held, want)
	}
}
