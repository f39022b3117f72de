package validate

import (
	"encoding/json"
	"fmt"
	"strings"
)

// messageStream reads a stream of the Messages API and checks that its events come
// in their order: clients build the message by it.
type messageStream struct {
	r       reply
	started bool
	open    bool // a block is
	index   int  // of the block that is open, or the next
	tool    bool // the open block is a call
	input   strings.Builder
	delta   bool // message_delta has come
	stopped bool
}

func newMessageStream() streamReader { return &messageStream{r: reply{usage: unsaid()}} }

// anthropicEvent is an event of a stream, as far as it is looked at.
type anthropicEvent struct {
	Type    string `json:"type"`
	Index   int    `json:"index"`
	Message struct {
		Usage *anthropicUsage `json:"usage"`
	} `json:"message"`
	Block anthropicBlock `json:"content_block"`
	Delta struct {
		Type       string `json:"type"`
		Text       string `json:"text"`
		Thinking   string `json:"thinking"`
		Partial    string `json:"partial_json"`
		StopReason string `json:"stop_reason"`
	} `json:"delta"`
	Usage *anthropicUsage `json:"usage"`
	Error json.RawMessage `json:"error"`
}

func (s *messageStream) frame(event, data []byte) (content bool, bad *issue) {
	var e anthropicEvent
	if err := json.Unmarshal(data, &e); err != nil {
		if len(event) == 0 {
			return false, nil // Anthropic's clients skip what has no name
		}
		return false, failure(CodeGrammar, hintServer, "an event of the stream cannot be read: %v: %s", err, clip(string(data)))
	}
	switch {
	case e.Type == "error":
		return false, streamFailed(e.Error)
	case string(event) != e.Type:
		return false, failure(CodeGrammar, "clients go by the event's name and would skip it",
			"an event of the type %q has the name %q", clip(e.Type), clip(string(event)))
	case e.Type == "ping":
		return false, nil
	case s.stopped:
		return false, outOfOrder(e.Type, "after message_stop")
	case !s.started && e.Type != "message_start":
		return false, outOfOrder(e.Type, "before message_start")
	}
	return s.event(&e)
}

func (s *messageStream) event(e *anthropicEvent) (content bool, bad *issue) {
	switch e.Type {
	case "message_start":
		if s.started {
			return false, outOfOrder(e.Type, "a second time")
		}
		s.started, s.r.usage = true, e.Message.Usage.onto(s.r.usage)
	case "content_block_start":
		if s.open || e.Index != s.index {
			return false, outOfOrder(e.Type, fmt.Sprintf("with the index %d, where block %d is open or due", e.Index, s.index))
		}
		s.begin(&e.Block)
		return e.Block.Type == blockTool, nil
	case "content_block_delta", "content_block_stop":
		if !s.open || e.Index != s.index {
			return false, outOfOrder(e.Type, fmt.Sprintf("for block %d, which is not open", e.Index))
		}
		if e.Type == "content_block_stop" {
			s.finish()
			return false, nil
		}
		return s.piece(e)
	case "message_delta":
		if s.open {
			return false, outOfOrder(e.Type, "while a block is open")
		}
		s.delta = true
		s.r.usage = e.Usage.onto(s.r.usage)
		if e.Delta.StopReason != "" {
			s.r.stop, s.r.length = e.Delta.StopReason, e.Delta.StopReason == stopMaxTokens
		}
	case "message_stop":
		if s.open || !s.delta {
			return false, outOfOrder(e.Type, "before message_delta, or while a block is open")
		}
		s.stopped = true
	}
	return false, nil // types that nobody knows are to be skipped
}

// begin opens a block.
func (s *messageStream) begin(b *anthropicBlock) {
	s.open, s.tool = true, b.Type == blockTool
	s.input.Reset()
	s.r.text = s.r.text || b.Text != ""
	switch b.Type {
	case blockThinking, blockRedacted:
		s.r.thought = true
	case blockTool:
		s.r.calls = append(s.r.calls, toolCall{name: b.Name, arguments: string(b.Input)})
	}
}

// piece takes a delta of the open block.
func (s *messageStream) piece(e *anthropicEvent) (content bool, bad *issue) {
	d := &e.Delta
	if d.Type == "input_json_delta" && !s.tool || d.Type == "text_delta" && s.tool {
		return false, outOfOrder(d.Type, "in a block of another type")
	}
	s.r.text = s.r.text || d.Text != ""
	s.r.thought = s.r.thought || d.Thinking != ""
	s.input.WriteString(d.Partial)
	return d.Text != "" || d.Thinking != "" || d.Partial != "", nil
}

// finish closes a block. What its deltas brought replaces the input it began with.
func (s *messageStream) finish() {
	if s.tool && s.input.Len() > 0 {
		s.r.calls[len(s.r.calls)-1].arguments = s.input.String()
	}
	s.open = false
	s.index++
}

func (s *messageStream) end() (reply, *issue) {
	if !s.stopped {
		return s.r, streamCut()
	}
	return s.r, nil
}

func outOfOrder(event, where string) *issue {
	return failure(CodeGrammar, hintServer, "the stream is out of order: %s comes %s", clip(event), where)
}
