package providertest

import (
	"fmt"
	"strings"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider"
)

// What the mock of a row says in a chat, in pieces that are streamed one by one.
// Numbers in arguments have to keep their spelling.
var (
	rowThoughts  = []string{"Let me ", "think."}
	rowTexts     = []string{"Grüße", " 👋"}
	rowArguments = []string{`{"city":`, `"Köln",`, `"days":1.0}`}
)

const (
	rowCall = "call_abc1"
	rowTool = "weather"
	rowHead = `"id":"chatcmpl-1","created":1,"model":"m-1",`
)

// conversations are those of the subject: of its row of the table, where it has
// one.
func (s Subject) conversations() map[llm.Op]Conversation {
	all := Conversations(s.Dialect)
	if s.Row == nil {
		return all
	}
	for op, c := range all {
		c.Refusal = refusalOf(s.Row.Answers.Error)
		c.Fault = "data: " + c.Refusal + "\n\n"
		all[op] = c
	}
	all[llm.OpChat] = rowChat(&s.Row.Answers, all[llm.OpChat])
	return all
}

// refusalOf is the report of an error in one of the shapes of the table.
func refusalOf(shape string) string {
	const words = `"the vendor's words"`
	switch shape {
	case "numeric":
		return `{"error":{"message":` + words + `,"type":"some_error","code":499}}`
	case "string":
		return `{"code":"Some error","error":` + words + `}`
	case "message":
		return `{"message":` + words + `}`
	case "detail":
		return `{"detail":` + words + `}`
	case "mistral":
		return `{"object":"error","message":` + words + `,"type":"some_error","param":null,"code":"1300"}`
	default:
		return `{"error":{"message":` + words + `,"type":"some_error","param":null,"code":null}}`
	}
}

// rowChat is the answer that a row's vendor gives to the request of base: thoughts,
// if it has any, a text and the call of a tool.
func rowChat(a *provider.Answers, base Conversation) Conversation {
	usage, text := rowUsage(a)
	base.Meta = llm.Meta{Usage: usage, StopReason: "tool_calls", ID: "chatcmpl-1", Model: "m-1"}
	base.StreamMeta = base.Meta
	message := `{"role":"assistant",` + rowMessage(a, strings.Join(rowThoughts, ""), strings.Join(rowTexts, "")) +
		`,"tool_calls":[` + rowCallPiece(strings.Join(rowArguments, ""), true) + `]}`
	base.Answer = `{` + rowHead + `"object":"chat.completion","choices":[{"index":0,"message":` + message +
		`,"finish_reason":"tool_calls"}],"usage":` + text + `,"new_member":1.0}`
	base.Frames, base.UsageFrame = rowFrames(a, text)
	base.Parts = rowParts(a)
	return base
}

// rowParts are what the answer says in the gateway's words.
func rowParts(a *provider.Answers) []llm.Part {
	var parts []llm.Part
	if a.Reasoning != "" {
		parts = append(parts, llm.Thinking{Text: strings.Join(rowThoughts, "")})
	}
	return append(parts,
		llm.Text{Text: strings.Join(rowTexts, "")},
		llm.ToolCall{ID: rowCall, Name: rowTool, Arguments: strings.Join(rowArguments, "")},
	)
}

// rowUsage is what was used, and how the vendor writes that.
func rowUsage(a *provider.Answers) (llm.Usage, string) {
	const (
		input, output, cached, reasoning = 20, 12, 8, 4
		format                           = `{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,` +
			`"prompt_tokens_details":{"cached_tokens":%d},"completion_tokens_details":{"reasoning_tokens":%d}}`
	)
	written := output
	if a.ReasoningApart {
		written -= reasoning
	}
	return llm.Usage{Input: input, Output: output, CacheRead: cached, Reasoning: reasoning, Reported: true},
		fmt.Sprintf(format, input, written, input+output, cached, reasoning)
}

// rowMessage writes the members of a message, or of a delta, with a thought and a
// text; what is "" is not there.
func rowMessage(a *provider.Answers, thought, text string) string {
	var members, parts []string
	switch {
	case thought == "" || a.Reasoning == "":
	case a.Reasoning == "thinking":
		parts = append(parts, `{"type":"thinking","thinking":[{"type":"text","text":"`+thought+`"}]}`)
	default:
		members = append(members, `"`+a.Reasoning+`":"`+thought+`"`)
	}
	switch {
	case a.Content == "parts":
		if text != "" {
			parts = append(parts, `{"type":"text","text":"`+text+`"}`)
		}
		members = append(members, `"content":[`+strings.Join(parts, ",")+`]`)
	case text != "":
		members = append(members, `"content":"`+text+`"`)
	default:
		members = append(members, `"content":null`)
	}
	return strings.Join(members, ",")
}

// rowCallPiece writes a piece of the call; the first one names it.
func rowCallPiece(arguments string, first bool) string {
	quoted := `"` + strings.ReplaceAll(arguments, `"`, `\"`) + `"`
	if !first {
		return `{"index":0,"function":{"arguments":` + quoted + `}}`
	}
	return `{"index":0,"id":"` + rowCall + `","type":"function","function":{"name":"` + rowTool + `","arguments":` + quoted + `}}`
}

// rowFrames are the frames of the streamed answer, and the index of the one with
// nothing but usage, or -1.
func rowFrames(a *provider.Answers, usage string) (frames []string, usageFrame int) {
	w := &frameWriter{every: a.Usage == "every", usage: usage}
	w.delta(`"role":"assistant","content":""`)
	w.frames = append(w.frames, ": a comment\n\n")
	if a.Reasoning != "" {
		for _, t := range rowThoughts {
			w.delta(rowMessage(a, t, ""))
		}
	}
	for _, t := range rowTexts {
		w.delta(rowMessage(a, "", t))
	}
	pieces := rowArguments
	if a.WholeArguments {
		pieces = []string{strings.Join(rowArguments, "")}
	}
	for i, p := range pieces {
		w.delta(`"tool_calls":[` + rowCallPiece(p, i == 0) + `]`)
	}
	usageFrame = w.end(a.Usage)
	if a.EndsWithDone() {
		w.frames = append(w.frames, "data: [DONE]\n\n")
	}
	return w.frames, usageFrame
}

// frameWriter collects frames.
type frameWriter struct {
	frames []string
	every  bool // usage stands in each frame
	usage  string
}

// delta adds a frame with the members of a delta.
func (w *frameWriter) delta(members string) {
	w.chunk(`[{"index":0,"delta":{`+members+`},"finish_reason":null}]`, "")
}

func (w *frameWriter) chunk(choices, more string) {
	if w.every && more == "" {
		more = `,"usage":` + w.usage
	}
	w.frames = append(w.frames, `data: {`+rowHead+`"object":"chat.completion.chunk","choices":`+choices+more+"}\n\n")
}

// end adds the last frames, with the usage in its place.
func (w *frameWriter) end(place string) (usageFrame int) {
	const last = `[{"index":0,"delta":{},"finish_reason":"tool_calls"}]`
	switch place {
	case "last", "every":
		w.chunk(last, `,"usage":`+w.usage)
		return -1
	case "x_groq":
		w.chunk(last, `,"x_groq":{"id":"req_1","usage":`+w.usage+`}`)
	default:
		w.chunk(last, "")
	}
	w.chunk(`[]`, `,"usage":`+w.usage)
	return len(w.frames) - 1
}
