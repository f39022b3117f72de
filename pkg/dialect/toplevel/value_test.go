package toplevel_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
)

func TestString(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text, want string
		ok               bool
	}{
		{"plain", `"abc"`, "abc", true},
		{"empty", `""`, "", true},
		{"escapes", `"a\n\"\u0041\ud83d\ude00"`, "a\n\"A😀", true},
		{"not ASCII", `"é"`, "é", true},
		{"broken UTF-8", "\"\xff\"", "�", true},
		{"broken escape", `"\x"`, "", false},
		{"control character", "\"a\nb\"", "", false},
		{"number", `5`, "", false},
		{"null", `null`, "", false},
		{"one quote", `"`, "", false},
		{"nothing", ``, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, ok := toplevel.String([]byte(tt.text)); got != tt.want || ok != tt.ok {
				t.Errorf("String(%s) = %q, %v; want %q, %v", tt.text, got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestInt(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want int64
		ok   bool
	}{
		{"0", 0, true},
		{"1024", 1024, true},
		{"-3", -3, true},
		{"1024.0", 1024, true},
		{"1024.2", 1025, true},
		{"1e3", 1000, true},
		{"999999999999999999", 999999999999999999, true},
		{"9223372036854775807", math.MaxInt64, true},
		{"9223372036854775808", math.MaxInt64, true},
		{"1e400", math.MaxInt64, true},
		{"-1e400", math.MinInt64, true},
		{"", 0, false},
		{"null", 0, false},
		{"true", 0, false},
		{`"5"`, 0, false},
		{"{}", 0, false},
		{"Infinity", 0, false},
		{"0x10", 0, false},
		{"1-2", 0, false},
		{"-", 0, false},
	}
	for _, tt := range tests {
		if got, ok := toplevel.Int([]byte(tt.text)); got != tt.want || ok != tt.ok {
			t.Errorf("Int(%s) = %d, %v; want %d, %v", tt.text, got, ok, tt.want, tt.ok)
		}
	}
}

func TestBool(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]bool{
		"true": {true, true}, "false": {false, true}, "null": {}, "1": {}, `"true"`: {}, "": {}, "TRUE": {},
	} {
		if got, ok := toplevel.Bool([]byte(text)); got != want[0] || ok != want[1] {
			t.Errorf("Bool(%s) = %v, %v; want %v", text, got, ok, want)
		}
	}
}

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", "a\"b\\c\n\r\t\x00\x1f\x7f", "é<>&\u2028😀", "\xff\xc0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := toplevel.AppendString([]byte("x"), s)[1:]
		var got string
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%q becomes %s: %v", s, text, err)
		}
		// As runes, each byte that is not UTF-8 becomes one U+FFFD.
		if want := string([]rune(s)); got != want {
			t.Fatalf("%q becomes %q", s, got)
		}
		if back, ok := toplevel.String(text); !ok || back != got {
			t.Fatalf("String(%s) = %q, %v; want %q", text, back, ok, got)
		}
	})
}

func TestResembles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		want bool
	}{
		{"model", true},
		{"Model", true},
		{"MODEL", true},
		{`m\u006fdel`, true},
		{`\u004Dodel`, true},
		{"models", false},
		{"mode", false},
		{`m\u006fdels`, false},
		{`mod\x`, false},
		{"", false},
	}
	for _, tt := range tests {
		if got := toplevel.Resembles([]byte(tt.name), "model"); got != tt.want {
			t.Errorf("Resembles(%s, model) = %v", tt.name, got)
		}
	}
	if !toplevel.Resembles([]byte("\u017ftream"), "stream") {
		t.Error("a long s does not resemble an s, though Go's decoder takes it for one")
	}
}

func TestAllNames(t *testing.T) {
	t.Parallel()
	body := `{"a":"x\":","B":[{"\u0063" : {"d":1}},"e:",{"type":"W\u0065b","f":"g"}]}`
	type member struct{ Name, Word string }
	var got []member
	for n := toplevel.AllNames([]byte(body)); n.Next(); {
		got = append(got, member{string(n.Name()), string(n.Word())})
	}
	want := []member{{"a", `x":`}, {"b", ""}, {"c", ""}, {"d", ""}, {"type", "web"}, {"f", "g"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
