package openai

import (
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"

	"github.com/llmgw/llmgw/pkg/llm"
)

// messages writes the conversation. A message with results becomes several.
func (e *encoder) messages(c *llm.Conversation) {
	e.lit(`,"messages":[`)
	e.members = append(e.members, "messages")
	first := len(e.dst)
	if len(c.System) > 0 {
		e.open(first, e.systemRole(), "")
		e.texts(c.System)
		e.lit("}")
	}
	for i := 0; i < len(c.Messages); i++ {
		m := &c.Messages[i]
		switch m.Role {
		case llm.User:
			all := withResults(c.Messages[i:])
			i += all.more
			e.user(first, &all.Message)
		case llm.Assistant:
			e.assistant(first, m)
		case llm.System:
			e.open(first, e.systemRole(), m.Name)
			e.content(e.sayable(m.Parts))
			e.lit("}")
		}
	}
	e.lit("]")
}

// turnOfUser is a message, and those behind it that are taken into it.
type turnOfUser struct {
	llm.Message
	more int
}

// withResults takes the results in the user's next messages into the first one:
// nothing may stand between the results of the calls of one turn.
func withResults(messages []llm.Message) turnOfUser {
	all := turnOfUser{Message: messages[0]}
	for _, m := range messages[1:] {
		if m.Role != llm.User || !slices.ContainsFunc(m.Parts, isResult) {
			break
		}
		all.Parts = append(slices.Clip(all.Parts), m.Parts...)
		all.more++
	}
	return all
}

func isResult(p llm.Part) bool {
	_, ok := p.(llm.ToolResult)
	return ok
}

// open begins a message up to its content; first is where the first one begins.
func (e *encoder) open(first int, role, name string) {
	if len(e.dst) > first {
		e.lit(",")
	}
	e.lit(`{"role":"`)
	e.lit(role)
	e.lit(`"`)
	if name != "" {
		e.lit(`,"name":`)
		e.str(name)
	}
	e.lit(`,"content":`)
}

func (e *encoder) systemRole() string {
	if e.quirks.SystemRole == "" {
		return "system"
	}
	return e.quirks.SystemRole
}

// user writes the results of tools, each in a message of its own, which has text
// only; then what else the message has, and what the results show.
func (e *encoder) user(first int, m *llm.Message) {
	var rest []llm.Part
	var shown []llm.Part
	results := 0
	for _, p := range m.Parts {
		r, ok := p.(llm.ToolResult)
		if !ok {
			rest = append(rest, p)
			continue
		}
		results++
		e.open(first, "tool", "")
		e.texts(e.result(&r, &shown))
		e.lit(`,"tool_call_id":`)
		e.str(e.callID(r.CallID))
		e.lit("}")
	}
	said := e.sayable(rest)
	if results > 0 && len(said) == 0 && len(shown) == 0 {
		return
	}
	e.open(first, "user", m.Name)
	e.content(append(shown, said...))
	e.lit("}")
}

// result gives the words of a result. OpenAI has none for a failure: the text
// says so. What is not text goes to shown, to be sent behind the results.
func (e *encoder) result(r *llm.ToolResult, shown *[]llm.Part) []llm.Text {
	var texts []llm.Text
	for _, p := range e.sayable(r.Parts) {
		if t, ok := p.(llm.Text); ok {
			texts = append(texts, t)
			continue
		}
		number := strconv.Itoa(len(*shown)/2 + 1)
		texts = append(texts, llm.Text{Text: "(attachment " + number + " below)"})
		*shown = append(*shown, llm.Text{Text: "Attachment " + number + ":"}, p)
	}
	if r.Failed && (len(texts) == 0 || !saysError(texts[0].Text)) {
		texts = append([]llm.Text{{Text: "Error:"}}, texts...)
	}
	if r.Cache != nil && len(texts) > 0 {
		texts[len(texts)-1].Cache = r.Cache
	}
	return texts
}

func saysError(s string) bool {
	const word = "error"
	return len(s) >= len(word) && strings.EqualFold(s[:len(word)], word)
}

