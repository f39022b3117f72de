package anthropic

import (
	"bytes"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

func (d *requestDecoder) maxTokens(v []byte) error {
	n, ok := toplevel.Int(v)
	if !ok || n < 1 {
		return wrong("max_tokens", "must be a number of tokens, at least 1")
	}
	d.conv.MaxOutput = n
	return nil
}

func (d *requestDecoder) stopSequences(v []byte) error {
	if !isArray(v) {
		return wrong("stop_sequences", "must be a list of strings")
	}
	list := toplevel.Array(v)
	for i := 0; list.Next(); i++ {
		s, ok := readString(list.Value())
		if !ok {
			return withinItem(wrong("", "must be a string"), "stop_sequences", i)
		}
		d.conv.Stop = append(d.conv.Stop, s)
	}
	return nil
}

func (d *requestDecoder) temperature(v []byte) error {
	return readNumber(&d.conv.Sampling.Temperature, "temperature", v)
}

func (d *requestDecoder) topP(v []byte) error {
	return readNumber(&d.conv.Sampling.TopP, "top_p", v)
}

func (d *requestDecoder) topK(v []byte) error {
	return readNumber(&d.conv.Sampling.TopK, "top_k", v)
}

func readNumber(n *llm.Number, name string, v []byte) error {
	if c := v[0]; c != '-' && (c < '0' || c > '9') {
		return wrong(name, "must be a number")
	}
	*n = llm.Number(v)
	return nil
}

// reasoning is the conversation's, which two members speak of.
func (d *requestDecoder) reasoning() *llm.Reasoning {
	if d.conv.Reasoning == nil {
		d.conv.Reasoning = &llm.Reasoning{}
	}
	return d.conv.Reasoning
}

func (d *requestDecoder) thinking(v []byte) error {
	if !toplevel.IsObject(v) {
		return wrong("thinking", "must be an object with a type")
	}
	r := d.reasoning()
	switch kind, _ := readString(toplevel.Find(v, "type")); kind {
	case "disabled":
		r.Off = true
		return nil
	case "adaptive":
		r.Adaptive = true
	case "enabled":
		n, ok := toplevel.Int(toplevel.Find(v, "budget_tokens"))
		if !ok || n < 1 {
			return wrong("thinking.budget_tokens", "must be a number of tokens, at least 1")
		}
		r.Budget = n
	default:
		return wrong("thinking.type", "must be enabled, disabled or adaptive")
	}
	var err error
	r.Display, err = optionalString(v, "display")
	return within(err, "thinking")
}

func (d *requestDecoder) outputConfig(v []byte) error {
	if !toplevel.IsObject(v) {
		return wrong("output_config", "must be an object")
	}
	effort, err := optionalString(v, "effort")
	if err != nil {
		return within(err, "output_config")
	}
	if effort != "" {
		d.reasoning().Effort = effort
	}
	return within(d.format(toplevel.Find(v, "format"), "format"), "output_config")
}

// outputFormat reads the member that output_config.format has taken the place of.
func (d *requestDecoder) outputFormat(v []byte) error {
	return d.format(v, "output_format")
}

func (d *requestDecoder) format(v []byte, name string) error {
	if isUnset(v) {
		return nil
	}
	if kind, _ := readString(toplevel.Find(v, "type")); kind != "json_schema" {
		return wrong(name+".type", "must be json_schema")
	}
	schema := toplevel.Find(v, "schema")
	if !toplevel.IsObject(schema) {
		return wrong(name+".schema", "must be a JSON schema")
	}
	d.conv.Format = llm.Format{Kind: llm.FormatSchema, Schema: bytes.Clone(schema)}
	return nil
}

// metadata reads who the user is. What else stands there is nothing to a model.
func (d *requestDecoder) metadata(v []byte) error {
	if !toplevel.IsObject(v) {
		return wrong("metadata", "must be an object")
	}
	for m := toplevel.Object(v); m.Next(); {
		if string(m.Name()) != "user_id" {
			d.extra("metadata", v)
			break
		}
	}
	var err error
	d.conv.User, err = optionalString(v, "user_id")
	return within(err, "metadata")
}

func (d *requestDecoder) serviceTier(v []byte) error {
	tier, ok := readString(v)
	if !ok {
		return wrong("service_tier", "must be a string")
	}
	d.conv.ServiceTier = tier
	return nil
}

func (d *requestDecoder) cacheControl(v []byte) error {
	var err error
	d.conv.Cache, err = readCache(v)
	return err
}

func (d *requestDecoder) tools(v []byte) error {
	if !isArray(v) {
		return wrong("tools", "must be a list of tools")
	}
	list := toplevel.Array(v)
	for i := 0; list.Next(); i++ {
		t, err := decodeTool(list.Value())
		if err != nil {
			return withinItem(err, "tools", i)
		}
		d.conv.Tools = append(d.conv.Tools, t)
	}
	return nil
}

// decodeTool reads a tool. One with a type of its own is Anthropic's: it runs
// there, or the model has been taught to use it.
func decodeTool(v []byte) (llm.Tool, error) {
	if !toplevel.IsObject(v) {
		return llm.Tool{}, wrong("", "must be an object")
	}
	kind, err := optionalString(v, "type")
	if err != nil {
		return llm.Tool{}, err
	}
	t := llm.Tool{}
	if kind != "" && kind != "custom" {
		t.Name, err = optionalString(v, "name")
		t.Foreign = foreign(kind, v)
		return t, err
	}
	if t.Name, err = requiredString(v, "name"); err != nil {
		return t, err
	}
	if t.Description, err = optionalString(v, "description"); err != nil {
		return t, err
	}
	if schema := toplevel.Find(v, "input_schema"); !isUnset(schema) {
		if !toplevel.IsObject(schema) {
			return t, wrong("input_schema", "must be a JSON schema")
		}
		t.Parameters = bytes.Clone(schema)
	}
	if strict, ok := toplevel.Bool(toplevel.Find(v, "strict")); ok {
		t.Strict = &strict
	}
	t.Cache, err = decodeCache(v)
	return t, err
}

// modes are the words for whether tools must be called.
var modes = map[string]llm.ToolChoiceMode{
	"auto": llm.ToolAuto, "none": llm.ToolNone, "any": llm.ToolAny, "tool": llm.ToolNamed,
}

func (d *requestDecoder) toolChoice(v []byte) error {
	word, _ := readString(toplevel.Find(v, "type"))
	mode, ok := modes[word]
	if !ok {
		return wrong("tool_choice.type", "must be auto, any, tool or none")
	}
	d.conv.Choice.Mode = mode
	if mode == llm.ToolNamed {
		name, err := requiredString(v, "name")
		if err != nil {
			return within(err, "tool_choice")
		}
		d.conv.Choice.Name = name
	}
	d.conv.OneToolAtATime, _ = toplevel.Bool(toplevel.Find(v, "disable_parallel_tool_use"))
	return nil
}
