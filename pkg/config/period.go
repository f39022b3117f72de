package config

import (
	"strconv"
	"strings"
	"time"
)

// Period is how long a budget lasts before it starts anew, as it is written:
// hourly, daily, weekly, monthly, yearly, total, or a number with a unit as in
// LiteLLM: 30s, 15m, 12h, 30d, 2w, 1mo. What that means on the calendar is
// package budget's business.
type Period string

// periodUnits are the units of written periods.
var periodUnits = []struct {
	suffix string
	length time.Duration
}{
	{"mo", 30 * 24 * time.Hour},
	{"s", time.Second},
	{"m", time.Minute},
	{"h", time.Hour},
	{"d", 24 * time.Hour},
	{"w", 7 * 24 * time.Hour},
}

// parsePeriod accepts the notations of Period, up to 100 years.
func parsePeriod(text string) (Period, *scalarError) {
	switch text {
	case "hourly", "daily", "weekly", "monthly", "yearly", "total":
		return Period(text), nil
	}
	for _, u := range periodUnits {
		digits, ok := strings.CutSuffix(text, u.suffix)
		n, err := strconv.ParseUint(digits, 10, 31)
		if ok && err == nil && n > 0 && n <= uint64(maxDuration/u.length) {
			return Period(text), nil
		}
	}
	return "", &scalarError{
		want: "a period", code: CodeBadPeriod,
		hint: "write hourly, daily, weekly, monthly, yearly or total, or 30s, 15m, 12h, 30d, 2w, 1mo",
	}
}
