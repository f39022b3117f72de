package keys_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/keys"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
)

// gateway answers with what it is told to, by method and path without the query, and
// remembers what it was asked.
type gateway struct {
	answers map[string]string
	refuse  string // the answer with 400, where it is not ""
	asked   []string
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	g.asked = append(g.asked, strings.TrimSpace(r.Method+" "+r.RequestURI+" "+string(body)))
	if g.refuse != "" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, g.refuse)
		return
	}
	answer, ok := g.answers[r.Method+" "+r.URL.Path]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		answer = `{"error":{"message":"there is no such key"}}`
	}
	fmt.Fprint(w, answer)
}

// session is a command line at a gateway.
type session struct {
	*gateway
	url string
	// in is what stands at standard input; tty says that a person types it.
	in  string
	tty bool
	// width is that of a terminal at standard output; 0 where none is there.
	width int
}

func at(t *testing.T, answers map[string]string) *session {
	t.Helper()
	g := &gateway{answers: answers}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	return &session{gateway: g, url: server.URL}
}

// run runs "llmgw keys".
func (s *session) run(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	streams, o, e := terminal.Test()
	streams.In, streams.InTTY = strings.NewReader(s.in), s.tty
	streams.OutTTY, streams.OutWidth = s.width > 0, s.width
	f := &cli.Factory{IO: streams, LookupEnv: func(name string) (string, bool) {
		return s.url, name == "LLMGW_URL"
	}}
	cmd := keys.NewCmd(f)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	code = cli.Report(streams, cmd.ExecuteContext(t.Context()))
	return code, o.String(), e.String()
}

// aKey is a key as a gateway writes it.
const aKey = `{"key_id":"key_1","token":"abcd","key_name":"sk-…wxyz","key_alias":"ci","source":"store",` +
	`"team_id":"team_1","team_alias":"research","models":["claude-*","gpt-5"],"rpm_limit":60,"tpm_limit":null,` +
	`"rpd_limit":1000,"max_parallel_requests":null,"expires":"2199-01-02T03:04:05Z","blocked":false,` +
	`"max_budget":100.50,"budget_duration":"monthly","budget_reset_at":"2198-01-01T00:00:00Z","spend":1.10,` +
	`"metadata":{"owner":"ada","n":1.0},"grace_until":"2198-06-01T00:00:00Z","created_at":"2026-11-01T00:00:00Z"}`

// plainKey is a key without anything.
const plainKey = `{"key_id":"key_2","token":"ef01","key_name":"sk-…0000","source":"config","models":[],"rpm_limit":null,` +
	`"tpm_limit":null,"rpd_limit":null,"max_parallel_requests":null,"expires":null,"blocked":false,"max_budget":null,` +
	`"budget_reset_at":null,"spend":0,"spend_as_of":"2026-11-01T10:00:00Z","metadata":null}`

// oldKey has ended, and is blocked.
const oldKey = `{"key_id":"key_3","token":"23","key_name":"sk-…1111","source":"store","models":[],"expires":"2020-01-01T00:00:00Z",` +
	`"blocked":true,"spend":3,"metadata":{}}`

const theTeams = `[{"team_id":"team_1","team_alias":"research","keys":1,"created_at":"2026-11-01T00:00:00Z"}]`

// withSecret is the answer that shows the secret.
func withSecret(key string) string { return `{"key":"sk-secret",` + key[1:] }

