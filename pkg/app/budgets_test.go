package app_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/client"
	"github.com/llmgw/llmgw/pkg/llm"
)

// usd reads an amount.
func usd(t *testing.T, n interface{ String() string }) llm.NanoUSD {
	t.Helper()
	amount, err := llm.ParseUSD(n.String())
	if err != nil {
		t.Fatal(err)
	}
	return amount
}

// budget tells of a budget.
func (r *running) budget(name string) adminapi.Budget {
	r.t.Helper()
	list := admin[[]adminapi.Budget](r, "POST", adminapi.BudgetInfo, `{"budgets":["`+name+`"]}`)
	if len(list) != 1 || list[0].Name != name {
		r.t.Fatalf("info of %s = %+v", name, list)
	}
	return list[0]
}

// spendAll calls until the budget refuses, and says how many calls passed.
func (r *running) spendAll(secret, budget string) (calls int) {
	r.t.Helper()
	for ; calls < 1000; calls++ {
		status, body := r.call(secret, "priced")
		if status == 429 {
			if !strings.Contains(body, `budget \"`+budget+`\"`) {
				r.t.Errorf("refusal = %s, want one by %s", body, budget)
			}
			return calls
		}
		if status != 200 {
			r.t.Fatalf("call = %d %s", status, body)
		}
	}
	r.t.Fatalf("%d calls passed", calls)
	return calls
}

func TestABudgetThatKeysShare(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.start(priced)
	a, b, other := r.generate(`{"key_alias":"a"}`), r.generate(`{"key_alias":"b"}`), r.generate(`{}`)
	made := admin[adminapi.Budget](r, "POST", adminapi.BudgetNew,
		`{"name":"team","max_budget":0.2,"budget_duration":"monthly","keys":["a","`+b.Secret+`"],"alert_threshold":0.8}`)
	if made.Limit != "0.2" || made.Period != "monthly" || !made.Hard || made.ResetsAt == nil || made.StartedAt == nil || made.Spent != "0" ||
		made.Source != adminapi.SourceStore || len(made.Keys) != 2 || made.AlertThreshold.String() != "0.8" || made.SoftBudget.String() != "0.16" {
		t.Errorf("made = %+v", made)
	}
	r.want(b.Secret, "priced", 200)
	if n := r.spendAll(a.Secret, "team"); n == 0 {
		t.Error("no call of the first key passed")
	}
	r.want(b.Secret, "priced", 429)
	r.want(other.Secret, "priced", 200)
	spent := r.budget("team")
	if got := usd(t, spent.Spent); got > llm.USD/5 || got < llm.USD/5-llm.USD/9 || spent.Held != "0" || spent.BurnRate == nil || spent.AsOf != nil {
		t.Errorf("budget = %+v", spent)
	}
	if got := r.info("b").Budgets; len(got) != 1 || got[0] != "team" {
		t.Errorf("the key is in %v", got)
	}
	if ratio := r.ratio("team"); !strings.HasPrefix(ratio, "0.") || ratio < "0.4" {
		t.Errorf("budget_usage_ratio = %s", ratio)
	}

	// More money, at once and on the same account.
	raised := admin[adminapi.Budget](r, "POST", adminapi.BudgetUpdate, `{"name":"team","max_budget":0.4}`)
	if raised.Account != made.Account || raised.Spent != spent.Spent || raised.Limit != "0.4" {
		t.Errorf("raised = %+v, was %+v", raised, spent)
	}
	r.want(b.Secret, "priced", 200)
	r.spendAll(b.Secret, "team")
	// A key that leaves it is free, one that comes is not.
	admin[adminapi.Budget](r, "POST", adminapi.BudgetUpdate, `{"budget_id":"team","remove_keys":["a"],"add_keys":["`+other.ID+`"]}`)
	r.want(a.Secret, "priced", 200)
	r.want(other.Secret, "priced", 429)
	// So is everybody once it is deleted.
	admin[adminapi.Budget](r, "POST", adminapi.BudgetDelete, `{"id":"team"}`)
	r.want(other.Secret, "priced", 200)
	if status, page := r.get("/metrics", masterKey); status != 200 || strings.Contains(page, `budget="team"`) {
		t.Error("the page has the budget after its end")
	}
	audit, err := os.ReadFile(filepath.Join(p.dir, "audit.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"action":"budget.new","budget_id":"` + strings.TrimPrefix(made.Account, "budget:") + `","budget":"team","changed":["name","max_budget","budget_duration","alert_threshold","keys"]`,
		`"action":"budget.update"`, `"action":"budget.delete"`,
	} {
		if !strings.Contains(string(audit), want) {
			t.Errorf("the audit log lacks %s:\n%s", want, audit)
		}
	}
	if strings.Contains(string(audit), b.Secret) {
		t.Error("the audit log has a secret")
	}
}

func TestASharedBudgetIsNeverExceededByManyAtOnce(t *testing.T) {
	// Not in parallel: it takes the whole machine, and other tests are about time.
	r := newPlace(t).start(priced)
	secrets := []string{r.generate(`{}`).Secret, r.generate(`{"max_budget":0.9}`).Secret, firstKey}
	admin[adminapi.Budget](r, "POST", adminapi.BudgetNew, `{"name":"team","max_budget":1,"keys":["`+strings.Join(secrets, `","`)+`"]}`)
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			for range 200 {
				if status, body := r.call(secrets[i%len(secrets)], "priced"); status != 200 && status != 429 {
					t.Errorf("call = %d %s", status, body)
				}
			}
		})
	}
	wg.Wait()
	if spent := usd(t, r.budget("team").Spent); spent > llm.USD || spent < llm.USD*8/10 {
		t.Errorf("spent %v of 1 USD", spent)
	}
}

