package terminal

import (
	"os"
	"testing"
)

func environ(vars map[string]string) environment {
	return func(name string) string { return vars[name] }
}

func TestColored(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		env  map[string]string
		tty  bool
		want bool
	}{
		{"a terminal", map[string]string{"TERM": "xterm-256color"}, true, true},
		{"no terminal", map[string]string{"TERM": "xterm-256color"}, false, false},
		{"NO_COLOR", map[string]string{"TERM": "xterm", "NO_COLOR": "1"}, true, false},
		{"an empty NO_COLOR", map[string]string{"TERM": "xterm", "NO_COLOR": ""}, true, true},
		{"a dumb terminal", map[string]string{"TERM": "dumb"}, true, false},
		{"CLICOLOR=0", map[string]string{"CLICOLOR": "0"}, true, false},
		{"CLICOLOR_FORCE", map[string]string{"CLICOLOR_FORCE": "1"}, false, true},
		{"CLICOLOR_FORCE=0", map[string]string{"CLICOLOR_FORCE": "0"}, false, false},
		{"NO_COLOR wins", map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := environ(tt.env).colored(tt.tty); got != tt.want {
				t.Errorf("colored = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestUnicode(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, system string
		env          map[string]string
		want         bool
	}{
		{"no locale", "linux", nil, false},
		{"the locale of POSIX", "linux", map[string]string{"LANG": "C"}, false},
		{"a locale in UTF-8", "linux", map[string]string{"LANG": "de_DE.UTF-8"}, true},
		{"as the C library spells it", "linux", map[string]string{"LANG": "C.utf8"}, true},
		{"LC_ALL wins", "linux", map[string]string{"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, false},
		{"LC_CTYPE wins over LANG", "linux", map[string]string{"LC_CTYPE": "en_US.UTF-8", "LANG": "C"}, true},
		{"Windows", "windows", nil, true},
		{"macOS", "darwin", nil, true},
		{"Latin-1 on macOS", "darwin", map[string]string{"LANG": "de_DE.ISO8859-1"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := environ(tt.env).unicode(tt.system); got != tt.want {
				t.Errorf("unicode = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestWidth(t *testing.T) {
	t.Parallel()
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	for _, tt := range []struct {
		name, columns string
		tty           bool
		want          int
	}{
		{"COLUMNS", "72", true, 72},
		{"nobody looks", "72", false, 0},
		{"no number", "wide", true, 0},
		{"nothing", "", true, 0},
	} {
		if got := environ(map[string]string{"COLUMNS": tt.columns}).width(file, tt.tty); got != tt.want {
			t.Errorf("%s: width = %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestTestStreamsAreNoTerminal(t *testing.T) {
	t.Parallel()
	streams, out, errOut := Test()
	if streams.InTTY || streams.OutTTY || streams.ErrTTY || streams.Color || out.Len()+errOut.Len() != 0 {
		t.Errorf("%+v", streams)
	}
}