func TestCreate(t *testing.T) {
	t.Parallel()
	s := at(t, map[string]string{"POST /key/generate": withSecret(aKey), "GET /team/list": theTeams})
	code, out, errOut := s.run(t, "create", "--name", "ci", "--team", "research", "--models", "claude-*, gpt-5", "--rpm", "60",
		"--tpm", "100000", "--rpd", "none", "--max-parallel", "4", "--budget", "$100.50/month", "--expires", "1d12h",
		"--metadata", "owner=ada", "--metadata", "note=a<b")
	if code != 0 || out != "sk-secret\n" {
		t.Errorf("exit %d, stdout %q", code, out)
	}
	for _, want := range []string{"✓ Made key ci (key_1)\n", "team      research\n", "expires   2199-01-02 03:04 UTC (in ", "not shown again"} {
		if !strings.Contains(errOut, want) {
			t.Errorf("stderr %q lacks %q", errOut, want)
		}
	}
	if strings.Contains(errOut, "sk-secret") {
		t.Errorf("the secret stands on stderr, too: %q", errOut)
	}
	want := []string{"GET /team/list", `POST /key/generate {"key_alias":"ci","team_id":"team_1","models":["claude-*","gpt-5"],"rpm_limit":60,` +
		`"tpm_limit":100000,"rpd_limit":null,"max_parallel_requests":4,"max_budget":100.5,"budget_duration":"monthly",` +
		`"duration":"129600s","metadata":{"note":"a<b","owner":"ada"}}`}
	if !slices.Equal(s.asked, want) {
		t.Errorf("asked\n%s, want\n%s", strings.Join(s.asked, "\n"), strings.Join(want, "\n"))
	}
}

func TestCreateAsJSON(t *testing.T) {
	t.Parallel()
	s := at(t, map[string]string{"POST /key/generate": withSecret(aKey)})
	code, out, errOut := s.run(t, "create", "-o", "json")
	for _, want := range []string{`"key": "sk-secret"`, `"key_id": "key_1"`, `"max_budget": 100.50`, `"n": 1.0`} {
		if !strings.Contains(out, want) {
			t.Errorf("stdout %q lacks %q", out, want)
		}
	}
	if code != 0 || !strings.HasPrefix(errOut, "✓ Made key") || s.asked[0] != "POST /key/generate {}" {
		t.Errorf("exit %d, stderr %q, asked %q", code, errOut, s.asked)
	}
}

func TestCommandLinesThatAreWrong(t *testing.T) {
	t.Parallel()
	s := at(t, nil)
	for args, want := range map[string]string{
		"create --budget x":                "a budget is an amount",
		"create --budget 1/often":          "no period",
		"create --budget -1":               "nothing to spend",
		"create --rpm many":                "a limit is a whole number",
		"create --rpm -1":                  "a limit is a whole number",
		"create --models a,,b":             "a name of a model is empty",
		"create --expires soon":            "write how long",
		"create --expires 2020-01-01":      "in the past",
		"create --metadata x":              "name=value",
		"create extra":                     "extra",
		"update ci":                        "nothing to change",
		"update ci --output json":          "nothing to change",
		"update --rpm 1":                   "arg(s)",
		"rotate ci --grace soon":           "a duration is",
		"delete ci":                        "add --yes",
		"show":                             "arg(s)",
		"list --output xml":                "table or json",
		"create --timeout x":               "invalid",
		"import /nonexistent":              "no such file",
		"create --url http://a --config f": "use one of them",
	} {
		code, out, errOut := s.run(t, strings.Fields(args)...)
		usage := code == cli.ExitUsage || code == cli.ExitFailed && (strings.Contains(errOut, "argument") || strings.Contains(errOut, "arg(s)") || strings.Contains(errOut, "unknown command"))
		if !usage || out != "" || !strings.Contains(errOut, want) {
			t.Errorf("%s: exit %d, stdout %q, stderr %q, want %q", args, code, out, errOut, want)
		}
	}
	if len(s.asked) > 0 {
		t.Errorf("the gateway was asked %q", s.asked)
	}
}

func TestTeamsThatAreNot(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"create --team x", "update ci --team x", "list --team x"} {
		s := at(t, map[string]string{"GET /team/list": theTeams})
		code, out, errOut := s.run(t, strings.Fields(args)...)
		if code != cli.ExitFailed || out != "" || !strings.Contains(errOut, "there is no team \"x\"\nMake it with 'llmgw team create'") || len(s.asked) != 1 {
			t.Errorf("%s: exit %d, stdout %q, stderr %q, asked %q", args, code, out, errOut, s.asked)
		}
	}
}

// threeKeys is the list of all keys.
const threeKeys = `{"keys":[` + aKey + "," + plainKey + "," + oldKey + `],"total_count":3,"current_page":1,"total_pages":1}`

