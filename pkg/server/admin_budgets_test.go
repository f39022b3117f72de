package server_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/adminapi"
)

func TestABudgetFromItsBeginningToItsEnd(t *testing.T) {
	t.Parallel()
	s := newOffice(t, spendings{})
	var k adminapi.GenerateAnswer
	s.ask("POST", "/key/generate", `{"key_alias":"ci","max_budget":7}`, &k)
	var b adminapi.Budget
	// As LiteLLM's clients ask.
	s.ask("POST", "/budget/new", `{"budget_id":"team","max_budget":100.50,"soft_budget":80.4,"budget_duration":"30d","model_max_budget":{},
		"tpm_limit":null,"rpm_limit":null,"max_parallel_requests":null,"budget_reset_at":null,"keys":["ci","`+key+`"]}`, &b)
	if b.Name != "team" || b.BudgetID != "team" || b.Limit != "100.5" || b.MaxBudget != "100.5" || b.Period != "30d" || b.Duration != "30d" ||
		b.Spent != "0.25" || b.Held != "0.1" || b.Left != "100.15" || b.SoftBudget.String() != "80.4" || b.AlertThreshold.String() != "0.8" ||
		!b.Hard || b.Source != adminapi.SourceStore || b.BurnRate.String() != "0.5" || b.ResetsAt == nil || b.AsOf != nil || b.CreatedAt == nil {
		t.Errorf("new = %+v", b)
	}
	if strings.Join(b.Accounts, ",") != "key ci,key one" {
		t.Errorf("accounts = %q", b.Accounts)
	}
	var list []adminapi.Budget
	s.ask("POST", "/budget/info", `{"budgets":["team","key ci"]}`, &list)
	if len(list) != 2 || list[0].Name != "team" || list[1].Source != adminapi.SourceKey || list[1].Limit != "7" {
		t.Errorf("info = %+v", list)
	}
	for _, query := range []string{"?name=team", "?budget_id=team", "?budget_id=" + strings.TrimPrefix(b.Account, "budget:")} {
		s.ask("GET", "/budget/info"+query, "", &list)
		if len(list) != 1 || list[0].Name != "team" {
			t.Errorf("info%s = %+v", query, list)
		}
	}
	var info adminapi.InfoAnswer
	s.ask("GET", "/key/info?key=ci", "", &info)
	if len(info.Info.Budgets) != 1 || info.Info.Budgets[0] != "team" {
		t.Errorf("the key is in %q", info.Info.Budgets)
	}
	s.ask("POST", "/budget/update", `{"name":"team","new_name":"unknown","max_budget":0.3,"remove_keys":["ci"]}`, &b)
	if b.Name != "unknown" || b.Limit != "0.3" || b.Left != "0" || len(b.Keys) != 1 || b.BurnRate != nil {
		t.Errorf("update = %+v", b)
	}
	s.ask("POST", "/budget/delete", `{"id":"unknown"}`, &b)
	s.ask("GET", "/budget/list", "", &list)
	if len(list) != 1 || list[0].Name != "key ci" || len(list[0].Accounts) != 1 || list[0].Accounts[0] != "key ci" {
		t.Errorf("list = %+v", list)
	}
}

func TestBudgetRequestsAreStrict(t *testing.T) {
	t.Parallel()
	s := newOffice(t, spendings{})
	s.ask("POST", "/budget/new", `{"name":"team","max_budget":1}`, &adminapi.Budget{})
	for _, tt := range []struct {
		path, body string
		status     int
		part       string
	}{
		{"/budget/new", `{"max_budgets":1}`, 400, "did you mean max_budget?"},
		{"/budget/new", `{"name":"x","max_budget":1,"max_budget":2}`, 400, "twice"},
		{"/budget/new", `{"name":"x","max_budget":"much"}`, 400, "max_budget"},
		{"/budget/new", `{"name":"x","max_budget":1,"tpm_limit":5}`, 400, "tpm_limit is not supported"},
		{"/budget/new", `{"name":"x","max_budget":1,"model_max_budget":{"a":1}}`, 400, "model_max_budget is not supported"},
		{"/budget/new", `{"name":"x","max_budget":1,"hard":"yes"}`, 400, "hard has to be true or false"},
		{"/budget/new", `{"name":"x","budget_id":"y","max_budget":1}`, 400, "names two budgets"},
		{"/budget/new", `{"name":"team","max_budget":1}`, 409, "already"},
		{"/budget/new", `[]`, 400, "not a JSON object"},
		{"/budget/update", `{}`, 400, "no budget is named"},
		{"/budget/update", `{"name":"nobody","max_budget":1}`, 404, `\"nobody\"`},
		{"/budget/delete", `{"name":"a","id":"b"}`, 400, "names two budgets"},
		{"/budget/delete", `{"id":""}`, 400, "no budget is named"},
		{"/budget/info", `{}`, 400, "budgets: [name"},
		{"/budget/info", `{"budgets":"team"}`, 400, "budgets has to be a list"},
		{"/budget/info", `{"budgets":["team","nobody"]}`, 404, "nobody"},
		{"/budget/reset", `{"name":"team","max_budget":1}`, 400, "max_budget is not known"},
	} {
		s.do(s.request("POST", tt.path, tt.body, as(adminKey))).want(t, tt.status, tt.part)
	}
	for path, part := range map[string]string{
		"/budget/info": "no budget is named", "/budget/info?nme=x": "not known", "/budget/info?name=a&budget_id=b": "names two budgets", "/budget/list?x=1": "not known",
	} {
		s.do(s.request("GET", path, "", as(adminKey))).want(t, 400, part)
	}
	for _, path := range []string{"POST /budget/new", "POST /budget/update", "POST /budget/delete", "POST /budget/reset", "POST /budget/info", "GET /budget/info", "GET /budget/list"} {
		method, target, _ := strings.Cut(path, " ")
		s.do(s.request(method, target, `{}`)).want(t, 403, "needs the master key")
	}
}

func TestABudgetWhoseSpendingIsNotKnown(t *testing.T) {
	t.Parallel()
	s := newOffice(t, spendings{err: errors.New("secret detail")})
	a := s.do(s.request("POST", "/budget/new", `{"name":"team","max_budget":1}`, as(adminKey)))
	a.want(t, 503, "it cannot be told right now what was spent")
	if strings.Contains(a.body, "secret detail") {
		t.Errorf("the answer has the cause: %s", a.body)
	}
}