func TestAResetLetsCallsPassAgain(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	config := priced + "budget_settings: {budgets: [{name: fixed, limit: 0.15, period: daily, api_keys: [" + firstKey + "]}]}\n"
	r := p.start(config)
	k := r.generate(`{"key_alias":"ci"}`)
	own := r.generate(`{"key_alias":"own","max_budget":0.15}`)
	admin[adminapi.Budget](r, "POST", adminapi.BudgetNew, `{"name":"team","max_budget":0.15,"budget_duration":"total","keys":["ci"]}`)
	var total llm.NanoUSD
	for name, secret := range map[string]string{"team": k.Secret, "fixed": firstKey, "key own": own.Secret} {
		r.spendAll(secret, name)
		before := usd(t, r.budget(name).Spent)
		if name == "team" {
			total = before
		}
		if got := admin[adminapi.Budget](r, "POST", adminapi.BudgetReset, `{"name":"`+name+`"}`); got.Spent != "0" || got.Limit != "0.15" {
			t.Errorf("reset of %s = %+v", name, got)
		}
		r.want(secret, "priced", 200)
		if after := usd(t, r.budget(name).Spent); after <= 0 || after >= before {
			t.Errorf("%s: spent %v after the reset, %v before", name, after, before)
		}
	}
	spent := r.budget("team").Spent
	// What was really spent stays in the totals of the key.
	eventually(t, "the totals", func() bool { return usd(t, r.info("ci").Spend) == total+usd(t, spent) })
	r.end()
	r = p.start(config)
	if again := r.budget("team").Spent; again != spent {
		t.Errorf("spent %s after the restart, %s before", again, spent)
	}
	r.spendAll(k.Secret, "team")
	r.end()

	// Where no gateway runs, the books are closed, and can be reset too.
	beside := p.beside(config)
	c, err := client.New(client.Options{URL: "http://localhost", Transport: beside.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.ResetBudget(t.Context(), "team")
	if err != nil || b.Spent != "0" || b.AsOf == nil {
		t.Errorf("reset = %+v, %v", b, err)
	}
	if err := beside.Close(); err != nil {
		t.Fatal(err)
	}
	r = p.start(config)
	if again := r.budget("team"); again.Spent != "0" {
		t.Errorf("spent %s after the reset of closed books", again.Spent)
	}
	r.want(k.Secret, "priced", 200)
}

// Whatever is settled while a budget is reset counts the same before a restart and
// after it.
func TestAResetIsExactWhileCallsEnd(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.start(priced)
	k := r.generate(`{"key_alias":"ci"}`)
	admin[adminapi.Budget](r, "POST", adminapi.BudgetNew, `{"name":"team","max_budget":1000,"keys":["ci"]}`)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 60 {
				if status, body := r.call(k.Secret, "priced"); status != 200 {
					t.Errorf("call = %d %s", status, body)
				}
			}
		})
	}
	for range 2 {
		wg.Go(func() {
			for range 15 {
				if status, body := r.send("POST", adminapi.BudgetReset, masterKey, `{"name":"team"}`); status != 200 {
					t.Errorf("reset = %d %s", status, body)
				}
			}
		})
	}
	wg.Wait()
	r.want(k.Secret, "priced", 200)
	before := r.budget("team").Spent
	r.end()
	r = p.start(priced)
	if after := r.budget("team").Spent; after != before {
		t.Errorf("spent %s after the restart, %s before", after, before)
	}
}

