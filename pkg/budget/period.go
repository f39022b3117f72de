package budget

import (
	"fmt"
	"math"
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

const day = 24 * time.Hour

// weekStart is a Monday: weeks are counted from it.
var weekStart = time.Date(1970, time.January, 5, 0, 0, 0, 0, time.UTC)

var named = map[string]Period{
	"":        {},
	"total":   {},
	"hourly":  {fixed: time.Hour},
	"daily":   {fixed: day},
	"weekly":  {fixed: 7 * day},
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
	{"d", day, 0},
	{"w", 7 * day, 0},
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
		if err != nil || n < 1 || n > maxCount || int64(u.fixed) > math.MaxInt64/int64(n) {
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
// when it ends: the instant of the reset. Numbers never fall while time passes. A
// Period that never ends has epoch 0 and the zero time.
func (p Period) Epoch(t time.Time) (n int64, end time.Time) {
	switch {
	case p.months > 0:
		t = t.In(p.location())
		months := t.Year()*12 + int(t.Month()) - 1
		n = int64(months / p.months)
		return n, p.when(time.Date(0, time.Month(1+(int(n)+1)*p.months), 1, 0, 0, 0, 0, time.UTC))
	case p.fixed > 0 && p.fixed%day == 0:
		return p.dayEpoch(t)
	case p.fixed > time.Hour && day%p.fixed == 0:
		return p.civilEpoch(t)
	case p.fixed > 0:
		return p.shortEpoch(t)
	default:
		return 0, time.Time{}
	}
}

// dayEpoch counts civil days, so that a day with a change of clocks has 23 or
// 25 hours and still begins at midnight.
func (p Period) dayEpoch(t time.Time) (int64, time.Time) {
	y, m, d := t.In(p.location()).Date()
	days := int64(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(weekStart) / day)
	length := int64(p.fixed / day)
	n := floorDiv(days, length)
	return n, p.when(weekStart.AddDate(0, 0, int((n+1)*length)))
}

// civilEpoch cuts each day by the clock on the wall, as 12h does at midnight and
// noon: what a change of clocks takes or gives belongs to the part it falls into.
func (p Period) civilEpoch(t time.Time) (int64, time.Time) {
	local := t.In(p.location())
	n := floorDiv(civil(local), int64(p.fixed/time.Second))
	return n, p.when(time.Unix((n+1)*int64(p.fixed/time.Second), 0).UTC())
}

// shortEpoch counts stretches of one length, aligned to the zone's hours as far as
// those differ from UTC's by less than the length. An hour that the clocks repeat is
// another one.
func (p Period) shortEpoch(t time.Time) (int64, time.Time) {
	_, offset := t.In(p.location()).Zone()
	shift := int64(time.Duration(offset) * time.Second % min(p.fixed, time.Hour))
	n := floorDiv(t.UnixNano()+shift, int64(p.fixed))
	return n, time.Unix(0, (n+1)*int64(p.fixed)-shift)
}

// when is the first instant at which the clock on the wall shows what wall does in
// UTC: the earlier one where the clocks repeat it, and that of the jump where they
// skip it.
func (p Period) when(wall time.Time) time.Time {
	if p.location() == time.UTC {
		return wall
	}
	y, m, d := wall.Date()
	t := time.Date(y, m, d, wall.Hour(), wall.Minute(), wall.Second(), 0, p.location())
	start, end := t.ZoneBounds()
	if civil(t) < wall.Unix() {
		return end
	}
	if start.IsZero() {
		return t
	}
	_, before := start.Add(-1).Zone()
	if earlier := time.Unix(wall.Unix()-int64(before), 0); earlier.Before(start) {
		return earlier
	}
	return t
}

// civil is what the clock on the wall shows, in seconds since 1970.
func civil(local time.Time) int64 {
	_, offset := local.Zone()
	return local.Unix() + int64(offset)
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
