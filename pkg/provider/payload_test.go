package provider

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/llm"
)

// plain patches nothing.
type plain struct{ dialect.Backend }

func (plain) Patch(dst, body []byte, _ llm.Op, _ llm.Edits) ([]byte, error) {
	return append(dst, body...), nil
}

func newPayload(t *testing.T, x *Exchange, body string) *Payload {
	t.Helper()
	p, err := x.Payload(t.Context(), &llm.Request{Body: llm.BytesBody(body)}, plain{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPayloadStaysUntilItsLastReaderIsClosed(t *testing.T) {
	t.Parallel()
	x := NewExchange(nil, Timeouts{})
	p := newPayload(t, x, "body")
	first := p.body()
	second, err := p.reopen()
	if err != nil {
		t.Fatal(err)
	}
	p.Release()
	_ = first.Close()
	_ = first.Close() // counts once
	if got, err := io.ReadAll(second); string(got) != "body" || err != nil {
		t.Errorf("got %q, %v from the reader that is left", got, err)
	}
	if p.data == nil {
		t.Fatal("the memory was given back while a reader was open")
	}
	_ = second.Close()
	if p.data != nil {
		t.Error("the memory was not given back after the last Close")
	}
	if _, err := first.Read(make([]byte, 1)); !errors.Is(err, errPayloadClosed) {
		t.Errorf("Read after Close gave %v", err)
	}
	if _, err := p.reopen(); !errors.Is(err, errPayloadGone) {
		t.Errorf("reopen after the last Close gave %v", err)
	}
}

func TestPayloadKeepsNoHugeBuffers(t *testing.T) {
	t.Parallel()
	p := newPayload(t, NewExchange(nil, Timeouts{}), strings.Repeat("x", keptPayload+1))
	buf := p.buf
	p.Release()
	if cap(*buf) != 0 {
		t.Errorf("a buffer of %d bytes was kept", cap(*buf))
	}
}

// failing is a body that cannot be read.
type failing struct {
	llm.BytesBody
	err error
}

func (f failing) Bytes(context.Context) ([]byte, error) { return nil, f.err }

func TestPayloadPassesOnWhatTheBodySays(t *testing.T) {
	t.Parallel()
	x := NewExchange(nil, Timeouts{})
	for name, c := range map[string]struct {
		err  error
		want llm.Kind
	}{
		"its own word": {&llm.Error{Kind: llm.TooLarge}, llm.TooLarge},
		"anything":     {io.ErrClosedPipe, llm.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := x.Payload(t.Context(), &llm.Request{Body: failing{err: c.err}}, plain{})
			if got := llm.AsError(err).Kind; got != c.want {
				t.Errorf("got kind %s, want %s", got, c.want)
			}
		})
	}
}

func TestPayloadReadersMayBeClosedWhileTheyAreRead(t *testing.T) {
	t.Parallel()
	x := NewExchange(nil, Timeouts{})
	for range 200 {
		p := newPayload(t, x, strings.Repeat("x", 4<<10))
		r := p.body()
		var wg sync.WaitGroup
		wg.Go(func() {
			b := make([]byte, 100)
			for {
				n, err := r.Read(b)
				if err != nil {
					return
				}
				if strings.Trim(string(b[:n]), "x") != "" {
					t.Error("read somebody else's body")
				}
			}
		})
		wg.Go(func() { _ = r.Close() })
		p.Release()
		other := newPayload(t, x, strings.Repeat("y", 4<<10))
		wg.Wait()
		other.Release()
	}
}
