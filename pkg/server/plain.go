package server

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/gateway"
	"github.com/llmgw/llmgw/pkg/llm"
)

// What stands here answers requests that are not calls: they are not logged.

// frontend guesses the dialect of a request that no model route tells it of.
func (s *Server) frontend(r *http.Request) dialect.Frontend {
	if r.Header.Get("Anthropic-Version") != "" || strings.HasPrefix(r.URL.Path, "/anthropic") ||
		strings.HasPrefix(r.URL.Path, "/v1/messages") {
		return s.opts.Anthropic
	}
	return s.opts.OpenAI
}

// caller authenticates a request; where it cannot, it has written the error.
func (s *Server) caller(w http.ResponseWriter, r *http.Request) (*gateway.Caller, bool) {
	caller, err := s.opts.Gateway.Snapshot().Authenticate(credential(r.Header))
	if err != nil {
		s.writeError(w, r, llm.AsError(err))
		return nil, false
	}
	return caller, true
}

// writeError writes an error in the dialect that the request is likely to speak.
func (s *Server) writeError(w http.ResponseWriter, r *http.Request, e *llm.Error) {
	s.writeErrorAs(w, s.frontend(r), s.nextID(), e)
}

// writeErrorAs writes an error in a dialect, under a request id.
func (s *Server) writeErrorAs(w http.ResponseWriter, f dialect.Frontend, id string, e *llm.Error) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Request-Id", id)
	if f.Dialect() == llm.Anthropic {
		h.Set("Request-Id", id)
	}
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64(math.Ceil(e.RetryAfter.Seconds())), 10))
	}
	if e.NoRetry {
		h.Set("X-Should-Retry", "false")
	}
	status, body := f.AppendError(nil, e, id)
	s.writeBody(w, status, body)
}

// writeJSON writes a value that cannot fail to marshal.
func (s *Server) writeJSON(w http.ResponseWriter, status int, v any) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		s.opts.Logger.Error("an answer could not be encoded", "err", err)
		status = http.StatusInternalServerError
		body.Reset()
		body.WriteString(`{"error":{"message":"internal error"}}` + "\n")
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Request-Id", s.nextID())
	s.writeBody(w, status, body.Bytes())
}

func (s *Server) writeBody(w http.ResponseWriter, status int, body []byte) {
	s.writeBy(w)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		s.opts.Logger.Debug("an answer did not reach its client", "err", err)
	}
}

// notFound answers every path that is not in the map.
func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	target := r.URL.Path
	const shown = 200
	if len(target) > shown {
		target = target[:shown] + "…"
	}
	s.writeError(w, r, &llm.Error{
		// OpenAI's own code for it; without one it would be the code of a model.
		Kind: llm.NotFound, Code: "unknown_url", NoRetry: true,
		Message: "this gateway does not serve " + r.Method + " " + target,
	})
}

// exact takes paths as they are: one with empty or dot segments is not found.
// http.ServeMux would send the client elsewhere, which is no answer to a POST.
func (s *Server) exact(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isExact(r.URL.EscapedPath()) {
			s.notFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isExact reports whether a path has nothing to clean. The targets of CONNECT
// and of "OPTIONS *" are no paths.
func isExact(p string) bool {
	if !strings.HasPrefix(p, "/") {
		return false
	}
	clean := path.Clean(p)
	return p == clean || len(p) == len(clean)+1 && strings.HasSuffix(p, "/")
}

// recover answers a request that made its handler panic.
func (s *Server) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler:
				panic(p) // it is how a handler cuts its connection
			default:
				s.writeError(w, r, llm.AsError(s.panicked(p)))
			}
		}()
		next.ServeHTTP(w, r)
	})
}
