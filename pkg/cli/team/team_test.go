package team_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/team"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
)

const (
	research = `{"team_id":"team_1","team_alias":"research","keys":2,"created_at":"2026-11-01T00:00:00Z"}`
	ops      = `{"team_id":"ops-1","team_alias":"ops","keys":0,"created_at":"2026-11-02T00:00:00Z"}`
)

func TestTeam(t *testing.T) {
	t.Parallel()
	const (
		one = "research\tteam_1\t2\t2026-11-01T00:00:00Z\n"
		two = "ops\tops-1\t0\t2026-11-02T00:00:00Z\n"
	)
	for _, tt := range []struct {
		args, teams string
		code        int
		asked       string
		out, told   string
	}{
		{args: "create research", asked: `POST /team/new {"team_alias":"research"}`, out: "team_1\n", told: "✓ Made team research (team_1)\n"},
		{
			args: "create research --id team_1 -o json", asked: `POST /team/new {"team_alias":"research","team_id":"team_1"}`,
			out:  "{\n  \"team_id\": \"team_1\",\n  \"team_alias\": \"research\",\n  \"keys\": 2,\n  \"created_at\": \"2026-11-01T00:00:00Z\"\n}\n",
			told: "✓ Made team research (team_1)\n",
		},
		{args: "list", teams: research + "," + ops, asked: "GET /team/list", out: one + two},
		{args: "ls", teams: "", asked: "GET /team/list", told: "There are no teams. Make one with 'llmgw team create'.\n"},
		{args: "list -o json", teams: "", asked: "GET /team/list", out: "[]\n", told: "There are no teams. Make one with 'llmgw team create'.\n"},
		{args: "show ops", teams: research + "," + ops, asked: "GET /team/list", out: two},
		{args: "show team_1", teams: research + "," + ops, asked: "GET /team/list", out: one},
		{args: "show x", teams: research, code: cli.ExitFailed, asked: "GET /team/list", told: "llmgw: there is no team \"x\"\n"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			var asked []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				asked = append(asked, strings.TrimSpace(r.Method+" "+r.RequestURI+" "+string(body)))
				if r.Method == http.MethodPost {
					fmt.Fprint(w, research)
					return
				}
				fmt.Fprint(w, "["+tt.teams+"]")
			}))
			t.Cleanup(server.Close)
			streams, out, errOut := terminal.Test()
			cmd := team.NewCmd(&cli.Factory{IO: streams})
			cmd.SilenceErrors, cmd.SilenceUsage = true, true
			cmd.SetArgs(append(strings.Fields(tt.args), "--url", server.URL))
			code := cli.Report(streams, cmd.ExecuteContext(t.Context()))
			if code != tt.code || out.String() != tt.out || errOut.String() != tt.told || !slices.Equal(asked, []string{tt.asked}) {
				t.Errorf("exit %d, stdout %q, stderr %q, asked %q, want %+v", code, out, errOut, asked, tt)
			}
		})
	}
}
