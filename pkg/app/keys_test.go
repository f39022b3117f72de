package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/llm"
)

// admin asks the admin API with the master key and reads the answer.
func admin[Answer any](r *running, method, path, body string) Answer {
	r.t.Helper()
	var answer Answer
	status, text := r.send(method, path, masterKey, body)
	if status != http.StatusOK {
		r.t.Fatalf("%s %s = %d %s", method, path, status, text)
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		r.t.Fatalf("%s %s = %s: %v", method, path, text, err)
	}
	return answer
}

// generate makes a key with these settings.
func (r *running) generate(settings string) adminapi.GenerateAnswer {
	r.t.Helper()
	return admin[adminapi.GenerateAnswer](r, "POST", adminapi.KeyGenerate, settings)
}

// info tells of a key.
func (r *running) info(name string) adminapi.Key {
	r.t.Helper()
	return admin[adminapi.InfoAnswer](r, "GET", adminapi.KeyInfo+"?key="+name, "").Info
}

// eventually waits for something that another process or the clock brings about.
func eventually(t *testing.T, what string, ok func() bool) time.Duration {
	t.Helper()
	const patience = 15 * time.Second
	begun := time.Now()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Since(begun) > patience {
			t.Fatalf("%s: not within %v", what, patience)
		}
		<-tick.C
	}
	return time.Since(begun)
}

func TestAChangeCountsFromTheNextCall(t *testing.T) {
	t.Parallel()
	r := newPlace(t).start(basic)
	k := r.generate(`{"key_alias":"ci","models":["hel*"]}`)
	r.want(k.Secret, "hello", 200)
	r.want(k.Secret, "echo/hello", 403)
	admin[adminapi.Key](r, "POST", adminapi.KeyUpdate, `{"key":"ci","models":null}`)
	r.want(k.Secret, "echo/hello", 200)
	admin[adminapi.Key](r, "POST", adminapi.KeyBlock, `{"key":"ci"}`)
	if status, body := r.call(k.Secret, "hello"); status != 401 || !strings.Contains(body, "the API key ci is blocked") {
		t.Errorf("blocked = %d %s", status, body)
	}
	admin[adminapi.Key](r, "POST", adminapi.KeyUnblock, `{"key":"ci"}`)
	r.want(k.Secret, "hello", 200)

	graced := admin[adminapi.GenerateAnswer](r, "POST", adminapi.KeyRegenerate, `{"key":"ci","grace_period":"1h"}`)
	r.want(k.Secret, "hello", 200)
	r.want(graced.Secret, "hello", 200)
	last := admin[adminapi.GenerateAnswer](r, "POST", adminapi.KeyRegenerate, `{"key":"ci"}`)
	r.want(k.Secret, "hello", 401)
	r.want(graced.Secret, "hello", 401)
	r.want(last.Secret, "hello", 200)

	short := admin[adminapi.GenerateAnswer](r, "POST", adminapi.KeyRegenerate, `{"key":"ci","grace_period":"1s"}`)
	eventually(t, "the end of the grace", func() bool { status, _ := r.call(last.Secret, "hello"); return status == 401 })
	r.want(short.Secret, "hello", 200)

	brief := r.generate(`{"duration":"1s"}`)
	r.want(brief.Secret, "hello", 200)
	eventually(t, "the end of the key", func() bool { status, _ := r.call(brief.Secret, "hello"); return status == 401 })

	admin[adminapi.DeleteAnswer](r, "POST", adminapi.KeyDelete, `{"keys":["ci"]}`)
	r.want(short.Secret, "hello", 401)
}

func TestKeysOutliveARestart(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.start(basic)
	team := admin[adminapi.Team](r, "POST", adminapi.TeamNew, `{"team_alias":"Blue"}`)
	k := r.generate(`{"key_alias":"ci","team_id":"Blue"}`)
	gone := r.generate(`{}`)
	admin[adminapi.DeleteAnswer](r, "POST", adminapi.KeyDelete, `{"keys":["`+gone.ID+`"]}`)
	r.end()

	r = p.start(basic)
	r.want(k.Secret, "hello", 200)
	r.want(gone.Secret, "hello", 401)
	r.end()
	log, err := os.ReadFile(filepath.Join(p.dir, "requests.jsonl"))
	if want := `"key_id":"` + k.ID + `","key_name":"ci","team":"Blue"`; err != nil || !strings.Contains(string(log), want) {
		t.Errorf("log = %s, %v, want %s", log, err, want)
	}
	if strings.Contains(string(log), team.ID) {
		t.Error("the log calls the team by its id, not by its name")
	}
	audit, err := os.ReadFile(filepath.Join(p.dir, "audit.jsonl"))
	if err != nil || strings.Count(string(audit), "\n") != 4 || strings.Contains(string(audit), k.Secret) ||
		!strings.Contains(string(audit), `"actor":"master","client_ip":"127.0.0.1","action":"key.generate","key_id":"`+k.ID+`"`) {
		t.Errorf("audit = %s, %v", audit, err)
	}
}

