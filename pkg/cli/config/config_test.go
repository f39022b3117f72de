package config

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
)

const good = `model_list:
  - model_name: a
    litellm_params: {model: openai/x, api_key: sk-Canary, input_cost_per_token: 1e-06, output_cost_per_token: 1e-06}
  - {model_name: b, litellm_params: {model: echo/hello, temperature: 1.0}}
general_settings: {drain_timeout: 5}
`

// result is what a command has said, with DIR for the folder it was in.
type result struct {
	out, errOut string
	code        int
}

// run runs a command line in a folder with some files. FILE in the arguments is a file
// there.
func run(t *testing.T, files map[string]string, change func(*cli.Factory), args ...string) result {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	streams, out, errOut := terminal.Test()
	env := map[string]string{"HOME": dir, "KEY": "sk-Canary"}
	f := &cli.Factory{IO: streams, LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
	if change != nil {
		change(f)
	}
	for i, arg := range args {
		args[i] = strings.ReplaceAll(arg, "DIR", dir)
	}
	cmd := NewCmd(f)
	cmd.SetArgs(args)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	code := cli.Report(streams, cmd.ExecuteContext(t.Context()))
	r := result{strings.ReplaceAll(out.String(), dir, "DIR"), strings.ReplaceAll(errOut.String(), dir, "DIR"), code}
	if args[0] != "import" && strings.Contains(r.out+r.errOut, "Canary") {
		t.Errorf("a secret is shown in %s%s", r.out, r.errOut)
	}
	return r
}

func TestCheck(t *testing.T) {
	t.Parallel()
	files := map[string]string{"good.yaml": good, "warn.yaml": good + "security_settings: {valid_api_keys: [sk-team-a-key-123]}\n", "bad.yaml": good + "genral_settings: {}\n"}
	const bad = `DIR/bad.yaml:6:1: error: genral_settings: "genral_settings" is not a known key (did you mean general_settings?)` + "\n"
	const warning = "DIR/warn.yaml:6:38: warning: security_settings.valid_api_keys[0]: this is an example key that is printed in a book (make one with: openssl rand -hex 24)\n"
	for args, want := range map[string]result{
		"DIR/good.yaml":                            {"", "✓ DIR/good.yaml is fine\n", 0},
		"--config DIR/good.yaml --strict":          {"", "✓ DIR/good.yaml is fine\n", 0},
		"DIR/warn.yaml":                            {warning, "! DIR/warn.yaml: 1 warning\n", 0},
		"DIR/warn.yaml --strict":                   {warning, "! DIR/warn.yaml: 1 warning\n", 2},
		"DIR/bad.yaml":                             {bad, "✗ DIR/bad.yaml: 1 error\n", 2},
		"DIR/bad.yaml DIR/good.yaml DIR/warn.yaml": {bad + warning, "✗ 3 files: 1 error, 1 warning\n", 2},
		"DIR/good.yaml DIR/good.yaml":              {"", "✓ 2 files are fine\n", 0},
		"DIR/no.yaml":                              {"DIR/no.yaml: error: read configuration: open DIR/no.yaml: no such file or directory\n", "✗ DIR/no.yaml: 1 error\n", 2},
		"DIR/good.yaml --config DIR/good.yaml":     {"", "llmgw: --config and FILE both name a file: use one of them\n", 2},
		"":                                         {"", "✓ the built-in configuration is fine\n", 0},
	} {
		if diff := cmp.Diff(want, run(t, files, nil, append([]string{"check"}, strings.Fields(args)...)...), cmp.AllowUnexported(result{})); diff != "" {
			t.Errorf("%s: -want +got:\n%s", args, diff)
		}
	}
}

func TestCheckAsJSON(t *testing.T) {
	t.Parallel()
	r := run(t, map[string]string{"bad.yaml": "genral_settings: {}\n"}, nil, "check", "DIR/bad.yaml", "-o", "json")
	var got checked
	if err := json.Unmarshal([]byte(r.out), &got); err != nil || r.code != 2 {
		t.Fatalf("%v, %+v", err, r)
	}
	want := problem{
		File: "DIR/bad.yaml", Line: 1, Column: 1, Severity: "error", Code: "unknown-key", Path: "genral_settings",
		Message: `"genral_settings" is not a known key`, Hint: "did you mean general_settings?",
	}
	if got.Errors != 1 || len(got.Problems) != got.Errors+got.Warnings || len(got.Files) != 1 || !slices.Contains(got.Problems, want) {
		t.Errorf("%+v", got)
	}
	r = run(t, map[string]string{"good.yaml": good}, nil, "check", "DIR/good.yaml", "-o", "json")
	if !strings.Contains(r.out, `"problems": []`) {
		t.Errorf("%s", r.out)
	}
}

func TestCheckInColours(t *testing.T) {
	t.Parallel()
	r := run(t, map[string]string{"bad.yaml": "genral_settings: {}\n"}, func(f *cli.Factory) { f.IO.Color = true }, "check", "DIR/bad.yaml")
	if !strings.Contains(r.out, "\x1b[31merror\x1b[0m: genral_settings") {
		t.Errorf("%q", r.out)
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	files := map[string]string{"a.yaml": "general_settings: {drain_timeout: 5, master_key: os.environ/KEY}\nmodel_list: [{model_name: a, litellm_params: {model: echo/a, temperature: 1.0}}]\n"}
	for args, want := range map[string]string{
		"": "model_list:\n  - model_name: a\n    litellm_params:\n      model: echo/a\n      temperature: 1.0\n" +
			"general_settings:\n  master_key: '********'\n  drain_timeout: 5s\n",
		"--origin": "model_list:\n  - model_name: a # DIR/a.yaml:2:27\n    litellm_params:\n      model: echo/a # DIR/a.yaml:2:54\n" +
			"      temperature: 1.0 # DIR/a.yaml:2:75\ngeneral_settings:\n  master_key: '********' # DIR/a.yaml:1:50 (os.environ/KEY)\n  drain_timeout: 5s # DIR/a.yaml:1:35\n",
		"-o table": "model_list[0].model_name\ta\nmodel_list[0].litellm_params.model\techo/a\nmodel_list[0].litellm_params.temperature\t1.0\n" +
			"general_settings.master_key\t********\ngeneral_settings.drain_timeout\t5s\n",
		"-o table --origin": "model_list[0].model_name\ta\tDIR/a.yaml:2:27\nmodel_list[0].litellm_params.model\techo/a\tDIR/a.yaml:2:54\n" +
			"model_list[0].litellm_params.temperature\t1.0\tDIR/a.yaml:2:75\n" +
			"general_settings.master_key\t********\tDIR/a.yaml:1:50 (os.environ/KEY)\ngeneral_settings.drain_timeout\t5s\tDIR/a.yaml:1:35\n",
		"-o json": `{
  "model_list": [
    {
      "model_name": "a",
      "litellm_params": {
        "model": "echo/a",
        "temperature": 1.0
      }
    }
  ],
  "general_settings": {
    "master_key": "********",
    "drain_timeout": "5s"
  }
}
`,
	} {
		got := run(t, files, nil, append([]string{"show", "--config", "DIR/a.yaml"}, strings.Fields(args)...)...)
		if diff := cmp.Diff(result{out: want}, got, cmp.AllowUnexported(result{})); diff != "" {
			t.Errorf("%s: -want +got:\n%s", args, diff)
		}
	}
	r := run(t, files, nil, "show", "--config", "DIR/a.yaml", "--effective", "--origin", "-o", "json")
	for _, want := range []string{
		"    \"path\": \"general_settings.drain_delay\",\n    \"value\": \"0s\",\n    \"origin\": \"default\",\n    \"secret\": false\n",
		"    \"path\": \"general_settings.master_key\",\n    \"value\": \"********\",\n    \"origin\": \"DIR/a.yaml:1:50 (os.environ/KEY)\",\n    \"secret\": true\n",
		"    \"path\": \"security_settings.max_budget\",\n    \"value\": null,\n",
	} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %s in:\n%s", want, r.out)
		}
	}
}

