package budget

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/llm"
)

// execute runs a command line of one command.
func execute(t *testing.T, command func(*cli.Factory) *cobra.Command, args ...string) error {
	t.Helper()
	streams, _, _ := terminal.Test()
	cmd := command(&cli.Factory{IO: streams})
	cmd.SetArgs(args)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	return cmd.ExecuteContext(t.Context())
}

func TestFlagsOfCreateAndUpdate(t *testing.T) {
	t.Parallel()
	secret := "sk-of-somebody-else"
	for args, want := range map[string]string{
		"team --limit 100": `{"max_budget":100}`,
		"team --limit $2.50 --period 12H --soft --alert-threshold 80%":      `{"max_budget":2.5,"budget_duration":"12h","hard":false,"alert_threshold":0.8}`,
		"team --limit 1 --key a --key " + secret + " --alert-threshold 0.5": `{"max_budget":1,"alert_threshold":0.5,"keys":["a","` + keys.Sum(secret).String() + `"]}`,
		"team --limit 1 --soft=false --alert-threshold none":                `{"max_budget":1,"hard":true,"alert_threshold":null}`,
	} {
		var got []byte
		err := execute(t, func(f *cli.Factory) *cobra.Command {
			return NewCreateCmd(f, func(_ context.Context, o *CreateOptions) (err error) {
				if o.Name != "team" {
					t.Errorf("name = %q", o.Name)
				}
				got, err = json.Marshal(o.Settings.BudgetSettings)
				return err
			})
		}, strings.Fields(args)...)
		if err != nil || string(got) != want {
			t.Errorf("create %s = %s, %v, want %s", args, got, err, want)
		}
	}
	var changed *UpdateOptions
	if err := execute(t, func(f *cli.Factory) *cobra.Command {
		return NewUpdateCmd(f, func(_ context.Context, o *UpdateOptions) error { changed = o; return nil })
	}, "team", "--name", "x", "--add-key", "a", "--remove-key", secret); err != nil {
		t.Fatal(err)
	}
	if changed.NewName != "x" || changed.Settings.Keys.Given || changed.Settings.AddKeys[0] != "a" || changed.Settings.RemoveKeys[0] != keys.Sum(secret).String() {
		t.Errorf("update = %+v", changed)
	}
}

func TestCommandLinesThatAreWrong(t *testing.T) {
	t.Parallel()
	for args, words := range map[string]string{
		"create team":                                 "add --limit",
		"create team --limit 0":                       "above 0",
		"create team --limit many":                    "above 0",
		"create team --limit 1 --period soon":         "no period",
		"create team --limit 1 --period=":             "no period",
		"create team --limit 1 --alert-threshold 2":   "between 0 and 1",
		"create team --limit 1 --alert-threshold NaN": "between 0 and 1",
		"create": "accepts 1 arg", "show": "accepts 1 arg", "update team": "nothing to change",
		"status --watch=-1s": "100ms", "status --watch=0": "100ms", "reset team": "add --yes", "delete team": "add --yes",
	} {
		if err := execute(t, NewCmd, strings.Fields(args)...); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: err = %v, want %q", args, err, words)
		}
	}
}

// at is the clock of these tests.
var at = time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC)

func told(name, limit, spent, held string) adminapi.Budget {
	left := amount(json.Number(limit)) - amount(json.Number(spent)) - amount(json.Number(held))
	resets, until := at.AddDate(0, 0, 7), at.AddDate(0, 0, 3)
	rate := json.Number("4.019")
	return adminapi.Budget{
		Name: name, Limit: json.Number(limit), Spent: json.Number(spent), Held: json.Number(held), Left: json.Number(max(left, 0).String()),
		Period: "monthly", ResetsAt: &resets, Hard: true, BurnRate: &rate, LastsUntil: &until,
	}
}

func TestBars(t *testing.T) {
	t.Parallel()
	streams, _, _ := terminal.Test()
	streams.OutTTY, streams.OutWidth = true, 40
	long := told("a name that is much longer than it can be", "3", "3.0000001", "0")
	total := told("total", "10", "0.004", "0")
	total.ResetsAt, total.LastsUntil, total.BurnRate, total.Hard = nil, nil, nil, false
	got := bars(streams, []adminapi.Budget{told("team", "100", "48.129", "10"), total}, at)
	want := strings.TrimPrefix(`
team   ████████████▒▒░░░░░░░░░░░░░   48%
       48.12 of 100 USD spent, 10 held, 41.87 left
       hard, monthly, starts anew 2026-12-01 12:00 UTC (in 7 days)
       4.01 USD/day, lasts until 2026-11-27

total  █░░░░░░░░░░░░░░░░░░░░░░░░░░    0%
       0.004 of 10 USD spent, 9.99 left
       soft, never starts anew
       it is not known since when it counts
`, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bars (-want +got):\n%s", diff)
	}
	streams.ASCII = true
	got = bars(streams, []adminapi.Budget{long}, at)
	if !strings.Contains(got, "a name that is much longer th~  ##########  100%\n") || !strings.Contains(got, "nothing is left") {
		t.Errorf("a budget that is spent, in ASCII:\n%s", got)
	}
	streams.Color = true
	for spent, color := range map[string]string{"1": "32", "2.5": "33", "3": "31"} {
		if got := bars(streams, []adminapi.Budget{told("x", "3", spent, "0")}, at); !strings.Contains(got, "\x1b["+color+"m#") {
			t.Errorf("%s of 3 spent: %q", spent, got)
		}
	}
	early := told("x", "3", "2", "0")
	share := json.Number("0.5")
	early.AlertThreshold = &share
	if got := bars(streams, []adminapi.Budget{early}, at); !strings.Contains(got, "\x1b[33m#") {
		t.Errorf("above its own threshold: %q", got)
	}
}

