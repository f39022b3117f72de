package dialect_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// headOf reads the members of body alone, so that bodies which Inspect refuses can
// be patched too.
func headOf(body string) *llm.Head {
	fields, _ := toplevel.Scan(nil, []byte(body)) // broken bodies give a head that does not belong to them
	return &llm.Head{Fields: fields}
}

func def(name, value string) llm.Default { return llm.Default{Name: name, Value: []byte(value)} }

func TestPatch(t *testing.T) {
	t.Parallel()
	const opts = `,"stream_options":{"include_usage":true}`
	a, o := dialect.Backend(anthropic.Backend{}), dialect.Backend(openai.Backend{})
	tests := []struct {
		name  string
		back  dialect.Backend
		op    llm.Op
		body  string
		edits llm.Edits
		want  string
	}{
		{"nothing", o, llm.OpChat, " {\t\"model\" : \"m\" }\n", llm.Edits{}, " {\t\"model\" : \"m\" }\n"},
		{"model", o, llm.OpChat, "{\"x\":1.0, \"model\" : \"m\" ,\"y\":1e2}\n", llm.Edits{Model: "a/b"}, "{\"x\":1.0, \"model\" : \"a/b\" ,\"y\":1e2}\n"},
		{"model is escaped", a, llm.OpChat, `{"model":"m"}`, llm.Edits{Model: "a\"\\\n<é"}, `{"model":"a\"\\\n<é"}`},
		{"model of the path", a, llm.OpChat, `{"max_tokens":1}`, llm.Edits{Model: "m"}, `{"max_tokens":1,"model":"m"}`},
		{"empty object", a, llm.OpChat, " { } ", llm.Edits{Model: "m"}, ` {"model":"m" } `},
		{"limit", a, llm.OpChat, `{"max_tokens": 100,"x":1}`, llm.Edits{MaxOutput: 50}, `{"max_tokens": 50,"x":1}`},
		{"limit absent", a, llm.OpChat, `{"x":1}`, llm.Edits{MaxOutput: 50}, `{"x":1,"max_tokens":50}`},
		{"limit null", a, llm.OpChat, `{"max_tokens":null}`, llm.Edits{MaxOutput: 50}, `{"max_tokens":50}`},
		{"limit no number", a, llm.OpChat, `{"max_tokens":"100"}`, llm.Edits{MaxOutput: 50}, `{"max_tokens":50}`},
		{"no limit in count_tokens", a, llm.OpCountTokens, `{"x":1}`, llm.Edits{MaxOutput: 50}, `{"x":1}`},
		{"no limit in embeddings", o, llm.OpEmbeddings, `{"x":1}`, llm.Edits{MaxOutput: 50, IncludeUsage: true}, `{"x":1}`},
		{"chat limit absent", o, llm.OpChat, `{"x":1}`, llm.Edits{MaxOutput: 50}, `{"x":1,"max_completion_tokens":50}`},
		{"chat old limit", o, llm.OpChat, `{"max_tokens":100}`, llm.Edits{MaxOutput: 50}, `{"max_tokens":50}`},
		{"chat both limits", o, llm.OpChat, `{"max_tokens":100,"max_completion_tokens":200}`, llm.Edits{MaxOutput: 50}, `{"max_tokens":50,"max_completion_tokens":50}`},
		{"chat limit and null", o, llm.OpChat, `{"max_completion_tokens":null,"max_tokens":100}`, llm.Edits{MaxOutput: 50}, `{"max_completion_tokens":null,"max_tokens":50}`},
		{"chat old limit null", o, llm.OpChat, `{"max_tokens":null}`, llm.Edits{MaxOutput: 50}, `{"max_tokens":null,"max_completion_tokens":50}`},
		{"chat new limit null", o, llm.OpChat, `{"max_completion_tokens":null}`, llm.Edits{MaxOutput: 50}, `{"max_completion_tokens":50}`},
		{"limit by the default's name", o, llm.OpChat, `{"x":1}`, llm.Edits{MaxOutput: 50, Defaults: []llm.Default{def("max_tokens", "90")}}, `{"x":1,"max_tokens":50}`},
		{"completion limit", o, llm.OpCompletion, `{"x":1}`, llm.Edits{MaxOutput: 50}, `{"x":1,"max_tokens":50}`},
		{"usage absent", o, llm.OpChat, `{"x":1}`, llm.Edits{IncludeUsage: true}, `{"x":1` + opts + `}`},
		{"usage null", o, llm.OpChat, `{"stream_options":null}`, llm.Edits{IncludeUsage: true}, `{"stream_options":{"include_usage":true}}`},
		{"usage empty", o, llm.OpChat, `{"stream_options":{ }}`, llm.Edits{IncludeUsage: true}, `{"stream_options":{"include_usage":true }}`},
		{"usage false", o, llm.OpChat, `{"stream_options":{"a":1,"include_usage": false,"b":2}}`, llm.Edits{IncludeUsage: true}, `{"stream_options":{"a":1,"include_usage": true,"b":2}}`},
		{"usage beside others", o, llm.OpChat, `{"stream_options":{"a":1}}`, llm.Edits{IncludeUsage: true}, `{"stream_options":{"include_usage":true,"a":1}}`},
		{"usage garbage", o, llm.OpChat, `{"stream_options":5}`, llm.Edits{IncludeUsage: true}, `{"stream_options":5}`},
		{"usage in Anthropic's dialect", a, llm.OpChat, `{"x":1}`, llm.Edits{IncludeUsage: true}, `{"x":1}`},
		{"defaults", a, llm.OpChat, `{"top_p":null,"\u0074op_k":5}`, llm.Edits{Defaults: []llm.Default{
			def("top_p", "1"), def("temperature", "0.50"), def("top_k", "9"), def("temperature", "2"), def(`a"b`, `[1]`),
		}}, `{"top_p":null,"\u0074op_k":5,"temperature":0.50,"a\"b":[1]}`},
		{"control first", o, llm.OpChat, `{ "cache":{"ttl":1} , "model":"m"}`, llm.Edits{Model: "n"}, `{ "model":"n"}`},
		{"control between", o, llm.OpChat, `{"model":"m", "num_retries":3, "x":1}`, llm.Edits{}, `{"model":"m", "x":1}`},
		{"control last", o, llm.OpChat, `{"model":"m", "fallbacks":["a"] }`, llm.Edits{}, `{"model":"m" }`},
		{"control last, member added", o, llm.OpChat, `{"model":"m","fallbacks":["a"]}`, llm.Edits{MaxOutput: 5}, `{"model":"m","max_completion_tokens":5}`},
		{"only controls", o, llm.OpChat, `{ "cache":1, "timeout":2 }`, llm.Edits{}, `{  }`},
		{"only controls, members added", o, llm.OpChat, `{"cache":1,"timeout":2}`, llm.Edits{Model: "m", MaxOutput: 5}, `{"model":"m","max_completion_tokens":5}`},
		{"many controls", o, llm.OpChat, `{"cache":1,"timeout":2,"a":1,"cache":1,"mock_response":"x","b":2,"timeout":1}`, llm.Edits{}, `{"a":1,"b":2}`},
		{"control in disguise", o, llm.OpChat, `{"a":1,"c\u0061che":1,"Fallbacks":[]}`, llm.Edits{}, `{"a":1}`},
		{"Anthropic's own fallbacks", a, llm.OpChat, `{"fallbacks":"default","metadata":{},"timeout":1}`, llm.Edits{}, `{"fallbacks":"default","metadata":{}}`},
		{
			"all", o, llm.OpChat, `{"model":"m","stream":true,"cache":{},"max_tokens":9}`,
			llm.Edits{Model: "n", MaxOutput: 5, IncludeUsage: true, Defaults: []llm.Default{def("seed", "1")}},
			`{"model":"n","stream":true,"max_tokens":5` + opts + `,"seed":1}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.edits.Head = headOf(tt.body)
			body := []byte(tt.body)
			got, err := tt.back.Patch([]byte("before "), body, tt.op, tt.edits)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff("before "+tt.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if string(body) != tt.body {
				t.Errorf("the body itself became %s", body)
			}
			if !json.Valid(got[len("before "):]) {
				t.Errorf("%s is no JSON", got)
			}
		})
	}
}

func TestPatchWithoutHead(t *testing.T) {
	t.Parallel()
	body := []byte(`{"model":"m","cache":1}`)
	got, err := openai.Backend{}.Patch(nil, body, llm.OpChat, llm.Edits{})
	if err != nil || !bytes.Equal(got, body) {
		t.Errorf("no edits: %s, %v", got, err)
	}
	for _, e := range []llm.Edits{
		{Model: "n"},
		{MaxOutput: 5},
		{IncludeUsage: true},
		{Defaults: []llm.Default{def("a", "1")}},
		{Head: headOf(`{"other":1}`), Model: "n"},
		{Head: &llm.Head{}},
		{Head: headOf(`{"model":"mm","cache":1}`)},
	} {
		if _, err := (openai.Backend{}).Patch(nil, body, llm.OpChat, e); !errors.Is(err, dialect.ErrHead) {
			t.Errorf("error of %+v = %v, want %v", e, err, dialect.ErrHead)
		}
	}
}

func TestPatchAllocatesOnce(t *testing.T) {
	const text = `{"model":"m","messages":[],"stream":true}`
	body := []byte(text)
	e := llm.Edits{Head: headOf(text), Model: "n", MaxOutput: 5, IncludeUsage: true, Defaults: []llm.Default{def("seed", "1")}}
	n := testing.AllocsPerRun(100, func() {
		if _, err := (openai.Backend{}).Patch(nil, body, llm.OpChat, e); err != nil {
			t.Fatal(err)
		}
	})
	if n > 1 && !raceDetector {
		t.Errorf("%v allocations, want 1 at most: the result", n)
	}
}

// controlNames are members that Patch may cut out.
var controlNames = []string{
	"fallbacks", "cache", "num_retries", "timeout", "disable_fallbacks", "context_window_fallbacks", "content_policy_fallbacks",
	"mock_response", "mock_testing_fallbacks", "mock_testing_context_fallbacks", "mock_testing_content_policy_fallbacks",
}

func FuzzPatch(f *testing.F) {
	for _, s := range []string{
		`{"model":"m","max_tokens":5,"stream_options":{"include_usage":false}}`, `{}`, ` { "cache" : 1 } `,
		`{"stream_options":{},"timeout":1,"x":[{"model":1}]}`, `{"a":1,"fallbacks":[],"fallbacks":{}}`, `{"max_completion_tokens":null}`,
	} {
		f.Add([]byte(s), "n", int64(7), true, "seed", []byte{1, 2, 3})
	}
	f.Fuzz(func(t *testing.T, body []byte, model string, limit int64, include bool, name string, numbers []byte) {
		head := headOf(string(body))
		e := llm.Edits{Head: head, Model: model, MaxOutput: max(0, limit), IncludeUsage: include, Defaults: []llm.Default{def(name, "1")}}
		for _, back := range []dialect.Backend{anthropic.Backend{}, openai.Backend{}} {
			got, err := back.Patch(nil, body, llm.OpChat, e)
			if json.Valid(body) && bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) && len(head.Fields) < toplevel.MaxMembers {
				if err != nil {
					t.Fatalf("%v for %s", err, body)
				}
				checkPatched(t, body, got, e)
			}
			// A head from anywhere must not make it panic.
			_, _ = back.Patch(nil, body, llm.OpChat, llm.Edits{Head: randomHead(head, numbers), Model: model, MaxOutput: 1, IncludeUsage: true})
		}
	})
}

// randomHead shifts the offsets of a head.
func randomHead(h *llm.Head, numbers []byte) *llm.Head {
	fields := slices.Clone(h.Fields)
	for i, n := range numbers {
		if len(fields) == 0 {
			break
		}
		f := &fields[i%len(fields)]
		*[]*int{&f.Name.Start, &f.Name.End, &f.Value.Start, &f.Value.End}[int(n)%4] += int(int8(n)) / 4
	}
	return &llm.Head{Fields: fields}
}

// checkPatched checks that nothing changed but what the edits may change.
func checkPatched(t *testing.T, body, got []byte, e llm.Edits) {
	t.Helper()
	if !json.Valid(got) {
		t.Fatalf("%s becomes %s", body, got)
	}
	before, after := members(t, body), members(t, got)
	if e.Model != "" {
		var model string
		if err := json.Unmarshal(after["model"], &model); err != nil || model != string([]rune(e.Model)) {
			t.Fatalf("model is %s (%v) in %s", after["model"], err, got)
		}
	}
	edited := func(name string) bool {
		switch name {
		case "model", "max_tokens", "max_completion_tokens", "stream_options", string([]rune(e.Defaults[0].Name)):
			return true
		}
		return slices.ContainsFunc(controlNames, func(c string) bool { return strings.EqualFold(c, name) })
	}
	for _, m := range []map[string]json.RawMessage{before, after} {
		maps.DeleteFunc(m, func(name string, _ json.RawMessage) bool { return edited(name) })
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Fatalf("%s becomes %s (-want +got):\n%s", body, got, diff)
	}
}

func BenchmarkPatch(b *testing.B) {
	body := []byte(`{"model":"m","stream":true,"max_tokens":100,"messages":[{"role":"user","content":"` + strings.Repeat("lorem ipsum ", 5000) + `"}]}`)
	e := llm.Edits{Head: headOf(string(body)), Model: "gpt-x", MaxOutput: 50, IncludeUsage: true}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	dst := make([]byte, 0, 2*len(body))
	for b.Loop() {
		if _, err := (openai.Backend{}).Patch(dst, body, llm.OpChat, e); err != nil {
			b.Fatal(err)
		}
	}
}