func TestShowOfAnInvalidConfiguration(t *testing.T) {
	t.Parallel()
	r := run(t, map[string]string{"a.yaml": "nonsense: 1\n"}, nil, "show", "-c", "DIR/a.yaml")
	if r.code != 2 || r.out != "" || !strings.HasPrefix(r.errOut, "DIR/a.yaml:1:1: error: nonsense: ") || !strings.HasSuffix(r.errOut, "llmgw: the configuration has 1 error\n") {
		t.Errorf("%+v", r)
	}
	if r := run(t, nil, nil, "show", "-c", "DIR/no.yaml"); r.code != 2 || !strings.Contains(r.errOut, "no such file") {
		t.Errorf("%+v", r)
	}
}

func TestShowVariables(t *testing.T) {
	t.Parallel()
	set := func(f *cli.Factory) {
		f.LookupEnv = func(name string) (string, bool) {
			if name == "LITELLM_MASTER_KEY" {
				return "sk-Canary", true
			}
			return "", false
		}
	}
	r := run(t, nil, set, "show", "--variables")
	for _, want := range []string{
		"LLMGW_GENERAL_SETTINGS_MASTER_KEY\tgeneral_settings.master_key\tfalse\n", "LITELLM_MASTER_KEY\tgeneral_settings.master_key\ttrue\n",
	} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in:\n%s", want, r.out)
		}
	}
	r = run(t, nil, set, "show", "--variables", "-o", "json")
	if !strings.Contains(r.out, "  {\n    \"variable\": \"LITELLM_MASTER_KEY\",\n    \"path\": \"general_settings.master_key\",\n    \"set\": true\n  }") {
		t.Errorf("%s", r.out)
	}
	if r := run(t, nil, nil, "show", "--variables", "--origin"); r.code != 2 {
		t.Errorf("%+v", r)
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"a.yaml": good,
		"b.yaml": strings.NewReplacer("drain_timeout: 5", "drain_timeout: 6", "sk-Canary", "sk-Canary2", "temperature: 1.0", "top_p: 0.5").Replace(good),
		"c.yaml": "nonsense: 1",
	}
	r := run(t, files, nil, "diff", "DIR/a.yaml", "DIR/b.yaml")
	want := result{
		"~ model_list[a].litellm_params.api_key: changed\n- model_list[b].litellm_params.temperature: 1.0\n" +
			"+ model_list[b].litellm_params.top_p: 0.5\n~ general_settings.drain_timeout: \"5s\" -> \"6s\"\n",
		"4 differences\n", 1,
	}
	if diff := cmp.Diff(want, r, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	r = run(t, files, nil, "diff", "DIR/a.yaml", "DIR/b.yaml", "-o", "json")
	if want := "  {\n    \"change\": \"removed\",\n    \"path\": \"model_list[b].litellm_params.temperature\",\n    \"old\": 1.0,\n    \"new\": null,\n    \"secret\": false\n  }"; !strings.Contains(r.out, want) || r.code != 1 {
		t.Errorf("%+v", r)
	}
	if r := run(t, files, nil, "diff", "DIR/a.yaml", "DIR/a.yaml"); r != (result{"", "no differences\n", 0}) {
		t.Errorf("%+v", r)
	}
	if r := run(t, files, nil, "diff", "DIR/a.yaml", "DIR/a.yaml", "-o", "json"); r.out != "[]\n" {
		t.Errorf("%+v", r)
	}
	for _, args := range [][]string{{"DIR/a.yaml", "DIR/c.yaml"}, {"DIR/c.yaml", "DIR/a.yaml"}, {"DIR/no.yaml"}} {
		if r := run(t, files, nil, append([]string{"diff"}, args...)...); r.code != 2 || r.out != "" {
			t.Errorf("%v: %+v", args, r)
		}
	}
	if r := run(t, files, nil, "diff", "DIR/a.yaml"); r.code != 1 || !strings.Contains(r.out, "+ model_list[a].model_name: \"a\"\n") {
		t.Errorf("%+v", r)
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	const old = "model_list: [{model_name: a, litellm_params: {model: gpt-4o, api_key: os.environ/NOT_SET}}]\nlitellm_settings: {telemetry: false}\n"
	r := run(t, map[string]string{"old.yaml": old}, nil, "import", "DIR/old.yaml")
	for _, want := range []string{"# Converted from old.yaml by llmgw config import.\n", "model: openai/gpt-4o\n", "api_key: os.environ/NOT_SET\n", "# litellm_settings: {telemetry: false}\n"} {
		if !strings.Contains(r.out, want) || r.code != 0 {
			t.Errorf("no %q in %+v", want, r)
		}
	}
	if !strings.HasPrefix(r.errOut, "DIR/old.yaml:1:54: rewritten: model_list[0].litellm_params.model: now openai/gpt-4o\nDIR/old.yaml:2:20: dropped: litellm_settings.telemetry: ") {
		t.Errorf("%s", r.errOut)
	}
	piped := run(t, nil, func(f *cli.Factory) { f.IO.In = strings.NewReader(old) }, "import", "-")
	if !strings.HasPrefix(piped.out, "# Converted from standard input") || piped.code != 0 {
		t.Errorf("%+v", piped)
	}
	written := run(t, map[string]string{"old.yaml": old}, nil, "import", "DIR/old.yaml", "-o", "DIR/new.yaml")
	if written.out != "" || written.code != 0 || !strings.Contains(written.errOut, "✓ DIR/new.yaml is written: 1 dropped, 1 rewritten.\nNext: llmgw config check DIR/new.yaml\n") {
		t.Errorf("%+v", written)
	}
	there := map[string]string{"old.yaml": old, "new.yaml": "mine"}
	if r := run(t, there, nil, "import", "DIR/old.yaml", "--out", "DIR/new.yaml"); r.code != 1 || !strings.Contains(r.errOut, "--force") {
		t.Errorf("%+v", r)
	}
	if r := run(t, there, nil, "import", "DIR/old.yaml", "--out", "DIR/new.yaml", "--force"); r.code != 0 {
		t.Errorf("%+v", r)
	}
	for _, args := range [][]string{{"import", "DIR/no.yaml"}, {"import", "DIR/bad.yaml"}, {"import", "DIR"}} {
		if r := run(t, map[string]string{"bad.yaml": "a: ["}, nil, args...); r.code != 2 || r.out != "" {
			t.Errorf("%v: %+v", args, r)
		}
	}
	large := run(t, nil, func(f *cli.Factory) { f.IO.In = strings.NewReader(strings.Repeat("#", maxInput+1)) }, "import", "-")
	if large.code != 2 {
		t.Errorf("%+v", large)
	}
}

func TestSchema(t *testing.T) {
	t.Parallel()
	r := run(t, nil, nil, "schema")
	if !json.Valid([]byte(r.out)) || !strings.Contains(r.out, `"$schema": "https://json-schema.org/draft/2020-12/schema"`) || r.code != 0 {
		t.Errorf("%.300s", r.out)
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	streams, _, _ := terminal.Test()
	f := &cli.Factory{IO: streams}
	ignore := cmpopts.IgnoreTypes(f)
	var check CheckOptions
	c := NewCheckCmd(f, func(o *CheckOptions) error { check = *o; return nil })
	c.SetArgs(strings.Fields("a b --strict -o json"))
	var show ShowOptions
	s := NewShowCmd(f, func(o *ShowOptions) error { show = *o; return nil })
	s.SetArgs(strings.Fields("-c a --effective --origin -o table"))
	var diff DiffOptions
	d := NewDiffCmd(f, func(o *DiffOptions) error { diff = *o; return nil })
	d.SetArgs(strings.Fields("a b"))
	var convert ImportOptions
	i := NewImportCmd(f, func(o *ImportOptions) error { convert = *o; return nil })
	i.SetArgs(strings.Fields("- -o out --force"))
	var described bool
	j := NewSchemaCmd(f, func(*SchemaOptions) error { described = true; return nil })
	j.SetArgs(nil)
	if err := errors.Join(c.Execute(), s.Execute(), d.Execute(), i.Execute(), j.Execute()); err != nil {
		t.Fatal(err)
	}
	for _, difference := range []string{
		cmp.Diff(CheckOptions{Files: []string{"a", "b"}, Strict: true, Output: terminal.FormatJSON}, check, ignore),
		cmp.Diff(ShowOptions{ConfigFile: "a", Effective: true, Origin: true, Output: terminal.FormatTable}, show, ignore),
		cmp.Diff(DiffOptions{Old: "a", New: "b", Output: terminal.FormatTable}, diff, ignore),
		cmp.Diff(ImportOptions{File: "-", Out: "out", Force: true}, convert, ignore),
	} {
		if difference != "" || !described {
			t.Errorf("-want +got:\n%s", difference)
		}
	}
}