// priced serves echo at 0.001 dollars for a token of output.
const priced = `
model_list:
  - model_name: priced
    litellm_params: {model: echo/hello}
    model_info: {input_cost_per_token: 0.000001, output_cost_per_token: 0.001, max_output_tokens: 100}
general_settings: {master_key: ` + masterKey + `, hold_wait: 0s}
security_settings: {valid_api_keys: [` + firstKey + `]}
`

func TestABudgetIsKeptAlsoOverARestart(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.start(priced)
	k := r.generate(`{"key_alias":"ci","max_budget":0.2,"budget_duration":"monthly"}`)
	free := r.generate(`{}`)
	spend := func(secret string) (calls int) {
		for ; calls < 1000; calls++ {
			status, body := r.call(secret, "priced")
			if status == 429 {
				if !strings.Contains(body, "billing_error") || !strings.Contains(body, `budget \"key ci\"`) {
					t.Errorf("refusal = %s", body)
				}
				return calls
			}
			if status != 200 {
				t.Fatalf("call = %d %s", status, body)
			}
		}
		return calls
	}
	if calls := spend(k.Secret); calls == 0 || calls == 1000 {
		t.Fatalf("%d calls passed", calls)
	}
	amount := func(n json.Number) llm.NanoUSD {
		v, err := llm.ParseUSD(n.String())
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	spent := r.info(k.ID)
	if got := amount(spent.Spend); got > llm.USD/5 || got < llm.USD/5-llm.USD/9 || spent.BudgetResetAt == nil || spent.SpendAsOf != nil {
		t.Errorf("spend = %+v", spent)
	}
	r.want(free.Secret, "priced", 200)
	r.end()

	r = p.start(priced)
	if again := r.info(k.ID); again.Spend != spent.Spend {
		t.Errorf("spend = %s after the restart, %s before", again.Spend, spent.Spend)
	}
	r.want(k.Secret, "priced", 429)
	// More money, the same account.
	admin[adminapi.Key](r, "POST", adminapi.KeyUpdate, `{"key":"ci","max_budget":0.4}`)
	r.want(k.Secret, "priced", 200)
	spend(k.Secret)
	if got := amount(r.info(k.ID).Spend); got > 2*llm.USD/5 || got < llm.USD/5 {
		t.Errorf("spend = %v of 0.4", got)
	}
	// No budget any more: what counts is all that was ever spent.
	admin[adminapi.Key](r, "POST", adminapi.KeyUpdate, `{"key":"ci","max_budget":null}`)
	r.want(k.Secret, "priced", 200)
	eventually(t, "the totals", func() bool { return amount(r.info(k.ID).Spend) > 0 })
	if got := r.info(k.ID); got.MaxBudget != nil || got.BudgetResetAt != nil {
		t.Errorf("info = %+v", got)
	}
}

func TestABudgetIsNeverExceededByManyAtOnce(t *testing.T) {
	// Not in parallel: it takes the whole machine, and other tests are about time.
	r := newPlace(t).start(priced)
	k := r.generate(`{"max_budget":1}`)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 200 {
				if status, _ := r.call(k.Secret, "priced"); status != 200 && status != 429 {
					t.Errorf("call = %d", status)
				}
			}
		})
	}
	wg.Wait()
	spent, err := llm.ParseUSD(r.info(k.ID).Spend.String())
	if err != nil || spent > llm.USD || spent < llm.USD*8/10 {
		t.Errorf("spent %v of 1 USD, %v", spent, err)
	}
}

func TestLimitsOfKeys(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.start(basic + "rate_limit_settings: {default_limits: {rpm: 2}}\n")
	passed := func(secret string) (n int) {
		for n < 10 {
			if status, _ := r.call(secret, "hello"); status != 200 {
				break
			}
			n++
		}
		return n
	}
	own, usual := r.generate(`{"rpm_limit":4}`), r.generate(`{}`)
	if n := passed(own.Secret); n != 4 {
		t.Errorf("%d calls passed a limit of its own of 4", n)
	}
	if n := passed(usual.Secret); n != 2 {
		t.Errorf("%d calls passed the default limit of 2", n)
	}
	admin[adminapi.Key](r, "POST", adminapi.KeyUpdate, `{"key":"`+own.ID+`","rpm_limit":6}`)
	if n := passed(own.Secret); n != 2 {
		t.Errorf("%d calls more passed a limit raised by 2", n)
	}
	// A reload changes what is not the key's own.
	if err := r.Reload(p.config(basic + "rate_limit_settings: {default_limits: {rpm: 5}}\n")); err != nil {
		t.Fatal(err)
	}
	if n := passed(usual.Secret); n != 3 {
		t.Errorf("%d calls more passed a default limit raised by 3", n)
	}
	if n := passed(own.Secret); n != 0 {
		t.Errorf("%d calls more passed a limit of its own that stays", n)
	}
	later := r.generate(`{}`)
	if n := passed(later.Secret); n != 5 {
		t.Errorf("%d calls of a new key passed the new limit of 5", n)
	}
}

