package anthropic_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/llm"
)

// foreign is a thought of another vendor's model, as this package shows it to
// clients; signed is one of Claude's.
const (
	foreign = `{"type":"thinking","thinking":"Hm.","signature":"llmgw-unsigned"}`
	signed  = `{"signature":"c2ln","type":"thinking","thinking":"Hm."}`
)

// patchWithModel is what the provider gets of a body.
func patchWithModel(tb testing.TB, body string) string {
	tb.Helper()
	var h llm.Head
	if err := (anthropic.Frontend{}).Inspect(llm.OpChat, []byte(body), &h); err != nil {
		tb.Skip(err)
	}
	const before = "before"
	out, err := anthropic.Backend{}.Patch([]byte(before), []byte(body), llm.OpChat, llm.Edits{Head: &h, Model: "up"})
	if err != nil {
		tb.Fatal(err)
	}
	rest, ok := strings.CutPrefix(string(out), before)
	if !ok {
		tb.Fatalf("Patch changed what stood before: %s", out)
	}
	return rest
}

func TestThoughtsOfOtherVendorsAreNotSentToClaude(t *testing.T) {
	t.Parallel()
	const (
		call   = `{"type":"tool_use","id":"a","name":"f","input":{"x": 1.0}}`
		budget = `"thinking": {"type":"enabled","budget_tokens":1024}`
		off    = `"thinking": {"type":"disabled"}`
	)
	for _, tt := range []struct{ name, body, want string }{
		{
			"none", `{"messages": [ {"role":"assistant","content":[ ` + signed + `, {"type":"text","text":"x"} ]} ]}`,
			`{"messages": [ {"role":"assistant","content":[ ` + signed + `, {"type":"text","text":"x"} ]} ]}`,
		},
		{
			"before a text", `{"x":1.0, "messages": [{"role":"user","content":"hi"}, {"content" : [` + foreign + `, {"type": "text","text":"x"}], "role":"assistant"}] , "y":2}`,
			`{"x":1.0, "messages": [{"role":"user","content":"hi"},{"content" : [{"type": "text","text":"x"}], "role":"assistant"}] , "y":2}`,
		},
		{
			"beside Claude's own", `{"messages":[{"role":"assistant","content":[` + foreign + `]},{"role":"assistant","content":[` + signed + `,` + foreign + `,` + call + `]}],` + budget + `}`,
			`{"messages":[{"role":"assistant","content":[` + signed + `,` + call + `]}],` + budget + `}`,
		},
		{
			"alone in a message", `{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[` + foreign + `]},{"role":"user","content":"b"}]}`,
			`{"messages":[{"role":"user","content":"a"},{"role":"user","content":"b"}]}`,
		},
		{
			"before the calls to go on with", `{` + budget + `,"messages":[{"role":"assistant","content":[` + foreign + `,` + call + `]},{"role":"user","content":"r"}]}`,
			`{` + off + `,"messages":[{"role":"assistant","content":[` + call + `]},{"role":"user","content":"r"}]}`,
		},
		{
			"before calls of an earlier turn", `{` + budget + `,"messages":[{"role":"assistant","content":[` + foreign + `,` + call + `]},{"role":"assistant","content":[{"type":"text","text":"x"}]}]}`,
			`{` + budget + `,"messages":[{"role":"assistant","content":[` + call + `]},{"role":"assistant","content":[{"type":"text","text":"x"}]}]}`,
		},
		{
			"with thinking as the model likes", `{"thinking":{"type":"adaptive"},"messages":[{"role":"assistant","content":[` + foreign + `,` + call + `]}]}`,
			`{"thinking":{"type":"adaptive"},"messages":[{"role":"assistant","content":[` + call + `]}]}`,
		},
		{"words of the user", `{"messages":[{"role":"user","content":[` + foreign + `]}]}`, `{"messages":[{"role":"user","content":[` + foreign + `]}]}`},
		{"in a text", `{"messages":[{"role":"assistant","content":"\"llmgw-unsigned\""}]}`, `{"messages":[{"role":"assistant","content":"\"llmgw-unsigned\""}]}`},
		{"no messages", `{"messages":{"signature":"llmgw-unsigned"}}`, `{"messages":{"signature":"llmgw-unsigned"}}`},
		{
			"a broken conversation", `{"messages":[{"role":"assistant","content":[` + foreign + ` 5]},{"role":"user"} x]}`,
			`{"messages":[{"role":"assistant","content":[` + foreign + ` 5]},{"role":"user"} x]}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := strings.TrimSuffix(tt.want, "}") + `,"model":"up"}`
			if got := patchWithModel(t, tt.body); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// FuzzPatchWithThoughtsOfOtherVendors finds the same conversation after Patch,
// with the foreign thoughts gone.
func FuzzPatchWithThoughtsOfOtherVendors(f *testing.F) {
	f.Add(`{"messages":[{"role":"assistant","content":[` + foreign + `,` + signed + `,{"type":"text","text":"x"}]}]}`)
	f.Add(`{"thinking":{"type":"enabled","budget_tokens":1024},"messages":[{"role":"assistant","content":[` + foreign + `,{"type":"tool_use"}]}]}`)
	f.Add(`{"messages":[{"role":"assistant","content":[` + foreign + `]}, {}],"x":"llmgw-unsigned"}`)
	f.Add(`{"messages":[[],5,{"content":[` + foreign + `],"role":"assistant","content":[` + foreign + `,1]}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		got := patchWithModel(t, body)
		if json.Valid([]byte(body)) != json.Valid([]byte(got)) {
			t.Fatalf("valid before: %v\n%s\n%s", json.Valid([]byte(body)), body, got)
		}
		if !strings.Contains(body, "llmgw-unsigned") {
			return
		}
		if again := patchWithModel(t, got); again != got {
			t.Errorf("a second Patch changed\n%s\nto\n%s", got, again)
		}
	})
}
