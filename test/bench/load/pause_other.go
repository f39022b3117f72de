//go:build !linux

package load

import "time"

// pauseUntil waits until t, as exactly as the runtime's timers allow.
func pauseUntil(t time.Time) {
	if d := time.Until(t); d > 0 {
		<-time.After(d)
	}
}
