package config

import (
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// formatKind writes a value by its Go kind.
func formatKind(v reflect.Value) (text string, written form) {
	switch {
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool()), boolean
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), number
	case v.CanFloat():
		return strconv.FormatFloat(v.Float(), 'f', -1, 64), number
	default:
		return v.String(), quoted
	}
}

// formatDuration writes a duration in as few units as it needs: 10m, 1h30m, 0s.
func formatDuration(d time.Duration) string {
	text := d.String()
	if d >= time.Minute {
		if short, ok := strings.CutSuffix(text, "m0s"); ok {
			text = short + "m"
		}
	}
	if d >= time.Hour {
		if short, ok := strings.CutSuffix(text, "h0m"); ok {
			text = short + "h"
		}
	}
	return text
}

// formatBytes writes a size in the largest unit that it has a whole number of.
func formatBytes(n Bytes) (text string, written form) {
	for _, unit := range []string{"TiB", "GiB", "MiB", "KiB"} {
		for _, u := range byteUnits {
			if u.suffix == unit && n >= Bytes(u.factor) && n%Bytes(u.factor) == 0 {
				return strconv.FormatInt(int64(n)/u.factor, 10) + unit, quoted
			}
		}
	}
	return strconv.FormatInt(int64(n), 10), number
}

// formatPrice writes a price with all its digits and no others.
func formatPrice(p llm.PicoUSD) string {
	const one = 1_000_000_000_000
	text := strconv.FormatInt(int64(p/one), 10)
	if rest := int64(p % one); rest > 0 {
		digits := strconv.FormatInt(rest+one, 10)[1:]
		text += "." + strings.TrimRight(digits, "0")
	}
	return text
}
