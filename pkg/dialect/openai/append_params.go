package openai

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/llmgw/llmgw/pkg/llm"
)

// limit writes the output limit: the gateway's, the client's, or the configured
// one, under the only name that the vendor takes.
func (e *encoder) limit(c *llm.Conversation) {
	name := e.quirks.Limit
	if name == "" {
		name = maxCompletionTokens
	}
	n := e.req.Edits.MaxOutput
	if n == 0 {
		n = c.MaxOutput
	}
	if n > 0 {
		e.number(name, llm.Number(strconv.FormatInt(n, 10)))
		return
	}
	for _, d := range e.req.Edits.Defaults {
		if d.Name == maxTokens || d.Name == maxCompletionTokens {
			e.raw(name, d.Value)
			return
		}
	}
}

// sampling writes how tokens are picked. OpenAI's models that reason refuse all
// but the default (platform.openai.com/docs/guides/reasoning, as of 2026-11): that
// changes no more than which of many good answers comes.
func (e *encoder) sampling(c *llm.Conversation) {
	s := &c.Sampling
	e.picking("temperature", s.Temperature, 1)
	e.picking("top_p", s.TopP, 1)
	e.picking("frequency_penalty", s.FrequencyPenalty, 0)
	e.picking("presence_penalty", s.PresencePenalty, 0)
	if _, known := e.quirks.Rename["top_k"]; known {
		e.number("top_k", s.TopK)
	} else if s.TopK != "" {
		e.losses.Hint("top_k")
	}
	e.number("seed", s.Seed)
	if s.Logprobs {
		e.flag("logprobs", true)
		e.number("top_logprobs", s.TopLogprobs)
	}
	e.raw("logit_bias", s.LogitBias)
}

// picking writes a parameter that models which reason take the default of only.
func (e *encoder) picking(name string, n llm.Number, byDefault float64) {
	if n == "" || !e.strict || !e.req.Translate.Model.Reasoning {
		e.number(name, n)
		return
	}
	if f, err := strconv.ParseFloat(string(n), 64); err != nil || f != byDefault {
		e.losses.Hint(name)
	}
}

// answers writes what else there is to say of the answer.
func (e *encoder) answers(c *llm.Conversation) {
	const maxStops = 4
	switch n := len(c.Stop); {
	case n > maxStops:
		e.fail(e.losses.Refuse("stop", "the provider takes four texts at most"))
	case n > 0 && e.member("stop"):
		e.strings(c.Stop)
	}
	if c.Choices > 1 {
		e.number("n", llm.Number(strconv.FormatInt(c.Choices, 10)))
	}
	e.text("user", c.User)
	switch c.ServiceTier {
	case "auto", "default", "flex", "priority":
		e.text("service_tier", c.ServiceTier)
	case "":
	default:
		e.losses.Hint("service_tier")
	}
}

// reasoning writes how much to think, for models that do. A budget becomes the
// effort that comes near it. Clients who say it in OpenAI's own words mean it,
// whatever is known of the model.
func (e *encoder) reasoning(r *llm.Reasoning) {
	if r == nil {
		return
	}
	t := e.req.Translate
	own := t.ParamName != nil && t.ParamName("reasoning_effort") == "reasoning_effort" && r.Effort != ""
	if e.quirks.Thinking != "" {
		e.toggle(r, t.Model.Reasoning || own)
		return
	}
	switch effort := effortOf(r); {
	case effort == "":
	case t.Model.Reasoning || own:
		e.text("reasoning_effort", effort)
	case !r.Off:
		e.losses.Hint("reasoning_effort")
	}
}

// toggle writes whether to think, for vendors that take no amount, where the model
// is known to be able to.
func (e *encoder) toggle(r *llm.Reasoning, able bool) {
	off := r.Off || r.Effort == "none"
	switch {
	case !able && !off:
		e.losses.Hint("reasoning_effort")
	case !able:
	case e.quirks.Thinking == "flag":
		e.flag("enable_thinking", !off)
	case off:
		e.raw("thinking", []byte(`{"type":"disabled"}`))
	default:
		e.raw("thinking", []byte(`{"type":"enabled"}`))
	}
}

