package openai

import "github.com/llmgw/llmgw/pkg/llm"

// finishReasons are the vendors' words for why an answer ended, where they are
// not the natural end.
var finishReasons = map[string]llm.Stop{
	"length": llm.StopLength, "model_length": llm.StopLength, "max_tokens": llm.StopLength, // Mistral and others
	"model_context_window_exceeded": llm.StopContext,
	"tool_calls":                    llm.StopTools, "function_call": llm.StopTools, "tool_use": llm.StopTools,
	"content_filter": llm.StopSafety, "refusal": llm.StopSafety, "safety": llm.StopSafety, "sensitive": llm.StopSafety, // Z.ai
	"stop_sequence": llm.StopSequence,
	"pause_turn":    llm.StopPause,
	"error":         llm.StopMalformed, // Mistral
}

// stopOf is why an answer ended, which has calls of tools or not. Vendors end
// answers with calls by other words too.
func stopOf(reason string, calls bool) llm.Stop {
	stop, ok := finishReasons[reason]
	switch {
	case stop == llm.StopLength || stop == llm.StopContext:
		return stop
	case calls:
		return llm.StopTools
	case !ok:
		return llm.StopEnd
	}
	return stop
}

// finishReason is OpenAI's word for a stop. An answer with calls of tools ends for
// them, whatever else the provider says, unless it was cut; one without never does,
// since clients would look for a call to answer.
func finishReason(stop llm.Stop, calls bool) string {
	switch {
	case stop == llm.StopLength, stop == llm.StopContext:
		return "length"
	case calls:
		return "tool_calls"
	case stop == llm.StopSafety:
		return "content_filter"
	default:
		return "stop"
	}
}
