package main

import (
	"slices"
	"strings"

	"github.com/llmgw/llmgw/pkg/llm"
)

// points are prices whose decimal point is in the wrong place: those of a million
// or a thousand tokens that stand where the price of one belongs.
//
//   - wandb: wandb.ai/site/pricing/tokens asks 1.35 and 5.40 for DeepSeek-R1-0528;
//     read 2026-11. The rows that are right are below the limit.
//   - azure_ai: JAIS costs 0.0032 and 0.00971 USD for 1,000 tokens
//     (azure.microsoft.com/pricing/details/ai-foundry, as of 2026-04).
//   - watsonx: the two are given for 1,000 tokens too, as all of IBM's were.
//   - cohere: all its embedding models of that generation cost 0.10
//     (cohere.com/pricing, as of 2026-04).
var points = []struct {
	provider string
	// above is the price of a million tokens that is not credible.
	above   llm.PicoUSD
	divisor llm.PicoUSD
}{
	{"wandb", 1_000_000_000, 100_000},
	{"azure_ai", 1_000_000_000, 1_000},
	{"watsonx", 100_000_000, 1_000},
	{"cohere", 50_000_000, 1_000},
}

func misplacedPoint(r *row) bool {
	for _, p := range points {
		if r.provider == p.provider && r.base.input != nil && *r.base.input > p.above {
			r.base = rates{input: times(r.base.input, 1, p.divisor), output: times(r.base.output, 1, p.divisor)}
			return true
		}
	}
	return false
}

// listPrices replace rows that are wrong in a way of their own, in USD for a million
// tokens.
//
//   - azure_ai, cohere: the two prices stand in each other's place
//     (azure.microsoft.com/pricing/details/ai-foundry, cohere.com/pricing).
//   - bedrock: the row has the prices of Claude 3 Haiku, which is another model; all
//     other geographies have these (aws.amazon.com/bedrock/pricing).
//
// Read 2026-11.
var listPrices = []struct{ provider, model, input, output string }{
	{"azure_ai", "Llama-4-Maverick-17B-128E-Instruct-FP8", "0.35", "1.41"},
	{"bedrock", "eu.anthropic.claude-3-5-haiku-20241022-v1:0", "0.8", "4"},
	{"cohere", "command-r7b-12-2024", "0.0375", "0.15"},
}

func wrongRow(r *row) bool {
	for _, l := range listPrices {
		if l.provider != r.provider || l.model != r.model {
			continue
		}
		c := &cells{}
		r.base = rates{input: c.perMillion(l.input), output: c.perMillion(l.output)}
		return c.err == nil
	}
	return false
}

// bedrockGeography mends what one of the sources gives for Claude in the geography
// of the United States: from Claude 4.5 on, a geography costs 10 % more than the
// global endpoint, whose price the rows have (those of Europe are right).
// platform.claude.com/docs/en/about-claude/pricing, read 2026-11.
func bedrockGeography(r *row) bool {
	name, ok := strings.CutPrefix(r.model, "us.anthropic.claude-")
	if !ok || r.source != "catwalk" || r.base.input == nil {
		return false
	}
	for _, older := range [...]string{"3-", "opus-4-1-", "opus-4-2025", "sonnet-4-2025"} {
		if strings.HasPrefix(name, older) {
			return false
		}
	}
	r.base = r.base.times(11, 10)
	if r.tierAbove > 0 {
		r.tier = r.tier.times(11, 10)
	}
	return true
}

// xaiWindow takes off a 0 too many: two million tokens (docs.x.ai/docs/models, read
// 2026-11).
func xaiWindow(r *row) bool {
	if r.context != 20_000_000 {
		return false
	}
	r.context = 2_000_000
	if r.maxOutput > r.context {
		r.maxOutput = r.context
	}
	return true
}

// notByTheToken takes away what is no price of tokens: TwelveLabs' models are
// billed by the minute and by the request.
func notByTheToken(r *row) bool {
	if !strings.Contains(r.model, "twelvelabs.") {
		return false
	}
	r.base = rates{}
	return true
}

// freeModels cost nothing, by the vendor's word; "*" stands for any text. All
// other prices of nothing are gaps of the sources.
//
//   - gemini: Gemma has no paid tier (ai.google.dev/gemini-api/docs/pricing).
//   - lemonade, ollama: run on one's own machine, save Ollama's cloud models.
//   - openai: moderation is free (developers.openai.com/api/docs/guides/moderation).
//   - openrouter: ":free" (openrouter.ai/docs/guides/routing/model-variants/free).
//   - publicai: a free service (platform.publicai.co).
//   - together_ai, zai: named so on their price lists.
//
// Read 2026-11.
var freeModels = []string{
	"gemini/gemma-3-27b-it", "lemonade/*", "ollama/*", "openai/omni-moderation-*", "openai/text-moderation-*",
	"openrouter/free", "openrouter/*:free", "publicai/*", "together_ai/*-Free", "zai/glm-4.5-flash",
}

// zeroIsNoPrice tells free from unknown: a row of zeros, or one without prices of
// a model that is free, against the list above. A row with a fee beside its zeros
// is paid by the fee.
func zeroIsNoPrice(r *row) bool {
	p := &r.base
	if isPaid(p.input) || isPaid(p.output) || isPaid(r.query) {
		return false
	}
	before := r.base
	r.base, r.query = rates{}, nil
	if r.isFree() {
		r.base = rates{input: new(llm.PicoUSD), output: new(llm.PicoUSD)}
		if r.asOf == "" {
			r.asOf = "2026-11" // when the list above was made
		}
	}
	return (before.input == nil) != (r.base.input == nil)
}

func (r *row) isFree() bool {
	if strings.HasSuffix(r.model, "-cloud") && r.provider == "ollama" {
		return false
	}
	name := r.provider + "/" + r.model
	return slices.ContainsFunc(freeModels, func(pattern string) bool {
		prefix, suffix, wild := strings.Cut(pattern, "*")
		if !wild {
			return name == pattern
		}
		return len(name) > len(prefix)+len(suffix) && strings.HasPrefix(name, prefix) && strings.HasSuffix(name, suffix)
	})
}

// halfAPrice takes away prices of which a half is missing or nothing where both
// are to pay: Perplexity's online models had a fee for the call instead of the
// input, and Azure's model router asks its own fee for the input beside the price
// of the model it picks.
func halfAPrice(r *row) bool {
	p := &r.base
	both := isPaid(p.input) && isPaid(p.output)
	none := !isPaid(p.input) && !isPaid(p.output)
	if both || slices.Contains(silent, r.mode) || none && (p.input == nil) == (p.output == nil) {
		return false
	}
	r.base, r.tierAbove, r.tier = rates{}, 0, rates{}
	return true
}

// freeCaches takes away cache prices of nothing beside an input that is paid: the
// sources write 0 where there is no fee of its own for writing, and the tokens are
// then billed as input; none of these vendors gives cached tokens away.
func freeCaches(r *row) bool {
	p := &r.base
	if !isPaid(p.input) {
		return false
	}
	changed := false
	for _, price := range []**llm.PicoUSD{&p.read, &p.write5m, &p.write1h} {
		if isZero(*price) {
			*price, changed = nil, true
		}
	}
	return changed
}