func TestList(t *testing.T) {
	t.Parallel()
	const (
		one   = "ci\tkey_1\tresearch\tclaude-*, gpt-5\t60 rpm, 1000 rpd\t1.10 of 100.50 monthly\t2198-01-01T00:00:00Z\t2199-01-02T03:04:05Z\tactive\n"
		two   = "\tkey_2\t\tall\t\t0\t\t\tconfig\n"
		three = "\tkey_3\t\tall\t\t3\t\t2020-01-01T00:00:00Z\tblocked\n"
	)
	for args, want := range map[string]string{
		"list": one + two + three, "ls": one + two + three, "list --team research": one, "list --team team_1": one,
		"list --blocked": three, "list --expired": three, "list --expired --blocked": three, "list --team research --blocked": "",
	} {
		s := at(t, map[string]string{"GET /key/list": threeKeys, "GET /team/list": theTeams})
		code, out, errOut := s.run(t, strings.Fields(args)...)
		if code != 0 || out != want {
			t.Errorf("%s: exit %d, stdout\n%s, want\n%s", args, code, out, want)
		}
		if strings.Contains(errOut, "as of 2026-11-01 10:00 UTC") != strings.Contains(want, two) || strings.Contains(errOut, "No such keys") != (want == "") {
			t.Errorf("%s: stderr %q", args, errOut)
		}
	}
}

func TestListOnATerminal(t *testing.T) {
	t.Parallel()
	for width, want := range map[int][]string{
		200: {"NAME  ID     TEAM ", "ci    key_1  research  claude-*, gpt-5  60 rpm, 1000 rpd  1.10 of 100.50 monthly  in 1"},
		100: {"NAME   TEAM ", "key_2            all"},
	} {
		s := at(t, map[string]string{"GET /key/list": threeKeys})
		s.width = width
		code, out, _ := s.run(t, "list")
		for _, part := range want {
			if code != 0 || !strings.Contains(out, part) {
				t.Errorf("%d columns: exit %d, no %q in\n%s", width, code, part, out)
			}
		}
	}
}

