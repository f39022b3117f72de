package terminal

import "testing"

func TestColored(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		env  map[string]string
		want bool
	}{
		{"a terminal", map[string]string{"TERM": "xterm-256color"}, true},
		{"NO_COLOR", map[string]string{"TERM": "xterm", "NO_COLOR": "1"}, false},
		{"an empty NO_COLOR", map[string]string{"TERM": "xterm", "NO_COLOR": ""}, true},
		{"a dumb terminal", map[string]string{"TERM": "dumb"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := colored(func(name string) string { return tt.env[name] }); got != tt.want {
				t.Errorf("colored = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestTestStreamsAreNoTerminal(t *testing.T) {
	t.Parallel()
	streams, out, errOut := Test()
	if streams.OutTTY || streams.ErrTTY || streams.Color || out.Len()+errOut.Len() != 0 {
		t.Errorf("%+v", streams)
	}
}
