package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/client"
	"github.com/llmgw/llmgw/pkg/secret"
)

// serve starts a server and makes its client.
func serve(t *testing.T, handler http.HandlerFunc) *client.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c, err := client.New(client.Options{URL: server.URL, Key: secret.New("sk-admin"), UserAgent: "test/1"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answer answers everything with a status and a body.
func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ url, want string }{
		{"http://127.0.0.1:4000", "http://127.0.0.1:4000"},
		{"http://127.0.0.1:4000/", "http://127.0.0.1:4000"},
		{"http://127.0.0.1:4000/v1", "http://127.0.0.1:4000"},
		{"http://127.0.0.1:4000/v1/", "http://127.0.0.1:4000"},
		{"https://gw.example/team/v1?x=1#y", "https://gw.example/team"},
		{"https://gw.example/a%2Fb/v1", "https://gw.example/a%2Fb"},
		{"https://me:hidden@gw.example", "https://gw.example"},
	} {
		c, err := client.New(client.Options{URL: tt.url})
		if err != nil || c.URL() != tt.want {
			t.Errorf("%s: URL = %v, %v, want %s", tt.url, c.URL(), err, tt.want)
		}
	}
}

func TestNewRefusesWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "127.0.0.1:4000", "localhost", "ftp://a", "http://", "http://:4000", "/x", "http://me:hidden@a b"} {
		_, err := client.New(client.Options{URL: url})
		if err == nil || !strings.Contains(err.Error(), "no address") || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%q: err = %v", url, err)
		}
	}
	for _, key := range []string{"sk-a\n", "sk a", "sk-\x7f"} {
		if _, err := client.New(client.Options{URL: "http://a", Key: secret.New(key)}); err == nil || strings.Contains(err.Error(), "sk") {
			t.Errorf("key %q: err = %v", key, err)
		}
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprint(w, r.Method, " ", r.RequestURI, " ", r.Header.Get("Authorization"), " ", r.Header.Get("User-Agent"),
			" ", r.Header.Get("Content-Type"), " ", r.Header.Get("X-Own"), " ", string(body))
	})
	for _, tt := range []struct {
		request client.Request
		want    string
	}{
		{client.Request{Method: http.MethodGet, Path: "/v1/models"}, "GET /v1/models Bearer sk-admin test/1   "},
		{client.Request{Method: http.MethodGet, Path: "/v1/models/a%2Fb?x=%26"}, "GET /v1/models/a%2Fb?x=%26 Bearer sk-admin test/1   "},
		{
			client.Request{
				Method: http.MethodPost, Path: "/x", Body: []byte("{}"),
				Header: http.Header{"Authorization": {"Bearer other"}, "X-Own": {"own"}},
			},
			"POST /x Bearer other test/1 application/json own {}",
		},
	} {
		resp, err := c.Send(t.Context(), tt.request)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if string(got) != tt.want {
			t.Errorf("the server saw\n%s, want\n%s", got, tt.want)
		}
	}
}

func TestDo(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, `{"a":%q}`, string(body))
	})
	var got struct{ A string }
	if err := c.Do(t.Context(), http.MethodPost, "/x", map[string]string{"b": "<&>"}, &got); err != nil {
		t.Fatal(err)
	}
	if want := `{"b":"<&>"}` + "\n"; got.A != want {
		t.Errorf("the body was %q, want %q", got.A, want)
	}
	if err := c.Do(t.Context(), http.MethodGet, "/x", nil, nil); err != nil {
		t.Errorf("an answer to drop: %v", err)
	}
	if err := c.Do(t.Context(), http.MethodPost, "/x", func() {}, nil); err == nil {
		t.Error("a body that is no JSON was sent")
	}
}

func TestStatusErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   client.StatusError
		text   string
		is     error
	}{
		{
			"OpenAI's form", 401, `{"error":{"message":"no key","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`,
			client.StatusError{Type: "invalid_request_error", Code: "invalid_api_key", Message: "no key"},
			"no key", client.ErrUnauthorized,
		},
		{
			"Anthropic's form", 403, `{"type":"error","error":{"type":"permission_error","message":"not you"},"request_id":"r"}`,
			client.StatusError{Type: "permission_error", Message: "not you"},
			"not you", client.ErrForbidden,
		},
		{
			"Gemini's form", 404, `{"error":{"code":404,"message":"no such thing","status":"NOT_FOUND"}}`,
			client.StatusError{Code: "404", Message: "no such thing"},
			"no such thing", client.ErrNotFound,
		},
		{"a bare error", 409, `{"error":"taken"}`, client.StatusError{Message: "taken"}, "taken", client.ErrConflict},
		{"a bare message", 500, `{"message":"broken"}`, client.StatusError{Message: "broken"}, "broken", nil},
		{"a bare detail", 400, `{"detail":"bad"}`, client.StatusError{Message: "bad"}, "bad", nil},
		{"LiteLLM's detail", 400, `{"detail":{"error":"x","message":"bad"}}`, client.StatusError{Message: "bad"}, "bad", nil},
		{"a null code", 400, `{"error":{"message":"bad","code":null}}`, client.StatusError{Message: "bad"}, "bad", nil},
		{"members of other kinds", 400, `{"error":{"message":["bad"],"code":{}},"message":7}`, client.StatusError{}, "the answer was 400 Bad Request", nil},
		{"no JSON", 502, `<html>`, client.StatusError{}, "the answer was 502 Bad Gateway", client.ErrUnavailable},
		{"JSON of another kind", 503, `[1]`, client.StatusError{}, "the answer was 503 Service Unavailable", client.ErrUnavailable},
		{"an empty body", 404, ``, client.StatusError{}, "the answer was 404 Not Found", client.ErrNotFound},
		{"a status of nobody", 599, ``, client.StatusError{}, "the answer was 599", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Request-Id", "req-1")
				answer(tt.status, tt.body)(w, r)
			})
			err := c.Do(t.Context(), http.MethodGet, "/x", nil, nil)
			var got *client.StatusError
			if !errors.As(err, &got) {
				t.Fatalf("err = %v", err)
			}
			tt.want.Status, tt.want.RequestID = tt.status, "req-1"
			if diff := cmp.Diff(tt.want, *got); diff != "" || err.Error() != tt.text {
				t.Errorf("%q\n%s", err, diff)
			}
			for _, is := range []error{client.ErrUnauthorized, client.ErrForbidden, client.ErrNotFound, client.ErrConflict, client.ErrUnavailable} {
				if errors.Is(err, is) != (is == tt.is) {
					t.Errorf("is %v: %v", is, errors.Is(err, is))
				}
			}
		})
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the key went to another server: %v", r.Header)
	}))
	t.Cleanup(other.Close)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusPermanentRedirect)
	})
	err := c.Do(t.Context(), http.MethodPost, "/x", struct{}{}, nil)
	if err == nil || err.Error() != "the answer was 308 Permanent Redirect: it points to "+other.URL {
		t.Errorf("err = %v", err)
	}
}

func TestAnswersOfSomebodyElse(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"HTML":         answer(200, "<html>"),
		"nothing":      answer(200, ""),
		"half":         answer(200, `{"a":`),
		"another kind": answer(200, `[]`),
		"endless": func(w http.ResponseWriter, r *http.Request) {
			for block := make([]byte, 1<<20); r.Context().Err() == nil; {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, handler)
			var foreign *client.ForeignError
			err := c.Do(t.Context(), http.MethodGet, "/key/info?key=hidden", nil, &struct{}{})
			if !errors.As(err, &foreign) || !strings.Contains(err.Error(), c.URL()+" answers to /key/info is not") || strings.Contains(err.Error(), "hidden") {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + l.Addr().String()
	_ = l.Close()
	c, err := client.New(client.Options{URL: nobody})
	if err != nil {
		t.Fatal(err)
	}
	err = c.Do(t.Context(), http.MethodGet, "/key/info?key=hidden", nil, nil)
	var unreachable *client.UnreachableError
	if !errors.As(err, &unreachable) || !strings.HasPrefix(err.Error(), "no answer from "+nobody+": dial tcp") || strings.Contains(err.Error(), "hidden") {
		t.Errorf("err = %v", err)
	}
	c = serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "{")
	})
	if err = c.Do(t.Context(), http.MethodGet, "/x", nil, nil); !errors.As(err, &unreachable) || !strings.Contains(err.Error(), "breaks off") {
		t.Errorf("half an answer: err = %v", err)
	}
}

func TestANameInsteadOfAnAddress(t *testing.T) {
	t.Parallel()
	c, err := client.New(client.Options{URL: "http://socket", Name: "/run/llmgw.sock", Transport: refusing{}})
	if err != nil {
		t.Fatal(err)
	}
	if err = c.Do(t.Context(), http.MethodGet, "/x", nil, nil); err == nil || err.Error() != "no answer from /run/llmgw.sock: refused" {
		t.Errorf("err = %v", err)
	}
}

type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("refused") }

func TestTheContextEndsACall(t *testing.T) {
	t.Parallel()
	c := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := c.Do(ctx, http.MethodGet, "/x", nil, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err = %v", err)
	}
	started := make(chan struct{})
	c = serve(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "{")
		_ = http.NewResponseController(w).Flush()
		close(started)
		<-r.Context().Done()
	})
	ctx, cancel = context.WithCancel(t.Context())
	go func() { <-started; cancel() }()
	if err := c.Do(ctx, http.MethodGet, "/x", nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("in the middle of an answer: err = %v", err)
	}
}

func FuzzNewStatusError(f *testing.F) {
	for _, seed := range []string{
		`{"error":{"message":"m","type":"t","code":"c"}}`, `{"error":"m"}`, `{"detail":[{"msg":"m"}]}`, `{"message":null}`, `{"error":{"code":4.0e2}}`, "[]", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		e := client.NewStatusError(&http.Response{StatusCode: http.StatusTeapot, Header: http.Header{}}, body)
		if e.Status != http.StatusTeapot || e.Error() == "" {
			t.Errorf("%q: %+v", body, e)
		}
	})
}
