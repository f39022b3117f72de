package keys

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/admin"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/client"
)

// ImportOptions are what "keys import" needs.
type ImportOptions struct {
	IO    *terminal.IO
	Admin admin.Target

	Files []string
	// TeamModels are what all-team-models stands for; nil where nobody has said.
	TeamModels  *[]string
	CreateTeams bool
	DryRun      bool
	Output      terminal.Format
}

// NewImportCmd makes the command. run replaces what it does, for tests of its flags;
// nil means the real thing.
func NewImportCmd(f *cli.Factory, run func(context.Context, *ImportOptions) error) *cobra.Command {
	opts := &ImportOptions{IO: f.IO, Admin: admin.Target{Factory: f}}
	cmd := &cobra.Command{
		Use:   "import FILE…",
		Short: "Take over the keys of LiteLLM",
		Long: `Take over keys of LiteLLM by the hashes of their secrets, so that those go on working:
all keys of the files, or none. A key that is there already is left as it is. FILE is
what LiteLLM answers to GET /key/list?return_full_object=true&size=100 (every page of
it), or CSV whose first line names the columns, such as the table
LiteLLM_VerificationToken; - is standard input. Columns that are read: token (the hash),
key_alias, key_name, team_id, models, rpm_limit, tpm_limit, rpd_limit,
max_parallel_requests, max_budget, budget_duration, expires, blocked, metadata and
created_at. What else is set, and would change what a key may do, is named.

With -o json the result is an object: imported, a list of the objects of "keys show", and
skipped, the hashes of those that were there. With --dry-run it is the list of what would
be sent.

` + admin.Help,
		Example: `  curl -H "Authorization: Bearer $LITELLM_KEY" \
    "$LITELLM_URL/key/list?return_full_object=true&size=100" > keys.json
  llmgw keys import keys.json --dry-run
  llmgw keys import keys.json --create-teams`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Files = args
			if run != nil {
				return run(cmd.Context(), opts)
			}
			return takeOver(cmd.Context(), opts)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&opts.DryRun, "dry-run", false, "read the files and show what would be taken over, and do nothing")
	flags.BoolVar(&opts.CreateTeams, "create-teams", false, "make the teams that are missing, with the ids in the files")
	flags.Func("team-models", "`models` that all-team-models stands for, with commas between them, or all", func(text string) error {
		models, err := parseModels(text)
		opts.TeamModels = models.Value
		return err
	})
	opts.Admin.Bind(cmd)
	tableOrJSON().Bind(cmd, &opts.Output)
	return cmd
}

// takeOver reads the files and sends what is in them.
func takeOver(ctx context.Context, o *ImportOptions) error {
	found, err := o.read()
	if err != nil {
		return err
	}
	if o.DryRun {
		return o.preview(found)
	}
	return o.Admin.Do(ctx, func(ctx context.Context, c *client.Client) error {
		if err := o.teams(ctx, c, found); err != nil {
			return err
		}
		answer, err := c.ImportKeys(ctx, adminapi.ImportRequest{Keys: found.keys})
		if err != nil {
			return found.locate(err)
		}
		fmt.Fprintf(o.IO.Err, "%s Took over %s", o.IO.ErrStyles().GoodSymbol(), counted(len(answer.Imported), "key"))
		if n := len(answer.Skipped); n > 0 {
			fmt.Fprintf(o.IO.Err, "; %s there already", are(n))
		}
		fmt.Fprintln(o.IO.Err)
		if o.Output == terminal.FormatJSON {
			return o.IO.WriteJSON(answer)
		}
		return o.IO.WriteTable(table(o.IO, answer.Imported, now()))
	})
}

// found is what stands in the files.
type found struct {
	keys []adminapi.ImportedKey
	// at is where each of them stands: FILE:LINE.
	at []string
	// teams are the names of teams by their ids, where the files have them.
	teams map[string]string
}

// maxProblems is how many problems are told; whoever corrects them can ask again.
const maxProblems = 20

// read reads all files, and tells of what is wrong with them.
func (o *ImportOptions) read() (*found, error) {
	f := &found{teams: make(map[string]string)}
	c := &converter{teamModels: o.TeamModels, ignored: make(map[string]int)}
	problems := 0
	for _, file := range o.Files {
		data, err := o.open(file)
		if err != nil {
			return nil, cli.UsageError(err, "")
		}
		records, err := parseRecords(data)
		if err != nil {
			return nil, fmt.Errorf("%s:%w", file, err)
		}
		c.first = make(map[string]int)
		for _, r := range records {
			key, err := c.convert(r)
			if err != nil {
				for line := range strings.Lines(err.Error()) {
					if problems++; problems <= maxProblems {
						fmt.Fprintf(o.IO.Err, "error: %s:%s\n", file, strings.TrimSpace(line))
					}
				}
				continue
			}
			f.keys, f.at = append(f.keys, key), append(f.at, fmt.Sprintf("%s:%d", file, r.line))
			if id := r.fields["team_id"]; id != "" && f.teams[id] == "" {
				f.teams[id] = r.fields["team_alias"]
			}
		}
	}
	if problems > 0 {
		return nil, fmt.Errorf("the files have %s: nothing was taken over", counted(problems, "error"))
	}
	if len(f.keys) == 0 {
		return nil, errors.New("there are no keys in the files")
	}
	for _, name := range slices.Sorted(maps.Keys(c.ignored)) {
		fmt.Fprintf(o.IO.Err, "warning: %s is not taken over (%s)\n", name, counted(c.ignored[name], "key"))
	}
	return f, nil
}

