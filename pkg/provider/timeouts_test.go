package provider_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider"
)

// slowVendor answers in memory: the header after wait, then each line of the
// body, one pace after the other.
type slowVendor struct {
	wait, pace time.Duration
	media      string
	lines      []string
}

func (v slowVendor) RoundTrip(req *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, req.Body)
	_ = req.Body.Close()
	if err := pause(req.Context(), v.wait); err != nil {
		return nil, err
	}
	body := &slowBody{ctx: req.Context(), pace: v.pace, lines: v.lines}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {v.media}}, Body: body, ContentLength: -1,
	}, nil
}

type slowBody struct {
	ctx   context.Context
	pace  time.Duration
	lines []string
}

func (b *slowBody) Read(p []byte) (int, error) {
	if err := pause(b.ctx, b.pace); err != nil {
		return 0, err
	}
	if len(b.lines) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.lines[0])
	b.lines = b.lines[1:]
	return n, nil
}

func (b *slowBody) Close() error { return nil }

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// nowhere is the address of vendors in memory.
func nowhere() *url.URL {
	return &url.URL{Scheme: "http", Host: "127.0.0.1", Path: "/path", RawQuery: "key=QUERYCANARY"}
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	limits := provider.Timeouts{Total: 10 * time.Second, FirstByte: 3 * time.Second, Idle: 2 * time.Second}
	events := []string{"one\n", "two\n", "three\n", "four\n", "five\n", "six\n", "seven\n", "end\n"}
	const sse, json = "text/event-stream", "application/json"
	for name, c := range map[string]struct {
		vendor slowVendor
		stream bool
		limits *provider.Timeouts // nil: those above
		took   time.Duration      // until the answer, or the error
		fails  bool
	}{
		"a whole answer in time":           {vendor: slowVendor{5 * time.Second, time.Second, json, []string{"{", "}"}}, took: 8 * time.Second},
		"a whole answer that never begins": {vendor: slowVendor{wait: time.Hour}, took: 10 * time.Second, fails: true},
		"a whole answer that never ends": {
			vendor: slowVendor{5 * time.Second, 4 * time.Second, json, []string{"{", "}"}}, took: 10 * time.Second, fails: true,
		},
		"a stream that never begins": {vendor: slowVendor{wait: time.Hour}, stream: true, took: 3 * time.Second, fails: true},
		"a stream longer than the limit of a whole answer": {
			vendor: slowVendor{2 * time.Second, 1900 * time.Millisecond, sse, events}, stream: true,
			took: 2*time.Second + 8*1900*time.Millisecond,
		},
		"a stream that nobody asked for": {
			vendor: slowVendor{9 * time.Second, time.Second, sse, events}, took: 17 * time.Second,
		},
		"a stream that falls silent": {
			vendor: slowVendor{time.Second, 2100 * time.Millisecond, sse, events}, stream: true, took: 3 * time.Second, fails: true,
		},
		"a whole answer in place of a stream that falls silent": {
			vendor: slowVendor{time.Second, 2100 * time.Millisecond, json, events}, stream: true, took: 3 * time.Second, fails: true,
		},
		"no limits": {vendor: slowVendor{time.Hour, time.Hour, sse, events}, stream: true, limits: &provider.Timeouts{}, took: 9 * time.Hour},
		"no limit on silence": {
			vendor: slowVendor{time.Second, time.Hour, sse, events}, stream: true, took: time.Second + 8*time.Hour,
			limits: &provider.Timeouts{FirstByte: 2 * time.Second},
		},
		"no limit on silence of a stream that nobody asked for": {
			vendor: slowVendor{time.Second, time.Hour, sse, events}, took: time.Second + 8*time.Hour,
			limits: &provider.Timeouts{Total: 2 * time.Second},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				limits := limits
				if c.limits != nil {
					limits = *c.limits
				}
				x := provider.NewExchange(c.vendor, limits)
				req := chat("{}")
				req.Stream = c.stream
				start := time.Now()
				ans, err := send(t.Context(), x, nowhere(), req)
				took := time.Since(start)
				if err == nil && ans.Stream != nil {
					for ev := (llm.Event{}); err == nil && ev.Kind != llm.End; took = time.Since(start) {
						ev, err = ans.Stream.Next()
					}
					_ = ans.Stream.Close()
				}
				if took != c.took {
					t.Errorf("took %v, want %v", took, c.took)
				}
				switch {
				case c.fails:
					wantError(t, err, llm.Timeout)
				case err != nil:
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// TestIdleCountsSilenceOfTheVendorOnly lets the reader of a stream take its time.
func TestIdleCountsSilenceOfTheVendorOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := provider.NewExchange(
			slowVendor{0, time.Second, "text/event-stream", []string{"one\n", "two\n", "end\n"}},
			provider.Timeouts{Idle: 2 * time.Second})
		ans, err := send(t.Context(), x, nowhere(), chatStream("{}"))
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := ans.Stream.Next(); err != nil {
				t.Fatal(err)
			}
			<-time.After(time.Minute)
		}
		if _, err := ans.Stream.Next(); err != io.EOF {
			t.Errorf("got %v, want the end", err)
		}
		_ = ans.Stream.Close()
	})
}

func TestTheCallersDeadlineIsATimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		x := provider.NewExchange(slowVendor{wait: time.Hour}, provider.Timeouts{})
		_, err := send(ctx, x, nowhere(), chat("{}"))
		wantError(t, err, llm.Timeout)
	})
}

// TestLingeringIsBounded has a vendor that does not hang up after the end.
func TestLingeringIsBounded(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]slowVendor{
		"silent":    {pace: 0, media: "text/event-stream", lines: []string{"end\n"}},
		"talkative": {pace: 0, media: "text/event-stream", lines: append([]string{"end\n"}, strings.Split(strings.Repeat("x", 1<<16), "")...)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := provider.NewExchange(endless{v}, provider.Timeouts{})
				ans, err := send(t.Context(), x, nowhere(), chatStream("{}"))
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				if got, _, err := drain(t, ans.Stream); got != "end\n" || err != io.EOF {
					t.Errorf("got %q, %v", got, err)
				}
				if err := ans.Stream.Close(); err != nil {
					t.Error(err)
				}
				if took := time.Since(start); took > time.Second {
					t.Errorf("the end took %v", took)
				}
			})
		})
	}
}

// endless never ends the body.
type endless struct{ slowVendor }

func (v endless) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := v.slowVendor.RoundTrip(req)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(resp.Body, silence{req.Context()}), resp.Body}
	}
	return resp, err
}

type silence struct{ ctx context.Context }

func (s silence) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}
