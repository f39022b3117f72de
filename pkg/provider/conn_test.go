package provider

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
)

func TestConnWritesEveryByteOfABody(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var d dialer
	for _, size := range []int{0, 1, copyBuffer, 3*copyBuffer + 1} {
		body := strings.Repeat("x", size)
		c, err := d.dial(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		peer, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _ = io.Copy(c, iotest.HalfReader(strings.NewReader(body)))
			_ = c.Close()
		}()
		if got, err := io.ReadAll(peer); string(got) != body || err != nil {
			t.Errorf("%d bytes: got %d, %v", size, len(got), err)
		}
		_ = peer.Close()
	}
}

func TestDialSaysWhatFailed(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var d dialer
	if c, err := d.dial(ctx, "tcp", "127.0.0.1:1"); err == nil || c != nil {
		t.Errorf("got %v, %v", c, err)
	}
}

func BenchmarkConnReadFrom(b *testing.B) {
	var d dialer
	c := &conn{Conn: sink{}, buffers: &d.buffers}
	content := make([]byte, 60<<10)
	body := bytes.NewReader(content)
	b.ReportAllocs()
	for b.Loop() {
		body.Reset(content)
		if _, err := c.ReadFrom(io.LimitReader(body, int64(len(content)))); err != nil {
			b.Fatal(err)
		}
	}
}

// sink is a connection that takes everything.
type sink struct{ net.Conn }

func (sink) Write(b []byte) (int, error) { return len(b), nil }
