package budget

import (
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

func TestStartIsWhereTheEpochBegins(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	instants := []time.Time{
		time.Date(2026, time.November, 24, 12, 34, 56, 789, time.UTC),
		time.Date(2026, time.December, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2026, time.March, 29, 0, 59, 59, 999_999_999, time.UTC), // before the clocks jump
		time.Date(2026, time.October, 25, 1, 30, 0, 0, time.UTC),          // in the hour that they repeat
		time.Date(1969, time.December, 31, 23, 59, 59, 0, time.UTC),
	}
	for _, text := range []string{"hourly", "daily", "weekly", "monthly", "yearly", "1s", "15m", "5h", "12h", "3d", "30d", "2w", "7mo"} {
		for _, loc := range []*time.Location{time.UTC, berlin} {
			p, err := ParsePeriod(text, loc)
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range instants {
				n, _ := p.Epoch(at)
				start := p.Start(at)
				if first, _ := p.Epoch(start); first != n || start.After(at) {
					t.Errorf("%s in %v: the epoch of %v starts at %v, which is in another one", text, loc, at, start)
				}
				if before, end := p.Epoch(start.Add(-1)); before == n || !end.Equal(start) {
					t.Errorf("%s in %v: %v is not the first instant of the epoch of %v", text, loc, start, at)
				}
			}
		}
	}
	if start := (Period{}).Start(instants[0]); !start.IsZero() {
		t.Errorf("a period that never ends began at %v", start)
	}
}

func TestRateAndUntil(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 11, 0, 0, 0, 0, time.UTC)
	month := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	december := month.AddDate(0, 1, 0)
	for _, tt := range []struct {
		name  string
		s     Spending
		left  llm.NanoUSD
		rate  llm.NanoUSD
		known bool
		until time.Time
	}{
		{"ten days of a month", Spending{Spent: 50 * llm.USD, Begun: month, Ends: december}, 50 * llm.USD, 5 * llm.USD, true, now.AddDate(0, 0, 10)},
		{"it lasts the period", Spending{Spent: 50 * llm.USD, Begun: month, Ends: december}, 100 * llm.USD, 5 * llm.USD, true, time.Time{}},
		{"nothing was spent", Spending{Begun: month, Ends: december}, llm.USD, 0, true, time.Time{}},
		{"nothing is left", Spending{Spent: 50 * llm.USD, Begun: month, Ends: december}, -1, 5 * llm.USD, true, now},
		{"for ever", Spending{Spent: 10 * llm.USD, Begun: month}, 365 * llm.USD, llm.USD, true, now.AddDate(0, 0, 365)},
		{"longer than anybody plans", Spending{Spent: 1, Begun: month}, 1e6 * llm.USD, 0, true, time.Time{}},
		{"nobody knows since when", Spending{Spent: 10 * llm.USD}, llm.USD, 0, false, time.Time{}},
		{"a clock that was set back", Spending{Spent: llm.USD, Begun: december}, llm.USD, 0, false, time.Time{}},
		{
			"six hours of a month, with the one before",
			Spending{Spent: 3 * llm.USD, Begun: now.Add(-6 * time.Hour), Ends: now.AddDate(0, 1, 0), Before: 120 * llm.USD, BeforeFor: 30 * day},
			60 * llm.USD, 6 * llm.USD, true, now.AddDate(0, 0, 10),
		},
		{
			"six hours without anything before",
			Spending{Spent: 3 * llm.USD, Begun: now.Add(-6 * time.Hour), Ends: now.AddDate(0, 1, 0)},
			60 * llm.USD, 12 * llm.USD, true, now.AddDate(0, 0, 5),
		},
		{"a minute old", Spending{Spent: llm.USD, Begun: now.Add(-time.Minute)}, 24 * llm.USD, 24 * llm.USD, true, now.AddDate(0, 0, 1)},
		{
			"half a quarter of an hour",
			Spending{Spent: llm.USD, Begun: now.Add(-450 * time.Second), Ends: now.Add(450 * time.Second)},
			llm.USD, 96 * llm.USD, true,
			time.Time{},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rate, known := tt.s.Rate(now)
			if rate != tt.rate || known != tt.known {
				t.Errorf("Rate = %v, %v, want %v, %v", rate, known, tt.rate, tt.known)
			}
			if until := tt.s.Until(now, tt.left, rate); !until.Equal(tt.until) {
				t.Errorf("Until = %v, want %v", until, tt.until)
			}
		})
	}
}