func TestBudgetsOfTheConfigurationAndOfKeysAreShown(t *testing.T) {
	t.Parallel()
	config := strings.Replace(priced, "security_settings: {", "security_settings: {max_budget: 100, budget_duration: monthly, ", 1) +
		"budget_settings: {budgets: [{name: fixed, limit: 5, period: daily, hard_limit: false, alert_threshold: 0.5, api_keys: [" + firstKey + "]}]}\n"
	r := newPlace(t).start(config)
	r.generate(`{"key_alias":"ci","max_budget":3}`)
	admin[adminapi.Budget](r, "POST", adminapi.BudgetNew, `{"budget_id":"zebra","max_budget":1}`)
	r.want(firstKey, "priced", 200)
	list := admin[[]adminapi.Budget](r, "GET", adminapi.BudgetList, "")
	var told []string
	for _, b := range list {
		told = append(told, strings.Join(append([]string{b.Name, b.Source, b.Limit.String(), b.Period, b.Account}, b.Accounts...), " "))
		if b.Name == "gateway" || b.Name == "fixed" {
			if usd(t, b.Spent) <= 0 {
				t.Errorf("%s: spent %s", b.Name, b.Spent)
			}
			if status, body := r.send("POST", adminapi.BudgetUpdate, masterKey, `{"name":"`+b.Name+`","max_budget":7}`); status != 409 || !strings.Contains(body, "change the configuration") {
				t.Errorf("update of %s = %d %s", b.Name, status, body)
			}
		}
	}
	want := []string{"gateway config 100 monthly gateway gateway", "fixed config 5 daily budget:fixed key sk-…", "zebra store 1 total budget:budget_", "key ci key 3 total budget:budget_"}
	for i := range want {
		if i >= len(told) || !strings.HasPrefix(told[i], want[i]) {
			t.Fatalf("list = %q, want %q", told, want)
		}
	}
	if !strings.HasSuffix(told[3], " key ci") || list[1].Hard || list[1].AlertThreshold.String() != "0.5" {
		t.Errorf("list = %+v", list)
	}
	for body, status := range map[string]int{
		`{"name":"fixed","max_budget":1}`: 409, `{"name":"gateway","max_budget":1}`: 409, `{"name":"zebra","max_budget":1}`: 409, `{"name":"key x","max_budget":1}`: 400,
	} {
		if got, text := r.send("POST", adminapi.BudgetNew, masterKey, body); got != status {
			t.Errorf("new %s = %d %s", body, got, text)
		}
	}
	if got, text := r.send("POST", adminapi.BudgetDelete, masterKey, `{"name":"key ci"}`); got != 409 || !strings.Contains(text, "change the key") {
		t.Errorf("delete of a key's own = %d %s", got, text)
	}
}

func TestABudgetInTheDatabaseIsSeenWithinASecond(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.start(priced)
	k := r.generate(`{"key_alias":"ci"}`)
	beside := p.beside(priced)
	c, err := client.New(client.Options{URL: "http://localhost", Transport: beside.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{k.ID, firstKey} {
		secret := k.Secret
		if name == firstKey {
			secret = firstKey
		}
		if _, err := c.NewBudget(t.Context(), adminapi.NewBudget{Name: "b", BudgetSettings: adminapi.BudgetSettings{
			MaxBudget: adminapi.Some(json.Number("0.000000001")), Keys: adminapi.Some([]string{name}),
		}}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the budget", func() bool { status, _ := r.call(secret, "priced"); return status == http.StatusTooManyRequests })
		// A reload keeps it.
		if err := r.Reload(p.config(priced + "cache_settings: {type: none}\n")); err != nil {
			t.Fatal(err)
		}
		r.want(secret, "priced", 429)
		if _, err := c.DeleteBudget(t.Context(), "b"); err != nil {
			t.Fatal(err)
		}
		eventually(t, "its end", func() bool { status, _ := r.call(secret, "priced"); return status == http.StatusOK })
	}
	// Its books belong to the gateway that runs.
	if _, err := c.ResetBudget(t.Context(), "key ci"); err == nil {
		t.Error("a budget of nobody was reset")
	}
	if _, err := c.NewBudget(t.Context(), adminapi.NewBudget{Name: "b", BudgetSettings: adminapi.BudgetSettings{MaxBudget: adminapi.Some(json.Number("1"))}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ResetBudget(t.Context(), "b"); err == nil || !strings.Contains(err.Error(), "a gateway runs on this data directory") {
		t.Errorf("ResetBudget beside a gateway = %v", err)
	}
	if err := beside.Close(); err != nil {
		t.Fatal(err)
	}
}
