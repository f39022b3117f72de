package terminal

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// flag makes a command with --output, and runs it.
func flag(t *testing.T, known FormatSet, args ...string) (Format, *cobra.Command, error) {
	t.Helper()
	var chosen Format
	cmd := &cobra.Command{Use: "x", Run: func(*cobra.Command, []string) {}, SilenceErrors: true, SilenceUsage: true}
	known.Bind(cmd, &chosen)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(t.Context())
	return chosen, cmd, err
}

func TestFormats(t *testing.T) {
	t.Parallel()
	known := Formats(FormatTable, FormatJSON, FormatCSV)
	for args, want := range map[string]Format{
		"": FormatTable, "-o json": FormatJSON, "--output=JSON": FormatJSON, "--output csv": FormatCSV, "-otable": FormatTable,
	} {
		if got, _, err := flag(t, known, strings.Fields(args)...); err != nil || got != want {
			t.Errorf("%q: %s, %v, want %s", args, got, err, want)
		}
	}
	for _, args := range []string{"-o yaml", "-o="} {
		if got, _, err := flag(t, known, strings.Fields(args)...); err == nil || !strings.Contains(err.Error(), "(write table, json or csv)") || got != FormatTable {
			t.Errorf("%q: %s, %v", args, got, err)
		}
	}
}

func TestFormatsSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	for want, known := range map[string]FormatSet{
		"format of the result: json (default json)":                Formats(FormatJSON),
		"format of the result: table or json (default table)":      Formats(FormatTable, FormatJSON),
		"format of the result: yaml, json or table (default yaml)": Formats(FormatYAML, FormatJSON, FormatTable),
	} {
		_, cmd, err := flag(t, known)
		if usage := cmd.Flags().FlagUsages(); err != nil || !strings.Contains(usage, "-o, --output format   "+want+"\n") {
			t.Errorf("usage %q, want %q, %v", usage, want, err)
		}
		complete, ok := cmd.GetFlagCompletionFunc("output")
		if !ok {
			t.Fatal("no completions")
		}
		if names, _ := complete(cmd, nil, ""); len(names) != len(known) || Format(names[0]) != known[0] {
			t.Errorf("completions %v, want %v", names, known)
		}
	}
}

func TestWriteJSON(t *testing.T) {
	t.Parallel()
	streams, out, _ := Test()
	if err := streams.WriteJSON(map[string]string{"a": "<&>"}); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "{\n  \"a\": \"<&>\"\n}\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
