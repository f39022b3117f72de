package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/server"
	"github.com/llmgw/llmgw/pkg/store/sqlite"
)

// spendings says that every key has spent a quarter of a dollar.
type spendings struct{ err error }

func (s spendings) Spent(_ context.Context, r *keys.Record) (server.Spend, error) {
	spend := server.Spend{Amount: llm.USD / 4}
	if r.Budget != nil {
		spend.ResetsAt = time.Date(2026, time.December, 1, 0, 0, 0, 0, time.UTC)
	}
	return spend, s.err
}

// Balance says that a quarter of a dollar of every budget is spent, and a tenth held.
func (s spendings) Balance(_ context.Context, b *keys.Budget) (server.Balance, error) {
	return server.Balance{
		Spent: llm.USD / 4, Held: llm.USD / 10, PerDay: llm.USD / 2, Known: b.Name != "unknown",
		ResetsAt: time.Date(2026, time.December, 1, 0, 0, 0, 0, time.UTC),
	}, s.err
}

// newOffice is a site with an admin API. The usual key is a static one.
func newOffice(t *testing.T, spending server.Spending) *site {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "llmgw.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	manager := keys.NewManager(keys.ManagerOptions{
		Store:  store,
		Period: func(s string) error { _, err := budget.ParsePeriod(s, nil); return err },
		Static: func() []keys.Record {
			return []keys.Record{{ID: "one", Hash: keys.Sum(key), Name: keys.Mask(key), Static: true}}
		},
		Reserved: func(h keys.Hash) bool { return h == keys.Sum(adminKey) },
	})
	return newSite(t, func(o *options) { o.admin = &server.Admin{Keys: manager, Spending: spending} })
}

// ask asks the admin API with the master key and reads the answer into into.
func (s *site) ask(method, path, body string, into any) {
	s.t.Helper()
	a := s.do(s.request(method, path, body, as(adminKey)))
	if a.status != http.StatusOK {
		s.t.Fatalf("%s %s = %d %s", method, path, a.status, a.body)
	}
	if err := json.Unmarshal([]byte(a.body), into); err != nil {
		s.t.Fatalf("%s %s = %s: %v", method, path, a.body, err)
	}
}

