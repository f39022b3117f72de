package config

import (
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/secret"
)

// Bytes is a size in bytes. It is written as a number or with a unit: 512KiB,
// 32MiB, 1GiB (powers of 1024), 500KB, 32MB, 1GB (powers of 1000).
type Bytes int64

// scalarError says what a text should have been. Without a code it is CodeBadValue.
type scalarError struct{ want, hint, code string }

// isScalar reports whether parseScalar can fill a value of the type.
func isScalar(t reflect.Type) bool {
	if t == reflect.TypeFor[secret.Text]() {
		return true
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int64, reflect.Float64:
		return true
	default:
		return false
	}
}

// parseScalar reads text into v, which is addressable and of a type that
// isScalar accepts.
func parseScalar(v reflect.Value, text string) *scalarError {
	switch p := v.Addr().Interface().(type) {
	case *secret.Text:
		*p = secret.New(text)
		return nil
	case *string:
		*p = text
		return nil
	case *bool:
		return store(p, text, parseBool)
	case *int64:
		return store(p, text, parseInt)
	case *float64:
		return store(p, text, parseFloat)
	case *time.Duration:
		return store(p, text, parseDuration)
	case *Bytes:
		return store(p, text, parseBytes)
	case *Period:
		return store(p, text, parsePeriod)
	case *Timezone:
		return store(p, text, parseTimezone)
	case *Condition:
		return store(p, text, parseCondition)
	case *llm.NanoUSD:
		return store(p, text, parseMoney)
	case *llm.PicoUSD:
		return store(p, text, parsePrice)
	default:
		return &scalarError{want: "of a type that can be written"}
	}
}

// store parses text into p.
func store[T any](p *T, text string, parse func(string) (T, *scalarError)) *scalarError {
	value, err := parse(text)
	if err == nil {
		*p = value
	}
	return err
}

// parseBool reads the truth values of YAML 1.1 too, which LiteLLM's users write.
func parseBool(text string) (bool, *scalarError) {
	switch strings.ToLower(text) {
	case "true", "yes", "on":
		return true, nil
	case "false", "no", "off":
		return false, nil
	default:
		return false, &scalarError{want: "a truth value", hint: "write true or false"}
	}
}

// parseInt reads decimal digits, grouped by _ where wanted. A leading 0 means
// nothing: it is not octal.
func parseInt(text string) (int64, *scalarError) {
	n, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, 64)
	if err != nil {
		return 0, &scalarError{want: "a whole number", hint: "write digits only"}
	}
	return n, nil
}

func parseFloat(text string) (float64, *scalarError) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, &scalarError{want: "a number", hint: "write digits with an optional decimal point"}
	}
	return n, nil
}

// maxDuration bounds every duration: sums of a few of them cannot overflow.
const maxDuration = 100 * 365 * 24 * time.Hour

// parseDuration reads seconds (30, 0.5) or Go's notation (30s, 5m, 1h30m).
func parseDuration(text string) (time.Duration, *scalarError) {
	wrong := &scalarError{want: "a duration", hint: "write seconds such as 30, or 30s, 5m, 1h", code: CodeBadDuration}
	d, err := time.ParseDuration(text)
	if err != nil {
		if d, err = time.ParseDuration(text + "s"); err != nil {
			return 0, wrong
		}
	}
	if d < 0 || d > maxDuration {
		return 0, wrong
	}
	return d, nil
}

// byteUnits are the units of sizes; longer ones first, since B ends them all.
var byteUnits = []struct {
	suffix string
	factor int64
}{
	{"KiB", 1 << 10},
	{"MiB", 1 << 20},
	{"GiB", 1 << 30},
	{"TiB", 1 << 40},
	{"KB", 1e3},
	{"MB", 1e6},
	{"GB", 1e9},
	{"TB", 1e12},
	{"B", 1},
	{"", 1},
}

func parseBytes(text string) (Bytes, *scalarError) {
	wrong := &scalarError{want: "a size", hint: "write bytes such as 33554432, or 512KiB, 32MiB, 1GiB"}
	for _, unit := range byteUnits {
		digits, ok := strings.CutSuffix(text, unit.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n < 0 || n > math.MaxInt64/unit.factor {
			return 0, wrong
		}
		return Bytes(n * unit.factor), nil
	}
	return 0, wrong
}

func parseMoney(text string) (llm.NanoUSD, *scalarError) {
	n, err := llm.ParseUSD(text)
	if err != nil || n < 0 {
		return 0, &scalarError{want: "an amount of money", hint: "write dollars such as 100 or 0.25"}
	}
	return n, nil
}

func parsePrice(text string) (llm.PicoUSD, *scalarError) {
	n, err := llm.ParsePrice(text)
	if err != nil || n < 0 {
		return 0, &scalarError{want: "a price", hint: "write dollars for one token such as 0.000003 or 3e-06"}
	}
	return n, nil
}
