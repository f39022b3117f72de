package load

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const answer = "hello, hello"

// newBackend runs h for the length of a test and returns its address.
func newBackend(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String()
}

// say answers every call with text, in two chunks.
func say(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, text[:len(text)/2])
		_ = http.NewResponseController(w).Flush()
		_, _ = io.WriteString(w, text[len(text)/2:])
	}
}

func newCall() *Call {
	const body = `{"x":1}`
	return NewCall(fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body), []byte(answer))
}

func TestClosedCountsRightAnswers(t *testing.T) {
	t.Parallel()
	var served atomic.Int64
	addr := newBackend(t, func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		say(answer)(w, r)
	})
	r := Closed(t.Context(), Plan{Addr: addr, Call: newCall(), Conns: 4, For: 100 * time.Millisecond})
	if r.Failed != 0 || r.Calls == 0 || int64(r.Calls) != served.Load() {
		t.Errorf("%d calls, %d failed (%v), %d served", r.Calls, r.Failed, r.First, served.Load())
	}
	if r.Elapsed < 100*time.Millisecond || r.Rate() <= 0 {
		t.Errorf("elapsed %v, rate %v", r.Elapsed, r.Rate())
	}
}

func TestClosedCountsEveryKindOfFailure(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		h    http.HandlerFunc
		want string
	}{
		{"status", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "slow down", http.StatusTooManyRequests) }, "status 429, want 200: slow down"},
		{"a byte more", say(answer + "!"), "body of 13 bytes, want 12"},
		{"a byte less", say(answer[1:]), "body of 11 bytes, want 12"},
		{"another byte", say("Hello, hello"), "differs from the provider's"},
		{"cut", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, answer[:5])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, "read body after 5 bytes"},
		{"hung up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "read response"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := Closed(t.Context(), Plan{Addr: newBackend(t, tt.h), Call: newCall(), Conns: 2, For: time.Minute})
			if r.Calls != 0 || r.Failed < maxFailures || r.First == nil || !strings.Contains(r.First.Error(), tt.want) {
				t.Errorf("%d calls, %d failed, first: %v, want %q", r.Calls, r.Failed, r.First, tt.want)
			}
		})
	}
}

func TestClosedGoesOnAfterAFailure(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	addr := newBackend(t, func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 3 {
			panic(http.ErrAbortHandler)
		}
		say(answer)(w, r)
	})
	r := Closed(t.Context(), Plan{Addr: addr, Call: newCall(), Conns: 1, For: 100 * time.Millisecond})
	if r.Failed != 1 || r.Calls < 3 {
		t.Errorf("%d calls, %d failed (%v), want one failure and calls after it", r.Calls, r.Failed, r.First)
	}
}

func TestClosedEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	addr := newBackend(t, func(http.ResponseWriter, *http.Request) {
		cancel()
		<-t.Context().Done()
	})
	start := time.Now()
	r := Closed(ctx, Plan{Addr: addr, Call: newCall(), Conns: 2, For: time.Minute})
	if took := time.Since(start); took > 10*time.Second || r.Failed != 0 {
		t.Errorf("took %v, %d failed (%v)", took, r.Failed, r.First)
	}
}

func TestOpenMakesThePlannedCalls(t *testing.T) {
	t.Parallel()
	var served atomic.Int64
	addr := newBackend(t, func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		say(answer)(w, r)
	})
	l, err := Open(t.Context(), Plan{Addr: addr, Call: newCall(), Conns: 8, For: 300 * time.Millisecond}, 200)
	if err != nil || len(l) != 60 || served.Load() != 60 {
		t.Errorf("%d latencies, %d served, %v, want 60", len(l), served.Load(), err)
	}
	if !slices.IsSorted(l) || l[0] <= 0 {
		t.Errorf("latencies are not sorted or not positive: %v", l)
	}
}