func TestParts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		spent, held, limit llm.NanoUSD
		full, half         int
	}{
		{0, 0, 100, 0, 0},
		{50, 20, 100, 5, 2},
		{1, 1, 1000, 1, 1},
		{999, 0, 1000, 9, 0},
		{999, 1, 1000, 9, 1},
		{990, 5, 1000, 9, 0}, // a column is kept for what is left
		{100, 0, 100, 10, 0},
		{500, 7, 100, 10, 0},
		{0, 500, 100, 0, 10},
		{1, 0, 0, 10, 0},
	} {
		if full, half := parts(tt.spent, tt.held, tt.limit, 10); full != tt.full || half != tt.half {
			t.Errorf("parts(%d, %d of %d) = %d, %d, want %d, %d", tt.spent, tt.held, tt.limit, full, half, tt.full, tt.half)
		}
	}
}

func TestPaceInWords(t *testing.T) {
	t.Parallel()
	soon, nothing := at.Add(3*time.Hour), json.Number("0")
	for _, tt := range []struct {
		name   string
		change func(*adminapi.Budget)
		want   string
	}{
		{"some days", func(*adminapi.Budget) {}, "4.01 USD/day, lasts until 2026-11-27"},
		{"today", func(b *adminapi.Budget) { b.LastsUntil = &soon }, "4.01 USD/day, lasts until 2026-11-24 15:00 UTC"},
		{"the period", func(b *adminapi.Budget) { b.LastsUntil = nil }, "4.01 USD/day, lasts the period"},
		{"for ever", func(b *adminapi.Budget) { b.LastsUntil, b.ResetsAt = nil, nil }, "4.01 USD/day, lasts for more than 100 years"},
		{"nothing", func(b *adminapi.Budget) { b.LastsUntil, b.BurnRate = nil, &nothing }, "nothing is spent"},
		{"spent", func(b *adminapi.Budget) { b.Left, b.Held = "0", "0" }, "4.01 USD/day, nothing is left"},
		{"held", func(b *adminapi.Budget) { b.Left, b.Held = "0", "1" }, "4.01 USD/day, lasts until 2026-11-27"},
	} {
		b := told("x", "10", "5", "1")
		tt.change(&b)
		if got := paceOf(&b, at); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	for n, want := range map[json.Number]string{
		"0": "0", "5": "5", "5.50": "5.50", "5.999": "5.99", "0.004": "0.004", "0.01": "0.01", "0.019": "0.01", "1234567.1": "1234567.10", "much": "0",
	} {
		if got := short(n); got != want {
			t.Errorf("short(%s) = %s, want %s", n, got, want)
		}
	}
}

// office is a gateway that answers with one budget.
func office(t *testing.T) (url string, asked *[]string) {
	t.Helper()
	asked = new([]string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*asked = append(*asked, r.URL.Path+" "+strings.TrimSpace(string(body)))
		const b = `{"name":"team","source":"store","limit_usd":10,"spent_usd":4,"held_usd":0,"left_usd":6,"period":"total","hard":true,"accounts":null}`
		if r.URL.Path == adminapi.BudgetInfo || r.URL.Path == adminapi.BudgetList {
			fmt.Fprint(w, "["+b+"]")
			return
		}
		fmt.Fprint(w, b)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func TestAPersonIsAsked(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		command, answer string
		told, did       string
	}{
		{"reset", "y\n", "Reset budget team, of which 4 USD of 10 are spent? [y/N] ", adminapi.BudgetReset},
		{"reset", "\n", "Nothing was reset.", ""},
		{"delete", "yes\n", "Delete budget team for good? [y/N] ", adminapi.BudgetDelete},
		{"delete", "no\n", "Nothing was deleted.", ""},
	} {
		url, asked := office(t)
		streams, _, errOut := terminal.Test()
		streams.In, streams.InTTY = bytes.NewBufferString(tt.answer), true
		cmd := NewCmd(&cli.Factory{IO: streams})
		cmd.SetArgs([]string{tt.command, "team", "--url", url})
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		err := cmd.ExecuteContext(t.Context())
		if (tt.did == "") != errors.Is(err, cli.ErrSilent) || !strings.Contains(errOut.String(), tt.told) {
			t.Errorf("%s, %q: err = %v, told %q", tt.command, tt.answer, err, errOut.String())
		}
		if last := (*asked)[len(*asked)-1]; tt.did != "" && last != tt.did+` {"name":"team"}` || tt.did == "" && len(*asked) != 1 {
			t.Errorf("%s, %q: asked %q", tt.command, tt.answer, *asked)
		}
	}
}

func TestWatchLooksAgainUntilItIsInterrupted(t *testing.T) {
	t.Parallel()
	url, asked := office(t)
	streams, out, _ := terminal.Test()
	streams.OutTTY, streams.OutWidth = true, 80
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	streams.Out = writer(func(b []byte) {
		out.Write(b)
		if strings.Count(out.String(), "\x1b[4A\x1b[J") == 2 {
			cancel()
		}
	})
	cmd := NewCmd(&cli.Factory{IO: streams})
	cmd.SetArgs([]string{"status", "--watch=100ms", "--url", url})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	if err := cmd.ExecuteContext(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	if len(*asked) != 3 || strings.Count(out.String(), "4 of 10 USD spent, 6 left") != 3 {
		t.Errorf("asked %q, wrote %q", *asked, out)
	}
}

// writer is a function that takes what is written.
type writer func([]byte)

func (w writer) Write(b []byte) (int, error) { w(b); return len(b), nil }
