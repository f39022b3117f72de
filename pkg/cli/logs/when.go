package logs

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// period is what the text of a time stands for: an instant, or a whole day.
type period struct{ from, to time.Time }

// aMicrosecond is the finest that times of calls are compared at.
const aMicrosecond = time.Microsecond

// parseWhen reads a time: RFC 3339, a date, a date and a time of day, now, today,
// yesterday, or how long ago it was.
func parseWhen(text string, now time.Time) (period, error) {
	day := func(t time.Time) period {
		year, month, d := t.Date()
		from := time.Date(year, month, d, 0, 0, 0, 0, now.Location())
		return period{from, time.Date(year, month, d+1, 0, 0, 0, 0, now.Location()).Add(-aMicrosecond)}
	}
	switch text {
	case "now":
		return period{now, now}, nil
	case "today":
		return day(now), nil
	case "yesterday":
		return day(now.AddDate(0, 0, -1)), nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, now.Location()); err == nil {
		return day(t), nil
	}
	if ago, err := parseSpan(text); err == nil {
		return period{now.Add(-ago), now.Add(-ago)}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", time.DateTime} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return period{t, t}, nil
		}
	}
	return period{}, fmt.Errorf("%q is no time (write 2026-03-04, 2026-03-04T05:06:07Z, 2h, today or yesterday)", text)
}

// parseSpan reads a length of time: Go's form, and days and weeks.
func parseSpan(text string) (time.Duration, error) {
	const day = 24 * time.Hour
	for suffix, unit := range map[string]time.Duration{"d": day, "w": 7 * day} {
		number, ok := strings.CutSuffix(text, suffix)
		if n, err := strconv.ParseUint(number, 10, 16); ok && err == nil && n > 0 {
			return time.Duration(n) * unit, nil
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is no length of time (write 90m, 24h, 7d or 2w)", text)
	}
	return d, nil
}
