package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A dimension is what calls are grouped by.
type dimension struct {
	name string
	// append appends the value that a call has.
	append func(dst []byte, c *call, k *clock) []byte
}

// dimensions are all of them, but the fields that are texts, which are dimensions
// under their own names.
func dimensions() []dimension {
	return []dimension{
		{"model", textOf(fieldModel)},
		{"key", appendKey},
		{"team", textOf(fieldTeam)},
		{"provider", textOf(fieldProvider)},
		{"deployment", textOf(fieldDeployment)},
		{"upstream_model", textOf(fieldUpstreamModel)},
		{"status", textOf(fieldStatus)},
		{"http_status", appendHTTPStatus},
		{"error_type", textOf(fieldErrorType)},
		{"endpoint", textOf(fieldEndpoint)},
		{"dialect", textOf(fieldDialect)},
		{"stream", appendStream},
		{"cache", textOf(fieldCache)},
		{"stop_reason", textOf(fieldStopReason)},
		{"price_source", textOf(fieldPriceSource)},
		{"session", textOf(fieldSessionID)},
		{"user_agent", textOf(fieldUserAgent)},
		{"client_ip", textOf(fieldClientIP)},
		{"minute", timeOf("2006-01-02T15:04Z07:00")},
		{"hour", timeOf("2006-01-02T15:00Z07:00")},
		{"day", timeOf(time.DateOnly)},
		{"week", appendWeek},
		{"month", timeOf("2006-01")},
	}
}

// Dimensions are the names of what calls can be grouped by. The other fields of a
// line that are texts are dimensions, too.
func Dimensions() []string {
	list := dimensions()
	names := make([]string, len(list))
	for i, d := range list {
		names[i] = d.name
	}
	return names
}

// dimensionNamed finds a dimension.
func dimensionNamed(name string) (dimension, error) {
	list := dimensions()
	if i := slices.IndexFunc(list, func(d dimension) bool { return d.name == name }); i >= 0 {
		return list[i], nil
	}
	if f, ok := fieldNamed([]byte(name)); ok && fields[f].kind == kindText {
		return dimension{name, textOf(f)}, nil
	}
	return dimension{}, fmt.Errorf("calls cannot be grouped by %q (there are %s)", name, strings.Join(Dimensions(), ", "))
}

// isTime reports whether groups of a dimension follow one another.
func isTime(name string) bool {
	return slices.Contains([]string{"minute", "hour", "day", "week", "month"}, name)
}

func textOf(f field) func([]byte, *call, *clock) []byte {
	return func(dst []byte, c *call, _ *clock) []byte { return append(dst, c.text(f)...) }
}

// appendKey appends the name of a key, or else its id.
func appendKey(dst []byte, c *call, _ *clock) []byte {
	if name := c.text(fieldKeyName); len(name) > 0 {
		return append(dst, name...)
	}
	return append(dst, c.text(fieldKeyID)...)
}

func appendHTTPStatus(dst []byte, c *call, _ *clock) []byte {
	if n := c.number(fieldHTTPStatus); n != 0 {
		return strconv.AppendInt(dst, n, 10)
	}
	return dst
}

func appendStream(dst []byte, c *call, _ *clock) []byte {
	return strconv.AppendBool(dst, c.number(fieldStream) != 0)
}

// clock tells times of the log in a zone. It remembers the last minute: lines come in
// the order of time, more or less. One for each dimension and goroutine.
type clock struct {
	zone   *time.Location
	minute int64
	text   []byte
}

// tell appends a text for the minute that a call began in, which form makes.
func (k *clock) tell(dst []byte, c *call, form func([]byte, time.Time) []byte) []byte {
	if !c.has(fieldTimestamp) {
		return dst
	}
	us := c.numbers[fieldTimestamp]
	minute := us / minuteMicros
	if us%minuteMicros < 0 {
		minute--
	}
	if minute != k.minute || k.text == nil {
		k.minute, k.text = minute, form(k.text[:0], time.UnixMicro(us).In(k.zone))
	}
	return append(dst, k.text...)
}

const minuteMicros = int64(time.Minute / time.Microsecond)

func timeOf(layout string) func([]byte, *call, *clock) []byte {
	form := func(dst []byte, t time.Time) []byte { return t.AppendFormat(dst, layout) }
	return func(dst []byte, c *call, k *clock) []byte { return k.tell(dst, c, form) }
}

// appendWeek appends a week as ISO 8601 has them: 2026-W01.
func appendWeek(dst []byte, c *call, k *clock) []byte { return k.tell(dst, c, appendISOWeek) }

func appendISOWeek(dst []byte, t time.Time) []byte {
	year, week := t.ISOWeek()
	return fmt.Appendf(dst, "%04d-W%02d", year, week)
}

// CheckDimensions reports which of the names is none of a dimension, or stands there
// twice.
func CheckDimensions(names []string) error {
	for i, name := range names {
		if _, err := dimensionNamed(name); err != nil {
			return err
		}
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("%q stands there twice", name)
		}
	}
	return nil
}
