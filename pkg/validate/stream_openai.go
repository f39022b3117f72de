package validate

import (
	"encoding/json"
	"strings"
)

// chatStream reads a stream of chat completions.
type chatStream struct {
	r         reply
	arguments []strings.Builder // of each call
	done      bool
}

// maxCalls bounds the calls of the one tool that is asked for once.
const maxCalls = 64

func newChatStream() streamReader {
	return &chatStream{r: reply{usage: unsaid()}, arguments: make([]strings.Builder, maxCalls)}
}

const openAIDone = "[DONE]"

func (s *chatStream) frame(_, data []byte) (content bool, bad *issue) {
	if s.done {
		return false, failure(CodeGrammar, hintServer, "the stream goes on after %s: %s", openAIDone, clip(string(data)))
	}
	if string(data) == openAIDone {
		s.done = true
		return false, nil
	}
	var chunk struct {
		Choices []struct {
			Index        int           `json:"index"`
			Delta        openAIMessage `json:"delta"`
			FinishReason string        `json:"finish_reason"`
		} `json:"choices"`
		Usage *openAIUsage    `json:"usage"`
		Error json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(data, &chunk); err != nil {
		return false, failure(CodeGrammar, hintServer, "a chunk of the stream cannot be read: %v: %s", err, clip(string(data)))
	}
	if len(chunk.Error) > 0 && string(chunk.Error) != "null" {
		return false, streamFailed(chunk.Error)
	}
	if chunk.Usage != nil {
		s.r.usage = chunk.Usage.usage()
	}
	for i := range chunk.Choices {
		c := &chunk.Choices[i]
		if c.Index != 0 {
			return false, failure(CodeGrammar, hintServer, "the stream has a choice %d that nobody asked for", c.Index)
		}
		content = s.delta(&c.Delta) || content
		if c.FinishReason != "" {
			s.r.stop, s.r.length = c.FinishReason, c.FinishReason == finishLength
		}
	}
	return content, nil
}

// delta takes a piece of the message.
func (s *chatStream) delta(d *openAIMessage) (content bool) {
	s.r.text = s.r.text || d.says()
	s.r.thought = s.r.thought || d.thinks()
	for i := range d.ToolCalls {
		c := &d.ToolCalls[i]
		if c.Index < 0 || c.Index >= len(s.arguments) {
			continue
		}
		for len(s.r.calls) <= c.Index {
			s.r.calls = append(s.r.calls, toolCall{})
		}
		if c.Function.Name != "" {
			s.r.calls[c.Index].name = c.Function.Name
		}
		text, _ := c.arguments()
		s.arguments[c.Index].WriteString(text)
	}
	return d.says() || d.thinks() || len(d.ToolCalls) > 0
}

func (s *chatStream) end() (reply, *issue) {
	for i := range s.r.calls {
		s.r.calls[i].arguments = s.arguments[i].String()
	}
	switch {
	case s.done:
		return s.r, nil
	case s.r.stop == "":
		return s.r, streamCut()
	default:
		return s.r, failure(CodeCut, hintServer, "the stream ends without %s: clients take it for cut", openAIDone)
	}
}

// streamFailed is the issue of a stream that reports a failure.
func streamFailed(raw json.RawMessage) *issue {
	said := string(raw)
	var e struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(raw, &e) == nil && e.Message != "" {
		said = e.Message
	}
	bad := failure(CodeStreamError, "see the log of the gateway for the provider's words", "the stream failed: %s", clip(said))
	bad.said = clip(said)
	return bad
}

// streamCut is the issue of a stream that just ends.
func streamCut() *issue {
	return failure(CodeCut, "see whether a proxy on the way cuts long answers, and the log of the gateway", "the stream was cut before the answer was whole")
}
