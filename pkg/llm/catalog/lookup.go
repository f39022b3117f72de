package catalog

import "strings"

// Rule is how a name led to a model.
type Rule string

// The rules, in the order in which they are tried.
const (
	// MatchExact: the name is the model's.
	MatchExact Rule = "exact"
	// MatchSpelling: what names the way to the model was left out, or written the
	// vendor's way.
	MatchSpelling Rule = "spelling"
	// MatchUndated: without its date, or "-latest" instead of it.
	MatchUndated Rule = "undated"
	// MatchNewest: the newest of the models with that name and a date.
	MatchNewest Rule = "newest"
)

// Lookup finds a model by the name that a configuration or a client gives it.
// The first of these spellings that is known counts, in what was laid over the
// catalogue before it is in the data:
//
//  1. the name as it is;
//  2. the vendor's own spelling of it: without the provider's prefix
//     ("anthropic/claude-…"), the way to it (Bedrock's "converse/…" and ARNs,
//     Google's "publishers/…/models/…"), the region and version of Bedrock
//     ("us.anthropic.claude-…-v1:0"), or what stands behind the base of a tuned
//     model ("ft:gpt-4o-2024-08-06:org::id"); with Fireworks'
//     "accounts/fireworks/models/" before it; with "-" for "@" before a date and
//     the other way round;
//  3. without a date, revision or "-latest", "@latest", "@default" at its end, or
//     with "-latest" instead;
//  4. for a name without a date, or with one that is not known, the newest dated
//     model of that name ("claude-3-7-sonnet-latest").
//
// It never looks at another provider: the same model costs differently
// elsewhere. Some vendors have several names, which are one here ("ollama",
// "ollama_chat").
func (c *Catalog) Lookup(provider, model string) (*Model, bool) {
	m, _ := c.Match(provider, model)
	return m, m != nil
}

// Match is Lookup that tells by which rule the model was found. The model is nil
// where none was.
func (c *Catalog) Match(provider, model string) (*Model, Rule) {
	provider = vendorOf(provider)
	if provider == free.Provider {
		return free, MatchExact
	}
	table, own := c.table[provider], c.own[provider]
	if table == nil && own == nil {
		return nil, ""
	}
	find := func(name string) *Model {
		if m := own.find(name); m != nil {
			return m
		}
		return table.find(name)
	}
	if m := find(model); m != nil {
		return m, MatchExact
	}
	plain := plainName(provider, model)
	if m := find(plain); m != nil {
		return m, MatchSpelling
	}
	others := otherSpellings(provider, plain)
	for _, other := range others {
		if m := find(other); m != nil {
			return m, MatchSpelling
		}
	}
	shelves := [...]*shelf{own, table}
	if m, rule := undated(shelves, provider, plain); m != nil {
		return m, rule
	}
	for _, other := range others {
		if m, rule := undated(shelves, provider, other); m != nil {
			return m, rule
		}
	}
	return nil, ""
}

// undated is the end of Match: what is tried where the name as a whole is not
// known.
func undated(shelves [2]*shelf, provider, name string) (*Model, Rule) {
	asked := baseOf(provider, name)
	if asked.name == "" {
		return nil, ""
	}
	// Bedrock's names with another version, or none.
	if m := last(shelves, asked.dated, func(b base) bool { return b.dated == asked.dated && b.fits(asked) }, provider); m != nil {
		return m, MatchSpelling
	}
	for _, s := range shelves {
		if m := s.find(asked.name); m != nil {
			return m, MatchUndated
		}
	}
	m := last(shelves, asked.name, func(b base) bool { return b.name == asked.name && b.fits(asked) }, provider)
	switch {
	case m == nil:
		return nil, ""
	case strings.HasSuffix(m.Name, "-latest"):
		return m, MatchUndated
	default:
		return m, MatchNewest
	}
}

// last returns the last by name of the models on both shelves that fit, or nil.
func last(shelves [2]*shelf, prefix string, fits func(base) bool, provider string) *Model {
	of := func(name string) bool { return fits(baseOf(provider, name)) }
	m, other := shelves[0].last(prefix, of), shelves[1].last(prefix, of)
	if m == nil || other != nil && other.Name > m.Name {
		return other
	}
	return m
}

// Find looks a bare name up with every provider. The result is sorted by
// provider.
func (c *Catalog) Find(model string) []*Model {
	var found []*Model
	for _, provider := range c.Providers() {
		if m, ok := c.Lookup(provider, model); ok {
			found = append(found, m)
		}
	}
	return found
}

// free stands for all models of the provider that is built in: it costs nothing
// by its nature.
var free = &Model{
	Provider: "echo", Name: "*", Source: SourceCatalog,
	Price: &Price{Source: SourceCatalog, Origins: Origins{Input: SourceCatalog, Output: SourceCatalog}},
}

// vendors are the names under which one vendor stands in configurations, and the
// one that the data has. They differ in the endpoint that is called, not in what
// it costs.
var vendors = map[string]string{
	"ai21_chat":              "ai21",
	"aiohttp_openai":         "openai",
	"anthropic_text":         "anthropic",
	"cohere_chat":            "cohere",
	"ollama_chat":            "ollama",
	"sagemaker_chat":         "sagemaker",
	"sagemaker_nova":         "sagemaker",
	"text-completion-openai": "openai",
	"vertex_ai_beta":         "vertex_ai",
	"watsonx_text":           "watsonx",
}

func vendorOf(provider string) string {
	if name, ok := vendors[provider]; ok {
		return name
	}
	return provider
}
