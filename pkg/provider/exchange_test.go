package provider_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/llm"
)

func reply(media, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		_, _ = io.WriteString(w, body)
	}
}

func TestDoSendsThePatchedBodyAndItsOwnHeaderOnly(t *testing.T) {
	t.Parallel()
	var got http.Header
	var body []byte
	var length int64
	v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
		got, length = r.Header.Clone(), r.ContentLength
		body, _ = io.ReadAll(r.Body)
		reply("application/json", "{}")(w, r)
	})
	req := chat(`{"a":1}`)
	req.Edits.Model = "new:"
	req.Header = llm.Header{"Authorization": {"Bearer CANARY"}, "Cookie": {"CANARY"}}
	if _, err := v.send(t, req); err != nil {
		t.Fatal(err)
	}
	if want := `new:{"a":1}`; string(body) != want || length != int64(len(want)) {
		t.Errorf("got body %q of length %d, want %q", body, length, want)
	}
	want := http.Header{
		"Accept-Encoding": {"identity"}, "X-Own": {"1"}, "User-Agent": {"Go-http-client/1.1"},
		"Content-Length": {strconv.Itoa(len(body))},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("header sent (-want +got):\n%s", diff)
	}
}

func TestDoReadsWholeAnswers(t *testing.T) {
	t.Parallel()
	const answer = `{"text":"hello"}`
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		stream  bool
	}{
		"with a length":                 {handler: reply("application/json", answer)},
		"with parameters and capitals":  {handler: reply("Application/JSON; charset=utf-8", answer)},
		"of a +json type":               {handler: reply("application/vnd.vendor+json", answer)},
		"though a stream was asked for": {handler: reply("application/json", answer), stream: true},
		"without a length": {handler: func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).Flush()
			reply("", answer)(w, r)
		}},
		"compressed": {handler: gzipped("application/json", answer)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				c.handler(w, r)
			})
			req := chat("{}")
			req.Stream = c.stream
			ans, err := v.send(t, req)
			if err != nil {
				t.Fatal(err)
			}
			if string(ans.Body) != answer || ans.Stream != nil || ans.Status != 200 || ans.Dialect != "lines" {
				t.Errorf("got %+v, want the whole answer", ans)
			}
			if ans.Meta.Usage.Output != int64(len(answer)) {
				t.Errorf("got meta %+v, want what the backend reads", ans.Meta)
			}
		})
	}
}

func gzipped(media, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		for part := range strings.SplitAfterSeq(body, "\n") {
			_, _ = io.WriteString(z, part)
			_ = z.Flush()
			_ = http.NewResponseController(w).Flush()
		}
		_ = z.Close()
	}
}

func TestDoStreams(t *testing.T) {
	t.Parallel()
	const answer = "one\ntwo\nend\n"
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		asked   bool
		want    llm.EventKind
		err     error
	}{
		"as asked":              {handler: reply("text/event-stream", answer), asked: true, want: llm.End, err: io.EOF},
		"unasked":               {handler: reply("text/event-stream; charset=utf-8", answer), want: llm.End, err: io.EOF},
		"under a wrong type":    {handler: reply("text/plain", answer), asked: true, want: llm.End, err: io.EOF},
		"compressed":            {handler: gzipped("text/event-stream", answer), asked: true, want: llm.End, err: io.EOF},
		"that report a failure": {handler: reply("text/event-stream", "one\nfail\n"), asked: true, want: llm.Failure, err: io.EOF},
		"that are cut": {
			handler: reply("text/event-stream", "one\n"), asked: true, want: llm.Frames, err: llm.ErrUnexpectedEOF,
		},
		"whose connection breaks": {
			handler: func(w http.ResponseWriter, r *http.Request) {
				reply("text/event-stream", "one\n")(w, r)
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			}, asked: true, want: llm.Frames, err: llm.ErrUnexpectedEOF,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, c.handler)
			req := chat("{}")
			req.Stream = c.asked
			ans, err := v.send(t, req)
			if err != nil {
				t.Fatal(err)
			}
			defer ans.Stream.Close()
			_, last, err := drain(t, ans.Stream)
			if !errors.Is(err, c.err) || last.Kind != c.want {
				t.Errorf("got %+v then %v, want kind %d then %v", last, err, c.want, c.err)
			}
			if c.err == llm.ErrUnexpectedEOF {
				wantError(t, err, llm.Upstream)
			}
			if _, again := ans.Stream.Next(); again != err {
				t.Errorf("Next after the end gave %v, want %v again", again, err)
			}
		})
	}
}

