package http1

import (
	"net/http"
	"sync/atomic"
	"time"
)

// clock tells the time in the two forms that every request needs. Safe for concurrent
// use.
type clock struct {
	epoch time.Time
	last  atomic.Pointer[stamp]
}

// stamp is a second with its text.
type stamp struct {
	unix int64
	text string
}

// since is how long ago the epoch was, in nanoseconds.
func (c *clock) since() int64 { return int64(time.Since(c.epoch)) }

// date is the time as the Date field has it. The text is written once a second.
func (c *clock) date() string {
	t := time.Now()
	if s := c.last.Load(); s != nil && s.unix == t.Unix() {
		return s.text
	}
	s := &stamp{t.Unix(), t.UTC().Format(http.TimeFormat)}
	c.last.Store(s)
	return s.text
}