func TestTheGatewaysBudgetIsForStoredKeysToo(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.start(priced)
	k := r.generate(`{}`)
	r.want(k.Secret, "priced", 200)
	limited := strings.Replace(priced, "security_settings: {", "security_settings: {max_budget: 0.000001, ", 1)
	if err := r.Reload(p.config(limited)); err != nil {
		t.Fatal(err)
	}
	r.want(k.Secret, "priced", 429)
	if err := r.Reload(p.config(priced)); err != nil {
		t.Fatal(err)
	}
	r.want(k.Secret, "priced", 200)
}

func TestAStaticKeyWinsOverAStoredOne(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.start(basic)
	k := r.generate(`{"key":"` + secondKey + `","models":["nothing"]}`)
	r.want(secondKey, "hello", 403)
	both := strings.Replace(basic, "["+firstKey+"]", "["+firstKey+", "+secondKey+"]", 1)
	if err := r.Reload(p.config(both)); err != nil {
		t.Fatal(err)
	}
	r.want(secondKey, "hello", 200)
	admin[adminapi.DeleteAnswer](r, "POST", adminapi.KeyDelete, `{"keys":["`+k.ID+`"]}`)
	r.want(secondKey, "hello", 200)
	if err := r.Reload(p.config(basic)); err != nil {
		t.Fatal(err)
	}
	r.want(secondKey, "hello", 401)
}

func TestStaticKeysAreListedWithTheirSpend(t *testing.T) {
	t.Parallel()
	config := priced + "budget_settings: {budgets: [{name: mine, limit: 5, period: daily, api_keys: [" + firstKey + "]}]}\n"
	r := newPlace(t).start(config)
	r.want(firstKey, "priced", 200)
	list := admin[adminapi.ListAnswer](r, "GET", adminapi.KeyList+"?return_full_object=true", "")
	if len(list.Keys) != 1 {
		t.Fatalf("list = %+v", list)
	}
	k := list.Keys[0]
	if k.Source != adminapi.SourceConfig || k.MaxBudget == nil || k.MaxBudget.String() != "5" || k.BudgetDuration != "daily" ||
		k.BudgetResetAt == nil || k.Spend == "0" || k.CreatedAt != nil {
		t.Errorf("key = %+v", k)
	}
	status, body := r.get(adminapi.KeyInfo, firstKey)
	if status != 200 || !strings.Contains(body, `"key_id":"`+k.ID+`"`) || strings.Contains(body, firstKey) {
		t.Errorf("its own info = %d %s", status, body)
	}
	if status, body := r.send("POST", adminapi.KeyBlock, masterKey, `{"key":"`+k.ID+`"}`); status != 409 {
		t.Errorf("block = %d %s", status, body)
	}
	r.want(firstKey, "priced", 200)
}

func TestAThousandKeysAtOnce(t *testing.T) {
	// Not in parallel: it takes the whole machine, and other tests are about time.
	r := newPlace(t).start(basic)
	r.client.Transport.(*http.Transport).MaxIdleConnsPerHost = 32
	const many, workers = 1000, 32
	secrets := make(chan string, many)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for n := w; n < many; n += workers {
				status, body := r.send("POST", adminapi.KeyGenerate, masterKey, fmt.Sprintf(`{"key_alias":"k%d","max_budget":1}`, n))
				var k adminapi.GenerateAnswer
				if err := json.Unmarshal([]byte(body), &k); status != 200 || err != nil {
					t.Errorf("generate = %d %s", status, body)
					return
				}
				r.want(k.Secret, "hello", 200)
				secrets <- k.Secret
			}
		})
	}
	wg.Wait()
	close(secrets)
	seen := map[string]bool{}
	for s := range secrets {
		seen[s] = true
	}
	list := admin[adminapi.ListAnswer](r, "GET", adminapi.KeyList+"?return_full_object=true", "")
	if len(seen) != many || list.TotalCount != many+1 {
		t.Errorf("%d different secrets and %d keys, want %d and the static one", len(seen), list.TotalCount, many)
	}
}

func TestBudgetsOfKeysAreMeasured(t *testing.T) {
	t.Parallel()
	r := newPlace(t).start(priced)
	k := r.generate(`{"key_alias":"ci","max_budget":1}`)
	r.want(k.Secret, "priced", 200)
	const series = `litellm_budget_usage_ratio{budget="key ci"}`
	if _, page := r.get("/metrics", masterKey); !strings.Contains(page, series) {
		t.Errorf("the page lacks %s", series)
	}
	admin[adminapi.DeleteAnswer](r, "POST", adminapi.KeyDelete, `{"keys":["ci"]}`)
	if _, page := r.get("/metrics", masterKey); strings.Contains(page, series) {
		t.Errorf("the page has %s after the key's end", series)
	}
}
