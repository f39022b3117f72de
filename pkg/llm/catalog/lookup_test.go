package catalog

import (
	"slices"
	"strings"
	"testing"
)

func TestCatalogLookup(t *testing.T) {
	t.Parallel()
	c := newDefault(t)
	tests := []struct {
		name, provider, model, want string
	}{
		{"exact", "anthropic", "claude-sonnet-4-5", "claude-sonnet-4-5"},
		{"exact with date", "anthropic", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5-20250929"},
		{"exact with -latest", "openai", "chatgpt-4o-latest", "chatgpt-4o-latest"},
		{"vertex date", "anthropic", "claude-sonnet-4-5@20250929", "claude-sonnet-4-5-20250929"},
		{"vertex default", "anthropic", "claude-opus-4-6@default", "claude-opus-4-6"},
		{"unknown date", "anthropic", "claude-opus-4-8-20270101", "claude-opus-4-8"},
		{"unknown dashed date", "openai", "gpt-4o-2031-01-31", "gpt-4o"},
		{"known dashed date", "openai", "gpt-4o-2024-05-13", "gpt-4o-2024-05-13"},
		{"-latest", "anthropic", "claude-3-7-sonnet-latest", "claude-3-7-sonnet-20250219"},
		{"alias of the vendor", "anthropic", "claude-opus-4-0", "claude-opus-4-0"},
		{"no date, newest", "anthropic", "claude-3-opus", "claude-3-opus-20240229"},
		{"unknown date, newest", "anthropic", "claude-3-opus-20300101", "claude-3-opus-20240229"},
		{"newest of several", "openai", "ft:gpt-4o", "ft:gpt-4o-2024-11-20"},
		{"own prefix", "anthropic", "anthropic/claude-opus-4-5", "claude-opus-4-5"},
		{"own prefix, openai", "openai", "openai/gpt-4o-mini", "gpt-4o-mini"},
		{"bedrock", "anthropic", "anthropic.claude-opus-4-20250514-v1:0", "claude-opus-4-20250514"},
		{"bedrock, region", "anthropic", "us.anthropic.claude-opus-4-20250514-v1:0", "claude-opus-4-20250514"},
		{"bedrock, long region", "anthropic", "us-gov.anthropic.claude-opus-4-5-20251101-v1:0", "claude-opus-4-5-20251101"},
		{"bedrock, window", "anthropic", "anthropic.claude-3-opus-20240229-v1:0:28k", "claude-3-opus-20240229"},
		{"bedrock, bare version", "anthropic", "global.anthropic.claude-opus-4-6-v1", "claude-opus-4-6"},
		{"bedrock, no version", "anthropic", "eu.anthropic.claude-opus-4-8", "claude-opus-4-8"},
		{"tuned", "openai", "ft:gpt-4o-mini-2024-07-18:acme:support:9x", "ft:gpt-4o-mini-2024-07-18"},
		{"tuned, no suffix", "openai", "ft:gpt-3.5-turbo:acme::9x", "ft:gpt-3.5-turbo"},

		{"bedrock: exact", "bedrock", "anthropic.claude-opus-4-20250514-v1:0", "anthropic.claude-opus-4-20250514-v1:0"},
		{"bedrock: own prefix and operation", "bedrock", "bedrock/converse/anthropic.claude-opus-4-20250514-v1:0", "anthropic.claude-opus-4-20250514-v1:0"},
		{"bedrock: operation", "bedrock", "invoke/us.amazon.nova-pro-v1:0", "us.amazon.nova-pro-v1:0"},
		{"bedrock: a region with a price of its own", "bedrock", "au.anthropic.claude-haiku-4-5-20251001-v1:0", "au.anthropic.claude-haiku-4-5-20251001-v1:0"},
		{"bedrock: a region without", "bedrock", "ca.anthropic.claude-opus-4-20250514-v1:0", "eu.anthropic.claude-opus-4-20250514-v1:0"},
		{"bedrock: no geography has one", "bedrock", "ca.amazon.titan-text-express-v1", "amazon.titan-text-express-v1"},
		{"bedrock: everywhere", "bedrock", "global.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"},
		{"bedrock: the government's", "bedrock", "us-gov.anthropic.claude-opus-4-20250514-v1:0", ""},
		{"bedrock: no version", "bedrock", "us.anthropic.claude-3-5-sonnet-20240620", "us.anthropic.claude-3-5-sonnet-20240620-v1:0"},
		{"bedrock: no version, no region of its own", "bedrock", "ca.anthropic.claude-3-5-sonnet-20240620", "eu.anthropic.claude-3-5-sonnet-20240620-v1:0"},
		{"bedrock: another geography's price, no version", "bedrock", "ca.anthropic.claude-opus-4-6", "eu.anthropic.claude-opus-4-6-v1"},
		{"bedrock: no date", "bedrock", "anthropic.claude-3-5-sonnet", "anthropic.claude-3-5-sonnet-20241022-v2:0"},
		{"bedrock: window", "bedrock", "anthropic.claude-3-haiku-20240307-v1:0:48k", "anthropic.claude-3-haiku-20240307-v1:0"},
		{"bedrock: profile", "bedrock", "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-20250514-v1:0", "us.anthropic.claude-opus-4-20250514-v1:0"},
		{"bedrock: model's ARN", "bedrock", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"},
		{"bedrock: version of another model", "bedrock", "amazon.titan-embed-text-v3:0", ""},
		{"bedrock: profile of one's own", "bedrock", "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123", ""},
		{"bedrock: Anthropic's name", "bedrock", "claude-opus-4-20250514", ""},
		{"vertex: at", "vertex_ai", "claude-sonnet-4-5@20250929", "claude-sonnet-4-5@20250929"},
		{"vertex: dash", "vertex_ai", "claude-3-5-haiku-20241022", "claude-3-5-haiku@20241022"},
		{"vertex: at for dash", "vertex_ai", "claude-haiku-4-5@20251001", "claude-haiku-4-5@20251001"},
		{"vertex: default", "vertex_ai", "claude-opus-4-6@default", "claude-opus-4-6@default"},
		{"vertex: path", "vertex_ai", "publishers/anthropic/models/claude-opus-4-6", "claude-opus-4-6"},
		{"vertex: own prefix", "vertex_ai", "vertex_ai/gemini-2.5-pro", "gemini-2.5-pro"},
		{"vertex: revision", "vertex_ai", "gemini-2.5-pro-001", "gemini-2.5-pro"},
		{"vertex: beta", "vertex_ai_beta", "gemini-2.5-pro", "gemini-2.5-pro"},
		{"gemini: path", "gemini", "models/gemini-2.5-flash", "gemini-2.5-flash"},
		{"gemini: latest", "gemini", "gemini-2.5-flash-latest", "gemini-2.5-flash"},
		{"gemini: a version that is a model", "vertex_ai", "text-embedding-007", ""},
		{"azure: base model with its prefix", "azure", "azure/gpt-4o-2024-11-20", "gpt-4o-2024-11-20"},
		{"azure: zone", "azure", "azure/eu/gpt-5-mini-2025-08-07", "eu/gpt-5-mini-2025-08-07"},
		{"azure: a deployment's own name", "azure", "prod-chat", ""},
		{"openrouter", "openrouter", "anthropic/claude-opus-4.8", "anthropic/claude-opus-4.8"},
		{"openrouter: own prefix", "openrouter", "openrouter/anthropic/claude-opus-4.8", "anthropic/claude-opus-4.8"},
		{"openrouter: another variant", "openrouter", "anthropic/claude-opus-4.8:nitro", ""},
		{"fireworks: short", "fireworks_ai", "deepseek-v3p2", "accounts/fireworks/models/deepseek-v3p2"},
		{"fireworks: long", "fireworks_ai", "accounts/fireworks/models/deepseek-v3p2", "accounts/fireworks/models/deepseek-v3p2"},
		{"fireworks: another account", "fireworks_ai", "accounts/acme/models/deepseek-v3p2", ""},
		{"mistral: latest", "mistral", "mistral-large-latest", "mistral-large-latest"},
		{"mistral: no date", "mistral", "devstral-small", "devstral-small-latest"},
		{"ollama, by chat", "ollama_chat", "llama3:8b", "llama3:8b"},
		{"cohere, by chat", "cohere_chat", "command-a-03-2025", "command-a-03-2025"},
		{"echo", "echo", "whatever", "*"},

		{"unknown", "anthropic", "claude-99", ""},
		{"empty", "anthropic", "", ""},
		{"unknown provider", "bedrock", "claude-opus-4-5", ""},
		{"another provider's prefix", "openai", "anthropic/claude-opus-4-5", ""},
		{"another provider's model", "openai", "claude-opus-4-5", ""},
		{"other vendor in the region's place", "anthropic", "meta.llama.claude-opus-4-5", ""},
		{"a suffix that is no date", "anthropic", "claude-opus-4-5-99999999", ""},
		{"a suffix that is half a date", "openai", "gpt-4o-2024-08", ""},
		{"a longer name", "anthropic", "claude-opus-4-5x", ""},
		{"only a date", "anthropic", "-20250514", ""},
		{"not a model of the list", "openai", "container", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, ok := c.Lookup(tt.provider, tt.model)
			got := ""
			if ok {
				got = m.Name
			}
			if got != tt.want {
				t.Errorf("Lookup(%q, %q) = %q, want %q", tt.provider, tt.model, got, tt.want)
			}
		})
	}
}

func TestCatalogLookupFindsEveryModelByEverySpelling(t *testing.T) {
	t.Parallel()
	c := newDefault(t)
	for _, m := range c.Models() {
		spellings := []string{m.Name, m.Provider + "/" + m.Name}
		switch {
		case strings.HasPrefix(m.Name, "ft:"):
			spellings = append(spellings, m.Name+":org::id")
		case m.Provider == "anthropic":
			spellings = append(spellings, "us.anthropic."+m.Name+"-v1:0")
		case m.Provider == "bedrock":
			spellings = append(spellings, "converse/"+m.Name)
		case m.Provider == "gemini":
			spellings = append(spellings, "models/"+m.Name)
		}
		for _, s := range spellings {
			if got, ok := c.Lookup(m.Provider, s); !ok || got != m {
				t.Errorf("Lookup(%q, %q) does not find %q", m.Provider, s, m.Name)
			}
		}
	}
}

func TestCatalogMatchTellsTheRule(t *testing.T) {
	t.Parallel()
	c, err := newDefault(t).With([]Override{{Provider: "openai", Model: "house"}, {Provider: "openai", Model: "gpt-4o", ContextTokens: 7}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		provider, model, want string
		rule                  Rule
	}{
		{"anthropic", "claude-opus-4-5", "claude-opus-4-5", MatchExact},
		{"anthropic", "anthropic/claude-opus-4-5", "claude-opus-4-5", MatchSpelling},
		{"fireworks_ai", "deepseek-v3p2", "accounts/fireworks/models/deepseek-v3p2", MatchSpelling},
		{"bedrock", "us.anthropic.claude-3-5-sonnet-20240620", "us.anthropic.claude-3-5-sonnet-20240620-v1:0", MatchSpelling},
		{"anthropic", "claude-opus-4-8-20270101", "claude-opus-4-8", MatchUndated},
		{"mistral", "devstral-small", "devstral-small-latest", MatchUndated},
		{"anthropic", "claude-3-opus", "claude-3-opus-20240229", MatchNewest},
		{"openai", "openai/house-2031-01-31", "house", MatchUndated},
		{"openai", "gpt-4o-2024-05-13", "gpt-4o-2024-05-13", MatchExact},
		{"openai", "nothing", "", ""},
	} {
		m, rule := c.Match(tt.provider, tt.model)
		name := ""
		if m != nil {
			name = m.Name
		}
		if name != tt.want || rule != tt.rule {
			t.Errorf("Match(%q, %q) = %q by %q, want %q by %q", tt.provider, tt.model, name, rule, tt.want, tt.rule)
		}
	}
}

func TestCatalogFind(t *testing.T) {
	t.Parallel()
	c := newDefault(t)
	for model, want := range map[string]string{
		"claude-opus-4-0": "anthropic", "gpt-4o": "azure,gmi,github_copilot,openai", "nobody-knows": "",
	} {
		var got []string
		for _, m := range c.Find(model) {
			got = append(got, m.Provider)
		}
		if model == "gpt-4o" {
			got = slices.DeleteFunc(got, func(p string) bool { return !strings.Contains(want, p) })
			want = "azure,github_copilot,openai"
		}
		if strings.Join(got, ",") != want {
			t.Errorf("Find(%q) = %v, want %q", model, got, want)
		}
	}
}

func FuzzCatalogLookup(f *testing.F) {
	for _, s := range []string{
		"claude-opus-4-5", "us.anthropic.claude-opus-4-20250514-v1:0", "ft:gpt-4o:a:b", "ft:", "@20250929", "-v1", ".",
		"anthropic.", "a.anthropic.", "anthropic.-v:", "gpt-4o-2024-08-06", "x@20", "-latest", "anthropic.\x00-v1:0",
	} {
		f.Add("anthropic", s)
		f.Add("bedrock", s)
		f.Add("", s)
	}
	f.Add("vertex_ai", "publishers/a/models/gemini-2.5-pro@001")
	f.Add("vertex_ai_beta", "claude-sonnet-4-20250514")
	f.Add("gemini", "models/gemini-2.0-flash-001")
	f.Add("fireworks_ai", "deepseek-v3p2-latest")
	f.Add("bedrock", "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2:1:200k")
	c := newDefault(f)
	f.Fuzz(func(t *testing.T, provider, model string) {
		m, ok := c.Lookup(provider, model)
		if ok != (m != nil) {
			t.Fatalf("Lookup(%q, %q) = %v, %v", provider, model, m, ok)
		}
		if !ok || m == free {
			return
		}
		if m.Provider != vendorOf(provider) {
			t.Fatalf("Lookup(%q, %q) is of %q", provider, model, m.Provider)
		}
		base := strings.TrimPrefix(baseOf(m.Provider, m.Name).name, "accounts/fireworks/models/")
		if _, rest, ok := strings.Cut(base, "."); m.Provider == "bedrock" && ok && strings.Contains(rest, ".") {
			base = rest // of another geography
		}
		if !strings.Contains(model, base) {
			t.Fatalf("Lookup(%q, %q) = %q", provider, model, m.Name)
		}
	})
}
