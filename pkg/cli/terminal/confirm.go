package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Confirm asks a question on Err that is answered with y or n, and gives the answer;
// anything but y and yes, the end of input too, is a no. The error is ctx's where it
// ends before. It asks whoever is at In: whether that is a person is for the caller to
// see (InTTY).
func (s *IO) Confirm(ctx context.Context, question string) (bool, error) {
	fmt.Fprint(s.Err, question, " [y/N] ")
	type answer struct {
		text string
		err  error
	}
	// A read of a terminal cannot be ended: after Ctrl-C it is left to wait for the
	// end of the process.
	answers := make(chan answer, 1)
	go func() {
		text, err := bufio.NewReader(s.In).ReadString('\n')
		answers <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(s.Err)
		return false, context.Cause(ctx)
	case a := <-answers:
		if a.err != nil && !errors.Is(a.err, io.EOF) {
			return false, fmt.Errorf("read the answer: %w", a.err)
		}
		switch strings.ToLower(strings.TrimSpace(a.text)) {
		case "y", "yes":
			return true, nil
		default:
			return false, nil
		}
	}
}
