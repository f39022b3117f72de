package keys_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/store/sqlite"
)

// purse is a desk with two budgets in its configuration, at which resets are noted.
type purse struct {
	*desk
	reset []string
	fails error
}

func newPurse(t *testing.T) *purse {
	t.Helper()
	p := &purse{desk: newDesk(t)}
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "llmgw.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	static := keys.Record{ID: keys.StaticID(keys.Sum(staticSecret)), Hash: keys.Sum(staticSecret), Name: keys.Mask(staticSecret), Static: true}
	p.Manager = keys.NewManager(keys.ManagerOptions{
		Store: store,
		Period: func(s string) error {
			if s == "fortnightly" {
				return errors.New("no period")
			}
			return nil
		},
		Static: func() []keys.Record { return []keys.Record{static} },
		Budgets: func() []keys.Budget {
			return []keys.Budget{
				{Terms: keys.Terms{ID: "gateway", Limit: llm.USD, Period: "total", Hard: true}, Name: "gateway", Everybody: true, Source: keys.Configured},
				{Terms: keys.Terms{ID: "fixed", Limit: llm.USD, Period: "daily"}, Name: "fixed", Keys: []string{static.ID}, Source: keys.Configured},
			}
		},
		Reset: func(_ context.Context, b *keys.Budget) error {
			p.reset = append(p.reset, b.Account())
			return p.fails
		},
		Changed: func(context.Context) { p.synced++ },
		Audit:   func(e keys.Event) { p.events = append(p.events, e) },
	})
	return p
}

// terms reads settings of a budget as the API has them.
func terms(t *testing.T, text string) *keys.BudgetSettings {
	t.Helper()
	s := new(keys.BudgetSettings)
	var name struct {
		Name adminapi.Optional[string] `json:"name"`
	}
	if err := errors.Join(json.Unmarshal([]byte(text), &s.BudgetSettings), json.Unmarshal([]byte(text), &name)); err != nil {
		t.Fatal(err)
	}
	s.Name = name.Name
	return s
}

