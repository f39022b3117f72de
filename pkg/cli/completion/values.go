package completion

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/app"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/admin"
	"github.com/llmgw/llmgw/pkg/client"
	"github.com/llmgw/llmgw/pkg/config"
)

// Values know what can stand behind a flag, or as an argument.
type Values struct {
	Factory *cli.Factory
}

// patience is how long a person waits for what the tab key gives.
const patience = 500 * time.Millisecond

// Register gives the flags of a command that have one of the known names their
// completions, where they have none.
func (v Values) Register(c *cobra.Command) {
	for name, values := range map[string]cobra.CompletionFunc{
		"model": v.Models, "models": v.lists(v.Models), "provider": v.Providers, "team": v.Teams, "key": v.Keys,
		"budget": v.amounts, "period": periods, "grace": durations, "expires": durations,
	} {
		if _, has := c.GetFlagCompletionFunc(name); has || c.Flags().Lookup(name) == nil {
			continue
		}
		if err := c.RegisterFlagCompletionFunc(name, values); err != nil {
			panic(err) // the flag is there, and has none
		}
	}
}

// Models are the names in the configuration.
func (v Values) Models(c *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return v.within(c, func(_ context.Context, t *admin.Target) ([]cobra.Completion, error) {
		cfg, err := t.Factory.LoadConfig(t.ConfigFile)
		if err != nil {
			return nil, err
		}
		var names []cobra.Completion
		for i := range cfg.Models {
			names = append(names, cobra.CompletionWithDesc(cfg.Models[i].Group, cfg.Models[i].Provider))
		}
		for _, alias := range cfg.Routing.Aliases {
			names = append(names, cobra.CompletionWithDesc(alias.Name, "alias of "+alias.Group))
		}
		slices.Sort(names)
		return slices.Compact(names), nil
	})
}

// Providers are the vendors that can be called.
func (v Values) Providers(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	vendors, err := app.Vendors()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []cobra.Completion
	for _, vendor := range config.Vendors(config.Options{Vendors: vendors, LookupEnv: nothingSet}) {
		names = append(names, vendor.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func nothingSet(string) (string, bool) { return "", false }

// Keys are the keys of the gateway, those that are not among the arguments yet: by
// their names, or by their ids where they have none or an id has been begun.
func (v Values) Keys(c *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return v.ask(c, func(ctx context.Context, gateway *client.Client) ([]cobra.Completion, error) {
		var names []cobra.Completion
		for key, err := range gateway.Keys(ctx) {
			if err != nil {
				return nil, err
			}
			name, other := key.Alias, key.ID
			if name == "" || begun != "" && strings.HasPrefix(key.ID, begun) {
				name, other = key.ID, key.Alias
			}
			if !slices.Contains(args, name) {
				names = append(names, cobra.CompletionWithDesc(name, other))
			}
		}
		return names, nil
	})
}

// Key is Keys for commands that take one.
func (v Values) Key(c *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return v.Keys(c, args, begun)
}

// Teams are the teams of the gateway, by their names.
func (v Values) Teams(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return v.ask(c, func(ctx context.Context, gateway *client.Client) ([]cobra.Completion, error) {
		teams, err := gateway.ListTeams(ctx)
		var names []cobra.Completion
		for i := range teams {
			if !slices.Contains(args, teams[i].Alias) {
				names = append(names, cobra.CompletionWithDesc(teams[i].Alias, teams[i].ID))
			}
		}
		return names, err
	})
}

// Team is Teams for commands that take one.
func (v Values) Team(c *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return v.Teams(c, args, begun)
}

// Budgets are the budgets of the gateway, those that are not among the arguments yet.
func (v Values) Budgets(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return v.ask(c, func(ctx context.Context, gateway *client.Client) ([]cobra.Completion, error) {
		budgets, err := gateway.ListBudgets(ctx)
		var names []cobra.Completion
		for i := range budgets {
			if b := &budgets[i]; !slices.Contains(args, b.Name) {
				names = append(names, cobra.CompletionWithDesc(b.Name, b.Limit.String()+" USD "+b.Period))
			}
		}
		return names, err
	})
}

// Budget is Budgets for commands that take one.
func (v Values) Budget(c *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return v.Budgets(c, args, begun)
}

// periodNames are the periods of budgets that have a name.
var periodNames = []cobra.Completion{"hourly", "daily", "weekly", "monthly", "yearly", "total"}

func periods(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return periodNames, cobra.ShellCompDirectiveNoFileComp
}

// amounts completes the period behind an amount: 100/monthly.
func (v Values) amounts(_ *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	amount, _, ok := strings.Cut(begun, "/")
	if !ok {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var all []cobra.Completion
	for _, period := range periodNames {
		all = append(all, amount+"/"+period)
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

func durations(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return []cobra.Completion{"12h", "7d", "30d", "90d"}, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// lists makes of completions for a word those for words with commas between them.
func (v Values) lists(word cobra.CompletionFunc) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		done := begun[:strings.LastIndexByte(begun, ',')+1]
		words, directive := word(c, args, begun[len(done):])
		for i := range words {
			words[i] = done + words[i]
		}
		return words, directive
	}
}

// ask asks the gateway that the flags on the line name.
func (v Values) ask(
	c *cobra.Command, question func(context.Context, *client.Client) ([]cobra.Completion, error),
) ([]cobra.Completion, cobra.ShellCompDirective) {
	return v.within(c, func(ctx context.Context, t *admin.Target) (names []cobra.Completion, err error) {
		err = t.Do(ctx, func(ctx context.Context, gateway *client.Client) error {
			names, err = question(ctx, gateway)
			return err
		})
		return names, err
	})
}

// within looks values up, but no longer than a person waits. What goes wrong is not
// told: the line that is being written must not be disturbed.
func (v Values) within(
	c *cobra.Command, look func(context.Context, *admin.Target) ([]cobra.Completion, error),
) ([]cobra.Completion, cobra.ShellCompDirective) {
	silent, streams := *v.Factory, *v.Factory.IO
	silent.IO, streams.Err = &streams, io.Discard
	t := &admin.Target{
		Factory: &silent, OnlyThere: true, ConfigFile: given(c, "config"), URL: given(c, "url"), MasterKey: given(c, "master-key"), Timeout: patience,
	}
	ctx, cancel := context.WithTimeout(c.Context(), patience)
	defer cancel()
	// What does not heed the context is left behind: the process ends anyway.
	found := make(chan []cobra.Completion, 1)
	go func() {
		names, err := look(ctx, t)
		if err != nil {
			names = nil
		}
		found <- names
	}()
	select {
	case names := <-found:
		return names, cobra.ShellCompDirectiveNoFileComp
	case <-ctx.Done():
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// given is what a flag on the line says; "" where there is no such flag.
func given(c *cobra.Command, name string) string {
	if f := c.Flags().Lookup(name); f != nil {
		return f.Value.String()
	}
	return ""
}
