package anthropic

import "github.com/llmgw/llmgw/pkg/llm"

// stops are Anthropic's words for why an answer ended:
// docs.anthropic.com/en/api/handling-stop-reasons, as of 2026-11.
var stops = map[string]llm.Stop{
	"end_turn":                      llm.StopEnd,
	"stop_sequence":                 llm.StopSequence,
	"max_tokens":                    llm.StopLength,
	"model_context_window_exceeded": llm.StopContext,
	"tool_use":                      llm.StopTools,
	"refusal":                       llm.StopSafety,
	"pause_turn":                    llm.StopPause,
	"compaction":                    llm.StopPause,
}

// readStop reads a stop reason; a word that is not known is an end like any other.
func readStop(word string) llm.Stop {
	if word == "" {
		return 0
	}
	if s, ok := stops[word]; ok {
		return s
	}
	return llm.StopEnd
}

// stopWord is the stop reason for an answer. Clients run tools because of it, so
// an answer with a call says tool_use whatever its vendor said, unless it was cut
// off: then the call may lack its end. An answer without a call never does. Words
// of refusal are no reason by themselves: the vendor says whether they are one.
func stopWord(s llm.Stop, called bool) string {
	switch {
	case s == llm.StopLength:
		return "max_tokens"
	case s == llm.StopContext:
		return "model_context_window_exceeded"
	case called:
		return "tool_use"
	case s == llm.StopSafety:
		return "refusal"
	case s == llm.StopSequence:
		return "stop_sequence"
	case s == llm.StopPause:
		return "pause_turn"
	default:
		return "end_turn"
	}
}