func TestAKeyFromItsBeginningToItsEnd(t *testing.T) {
	t.Parallel()
	s := newOffice(t, spendings{})
	var team adminapi.Team
	s.ask("POST", "/team/new", `{"team_alias":"Blue","team_id":"team_blue"}`, &team)
	var made adminapi.GenerateAnswer
	s.ask("POST", "/key/generate", `{"key_alias":"ci","team_id":"team_blue","models":["echo/*"],"rpm_limit":60,"max_budget":100.50,
		"budget_duration":"30d","duration":"30d","metadata":{"n":1.0,"html":"<&>"},"user_id":"u1","tags":["a"],
		"guardrails":[],"permissions":{},"key_type":"default","soft_budget":null,"spend":0}`, &made)
	if !strings.HasPrefix(made.Secret, "sk-") || made.Token != keys.Sum(made.Secret).String() || made.TeamAlias != "Blue" ||
		made.Source != adminapi.SourceStore || *made.RPM != 60 || made.TPM != nil || made.MaxBudget.String() != "100.5" ||
		made.BudgetDuration != "30d" || made.BudgetResetAt == nil || made.Spend != "0.25" || made.Expires == nil || made.CreatedAt == nil {
		t.Errorf("generate = %+v", made)
	}
	if string(made.Metadata["n"]) != "1.0" || string(made.Metadata["html"]) != `"<&>"` || string(made.Metadata["user_id"]) != `"u1"` ||
		string(made.Metadata["tags"]) != `["a"]` || len(made.Metadata) != 4 {
		t.Errorf("metadata = %s", made.Metadata)
	}

	var info adminapi.InfoAnswer
	for _, name := range []string{made.ID, "ci", made.Token, made.Secret} {
		s.ask("GET", "/key/info?key="+name, "", &info)
		if info.Info.ID != made.ID || info.Key == made.Secret {
			t.Errorf("info of %s = %+v", name, info)
		}
	}

	var k adminapi.Key
	s.ask("POST", "/key/update", `{"key":"ci","rpm_limit":null,"max_budget":null,"models":[]}`, &k)
	if k.RPM != nil || k.MaxBudget != nil || k.BudgetDuration != "" || k.Models == nil || len(k.Models) != 0 {
		t.Errorf("update = %+v", k)
	}
	s.ask("POST", "/key/block", `{"key":"ci"}`, &k)
	if !k.Blocked {
		t.Errorf("block = %+v", k)
	}
	s.ask("POST", "/key/unblock", `{"key":"ci"}`, &k)
	if k.Blocked {
		t.Errorf("unblock = %+v", k)
	}
	var rotated adminapi.GenerateAnswer
	s.ask("POST", "/key/regenerate", `{"key":"ci","grace_period":"24h"}`, &rotated)
	if rotated.Secret == made.Secret || rotated.GraceUntil == nil || rotated.ID != made.ID {
		t.Errorf("regenerate = %+v", rotated)
	}
	rotated = adminapi.GenerateAnswer{}
	s.ask("POST", "/key/"+made.ID+"/regenerate", ``, &rotated)
	if rotated.GraceUntil != nil {
		t.Errorf("regenerate by path = %+v", rotated)
	}
	var deleted adminapi.DeleteAnswer
	s.ask("POST", "/key/delete", `{"keys":["`+rotated.Secret+`"]}`, &deleted)
	if len(deleted.Deleted) != 1 || deleted.Deleted[0] != rotated.Token {
		t.Errorf("delete = %+v", deleted)
	}
	s.do(s.request("GET", "/key/info?key=ci", "", as(adminKey))).want(t, 404, `"code":"not_found"`)
}

func TestTheAdminAPIIsForTheMasterKey(t *testing.T) {
	t.Parallel()
	s := newOffice(t, spendings{})
	for _, path := range []string{
		"POST /key/generate", "POST /key/update", "POST /key/regenerate", "POST /key/x/regenerate", "POST /key/block", "POST /key/unblock",
		"POST /key/delete", "POST /key/import", "GET /key/list", "GET /key/info?key=other", "POST /team/new", "GET /team/info", "GET /team/list",
	} {
		method, target, _ := strings.Cut(path, " ")
		a := s.do(s.request(method, target, `{}`))
		a.want(t, 403, "needs the master key")
		if a.header.Get("X-Should-Retry") != "false" {
			t.Errorf("%s: x-should-retry = %q", path, a.header.Get("X-Should-Retry"))
		}
		s.do(s.request(method, target, `{}`, as("sk-nobody-knows-it"))).want(t, 401, "is not known")
	}
	s.do(s.request("GET", "/key/generate", "", as(adminKey))).want(t, 404, "does not serve GET /key/generate")
}

func TestAKeyMayAskAboutItself(t *testing.T) {
	t.Parallel()
	s := newOffice(t, spendings{})
	for _, query := range []string{"", "?key=one", "?key=" + key, "?key=" + keys.Sum(key).String()} {
		a := s.get("/key/info" + query)
		a.want(t, 200, `"key_id":"one"`)
		if !strings.Contains(a.body, `"source":"config"`) || !strings.Contains(a.body, `"spend":0.25`) || strings.Contains(a.body, key) {
			t.Errorf("info = %s", a.body)
		}
	}
	s.do(s.request("GET", "/key/info", "", as(adminKey))).want(t, 400, "no key is named")
}

