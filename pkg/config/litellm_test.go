package config

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// corpusVendors are the vendors of testdata/litellm beside the built-in ones.
var corpusVendors = []Vendor{
	{Name: "groq", KeyVars: []string{"GROQ_API_KEY"}, BaseURL: "https://api.groq.com/openai/v1", Modes: []string{"chat"}},
	{Name: "hosted_vllm", BaseVars: []string{"HOSTED_VLLM_API_BASE"}, Keyless: true, Modes: []string{"chat", "completion", "embedding"}},
}

// corpusEnv sets every variable that holds a secret, and a few others.
func corpusEnv(name string) (string, bool) {
	switch {
	case name == "HOME":
		return "/home/u", true
	case strings.HasSuffix(name, "_BASE_EU"), strings.HasSuffix(name, "_BASE_US"), name == "AZURE_API_BASE":
		return "https://example.openai.azure.com", true
	case name == "DATABASE_URL_PRIVATE":
		return "postgresql://u:Canary@db/llm", true
	case name == "QDRANT_URL":
		return "https://qdrant.internal", true
	case strings.HasPrefix(name, "LLMGW_"), name == "DATABASE_URL", name == "NOT_SET":
		return "", false
	case strings.Contains(name, "KEY"), strings.HasSuffix(name, "_SECRET"), strings.HasSuffix(name, "_PASSWORD"):
		return "sk-Canary-" + name, true
	case strings.HasSuffix(name, "_ID"):
		return "id-of-" + name, true
	default:
		return "", false
	}
}

// TestConfigurationsOfLiteLLMLoad loads testdata/litellm/*.yaml, each of which LiteLLM
// would take, and compares the findings with the .want file beside it: no errors, and
// a warning for each key that does nothing here.
func TestConfigurationsOfLiteLLMLoad(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "litellm", "*.yaml"))
	if err != nil || len(files) < 25 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			cfg, report, err := Load(Options{File: file, LookupEnv: corpusEnv, Vendors: corpusVendors})
			if err != nil {
				t.Fatalf("err = %v", err)
			}
			got := strings.ReplaceAll(renderCoded(report), filepath.Dir(file)+string(filepath.Separator), "")
			if all := shown(cfg, report, err); strings.Contains(all, "Canary") {
				at := strings.Index(all, "Canary")
				t.Errorf("a secret is shown: …%s…", all[max(0, at-100):at])
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".want", got)
			checkCodes(t, report)
		})
	}
}

// checkCodes holds the codes of problems against the constants.
func checkCodes(t *testing.T, report Report) {
	t.Helper()
	for _, p := range report.Problems {
		if !slices.Contains(allCodes(t), p.Code) {
			t.Errorf("the code %q is no constant: %v", p.Code, p)
		}
	}
}
