package openai

import (
	"crypto/rand"
	"strconv"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
)

// choice is an element of the list of choices; nil is absent.
type choice struct {
	index                int64
	message, delta, text []byte
}

// firstChoice reads the choice with index 0, or without an index.
func firstChoice(list []byte) (c choice, ok bool) {
	for l := toplevel.Array(list); l.Next(); {
		c = choice{}
		for m := toplevel.Object(l.Value()); m.Next(); {
			switch string(m.Name()) {
			case "index":
				c.index, _ = toplevel.Int(m.Value())
			case "message":
				c.message = m.Value()
			case "delta":
				c.delta = m.Value()
			case "text":
				c.text = m.Value()
			}
		}
		if c.index == 0 {
			return c, true
		}
	}
	return choice{}, false
}

// piece is a message of an answer, or a delta of one: its members as they stand
// there; nil is absent.
type piece struct {
	content, refusal, audio []byte
	// reasoning is reasoning_content or reasoning: DeepSeek and those who follow it
	// use the former, OpenRouter, Groq and Ollama the latter, some both.
	reasoning               []byte
	details, blocks         []byte
	toolCalls, functionCall []byte
}

func readPiece(v []byte) piece {
	var p piece
	for m := toplevel.Object(v); m.Next(); {
		switch string(m.Name()) {
		case "content":
			p.content = m.Value()
		case "refusal":
			p.refusal = m.Value()
		case "audio":
			p.audio = m.Value()
		case "reasoning_content", "reasoning":
			if !saysNothing(m.Value()) {
				p.reasoning = m.Value()
			}
		case "reasoning_details":
			p.details = m.Value()
		case "thinking_blocks":
			p.blocks = m.Value()
		case "tool_calls":
			p.toolCalls = m.Value()
		case "function_call":
			p.functionCall = m.Value()
		}
	}
	return p
}

// saysNothing reports whether v is no string, or an empty one.
func saysNothing(v []byte) bool { return len(v) <= len(`""`) || !toplevel.IsString(v) }

// wireCall is a call of a tool, or a piece of one.
type wireCall struct {
	index     int64
	indexed   bool
	id, name  []byte
	arguments []byte
	extra     []byte
	custom    bool // a call of something else than a function
}

func readCall(v []byte) wireCall {
	var c wireCall
	for m := toplevel.Object(v); m.Next(); {
		switch string(m.Name()) {
		case "index":
			c.index, c.indexed = toplevel.Int(m.Value())
		case "id":
			c.id = m.Value()
		case "type":
			c.custom = string(m.Value()) == `"custom"`
		case "function":
			c.readFunction(m.Value())
		case "extra_content":
			c.extra = m.Value()
		}
	}
	return c
}

func (c *wireCall) readFunction(v []byte) {
	for m := toplevel.Object(v); m.Next(); {
		switch string(m.Name()) {
		case "name":
			c.name = m.Value()
		case "arguments":
			c.arguments = m.Value()
		}
	}
}

// empty reports whether nothing is called: some vendors send all members always.
func (c *wireCall) empty() bool {
	return saysNothing(c.id) && saysNothing(c.name) && noArguments(c.arguments)
}

// noArguments reports whether v, the arguments of a call, says nothing.
func noArguments(v []byte) bool {
	return len(v) == 0 || string(v) == `""` || toplevel.IsNull(v)
}

// appendArguments appends the text of arguments: what a string says, or JSON that
// stands in place of a string.
func appendArguments(dst, v []byte) []byte {
	if noArguments(v) {
		return dst
	}
	if text, ok := toplevel.AppendUnquoted(dst, v); ok {
		return text
	}
	return append(dst, v...)
}

// madeID is the id of the n-th call of an answer that gives it none. Clients send
// it back beside those of other answers: it must not occur twice.
func madeID(answer string, n int) string {
	const length = 24
	if answer == "" {
		answer = rand.Text()
	}
	return "call_" + hashID(answer+"/"+strconv.Itoa(n), length)
}
