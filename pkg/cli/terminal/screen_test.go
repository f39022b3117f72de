package terminal

import "testing"

func TestScreen(t *testing.T) {
	t.Parallel()
	streams, out, _ := Test()
	draw := func(s *Screen, texts ...string) {
		t.Helper()
		for _, text := range texts {
			if err := s.Draw(text); err != nil {
				t.Fatal(err)
			}
		}
	}
	draw(streams.Screen(), "one\ntwo\n", "three\n")
	if got, want := out.String(), "one\ntwo\n\nthree\n"; got != want {
		t.Errorf("where nobody looks: %q, want %q", got, want)
	}
	out.Reset()
	streams.OutTTY, streams.OutWidth = true, 6
	draw(streams.Screen(), "one\nmuch longer\n", "three\n", "")
	if got, want := out.String(), "one\nmuch …\n\x1b[2A\x1b[Jthree\n\x1b[1A\x1b[J"; got != want {
		t.Errorf("on a terminal: %q, want %q", got, want)
	}
}
