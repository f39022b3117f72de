package budget

import (
	"testing"
	"time"
	_ "time/tzdata" // also where the machine has no time zones
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// One period follows the other without a gap, in every zone, whatever its clocks
// do: numbers rise by one at the end and nowhere else.
func TestPeriodsFollowEachOther(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"UTC", "Europe/Berlin", "Africa/Cairo", "America/Havana", "America/Santiago", "Asia/Beirut", "Asia/Kolkata", "Pacific/Apia"} {
		loc := zone(t, name)
		for _, s := range []string{"hourly", "90m", "2h", "6h", "12h", "36h", "daily", "weekly", "3d", "30d", "monthly", "yearly"} {
			t.Run(name+" "+s, func(t *testing.T) {
				t.Parallel()
				p, err := ParsePeriod(s, loc)
				if err != nil {
					t.Fatal(err)
				}
				now, over := at(t, "2025-12-20T01:23:45Z"), at(t, "2027-02-01T00:00:00Z")
				n, end := p.Epoch(now)
				for end.Before(over) {
					last, same := p.Epoch(end.Add(-1))
					next, then := p.Epoch(end)
					if last != n || !same.Equal(end) || next != n+1 || !then.After(end) {
						t.Fatalf("epoch %d until %v: just before %d until %v, then %d until %v", n, end.In(loc), last, same.In(loc), next, then.In(loc))
					}
					n, end = next, then
				}
			})
		}
	}
}

func TestPeriodEndsOnTheCalendar(t *testing.T) {
	t.Parallel()
	berlin, kolkata := zone(t, "Europe/Berlin"), zone(t, "Asia/Kolkata")
	cairo, havana := zone(t, "Africa/Cairo"), zone(t, "America/Havana")
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
		{"36h", nil, "2026-11-22T12:00:00Z", "2026-11-24T00:00:00Z"}, // no day's length: by elapsed time
		{"12h", berlin, "2026-11-22T10:59:59Z", "2026-11-22T11:00:00Z"},
		{"12h", berlin, "2026-10-25T00:30:00Z", "2026-10-25T11:00:00Z"},    // 13 hours until noon
		{"2h", berlin, "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z"},     // the clocks skip 2 o'clock
		{"hourly", berlin, "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"}, // 2 o'clock comes twice
		{"hourly", kolkata, "2026-11-22T12:34:56Z", "2026-11-22T13:30:00Z"},
		{"15m", kolkata, "2026-11-22T12:34:56Z", "2026-11-22T12:45:00Z"},
		{"monthly", berlin, "2026-10-31T22:59:59Z", "2026-10-31T23:00:00Z"},
		{"monthly", nil, "2028-02-29T12:00:00Z", "2028-03-01T00:00:00Z"},
		{"1mo", berlin, "2026-03-31T21:59:59Z", "2026-03-31T22:00:00Z"},
		{"weekly", berlin, "2026-10-25T22:59:59Z", "2026-10-25T23:00:00Z"},
		{"7d", nil, "2026-11-22T12:00:00Z", "2026-11-23T00:00:00Z"},
		{"2w", nil, "2026-11-23T12:00:00Z", "2026-12-07T00:00:00Z"},
		{"daily", cairo, "2026-04-23T21:59:59Z", "2026-04-23T22:00:00Z"},  // the clocks skip midnight
		{"daily", havana, "2026-11-01T03:59:59Z", "2026-11-01T04:00:00Z"}, // midnight comes twice
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
	for _, s := range []string{"fortnightly", "0d", "-1h", "1.5h", "d", "1y", "300000w", "99999999999d", "30"} {
		if _, err := ParsePeriod(s, nil); err == nil {
			t.Errorf("%q was taken for a period", s)
		}
	}
}

func FuzzParsePeriod(f *testing.F) {
	for _, s := range []string{"", "hourly", "monthly", "30s", "90m", "36h", "30d", "2w", "1mo", "365000mo", "300000w", "0d", "é"} {
		f.Add(s, int64(1_790_000_000))
	}
	f.Fuzz(func(t *testing.T, s string, seconds int64) {
		p, err := ParsePeriod(s, nil)
		if err != nil {
			return
		}
		now := time.Unix(seconds%(1<<33), 0) // within 250 years of 1970
		n, end := p.Epoch(now)
		if end.IsZero() {
			return
		}
		if next, _ := p.Epoch(end); !end.After(now) || next != n+1 {
			t.Errorf("%q at %v: epoch %d until %v, then %d", s, now.UTC(), n, end.UTC(), next)
		}
	})
}
