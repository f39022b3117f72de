package budget

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Period is how long a budget lasts before it starts anew, aligned to the
// calendar of a time zone. The zero Period never ends.
type Period struct {
	months int           // calendar months; 0 where fixed is set
	fixed  time.Duration // hours, days, weeks and LiteLLM's durations
	loc    *time.Location
}

// weekStart is a Monday: weeks are counted from it.
var weekStart = time.Date(1970, time.January, 5, 0, 0, 0, 0, time.UTC)

var named = map[string]Period{
	"":        {},
	"total":   {},
	"hourly":  {fixed: time.Hour},
	"daily":   {fixed: 24 * time.Hour},
	"weekly":  {fixed: 7 * 24 * time.Hour},
	"monthly": {months: 1},
	"yearly":  {months: 12},
}

// ParsePeriod reads hourly, daily, weekly, monthly, yearly, total, or one of
// LiteLLM's durations: 30s, 15m, 12h, 30d, 2w, 1mo. A nil location is UTC.
func ParsePeriod(s string, loc *time.Location) (Period, error) {
	if loc == nil {
		loc = time.UTC
	}
	p, ok := named[strings.ToLower(s)]
	if !ok {
		var err error
		if p, err = parseDuration(s); err != nil {
			return Period{}, err
		}
	}
	p.loc = loc
	return p, nil
}

var durationUnits = []struct {
	suffix string
	fixed  time.Duration
	months int
}{
	{"mo", 0, 1}, // before "m" and "o"
	{"s", time.Second, 0},
	{"m", time.Minute, 0},
	{"h", time.Hour, 0},
	{"d", 24 * time.Hour, 0},
	{"w", 7 * 24 * time.Hour, 0},
}

// maxCount bounds the number in front of a unit: a thousand years of days.
const maxCount = 365_000

func parseDuration(s string) (Period, error) {
	for _, u := range durationUnits {
		digits, ok := strings.CutSuffix(s, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.Atoi(digits)
		if err != nil || n < 1 || n > maxCount {
			break
		}
		// LiteLLM's 30d means the calendar month: it resets on the 1st.
		if u.suffix == "d" && n == 30 {
			return Period{months: 1}, nil
		}
		return Period{fixed: time.Duration(n) * u.fixed, months: n * u.months}, nil
	}
	return Period{}, fmt.Errorf("%q is not a period (use hourly, daily, weekly, monthly, yearly, total, or 30s, 15m, 12h, 7d, 2w, 1mo)", s)
}

// Epoch numbers the period that contains t, from some fixed origin, and says
// when it ends: the instant of the reset. A Period that never ends has epoch 0
// and the zero time.
func (p Period) Epoch(t time.Time) (n int64, end time.Time) {
	switch {
	case p.months > 0:
		t = t.In(p.location())
		months := t.Year()*12 + int(t.Month()) - 1
		n = int64(months / p.months)
		return n, time.Date(0, time.Month(1+(int(n)+1)*p.months), 1, 0, 0, 0, 0, p.location())
	case p.fixed >= 24*time.Hour:
		return p.dayEpoch(t)
	case p.fixed > 0:
		n = t.UnixNano() / int64(p.fixed)
		return n, time.Unix(0, (n+1)*int64(p.fixed))
	default:
		return 0, time.Time{}
	}
}

// dayEpoch counts civil days, so that a day with a change of clocks has 23 or
// 25 hours and still begins at midnight.
func (p Period) dayEpoch(t time.Time) (int64, time.Time) {
	local := t.In(p.location())
	y, m, d := local.Date()
	days := int64(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(weekStart) / (24 * time.Hour))
	length := int64(p.fixed / (24 * time.Hour))
	n := floorDiv(days, length)
	first := weekStart.AddDate(0, 0, int((n+1)*length))
	return n, time.Date(first.Year(), first.Month(), first.Day(), 0, 0, 0, 0, p.location())
}

func (p Period) location() *time.Location {
	if p.loc == nil {
		return time.UTC
	}
	return p.loc
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
