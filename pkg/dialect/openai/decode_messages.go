package openai

import "github.com/llmgw/llmgw/pkg/llm"

// wireMessage is a message as it stands in a body; nil is absent, or null.
type wireMessage struct {
	role, name, callID         string
	content, refusal           []byte
	toolCalls, functionCall    []byte
	audio, cache               []byte
	reasoning, details, blocks []byte
}

func (d *chatDecoder) messages(v []byte) error {
	d.c.System, d.c.Messages, d.results = nil, nil, false
	return each(v, func(v []byte) error {
		m, err := d.wireMessage(v)
		if err != nil {
			return err
		}
		return d.message(m)
	})
}

func (d *chatDecoder) wireMessage(v []byte) (*wireMessage, error) {
	o, err := objectOf(v)
	if err != nil {
		return nil, err
	}
	m := &wireMessage{}
	for o.Next() && err == nil {
		switch name := string(o.Name()); name {
		case "role":
			err = within(name, d.textTo(&m.role, o.Value()))
		case "name":
			err = within(name, d.textTo(&m.name, o.Value()))
		case "tool_call_id":
			err = within(name, d.textTo(&m.callID, o.Value()))
		default:
			m.keep(name, o.Value())
		}
	}
	if err == nil {
		err = o.Broken()
	}
	return m, err
}

// keep keeps what is read when the role is known.
func (m *wireMessage) keep(name string, v []byte) {
	switch name {
	case "content":
		m.content = v
	case "refusal":
		m.refusal = v
	case "tool_calls":
		m.toolCalls = v
	case "function_call":
		m.functionCall = v
	case "audio":
		m.audio = v
	case "cache_control":
		m.cache = v
	case "reasoning_content", "reasoning":
		m.reasoning = v
	case "reasoning_details":
		m.details = v
	case "thinking_blocks":
		m.blocks = v
	}
}

func (d *chatDecoder) message(m *wireMessage) error {
	results := d.results
	d.results = m.role == "tool" || m.role == "function"
	switch m.role {
	case "system", "developer":
		return d.system(m)
	case "user":
		parts, err := d.content(m.content)
		if err == nil {
			err = d.markLast(parts, m.cache)
		}
		d.add(llm.User, m.name, parts)
		return err
	case "assistant":
		return d.assistant(m)
	case "tool", "function":
		r, err := d.result(m)
		if err != nil {
			return err
		}
		if results {
			last := &d.c.Messages[len(d.c.Messages)-1]
			last.Parts = append(last.Parts, r)
			return nil
		}
		d.add(llm.User, "", []llm.Part{r})
		return nil
	case "":
		return within("role", wrong("is missing"))
	default:
		return within("role", wrong(`must be "system", "developer", "user", "assistant" or "tool"`))
	}
}

func (d *chatDecoder) add(role llm.Role, name string, parts []llm.Part) {
	d.c.Messages = append(d.c.Messages, llm.Message{Role: role, Name: name, Parts: parts})
}

// system reads instructions: those before the first message stand apart.
func (d *chatDecoder) system(m *wireMessage) error {
	parts, err := d.content(m.content)
	if err == nil {
		err = d.markLast(parts, m.cache)
	}
	if err != nil {
		return err
	}
	for _, p := range parts {
		if _, ok := p.(llm.Text); !ok {
			return within("content", wrong("instructions may have text only"))
		}
	}
	if len(d.c.Messages) > 0 {
		d.add(llm.System, m.name, parts)
		return nil
	}
	for _, p := range parts {
		text, _ := p.(llm.Text)
		d.c.System = append(d.c.System, text)
	}
	return nil
}

// assistant reads an earlier answer: what was thought, what was said, the calls.
func (d *chatDecoder) assistant(m *wireMessage) error {
	parts, err := d.thoughts(m)
	if err != nil {
		return err
	}
	said, err := d.content(m.content)
	if err != nil {
		return err
	}
	parts = append(parts, said...)
	if text, ok := d.text(m.refusal); ok && text != "" {
		parts = append(parts, llm.Refusal{Text: text})
	}
	if m.audio != nil {
		// The id of an answer that was spoken: the vendor that has it can say it again.
		raw, err := rawOf(m.audio)
		if err != nil {
			return within("audio", err)
		}
		parts = append(parts, llm.Foreign{From: llm.OpenAI, Kind: "audio", Raw: raw})
	}
	calls, err := d.calls(m)
	if err != nil {
		return err
	}
	parts = append(parts, calls...)
	if err := d.markLast(parts, m.cache); err != nil {
		return err
	}
	d.add(llm.Assistant, m.name, parts)
	return nil
}

// result reads what a tool gave, or in the legacy form a function.
func (d *chatDecoder) result(m *wireMessage) (llm.Part, error) {
	r := llm.ToolResult{CallID: m.callID}
	if m.role == "function" {
		r.CallID = d.functionID(m.name)
	}
	if r.CallID == "" {
		return nil, within("tool_call_id", wrong("is missing: name the call that this is the result of"))
	}
	parts, err := d.content(m.content)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		switch p.(type) {
		case llm.Text, llm.Media:
		default:
			return nil, within("content", wrong("a result may have text, images and files only"))
		}
	}
	r.Parts = parts
	if m.cache != nil {
		err = within("cache_control", d.mark(&r.Cache, m.cache))
	}
	return r, err
}

// functionID is the id of the latest call of a function in the legacy form,
// which has none.
func (d *chatDecoder) functionID(name string) string {
	if id, ok := d.functions[name]; ok {
		return id
	}
	return "call_" + name
}

// markLast puts the mark of a message on its last part.
func (d *chatDecoder) markLast(parts []llm.Part, v []byte) error {
	if v == nil || len(parts) == 0 {
		return nil
	}
	var mark *llm.CacheMark
	if err := d.mark(&mark, v); err != nil {
		return within("cache_control", err)
	}
	switch p := parts[len(parts)-1].(type) {
	case llm.Text:
		p.Cache = mark
		parts[len(parts)-1] = p
	case llm.Media:
		p.Cache = mark
		parts[len(parts)-1] = p
	case llm.ToolCall:
		p.Cache = mark
		parts[len(parts)-1] = p
	}
	return nil
}
