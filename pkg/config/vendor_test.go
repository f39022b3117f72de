package config

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// given are vendors such as a caller hands in.
var given = []Vendor{
	{
		Name: "acme_ai", Aliases: []string{"acme"}, KeyVars: []string{"ACME_KEY", "ACME_TOKEN"}, BaseVars: []string{"ACME_BASE"},
		BaseURL: "https://api.acme.example/openai/v1", Path: "v1", ModelPrefixes: []string{"anvil-"}, Modes: []string{"chat"},
		Headers: map[string]string{"X-Key": "{key}", "X-Title": "{ACME_TITLE|ACME_NAME}", "X-Fixed": "1"},
	},
	{
		Name: "cloud", KeyVars: []string{"CLOUD_KEY"}, BaseURL: "https://{CLOUD_REGION|REGION}.cloud.example/api/v2/llm",
		Path: "/api/v2/llm", Modes: []string{"chat", "embedding"},
	},
	{Name: "local", BaseVars: []string{"LOCAL_BASE"}, BaseURL: "http://localhost:1234/v1", Keyless: true, Modes: []string{"chat"}},
	{Name: "anywhere", KeyVars: []string{"ANYWHERE_KEY"}, BaseVars: []string{"ANYWHERE_BASE"}, Keyless: true, Modes: []string{"chat"}},
	{Name: "pictures", KeyVars: []string{"PICTURES_KEY"}, BaseURL: "https://pictures.example/v1"},
	{Name: "openai", KeyVars: []string{"OPENAI_API_KEY"}, BaseURL: "https://api.openai.com/v1", Headers: map[string]string{"X-Org": "{ORG}"}, Modes: []string{"chat"}},
}

// loadGiven loads one entry, written in YAML's flow style, with the given vendors.
func loadGiven(t *testing.T, entry string, env map[string]string) (*Config, Report, error) {
	t.Helper()
	all := map[string]string{"HOME": "/h"}
	maps.Copy(all, env)
	return load("f.yaml", []byte("model_list:\n  - "+entry+"\n"), Options{LookupEnv: lookup(all), Vendors: given}.withDefaults())
}

