package gateway

import (
	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/llm/tokens"
	"github.com/llmgw/llmgw/pkg/router"
)

// conversation is what the call asks for in the vocabulary. The body is decoded
// once, by the first who needs it.
func (c *Call) conversation() (*llm.Translation, error) {
	if c.asked == nil {
		t := new(llm.Translation)
		if err := c.Frontend.DecodeRequest(c.Op, c.raw, t); err != nil {
			return nil, err
		}
		c.asked = t
	}
	return c.asked, nil
}

// translation is what the call asks for in the vocabulary, for one candidate.
func (c *Call) translation(cand *router.Candidate) (*llm.Translation, error) {
	asked, err := c.conversation()
	if err != nil {
		return nil, err
	}
	t := *asked
	t.DropParams = cand.DropParams
	t.ParamName = c.Frontend.ParamName
	t.Model = llm.ModelFacts{MaxOutput: cand.Facts.MaxOutputTokens, Reasoning: cand.Facts.Reasoning}
	return &t, nil
}

// request is what is sent to the candidate.
func (c *Call) request(cand *router.Candidate, way route, limit int64) (*llm.Request, error) {
	req := &llm.Request{
		Op: way.op, Dialect: way.dialect, Model: cand.Model, Header: c.Header, Query: c.Query,
		Body: c.Body, Stream: c.head.Stream,
	}
	if way.lane == native {
		req.Edits = c.edits(cand, limit)
		return req, nil
	}
	// The query is part of the client's dialect, like the body.
	req.Query = ""
	req.Edits = llm.Edits{MaxOutput: limit, Defaults: c.defaults(cand)}
	var err error
	req.Translate, err = c.translation(cand)
	return req, err
}

// countHere estimates what a conversation takes as input.
func (c *Call) countHere(cand *router.Candidate) (*llm.Answer, error) {
	t, err := c.translation(cand)
	if err != nil {
		return nil, err
	}
	a := &llm.Answer{
		Status: statusOK, Header: llm.Header{"X-Llmgw-Estimated": {"true"}},
		Response: &llm.Response{Count: tokens.Count(cand.Model, t.Conversation)},
	}
	return a, nil
}

// statusOK is what a client gets with every translated answer: that of the
// provider says the same.
const statusOK = 200

// encode puts a translated answer into the client's dialect.
func (c *Call) encode(a *llm.Answer) {
	own := c.Frontend.Dialect()
	if r := a.Response; r != nil && r.Meta.Model == "" {
		r.Meta.Model = c.head.Model
	}
	h := llm.Header{}
	if v := a.Header["X-Llmgw-Estimated"]; v != nil {
		h["X-Llmgw-Estimated"] = v
	}
	a.Dialect, a.Status, a.Header = own, statusOK, h
	switch {
	case a.Stream != nil:
		a.Stream = c.encoded(a.Stream)
	case c.head.Stream:
		// The provider answered whole what was asked for as a stream.
		a.Stream = c.encoded(dialect.Replay(a.Response))
		a.Response = nil
	default:
		h["Content-Type"] = []string{"application/json"}
		a.Body = c.Frontend.AppendResponse(nil, c.Op, a.Response)
		a.Response = nil
		c.spent.bytes = int64(len(a.Body))
	}
}

func (c *Call) encoded(s llm.Stream) llm.Stream {
	return &encoded{Stream: s, writer: c.Frontend.NewStreamWriter(c.Op, dialect.StreamWriterOptions{
		RequestID: c.ID, Model: c.head.Model, IncludeUsage: c.head.IncludeUsage,
	})}
}

// encoded is a translated stream in the client's dialect: events whose Raw is
// what the client reads.
type encoded struct {
	llm.Stream
	writer dialect.StreamWriter
	buf    []byte
}

// maxTogether is how many bytes of frames go out in one piece.
const maxTogether = 16 << 10

// Next puts the events that are there already into one piece.
func (e *encoded) Next() (llm.Event, error) {
	e.buf = e.buf[:0]
	for {
		ev, err := e.Stream.Next()
		if err != nil {
			return llm.Event{}, err
		}
		if ev.Kind != llm.Chunk {
			e.buf = e.writer.Append(e.buf, ev)
		}
		last := ev.Kind == llm.End || ev.Kind == llm.Failure
		if !last && (len(e.buf) == 0 || ev.More && len(e.buf) < maxTogether) {
			continue
		}
		if !last {
			ev.Kind = llm.Frames
		}
		ev.Raw, ev.Part = e.buf, nil
		return ev, nil
	}
}

// tellOverflow completes what a provider said of a prompt that is too long, so
// that clients can be told both numbers.
func (c *Call) tellOverflow(cand *router.Candidate, e *llm.Error) {
	if e.Overflow == nil {
		return
	}
	o := *e.Overflow
	if o.Limit == 0 {
		o.Limit = cand.Facts.ContextTokens
	}
	if o.Tokens == 0 && o.Limit > 0 {
		o.Tokens = max(c.estimateInput(), o.Limit+1)
	}
	e.Overflow = &o
}