func TestBudgetsFromTheirBeginningToTheirEnd(t *testing.T) {
	t.Parallel()
	p := newPurse(t)
	a, secret := p.make(`{"key_alias":"a"}`)
	b, _ := p.make(`{"max_budget":3}`)
	made, err := p.CreateBudget(t.Context(), me, terms(t, `{"name":"team","max_budget":100.5,"budget_duration":"Monthly","keys":["a","`+secret+`","`+staticSecret+`"],"soft_budget":50.25}`))
	if err != nil {
		t.Fatal(err)
	}
	static := keys.StaticID(keys.Sum(staticSecret))
	if made.Name != "team" || made.Limit != 100_500_000_000 || made.Period != "monthly" || !made.Hard || made.Alert != 0.5 ||
		len(made.Keys) != 2 || !strings.HasPrefix(made.Account(), "budget:budget_") {
		t.Errorf("made = %+v", made)
	}
	for _, name := range []string{"team", made.ID} {
		if got, err := p.Budget(t.Context(), name); err != nil || !cmp.Equal(got, made) {
			t.Errorf("Budget(%s) = %+v, %v", name, got, err)
		}
	}
	changed, err := p.UpdateBudget(t.Context(), me, "team", terms(t, `{"name":"all","max_budget":1,"add_keys":["`+b.ID+`"],"remove_keys":["`+static+`"],"hard":false,"alert_threshold":null}`))
	if err != nil {
		t.Fatal(err)
	}
	want := made
	want.Name, want.Limit, want.Hard, want.Alert, want.UpdatedAt = "all", llm.USD, false, 0, changed.UpdatedAt
	want.Keys = []string{min(a.ID, b.ID), max(a.ID, b.ID)}
	if diff := cmp.Diff(want, changed); diff != "" || !changed.UpdatedAt.After(made.UpdatedAt) {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	if changed, err = p.UpdateBudget(t.Context(), me, "all", terms(t, `{"keys":[],"budget_duration":null}`)); err != nil || len(changed.Keys) != 0 || changed.Period != "total" {
		t.Errorf("changed = %+v, %v", changed, err)
	}
	unnamed, err := p.CreateBudget(t.Context(), me, terms(t, `{"max_budget":1}`))
	if err != nil || unnamed.Name != unnamed.ID {
		t.Errorf("without a name: %+v, %v", unnamed, err)
	}
	list, err := p.Budgets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, b := range list {
		names = append(names, b.Name)
	}
	if diff := cmp.Diff([]string{"gateway", "fixed", "all", unnamed.Name, "key " + b.ID}, names); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	for _, name := range []string{"all", "gateway", "fixed", "key " + b.ID} {
		if _, err := p.ResetBudget(t.Context(), me, name); err != nil {
			t.Errorf("ResetBudget(%s) = %v", name, err)
		}
	}
	if diff := cmp.Diff([]string{made.Account(), "gateway", "budget:fixed", list[4].Account()}, p.reset); diff != "" {
		t.Errorf("reset (-want +got):\n%s", diff)
	}
	p.events = nil
	if gone, err := p.DeleteBudget(t.Context(), me, "all"); err != nil || gone.ID != made.ID {
		t.Errorf("DeleteBudget = %+v, %v", gone, err)
	}
	if len(p.events) != 1 || p.events[0].Action != keys.ActionDeleteBudget || p.events[0].Budget != "all" || p.events[0].BudgetID != made.ID {
		t.Errorf("told of %+v", p.events)
	}
	_, err = p.Budget(t.Context(), "all")
	wantError(t, err, llm.NotFound, "name", `no budget "all"`)
}

func TestBudgetsThatAreNotPossible(t *testing.T) {
	t.Parallel()
	p := newPurse(t)
	if _, err := p.CreateBudget(t.Context(), me, terms(t, `{"name":"team","max_budget":1}`)); err != nil {
		t.Fatal(err)
	}
	own, _ := p.make(`{"key_alias":"own","max_budget":1}`)
	p.make(`{"key_alias":"free"}`)
	told := len(p.events)
	for _, tt := range []struct {
		settings string
		kind     llm.Kind
		param    string
		words    string
	}{
		{`{"name":"x"}`, llm.InvalidRequest, "max_budget", "has a limit"},
		{`{"name":"x","max_budget":null}`, llm.InvalidRequest, "max_budget", "above 0"},
		{`{"name":"x","max_budget":0}`, llm.InvalidRequest, "max_budget", "above 0"},
		{`{"name":"x","max_budget":-1}`, llm.InvalidRequest, "max_budget", "above 0"},
		{`{"name":"x","max_budget":1e99}`, llm.InvalidRequest, "max_budget", "above 0"},
		{`{"name":"x","max_budget":1,"budget_duration":"fortnightly"}`, llm.InvalidRequest, "budget_duration", "no period"},
		{`{"name":"x","max_budget":1,"alert_threshold":1}`, llm.InvalidRequest, "alert_threshold", "between 0 and 1"},
		{`{"name":"x","max_budget":1,"alert_threshold":0}`, llm.InvalidRequest, "alert_threshold", "between 0 and 1"},
		{`{"name":"x","max_budget":1,"soft_budget":1}`, llm.InvalidRequest, "soft_budget", "below max_budget"},
		{`{"name":"x","max_budget":1,"soft_budget":0.5,"alert_threshold":0.5}`, llm.InvalidRequest, "soft_budget", "one of them"},
		{`{"name":"x","max_budget":1,"keys":["nobody"]}`, llm.NotFound, "keys", `"nobody"`},
		{`{"name":"x","max_budget":1,"add_keys":[""]}`, llm.InvalidRequest, "add_keys", "no key is named"},
		{`{"name":"team","max_budget":1}`, llm.Conflict, "name", "already"},
		{`{"name":"fixed","max_budget":1}`, llm.Conflict, "name", "configuration"},
		{`{"name":"gateway","max_budget":1}`, llm.Conflict, "name", "configuration"},
		{`{"name":"key x","max_budget":1}`, llm.InvalidRequest, "name", "single keys"},
		{`{"name":"budget_x","max_budget":1}`, llm.InvalidRequest, "name", "like an id"},
		{`{"name":"a\nb","max_budget":1}`, llm.InvalidRequest, "name", "letters"},
		{`{"name":"sk-something","max_budget":1}`, llm.InvalidRequest, "name", "secret"},
	} {
		_, err := p.CreateBudget(t.Context(), me, terms(t, tt.settings))
		wantError(t, err, tt.kind, tt.param, tt.words)
	}
	for _, tt := range []struct {
		name, settings string
		kind           llm.Kind
		param, words   string
	}{
		{"", `{}`, llm.InvalidRequest, "name", "no budget is named"},
		{"nobody", `{}`, llm.NotFound, "name", `"nobody"`},
		{"fixed", `{"max_budget":2}`, llm.Conflict, "name", "change the configuration"},
		{"gateway", `{"max_budget":2}`, llm.Conflict, "name", "change the configuration"},
		{"key own", `{"max_budget":2}`, llm.Conflict, "name", "change the key"},
		{"key free", `{"max_budget":2}`, llm.NotFound, "name", `"key free"`},
		{"key nobody", `{}`, llm.NotFound, "key", `"nobody"`},
		{own.Budget.ID, `{}`, llm.NotFound, "name", own.Budget.ID},
		{"team", `{"name":""}`, llm.InvalidRequest, "name", "has a name"},
		{"team", `{"name":"fixed"}`, llm.Conflict, "name", "configuration"},
		{"team", `{"max_budget":null}`, llm.InvalidRequest, "max_budget", "above 0"},
	} {
		_, err := p.UpdateBudget(t.Context(), me, tt.name, terms(t, tt.settings))
		wantError(t, err, tt.kind, tt.param, tt.words)
	}
	_, err := p.DeleteBudget(t.Context(), me, "fixed")
	wantError(t, err, llm.Conflict, "name", "change the configuration")
	p.fails = errors.New("the disk is full")
	_, err = p.ResetBudget(t.Context(), me, "team")
	wantError(t, err, llm.Overloaded, "", "still counts")
	if len(p.events) != told {
		t.Errorf("what failed was told of: %+v", p.events[told:])
	}
}
