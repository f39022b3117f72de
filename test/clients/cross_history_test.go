package clients

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/google/go-cmp/cmp"
	"github.com/openai/openai-go/v3"
)

// openAIHistories are conversations that OpenAI's API takes and Anthropic's would
// refuse as they are, and what Claude gets of them. The members are those of a
// body; what thinking and other parameters do to it is in also.
var openAIHistories = []struct {
	name, members string
	lines         []string
	also          map[string]string
}{
	{
		"an assistant first", `"messages":[{"role":"assistant","content":"Hello!"},{"role":"user","content":"Hi."}]`,
		[]string{"user: ANY", "assistant: Hello!", "user: Hi."}, nil,
	},
	{
		"nothing but instructions", `"messages":[{"role":"system","content":"Say hi."}]`,
		[]string{"ANY", "user: ANY"}, nil,
	},
	{
		"one role twice", `"messages":[{"role":"user","content":"One."},{"role":"user","content":[{"type":"text","text":"Two."}]}]`,
		[]string{"user: One. | Two."}, nil,
	},
	{
		"empty texts", `"messages":[{"role":"system","content":""},{"role":"user","content":"Hi."},{"role":"assistant","content":""},{"role":"user","content":"Hi?"}]`,
		[]string{"user: Hi. | Hi?"}, nil,
	},
	{
		"an answer that was begun", `"messages":[{"role":"user","content":"Hi."},{"role":"assistant","content":"Hel \n"}]`,
		[]string{"user: Hi.", "assistant: Hel"}, nil,
	},
	{
		"ids of other vendors, empty results, no arguments", `"messages":[{"role":"user","content":"Go."},
			{"role":"assistant","content":"","tool_calls":[{"id":"functions.f:0","type":"function","function":{"name":"f","arguments":""}},
			{"id":"call/2","type":"function","function":{"name":"f","arguments":"{\"a\": 1.0}"}}]},
			{"role":"tool","tool_call_id":"call/2","content":""},{"role":"tool","tool_call_id":"functions.f:0","content":[{"type":"text","text":"done"}]}]`,
		[]string{"user: Go.", "assistant: call ID1 f {} | call ID2 f {\"a\": 1.0}", "user: result ID2  | result ID1 done"}, nil,
	},
	{
		"functions as they were", `"messages":[{"role":"user","content":"Go."},{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},
			{"role":"function","name":"f","content":"done"}],"functions":[{"name":"f","parameters":{"type":"object","properties":{}}}],"function_call":"auto"`,
		[]string{"user: Go.", "assistant: call ID1 f {}", "user: result ID1 done"},
		map[string]string{"tools": `[{"name":"f","input_schema":{"type":"object","properties":{}}}]`, "tool_choice": `{"type":"auto"}`},
	},
	{
		"a tool without parameters", `"messages":[{"role":"user","content":"Go."}],"tools":[{"type":"function","function":{"name":"f"}}],
			"tool_choice":{"type":"function","function":{"name":"f"}}`,
		[]string{"user: Go."},
		map[string]string{"tools": `[{"name":"f","input_schema":{"type":"object"}}]`, "tool_choice": `{"type":"tool","name":"f"}`},
	},
	{
		"stops of nothing but space", `"messages":[{"role":"user","content":"Go."}],"stop":["\n","END"]`,
		[]string{"user: Go."}, map[string]string{"stop_sequences": `["END"]`},
	},
	{
		"thinking with a temperature", `"messages":[{"role":"user","content":"Go."}],"reasoning_effort":"low","temperature":0.2`,
		[]string{"user: Go."}, map[string]string{"thinking": `{"type":"enabled","budget_tokens":2048}`, "temperature": ""},
	},
	{
		"thinking before a tool that must be called", `"messages":[{"role":"user","content":"Go."}],"reasoning_effort":"low","tool_choice":"required",
			"tools":[{"type":"function","function":{"name":"f"}}]`,
		[]string{"user: Go."}, map[string]string{"thinking": "", "tool_choice": `{"type":"any"}`},
	},
	{
		"thinking with less room than it needs", `"messages":[{"role":"user","content":"Go."}],"reasoning_effort":"high","max_completion_tokens":500`,
		[]string{"user: Go."}, map[string]string{"thinking": "", "max_tokens": "500"},
	},
	{
		"thinking with less room than it wants", `"messages":[{"role":"user","content":"Go."}],"reasoning_effort":"high","max_completion_tokens":4000`,
		[]string{"user: Go."}, map[string]string{"max_tokens": "4000"},
	},
	{
		"no thinking", `"messages":[{"role":"user","content":"Go."}],"reasoning_effort":"none"`,
		[]string{"user: Go."}, map[string]string{"output_config": ""},
	},
}

// TestCrossOpenAIHistories sends Claude what Claude takes: the vendor is as
// strict as Anthropic.
func TestCrossOpenAIHistories(t *testing.T) {
	t.Parallel()
	gw, v := startCross(t, anthropicWire{}, func(int, string) (vendorTurn, error) { return vendorTurn{Text: "Done."}, nil })
	client := newOpenAI(gw.URL() + "/v1")
	for n, tt := range openAIHistories {
		t.Run(tt.name, func(t *testing.T) { // Not parallel: the vendor counts its calls.
			var m openai.ChatCompletion
			body := json.RawMessage(`{"model":"` + crossModel + `",` + tt.members + `}`)
			if err := client.Post(t.Context(), "chat/completions", body, &m); err != nil {
				t.Fatal(err)
			}
			if c := firstChoice(t, &m); c.Message.Content != "Done." {
				t.Errorf("answer %q", c.Message.Content)
			}
			wantLines(t, v.transcript(t, n), tt.lines)
			v.want(t, n, tt.also)
		})
	}
}

