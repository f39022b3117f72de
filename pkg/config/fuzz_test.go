package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzLoad loads anything. There must be no panic, exactly one of a Config and
// an error, and no secret of the environment in what is reported.
func FuzzLoad(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*.bad.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range without(seeds, ".want") {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, strings.HasSuffix(file, ".json"))
	}
	for _, tt := range mistakes {
		f.Add([]byte(tt.text), strings.HasSuffix(tt.file, ".json"))
	}
	f.Add([]byte(fullFile), false)
	f.Add([]byte(canaryFile), false)
	f.Add([]byte(bomb(30)), false)
	f.Add([]byte(`{"model_list": [{"model_name": "a", "litellm_params": {"model": "echo/hello"}}]}`), true)
	o := Options{LookupEnv: lookup(canaryEnv)}.withDefaults()
	f.Fuzz(func(t *testing.T, data []byte, isJSON bool) {
		name := "f.yaml"
		if isJSON {
			name = "f.json"
		}
		cfg, report, err := load(name, data, o)
		if (cfg == nil) != (err != nil) || (report.Err() == nil) != (err == nil) {
			t.Errorf("Config %v, error %v, report %v", cfg != nil, err, report)
		}
		for _, p := range report.Problems {
			if p.Message == "" || p.Severity == 0 || p.Code == "" {
				t.Errorf("an empty problem: %#v", p)
			}
		}
		if got := render(report); strings.Contains(got, "Canary-7") || strings.Contains(got, "Canary-9") {
			t.Errorf("a secret of the environment is shown:\n%s", got)
		}
	})
}

// BenchmarkLoad is a part of the gateway's start: a small file, and some with a
// hundred models and more.
func BenchmarkLoad(b *testing.B) {
	const entry = "\n  - {model_name: m, litellm_params: {model: echo/hello, api_key: k, max_tokens: 5, temperature: 0.5}}"
	for name, text := range map[string]string{"small": fullFile, "100 models": "model_list:" + strings.Repeat(entry, 100), "500 models": "model_list:" + strings.Repeat(entry, 500)} {
		b.Run(name, func(b *testing.B) { benchmarkLoad(b, []byte(text)) })
	}
}

func benchmarkLoad(b *testing.B, data []byte) {
	b.Helper()
	env := map[string]string{"HOME": "/h", "KEY_A": "a", "SEED": "1", "TEAM": "t", "OPENAI_API_KEY": "o", "ANTHROPIC_API_KEY": "a"}
	o := Options{LookupEnv: lookup(env)}.withDefaults()
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := load("f.yaml", data, o); err != nil {
			b.Fatal(err)
		}
	}
}
