package server

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/llmgw/llmgw/pkg/gateway"
	"github.com/llmgw/llmgw/pkg/llm"
)

// write gives the answer to the client. Its error says that the client did not
// get it whole.
func (s *Server) write(w http.ResponseWriter, r *http.Request, c *gateway.Call, a *llm.Answer) error {
	h := w.Header()
	maps.Copy(h, a.Header)
	setFacts(h, c)
	c.Frontend.SetLimits(llm.Header(h), c.Limits)
	if a.Stream != nil {
		return s.stream(w, r, c, a)
	}
	h["Content-Length"] = []string{strconv.Itoa(len(a.Body))}
	s.writeBy(w)
	w.WriteHeader(a.Status)
	_, err := w.Write(a.Body)
	return err
}

// writeBy gives the client the usual time to take the next write.
func (s *Server) writeBy(w http.ResponseWriter) {
	// It fails only where the writer has no connection: in tests.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(s.opts.Limits.WriteTime))
}

// setFacts tells the client about its call.
func setFacts(h http.Header, c *gateway.Call) {
	f := &c.Facts
	id := []string{c.ID}
	h["X-Request-Id"] = id
	if c.Frontend.Dialect() == llm.Anthropic {
		h["Request-Id"] = id
	}
	if f.Cache != "" {
		h["X-Llmgw-Cache"] = []string{f.Cache}
	}
	if f.Age >= 0 {
		h["Age"] = []string{strconv.FormatInt(int64(f.Age/time.Second), 10)}
	}
	if f.Attempts == 0 {
		return
	}
	h["X-Llmgw-Model-Id"] = []string{f.Deployment}
	h["X-Llmgw-Attempts"] = []string{strconv.Itoa(f.Attempts)}
	h["X-Llmgw-Overhead-Ms"] = []string{strconv.FormatFloat(float64(f.Overhead.Microseconds())/1000, 'f', -1, 64)}
	if f.CostKnown {
		h["X-Llmgw-Response-Cost"] = []string{f.Cost.String()}
	}
	if f.Capped > 0 {
		h["X-Llmgw-Max-Tokens-Capped"] = []string{strconv.FormatInt(f.Capped, 10)}
	}
	if f.UpstreamRequestID != "" {
		h["X-Llmgw-Upstream-Request-Id"] = []string{f.UpstreamRequestID}
	}
}

// stream passes a streamed answer on, event by event.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, c *gateway.Call, a *llm.Answer) (err error) {
	defer func() {
		// A stream that has ended has nothing more to tell; one that has not is given up.
		if cerr := a.Stream.Close(); err == nil && cerr != nil {
			s.opts.Logger.Debug("closing a provider's stream", "err", cerr)
		}
	}()
	enc := c.Frontend.NewStreamEncoder(c.Op, c.ID)
	h := w.Header()
	if len(h["Content-Type"]) == 0 {
		h["Content-Type"] = []string{enc.ContentType()}
	}
	h["Cache-Control"] = []string{"no-cache"}
	// nginx in front of the gateway would collect the stream otherwise.
	h["X-Accel-Buffering"] = []string{"no"}
	out := newStreamWriter(w, enc, s.opts.Limits)
	defer out.close()
	s.writeBy(w)
	w.WriteHeader(a.Status)
	for {
		ev, err := a.Stream.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return out.fail(streamFailure(r, c, err))
		}
		if err := out.write(enc.Encode(ev)); err != nil {
			return fmt.Errorf("write to the client: %w", err)
		}
	}
}

// streamFailure is what a client is told when its stream breaks.
func streamFailure(r *http.Request, c *gateway.Call, err error) *llm.Error {
	e := llm.AsError(err)
	if e.Kind == llm.Internal && r.Context().Err() == nil {
		e = &llm.Error{Kind: llm.Upstream, Message: "the provider's stream broke before the answer was whole (request " + c.ID + ")", Cause: err}
	}
	return e
}