func TestListOfNothing(t *testing.T) {
	t.Parallel()
	s := at(t, map[string]string{"GET /key/list": `{"keys":[],"total_count":0,"current_page":1,"total_pages":0}`})
	if code, out, errOut := s.run(t, "list", "-o", "json"); code != 0 || out != "[]\n" || !strings.Contains(errOut, "llmgw keys create") {
		t.Errorf("exit %d, stdout %q, stderr %q", code, out, errOut)
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	s := at(t, map[string]string{"GET /key/info": `{"key":"ci","info":` + aKey + `}`})
	code, out, errOut := s.run(t, "show", "ci")
	want := "name\tci\nid\tkey_1\nstate\tactive\nsecret\tsk-…wxyz\nhash\tabcd\nteam\tresearch\nmodels\tclaude-*, gpt-5\n" +
		"limits\t60 rpm, 1000 rpd\nspent USD\t1.10 of 100.50 monthly\nresets\t2198-01-01T00:00:00Z\nexpires\t2199-01-02T03:04:05Z\n" +
		"old secret works until\t2198-06-01T00:00:00Z\nmetadata\tn=1.0, owner=ada\nmade\t2026-11-01T00:00:00Z\n"
	if code != 0 || out != want || errOut != "" {
		t.Errorf("exit %d, stderr %q, stdout\n%s, want\n%s", code, errOut, out, want)
	}
	if code, out, _ = s.run(t, "show", "ci", "-o", "json"); code != 0 || !strings.HasPrefix(out, "{\n  \"key_id\": \"key_1\",\n") {
		t.Errorf("exit %d, stdout %s", code, out)
	}
	// A secret stays here: only its hash is sent.
	if _, _, errOut = s.run(t, "show", "sk-a-secret"); errOut != "" {
		t.Errorf("stderr %q", errOut)
	}
	if asked := s.asked[2]; strings.Contains(asked, "sk-") || len(asked) != len("GET /key/info?key=")+64 {
		t.Errorf("asked %s", asked)
	}
}

func TestAKeyThatIsNot(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"show x", "update x --rpm 1", "update x --metadata a=b", "rotate x", "block x", "unblock x", "delete x --yes"} {
		s := at(t, nil)
		code, out, errOut := s.run(t, strings.Fields(args)...)
		if code != cli.ExitFailed || out != "" || errOut != "llmgw: there is no such key\n" || len(s.asked) != 1 {
			t.Errorf("%s: exit %d, stdout %q, stderr %q, asked %q", args, code, out, errOut, s.asked)
		}
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	answers := map[string]string{
		"GET /key/info": `{"key":"ci","info":` + aKey + `}`, "POST /key/update": aKey, "POST /key/regenerate": withSecret(aKey),
		"POST /key/block": aKey, "POST /key/unblock": aKey, "POST /key/delete": `{"deleted_keys":["key_1"]}`,
	}
	for _, tt := range []struct{ args, asked, told string }{
		{"update ci --rpm 120", `POST /key/update {"rpm_limit":120,"key":"ci"}`, "✓ Changed key ci (key_1)\n"},
		{
			"update ci --rpm 0 --tpm none --models all --budget none --expires never --name none --team none",
			`POST /key/update {"key_alias":null,"team_id":null,"models":[],"rpm_limit":null,"tpm_limit":null,"max_budget":null,` +
				`"budget_duration":null,"duration":null,"key":"ci"}`, "✓ Changed key ci (key_1)\n",
		},
		{"update ci --budget 7", `POST /key/update {"max_budget":7,"budget_duration":"total","key":"ci"}`, "✓ Changed key ci (key_1)\n"},
		{
			"update ci --metadata owner= --metadata b=c",
			"GET /key/info?key=ci\n" + `POST /key/update {"metadata":{"b":"c","n":1.0},"key":"ci"}`, "✓ Changed key ci (key_1)\n",
		},
		{"rotate ci", `POST /key/regenerate {"key":"ci"}`, "✓ Rotated key ci (key_1)\n"},
		{"rotate ci --grace 24h", `POST /key/regenerate {"key":"ci","grace_period":"24h"}`, "✓ Rotated key ci (key_1)\n"},
		{"rotate ci --grace 0", `POST /key/regenerate {"key":"ci"}`, "✓ Rotated key ci (key_1)\n"},
		{"block ci", `POST /key/block {"key":"ci"}`, "✓ Blocked key ci (key_1)\n"},
		{"unblock ci", `POST /key/unblock {"key":"ci"}`, "✓ Unblocked key ci (key_1)\n"},
		{"delete ci -y", "GET /key/info?key=ci\n" + `POST /key/delete {"keys":["key_1"]}`, "✓ Deleted key ci (key_1)\n"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			s := at(t, answers)
			code, out, errOut := s.run(t, strings.Fields(tt.args)...)
			secret := ""
			if strings.HasPrefix(tt.args, "rotate") {
				secret = "sk-secret\n"
			}
			if code != 0 || out != secret || !strings.HasPrefix(errOut, tt.told) {
				t.Errorf("exit %d, stdout %q, stderr %q, want %q", code, out, errOut, tt.told)
			}
			if got := strings.Join(s.asked, "\n"); got != tt.asked {
				t.Errorf("asked\n%s, want\n%s", got, tt.asked)
			}
			code, out, _ = s.run(t, append(strings.Fields(tt.args), "-o", "json")...)
			if code != 0 || !strings.Contains(out, `"key_1"`) {
				t.Errorf("as JSON: exit %d, stdout %q", code, out)
			}
		})
	}
}

func TestDeleteAsks(t *testing.T) {
	t.Parallel()
	answers := map[string]string{"GET /key/info": `{"info":` + aKey + `}`, "POST /key/delete": `{"deleted_keys":["key_1"]}`}
	for in, deletes := range map[string]bool{"y\n": true, "n\n": false, "": false} {
		s := at(t, answers)
		s.in, s.tty = in, true
		code, _, errOut := s.run(t, "delete", "ci")
		if deleted := len(s.asked) == 2; deleted != deletes || (code == 0) != deletes ||
			!strings.HasPrefix(errOut, "Delete key ci (key_1) for good? [y/N] ") || strings.Contains(errOut, "Nothing was deleted.") == deletes {
			t.Errorf("%q: exit %d, stderr %q, asked %q", in, code, errOut, s.asked)
		}
	}
}
