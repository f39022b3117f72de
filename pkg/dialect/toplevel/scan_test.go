package toplevel_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// pair is a member as it is written.
type pair struct{ Name, Value string }

func pairs(fields []llm.Field, body []byte) []pair {
	var all []pair
	for _, f := range fields {
		all = append(all, pair{string(f.Name.Of(body)), string(f.Value.Of(body))})
	}
	return all
}

func TestScan(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		want       []pair
	}{
		{"empty", `{}`, nil},
		{"white space", " \t\r\n{ \"a\" :\n1\t, \"b\":\r2 } \n", []pair{{"a", "1"}, {"b", "2"}}},
		{"kinds", `{"s":"x","n":-1.5e3,"t":true,"z":null,"o":{"a":[1]},"l":[{"b":2}]}`, []pair{
			{"s", `"x"`}, {"n", "-1.5e3"}, {"t", "true"}, {"z", "null"}, {"o", `{"a":[1]}`}, {"l", `[{"b":2}]`},
		}},
		{"duplicates", `{"a":1,"a":2}`, []pair{{"a", "1"}, {"a", "2"}}},
		{"escaped quotes", `{"a\"b":"c\\","d":"\\\"}","e":"\\\\"}`, []pair{
			{`a\"b`, `"c\\"`}, {"d", `"\\\"}"`}, {"e", `"\\\\"`},
		}},
		{"brackets in strings", `{"a":{"x":"}]\"}"},"b":["]","{"]}`, []pair{{"a", `{"x":"}]\"}"}`}, {"b", `["]","{"]`}}},
		{"empty name and value", `{"":""}`, []pair{{"", `""`}}},
		{"long strings", `{"a":"` + strings.Repeat(`x\"`, 50) + `","b":1}`, []pair{
			{"a", `"` + strings.Repeat(`x\"`, 50) + `"`}, {"b", "1"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fields, err := toplevel.Scan(nil, []byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, pairs(fields, []byte(tt.body))); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
			if !toplevel.Belongs(fields, []byte(tt.body)) {
				t.Error("the members do not belong to their own body")
			}
		})
	}
}

func TestScanErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		want       error
	}{
		{"nothing", "", toplevel.ErrNotObject},
		{"array", "[]", toplevel.ErrNotObject},
		{"byte order mark", "\xef\xbb\xbf{}", toplevel.ErrNotObject},
		{"open", `{`, toplevel.ErrUnterminated},
		{"open name", `{"a`, toplevel.ErrUnterminated},
		{"no value", `{"a":`, toplevel.ErrUnterminated},
		{"open string", `{"a":"b\"}`, toplevel.ErrUnterminated},
		{"open object", `{"a":{"b":1}`, toplevel.ErrUnterminated},
		{"open list", `{"a":[1,2}`, toplevel.ErrUnterminated},
		{"empty value", `{"a":}`, toplevel.ErrSyntax},
		{"no colon", `{"a" 1}`, toplevel.ErrSyntax},
		{"no comma", `{"a":1 "b":2}`, toplevel.ErrSyntax},
		{"glued", `{"a":"x""b":2}`, toplevel.ErrSyntax},
		{"two commas", `{"a":1,,"b":2}`, toplevel.ErrSyntax},
		{"last comma", `{"a":1,}`, toplevel.ErrSyntax},
		{"bare name", `{a:1}`, toplevel.ErrSyntax},
		{"scalar and string", `{"a":1"b"}`, toplevel.ErrSyntax},
		{"comment", `{/**/"a":1}`, toplevel.ErrSyntax},
		{"second object", `{} {}`, toplevel.ErrTrailing},
		{"garbage", `{"a":1}x`, toplevel.ErrTrailing},
		{"too many", `{"a":1` + strings.Repeat(`,"a":1`, toplevel.MaxMembers) + `}`, toplevel.ErrMembers},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := toplevel.Scan(nil, []byte(tt.body)); !errors.Is(err, tt.want) {
				t.Errorf("error = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestScanDoesNotAllocate(t *testing.T) {
	body := chatBody(4 << 10)
	fields := make([]llm.Field, 0, 16)
	if n := testing.AllocsPerRun(100, func() { fields, _ = toplevel.Scan(fields[:0], body) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func TestBelongsRefusesOtherBodies(t *testing.T) {
	t.Parallel()
	body := []byte(`{"model":"m","max_tokens":5}`)
	fields, err := toplevel.Scan(nil, body)
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{
		``, `{}`, `[]`, `{"model":"m"}`, `{"model":"m","max_tokens":5,"x":1}`, `{"model":"mm","max_tokens":5}`,
		` {"model":"m","max_tokens":5}`, `{"model":"m" "max_tokens":5}`, `{"model":"m","max_tokens":5}x`,
		`{"model":"m","max_tokens":5`, `{"model":"m","max_tokens:5"}`,
	} {
		if toplevel.Belongs(fields, []byte(other)) {
			t.Errorf("the members belong to %q", other)
		}
	}
}

func TestElements(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, list string
		want       []string
		broken     bool
	}{
		{"empty", `[ ]`, nil, false},
		{"kinds", `[1, "a,b" ,{"c":[2]},[ ],null]`, []string{"1", `"a,b"`, `{"c":[2]}`, "[ ]", "null"}, false},
		{"no list", `{"a":1}`, nil, true},
		{"open", `[1,`, []string{"1"}, true},
		{"last comma", `[1,]`, []string{"1"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			l := toplevel.Array([]byte(tt.list))
			for l.Next() {
				got = append(got, string(l.Value()))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || (l.Err() != nil) != tt.broken {
				t.Errorf("error %v, elements (-want +got):\n%s", l.Err(), diff)
			}
			if l.Next() {
				t.Error("an element behind the end")
			}
		})
	}
}

// reference reads the members of a valid object with encoding/json.
func reference(body []byte) ([]pair, bool) {
	if !json.Valid(body) || !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) {
		return nil, false
	}
	var all []pair
	d := json.NewDecoder(bytes.NewReader(body))
	_, _ = d.Token() // the opening brace of a valid object
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, false
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, false
		}
		all = append(all, pair{name.(string), string(value)})
	}
	return all, true
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"a":1}`, `{"a\"":"\\","b":{"c":[1,"]"]},"d":null}`, "{\"\\u0061\":\"\xff\"}", `{"a":1,"a":2,}`, `[1]`, `{"a":tru"e}`,
		string(chatBody(1 << 10)),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		fields, err := toplevel.Scan(nil, body)
		if err == nil && !toplevel.Belongs(fields, body) {
			t.Fatalf("the members do not belong to their own body %q", body)
		}
		want, ok := reference(body)
		if !ok || len(want) > toplevel.MaxMembers {
			return
		}
		if err != nil {
			t.Fatalf("%v in valid JSON %q", err, body)
		}
		got := pairs(fields, body)
		for i := range got {
			name, ok := toplevel.String([]byte(`"` + got[i].Name + `"`))
			if !ok {
				t.Fatalf("name %q does not unescape", got[i].Name)
			}
			got[i].Name = name
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("members of %q (-want +got):\n%s", body, diff)
		}
		for n := toplevel.AllNames(body); n.Next(); {
			n.Name()
			n.Word()
		}
	})
}

// FuzzBelongs gives members that come from anywhere.
func FuzzBelongs(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":2}`), []byte{2, 3, 5, 6, 8, 9, 11, 12})
	f.Add([]byte(`{}`), []byte{})
	f.Fuzz(func(t *testing.T, body, numbers []byte) {
		var fields []llm.Field
		for ; len(numbers) >= 4; numbers = numbers[4:] {
			fields = append(fields, llm.Field{
				Name:  llm.Span{Start: int(int8(numbers[0])), End: int(int8(numbers[1]))},
				Value: llm.Span{Start: int(int8(numbers[2])), End: int(int8(numbers[3]))},
			})
		}
		if toplevel.Belongs(fields, body) {
			for _, f := range fields {
				_, _ = f.Name.Of(body), f.Value.Of(body) // must not panic
			}
		}
	})
}
