package providertest

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider"
)

// testTimeouts checks that each limit ends an attempt, and that the vendor
// notices.
func (s Subject) testTimeouts(t *testing.T) {
	const short = 50 * time.Millisecond
	begin := s.conversations()[llm.OpChat].Frames[0]
	for name, c := range map[string]struct {
		limits provider.Timeouts
		stream bool
		sent   []string
	}{
		"total":      {limits: provider.Timeouts{Total: short}},
		"first byte": {limits: provider.Timeouts{FirstByte: short}, stream: true},
		"idle":       {limits: provider.Timeouts{Idle: short}, stream: true, sent: []string{begin}},
	} {
		t.Run(name, func(t *testing.T) {
			gone := make(chan struct{})
			v := newVendorWithin(t, s, c.limits).answers(stall(gone, c.sent...))
			req := s.request(t, llm.OpChat)
			req.Stream = c.stream
			ans, err := v.provider.Do(t.Context(), req)
			if len(c.sent) > 0 && err == nil {
				_, _, err = drain(t, ans.Stream)
			}
			wantKind(t, err, llm.Timeout)
			<-gone
		})
	}
}

// testCancel checks that whoever waits is let go, and the vendor with it.
func (s Subject) testCancel(t *testing.T) {
	begin := s.conversations()[llm.OpChat].Frames[0]
	t.Run("before the answer", func(t *testing.T) {
		gone, arrived := make(chan struct{}), make(chan struct{})
		v := newVendor(t, s).answers(func(w http.ResponseWriter, r *http.Request) {
			close(arrived)
			stall(gone)(w, r)
		})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-arrived
			cancel()
		}()
		_, err := v.provider.Do(ctx, s.request(t, llm.OpChat))
		wantKind(t, err, llm.Canceled)
		<-gone
	})
	for name, end := range map[string]func(llm.Stream, context.CancelFunc){
		"of a stream's context": func(_ llm.Stream, cancel context.CancelFunc) { cancel() },
		"by Close":              func(s llm.Stream, _ context.CancelFunc) { _ = s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			gone := make(chan struct{})
			v := newVendor(t, s).answers(stall(gone, begin))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ans, err := v.provider.Do(ctx, s.streamRequest(t, llm.OpChat))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = ans.Stream.Close() }()
			if _, err := ans.Stream.Next(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error)
			go func() {
				_, err := ans.Stream.Next()
				ended <- err
			}()
			end(ans.Stream, cancel)
			wantKind(t, <-ended, llm.Canceled)
			<-gone
		})
	}
}

// testConnections checks that calls one after the other share one connection,
// however they end.
func (s Subject) testConnections(t *testing.T) {
	c := s.conversations()[llm.OpChat]
	v := newVendor(t, s)
	for i := range 12 {
		req := s.request(t, llm.OpChat)
		switch i % 3 {
		case 0:
			v.answers(write(http.StatusOK, "application/json", c.Answer))
		case 1:
			v.answers(write(http.StatusInternalServerError, "application/json", `{"error":{"message":"no"}}`))
		case 2:
			v.answers(pieces(c.Frames))
			req.Stream = true
		}
		ans, err := v.provider.Do(t.Context(), req)
		if err == nil && ans.Stream != nil {
			_, _, _ = drain(t, ans.Stream)
		}
	}
	if n := v.conns.Load(); n != 1 {
		t.Errorf("12 calls took %d connections, want 1", n)
	}
}
