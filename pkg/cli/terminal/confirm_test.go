package terminal

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestConfirm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"y\n": true, "YES\n": true, " yes \r\n": true, "y": true,
		"n\n": false, "\n": false, "": false, "yep\n": false, "no\ny\n": false,
	} {
		streams, out, errOut := Test()
		streams.In = strings.NewReader(text)
		got, err := streams.Confirm(t.Context(), "Delete it?")
		if got != want || err != nil || errOut.String() != "Delete it? [y/N] " || out.Len() > 0 {
			t.Errorf("%q: Confirm = %v, %v; told %q", text, got, err, errOut)
		}
	}
}

func TestConfirmEndsWithItsContext(t *testing.T) {
	t.Parallel()
	streams, _, _ := Test()
	in, end := io.Pipe()
	t.Cleanup(func() { _ = end.Close() })
	streams.In = in
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := streams.Confirm(ctx, "Delete it?"); got || !errors.Is(err, context.Canceled) {
		t.Errorf("Confirm = %v, %v", got, err)
	}
}

func TestConfirmTellsThatItCannotRead(t *testing.T) {
	t.Parallel()
	streams, _, _ := Test()
	in, end := io.Pipe()
	_ = end.CloseWithError(io.ErrClosedPipe)
	streams.In = in
	if _, err := streams.Confirm(t.Context(), "Delete it?"); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("err = %v", err)
	}
}