// maxFile bounds a file: LiteLLM writes about a kilobyte for a key.
const maxFile = 256 << 20

func (o *ImportOptions) open(file string) ([]byte, error) {
	in := o.IO.In
	if file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer func() { _ = opened.Close() }() // it was only read
		in = opened
	}
	data, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s is larger than %d MiB (import it in parts)", file, maxFile>>20)
	}
	return data, nil
}

// preview shows what would be sent.
func (o *ImportOptions) preview(f *found) error {
	fmt.Fprintf(o.IO.Err, "%s would be taken over.\n", counted(len(f.keys), "key"))
	if o.Output == terminal.FormatJSON {
		return o.IO.WriteJSON(f.keys)
	}
	rows := make([]adminapi.Key, len(f.keys))
	for i := range f.keys {
		rows[i] = asKey(&f.keys[i])
		rows[i].TeamAlias = f.teams[rows[i].TeamID]
	}
	return o.IO.WriteTable(table(o.IO, rows, now()))
}

// asKey is what would become of a key.
func asKey(k *adminapi.ImportedKey) adminapi.Key {
	key := adminapi.Key{
		Token: k.Token, Name: k.KeyName, Source: adminapi.SourceStore, Expires: k.Expires, CreatedAt: k.CreatedAt,
		RPM: k.RPM.Value, TPM: k.TPM.Value, RPD: k.RPD.Value, Parallel: k.Parallel.Value, MaxBudget: k.MaxBudget.Value,
	}
	for _, s := range []struct {
		from adminapi.Optional[string]
		to   *string
	}{{k.Alias, &key.Alias}, {k.TeamID, &key.TeamID}, {k.BudgetDuration, &key.BudgetDuration}} {
		if s.from.Value != nil {
			*s.to = *s.from.Value
		}
	}
	if k.Models.Value != nil {
		key.Models = *k.Models.Value
	}
	key.Blocked = k.Blocked.Value != nil && *k.Blocked.Value
	return key
}

// teams sees to it that the teams of the keys are there.
func (o *ImportOptions) teams(ctx context.Context, c *client.Client, f *found) error {
	if len(f.teams) == 0 {
		return nil
	}
	teams, err := c.ListTeams(ctx)
	if err != nil {
		return err
	}
	missing := maps.Clone(f.teams)
	for i := range teams {
		delete(missing, teams[i].ID)
		delete(missing, teams[i].Alias)
	}
	ids := slices.Sorted(maps.Keys(missing))
	if len(ids) > 0 && !o.CreateTeams {
		return &cli.Error{
			Code: cli.ExitFailed, Err: fmt.Errorf("the keys belong to %s that there are not: %s", counted(len(ids), "team"), strings.Join(ids, ", ")),
			Hint: "Make them with 'llmgw team create NAME --id ID', or with --create-teams.",
		}
	}
	for _, id := range ids {
		name := missing[id]
		if name == "" {
			name = id
		}
		if _, err := c.NewTeam(ctx, adminapi.NewTeam{ID: id, Alias: name}); err != nil {
			return fmt.Errorf("team %s: %w", id, err)
		}
		fmt.Fprintf(o.IO.Err, "%s Made team %s (%s)\n", o.IO.ErrStyles().GoodSymbol(), name, id)
	}
	return nil
}

// locate puts the place in the files where a refusal names the place in the request:
// keys[3].
func (f *found) locate(err error) error {
	refused, ok := errors.AsType[*client.StatusError](err)
	if !ok {
		return err
	}
	var i int
	if _, scan := fmt.Sscanf(refused.Message, "keys[%d]", &i); scan != nil || i < 0 || i >= len(f.at) {
		return err
	}
	located := *refused
	located.Message = f.at[i] + refused.Message[strings.IndexByte(refused.Message, ']')+1:]
	return &located
}

// counted is a number of things: "1 key", "2 keys".
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func are(n int) string {
	if n == 1 {
		return "1 was"
	}
	return fmt.Sprintf("%d were", n)
}
