package provider

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/llm"
)

func TestVendors(t *testing.T) {
	t.Parallel()
	all, err := Vendors()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 85 {
		t.Errorf("the table has %d rows, want 85 at least", len(all))
	}
	variables := regexp.MustCompile(`\{[A-Z_|]+\}`)
	for i := range all {
		v := &all[i]
		if found, ok := FindVendor(v.ID); !ok || found != v {
			t.Errorf("%s is not found", v.ID)
		}
		u, err := url.Parse(variables.ReplaceAllString(v.BaseURL, "x"))
		if v.BaseURL != "" && (err != nil || u.Scheme != "https" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1") {
			t.Errorf("%s: %q is no address of a vendor (%v)", v.ID, v.BaseURL, err)
		}
	}
}

func TestVendorsAreShared(t *testing.T) {
	t.Parallel()
	all, err := Vendors()
	if err != nil {
		t.Fatal(err)
	}
	_ = append(all, Vendor{ID: "intruder"})
	if _, ok := FindVendor("intruder"); ok {
		t.Error("a caller can add to the table")
	}
}

func TestFindVendor(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"groq": "groq", "together": "together_ai", "nano-gpt": "nano-gpt"} {
		if v, ok := FindVendor(name); !ok || v.ID != want {
			t.Errorf("%s: got %v, want %s", name, v, want)
		}
	}
	for _, name := range []string{"", "Groq", "no-such"} {
		if v, ok := FindVendor(name); ok {
			t.Errorf("%q is %s", name, v.ID)
		}
	}
}

func TestVendorTakes(t *testing.T) {
	t.Parallel()
	v, ok := FindVendor("mistral")
	if !ok {
		t.Fatal("no Mistral")
	}
	for op, want := range map[llm.Op]bool{
		llm.OpChat: true, llm.OpEmbeddings: true, llm.OpCompletion: false, llm.OpCountTokens: false, 0: false,
	} {
		if v.Takes(op) != want {
			t.Errorf("Takes(%s) = %v", op, !want)
		}
	}
}

func TestDecodeQuirks(t *testing.T) {
	t.Parallel()
	table, err := parseVendors([]byte("- {id: a, name: A, keyless: true, capabilities: [chat], source: s, as_of: 2026-11, quirks: {limit: x}}\n" +
		"- {id: b, name: B, keyless: true, capabilities: [], source: s, as_of: 2026-11}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var q struct {
		Limit string `yaml:"limit"`
	}
	if err := table[0].DecodeQuirks(&q); err != nil || q.Limit != "x" {
		t.Errorf("got %+v, %v", q, err)
	}
	if err := table[1].DecodeQuirks(&q); err != nil || q.Limit != "x" {
		t.Errorf("a row without quirks: got %+v, %v", q, err)
	}
	if err := table[0].DecodeQuirks(&struct{}{}); err == nil || !strings.Contains(err.Error(), "quirks of a") {
		t.Errorf("an unknown quirk: got %v", err)
	}
}

// rowWith is a row that is right, with one more line.
func rowWith(lines ...string) string {
	return "- id: a\n  name: A\n  key_env: [A_KEY]\n  capabilities: [chat]\n  source: s\n  as_of: 2026-11\n" +
		strings.Join(lines, "\n") + "\n"
}

func TestTableIsStrict(t *testing.T) {
	t.Parallel()
	if _, err := parseVendors([]byte(rowWith())); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ text, want string }{
		"no YAML":          {"]", "table of vendors"},
		"unknown key":      {rowWith("  colour: red"), "colour"},
		"unknown fact":     {rowWith("  answers: {colour: red}"), "colour"},
		"key twice":        {rowWith("  name: B"), "name"},
		"id twice":         {rowWith() + rowWith(), "a: stands in the table twice"},
		"alias twice":      {rowWith("  aliases: [a]"), "a: stands in the table twice"},
		"order":            {strings.Replace(rowWith(), "id: a", "id: b", 1) + rowWith(), "a: is not in the order"},
		"id":               {strings.Replace(rowWith(), "id: a", "id: A/b", 1), "A/b: id"},
		"no name":          {strings.Replace(rowWith(), "name: A", "name: ''", 1), "a: name"},
		"no source":        {strings.Replace(rowWith(), "source: s", "source: ''", 1), "a: source"},
		"no month":         {strings.Replace(rowWith(), "2026-11", "2026", 1), "a: as_of"},
		"no capabilities":  {strings.Replace(rowWith(), "  capabilities: [chat]\n", "", 1), "a: capabilities"},
		"capability":       {strings.Replace(rowWith(), "[chat]", "[telepathy]", 1), "a: capabilities"},
		"path for nothing": {rowWith("  paths: {embeddings: e}"), "a: paths"},
		"variable":         {strings.Replace(rowWith(), "A_KEY", "$A", 1), "a: key_env"},
		"no credential":    {strings.Replace(rowWith(), "[A_KEY]", "[]", 1), "a: key_env"},
		"address":          {rowWith("  base_url: https://a.example/v1/"), "a: base_url"},
		"header":           {rowWith("  headers: {x-a: b}"), "a: headers"},
		"forbidden header": {rowWith("  headers: {Host: b}"), "a: headers"},
		"rule":             {rowWith("  models: [{match: '(', model: m}]"), "a: models"},
		"empty rule":       {rowWith("  models: [{match: m}]"), "a: models"},
		"reasoning":        {rowWith("  answers: {reasoning: thoughts}"), "a: answers.reasoning"},
		"usage":            {rowWith("  answers: {usage: never}"), "a: answers.usage"},
		"content":          {rowWith("  answers: {content: soup}"), "a: answers.content"},
		"error":            {rowWith("  answers: {error: shout}"), "a: answers.error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := parseVendors([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) || got != nil {
				t.Errorf("got %v, %v; want an error with %q", got, err, tt.want)
			}
		})
	}
}

// TestTableKnowsWhatLiteLLMKnows: the names that users bring with them.
func TestTableKnowsWhatLiteLLMKnows(t *testing.T) {
	t.Parallel()
	names := strings.Fields(`
		abliteration ai21 ai21_chat aihubmix aiml aiohttp_openai amazon_nova anyscale apertis assemblyai baseten
		bedrock_mantle cerebras charity_engine chutes clarifai codestral cometapi compactifai crusoe custom_openai
		dashscope databricks datarobot deepinfra deepseek docker_model_runner empower featherless_ai fireworks_ai
		friendliai galadriel github gmi gradient_ai groq helicone heroku hosted_vllm huggingface hyperbolic lambda_ai
		lemonade litellm_proxy llamafile llamagate lm_studio maritalk meta_llama minimax mistral moonshot morph
		nano-gpt nebius novita nscale nvidia_nim oobabooga openai openai_like openrouter ovhcloud perplexity poe
		publicai ragflow recraft salad_cloud sambanova sarvam scaleway snowflake synthetic text-completion-openai
		together_ai v0 veniceai vercel_ai_gateway volcengine wandb xai xiaomi_mimo xinference zai`)
	all, err := Vendors()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if !slices.ContainsFunc(all, func(v Vendor) bool { return v.ID == name }) {
			t.Errorf("%s is missing", name)
		}
	}
}

func BenchmarkParseVendors(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parseVendors(providersYAML); err != nil {
			b.Fatal(err)
		}
	}
}
