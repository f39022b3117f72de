package echo

import (
	"context"
	"io"
	"iter"
	"net/http"
	"sync"
)

// faultAfter is how many frames come before a stream reports that it failed,
// unless the script says when.
const faultAfter = 5

// frameReader is the body of a streamed answer. Frames are made as they are
// read, so that a stream of any length takes the memory of one frame.
type frameReader struct {
	req    *http.Request // its context is this reader's own
	cancel context.CancelFunc
	script script

	mu   sync.Mutex // guards the fields below; next and stop may not run at once
	sent int
	rest []byte // of the current frame
	next func() ([]byte, bool)
	stop func()
}

// newFrameReader streams the answer to a. It holds no memory once it is closed.
func newFrameReader(req *http.Request, a *ask, rt route) *frameReader {
	frames := rt.frames(a, compose(a))
	f := &frameReader{script: a.script}
	if f.script.streamError {
		frames = faulty(frames, f.script.cut, rt.fault)
		f.script.cut = noCut
	}
	ctx, cancel := context.WithCancel(req.Context())
	f.req, f.cancel = req.WithContext(ctx), cancel
	f.next, f.stop = iter.Pull(frames)
	return f
}

// faulty is a stream that reports a failure after some frames, and never comes to
// its terminal frame.
func faulty(frames iter.Seq[[]byte], after int, fault string) iter.Seq[[]byte] {
	if after == noCut {
		after = faultAfter
	}
	return func(yield func([]byte) bool) {
		var held []byte
		for frame := range frames {
			if held != nil {
				if after == 0 {
					break
				}
				after--
				if !yield(held) {
					return
				}
			}
			held = frame
		}
		yield([]byte(fault))
	}
}

// Read gives bytes of one frame at a time, each at its time.
func (f *frameReader) Read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.rest) == 0 {
		if err := f.advance(); err != nil {
			return 0, err
		}
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// advance waits for the next frame.
func (f *frameReader) advance() error {
	if f.script.cut == f.sent {
		return io.EOF // the connection is gone, in the middle of the answer
	}
	frame, ok := f.next()
	if !ok {
		return io.EOF
	}
	if f.sent > 0 {
		if err := sleep(f.req.Context(), f.script.pace); err != nil {
			return err
		}
	}
	f.sent++
	f.rest = frame
	return nil
}

// Close ends a Read that waits, and the stream.
func (f *frameReader) Close() error {
	f.cancel()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stop()
	return nil
}
