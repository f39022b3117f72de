package openai

import (
	"strconv"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// calls reads the calls of tools in an assistant's message.
func (d *chatDecoder) calls(m *wireMessage) ([]llm.Part, error) {
	var parts []llm.Part
	if m.toolCalls != nil {
		err := each(m.toolCalls, func(v []byte) error {
			p, err := d.call(v)
			parts = append(parts, p)
			return err
		})
		if err != nil {
			return nil, within("tool_calls", err)
		}
	}
	if m.functionCall != nil && len(parts) == 0 {
		call, err := d.function(m.functionCall)
		if err != nil {
			return nil, within("function_call", err)
		}
		if d.functions == nil {
			d.functions = map[string]string{}
		}
		call.ID = "call_" + call.Name + "_" + strconv.Itoa(len(d.c.Messages))
		d.functions[call.Name] = call.ID
		parts = append(parts, call)
	}
	return parts, nil
}

// call reads an element of tool_calls.
func (d *chatDecoder) call(v []byte) (llm.Part, error) {
	o, err := objectOf(v)
	if err != nil {
		return nil, err
	}
	var id, kind, signature string
	var function, mark []byte
	for o.Next() && err == nil {
		switch name := string(o.Name()); name {
		case "id":
			err = within(name, d.textTo(&id, o.Value()))
		case "type":
			err = within(name, d.textTo(&kind, o.Value()))
		case "function":
			function = o.Value()
		case "cache_control":
			mark = o.Value()
		case "extra_content":
			signature, _ = d.text(toplevel.Find(toplevel.Find(o.Value(), "google"), "thought_signature"))
		}
	}
	switch {
	case err != nil:
		return nil, err
	case o.Broken() != nil:
		return nil, o.Broken()
	case id == "":
		return nil, within("id", wrong("is missing"))
	case kind != "" && kind != "function":
		raw, err := rawOf(v)
		return llm.Foreign{From: llm.OpenAI, Kind: kind, Raw: raw}, err
	}
	call, err := d.function(function)
	if err != nil {
		return nil, within("function", err)
	}
	call.ID, call.Signature = id, signature
	if mark != nil {
		err = within("cache_control", d.mark(&call.Cache, mark))
	}
	return call, err
}

// function reads name and arguments of a call. Arguments that are JSON in place
// of a string of it stay as they are written.
func (d *chatDecoder) function(v []byte) (llm.ToolCall, error) {
	var c llm.ToolCall
	o, err := objectOf(v)
	if err != nil {
		return c, err
	}
	for o.Next() && err == nil {
		switch name := string(o.Name()); {
		case name == "name":
			err = within(name, d.textTo(&c.Name, o.Value()))
		case name == "arguments" && toplevel.IsString(o.Value()):
			err = within(name, d.textTo(&c.Arguments, o.Value()))
		case name == "arguments":
			c.Arguments = string(o.Value())
		}
	}
	switch {
	case err != nil:
		return c, err
	case c.Name == "":
		return c, within("name", wrong("is missing"))
	}
	return c, o.Broken()
}
