package server

import (
	"encoding/json"
	"math"
	"net/http"
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
	id := s.nextID()
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Request-Id", id)
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64(math.Ceil(e.RetryAfter.Seconds())), 10))
	}
	if e.NoRetry {
		h.Set("X-Should-Retry", "false")
	}
	status, body := s.frontend(r).AppendError(nil, e, id)
	s.writeBody(w, status, body)
}

// writeJSON writes a value that cannot fail to marshal.
func (s *Server) writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		s.opts.Logger.Error("an answer could not be encoded", "err", err)
		status, body = http.StatusInternalServerError, []byte(`{"error":{"message":"internal error"}}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Request-Id", s.nextID())
	s.writeBody(w, status, append(body, '\n'))
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
	path := r.URL.Path
	const shown = 200
	if len(path) > shown {
		path = path[:shown] + "…"
	}
	s.writeError(w, r, &llm.Error{
		Kind: llm.NotFound, NoRetry: true,
		Message: "this gateway does not serve " + r.Method + " " + path,
	})
}

// recover answers a request that made its handler panic.
func (s *Server) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				if err := s.panicked(p); err != errPanic { //nolint:errorlint // the very value
					panic(http.ErrAbortHandler)
				}
				s.writeError(w, r, &llm.Error{Kind: llm.Internal, Message: "internal error"})
			}
		}()
		next.ServeHTTP(w, r)
	})
}
