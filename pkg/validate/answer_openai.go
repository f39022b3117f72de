package validate

import (
	"encoding/json"
)

// openAIUsage is the usage of OpenAI's dialect.
type openAIUsage struct {
	Prompt     int64 `json:"prompt_tokens"`
	Completion int64 `json:"completion_tokens"`
}

func (u *openAIUsage) usage() usage {
	if u == nil {
		return unsaid()
	}
	return usage{u.Prompt, u.Completion}
}

// openAIMessage is a message or a delta of one.
type openAIMessage struct {
	Content          json.RawMessage `json:"content"`
	Refusal          string          `json:"refusal"`
	Reasoning        string          `json:"reasoning"`
	ReasoningContent string          `json:"reasoning_content"`
	ToolCalls        []openAICall    `json:"tool_calls"`
}

type openAICall struct {
	Index    int `json:"index"`
	Function struct {
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
	} `json:"function"`
}

// arguments are the text of the arguments; what is no string stays as it is, so
// that it is told.
func (c *openAICall) arguments() (text string, isText bool) {
	if len(c.Function.Arguments) == 0 || string(c.Function.Arguments) == "null" {
		return "", true
	}
	if json.Unmarshal(c.Function.Arguments, &text) != nil {
		return string(c.Function.Arguments), false
	}
	return text, true
}

// says reports whether the message has a text.
func (m *openAIMessage) says() bool {
	switch string(m.Content) {
	case "", "null", `""`, "[]":
		return m.Refusal != ""
	default:
		return true
	}
}

// thinks reports whether the message has thoughts.
func (m *openAIMessage) thinks() bool { return m.Reasoning != "" || m.ReasoningContent != "" }

// finishLength is how OpenAI's dialect says that an answer ended at its limit.
const finishLength = "length"

// readChat reads an answer of chat completions.
func readChat(body []byte) (reply, *issue) {
	var a struct {
		Choices []struct {
			Message      openAIMessage `json:"message"`
			FinishReason string        `json:"finish_reason"`
		} `json:"choices"`
		Usage *openAIUsage `json:"usage"`
	}
	if bad := decode(body, &a); bad != nil {
		return reply{}, bad
	}
	if len(a.Choices) == 0 {
		return reply{}, failure(CodeMalformed, hintServer, "the answer has no choices: %s", clip(string(body)))
	}
	c := &a.Choices[0]
	r := reply{
		text: c.Message.says(), thought: c.Message.thinks(), stop: c.FinishReason, length: c.FinishReason == finishLength,
		usage: a.Usage.usage(),
	}
	for i := range c.Message.ToolCalls {
		call := &c.Message.ToolCalls[i]
		text, isText := call.arguments()
		if !isText {
			return r, failure(CodeToolArguments, hintServer, "the arguments of the tool call are not a text, as OpenAI's dialect has them: %s", clip(text))
		}
		r.calls = append(r.calls, toolCall{call.Function.Name, text})
	}
	return r, nil
}

// readCompletion reads an answer of the legacy completions.
func readCompletion(body []byte) (reply, *issue) {
	var a struct {
		Choices []struct {
			Text         string `json:"text"`
			FinishReason string `json:"finish_reason"`
		} `json:"choices"`
		Usage *openAIUsage `json:"usage"`
	}
	if bad := decode(body, &a); bad != nil {
		return reply{}, bad
	}
	if len(a.Choices) == 0 {
		return reply{}, failure(CodeMalformed, hintServer, "the answer has no choices: %s", clip(string(body)))
	}
	c := &a.Choices[0]
	return reply{text: c.Text != "", stop: c.FinishReason, length: c.FinishReason == finishLength, usage: a.Usage.usage()}, nil
}

// readEmbedding reads an answer with vectors: lists of numbers, or base64.
func readEmbedding(body []byte) (reply, *issue) {
	var a struct {
		Data []struct {
			Embedding json.RawMessage `json:"embedding"`
		} `json:"data"`
		Usage *openAIUsage `json:"usage"`
	}
	if bad := decode(body, &a); bad != nil {
		return reply{}, bad
	}
	r := reply{usage: a.Usage.usage()}
	if len(a.Data) == 0 {
		return r, nil
	}
	var numbers []json.Number
	var text []byte // base64
	if json.Unmarshal(a.Data[0].Embedding, &numbers) == nil {
		r.vector = len(numbers)
	} else if json.Unmarshal(a.Data[0].Embedding, &text) == nil {
		const width = 4 // of a float32
		r.vector = len(text) / width
	}
	return r, nil
}

// decode reads a JSON answer. One that is an error in spite of its status is told
// as such.
func decode(body []byte, into any) *issue {
	if err := json.Unmarshal(body, into); err != nil {
		return failure(CodeMalformed, hintServer, "the answer cannot be read: %v: %s", err, clip(string(body)))
	}
	var e struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(body, &e) == nil && len(e.Error) > 0 && string(e.Error) != "null" {
		return failure(CodeStatus, "see what it says", "the answer is an error in spite of its status: %s", clip(string(e.Error)))
	}
	return nil
}