// wantLines compares a transcript with lines in which ANY stands for a text, and
// ID1, ID2 for the ids of two calls in their order.
func wantLines(t *testing.T, got, want []string) {
	t.Helper()
	all := strings.Join(got, "\n")
	for i, call := range strings.Split(all, "call ")[1:] {
		id, _, _ := strings.Cut(call, " ")
		all = strings.ReplaceAll(all, id+" ", fmt.Sprintf("ID%d ", i+1))
	}
	wantAnyLines(t, strings.Split(all, "\n"), want)
}

// wantAnyLines compares a transcript with lines in which ANY stands for a text.
func wantAnyLines(t *testing.T, got, want []string) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		before, _, found := strings.Cut(want[i], "ANY")
		if found && strings.HasPrefix(got[i], before) && len(got[i]) > len(before) {
			got[i] = want[i]
		}
		got[i] = strings.TrimRight(got[i], " ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// anthropicHistories are conversations that Anthropic's API takes and OpenAI's
// would refuse as they are.
var anthropicHistories = []struct {
	name, members string
	lines         []string
	also          map[string]string
}{
	{
		"one role twice", `"messages":[{"role":"user","content":"One."},{"role":"user","content":[{"type":"text","text":"Two."}]}]`,
		[]string{"user: One.", "user: Two."}, nil,
	},
	{
		"results with nothing in them", `"messages":[{"role":"user","content":"Go."},
			{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"f","input":{}},{"type":"tool_use","id":"toolu_2","name":"f","input":{"a":1.0}}]},
			{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_2","content":[]},{"type":"tool_result","tool_use_id":"toolu_1"}]}],
			"tools":[{"name":"f","input_schema":{"type":"object"}}]`,
		[]string{"user: Go.", `assistant: call toolu_1 f {} | call toolu_2 f {"a":1.0}`, "tool toolu_2:", "tool toolu_1:"},
		map[string]string{"tools": `[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]`},
	},
	{
		"calls beside a tool of the vendor's", `"messages":[{"role":"user","content":"Go."},{"role":"assistant","content":[
			{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"x"}},
			{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[]},{"type":"text","text":"Found."}]},{"role":"user","content":"Go on."}]`,
		[]string{"user: Go.", "assistant: Found.", "user: Go on."}, nil,
	},
	{
		"thoughts and nothing else", `"messages":[{"role":"user","content":"Go."},{"role":"assistant","content":[
			{"type":"thinking","thinking":"Hm.","signature":"c2ln"},{"type":"redacted_thinking","data":"eA=="}]},{"role":"user","content":"Go on."}]`,
		[]string{"user: Go.", "assistant:", "user: Go on."}, nil,
	},
	{
		"marks for a cache", `"system":[{"type":"text","text":"You help.","cache_control":{"type":"ephemeral","ttl":"1h"}}],"cache_control":{"type":"ephemeral"},
			"messages":[{"role":"user","content":[{"type":"text","text":"Go.","cache_control":{"type":"ephemeral"}}]}],
			"tools":[{"name":"f","input_schema":{"type":"object","properties":{}},"cache_control":{"type":"ephemeral"}}]`,
		[]string{"system: You help.", "user: Go."}, nil,
	},
	{
		"what Claude Code sends besides", `"messages":[{"role":"user","content":"Go."}],"thinking":{"type":"adaptive","display":"omitted"},
			"output_config":{"effort":"high"},"context_management":{"edits":[{"type":"clear_thinking_20251015","keep":"all"}]},
			"metadata":{"user_id":"{\"device_id\":\"d\"}"}`,
		[]string{"user: Go."}, map[string]string{"user": `"{\"device_id\":\"d\"}"`, "context_management": "", "thinking": ""},
	},
	{
		"a choice without tools", `"messages":[{"role":"user","content":"Go."}],"tools":[],"tool_choice":{"type":"auto"}`,
		[]string{"user: Go."}, map[string]string{"tool_choice": "", "tools": ""},
	},
}

// TestCrossAnthropicHistories sends an OpenAI model what it takes.
func TestCrossAnthropicHistories(t *testing.T) {
	t.Parallel()
	gw, v := startCross(t, openAIWire{}, func(int, string) (vendorTurn, error) { return vendorTurn{Text: "Done."}, nil })
	client := newAnthropic(gw.URL())
	for n, tt := range anthropicHistories {
		t.Run(tt.name, func(t *testing.T) { // Not parallel: the vendor counts its calls.
			var m anthropic.Message
			body := json.RawMessage(`{"model":"` + crossModel + `","max_tokens":100,` + tt.members + `}`)
			if err := client.Post(t.Context(), "v1/messages", body, &m); err != nil {
				t.Fatal(err)
			}
			if anthropicText(&m) != "Done." {
				t.Errorf("answer %q", anthropicText(&m))
			}
			wantAnyLines(t, v.transcript(t, n), tt.lines)
			v.want(t, n, tt.also)
		})
	}
}