func TestDoPassesLargeAndForeignBodiesInChunks(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("0123456789abcdef", 6<<16) // 6 MiB
	for name, c := range map[string]struct{ media, body string }{
		"large":   {"application/json", large},
		"audio":   {"audio/mpeg", "noise"},
		"foreign": {"text/html", strings.Repeat("<p>", 30_000)},
	} {
		for _, flush := range []string{"", ", length unknown"} {
			t.Run(name+flush, func(t *testing.T) {
				t.Parallel()
				v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Type", c.media)
					if flush != "" {
						_ = http.NewResponseController(w).Flush()
					} else {
						w.Header().Set("Content-Length", strconv.Itoa(len(c.body)))
					}
					reply(c.media, c.body)(w, r)
				})
				ans, err := v.send(t, chat("{}"))
				if err != nil {
					t.Fatal(err)
				}
				defer ans.Stream.Close()
				got, last, err := drain(t, ans.Stream)
				if got != c.body || last.Kind != llm.End || err != io.EOF {
					t.Errorf("got %d bytes, last kind %d, %v; want %d bytes and an End", len(got), last.Kind, err, len(c.body))
				}
				if len(last.Raw) == 0 || last.Meta != nil {
					t.Errorf("End has %d bytes and %+v, want the last chunk and no meta", len(last.Raw), last.Meta)
				}
			})
		}
	}
}

func TestDoFiltersTheAnswersHeader(t *testing.T) {
	t.Parallel()
	v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{
			"Anthropic-Ratelimit-Requests-Limit", "Anthropic-Ratelimit-Unified-Status", "Anthropic-Organization-Id",
			"Anthropic-Workspace-Id", "Anthropic-Priority-Input-Tokens-Limit", "Anthropic-Fast-Tokens-Remaining",
			"Openai-Organization", "Openai-Project", "Set-Cookie", "Server", "Cf-Ray", "X-Ratelimit-Limit-Requests",
			"Strict-Transport-Security", "Via", "Alt-Svc", "Www-Authenticate",
		} {
			w.Header().Set(name, "CANARY")
		}
		w.Header().Set("Anthropic-Something-New", "1")
		w.Header().Set("Openai-Version", "2020-10-01")
		w.Header().Set("Openai-Processing-Ms", "12")
		w.Header().Set("Retry-After", "3")
		w.Header().Set("X-Should-Retry", "false")
		w.Header().Set("X-Request-Id", strings.Repeat("r", 500))
		reply("application/json", "{}")(w, r)
	})
	ans, err := v.send(t, chat("{}"))
	if err != nil {
		t.Fatal(err)
	}
	want := llm.Header{
		"Anthropic-Something-New": {"1"}, "Openai-Version": {"2020-10-01"}, "Openai-Processing-Ms": {"12"},
		"Retry-After": {"3"}, "X-Should-Retry": {"false"}, "Content-Type": {"application/json"},
	}
	if diff := cmp.Diff(want, ans.Header); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	if ans.UpstreamRequestID != strings.Repeat("r", 128) {
		t.Errorf("got request id %q, want it bounded", ans.UpstreamRequestID)
	}
}

