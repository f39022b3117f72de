package catalog

import (
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
		if strings.HasPrefix(m.Name, "ft:") {
			spellings = append(spellings, m.Name+":org::id")
		} else {
			spellings = append(spellings, "us."+m.Provider+"."+m.Name+"-v1:0")
		}
		for _, s := range spellings {
			if got, ok := c.Lookup(m.Provider, s); !ok || got != m {
				t.Errorf("Lookup(%q, %q) does not find %q", m.Provider, s, m.Name)
			}
		}
	}
}

func TestCatalogFind(t *testing.T) {
	t.Parallel()
	c := newDefault(t)
	for model, want := range map[string]string{
		"claude-opus-4-5": "anthropic", "gpt-4o": "openai", "nobody-knows": "",
	} {
		var got []string
		for _, m := range c.Find(model) {
			got = append(got, m.Provider)
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
		f.Add("", s)
	}
	c := newDefault(f)
	f.Fuzz(func(t *testing.T, provider, model string) {
		m, ok := c.Lookup(provider, model)
		if ok != (m != nil) {
			t.Fatalf("Lookup(%q, %q) = %v, %v", provider, model, m, ok)
		}
		if ok && m.Provider != provider {
			t.Fatalf("Lookup(%q, %q) is of %q", provider, model, m.Provider)
		}
		if ok && !strings.Contains(model, withoutDate(m.Name)) {
			t.Fatalf("Lookup(%q, %q) = %q", provider, model, m.Name)
		}
	})
}