func TestGivenVendors(t *testing.T) {
	t.Parallel()
	type want struct{ Provider, Model, Base, Key, Headers string }
	for name, tt := range map[string]struct {
		params  string // of litellm_params
		env     map[string]string
		want    want
		problem string
	}{
		"name":           {"model: acme_ai/a/b, api_key: k", nil, want{"acme_ai", "a/b", "https://api.acme.example/openai/v1", "k", "X-Fixed=1 X-Key=k"}, ""},
		"alias":          {"model: acme/m, api_key: k", nil, want{"acme_ai", "m", "https://api.acme.example/openai/v1", "k", "X-Fixed=1 X-Key=k"}, ""},
		"model's name":   {"model: anvil-2, api_key: k", nil, want{"acme_ai", "anvil-2", "https://api.acme.example/openai/v1", "k", "X-Fixed=1 X-Key=k"}, ""},
		"host wins":      {"model: gpt-4, api_key: k, api_base: 'https://api.acme.example/x/v1'", nil, want{"acme_ai", "gpt-4", "https://api.acme.example/x/v1", "k", "X-Fixed=1 X-Key=k"}, ""},
		"first variable": {"model: acme/m", map[string]string{"ACME_TOKEN": "t", "ACME_KEY": "k"}, want{"acme_ai", "m", "https://api.acme.example/openai/v1", "k", "X-Fixed=1 X-Key=k"}, ""},
		"next variable":  {"model: acme/m", map[string]string{"ACME_TOKEN": "t"}, want{"acme_ai", "m", "https://api.acme.example/openai/v1", "t", "X-Fixed=1 X-Key=t"}, ""},
		"no credential":  {"model: acme/m", nil, want{"acme_ai", "m", "https://api.acme.example/openai/v1", "", "X-Fixed=1"}, "there is no credential for acme_ai"},
		"headers from variables": {
			"model: acme/m, api_key: k",
			map[string]string{"ACME_NAME": "two words "},
			want{"acme_ai", "m", "https://api.acme.example/openai/v1", "k", "X-Fixed=1 X-Key=k X-Title=two words"},
			"",
		},
		"the file's headers win": {
			"model: acme/m, api_key: k, extra_headers: {x-key: own}", nil,
			want{"acme_ai", "m", "https://api.acme.example/openai/v1", "k", "X-Fixed=1 X-Key=own"},
			"",
		},
		"own host completed": {"model: acme/m, api_key: k, api_base: 'https://api.acme.example/'", nil, want{"acme_ai", "m", "https://api.acme.example/openai/v1", "k", "X-Fixed=1 X-Key=k"}, ""},
		"other host":         {"model: acme/m, api_key: k, api_base: 'https://proxy.example/acme'", nil, want{"acme_ai", "m", "https://proxy.example/acme/v1", "k", "X-Fixed=1 X-Key=k"}, ""},
		"already complete":   {"model: acme/m, api_key: k", map[string]string{"ACME_BASE": "https://p.example/v1/"}, want{"acme_ai", "m", "https://p.example/v1", "k", "X-Fixed=1 X-Key=k"}, ""},
		"address of parts":   {"model: cloud/m, api_key: k", map[string]string{"REGION": "eu-1"}, want{"cloud", "m", "https://eu-1.cloud.example/api/v2/llm", "k", ""}, ""},
		"part missing":       {"model: cloud/m, api_key: k", nil, want{}, "the address of cloud is not known (write api_base, or export CLOUD_REGION)"},
		"part that is none":  {"model: cloud/m, api_key: k", map[string]string{"REGION": "a b"}, want{}, "the address of cloud is not known"},
		"whole path missing": {"model: cloud/m, api_key: k, api_base: 'https://c.example'", nil, want{"cloud", "m", "https://c.example/api/v2/llm", "k", ""}, ""},
		"half a path":        {"model: cloud/m, api_key: k, api_base: 'https://c.example/api/v2'", nil, want{"cloud", "m", "https://c.example/api/v2/llm", "k", ""}, ""},
		"another path":       {"model: cloud/m, api_key: k, api_base: 'https://c.example/d/1'", nil, want{"cloud", "m", "https://c.example/d/1", "k", ""}, ""},
		"local":              {"model: local/m", nil, want{"local", "m", "http://localhost:1234/v1", "", ""}, ""},
		"local elsewhere":    {"model: local/m", map[string]string{"LOCAL_BASE": "http://gpu:8000/v1"}, want{"local", "m", "http://gpu:8000/v1", "", ""}, ""},
		"anywhere":           {"model: anywhere/m, api_base: 'http://gpu:8000/v1'", nil, want{"anywhere", "m", "http://gpu:8000/v1", "", ""}, ""},
		"anywhere without /v1": {
			"model: anywhere/m, api_base: 'http://gpu:8000'", nil,
			want{"anywhere", "m", "http://gpu:8000", "", ""},
			"usually end in /v1",
		},
		"nowhere":               {"model: anywhere/m", nil, want{}, "the address of anywhere is not known (write api_base, or export ANYWHERE_BASE)"},
		"no host of its own":    {"model: some-model, api_base: 'http://localhost:1234/v1'", nil, want{}, `the name "some-model" does not tell its provider`},
		"nothing to call":       {"model: pictures/m, api_key: k", nil, want{}, "pictures has no models that this version of llmgw can call"},
		"misspelt":              {"model: acme_io/m", nil, want{}, "did you mean acme_ai?"},
		"takes openai's place":  {"model: gpt/x, api_key: k", nil, want{}, `the provider "gpt" is not known`},
		"openai's own is given": {"model: openai/x, api_key: k", map[string]string{"ORG": "o"}, want{"openai", "x", "https://api.openai.com/v1", "k", "X-Org=o"}, ""},
		"unfit header":          {"model: openai/x, api_key: k", map[string]string{"ORG": "Canary\nb"}, want{}, "the header field X-Org would have a control character in it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, report, _ := loadGiven(t, "{model_name: a, litellm_params: {"+tt.params+"}}", tt.env)
			problems := render(report)
			if (tt.problem == "") != (problems == "") || !strings.Contains(problems, tt.problem) || strings.Contains(problems, "Canary") {
				t.Errorf("problems %q, want %q", problems, tt.problem)
			}
			var got want
			if cfg != nil && len(cfg.Models) > 0 {
				m := &cfg.Models[0]
				var headers []string
				for name, value := range m.Headers {
					headers = append(headers, name+"="+value.Reveal())
				}
				slices.Sort(headers)
				got = want{m.Provider, m.UpstreamModel, m.APIBase, m.APIKey.Reveal(), strings.Join(headers, " ")}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestModesOfGivenVendors: a table of vendors may be behind, so a mode that it does
// not know is only a warning.
func TestModesOfGivenVendors(t *testing.T) {
	t.Parallel()
	cfg, report, err := loadGiven(t, "{model_name: a, litellm_params: {model: acme/m, api_key: k}, model_info: {mode: embedding}}", nil)
	if err != nil || cfg.Models[0].Mode != "embedding" || !strings.Contains(render(report), `acme_ai is not known to have models of the mode "embedding"`) {
		t.Errorf("got %v, problems %s", err, render(report))
	}
	if _, _, err = loadGiven(t, "{model_name: a, litellm_params: {model: claude-x, api_key: k}, model_info: {mode: embedding}}", nil); err == nil {
		t.Error("Anthropic takes embeddings")
	}
}

func TestManyVendorsAreNotListed(t *testing.T) {
	t.Parallel()
	_, report, _ := loadGiven(t, "{model_name: a, litellm_params: {model: zzzzzzzzzzzz/m}}", nil)
	if problems := render(report); strings.Contains(problems, "pictures") {
		t.Errorf("all vendors are listed: %s", problems)
	}
}

func TestBuiltinConfigurationHasGivenVendors(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env  map[string]string
		want []string
	}{
		"nothing":           {nil, nil},
		"credential":        {map[string]string{"ACME_TOKEN": "t"}, []string{"acme_ai/*", "anvil-*"}},
		"address alone":     {map[string]string{"ACME_BASE": "https://p.example"}, nil},
		"part missing":      {map[string]string{"CLOUD_KEY": "k"}, nil},
		"all parts":         {map[string]string{"CLOUD_KEY": "k", "REGION": "eu"}, []string{"cloud/*"}},
		"keyless":           {map[string]string{"LOCAL_BASE": "http://gpu:1/v1"}, []string{"local/*"}},
		"no address":        {map[string]string{"ANYWHERE_KEY": "k"}, nil},
		"address":           {map[string]string{"ANYWHERE_BASE": "http://gpu:1/v1"}, []string{"anywhere/*"}},
		"bad address":       {map[string]string{"ANYWHERE_BASE": "gpu", "ANYWHERE_KEY": "k"}, nil},
		"the gateway's own": {map[string]string{"ANYWHERE_BASE": "http://localhost:4000/v1"}, nil},
		"nothing to call":   {map[string]string{"PICTURES_KEY": "k"}, nil},
		"openai":            {map[string]string{"OPENAI_API_KEY": "k"}, []string{"openai/*"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := map[string]string{"HOME": "/h"}
			maps.Copy(env, tt.env)
			o := Options{LookupEnv: lookup(env), Vendors: given}.withDefaults()
			cfg, report, err := load("", Builtin(o), o)
			if err != nil || len(report.Problems) != 0 {
				t.Fatalf("got %v, problems:\n%s", err, render(report))
			}
			var got []string
			for i := range cfg.Models {
				if cfg.Models[i].Provider != "echo" {
					got = append(got, cfg.Models[i].Group)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("groups (-want +got):\n%s", diff)
			}
		})
	}
}

// TestVendorsVariablesInTheFile: environment_variables stand in for the vendors' own
// variables, as they do with LiteLLM.
func TestVendorsVariablesInTheFile(t *testing.T) {
	t.Parallel()
	text := "model_list: [{model_name: a, litellm_params: {model: acme/m}}]\n" +
		"environment_variables: {ACME_KEY: Canary-own, ACME_BASE: 'https://p.example/v1'}\n"
	env := map[string]string{"HOME": "/h", "ACME_KEY": "Canary-outer"}
	cfg, report, err := load("f.yaml", []byte(text), Options{LookupEnv: lookup(env), Vendors: given}.withDefaults())
	if err != nil || len(report.Problems) != 0 {
		t.Fatalf("got %v, problems:\n%s", err, render(report))
	}
	if m := cfg.Models[0]; m.APIKey.Reveal() != "Canary-own" || m.APIBase != "https://p.example/v1" {
		t.Errorf("got the credential %q at %s", m.APIKey.Reveal(), m.APIBase)
	}
}
