package main

import (
	"slices"
	"strings"

	"github.com/llmgw/llmgw/pkg/llm"
)

// modes are the kinds of models whose calls the gateway can price.
var modes = []string{"chat", "completion", "embedding", "responses", "rerank", "moderation"}

// rule corrects what is known to be wrong or missing in the sources.
type rule struct {
	// providers are whose rows it looks at, separated by blanks; "" means all.
	providers string
	// apply changes the row and reports whether it did.
	apply func(*row) bool
}

// rules run from the top: names, kinds and limits first, then what is no price,
// then prices.
var rules = []rule{
	{"", mendNames},
	{"gemini vertex_ai vercel_ai_gateway", mendModes},
	{"", noOutput},
	{"xai", xaiWindow},
	{"", windowHoldsOutput},
	{"", misplacedPoint},
	{"azure_ai bedrock cohere", wrongRow},
	{"bedrock", bedrockGeography},
	{"bedrock", notByTheToken},
	{"", zeroIsNoPrice},
	{"", halfAPrice},
	{"", freeCaches},
	{"openai azure", openaiMisplacedCacheRead},
	{"openai", openaiCacheRead},
	{"openai", openaiCacheWrite},
	{"openai azure", openaiLongContext},
	{"xai", xaiLongContext},
	{"gemini vertex_ai openrouter vercel_ai_gateway", geminiCachePrices},
	{"minimax", minimaxCachePrices},
	{"perplexity", perplexityPrices},
	{"anthropic bedrock vertex_ai azure_ai openrouter vercel_ai_gateway", claudeCachePrices},
	{"anthropic", anthropicWebSearch},
}

// applies reports whether a rule looks at the rows of a provider.
func (r rule) applies(provider string) bool {
	return r.providers == "" || slices.Contains(strings.Fields(r.providers), provider)
}

// gone are services that nobody can call any more: no vendor's address is left.
var gone = []string{"aleph_alpha", "palm"}

// aliases are names that a vendor documents for a model and the sources lack.
// Anthropic: platform.claude.com/docs/en/about-claude/models/overview; OpenAI:
// developers.openai.com/api/docs/models/gpt-5.6-sol; read 2026-11.
var aliases = []struct{ provider, alias, model string }{
	{"anthropic", "claude-opus-4-0", "claude-opus-4-20250514"},
	{"anthropic", "claude-sonnet-4-0", "claude-sonnet-4-20250514"},
	{"openai", "gpt-5.6", "gpt-5.6-sol"},
}

// refine keeps the rows the gateway can use, corrects them and sorts them.
func refine(rows []row) []row {
	var kept []row
	for _, r := range rows {
		if slices.Contains(modes, r.mode) && !slices.Contains(gone, r.provider) && r.isModel() {
			kept = append(kept, correct(r))
		}
	}
	kept = append(kept, aliasRows(kept)...)
	slices.SortFunc(kept, func(a, b row) int {
		if c := strings.Compare(a.provider, b.provider); c != 0 {
			return c
		}
		return strings.Compare(a.model, b.model)
	})
	resell(kept)
	return kept
}

// isModel is false for what price maps list beside models: fees (openai/container),
// throughput that is rented by the month, and a model once more by the name of the
// operation that calls it.
func (r row) isModel() bool {
	return r.model != "container" && !strings.Contains(r.model, "-month-commitment/") && !strings.HasPrefix(r.model, "invoke/")
}

func correct(r row) row {
	for _, rule := range rules {
		if rule.applies(r.provider) {
			r.corrected = rule.apply(&r) || r.corrected
		}
	}
	return r
}

func aliasRows(rows []row) []row {
	var made []row
	for _, a := range aliases {
		named := func(name string) func(row) bool {
			return func(r row) bool { return r.provider == a.provider && r.model == name }
		}
		i := slices.IndexFunc(rows, named(a.model))
		if i < 0 || slices.ContainsFunc(rows, named(a.alias)) {
			continue
		}
		r := rows[i]
		r.model = a.alias
		made = append(made, r)
	}
	return made
}

// mendNames gives providers the names they have in configurations, and models
// the vendor's own: some of the sources' names have a provider's stuck to them.
func mendNames(r *row) bool {
	provider, model := r.provider, r.model
	switch r.provider {
	case "fireworks_ai-embedding-models":
		r.provider = "fireworks_ai"
		r.model = strings.TrimPrefix(r.model, "fireworks_ai/")
	case "azure_text":
		r.model = strings.TrimPrefix(r.model, "azure/")
	case "venice":
		r.provider = "veniceai"
	case "replicate":
		r.model = strings.TrimPrefix(r.model, "replicate")
	}
	return r.provider != provider || r.model != model
}

// mendModes corrects kinds: Google's models that embed say so in their names, and
// Vercel's that have a price for input only and say so embed.
func mendModes(r *row) bool {
	embeds := strings.Contains(r.model, "embed")
	switch {
	case r.provider != "vercel_ai_gateway" && r.mode == "embedding" && !embeds:
		r.mode = "chat"
	case r.provider == "vercel_ai_gateway" && r.mode == "chat" && embeds:
		r.mode = "embedding"
	default:
		return false
	}
	return true
}

// silent are the modes of models that put no tokens out.
var silent = []string{"embedding", "rerank", "moderation"}

// noOutput takes from models that put nothing out what the sources repeat from
// the input as a limit of the output, and gives them the price that there is to
// pay for it: none (mistral-embed has no price for output in the sources).
func noOutput(r *row) bool {
	if !slices.Contains(silent, r.mode) {
		return false
	}
	changed := r.maxOutput != 0
	r.maxOutput = 0
	if r.base.input != nil && r.base.output == nil {
		r.base.output = new(llm.PicoUSD)
		changed = true
	}
	return changed
}

// windowHoldsOutput mends rows whose output is larger than the context window.
// OpenAI's give the input limit as the window (gpt-5-pro: 128,000 in, 272,000
// out, window 400,000). With other providers the output is a limit of the API
// that no call to the model reaches.
func windowHoldsOutput(r *row) bool {
	if r.context == 0 || r.maxOutput <= r.context {
		return false
	}
	if r.provider == "openai" {
		r.context += r.maxOutput
	} else {
		r.maxOutput = r.context
	}
	return true
}

// times is price × num / den, nil for nil.
func times(price *llm.PicoUSD, num, den llm.PicoUSD) *llm.PicoUSD {
	if price == nil {
		return nil
	}
	p := *price * num / den
	return &p
}

// times is times of every price.
func (p rates) times(num, den llm.PicoUSD) rates {
	return rates{
		input: times(p.input, num, den), output: times(p.output, num, den), read: times(p.read, num, den),
		write5m: times(p.write5m, num, den), write1h: times(p.write1h, num, den), reasoning: times(p.reasoning, num, den),
	}
}

func isZero(p *llm.PicoUSD) bool { return p != nil && *p == 0 }

func isPaid(p *llm.PicoUSD) bool { return p != nil && *p > 0 }