func TestTheAdminAPIIsStrict(t *testing.T) {
	t.Parallel()
	s := newOffice(t, spendings{})
	var made adminapi.GenerateAnswer
	s.ask("POST", "/key/generate", `{"key_alias":"ci"}`, &made)
	for _, tt := range []struct {
		name, path, body string
		status           int
		part             string
	}{
		{"no JSON", "/key/generate", `key_alias=x`, 400, "not a JSON object"},
		{"a list", "/key/generate", `[]`, 400, "not a JSON object"},
		{"half a body", "/key/generate", `{"key_alias":"x"`, 400, "unterminated"},
		{"two bodies", "/key/generate", `{} {}`, 400, "text after"},
		{"a slip", "/key/generate", `{"rpm_limits":1}`, 400, "did you mean rpm_limit?"},
		{"another case", "/key/generate", `{"RPM_Limit":1}`, 400, "did you mean rpm_limit?"},
		{"an unknown name that is long", "/key/generate", `{"` + strings.Repeat("x", 5000) + `":1}`, 400, "is not known"},
		{"a member twice", "/key/generate", `{"blocked":true,"blocked":false}`, 400, "blocked stands in the request twice"},
		{"a member twice, escaped", "/key/generate", `{"blocked":true,"bl\u006fcked":false}`, 400, "blocked stands in the request twice"},
		{"a rule that is not kept", "/key/generate", `{"guardrails":["pii"]}`, 400, "guardrails is not supported"},
		{"a soft budget", "/key/update", `{"key":"ci","soft_budget":5}`, 400, "soft_budget is not supported"},
		{"a role", "/key/generate", `{"key_type":"management"}`, 400, "key_type is not supported"},
		{"text for a number", "/key/generate", `{"rpm_limit":"many"}`, 400, "rpm_limit has to be a whole number, not string"},
		{"a fraction", "/key/generate", `{"rpm_limit":1.5}`, 400, "rpm_limit has to be a whole number, not number 1.5"},
		{"a number out of range", "/key/generate", `{"tpm_limit":1e30}`, 400, "tpm_limit has to be a whole number"},
		{"a list for text", "/key/generate", `{"key_alias":[]}`, 400, "key_alias has to be text, not array"},
		{"text for a list", "/key/generate", `{"models":"gpt-5"}`, 400, "models has to be a list, not string"},
		{"no truth value", "/key/generate", `{"blocked":"yes"}`, 400, "blocked has to be true or false"},
		{"text for an object", "/key/generate", `{"metadata":"x"}`, 400, "metadata has to be an object"},
		{"text for money", "/key/generate", `{"max_budget":"much"}`, 400, "max_budget"},
		{"broken JSON inside", "/key/generate", `{"metadata":{"a":}}`, 400, "metadata cannot be read"},
		{"broken JSON in a note", "/key/generate", `{"tags":[,]}`, 400, "tags is not valid JSON"},
		{"a note where none is kept", "/key/block", `{"key":"ci","user_id":"u"}`, 400, "user_id does not belong"},
		{"settings in a rotation", "/key/regenerate", `{"key":"ci","duration":"1d"}`, 400, "duration is not known"},
		{"two keys", "/key/ci/regenerate", `{"key":"other"}`, 400, "another key than the body"},
		{"no key", "/key/update", `{}`, 400, "no key is named"},
		{"an unknown key", "/key/update", `{"key":"nobody"}`, 404, `there is no key \"nobody\"`},
		{"an alias that is taken", "/key/generate", `{"key_alias":"ci"}`, 409, `"param":"key_alias","code":"conflict"`},
		{"a static key", "/key/block", `{"key":"` + key + `"}`, 409, "change it there"},
		{"a slip in an import", "/key/import", `{"keys":[{"tokn":"x"}]}`, 400, "keys[0].tokn is not known (did you mean token?)"},
		{"no list to import", "/key/import", `{"keys":{}}`, 400, "keys has to be a list"},
		{"a bad token", "/key/import", `{"keys":[{"token":"x"}]}`, 400, `"param":"keys[0].token"`},
		{"a bad time", "/key/import", `{"keys":[{"token":"x","expires":"tomorrow"}]}`, 400, "keys[0].expires cannot be read"},
		{"no team", "/team/new", `{}`, 400, "a team has a name"},
		{"a team's rules", "/team/new", `{"team_alias":"x","members_with_roles":[{}]}`, 400, "members_with_roles is not supported"},
	} {
		a := s.do(s.request("POST", tt.path, tt.body, as(adminKey)))
		t.Run(tt.name, func(t *testing.T) { a.want(t, tt.status, tt.part) })
		if len(a.body) > 1000 || !json.Valid([]byte(a.body)) {
			t.Errorf("%s: the answer is %.200s", tt.name, a.body)
		}
	}
	for _, tt := range []struct{ path, part string }{
		{"/key/list?size=101", "size is a whole number from 1 to 100"},
		{"/key/list?size=0", "from 1"},
		{"/key/list?page=x", "page is a whole number"},
		{"/key/list?user_id=u", `\"user_id\", which is not known here`},
		{"/key/list?page=1&page=2", "page stands in the query twice"},
		{"/key/info?key=%zz", "cannot be read"},
		{"/team/list?x=1", "not known here"},
		{"/team/info", "no team is named"},
	} {
		s.do(s.request("GET", tt.path, "", as(adminKey))).want(t, 400, tt.part)
	}
	var list adminapi.ListAnswer
	s.ask("GET", "/key/list?return_full_object=true", "", &list)
	if list.TotalCount != 2 {
		t.Errorf("there are %d keys, want that nothing was made", list.TotalCount)
	}
}

