package terminal

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestInWords(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		0: "in 0 seconds", time.Second: "in 1 second", 90 * time.Second: "in 90 seconds", 2 * time.Minute: "in 2 minutes",
		119 * time.Minute: "in 119 minutes", 2 * time.Hour: "in 2 hours", 47 * time.Hour: "in 47 hours", 48 * time.Hour: "in 2 days",
		30*24*time.Hour - time.Millisecond: "in 30 days", 731 * 24 * time.Hour: "in 2 years", -3 * time.Hour: "3 hours ago",
	} {
		if got := InWords(now.Add(d), now); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	at := now.Add(72 * time.Hour)
	for tty, want := range map[bool]string{true: "2026-11-29 12:00 UTC (in 3 days)", false: "2026-11-29T12:00:00Z"} {
		streams, _, _ := Test()
		streams.OutTTY = tty
		f := Facts{IO: streams, Now: now}
		f.Add("name", "a")
		f.Add("nothing", "")
		f.At("ends", &at)
		f.At("never", nil)
		if diff := cmp.Diff([][]string{{"name", "a"}, {"ends", want}}, f.Table().Rows); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}
