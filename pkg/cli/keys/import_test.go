package keys_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/cli"
)

// Hashes, as files have them.
var (
	hashA = strings.Repeat("a", 64)
	hashB = strings.Repeat("b", 64)
	hashC = strings.Repeat("c", 64)
)

// listed is an answer of LiteLLM: of its fields, those that somebody sets.
var listed = `{"keys": [
  {"token": "` + hashA + `", "key_name": "sk-...mvg0", "key_alias": "ci", "spend": 1.2e-05, "expires": "2199-09-11T09:05:00.123000Z",
   "models": ["claude-*"], "aliases": {}, "config": {}, "user_id": "default_user_id", "team_id": "5c0e", "team_alias": "research",
   "permissions": {}, "max_parallel_requests": 4, "metadata": {"owner": "ada<", "n": 1.0}, "blocked": null, "tpm_limit": 100000, "rpm_limit": 60,
   "max_budget": 100.0, "budget_duration": "30d", "budget_reset_at": "2026-12-01T00:00:00Z", "allowed_routes": ["llm_api_routes"],
   "model_max_budget": {}, "soft_budget_cooldown": false, "litellm_budget_table": null, "created_at": "2026-01-02T03:04:05+00:00"},
  {"token": "` + hashB + `", "key_name": null, "key_alias": null, "models": ["all-proxy-models"], "blocked": true, "budget_duration": "30d",
   "max_budget": null, "expires": null, "metadata": {}}
 ], "total_count": 2, "current_page": 1, "total_pages": 1}
`

// sentListed is what is sent of it.
var sentListed = `{"keys":[{"key_alias":"ci","team_id":"5c0e","models":["claude-*"],"rpm_limit":60,"tpm_limit":100000,"max_parallel_requests":4,` +
	`"max_budget":100,"budget_duration":"30d","metadata":{"n":1.0,"owner":"ada<"},"token":"` + hashA + `","key_name":"sk-...mvg0",` +
	`"expires":"2199-09-11T09:05:00.123Z","created_at":"2026-01-02T03:04:05Z"},{"models":[],"blocked":true,"token":"` + hashB + `"}]}`

// write writes a file, and gives its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestImport(t *testing.T) {
	t.Parallel()
	s := at(t, map[string]string{
		"GET /team/list":   `[{"team_id":"5c0e","team_alias":"research"}]`,
		"POST /key/import": `{"imported":[` + aKey + `],"skipped":["` + hashB + `"]}`,
	})
	file := write(t, "keys.json", listed)
	code, out, errOut := s.run(t, "import", file)
	told := "warning: allowed_routes is not taken over (1 key)\n✓ Took over 1 key; 1 was there already\n"
	if code != 0 || errOut != told || !strings.HasPrefix(out, "ci\tkey_1\tresearch\t") {
		t.Errorf("exit %d, stdout %q, stderr\n%s, want\n%s", code, out, errOut, told)
	}
	if got, want := s.asked[1], "POST /key/import "+sentListed; got != want {
		t.Errorf("asked\n%s, want\n%s", got, want)
	}
	s.in = listed
	if code, out, _ = s.run(t, "import", "-", "-o", "json"); code != 0 || !strings.Contains(out, `"skipped": [`) || s.asked[3] != s.asked[1] {
		t.Errorf("from standard input: exit %d, stdout %q, asked %q", code, out, s.asked)
	}
}

func TestImportOfTeams(t *testing.T) {
	t.Parallel()
	s := at(t, map[string]string{
		"GET /team/list": `[]`, "POST /team/new": `{}`, "POST /key/import": `{"imported":[],"skipped":[]}`,
	})
	file := write(t, "keys.json", listed)
	code, _, errOut := s.run(t, "import", file)
	if code != cli.ExitFailed || !strings.Contains(errOut, "1 team that there are not: 5c0e\nMake them with") || len(s.asked) != 1 {
		t.Errorf("exit %d, stderr %q, asked %q", code, errOut, s.asked)
	}
	code, _, errOut = s.run(t, "import", file, "--create-teams")
	if code != 0 || !strings.Contains(errOut, "✓ Made team research (5c0e)\n") || s.asked[2] != `POST /team/new {"team_alias":"research","team_id":"5c0e"}` {
		t.Errorf("exit %d, stderr %q, asked %q", code, errOut, s.asked)
	}
}

