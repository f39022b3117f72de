package server

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
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

// fields sets header fields whose names are canonical already. All values share
// one array: a call sets a dozen of them.
type fields struct {
	h      http.Header
	values []string
}

// mostFields is how many fields setFacts sets at most.
const mostFields = 11

func (f *fields) set(name, value string) {
	f.values = append(f.values, value)
	n := len(f.values)
	f.h[name] = f.values[n-1 : n : n]
}

// setFacts tells the client about its call.
func setFacts(h http.Header, c *gateway.Call) {
	facts := &c.Facts
	f := fields{h, make([]string, 0, mostFields)}
	f.set("X-Request-Id", c.ID)
	if c.Frontend.Dialect() == llm.Anthropic {
		f.set("Request-Id", c.ID)
	}
	if facts.Cache != "" {
		f.set("X-Llmgw-Cache", facts.Cache)
	}
	if facts.Age >= 0 {
		f.set("Age", strconv.FormatInt(int64(facts.Age/time.Second), 10))
	}
	if facts.Attempts == 0 {
		return
	}
	f.set("X-Llmgw-Model-Id", facts.Deployment)
	f.set("X-Llmgw-Attempts", strconv.Itoa(facts.Attempts))
	f.set("X-Llmgw-Overhead-Ms", strconv.FormatFloat(float64(facts.Overhead.Microseconds())/1000, 'f', -1, 64))
	if facts.CostKnown {
		f.set("X-Llmgw-Response-Cost", facts.Cost.String())
	}
	if facts.Capped > 0 {
		f.set("X-Llmgw-Max-Tokens-Capped", strconv.FormatInt(facts.Capped, 10))
	}
	if len(facts.Dropped) > 0 {
		f.set("X-Llmgw-Dropped-Params", strings.Join(facts.Dropped, ","))
	}
	if facts.UpstreamRequestID != "" {
		f.set("X-Llmgw-Upstream-Request-Id", facts.UpstreamRequestID)
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
