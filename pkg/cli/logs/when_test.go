package logs

import (
	"testing"
	"time"
)

func TestParseWhen(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 3600)
	now := time.Date(2026, 3, 1, 0, 30, 0, 0, zone)
	day := func(year int, month time.Month, d int) period {
		from := time.Date(year, month, d, 0, 0, 0, 0, zone)
		return period{from, from.AddDate(0, 0, 1).Add(-time.Microsecond)}
	}
	at := func(t time.Time) period { return period{t, t} }
	for text, want := range map[string]period{
		"now": at(now), "today": day(2026, 3, 1), "yesterday": day(2026, 2, 28), "2026-12-31": day(2026, 12, 31),
		"2h": at(now.Add(-2 * time.Hour)), "90m": at(now.Add(-90 * time.Minute)), "7d": at(now.Add(-7 * 24 * time.Hour)), "2w": at(now.Add(-14 * 24 * time.Hour)),
		"2026-03-04T05:06:07Z":        at(time.Date(2026, 3, 4, 6, 6, 7, 0, zone)),
		"2026-03-04T05:06:07.5-02:00": at(time.Date(2026, 3, 4, 8, 6, 7, 5e8, zone)),
		"2026-03-04T05:06":            at(time.Date(2026, 3, 4, 5, 6, 0, 0, zone)),
		"2026-03-04 05:06:07":         at(time.Date(2026, 3, 4, 5, 6, 7, 0, zone)),
		"2026-03-04 05:06":            at(time.Date(2026, 3, 4, 5, 6, 0, 0, zone)),
	} {
		got, err := parseWhen(text, now)
		if err != nil || !got.from.Equal(want.from) || !got.to.Equal(want.to) {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "soon", "2026-02-30", "-2h", "0h", "0d", "99999d", "d", "1.5d", "10"} {
		if got, err := parseWhen(text, now); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// A day has as many hours as it has where it is.
func TestDaysOfSummerTime(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err) // they are in the binary
	}
	got, err := parseWhen("2026-03-29", time.Date(2026, 1, 1, 0, 0, 0, 0, zone))
	if err != nil || got.to.Sub(got.from) != 23*time.Hour-time.Microsecond {
		t.Errorf("%v, %v", got, err)
	}
}
