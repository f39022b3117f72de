package validate

import (
	"strconv"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// variant is how a probe's request differs where a model did not take the usual one.
type variant struct {
	limit int
	// newLimit writes max_completion_tokens for max_tokens: OpenAI's models that think
	// take no other.
	newLimit bool
	// freeChoice leaves the choice of the tool to the model: some take no order.
	freeChoice bool
}

// body writes the request of a probe. It asks as little as can be.
func (s *spec) body(model string, v variant) []byte {
	b := append([]byte(nil), `{"model":`...)
	b = toplevel.AppendString(b, model)
	if s.limit > 0 {
		name := `,"max_tokens":`
		if v.newLimit {
			name = `,"max_completion_tokens":`
		}
		b = strconv.AppendInt(append(b, name...), int64(v.limit), 10)
	}
	switch {
	case s.name == ProbeCompletions:
		b = append(b, `,"prompt":"Hello"`...)
	case s.name == ProbeEmbeddings:
		b = append(b, `,"input":"Hello"`...)
	case s.tools:
		b = append(b, `,"messages":[{"role":"user","content":"What is the weather in Paris? Use the tool."}]`...)
		b = s.appendTools(b, v)
	default:
		b = append(b, `,"messages":[{"role":"user","content":"Hello"}]`...)
	}
	if s.stream {
		b = append(b, `,"stream":true`...)
		if s.dialect == llm.OpenAI {
			b = append(b, `,"stream_options":{"include_usage":true}`...)
		}
	}
	return append(b, '}')
}

func (s *spec) appendTools(b []byte, v variant) []byte {
	const description = `"description":"Tells the weather in a city"`
	if s.dialect == llm.Anthropic {
		b = append(b, `,"tools":[{"name":"`+toolName+`",`+description+`,"input_schema":`+toolSchema+`}]`...)
		if v.freeChoice {
			return append(b, `,"tool_choice":{"type":"auto"}`...)
		}
		return append(b, `,"tool_choice":{"type":"tool","name":"`+toolName+`"}`...)
	}
	b = append(b, `,"tools":[{"type":"function","function":{"name":"`+toolName+`",`+description+`,"parameters":`+toolSchema+`}}]`...)
	if v.freeChoice {
		return append(b, `,"tool_choice":"auto"`...)
	}
	return append(b, `,"tool_choice":{"type":"function","function":{"name":"`+toolName+`"}}`...)
}