// turn is what an assistant's message consists of on the wire.
type turn struct {
	texts    []llm.Text
	thoughts []string
	refusal  string
	calls    []llm.Part // ToolCall, or Foreign
	audio    []byte
}

// assistant writes an earlier answer.
func (e *encoder) assistant(first int, m *llm.Message) {
	t := e.turn(m.Parts)
	e.open(first, "assistant", m.Name)
	switch {
	case len(t.texts) > 0:
		e.texts(t.texts)
	case t.calls != nil || t.refusal != "" || t.audio != nil:
		e.lit("null")
	default:
		e.lit(`""`)
	}
	if t.refusal != "" {
		e.lit(`,"refusal":`)
		e.str(t.refusal)
	}
	if t.audio != nil {
		e.lit(`,"audio":`)
		e.dst = append(e.dst, t.audio...)
	}
	if member := e.quirks.ReplayReasoning; member != "" && t.thoughts != nil {
		e.lit(",")
		e.str(member)
		e.lit(":")
		e.str(strings.Join(t.thoughts, ""))
	}
	if t.calls != nil {
		e.calls(t.calls)
	}
	e.lit("}")
}

func (e *encoder) turn(parts []llm.Part) turn {
	var t turn
	for _, p := range parts {
		switch p := p.(type) {
		case llm.Thinking:
			t.thoughts = append(t.thoughts, p.Text)
		case llm.Redacted:
			// A token of its vendor, of no use to another one.
		case llm.Refusal:
			if e.compatible {
				t.texts = append(t.texts, llm.Text{Text: p.Text})
			} else {
				t.refusal += p.Text
			}
		case llm.ToolCall:
			t.calls = append(t.calls, p)
		case llm.Foreign:
			e.foreign(&t, p)
		default:
			t.texts = append(t.texts, e.words(p)...)
		}
	}
	return t
}

// foreign keeps what OpenAI itself has for a turn.
func (e *encoder) foreign(t *turn, p llm.Foreign) {
	switch {
	case p.From != llm.OpenAI:
		e.losses.Hint("messages." + p.Kind)
	case p.Kind == "audio":
		t.audio = p.Raw
	case p.Kind == "custom":
		t.calls = append(t.calls, p)
	default:
		e.losses.Hint("messages." + p.Kind)
	}
}

// words gives the text of a part of an assistant's message, which may have
// nothing else.
func (e *encoder) words(p llm.Part) []llm.Text {
	var texts []llm.Text
	for _, p := range e.sayable([]llm.Part{p}) {
		if t, ok := p.(llm.Text); ok {
			texts = append(texts, t)
		} else {
			e.fail(e.losses.Refuse("messages", "the provider takes no images or files in an assistant's message"))
		}
	}
	return texts
}

func (e *encoder) calls(calls []llm.Part) {
	e.lit(`,"tool_calls":`)
	for i, p := range calls {
		e.lit(separator(i))
		switch p := p.(type) {
		case llm.ToolCall:
			e.dst = append(appendCall(e.dst, e.callID(p.ID), &p), '}')
		case llm.Foreign:
			e.dst = append(e.dst, p.Raw...)
		}
	}
	e.lit("]")
}

// maxCallID is the longest id of a call that OpenAI itself takes (its message for
// longer ones, as of 2026-11).
const maxCallID = 40

// callID gives an id that the vendor takes: the same for a call and its result,
// in this request and in all others.
func (e *encoder) callID(id string) string {
	length := e.quirks.ToolIDLength
	switch {
	case length == 0 && (e.compatible || len(id) <= maxCallID):
		return id
	case length > 0 && len(id) == length && isAlphanumeric(id):
		return id
	case length == 0:
		length = maxCallID
	}
	return hashID(id, length)
}

func isAlphanumeric(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// hashID makes an id of letters and digits out of what tells two things apart.
func hashID(of string, length int) string {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	id := make([]byte, 0, length)
	for sum := sha256.Sum256([]byte(of)); len(id) < length; sum = sha256.Sum256(sum[:]) {
		for _, b := range sum[:min(len(sum), length-len(id))] {
			id = append(id, alphabet[int(b)%len(alphabet)])
		}
	}
	return string(id)
}
