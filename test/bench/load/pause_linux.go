package load

import (
	"syscall"
	"time"
)

// pauseUntil stops the calling thread until t. The runtime's timers are no use
// here: an idle runtime waits in whole milliseconds, which is more than what is
// measured.
func pauseUntil(t time.Time) {
	for d := time.Until(t); d > 0; d = time.Until(t) {
		ts := syscall.NsecToTimespec(int64(d))
		// Interrupted by a signal: the loop waits for the rest.
		_ = syscall.Nanosleep(&ts, nil)
	}
}
