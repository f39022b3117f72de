package root_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/root"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
)

// run runs a command line and gives what Main would give.
func run(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	io, o, e := terminal.Test()
	dir := t.TempDir()
	env := map[string]string{"HOME": dir, "LLMGW_DATA_DIR": dir}
	cmd := root.New(&cli.Factory{
		IO: io, Version: cli.Version{Number: "1.2.3", Commit: "abc", Date: "2026-11-22"},
		LookupEnv: func(name string) (string, bool) { value, set := env[name]; return value, set },
	})
	cmd.SetArgs(args)
	code = cli.Report(io, cmd.ExecuteContext(t.Context()))
	return code, o.String(), e.String()
}

func TestCommandLinesThatAreWrong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args string
		want string
	}{
		{"srve", "unknown command \"llmgw srve\"\nDid you mean serve?\nSee 'llmgw --help'.\n"},
		{"xyzzy", "unknown command \"llmgw xyzzy\"\nSee 'llmgw --help'.\n"},
		{"--xyzzy", "unknown flag: --xyzzy\nSee 'llmgw --help'.\n"},
		{"--versoin", "unknown flag: --versoin\nDid you mean --version?\nSee 'llmgw --help'.\n"},
		{"serve --xyzzy", "unknown flag: --xyzzy\nSee 'llmgw serve --help'.\n"},
		{"serve --prot 1", "unknown flag: --prot\nDid you mean --port?\nSee 'llmgw serve --help'.\n"},
		{"serve -x", "unknown shorthand flag: 'x' in -x\nSee 'llmgw serve --help'.\n"},
		{"serve --port", "flag needs an argument: --port\nSee 'llmgw serve --help'.\n"},
		{"serve --port x", "See 'llmgw serve --help'.\n"},
		{"serve extra", "\"extra\"\nSee 'llmgw serve --help'.\n"},
		{"version extra", "extra"},
		{"serve --port 4000 --listen :4000", "use one of them\nSee 'llmgw serve --help'.\n"},
		{"models lst", "unknown command \"llmgw models lst\"\nDid you mean list?\nSee 'llmgw models --help'.\n"},
		{"models show", "accepts 1 arg(s), received 0\nSee 'llmgw models show --help'.\n"},
		{"keys crate", "unknown command \"llmgw keys crate\"\nDid you mean create?\nSee 'llmgw keys --help'.\n"},
		{"keys create --bugdet 1", "unknown flag: --bugdet\nDid you mean --budget?\nSee 'llmgw keys create --help'.\n"},
		{"keys create --budget x", "2.50/daily"},
		{"keys list -o xml", "there is no such format here (write table or json)\nSee 'llmgw keys list --help'.\n"},
		{"help serv", "unknown command \"llmgw serv\"\nDid you mean serve?\nSee 'llmgw --help'.\n"},
		{"help keys lisst", "unknown command \"llmgw keys lisst\"\nDid you mean list?\nSee 'llmgw keys --help'.\n"},
		{"completion", "which shell? (bash|zsh|fish|powershell)\nSee 'llmgw completion --help'.\n"},
		{"completion tcsh", "no completions for \"tcsh\""},
		{"completion bash zsh", "one shell at a time"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			code, out, errOut := run(t, strings.Fields(tt.args)...)
			if code != cli.ExitUsage || out != "" || !strings.HasPrefix(errOut, "llmgw: ") || !strings.Contains(errOut, tt.want) {
				t.Errorf("exit %d, stdout %q, stderr %q, want 2 and %q", code, out, errOut, tt.want)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"": "Administer:\n  budget ", "--help": "  llmgw help exit-codes    What the exit codes mean\n", "help serve": "--addr-file", "serve -h": "SIGHUP",
		"help": "llmgw COMMAND", "help help": "llmgw help [COMMAND | TOPIC]", "keys": "Commands:\n  block ", "help keys create": "--max-parallel number",
		"help exit-codes": "130  interrupted", "exit-codes": "130  interrupted", "help environment": "LLMGW_MASTER_KEY",
		"version": "llmgw 1.2.3 (abc, 2026-11-22) go", "--version": "llmgw 1.2.3 (abc, 2026-11-22) go",
		"completion bash": "__start_llmgw", "completion zsh": "#compdef llmgw", "completion fish": "complete -c llmgw", "completion powershell": "Register-ArgumentCompleter",
	} {
		code, out, errOut := run(t, strings.Fields(args)...)
		if code != 0 || !strings.Contains(out, want) || errOut != "" {
			t.Errorf("llmgw %s: exit %d, stdout %q, stderr %q, want %q", args, code, out, errOut, want)
		}
	}
}

func TestHelpOnATerminal(t *testing.T) {
	t.Parallel()
	streams, out, _ := terminal.Test()
	streams.OutTTY, streams.Color, streams.OutWidth = true, true, 60
	cmd := root.New(&cli.Factory{IO: streams})
	cmd.SetArgs([]string{"serve", "--help"})
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !strings.Contains(text, "\x1b[1mUsage:\x1b[0m\n") || !strings.Contains(text, "write the bound\n                         address") {
		t.Errorf("no bold headings, or flags that are not wrapped:\n%s", text)
	}
}

// commands are all commands and topics.
func commands(t *testing.T) []*cobra.Command {
	t.Helper()
	io, _, _ := terminal.Test()
	var all []*cobra.Command
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		all = append(all, c)
		for _, below := range c.Commands() {
			walk(below)
		}
	}
	walk(root.New(&cli.Factory{IO: io}))
	return all
}

