package terminal

import (
	"strings"
	"testing"
)

func TestFormat(t *testing.T) {
	t.Parallel()
	f := FormatTable
	for _, text := range []string{"json", "JSON", "table"} {
		if err := f.Set(text); err != nil || f.String() != strings.ToLower(text) {
			t.Errorf("Set(%q) = %v, %s", text, err, f.String())
		}
	}
	if err := f.Set("yaml"); err == nil || !strings.Contains(err.Error(), "table or json") || f != FormatTable {
		t.Errorf("Set = %v, %s", err, f)
	}
}

func TestWriteJSON(t *testing.T) {
	t.Parallel()
	streams, out, _ := Test()
	if err := streams.WriteJSON(map[string]string{"a": "<&>"}); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "{\n  \"a\": \"<&>\"\n}\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
