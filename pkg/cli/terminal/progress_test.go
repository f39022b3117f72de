package terminal

import "testing"

func TestProgress(t *testing.T) {
	t.Parallel()
	streams, out, errOut := Test()
	p := streams.Progress()
	p.Set("nobody looks")
	p.Done()
	if errOut.Len() > 0 {
		t.Errorf("wrote %q to what is no terminal", errOut)
	}
	streams.ErrTTY, streams.ErrWidth = true, 12
	p.Set("%d of %d", 1, 10)
	p.Set("two\nlines")
	p.Set("much longer than it")
	p.Set("x")
	p.Done()
	p.Done()
	want := "\r1 of 10" + "\rtwo lines" + "\rmuch longe…" + "\rx          " + "\r \r"
	if got := errOut.String(); got != want || out.Len() > 0 {
		t.Errorf("wrote %q, want %q", got, want)
	}
}
