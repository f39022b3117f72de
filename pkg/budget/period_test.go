package budget

import (
	"testing"
	"time"
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPeriodEndsOnTheCalendar(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("SKIP: no time zone database on this machine")
	}
	tests := []struct {
		period string
		loc    *time.Location
		now    string
		end    string
	}{
		{"hourly", nil, "2026-11-22T12:34:56Z", "2026-11-22T13:00:00Z"},
		{"daily", nil, "2026-11-22T23:59:59Z", "2026-11-23T00:00:00Z"},
		{"daily", berlin, "2026-11-22T22:59:59Z", "2026-11-22T23:00:00Z"},
		{"daily", berlin, "2026-10-25T00:30:00Z", "2026-10-25T23:00:00Z"}, // a day of 25 hours
		{"weekly", nil, "2026-11-22T12:00:00Z", "2026-11-23T00:00:00Z"},   // Sunday to Monday
		{"weekly", nil, "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"},
		{"monthly", nil, "2026-11-22T12:00:00Z", "2026-12-01T00:00:00Z"},
		{"monthly", nil, "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"},
		{"yearly", nil, "2026-11-22T12:00:00Z", "2027-01-01T00:00:00Z"},
		{"30s", nil, "2026-11-22T12:00:29Z", "2026-11-22T12:00:30Z"},
		{"15m", nil, "2026-11-22T12:14:59Z", "2026-11-22T12:15:00Z"},
		{"12h", nil, "2026-11-22T12:00:00Z", "2026-11-23T00:00:00Z"},
		{"1d", nil, "2026-11-22T12:00:00Z", "2026-11-23T00:00:00Z"},
		{"30d", nil, "2026-11-22T12:00:00Z", "2026-12-01T00:00:00Z"},
		{"3mo", nil, "2026-11-22T12:00:00Z", "2027-01-01T00:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.period+" "+tt.now, func(t *testing.T) {
			t.Parallel()
			p, err := ParsePeriod(tt.period, tt.loc)
			if err != nil {
				t.Fatal(err)
			}
			now, want := at(t, tt.now), at(t, tt.end)
			n, end := p.Epoch(now)
			if !end.Equal(want) {
				t.Errorf("ends %v, want %v", end.UTC(), want)
			}
			if last, _ := p.Epoch(end.Add(-1)); last != n {
				t.Errorf("epoch %d just before the end, %d now", last, n)
			}
			if next, _ := p.Epoch(end); next != n+1 {
				t.Errorf("epoch %d at the end, want %d", next, n+1)
			}
		})
	}
}

func TestTotalNeverEnds(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "total"} {
		p, err := ParsePeriod(s, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n, end := p.Epoch(time.Now()); n != 0 || !end.IsZero() {
			t.Errorf("%q: epoch %d, end %v", s, n, end)
		}
	}
}

func TestParsePeriodRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"fortnightly", "0d", "-1h", "1.5h", "d", "1y", "99999999999d", "30"} {
		if _, err := ParsePeriod(s, nil); err == nil {
			t.Errorf("%q was taken for a period", s)
		}
	}
}