func TestBodiesOfTheAdminAPIAreBounded(t *testing.T) {
	t.Parallel()
	s := newOffice(t, spendings{})
	large := `{"key_alias":"` + strings.Repeat("x", 1<<20) + `"}`
	s.do(s.request("POST", "/key/generate", large, as(adminKey))).want(t, 413, "1 MiB")
	s.do(s.request("POST", "/key/generate", `{}`, as(adminKey), "Content-Encoding: gzip")).want(t, 400, "without Content-Encoding")
	// An import may be as large as that.
	s.do(s.request("POST", "/key/import", large, as(adminKey))).want(t, 400, "key_alias is not known")
}

func TestListHasPages(t *testing.T) {
	t.Parallel()
	s := newOffice(t, spendings{})
	for i := range 25 {
		var made adminapi.GenerateAnswer
		s.ask("POST", "/key/generate", fmt.Sprintf(`{"key_alias":"k%02d"}`, i), &made)
	}
	var hashes struct {
		Keys       []string `json:"keys"`
		TotalCount int      `json:"total_count"`
		Page       int      `json:"current_page"`
		TotalPages int      `json:"total_pages"`
	}
	s.ask("GET", "/key/list", "", &hashes)
	if len(hashes.Keys) != 10 || hashes.Keys[0] != keys.Sum(key).String() || hashes.TotalCount != 26 || hashes.Page != 1 || hashes.TotalPages != 3 {
		t.Errorf("the first page = %+v", hashes)
	}
	var list adminapi.ListAnswer
	seen := map[string]bool{}
	for page := 1; page <= 3; page++ {
		s.ask("GET", fmt.Sprintf("/key/list?page=%d&size=10&return_full_object=true", page), "", &list)
		for _, k := range list.Keys {
			seen[k.ID] = true
		}
	}
	if len(list.Keys) != 6 || len(seen) != 26 {
		t.Errorf("the last page has %d, all have %d", len(list.Keys), len(seen))
	}
	s.ask("GET", "/key/list?key_alias=k07&return_full_object=true", "", &list)
	if len(list.Keys) != 1 || list.Keys[0].Alias != "k07" || list.TotalPages != 1 {
		t.Errorf("by alias = %+v", list)
	}
	s.ask("GET", "/key/list?page=9&return_full_object=true", "", &list)
	if list.Keys == nil || len(list.Keys) != 0 {
		t.Errorf("behind the end = %+v", list)
	}
}

