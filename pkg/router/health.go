package router

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

const (
	// failuresToCool is how many failures in a row send a deployment into its
	// cooldown.
	failuresToCool = 3
	// failureMemory is how long a failure that no call has followed up counts:
	// without it a deployment that nobody calls would stay unhealthy for ever.
	failureMemory = time.Minute
)

// Health is what calls have shown of a deployment. Safe for concurrent use; the
// answer of a healthy deployment costs one atomic load.
type Health struct {
	// Cooldown is how long a failing deployment is tried last. It is set before
	// the first use.
	Cooldown time.Duration

	// troubled is true while fails is not 0.
	troubled atomic.Bool
	mu       sync.Mutex // guards what follows
	fails    int
	until    time.Time // end of the cooldown
	last     time.Time // of the last failure
	reason   string
}

// OK notes a call that the deployment answered.
func (h *Health) OK() {
	if !h.troubled.Load() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fails, h.until, h.reason = 0, time.Time{}, ""
	h.troubled.Store(false)
}

// Fail notes a failed call. Refused credentials, unknown models and exhausted
// rate limits cool the deployment at once: the next call would fare no better.
func (h *Health) Fail(now time.Time, e *llm.Error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.Sub(h.last) > failureMemory {
		h.fails = 0
	}
	h.fails++
	h.last, h.reason = now, e.Kind.String()
	switch e.Kind {
	case llm.UpstreamAuth, llm.NotFound, llm.RateLimited:
		h.until = now.Add(max(h.Cooldown, min(e.RetryAfter, failureMemory)))
	default:
		if h.fails >= failuresToCool {
			h.until = now.Add(h.Cooldown)
		}
	}
	h.troubled.Store(true)
}

// Ready reports whether the deployment is not cooling down.
func (h *Health) Ready(now time.Time) bool {
	if !h.troubled.Load() {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return !now.Before(h.until)
}

// Healthy reports whether the last calls went well, and why not. A deployment
// that nobody has called is healthy.
func (h *Health) Healthy(now time.Time) (ok bool, reason string) {
	if !h.troubled.Load() {
		return true, ""
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.Sub(h.last) > failureMemory || h.fails < failuresToCool && h.until.IsZero() {
		return true, ""
	}
	return false, h.reason
}

// States keeps one Health for each deployment id across reloads. Safe for
// concurrent use.
type States struct {
	mu   sync.Mutex // guards byID
	byID map[string]*Health
}

// Get returns the Health of a deployment, making it where it is new.
func (s *States) Get(id string, cooldown time.Duration) *Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID == nil {
		s.byID = make(map[string]*Health)
	}
	h := s.byID[id]
	if h == nil {
		h = &Health{Cooldown: cooldown}
		s.byID[id] = h
	}
	return h
}

// Keep forgets every deployment whose id is not among ids: after a reload.
func (s *States) Keep(ids map[string]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.byID {
		if !ids[id] {
			delete(s.byID, id)
		}
	}
}