func effortOf(r *llm.Reasoning) string {
	const little, some = 2048, 8192 // tokens
	switch {
	case r.Effort != "":
		return r.Effort
	case r.Off, r.Budget == 0:
		return ""
	case r.Budget <= little:
		return "low"
	case r.Budget <= some:
		return "medium"
	default:
		return "high"
	}
}

// format writes how the text is to look.
func (e *encoder) format(f *llm.Format) {
	if f.Kind == 0 || !e.member("response_format") {
		return
	}
	if f.Kind == llm.FormatJSON {
		e.lit(`{"type":"json_object"}`)
		return
	}
	name := f.Name
	if name == "" {
		name = "response"
	}
	e.lit(`{"type":"json_schema","json_schema":{"name":`)
	e.str(name)
	if f.Description != "" {
		e.lit(`,"description":`)
		e.str(f.Description)
	}
	e.lit(`,"schema":`)
	e.dst = append(e.dst, f.Schema...)
	e.optional(`,"strict":`, f.Strict)
	e.lit("}}")
}

// optional appends a flag that may be unset.
func (e *encoder) optional(name string, v *bool) {
	if v != nil {
		e.lit(name)
		e.dst = strconv.AppendBool(e.dst, *v)
	}
}

// tools writes the functions, and what belongs to them only.
func (e *encoder) tools(c *llm.Conversation) {
	kept := e.keptTools(c.Tools)
	if len(kept) == 0 || !e.member("tools") {
		return
	}
	for i, t := range kept {
		e.lit(separator(i))
		e.tool(t)
	}
	e.lit("]")
	if c.Choice.Mode != llm.ToolNamed || hasTool(kept, c.Choice.Name) {
		e.toolChoice(&c.Choice)
	}
	if c.OneToolAtATime {
		e.flag("parallel_tool_calls", false)
	}
}

// keptTools are the tools that the vendor knows: functions, and its own.
func (e *encoder) keptTools(tools []llm.Tool) []*llm.Tool {
	kept := make([]*llm.Tool, 0, len(tools))
	for i := range tools {
		t := &tools[i]
		if t.Foreign != nil && t.Foreign.From != llm.OpenAI {
			e.fail(e.losses.Refuse("tools", "the model that answers has no tool "+strconv.Quote(t.Foreign.Kind)))
			continue
		}
		kept = append(kept, t)
	}
	return kept
}

// hasTool reports whether a tool is left that a client wants to have called.
func hasTool(tools []*llm.Tool, name string) bool {
	return slices.ContainsFunc(tools, func(t *llm.Tool) bool { return t.Name == name })
}

func (e *encoder) tool(t *llm.Tool) {
	if t.Foreign != nil {
		e.dst = append(e.dst, t.Foreign.Raw...)
		return
	}
	e.lit(`{"type":"function","function":{"name":`)
	e.str(t.Name)
	if t.Description != "" {
		e.lit(`,"description":`)
		e.str(t.Description)
	}
	e.lit(`,"parameters":`)
	if t.Parameters != nil {
		e.dst = append(e.dst, t.Parameters...)
	} else {
		e.lit(`{"type":"object","properties":{}}`)
	}
	if !e.quirks.NoStrict {
		e.optional(`,"strict":`, t.Strict)
	}
	e.lit("}")
	e.mark(t.Cache)
	e.lit("}")
}

func (e *encoder) toolChoice(c *llm.ToolChoice) {
	switch c.Mode {
	case llm.ToolAuto:
		e.text("tool_choice", "auto")
	case llm.ToolNone:
		e.text("tool_choice", "none")
	case llm.ToolAny:
		e.text("tool_choice", cmp.Or(e.quirks.AnyTool, "required"))
	case llm.ToolNamed:
		if e.member("tool_choice") {
			e.lit(`{"type":"function","function":{"name":`)
			e.str(c.Name)
			e.lit("}}")
		}
	default:
	}
}

// mark appends Anthropic's cache_control to an object, where the vendor takes it.
func (e *encoder) mark(m *llm.CacheMark) {
	if m == nil || !e.quirks.CacheControl {
		return
	}
	e.lit(`,"cache_control":{"type":"ephemeral"`)
	if m.Lifetime != "" {
		e.lit(`,"ttl":`)
		e.str(m.Lifetime)
	}
	e.lit("}")
}