func TestDoKeepsTheVendorsRefusal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		handler  http.HandlerFunc
		status   int
		wantBody int
		message  string
	}{
		"whole":        {reply("application/json", `{"error":1}`), 429, 11, "429 7 11"},
		"as a stream":  {reply("text/event-stream", "oops"), 500, 4, "500 7 4"},
		"unauthorized": {reply("application/json", `{}`), 401, 2, "401 7 2"},
		"without end":  {reply("application/json", strings.Repeat("x", 3<<20)), 400, 1 << 20, "400 7 1048576"},
		"compressed":   {gzipped("application/json", `{"error":1}`), 403, 11, "403 7 11"},
		"in an unknown encoding": {func(w http.ResponseWriter, r *http.Request) {
			reply("application/json", "????")(w, r)
		}, 418, 0, "418 7 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", "7")
				w.Header().Set("Request-Id", "req_1")
				if c.status == 418 {
					w.Header().Set("Content-Encoding", "br")
				}
				c.handler(&statusWriter{ResponseWriter: w, status: c.status}, r)
			})
			ans, err := v.send(t, chatStream("{}"))
			if ans != nil {
				t.Errorf("got answer %+v beside the error", ans)
			}
			e := wantError(t, err, llm.RateLimited) // the backend's word
			if e.Message != c.message {
				t.Errorf("the backend was given %q, want %q", e.Message, c.message)
			}
			if e.Upstream == nil || e.Upstream.Status != c.status || len(e.Upstream.Body) != c.wantBody ||
				e.Upstream.UpstreamRequestID != "req_1" || e.Upstream.Dialect != "lines" {
				t.Errorf("got upstream %+v, want the vendor's answer", e.Upstream)
			}
		})
	}
}

// statusWriter writes a status in place of 200.
type statusWriter struct {
	http.ResponseWriter
	status int
	wrote  bool
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusWriter) Write(b []byte) (int, error) {
	if !w.wrote {
		w.wrote = true
		w.WriteHeader(w.status)
	}
	return w.ResponseWriter.Write(b)
}

func TestDoNeverFollowsRedirects(t *testing.T) {
	t.Parallel()
	var followed atomic.Bool
	v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			followed.Store(true)
		}
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	_, err := v.send(t, chat("{}"))
	e := wantError(t, err, llm.Upstream)
	if e.Upstream != nil || !strings.Contains(e.Message, "307") {
		t.Errorf("got %+v, want an error of our own that names the status", e)
	}
	if followed.Load() {
		t.Error("the redirect was followed")
	}
}

func TestDoRefusesEncodingsItCannotRead(t *testing.T) {
	t.Parallel()
	v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "br")
		reply("application/json", "????")(w, r)
	})
	_, err := v.send(t, chat("{}"))
	if e := wantError(t, err, llm.Upstream); !strings.Contains(e.Error(), `"br"`) {
		t.Errorf("got %v, want the encoding named in the log", e)
	}
}

func TestDoClassesNetworkErrors(t *testing.T) {
	t.Parallel()
	t.Run("refused connection", func(t *testing.T) {
		t.Parallel()
		v := newVendor(t, nil)
		v.server.Close()
		_, err := v.send(t, chat("{}"))
		e := wantError(t, err, llm.Upstream)
		if !strings.Contains(e.Error(), v.address.Host+"/path") {
			t.Errorf("the log gets %q, want the address in it", e.Error())
		}
	})
	t.Run("connection cut before the header", func(t *testing.T) {
		t.Parallel()
		v := newVendor(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		_, err := v.send(t, chat("{}"))
		wantError(t, err, llm.Upstream)
	})
	t.Run("whole answer cut", func(t *testing.T) {
		t.Parallel()
		v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			reply("application/json", "{")(w, r)
		})
		_, err := v.send(t, chat("{}"))
		wantError(t, err, llm.Upstream)
	})
	t.Run("caller gone", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		v := newVendor(t, func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			waitGone(r)
		})
		_, err := send(ctx, v.exchange, v.address, chat("{}"))
		wantError(t, err, llm.Canceled)
	})
	t.Run("body that cannot be patched", func(t *testing.T) {
		t.Parallel()
		v := newVendor(t, nil)
		req := chat("{}")
		req.Edits.Model = "unpatchable"
		_, err := v.send(t, req)
		wantError(t, err, llm.Internal)
	})
}
