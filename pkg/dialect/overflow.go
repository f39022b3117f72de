package dialect

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// overflowNumbers are the vendors' ways to say how long a prompt is and how long
// it may be, as of 2026-11: Anthropic; OpenAI, DeepSeek, OpenRouter, vLLM and xAI;
// Google, now and before; Mistral; Cohere.
var overflowNumbers = []*regexp.Regexp{
	regexp.MustCompile(`prompt is too long: (?P<tokens>\d+) tokens > (?P<limit>\d+) maximum`),
	regexp.MustCompile(`(?s)maximum (?:context|prompt) length is (?P<limit>\d+).*?` +
		`(?:resulted in|requested about|requested|contains|has) (?:at least )?(?P<tokens>\d+)`),
	regexp.MustCompile(`maximum (?:context|prompt) length is (?P<limit>\d+)`),
	regexp.MustCompile(`input token count \((?P<tokens>\d+)\) exceeds the maximum number of tokens allowed \((?P<limit>\d+)\)`),
	regexp.MustCompile(`input token count is (?P<tokens>\d+) but (?:the )?model only supports up to (?P<limit>\d+)`),
	regexp.MustCompile(`(?s)[Pp]rompt contains (?P<tokens>\d+) tokens.*?model with (?P<limit>\d+) maximum context length`),
	regexp.MustCompile(`tokens in the prompt cannot exceed (?P<limit>\d+) - received (?P<tokens>\d+)`),
}

// overflowWords are types and codes that mean nothing else: OpenAI, Groq and
// others; Cohere; llama.cpp; Perplexity.
var overflowWords = []string{
	"context_length_exceeded", "TOO_MANY_TOKENS", "exceed_context_size_error", "too_many_prompt_tokens",
}

// overflowPhrases tell no numbers: Anthropic and Bedrock; Ollama; OpenAI; llama.cpp.
var overflowPhrases = []string{
	"prompt is too long", "input is too long", "input tokens exceeded",
	"prompt too long", "exceeds the context window", "exceeds the available context size",
}

// overflow reads how much too long a prompt is; nil where the vendor complains of
// something else.
func (v *vendorError) overflow() *llm.Overflow {
	for _, re := range overflowNumbers {
		if m := re.FindStringSubmatch(v.message); m != nil {
			o := &llm.Overflow{Tokens: group(re, m, "tokens"), Limit: group(re, m, "limit")}
			if o.Tokens > 0 && o.Tokens <= o.Limit {
				// The prompt fits: it is the output for which there is no room.
				return nil
			}
			return o
		}
	}
	if slices.ContainsFunc(overflowWords, v.is) {
		return &llm.Overflow{Tokens: v.promptTokens, Limit: v.contextTokens}
	}
	message := strings.ToLower(v.message)
	for _, p := range overflowPhrases {
		if strings.Contains(message, p) {
			return &llm.Overflow{}
		}
	}
	return nil
}

// group gives the number that a group of re has found; 0 where there is none.
func group(re *regexp.Regexp, match []string, name string) int64 {
	i := re.SubexpIndex(name)
	if i < 0 {
		return 0
	}
	n, err := strconv.ParseInt(match[i], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// noteCounts keeps llama.cpp's numbers, which stand beside the message.
func (v *vendorError) noteCounts(name string, value []byte) {
	n, _ := toplevel.Int(value)
	switch name {
	case "n_prompt_tokens":
		v.promptTokens = max(0, n)
	case "n_ctx":
		v.contextTokens = max(0, n)
	}
}

// mayOverflow reports whether an error of the kind can mean that a prompt is too
// long: limits per minute are told in similar words.
func mayOverflow(k llm.Kind) bool {
	return k == llm.InvalidRequest || k == llm.TooLarge || k == llm.Upstream
}
