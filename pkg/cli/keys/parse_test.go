package keys

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/adminapi"
)

func TestParseBudget(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, amount, period string }{
		{"100/monthly", "100", "monthly"},
		{"100", "100", "total"},
		{"$2.50/day", "2.5", "daily"},
		{" 20 / 30D ", "20", "30d"},
		{"1e2/hour", "100", "hourly"},
		{"0.000000001/1mo", "0.000000001", "1mo"},
		{"5/week", "5", "weekly"},
		{"none", "", ""},
		{"0", "", ""},
	} {
		amount, period, err := parseBudget(tt.text)
		wantAmount, wantPeriod := adminapi.Some(json.Number(tt.amount)), adminapi.Some(tt.period)
		if tt.amount == "" {
			wantAmount, wantPeriod = adminapi.None[json.Number](), adminapi.None[string]()
		}
		if diff := cmp.Diff(wantAmount, amount) + cmp.Diff(wantPeriod, period); diff != "" || err != nil {
			t.Errorf("%q: %v\n%s", tt.text, err, diff)
		}
	}
	for _, text := range []string{"", "/", "x", "100/", "100/often", "-5", "0.0", "100/0d", "100/1d2h", "1,5/monthly", "100/monthly/daily", "1e99"} {
		if amount, period, err := parseBudget(text); err == nil {
			t.Errorf("%q: %v, %v", text, amount, period)
		}
	}
}

func TestParseExpires(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 12, 0, 0, 500, time.UTC)
	for text, want := range map[string]string{
		"30d": "30d", "12h": "12h", "90m": "90m", "2w": "2w", "1mo": "1mo", "45s": "45s", "30D": "30d", "1h30m": "5400s", "1d12h": "129600s",
		"2026-11-27": "43200s", "2026-11-26T13:00:00+01:00": "", "2026-11-26T12:00:10Z": "10s",
		"never": "-", "none": "-",
	} {
		got, err := parseExpires(text, now)
		switch {
		case want == "":
			if err == nil {
				t.Errorf("%q: %v", text, got)
			}
		case want == "-":
			if err != nil || !got.Given || got.Value != nil {
				t.Errorf("%q: %v, %v", text, got, err)
			}
		case err != nil || got.Value == nil || *got.Value != want:
			t.Errorf("%q: %v, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "soon", "0d", "d", "30", "30days", "1mo2d", "-1d", "1.5h", "99999999999d", "2026-11-26", "2026-13-01", "2199-01-02", "9999-01-01"} {
		if got, err := parseExpires(text, now); err == nil {
			t.Errorf("%q: %v", text, *got.Value)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, seed := range []string{"30d", "1h30m", "1mo", "0s", "9999999999w9w", "d", "1o"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		duration, err := parseDuration(text)
		if err != nil {
			return
		}
		if again, err := parseDuration(duration); err != nil || again != duration {
			t.Errorf("%q: %q, and again %q, %v", text, duration, again, err)
		}
	})
}
