package config

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestLocateLooksInOrder(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	home := t.TempDir()
	env := map[string]string{"XDG_CONFIG_HOME": home}
	touch := func(path string) string {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	expect := func(o Options, want string) {
		t.Helper()
		o.LookupEnv = lookup(env)
		if got, found := Locate(o); got != want || !found {
			t.Errorf("Locate = %q, %v; want %q", got, found, want)
		}
	}
	if err := os.Mkdir("llmgw.yaml", 0o700); err != nil { // a folder is no file
		t.Fatal(err)
	}
	expect(Options{}, touch(filepath.Join(home, "llmgw", "llmgw.yaml")))
	expect(Options{}, touch("litellm_config.yaml"))
	if err := os.Remove("llmgw.yaml"); err != nil {
		t.Fatal(err)
	}
	expect(Options{}, touch("llmgw.yaml"))
	env["LLMGW_CONFIG"] = "named-and-missing.yaml"
	expect(Options{}, "named-and-missing.yaml")
	expect(Options{File: "flag.yaml"}, "flag.yaml")
}

func TestUsualPlacesFollowTheXDGSpecification(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env         map[string]string
		config, dir string
	}{
		"XDG":           {map[string]string{"XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s", "HOME": "/h"}, "/c/llmgw/llmgw.yaml", "/s/llmgw"},
		"home":          {map[string]string{"HOME": "/h"}, "/h/.config/llmgw/llmgw.yaml", "/h/.local/state/llmgw"},
		"relative":      {map[string]string{"XDG_CONFIG_HOME": "c", "XDG_STATE_HOME": "s", "HOME": "/h"}, "/h/.config/llmgw/llmgw.yaml", "/h/.local/state/llmgw"},
		"nothing known": {nil, "", ""},
	} {
		o := Options{LookupEnv: lookup(tt.env)}
		places := usualPlaces(o)
		if tt.config != "" && !slices.Contains(places, tt.config) || tt.config == "" && len(places) != 4 {
			t.Errorf("%s: places = %q, want %q among them", name, places, tt.config)
		}
		if got := defaultDataDir(o); got != tt.dir {
			t.Errorf("%s: data dir = %q, want %q", name, got, tt.dir)
		}
	}
}

func TestWithoutHomeTheDataDirMustBeSet(t *testing.T) {
	t.Parallel()
	_, _, err := load("", nil, Options{LookupEnv: lookup(nil)}.withDefaults())
	if err == nil {
		t.Error("no error without any folder for state")
	}
}

func TestBuiltinConfigurationHasWhatTheEnvironmentAllows(t *testing.T) {
	t.Parallel()
	groups := func(env map[string]string) []string {
		t.Helper()
		all := map[string]string{"HOME": "/h"}
		maps.Copy(all, env)
		o := Options{LookupEnv: lookup(all)}
		cfg, report, err := load("", Builtin(o), o.withDefaults())
		if err != nil || len(report.Problems) != 0 {
			t.Fatalf("the built-in configuration has problems:\n%s", render(report))
		}
		var names []string
		for _, m := range cfg.Models {
			names = append(names, m.Group+"="+m.Provider+"/"+m.UpstreamModel)
		}
		return names
	}
	echo := []string{"echo/hello=echo/hello", "echo/*=echo/*"}
	anthropic := []string{"anthropic/*=anthropic/*", "claude-*=anthropic/claude-*"}
	openai := []string{
		"openai/*=openai/*", "gpt-*=openai/gpt-*", "o1*=openai/o1*", "o3*=openai/o3*", "o4*=openai/o4*",
		"chatgpt-*=openai/chatgpt-*", "text-embedding-*=openai/text-embedding-*",
	}
	if got := groups(nil); !slices.Equal(got, echo) {
		t.Errorf("without variables: %q, want %q", got, echo)
	}
	got := groups(map[string]string{"ANTHROPIC_API_KEY": "a", "OPENAI_API_KEY": "b"})
	if want := slices.Concat(anthropic, openai, echo); !slices.Equal(got, want) {
		t.Errorf("with both variables: %q, want %q", got, want)
	}
	if got := groups(map[string]string{"OPENAI_API_KEY": "", "ANTHROPIC_API_KEY": "a"}); len(got) != 4 {
		t.Errorf("an empty variable counts as set: %q", got)
	}
}
