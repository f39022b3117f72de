package catalog

import (
	"fmt"
	"strings"
	"time"
)

// Mode is the kind of calls a model takes; "" where it is not known. A price file
// may name others than the ones below.
type Mode string

// The modes in the data.
const (
	ModeChat       Mode = "chat"
	ModeCompletion Mode = "completion"
	ModeEmbedding  Mode = "embedding"
	ModeResponses  Mode = "responses"
	ModeRerank     Mode = "rerank"
	ModeModeration Mode = "moderation"
)

func parseMode(s string) (Mode, error) {
	switch m := Mode(s); m {
	case ModeChat, ModeCompletion, ModeEmbedding, ModeResponses, ModeRerank, ModeModeration:
		return m, nil
	default:
		return "", fmt.Errorf("mode %q is not known", s)
	}
}

// Capabilities is a set of things a model can do.
type Capabilities uint32

// The capabilities in the data. That one is missing means that nobody stated
// it, not that the model cannot.
const (
	Tools Capabilities = 1 << iota
	ParallelTools
	ToolChoice
	Vision
	PDF
	AudioIn
	Reasoning
	JSONSchema
	PromptCache
	WebSearch
)

// capabilityNames are the names in the data, in the order of the constants.
var capabilityNames = [...]string{
	"tools", "parallel_tools", "tool_choice", "vision", "pdf", "audio_in", "reasoning", "json_schema",
	"prompt_cache", "web_search",
}

// Has reports whether the set holds everything in want.
func (c Capabilities) Has(want Capabilities) bool { return c&want == want }

// Names lists the set, always in the same order.
func (c Capabilities) Names() []string {
	var names []string
	for i, name := range capabilityNames {
		if c.Has(1 << i) {
			names = append(names, name)
		}
	}
	return names
}

// hasOutput reports whether calls of the mode bring tokens that are billed as
// output.
func (m Mode) hasOutput() bool {
	return m != ModeEmbedding && m != ModeRerank && m != ModeModeration
}

func parseCapabilities(s string) (Capabilities, error) {
	var set Capabilities
	if s == "" {
		return 0, nil
	}
	for name := range strings.SplitSeq(s, ",") {
		c, ok := capability(name)
		if !ok {
			return 0, fmt.Errorf("capability %q is not known", name)
		}
		set |= c
	}
	return set, nil
}

func capability(name string) (Capabilities, bool) {
	for i, known := range capabilityNames {
		if known == name {
			return 1 << i, true
		}
	}
	return 0, false
}

// Model is what is known about one model of one provider. It is shared: callers
// must not change it.
type Model struct {
	// Provider and Name are the vendor's id in configurations ("anthropic") and
	// the vendor's own name of the model.
	Provider, Name string
	// Mode is the kind of calls the model takes.
	Mode Mode
	// ContextTokens is the context window, 0 where it is not known. Some sources
	// give the largest input here.
	ContextTokens int64
	// MaxOutputTokens is the largest output, reasoning included; 0 where it is not
	// known.
	MaxOutputTokens int64
	// Price is nil where the price is not known.
	Price *Price
	// Capabilities are what the model is known to be able to do.
	Capabilities Capabilities
	// Deprecation is the announced day of retirement, in UTC; zero for none. Some
	// are estimates of the sources.
	Deprecation time.Time
	// Source is who stated the facts: "litellm", "catwalk", "vendor" (with "+" where
	// a rule of the generator mended or completed them), "file" or "config".
	Source string
	// AsOf is the month of the facts, "2026-08"; "" where nobody dated them.
	AsOf string
}