func TestImportDryRun(t *testing.T) {
	t.Parallel()
	s := at(t, nil)
	file := write(t, "keys.json", listed)
	code, out, errOut := s.run(t, "import", file, "--dry-run")
	want := "ci\t\tresearch\tclaude-*\t60 rpm, 100000 tpm, 4 parallel\t0 of 100 30d\t\t2199-09-11T09:05:00Z\tactive\n" +
		"\t\t\tall\t\t0\t\t\tblocked\n"
	if code != 0 || out != want || !strings.HasSuffix(errOut, "2 keys would be taken over.\n") {
		t.Errorf("exit %d, stderr %q, stdout\n%s, want\n%s", code, errOut, out, want)
	}
	if code, out, _ = s.run(t, "import", file, "--dry-run", "-o", "json"); code != 0 || !strings.Contains(out, `"key_alias": "ci"`) {
		t.Errorf("exit %d, stdout %q", code, out)
	}
	if len(s.asked) > 0 {
		t.Errorf("asked %q", s.asked)
	}
}

func TestImportForms(t *testing.T) {
	t.Parallel()
	one := `{"keys":[{"token":"` + hashA + `"}]}`
	two := `{"keys":[{"token":"` + hashA + `"},{"token":"` + hashB + `"}]}`
	for _, tt := range []struct{ name, text, flags, sent string }{
		{"a bare list", `[{"token":"` + hashA + `"}]`, "", one},
		{"pages one behind the other", `{"keys":[{"token":"` + hashA + `"}],"total_pages":2}` + "\n" + `{"keys":[{"token":"` + hashB + `"}]}`, "", two},
		{"CSV", "token,key_alias\n" + hashA + ",\n" + hashB + ",\n", "", two},
		{"heads in other spellings, a byte order mark, CRLF", "\ufeff Token ,KEY_ALIAS\r\n" + hashA + ",\r\n", "", one},
		{"semicolons", "key_alias;token\n;" + hashA + "\n", "", one},
		{"tabs", "token\tkey_alias\n" + hashA + "\tNULL\n", "", one},
		{"upper case", "token\n" + strings.Repeat("A", 64) + "\n", "", one},
		{
			"a table of PostgreSQL", "token,models,rpm_limit,max_budget,metadata,blocked,expires\n" +
				hashA + `,"{claude-*,""a b""}",60.0,1e-2,"{""a"": 1}",f,2199-01-02 03:04:05.5+00` + "\n", "",
			`{"keys":[{"models":["claude-*","a b"],"rpm_limit":60,"max_budget":0.01,"metadata":{"a":1},"blocked":false,"token":"` + hashA +
				`","expires":"2199-01-02T03:04:05.5Z"}]}`,
		},
		{
			"lists in other forms", "token,models\n" + hashA + `,"a, b"` + "\n" + hashB + `,"[""c""]"` + "\n" + hashC + ",{}\n", "",
			`{"keys":[{"models":["a","b"],"token":"` + hashA + `"},{"models":["c"],"token":"` + hashB + `"},{"models":[],"token":"` + hashC + `"}]}`,
		},
		{
			"a period without a budget means nothing", "token,budget_duration\n" + hashA + ",30d\n", "", one,
		},
		{
			"what all-team-models are", `[{"token":"` + hashA + `","models":["all-team-models","x"]}]`, "--team-models a,b",
			`{"keys":[{"models":["a","b","x"],"token":"` + hashA + `"}]}`,
		},
		{
			"all of them", `[{"token":"` + hashA + `","models":["all-team-models","x"]}]`, "--team-models all",
			`{"keys":[{"models":[],"token":"` + hashA + `"}]}`,
		},
		{
			"a secret is hashed here", "token\nsk-1234\n", "",
			`{"keys":[{"token":"88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b"}]}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := at(t, map[string]string{"POST /key/import": `{}`})
			code, _, errOut := s.run(t, append([]string{"import", write(t, "keys", tt.text)}, strings.Fields(tt.flags)...)...)
			if code != 0 || len(s.asked) != 1 || s.asked[0] != "POST /key/import "+tt.sent {
				t.Errorf("exit %d, stderr %q, asked\n%s, want\n%s", code, errOut, s.asked, tt.sent)
			}
		})
	}
}

func TestImportOfFilesThatAreWrong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", " \n", "FILE:the file is empty"},
		{"no keys", `{"keys":[]}`, "there are no keys in the files"},
		{"no list of keys", "\n" + `{"data":[]}`, "FILE:2: the object has no list of keys"},
		{"keys that are no list", `{"keys":{}}`, "FILE:1: keys is no list"},
		{"a number", "{\"keys\":[]}\n7", "FILE:2: this is neither"},
		{"a word", "[]\nx", "FILE:2: invalid character 'x'"},
		{"half a file", "{\"keys\":[\n{\"token\":", "FILE:2: the file ends in the middle"},
		{"half a list", "[{}", "FILE:1: the file ends in the middle"},
		{"bad JSON", "[\n{\"token\": x}]", "FILE:2: invalid character 'x'"},
		{"hashes only", "{\"keys\":[\n\"" + hashA + "\"]}", "FILE:2: only the key's hash is here"},
		{"keys that are none", "[\n\n7]", "FILE:3: a key is an object"},
		{"no token", "[{}]", "error: FILE:1: token is missing"},
		{"a short token", "[{\"token\":\"ab\"}]", "error: FILE:1: token: a token is the SHA-256"},
		{"CSV of something else", "name,age\nada,7\n", `FILE:1: the first line names no column "token"`},
		{"a short line", "token,key_alias\n" + hashA + "\n", "FILE:2: the line has 1 fields, the first one 2"},
		{"an open quote", "token,key_alias\n" + hashA + ",\"x\n", "FILE:2: extraneous or missing"},
		{"the same twice", "token\n" + hashA + "\n" + hashA + "\n", "error: FILE:3: token: the same stands in line 2"},
		{"a name twice", "token,key_alias\n" + hashA + ",x\n" + hashB + ",x\n", "error: FILE:3: key_alias: the same stands in line 2"},
		{"team models", "token,models\n" + hashA + ",all-team-models\n", "error: FILE:2: models: all-team-models: teams have no models here"},
		{"no models", "token,models\n" + hashA + ",no-default-models\n", "error: FILE:2: models: no-default-models"},
		{"a list", "token,models\n" + hashA + ",[1]\n", "error: FILE:2: models: this is no list"},
		{"a limit", "token,rpm_limit\n" + hashA + ",1.5\n", `error: FILE:2: rpm_limit: "1.5" is no whole number`},
		{"no limit", "token,tpm_limit\n" + hashA + ",0\n", "error: FILE:2: tpm_limit: a limit of 0"},
		{"an amount", "token,max_budget\n" + hashA + ",1/monthly\n", `error: FILE:2: max_budget: "1/monthly" is no amount`},
		{"no amount", "token,max_budget\n" + hashA + ",0.0\n", "error: FILE:2: max_budget: a budget of 0"},
		{"a period", "token,budget_duration\n" + hashA + ",often\n", `error: FILE:2: budget_duration: "often" is no period`},
		{"a time", "token,expires\n" + hashA + ",soon\n", `error: FILE:2: expires: "soon" is no time`},
		{"a word for a switch", "token,blocked\n" + hashA + ",maybe\n", `error: FILE:2: blocked: "maybe" is neither`},
		{"metadata", "token,metadata\n" + hashA + ",x\n", "error: FILE:2: metadata: this is no JSON object"},
		{"many at once", "token,expires,blocked\nx,soon,maybe\n", "error: FILE:2: blocked: \"maybe\" is neither true nor false\nllmgw: the files have 3 errors"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := at(t, nil)
			file := write(t, "keys", tt.text)
			code, out, errOut := s.run(t, "import", file)
			errOut = strings.ReplaceAll(errOut, file, "FILE")
			if code != cli.ExitFailed || out != "" || !strings.Contains(errOut, tt.want) || len(s.asked) > 0 {
				t.Errorf("exit %d, stdout %q, stderr %q, want %q", code, out, errOut, tt.want)
			}
		})
	}
}

func TestImportThatIsRefused(t *testing.T) {
	t.Parallel()
	s := at(t, nil)
	s.refuse = `{"error":{"message":"keys[1]: another key has this alias already"}}`
	file := write(t, "keys", "token\n"+hashA+"\n\n"+hashB+"\n")
	code, out, errOut := s.run(t, "import", file)
	if want := "llmgw: " + file + ":4: another key has this alias already\n"; code != cli.ExitFailed || out != "" || errOut != want {
		t.Errorf("exit %d, stdout %q, stderr %q, want %q", code, out, errOut, want)
	}
}