func TestTeamsAreListed(t *testing.T) {
	t.Parallel()
	s := newOffice(t, spendings{})
	s.do(s.request("GET", "/team/list", "", as(adminKey))).want(t, 200, "[]\n")
	var team adminapi.Team
	s.ask("POST", "/team/new", `{"team_alias":"Blue"}`, &team)
	var made adminapi.GenerateAnswer
	s.ask("POST", "/key/generate", `{"team_id":"`+team.ID+`"}`, &made)
	var info adminapi.TeamInfoAnswer
	for _, name := range []string{team.ID, "Blue"} {
		s.ask("GET", "/team/info?team_id="+name, "", &info)
		if info.TeamID != team.ID || info.Info.Alias != "Blue" || info.Info.Keys != 1 {
			t.Errorf("info = %+v", info)
		}
	}
	var list []adminapi.Team
	s.ask("GET", "/team/list", "", &list)
	if len(list) != 1 || list[0].ID != team.ID || list[0].Keys != 1 {
		t.Errorf("list = %+v", list)
	}
	s.do(s.request("POST", "/team/new", `{"team_alias":"Blue"}`, as(adminKey))).want(t, 409, "already")
	s.do(s.request("GET", "/team/info?team_id=Red", "", as(adminKey))).want(t, 404, "Red")
}

func TestImport(t *testing.T) {
	t.Parallel()
	s := newOffice(t, spendings{})
	token := keys.Sum("sk-imported-from-elsewhere").String()
	body := `{"keys":[{"token":"` + token + `","key_name":"sk-...here","key_alias":"old","rpm_limit":5,"expires":"2027-01-02T03:04:05Z",
		"created_at":"2025-01-02T03:04:05+02:00","user_id":"u1","spend":0}]}`
	var answer adminapi.ImportAnswer
	s.ask("POST", "/key/import", body, &answer)
	if len(answer.Imported) != 1 || answer.Imported[0].Name != "sk-…here" || answer.Imported[0].Token != token ||
		!answer.Imported[0].Expires.Equal(time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)) || answer.Skipped == nil {
		t.Errorf("import = %+v", answer)
	}
	s.ask("POST", "/key/import", body, &answer)
	if answer.Imported == nil || len(answer.Imported) != 0 || len(answer.Skipped) != 1 || answer.Skipped[0] != token {
		t.Errorf("again = %+v", answer)
	}
}

func TestTheHandlerWithoutAGateway(t *testing.T) {
	t.Parallel()
	s := newOffice(t, spendings{})
	var by []keys.Actor
	h := s.server.AdminHandler(func(*http.Request) keys.Actor {
		by = append(by, keys.Actor{ID: "local"})
		return by[0]
	})
	for path, status := range map[string]int{
		"GET /key/list": 200, "GET /health/liveness": 200, "POST /v1/messages": 404, "GET /metrics": 404, "GET /key//list": 404,
	} {
		method, target, _ := strings.Cut(path, " ")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, target, nil))
		if w.Code != status {
			t.Errorf("%s = %d, want %d", path, w.Code, status)
		}
	}
	if len(by) != 1 {
		t.Errorf("%d requests were somebody's, want 1", len(by))
	}
}

func TestSpendingThatIsNotKnown(t *testing.T) {
	t.Parallel()
	s := newOffice(t, spendings{errors.New("the books are closed")})
	s.get("/key/info").want(t, 503, "cannot be told right now")
	if !strings.Contains(s.log.String(), "the books are closed") {
		t.Error("the log does not say why")
	}
}

func TestASiteWithoutAnAdminAPI(t *testing.T) {
	t.Parallel()
	newSite(t, nil).get("/key/list").want(t, 404, "does not serve")
}