// A subject that stalls once delays the calls that were planned meanwhile; a
// generator that waits with it would see one slow call.
func TestOpenCountsTheWaitingOfPlannedCalls(t *testing.T) {
	t.Parallel()
	const stall = 300 * time.Millisecond
	var calls atomic.Int64
	addr := newBackend(t, func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 10 {
			<-time.After(stall)
		}
		say(answer)(w, r)
	})
	// One connection: while the tenth call stalls, some thirty more become due.
	l, err := Open(t.Context(), Plan{Addr: addr, Call: newCall(), Conns: 1, For: 500 * time.Millisecond}, 100)
	if err != nil || len(l) != 50 {
		t.Fatalf("%d latencies, %v, want 50", len(l), err)
	}
	waited := 0
	for _, d := range l {
		if d > stall/3 {
			waited++
		}
	}
	if waited < 15 {
		t.Errorf("%d calls took over %v, want at least 15: %v", waited, stall/3, l)
	}
}

func TestOpenEndsAtAFailure(t *testing.T) {
	t.Parallel()
	addr := newBackend(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusInternalServerError) })
	_, err := Open(t.Context(), Plan{Addr: addr, Call: newCall(), Conns: 2, For: time.Minute}, 100)
	if err == nil || !strings.Contains(err.Error(), "status 500") {
		t.Errorf("got %v, want the status", err)
	}
}

func TestOpenRefusesAPlanWithoutARate(t *testing.T) {
	t.Parallel()
	if _, err := Open(t.Context(), Plan{Conns: 1}, 0); err == nil {
		t.Error("no error")
	}
}

func TestQuantileInterpolates(t *testing.T) {
	t.Parallel()
	l := Latencies{10, 20, 30, 40}
	for q, want := range map[float64]time.Duration{-1: 10, 0: 10, 0.5: 25, 0.9: 37, 1: 40, 2: 40} {
		if got := l.Quantile(q); got != want {
			t.Errorf("Quantile(%v) = %d, want %d", q, got, want)
		}
	}
	if got := (Latencies{7}).Quantile(0.99); got != 7 {
		t.Errorf("of one value: %d, want 7", got)
	}
	if got := (Latencies{}).Quantile(0.5); got != 0 {
		t.Errorf("of none: %d, want 0", got)
	}
}

// drip begins an answer and goes on until the client leaves.
func drip(open *atomic.Int64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		open.Add(1)
		defer open.Add(-1)
		_, _ = io.WriteString(w, answer[:5])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
}

func TestOpenStreamsHoldsAllAtOnce(t *testing.T) {
	t.Parallel()
	var open atomic.Int64
	s, err := OpenStreams(t.Context(), Plan{Addr: newBackend(t, drip(&open)), Call: newCall(), Conns: 100, For: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if got := open.Load(); got != 100 {
		t.Errorf("%d streams are open, want 100", got)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestOpenStreamsReportsWhatFails(t *testing.T) {
	t.Parallel()
	var open, n atomic.Int64
	tests := []struct {
		name string
		h    http.HandlerFunc
		want string
	}{
		{"status", func(w http.ResponseWriter, r *http.Request) {
			if n.Add(1) == 3 {
				http.Error(w, "no", http.StatusServiceUnavailable)
				return
			}
			drip(&open)(w, r)
		}, "status 503"},
		{"never begins", func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // a server notices a hang-up only behind the body
			<-r.Context().Done()
		}, "0 of 5 streams have begun"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := OpenStreams(t.Context(), Plan{Addr: newBackend(t, tt.h), Call: newCall(), Conns: 5, For: 200 * time.Millisecond})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestStreamsCutLaterAreReportedByClose(t *testing.T) {
	t.Parallel()
	cut, done := make(chan struct{}), make(chan struct{})
	addr := newBackend(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, answer[:5])
		_ = http.NewResponseController(w).Flush()
		<-cut
		defer close(done)
		panic(http.ErrAbortHandler)
	})
	s, err := OpenStreams(t.Context(), Plan{Addr: addr, Call: newCall(), Conns: 1, For: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	close(cut)
	<-done
	s.readers.Wait() // the cut has arrived before the owner closes
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), "after 5 bytes") {
		t.Errorf("Close: %v, want the cut", err)
	}
}