// Every command says what it does and shows how, has no flag without words, and says
// what stands behind -o json.
func TestEveryCommandIsDescribed(t *testing.T) {
	t.Parallel()
	for _, c := range commands(t) {
		path := c.CommandPath()
		if c.Short == "" || strings.HasSuffix(c.Short, ".") || c.Runnable() && c.Example == "" {
			t.Errorf("%s: short %q, example %q", path, c.Short, c.Example)
		}
		if c.Runnable() && c.Long == "" && !slices.Contains([]string{"llmgw version", "llmgw help"}, path) {
			t.Errorf("%s has no long description", path)
		}
		for line := range strings.Lines(c.Long) {
			if len([]rune(line)) > 90 {
				t.Errorf("%s: a line that no terminal shows: %q", path, line)
			}
		}
		if c.Example != "" && !strings.Contains(c.Example, path) {
			t.Errorf("%s: its example does not show it", path)
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" {
				t.Errorf("%s --%s has no words", path, f.Name)
			}
		})
		if c.Flags().Lookup("output") != nil && !c.HasSubCommands() && !strings.Contains(c.Long, "-o ") && !strings.Contains(c.Long, "--output") {
			t.Errorf("%s does not say what -o json gives", path)
		}
	}
}

// The same flag is the same everywhere, and has completions where they are known.
func TestFlagsAreTheSameEverywhere(t *testing.T) {
	t.Parallel()
	short := map[string]string{"config": "c", "output": "o", "yes": "y", "help": "h"}
	for _, c := range commands(t) {
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if want, known := short[f.Name]; known && f.Shorthand != want {
				t.Errorf("%s --%s is -%s, want -%s", c.CommandPath(), f.Name, f.Shorthand, want)
			}
			if strings.ToLower(f.Name) != f.Name || strings.Contains(f.Name, "_") {
				t.Errorf("%s --%s is not written in kebab-case", c.CommandPath(), f.Name)
			}
			for _, name := range []string{"model", "models", "provider", "output"} {
				if _, has := c.GetFlagCompletionFunc(name); f.Name == name && !has {
					t.Errorf("%s --%s has no completions", c.CommandPath(), name)
				}
			}
		})
	}
}

// The files of shells' completions are what the command prints.
func TestCompletionFilesAreFresh(t *testing.T) {
	t.Parallel()
	for shell, file := range map[string]string{"bash": "llmgw.bash", "zsh": "llmgw.zsh", "fish": "llmgw.fish", "powershell": "llmgw.ps1"} {
		_, want, _ := run(t, "completion", shell)
		got, err := os.ReadFile("../../../completions/" + file)
		if err != nil || string(got) != want {
			t.Errorf("completions/%s is not fresh (run make generate)", file)
		}
	}
}
