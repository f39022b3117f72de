package openai

import (
	"maps"
	"slices"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// memberReader reads a member of a body; v is not null.
type memberReader = func(d *chatDecoder, v []byte) error

// commonMembers are what chats and legacy completions have in common.
var commonMembers = map[string]memberReader{
	"temperature":       number(func(c *llm.Conversation) *llm.Number { return &c.Sampling.Temperature }),
	"top_p":             number(func(c *llm.Conversation) *llm.Number { return &c.Sampling.TopP }),
	"top_k":             number(func(c *llm.Conversation) *llm.Number { return &c.Sampling.TopK }),
	"frequency_penalty": number(func(c *llm.Conversation) *llm.Number { return &c.Sampling.FrequencyPenalty }),
	"presence_penalty":  number(func(c *llm.Conversation) *llm.Number { return &c.Sampling.PresencePenalty }),
	"seed":              number(func(c *llm.Conversation) *llm.Number { return &c.Sampling.Seed }),
	"random_seed":       number(func(c *llm.Conversation) *llm.Number { return &c.Sampling.Seed }),
	"logit_bias":        (*chatDecoder).logitBias,
	"max_tokens":        (*chatDecoder).limit,
	"n":                 (*chatDecoder).choices,
	"stop":              (*chatDecoder).stop,
	"user":              func(d *chatDecoder, v []byte) error { return d.textTo(&d.c.User, v) },
	"safety_identifier": func(d *chatDecoder, v []byte) error { return d.textTo(&d.identifier, v) },
	"service_tier":      func(d *chatDecoder, v []byte) error { return d.textTo(&d.c.ServiceTier, v) },
}

var chatMembers = with(commonMembers, map[string]memberReader{
	"messages":              (*chatDecoder).messages,
	"max_completion_tokens": (*chatDecoder).limit,
	"tools":                 (*chatDecoder).tools,
	"functions":             (*chatDecoder).legacyFunctions,
	"tool_choice":           keepChoice("tool_choice"),
	"function_call":         keepChoice("function_call"),
	"parallel_tool_calls":   (*chatDecoder).parallelToolCalls,
	"response_format":       (*chatDecoder).responseFormat,
	"logprobs":              (*chatDecoder).logprobs,
	"top_logprobs":          number(func(c *llm.Conversation) *llm.Number { return &c.Sampling.TopLogprobs }),
	"reasoning_effort":      (*chatDecoder).reasoningEffort,
	"thinking":              (*chatDecoder).thinking,
	"reasoning":             (*chatDecoder).reasoning,
	"modalities":            (*chatDecoder).modalities,
	"cache_control":         func(d *chatDecoder, v []byte) error { return d.mark(&d.c.Cache, v) },
})

func with(tables ...map[string]memberReader) map[string]memberReader {
	all := map[string]memberReader{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

func number(field func(c *llm.Conversation) *llm.Number) memberReader {
	return func(d *chatDecoder, v []byte) error {
		n, err := numberOf(v)
		*field(d.c) = n
		return err
	}
}

// limit reads one of the two members that limit the output; the larger counts.
func (d *chatDecoder) limit(v []byte) error {
	n, err := countOf(v)
	d.c.MaxOutput = max(d.c.MaxOutput, n)
	return err
}

func (d *chatDecoder) choices(v []byte) (err error) {
	d.c.Choices, err = countOf(v)
	return err
}

func (d *chatDecoder) logitBias(v []byte) error {
	bias, err := rawObject(v)
	if first := toplevel.Object(v); err == nil && first.Next() {
		d.c.Sampling.LogitBias = bias
	}
	return err
}

func (d *chatDecoder) logprobs(v []byte) (err error) {
	d.c.Sampling.Logprobs, err = flagOf(v)
	return err
}

// stop reads one text or a list of them.
func (d *chatDecoder) stop(v []byte) error {
	d.c.Stop = nil
	add := func(v []byte) error {
		text, ok := d.text(v)
		if !ok {
			return wrong("must be a string")
		}
		if text != "" {
			d.c.Stop = append(d.c.Stop, text)
		}
		return nil
	}
	if isArray(v) {
		return each(v, add)
	}
	return add(v)
}

func (d *chatDecoder) parallelToolCalls(v []byte) error {
	parallel, err := flagOf(v)
	d.c.OneToolAtATime = err == nil && !parallel
	return err
}

// modalities: text is what all models answer; the rest is for those that speak.
func (d *chatDecoder) modalities(v []byte) error {
	textOnly := true
	err := each(v, func(v []byte) error {
		kind, ok := d.text(v)
		textOnly = textOnly && kind == "text"
		if !ok {
			return wrong("must be a string")
		}
		return nil
	})
	if err != nil || textOnly {
		return err
	}
	return addExtra(&d.c.Extra, "modalities", v)
}

// mark reads Anthropic's cache_control, which LiteLLM and OpenRouter take in
// messages, parts and tools.
func (d *chatDecoder) mark(to **llm.CacheMark, v []byte) error {
	o, err := objectOf(v)
	if err != nil {
		return err
	}
	var kind, ttl string
	for o.Next() && err == nil {
		switch string(o.Name()) {
		case "type":
			err = within("type", d.textTo(&kind, o.Value()))
		case "ttl":
			err = within("ttl", d.textTo(&ttl, o.Value()))
		}
	}
	switch {
	case err != nil:
		return err
	case kind != "ephemeral":
		return within("type", wrong(`must be "ephemeral"`))
	case ttl != "" && ttl != "5m" && ttl != "1h":
		return within("ttl", wrong(`must be "5m" or "1h"`))
	}
	*to = &llm.CacheMark{Lifetime: ttl}
	return o.Broken()
}

// efforts are the words for how much to think.
var efforts = []string{"none", "minimal", "low", "medium", "high", "xhigh", "max"}

func (d *chatDecoder) thinks() *llm.Reasoning {
	if d.c.Reasoning == nil {
		d.c.Reasoning = &llm.Reasoning{}
	}
	return d.c.Reasoning
}

func (d *chatDecoder) reasoningEffort(v []byte) error {
	effort, _ := d.text(v)
	if !slices.Contains(efforts, effort) {
		return wrong(`must be "none", "minimal", "low", "medium", "high", "xhigh" or "max"`)
	}
	r := d.thinks()
	r.Effort, r.Off = effort, effort == "none"
	return nil
}

// thinking reads LiteLLM's parameter, which is Anthropic's.
func (d *chatDecoder) thinking(v []byte) error {
	o, err := objectOf(v)
	if err != nil {
		return err
	}
	var kind string
	var r llm.Reasoning
	for o.Next() && err == nil {
		switch string(o.Name()) {
		case "type":
			err = within("type", d.textTo(&kind, o.Value()))
		case "budget_tokens":
			r.Budget, err = countOf(o.Value())
			err = within("budget_tokens", err)
		case "display":
			err = within("display", d.textTo(&r.Display, o.Value()))
		}
	}
	switch {
	case err != nil:
		return err
	case kind == "adaptive":
		r.Adaptive = true
	case kind == "disabled":
		r.Off = true
	case kind != "enabled":
		return within("type", wrong(`must be "enabled", "adaptive" or "disabled"`))
	}
	if earlier := d.c.Reasoning; earlier != nil {
		r.Effort, r.Off = earlier.Effort, r.Off || earlier.Off
	}
	d.c.Reasoning = &r
	return o.Broken()
}

// reasoning reads OpenRouter's parameter.
func (d *chatDecoder) reasoning(v []byte) error {
	o, err := objectOf(v)
	if err != nil {
		return err
	}
	r := d.thinks()
	for o.Next() && err == nil {
		switch name := string(o.Name()); name {
		case "effort":
			err = within(name, d.reasoningEffort(o.Value()))
		case "max_tokens":
			r.Budget, err = countOf(o.Value())
			err = within(name, err)
		case "enabled", "exclude":
			var flag bool
			flag, err = flagOf(o.Value())
			err = within(name, err)
			r.Off = r.Off || name == "enabled" && !flag
			if name == "exclude" && flag {
				r.Display = "omitted"
			}
		}
	}
	if err != nil {
		return err
	}
	return o.Broken()
}
