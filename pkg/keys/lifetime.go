package keys

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// maxYears bounds how far ahead a key can live: further away is for ever.
const maxYears = 100

// errLifetime says how durations are written.
var errLifetime = errors.New("a duration is a whole number with a unit: 30s, 90m, 12h, 30d, 2w, 1mo")

// lifetimeUnits are the units of durations. Source: LiteLLM 1.83.2
// (duration_in_seconds).
var lifetimeUnits = []struct {
	suffix string
	months int
	fixed  time.Duration
}{
	{"mo", 1, 0}, // before "m"
	{"s", 0, time.Second},
	{"m", 0, time.Minute},
	{"h", 0, time.Hour},
	{"d", 0, 24 * time.Hour},
	{"w", 0, 7 * 24 * time.Hour},
}

// after is the instant that lies a written duration after now.
func after(now time.Time, text string) (time.Time, error) {
	for _, u := range lifetimeUnits {
		digits, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 32)
		if err != nil || n == 0 {
			return time.Time{}, errLifetime
		}
		latest := now.AddDate(maxYears, 0, 0)
		if u.months > 0 {
			if n > 12*maxYears {
				return time.Time{}, errFar
			}
			return now.AddDate(0, int(n)*u.months, 0), nil
		}
		if n > uint64(latest.Sub(now)/u.fixed) {
			return time.Time{}, errFar
		}
		return now.Add(time.Duration(n) * u.fixed), nil
	}
	return time.Time{}, errLifetime
}

// errFar says that a duration is too long.
var errFar = errors.New("a duration is 100 years at most")
