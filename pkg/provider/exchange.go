package provider

import (
	"context"
	"net/http"
	"net/url"
	"sync"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/llm"
)

// Exchange makes HTTP attempts at one vendor. It holds what attempts share: the
// transport, the time limits, and the memory of request bodies. Safe for
// concurrent use.
type Exchange struct {
	transport http.RoundTripper
	timeouts  Timeouts
	identity  []string  // the value of Accept-Encoding, shared by all attempts
	buffers   sync.Pool // of *[]byte, for payloads
}

// NewExchange returns an Exchange over rt, which must not follow redirects (an
// http.RoundTripper does not).
func NewExchange(rt http.RoundTripper, t Timeouts) *Exchange {
	return &Exchange{transport: rt, timeouts: t, identity: []string{"identity"}}
}

// Call is one attempt: where it goes and how its answer is read.
type Call struct {
	// URL is only read; calls may share it.
	URL *url.URL
	// Header is sent as it is, with Accept-Encoding added. It belongs to the
	// attempt, its values may be shared.
	Header http.Header
	// Payload is the body; Do takes it over, whatever comes of the attempt.
	Payload *Payload
	// Backend reads the answer.
	Backend dialect.Backend
	// Op is what is asked for.
	Op llm.Op
	// Stream says that a stream was asked for.
	Stream bool
	// DropUsageChunk is handed to the Backend's stream reader.
	DropUsageChunk bool
}

// Do makes the attempt. It returns as llm.Provider's Do does: with a whole
// answer, with a stream that has begun, or with an *llm.Error. The time limits
// and ctx hold until then, and for a stream until its end.
//
// Errors: what Backend.DecodeError makes of a status of 400 and above, with the
// vendor's answer in Upstream; Timeout where a limit was reached; Canceled where
// ctx ended; Upstream for anything else that went wrong on the way.
func (x *Exchange) Do(ctx context.Context, c *Call) (*llm.Answer, error) {
	c.Header["Accept-Encoding"] = x.identity
	a := x.begin(ctx, c)
	translated, dropped := c.Payload.translated, c.Payload.dropped
	resp, err := x.transport.RoundTrip(a.req)
	c.Payload.Release() // what the transport still reads, it holds itself
	if err != nil {
		defer a.end()
		return nil, a.failure("send to", err)
	}
	ans, err := a.answer(c, resp, translated)
	if err != nil {
		a.end()
		_ = resp.Body.Close() // What cannot be closed any more is of no use to anybody.
		return nil, err
	}
	ans.Dropped = dropped
	return ans, nil
}

// DropsUsageChunk reports whether the gateway, not the client, asks for usage at
// the end of req's stream: the frame that carries nothing else is not passed on.
func DropsUsageChunk(req *llm.Request) bool {
	return req.Edits.IncludeUsage && (req.Edits.Head == nil || !req.Edits.Head.IncludeUsage)
}
