package terminal

import (
	"fmt"
	"time"
)

// When tells an instant in both ways that people want it; "" for none.
func When(at *time.Time, now time.Time) string {
	if at == nil {
		return ""
	}
	return fmt.Sprintf("%s (%s)", at.UTC().Format("2006-01-02 15:04 MST"), InWords(*at, now))
}

// InWords tells how far away an instant is: "in 3 days", "2 hours ago".
func InWords(at, now time.Time) string {
	d := at.Sub(now)
	ago := d < 0
	d = d.Abs()
	const day = 24 * time.Hour
	n, unit := int64(d.Round(time.Second)/time.Second), "second"
	switch {
	case d >= 730*day:
		n, unit = int64(d/(365*day)), "year"
	case d >= 2*day:
		n, unit = int64(d.Round(time.Hour)/day), "day"
	case d >= 2*time.Hour:
		n, unit = int64(d.Round(time.Minute)/time.Hour), "hour"
	case d >= 2*time.Minute:
		n, unit = int64(d.Round(time.Second)/time.Minute), "minute"
	}
	if n != 1 {
		unit += "s"
	}
	if ago {
		return fmt.Sprintf("%d %s ago", n, unit)
	}
	return fmt.Sprintf("in %d %s", n, unit)
}
