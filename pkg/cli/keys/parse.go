package keys

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/llm"
)

// now is the clock of messages and of ends that are given as days.
func now() time.Time { return time.Now() }

// isNone reports whether a flag takes off what was set.
func isNone(text string) bool { return text == "none" }

// parseModels reads names with commas between them; "all" and "none" set no bounds.
func parseModels(text string) (adminapi.Optional[[]string], error) {
	if text == "all" || isNone(text) {
		return adminapi.Some([]string{}), nil
	}
	var names []string
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		if name == "" {
			return adminapi.Optional[[]string]{}, errors.New("a name of a model is empty (write a,b; all for every model)")
		}
		names = append(names, name)
	}
	return adminapi.Some(names), nil
}

// parseLimit reads a limit; 0 and "none" set none.
func parseLimit(text string) (adminapi.Optional[int64], error) {
	if text == "0" || isNone(text) {
		return adminapi.None[int64](), nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return adminapi.Optional[int64]{}, errors.New("a limit is a whole number, such as 60; 0 or none for no limit")
	}
	return adminapi.Some(n), nil
}

// errBudget says how budgets are written.
var errBudget = errors.New("a budget is an amount in USD and a period, such as 100/monthly, 2.50/daily, 20/30d; an amount alone never starts anew; none for no budget")

// errNothing says that a budget is no budget.
var errNothing = errors.New("this is nothing to spend (write none for no budget; 'llmgw keys block' stops a key)")

// parseBudget reads AMOUNT/PERIOD; "none" sets none.
func parseBudget(text string) (adminapi.Optional[json.Number], adminapi.Optional[string], error) {
	none := adminapi.None[json.Number]()
	if text == "0" || isNone(text) {
		return none, adminapi.None[string](), nil
	}
	amount, period, lasts := strings.Cut(text, "/")
	amount = strings.TrimPrefix(strings.TrimSpace(amount), "$")
	usd, err := llm.ParseUSD(amount)
	if err != nil {
		return none, adminapi.None[string](), errBudget
	}
	if usd <= 0 {
		return none, adminapi.None[string](), errNothing
	}
	if !lasts {
		period = "total"
	}
	if period, err = parsePeriod(period); err != nil {
		return none, adminapi.None[string](), err
	}
	return adminapi.Some(json.Number(usd.String())), adminapi.Some(period), nil
}

// parsePeriod reads the period of a budget.
func parsePeriod(text string) (string, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	switch text {
	case "hourly", "daily", "weekly", "monthly", "yearly", "total":
		return text, nil
	case "hour", "week", "month", "year":
		return text + "ly", nil
	case "day":
		return "daily", nil
	}
	if parts, err := split(text); err == nil && len(parts) == 1 {
		return text, nil
	}
	return "", fmt.Errorf("%q is no period (write hourly, daily, weekly, monthly, yearly, total, or 15m, 12h, 30d, 2w, 1mo)", text)
}

// errExpires says how ends are written.
var errExpires = errors.New("write how long it is to work (30d, 12h, 90m, 2w), the day it ends (2027-06-30), or never")

// parseExpires reads when a key stops working, as what the API takes: how long it
// works from now on.
func parseExpires(text string, now time.Time) (adminapi.Optional[string], error) {
	if text == "never" || isNone(text) {
		return adminapi.None[string](), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if end, err := time.Parse(layout, text); err == nil {
			left := int64(math.Ceil(end.Sub(now).Seconds()))
			switch {
			case left <= 0:
				return adminapi.Optional[string]{}, fmt.Errorf("%s is in the past", text)
			case left > largestNumber:
				return adminapi.Optional[string]{}, fmt.Errorf("%s is too far away (write never)", text)
			}
			return adminapi.Some(fmt.Sprintf("%ds", left)), nil
		}
	}
	duration, err := parseDuration(text)
	if err != nil {
		return adminapi.Optional[string]{}, errExpires
	}
	return adminapi.Some(duration), nil
}

// parseDuration reads how long something lasts, as the API takes it: 90m stays what it
// is, 1h30m is 5400s.
func parseDuration(text string) (string, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	parts, err := split(text)
	if err != nil || len(parts) == 1 {
		return text, err
	}
	var total int64
	for _, p := range parts {
		seconds, ok := unitSeconds[p.unit]
		if !ok || p.n > (largestNumber-total)/seconds {
			return "", errDuration
		}
		total += p.n * seconds
	}
	return fmt.Sprintf("%ds", total), nil
}

// unitSeconds are the units of durations that have one length.
//
//nolint:gochecknoglobals // a table
var unitSeconds = map[string]int64{"s": 1, "m": 60, "h": 60 * 60, "d": 24 * 60 * 60, "w": 7 * 24 * 60 * 60}

// largestNumber is the largest that the API takes in a duration: 136 years in seconds.
const largestNumber = math.MaxUint32

// errDuration says how durations are written.
var errDuration = errors.New("a duration is a whole number with a unit: 30s, 90m, 12h, 30d, 2w, 1mo")

// part is a number with its unit.
type part struct {
	n    int64
	unit string
}

// split takes a duration apart: 1h30m are two parts.
func split(text string) ([]part, error) {
	var parts []part
	for text != "" {
		digits := text[:len(text)-len(strings.TrimLeft(text, "0123456789"))]
		text = text[len(digits):]
		unit := text[:len(text)-len(strings.TrimLeft(text, "smhdwo"))]
		text = text[len(unit):]
		n, err := strconv.ParseInt(digits, 10, 64)
		if _, fixed := unitSeconds[unit]; err != nil || n == 0 || n > largestNumber || !fixed && unit != "mo" {
			return nil, errDuration
		}
		parts = append(parts, part{n, unit})
	}
	if len(parts) == 0 {
		return nil, errDuration
	}
	return parts, nil
}
