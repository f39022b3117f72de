package providertest

import (
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/llm"
)

// testWhole checks that whole answers come through byte for byte, and are read.
func (s Subject) testWhole(t *testing.T) {
	for op := range s.Ops {
		t.Run(op.String(), func(t *testing.T) {
			c := s.conversations()[op]
			v := newVendor(t, s).answers(write(http.StatusOK, "application/json", c.Answer))
			ans, err := v.provider.Do(t.Context(), s.request(t, op))
			if err != nil {
				t.Fatal(err)
			}
			want := &llm.Answer{
				Status: http.StatusOK, Header: llm.Header{"Content-Type": {"application/json"}}, Dialect: s.Dialect,
				Meta: c.Meta, Body: []byte(c.Answer), UpstreamRequestID: "req_vendor",
			}
			if diff := cmp.Diff(want, ans); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

// testStreams checks that streams come through byte for byte, however they are
// cut up on the way.
func (s Subject) testStreams(t *testing.T) {
	for op := range s.Ops {
		c := s.conversations()[op]
		if c.Frames == nil {
			continue
		}
		for name, list := range map[string][]string{
			"whole": {c.Stream()}, "by events": c.Frames, "in bytes": cutUp(c.Stream()),
		} {
			t.Run(op.String()+" "+name, func(t *testing.T) {
				v := newVendor(t, s).answers(pieces(list))
				ans, err := v.provider.Do(t.Context(), s.streamRequest(t, op))
				if err != nil {
					t.Fatal(err)
				}
				got, last, err := drain(t, ans.Stream)
				if got != c.Stream() {
					t.Errorf("got\n%s\nwant\n%s", got, c.Stream())
				}
				if last.Kind != llm.End || !errors.Is(err, io.EOF) {
					t.Errorf("ended with kind %d and %v, want an End", last.Kind, err)
				}
				if diff := cmp.Diff(&c.StreamMeta, last.Meta); diff != "" {
					t.Errorf("meta (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// cutUp cuts a text into pieces of 1 to 7 bytes, always the same.
func cutUp(text string) []string {
	r := rand.New(rand.NewPCG(1, 2))
	var out []string
	for text != "" {
		n := min(1+r.IntN(7), len(text))
		out = append(out, text[:n])
		text = text[n:]
	}
	return out
}

// testUsageChunk checks that a frame which only the gateway asked for is left out.
func (s Subject) testUsageChunk(t *testing.T) {
	for op := range s.Ops {
		c := s.conversations()[op]
		if c.UsageFrame < 0 {
			continue
		}
		v := newVendor(t, s).answers(pieces(c.Frames))
		req := s.streamRequest(t, op)
		req.Edits.IncludeUsage = true
		ans, err := v.provider.Do(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		got, last, _ := drain(t, ans.Stream)
		if want := strings.Replace(c.Stream(), c.Frames[c.UsageFrame], "", 1); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", op, got, want)
		}
		if diff := cmp.Diff(&c.StreamMeta, last.Meta); diff != "" {
			t.Errorf("%s: meta (-want +got):\n%s", op, diff)
		}
		if !strings.Contains(string(v.seen.Load().body), `"include_usage":true`) {
			t.Errorf("%s: usage was not asked for: %s", op, v.seen.Load().body)
		}
	}
}

// testRefusals checks kinds, and that the vendor's own answer is kept.
func (s Subject) testRefusals(t *testing.T) {
	words := s.conversations()[llm.OpChat].Refusal
	v := newVendor(t, s)
	for status, kind := range map[int]llm.Kind{
		400: llm.InvalidRequest, 401: llm.UpstreamAuth, 403: llm.UpstreamAuth, 404: llm.NotFound, 413: llm.TooLarge,
		422: llm.InvalidRequest, 429: llm.RateLimited, 500: llm.Upstream, 502: llm.Upstream, 503: llm.Overloaded, 529: llm.Overloaded,
	} {
		v.answers(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.Header().Set("Set-Cookie", canary)
			write(status, "application/json", words)(w, r)
		})
		_, err := v.provider.Do(t.Context(), s.streamRequest(t, llm.OpChat))
		e := wantKind(t, err, kind)
		if kind != llm.UpstreamAuth && e.Message != "the vendor's words" {
			t.Errorf("%d: got the message %q, want the vendor's", status, e.Message)
		}
		if status == http.StatusTooManyRequests && e.RetryAfter != 7*time.Second {
			t.Errorf("got retry after %v, want 7s", e.RetryAfter)
		}
		want := &llm.Answer{
			Status: status, Dialect: s.Dialect, Body: []byte(words), UpstreamRequestID: "req_vendor",
			Header: llm.Header{"Content-Type": {"application/json"}, "Retry-After": {"7"}},
		}
		if diff := cmp.Diff(want, e.Upstream); diff != "" {
			t.Errorf("%d: upstream (-want +got):\n%s", status, diff)
		}
	}
}

// testBroken checks streams that do not end as they should.
func (s Subject) testBroken(t *testing.T) {
	c := s.conversations()[llm.OpChat]
	begin := c.Frames[:4]
	t.Run("cut", func(t *testing.T) {
		v := newVendor(t, s).answers(pieces(begin))
		ans, err := v.provider.Do(t.Context(), s.streamRequest(t, llm.OpChat))
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := drain(t, ans.Stream)
		if got != strings.Join(begin, "") || !errors.Is(err, llm.ErrUnexpectedEOF) {
			t.Errorf("got %q and %v, want the frames and ErrUnexpectedEOF", got, err)
		}
		wantKind(t, err, llm.Upstream)
	})
	t.Run("failed", func(t *testing.T) {
		v := newVendor(t, s).answers(pieces(append(begin[:4:4], c.Fault)))
		ans, err := v.provider.Do(t.Context(), s.streamRequest(t, llm.OpChat))
		if err != nil {
			t.Fatal(err)
		}
		got, last, err := drain(t, ans.Stream)
		if last.Kind != llm.Failure || last.Err == nil || !strings.HasSuffix(got, c.Fault) || !errors.Is(err, io.EOF) {
			t.Errorf("got %q, %+v and %v, want a Failure", got, last, err)
		}
	})
}

// testForeign checks answers that a vendor should not give.
func (s Subject) testForeign(t *testing.T) {
	c := s.conversations()[llm.OpChat]
	t.Run("compressed", func(t *testing.T) {
		v := newVendor(t, s).answers(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, c.Answer)
			_ = z.Close()
		})
		ans, err := v.provider.Do(t.Context(), s.request(t, llm.OpChat))
		if err != nil || string(ans.Body) != c.Answer || ans.Meta != c.Meta {
			t.Errorf("got %+v, %v, want the plain answer", ans, err)
		}
	})
	t.Run("oversized", func(t *testing.T) {
		body := `{"pad":"` + strings.Repeat("x", 5<<20) + `"}`
		v := newVendor(t, s).answers(write(http.StatusOK, "application/json", body))
		ans, err := v.provider.Do(t.Context(), s.request(t, llm.OpChat))
		if err != nil {
			t.Fatal(err)
		}
		got, last, err := drain(t, ans.Stream)
		if got != body || last.Kind != llm.End || !errors.Is(err, io.EOF) {
			t.Errorf("got %d bytes, kind %d, %v; want %d bytes and an End", len(got), last.Kind, err, len(body))
		}
	})
	t.Run("whole in place of a stream", func(t *testing.T) {
		v := newVendor(t, s).answers(write(http.StatusOK, "application/json", c.Answer))
		ans, err := v.provider.Do(t.Context(), s.streamRequest(t, llm.OpChat))
		if err != nil || string(ans.Body) != c.Answer || ans.Meta != c.Meta {
			t.Errorf("got %+v, %v, want the whole answer", ans, err)
		}
	})
	t.Run("redirect", func(t *testing.T) {
		v := newVendor(t, s).answers(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		})
		_, err := v.provider.Do(t.Context(), s.request(t, llm.OpChat))
		wantKind(t, err, llm.Upstream)
	})
}
