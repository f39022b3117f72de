package toplevel_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
)

func TestAppendQuoted(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "plain", `say "no" \ yes`, "a\nb\r\tc\x00\x1f", "<&>", "Grüße, 世界 🙂", "\xff", "a\xe4\xb8", "\u2028", "\xed\xa0\x80", "\n", "end\n",
	} {
		want := string(toplevel.AppendString([]byte("x"), s))
		if got := string(toplevel.AppendQuoted([]byte("x"), []byte(s))); got != want {
			t.Errorf("%q becomes %s, want %s", s, got, want)
		}
	}
}

func FuzzAppendQuoted(f *testing.F) {
	for _, s := range []string{"plain", "\"\\\n\x01", "世\xff界"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var got string
		if err := json.Unmarshal(toplevel.AppendQuoted(nil, text), &got); err != nil {
			t.Fatalf("%v of %q", err, text)
		}
		if want := string([]rune(string(text))); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}

func BenchmarkAppendQuoted(b *testing.B) {
	text := []byte(strings.Repeat("if err != nil {\n\treturn \"x\"\n}\n", 4))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		dst = toplevel.AppendQuoted(dst[:0], text)
	}
}
