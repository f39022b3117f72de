package config

import (
	"reflect"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// parsed is what a text means as a T, and whether it is one.
func parsed[T any](text string) (T, bool) {
	var value T
	err := parseScalar(reflect.ValueOf(&value).Elem(), text)
	return value, err == nil
}

// check holds a parser against texts that it accepts and some that it does not.
func check[T comparable](t *testing.T, good map[string]T, bad ...string) {
	t.Helper()
	for text, want := range good {
		if got, ok := parsed[T](text); !ok || got != want {
			t.Errorf("%T of %q = %v, %v; want %v", want, text, got, ok, want)
		}
	}
	for _, text := range bad {
		if got, ok := parsed[T](text); ok {
			t.Errorf("%T of %q = %v, want an error", got, text, got)
		}
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	check(t, map[string]time.Duration{
		"30": 30 * time.Second, "30s": 30 * time.Second, "5m": 5 * time.Minute, "1h": time.Hour, "1h30m": 90 * time.Minute,
		"0.5": 500 * time.Millisecond, "250ms": 250 * time.Millisecond, "0": 0, "6000.0": 6000 * time.Second,
	}, "", "-1", "5 m", "1d", "s", "forever", "1e9", "1000000h", "nan")
}

func TestSizes(t *testing.T) {
	t.Parallel()
	check(t, map[string]Bytes{
		"0": 0, "33554432": 32 << 20, "32MiB": 32 << 20, "1 GiB": 1 << 30, "500KB": 500_000, "2TB": 2e12, "7B": 7,
	}, "", "-1", "MiB", "1.5GiB", "32mib", "99999999999999TiB", "1_000", "12 parsecs")
}

func TestMoneyIsExact(t *testing.T) {
	t.Parallel()
	check(t, map[string]llm.NanoUSD{
		"1000.0": 1000 * llm.USD, "0.1": llm.USD / 10, "0.000000001": 1, "9007199254.740993": 9_007_199_254_740_993_000,
	}, "", "-1", "1 USD", "1,000", "1e30", ".", "0x10")
	check(t, map[string]llm.PicoUSD{"3e-06": 3_000_000, "0.000000000001": 1, "0.00000125": 1_250_000, "0": 0}, "-3e-6", "cheap")
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	good := map[string]Period{}
	for _, text := range []string{"hourly", "daily", "weekly", "monthly", "yearly", "total", "30s", "15m", "12h", "30d", "2w", "1mo"} {
		good[text] = Period(text)
	}
	check(t, good, "", "0d", "-1d", "+1d", "1y", "d", "1.5h", "fortnightly", "99999999mo", "Monthly")
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	check(t, map[string]int64{"0": 0, "-5": -5, "1_000": 1000, "010": 10, "+3": 3}, "", "1.0", "1e3", "0x10", "9223372036854775808")
	check(t, map[string]float64{"0.8": 0.8, "1": 1, "-2e3": -2000}, "", "inf", ".nan", "x")
	check(t, map[string]bool{"true": true, "False": false, "yes": true, "off": false}, "", "1", "maybe")
}

func TestTruthInOtherWordsIsAWarning(t *testing.T) {
	t.Parallel()
	for text, warnings := range map[string]int{
		"true": 0, "False": 0, "yes": 1, `"true"`: 1, "off": 1, "${T}": 0, "os.environ/T": 0, "null": 0,
	} {
		_, report := mustLoad(t, "model_list: [{model_name: a, litellm_params: {model: echo/hello}}]\nlitellm_settings:\n  drop_params: "+text,
			map[string]string{"T": "true"})
		if len(report.Problems) != warnings {
			t.Errorf("drop_params: %s has %d problems, want %d:\n%s", text, len(report.Problems), warnings, render(report))
		}
	}
}
