package toplevel_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
)

func TestAppendUnquoted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text, want string
		ok               bool
	}{
		{"plain", `"abc"`, "abc", true},
		{"empty", `""`, "", true},
		{"short escapes", `"\"\\\/\b\f\n\r\t"`, "\"\\/\b\f\n\r\t", true},
		{"hex escapes", `"\u0041\u00e9\u4E16\u0000"`, "Aé世\x00", true},
		{"a pair", `"a\ud83d\ude00b"`, "a😀b", true},
		{"half a pair", `"\ud83d"`, "\ufffd", true},
		{"half a pair, text", `"\ud83dx"`, "\ufffdx", true},
		{"half a pair, another escape", `"\ud83d\n"`, "\ufffd\n", true},
		{"half a pair, no pair", `"\ud83d\u0041"`, "\ufffdA", true},
		{"half a pair, a pair", `"\ud83d\ud83d\ude00"`, "\ufffd😀", true},
		{"wrong way round", `"\ude00\ud83d"`, "\ufffd\ufffd", true},
		{"an escape that is a backslash", `"\\u0041"`, `\u0041`, true},
		{"not ASCII", `"é世"`, "é世", true},
		{"broken UTF-8 stays", "\"a\xffb\"", "a\xffb", true},
		{"unknown escape", `"ab\x"`, "", false},
		{"short hex", `"ab\u12"`, "", false},
		{"no hex", `"ab\u12g4"`, "", false},
		{"a sign is no hex", `"ab\u+123"`, "", false},
		{"half a pair, broken hex", `"\ud83d\ude0"`, "", false},
		{"escaped end", `"ab\"`, "", false},
		{"no end", `"ab`, "", false},
		{"no beginning", `ab"`, "", false},
		{"one quote", `"`, "", false},
		{"number", `5`, "", false},
		{"null", `null`, "", false},
		{"nothing", ``, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := toplevel.AppendUnquoted([]byte("dst "), []byte(tt.text))
			if string(got) != "dst "+tt.want || ok != tt.ok {
				t.Errorf("AppendUnquoted(%s) = %q, %v; want %q, %v", tt.text, got, ok, "dst "+tt.want, tt.ok)
			}
		})
	}
}

// FuzzAppendUnquoted: what encoding/json reads as a string is read alike, but for
// broken UTF-8; dst stays as it was where nothing is appended.
func FuzzAppendUnquoted(f *testing.F) {
	for _, s := range []string{`"abc"`, `"\ud83d\ude00\ud83d"`, `"\\\""`, `"\`, "\"\xff\"", `"\u00`, `null`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, v []byte) {
		before := string(v)
		got, ok := toplevel.AppendUnquoted([]byte("dst"), v)
		if string(v) != before {
			t.Fatalf("%q became %q", before, v)
		}
		text, kept := strings.CutPrefix(string(got), "dst")
		if !kept || !ok && text != "" {
			t.Fatalf("%q, %v of %q", got, ok, v)
		}
		var want string
		if len(v) == 0 || v[0] != '"' || v[len(v)-1] != '"' || json.Unmarshal(v, &want) != nil {
			return
		}
		if !ok {
			t.Fatalf("%q is a string", v)
		}
		if utf8.Valid(v) && text != want {
			t.Fatalf("%q of %q, want %q", text, v, want)
		}
	})
}

func BenchmarkAppendUnquoted(b *testing.B) {
	for name, text := range map[string]string{
		"plain":   `"` + strings.Repeat("words without escapes, ", 5) + `"`,
		"escapes": `"` + strings.Repeat(`if err != nil {\n\treturn \"x\"\n}\n`, 4) + `"`,
	} {
		b.Run(name, func(b *testing.B) {
			v := []byte(text)
			b.SetBytes(int64(len(v)))
			b.ReportAllocs()
			var dst []byte
			for b.Loop() {
				dst, _ = toplevel.AppendUnquoted(dst[:0], v)
			}
		})
	}
}
