package anthropic

import (
	"strconv"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// minBudget is the least the API takes: docs.anthropic.com/en/docs/build-with-claude/extended-thinking, as of 2026-11.
const minBudget = 1024

// budgets are how many tokens an effort may think.
var budgets = map[string]int64{
	"minimal": 1024, "low": 2048, "medium": 8192, "high": 16384, "xhigh": 32768, "max": 65536,
}

// thinking is what a body says of it; the zero value says nothing.
type thinking struct {
	kind    string // enabled, adaptive, disabled
	budget  int64
	display string
	// effort is for output_config.
	effort string
}

func (t *thinking) on() bool { return t.kind == "enabled" || t.kind == "adaptive" }

// planThinking decides how the model is to think. Where thinking would make the
// body invalid it is left out, and the client is told: an answer without thoughts
// is better than none.
func (e *requestEncoder) planThinking() thinking {
	r := e.conv.Reasoning
	if r == nil {
		return e.defaultThinking()
	}
	t := e.wanted(r)
	if r.Off || t.on() && !e.thinkingBarred() {
		return t
	}
	if r.Adaptive || r.Budget > 0 || r.Effort != "" {
		e.losses.Hint("reasoning_effort")
	}
	return thinking{}
}

// wanted is what r asks for, as far as the output limit has room for it.
func (e *requestEncoder) wanted(r *llm.Reasoning) thinking {
	t := thinking{display: r.Display}
	switch {
	case r.Off:
		return thinking{kind: "disabled"}
	case r.Adaptive:
		t.kind, t.effort = "adaptive", r.Effort
		if t.effort == "minimal" {
			t.effort = "low"
		}
		return t
	case r.Budget > 0:
		t.budget = r.Budget
	default:
		// OpenAI's limit counts the thoughts too: some of it is left for the answer.
		t.budget = min(budgets[r.Effort], e.limit-e.limit/4)
	}
	if t.budget <= 0 || e.limit <= minBudget {
		return thinking{}
	}
	if t.budget >= e.limit {
		t.budget = e.limit - e.limit/4
	}
	t.kind, t.budget = "enabled", max(minBudget, t.budget)
	return t
}

// defaultThinking is the deployment's, for a client that says nothing of it.
func (e *requestEncoder) defaultThinking() thinking {
	if e.req.Op == llm.OpCountTokens {
		return thinking{}
	}
	for i := range e.req.Edits.Defaults {
		r := readDefault(&e.req.Edits.Defaults[i])
		if r == nil {
			continue
		}
		t := e.wanted(r)
		if t.on() && (e.thinkingBarred() || !e.freeSampling() || t.budget < r.Budget) {
			return thinking{}
		}
		return t
	}
	return thinking{}
}

// readDefault reads a default that is about thinking, in either dialect's word;
// nil where it is about something else.
func readDefault(d *llm.Default) *llm.Reasoning {
	own := requestDecoder{conv: &llm.Conversation{}}
	switch d.Name {
	case "thinking":
		if own.thinking(d.Value) != nil {
			return nil
		}
	case "reasoning_effort":
		own.reasoning().Effort, _ = readString(d.Value)
	}
	return own.conv.Reasoning
}

// freeSampling reports whether the client's sampling goes with thinking.
func (e *requestEncoder) freeSampling() bool {
	s := &e.conv.Sampling
	return goesWithThinking("temperature", s.Temperature) && goesWithThinking("top_p", s.TopP) &&
		goesWithThinking("top_k", s.TopK)
}

// goesWithThinking reports whether a number of the sampling may stand beside
// thinking: docs.anthropic.com/en/docs/build-with-claude/extended-thinking, as of 2026-11.
func goesWithThinking(name string, n llm.Number) bool {
	switch {
	case n == "":
		return true
	case name == "temperature":
		return equals(n, 1)
	case name == "top_p":
		return value(n) >= 0.95 && value(n) <= 1
	default:
		return false
	}
}

// thinkingBarred reports whether the API would refuse thinking: beside a forced
// call of tools, and where the assistant's last turn, if it called tools or is to
// be gone on with, does not begin with the thoughts that led to it.
func (e *requestEncoder) thinkingBarred() bool {
	if len(e.tools) > 0 && (e.conv.Choice.Mode == llm.ToolAny || e.conv.Choice.Mode == llm.ToolNamed) {
		return true
	}
	for i := len(e.turns) - 1; i >= 0; i-- {
		if t := &e.turns[i]; t.assistant {
			return (i == len(e.turns)-1 || t.calls()) && !t.thought()
		}
	}
	return false
}

func (e *requestEncoder) writeThinking() {
	t := &e.thinking
	if t.kind == "" {
		return
	}
	e.member("thinking")
	e.dst = append(e.dst, `{"type":`...)
	e.dst = toplevel.AppendString(e.dst, t.kind)
	if t.budget > 0 {
		e.dst = append(e.dst, `,"budget_tokens":`...)
		e.dst = strconv.AppendInt(e.dst, t.budget, 10)
	}
	if t.display != "" {
		e.dst = append(e.dst, `,"display":`...)
		e.dst = toplevel.AppendString(e.dst, t.display)
	}
	e.dst = append(e.dst, '}')
}
