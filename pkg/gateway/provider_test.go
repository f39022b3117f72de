package gateway_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
)

// reply is what a fake provider does with one attempt.
type reply func(ctx context.Context, req *llm.Request) (*llm.Answer, error)

// fake is a provider that plays a script: one reply for each attempt, the last
// one for all that follow. It keeps what it was sent.
type fake struct {
	dialects []llm.Dialect // those of every operation; nil means both
	counts   bool          // also tokens; then the script is for counts, too
	// counting is the reply to counts of a call that is to follow; nil where the
	// script is.
	counting reply
	script   []reply

	mu    sync.Mutex // guards what follows
	calls []received
	// counted is what came for counting.
	counted []received
}

// received is one attempt as the provider saw it.
type received struct {
	at    time.Time
	model string
	body  string // patched, as a vendor gets it
}

func plays(script ...reply) *fake { return &fake{script: script} }

func (f *fake) Dialects(op llm.Op) []llm.Dialect {
	if op == llm.OpCountTokens && !f.counts {
		return nil
	}
	if f.dialects != nil {
		return f.dialects
	}
	return []llm.Dialect{llm.Anthropic, llm.OpenAI}
}

func (f *fake) Do(ctx context.Context, req *llm.Request) (*llm.Answer, error) {
	raw, err := req.Body.Bytes(ctx)
	if err != nil {
		return nil, err
	}
	body, dropped, err := onTheWire(req, raw)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	if req.Op == llm.OpCountTokens && f.counting != nil {
		f.counted = append(f.counted, received{time.Now(), req.Model, string(body)})
		f.mu.Unlock()
		return f.counting(ctx, req)
	}
	do := f.script[min(len(f.calls), len(f.script)-1)]
	f.calls = append(f.calls, received{time.Now(), req.Model, string(body)})
	f.mu.Unlock()
	a, err := do(ctx, req)
	if a != nil {
		a.Dropped = dropped
	}
	return a, err
}

// onTheWire is the body that a vendor gets, and what of the call has no place in it.
func onTheWire(req *llm.Request, raw []byte) (body []byte, dropped []string, err error) {
	b := backend(req.Dialect)
	t := req.Translate
	if t == nil {
		body, err = b.Patch(nil, raw, req.Op, req.Edits)
		return body, nil, err
	}
	losses := dialect.Losses{Drop: t.DropParams, Spell: t.ParamName}
	body, err = b.AppendRequest(nil, req, &losses)
	return body, losses.Dropped, err
}

// attempts is what the provider was sent so far.
func (f *fake) attempts() []received {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]received(nil), f.calls...)
}

func backend(d llm.Dialect) dialect.Backend {
	if d == llm.OpenAI {
		return openai.Backend{}
	}
	return anthropic.Backend{}
}

// used is a usage that the provider reports.
func used(input, output int64) llm.Usage {
	return llm.Usage{Input: input, Output: output, Reported: true}
}

const wholeBody = `{"type":"message","content":[{"type":"text","text":"hello"}]}`

// answers replies with a whole answer.
func answers(u llm.Usage) reply {
	return func(_ context.Context, req *llm.Request) (*llm.Answer, error) {
		return whole(req, llm.Meta{Usage: u, StopReason: "end_turn", ID: "msg_1"}), nil
	}
}

func whole(req *llm.Request, meta llm.Meta) *llm.Answer {
	return &llm.Answer{
		Status: 200, Header: llm.Header{"Content-Type": {"application/json"}}, Dialect: req.Dialect,
		Meta: meta, Body: []byte(wholeBody), UpstreamRequestID: "up_1",
	}
}

// refuses replies with a vendor's error.
func refuses(status int, retryAfter time.Duration) reply {
	return func(_ context.Context, req *llm.Request) (*llm.Answer, error) {
		h := llm.Header{"Content-Type": {"application/json"}}
		if retryAfter > 0 {
			h["Retry-After"] = []string{strconv.Itoa(int(retryAfter.Seconds()))}
		}
		body := []byte(`{"type":"error","error":{"type":"vendor_error","message":"the vendor's own words"}}`)
		e := backend(req.Dialect).DecodeError(status, h, body)
		e.Upstream = &llm.Answer{Status: status, Header: h, Dialect: req.Dialect, Body: body}
		return nil, e
	}
}

// breaks replies with a failure on the way.
func breaks(e llm.Error) reply {
	return func(context.Context, *llm.Request) (*llm.Answer, error) { return nil, &e }
}

// unreachable is a connection that was never made.
var unreachable = llm.Error{
	Kind: llm.Upstream, Message: "the connection to the provider failed",
	Cause: &net.OpError{Op: "dial", Err: errors.New("connection refused")},
}

// after waits before it does something else, as long as the attempt lasts.
func after(d time.Duration, then reply) reply {
	return func(ctx context.Context, req *llm.Request) (*llm.Answer, error) {
		if err := wait(ctx, nil, d); err != nil {
			return nil, err
		}
		return then(ctx, req)
	}
}

// wait waits for d, unless the attempt ends or is closed before.
func wait(ctx context.Context, closed <-chan struct{}, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-closed:
		return &llm.Error{Kind: llm.Canceled, Message: "the call was canceled"}
	case <-ctx.Done():
		return &llm.Error{Kind: llm.Canceled, Message: "the call was canceled", Cause: context.Cause(ctx)}
	}
}

// frame is one step of a fake stream: an event, or an error, after a pause.
type frame struct {
	pause time.Duration
	event llm.Event
	err   error
}

func text(s string) frame {
	return frame{event: llm.Event{Kind: llm.Frames, Raw: []byte("data: " + s + "\n\n")}}
}

// stopped is a frame with the stop reason; usage is what is known by then.
func stopped(u llm.Usage) frame {
	return frame{event: llm.Event{
		Kind: llm.Frames, Raw: []byte("data: stop\n\n"), Meta: &llm.Meta{StopReason: "end_turn", Usage: u},
	}}
}

func ended(u llm.Usage) frame {
	return frame{event: llm.Event{
		Kind: llm.End, Raw: []byte("data: end\n\n"), Meta: &llm.Meta{StopReason: "end_turn", Usage: u},
	}}
}

func failed(kind llm.Kind) frame {
	return frame{event: llm.Event{
		Kind: llm.Failure, Raw: []byte("data: failure\n\n"), Err: &llm.Error{Kind: kind, Message: "the vendor's stream failed"},
	}}
}

func broken(err error) frame { return frame{err: err} }

func (f frame) later(d time.Duration) frame {
	f.pause = d
	return f
}

// streams replies with a stream.
func streams(frames ...frame) reply {
	return func(ctx context.Context, req *llm.Request) (*llm.Answer, error) {
		return &llm.Answer{
			Status: 200, Header: llm.Header{"Content-Type": {"text/event-stream"}}, Dialect: req.Dialect,
			Stream: &fakeStream{ctx: ctx, frames: frames, closed: make(chan struct{})},
		}, nil
	}
}

type fakeStream struct {
	ctx    context.Context
	frames []frame
	err    error
	once   sync.Once
	closed chan struct{}
}

func (s *fakeStream) Next() (llm.Event, error) {
	if s.err == nil && len(s.frames) == 0 {
		s.err = io.EOF
	}
	if s.err != nil {
		return llm.Event{}, s.err
	}
	f := s.frames[0]
	s.frames = s.frames[1:]
	if f.pause > 0 {
		if s.err = wait(s.ctx, s.closed, f.pause); s.err != nil {
			return llm.Event{}, s.err
		}
	}
	if f.err != nil {
		s.err = f.err
	}
	return f.event, f.err
}

func (s *fakeStream) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}
