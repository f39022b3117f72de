package validate

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// transport answers requests by itself, so that time can be the test's.
type transport func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// wait passes a time, or ends with the request.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// drip is a body that comes a byte at a time.
type drip struct {
	ctx  context.Context
	rest string
	pace time.Duration
}

// Read implements io.Reader.
func (d *drip) Read(p []byte) (int, error) {
	if d.rest == "" {
		return 0, io.EOF
	}
	if err := wait(d.ctx, d.pace); err != nil {
		return 0, err
	}
	n := copy(p[:1], d.rest)
	d.rest = d.rest[n:]
	return n, nil
}

func respond(r *http.Request, media string, body io.Reader) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Request: r, Header: http.Header{"Content-Type": {media}}, Body: io.NopCloser(body)}
}

func TestTimeLimits(t *testing.T) {
	t.Parallel()
	hang := func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	after := func(d time.Duration, media, body string) transport {
		return func(r *http.Request) (*http.Response, error) {
			if err := wait(r.Context(), d); err != nil {
				return nil, err
			}
			return respond(r, media, strings.NewReader(body)), nil
		}
	}
	dripping := func(pace time.Duration, media, body string) transport {
		return func(r *http.Request) (*http.Response, error) {
			return respond(r, media, &drip{r.Context(), body, pace}), nil
		}
	}
	for name, tt := range map[string]struct {
		probe  string
		server transport
		took   time.Duration
		found  string
		says   string
	}{
		"quick":             {ProbeChat, after(9*time.Second, "application/json", goodChat), 9 * time.Second, "", ""},
		"slow":              {ProbeChat, after(11*time.Second, "application/json", goodChat), 11 * time.Second, "warning m slow [chat]\n", "the answer came after 11s (more than 10s)"},
		"a quick beginning": {ProbeChatStream, dripping(60*time.Millisecond, "text/event-stream", goodChunks), time.Duration(len(goodChunks)) * 60 * time.Millisecond, "", ""},
		"a slow beginning":  {ProbeChatStream, after(12*time.Second, "text/event-stream", goodChunks), 12 * time.Second, "warning m slow [chat-stream]\n", "the first token came after 12s"},
		"hangs":             {ProbeChat, hang, 30 * time.Second, "error m timed-out [chat]\n", "timed out after 30s |"},
		"drips":             {ProbeChat, dripping(time.Second, "application/json", goodChat), 30 * time.Second, "error m timed-out [chat]\n", "timed out after 30s in the middle of the answer"},
		"a dripping stream": {ProbeChatStream, dripping(time.Second, "text/event-stream", goodChunks), 30 * time.Second, "error m timed-out [chat-stream]\n", "in the middle of the answer"},
		"a dripping error": {ProbeChat, func(r *http.Request) (*http.Response, error) {
			resp := respond(r, "application/json", &drip{r.Context(), strings.Repeat("x", 100), time.Second})
			resp.StatusCode = 500
			return resp, nil
		}, 30 * time.Second, "error m timed-out [chat]\n", "in the middle of the answer"},
		"asks for too much patience": {ProbeChat, func(r *http.Request) (*http.Response, error) {
			resp := respond(r, "application/json", strings.NewReader("{}"))
			resp.StatusCode = 429
			resp.Header.Set("Retry-After", "3600")
			return resp, nil
		}, 0, "error m rate-limited [chat]\n", "answered 429"},
		"asks for patience for ever": {ProbeChat, func(r *http.Request) (*http.Response, error) {
			resp := respond(r, "application/json", strings.NewReader("{}"))
			resp.StatusCode = 529
			resp.Header.Set("Retry-After", "8")
			return resp, nil
		}, 24 * time.Second, "error m rate-limited [chat]\n", "answered 529"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := Run(t.Context(), Options{
					Client: newClient(t, "http://gateway", tt.server), Models: []string{"m"}, Probes: []string{tt.probe},
				})
				if got := found(r); got != tt.found || r.Duration != tt.took || !strings.Contains(messages(r), tt.says) {
					t.Errorf("after %v, found:\n%s%s\nwant after %v:\n%s%s", r.Duration, got, messages(r), tt.took, tt.found, tt.says)
				}
			})
		})
	}
}

func TestTimeLimitsOfTheGateway(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		hangs   string
		outcome Outcome
		found   string
		took    time.Duration
	}{
		"health":     {"/health", Finished, "error gateway health-failed [health]\n", HealthTimeout},
		"everything": {"/", Unreachable, "error gateway health-failed [health]\nerror gateway gateway-unreachable [models]\n", 2 * HealthTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := transport(func(r *http.Request) (*http.Response, error) {
					if strings.HasPrefix(r.URL.Path, tt.hangs) {
						return nil, errors.Join(wait(r.Context(), time.Hour))
					}
					return respond(r, "application/json", strings.NewReader(goodList)), nil
				})
				r := Run(t.Context(), Options{Client: newClient(t, "http://gateway", server), Probes: []string{ProbeHealth, ProbeModels}})
				if got := found(r); got != tt.found || r.Outcome != tt.outcome || r.Duration != tt.took {
					t.Errorf("after %v, outcome %d, found:\n%swant after %v, %d:\n%s", r.Duration, r.Outcome, got, tt.took, tt.outcome, tt.found)
				}
				if c := r.Connection; c.Status != Failed || c.Message != "Connection timeout" {
					t.Errorf("connection %+v", c)
				}
			})
		})
	}
}
