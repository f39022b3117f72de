package keys

import (
	"testing"
	"time"
)

func TestAfterReadsDurations(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.January, 31, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"30s":         now.Add(30 * time.Second),
		"90m":         now.Add(90 * time.Minute),
		"12h":         now.Add(12 * time.Hour),
		"30d":         now.AddDate(0, 0, 30),
		"2w":          now.AddDate(0, 0, 14),
		"12mo":        now.AddDate(1, 0, 0),
		"0d":          {},
		"-1d":         {},
		"1.5h":        {},
		"d":           {},
		"":            {},
		"7":           {},
		"1y":          {},
		" 1d":         {},
		"1201d":       now.AddDate(0, 0, 1201),
		"1201mo":      {},
		"4294967296s": {},
	} {
		got, err := after(now, text)
		if !got.Equal(want) || (err == nil) == want.IsZero() {
			t.Errorf("after(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
}

func FuzzAfter(f *testing.F) {
	for _, seed := range []string{"30d", "1mo", "0s", "99999999999w", "x", "١d"} {
		f.Add(seed)
	}
	now := time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := after(now, text)
		if err == nil && (!got.After(now) || got.After(now.AddDate(maxYears, 0, 1))) {
			t.Errorf("after(%q) = %v", text, got)
		}
	})
}
