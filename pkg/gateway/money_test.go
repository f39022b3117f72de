package gateway_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
	"github.com/llmgw/llmgw/pkg/router"
)

// paying is a setup with one budget.
func paying(p llm.Provider, b *budget.Budget) setup {
	s := serving(p)
	s.budgets = []*budget.Budget{b}
	return s
}

// maxTokensOf reads the output limit out of a body that a provider got.
func maxTokensOf(t *testing.T, body string) int64 {
	t.Helper()
	var n int64
	_, rest, ok := strings.Cut(body, `"max_tokens":`)
	if _, err := fmt.Sscanf(rest, "%d", &n); !ok || err != nil {
		t.Fatalf("no output limit in %s", body)
	}
	return n
}

func TestABudgetIsBookedAtWhatWasUsed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		hard bool
	}{{"hard", true}, {"soft", false}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := dollars("b", "1", tt.hard)
			l := newLab(t, paying(plays(answers(used(1000, 10))), b))
			r := l.send(t.Context(), message)
			r.want(t, 200, "")
			if spent, held := l.spent(b); spent != 1_050_000 || held != 0 || r.facts.Capped != 0 {
				t.Errorf("spent %v, held %v, capped %d", spent, held, r.facts.Capped)
			}
		})
	}
}

// The worst case of a call is its bytes at the dearest input price, which is the
// one of writing to the cache for an hour, and its output limit.
func worst(t *testing.T, text string, output int64) llm.NanoUSD {
	t.Helper()
	return price.WorstCase(int64(len(text)), output)
}

func TestCapping(t *testing.T) {
	t.Parallel()
	ask := func(members string) string { return body(members) }
	for _, tt := range []struct {
		name string
		body string
		// left is how much output the budget has room for beside the input.
		left   int64
		status int
		limit  int64 // that the provider gets; 0: none is in the body
		capped bool
	}{
		{"fits", ask(`"max_tokens":5000,`), 5000, 200, 5000, false},
		{"is lowered to what fits", ask(`"max_tokens":5000,`), 2000, 200, 2000, true},
		{"is lowered to the least", ask(`"max_tokens":5000,`), 1024, 200, 1024, true},
		{"is not lowered below", ask(`"max_tokens":5000,`), 1023, 429, 0, false},
		{"a small call needs no more than it asks for", ask(`"max_tokens":10,`), 10, 200, 10, false},
		{"nor has less", ask(`"max_tokens":10,`), 9, 429, 0, false},
		{"thinking fits", ask(`"thinking":{"type":"enabled","budget_tokens":3000},"max_tokens":5000,`), 3001, 200, 3001, true},
		{"thinking would not", ask(`"thinking":{"type":"enabled","budget_tokens":3000},"max_tokens":5000,`), 3000, 429, 0, false},
		{"no limit, the model's fits", ask(``), 8000, 200, 0, false},
		{"no limit, the model's does not", ask(``), 2000, 200, 2000, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := dollars("b", worst(t, tt.body, tt.left).String(), true)
			p := plays(answers(used(10, 10)))
			l := newLab(t, paying(p, b))
			r := l.send(t.Context(), tt.body)
			r.want(t, tt.status, "")
			if tt.status != 200 {
				if len(p.attempts()) != 0 {
					t.Error("the provider was called")
				}
				return
			}
			got := p.attempts()[0].body
			if tt.limit == 0 {
				if strings.Contains(got, "max_tokens") {
					t.Errorf("the provider got %s, want no limit", got)
				}
			} else if n := maxTokensOf(t, got); n != tt.limit {
				t.Errorf("the provider got a limit of %d, want %d", n, tt.limit)
			}
			if wantCapped := map[bool]int64{true: tt.limit}[tt.capped]; r.facts.Capped != wantCapped {
				t.Errorf("capped = %d, want %d", r.facts.Capped, wantCapped)
			}
		})
	}
}

// A call that does not fit takes half of what is free, so that another one fits
// beside it, as long as half is useful.
func TestACapTakesHalfOfWhatIsFree(t *testing.T) {
	t.Parallel()
	text := body(`"max_tokens":8000,`)
	b := dollars("b", (2 * worst(t, text, 3000)).String(), true)
	p := plays(answers(used(10, 10)))
	l := newLab(t, paying(p, b))
	r := l.send(t.Context(), text)
	if r.facts.Capped != 3000 || maxTokensOf(t, p.attempts()[0].body) != 3000 {
		t.Errorf("capped = %d, want 3000", r.facts.Capped)
	}
}

// Several answers share what the budget has left.
func TestCappingOfSeveralChoices(t *testing.T) {
	t.Parallel()
	text := `{"model":"m","n":4,"max_tokens":2000}`
	b := dollars("b", worst(t, text, 6000).String(), true)
	p := plays(answers(used(10, 10)))
	l := newLab(t, paying(p, b))
	r := l.send(t.Context(), text, openAI(llm.OpChat))
	r.want(t, 200, "")
	if n := maxTokensOf(t, p.attempts()[0].body); n != 1500 {
		t.Errorf("limit = %d, want 1500 for each of 4", n)
	}
}

// A model of which nothing is known gets a limit, so that its cost has a bound.
func TestUnknownModelsGetALimitUnderAHardBudget(t *testing.T) {
	t.Parallel()
	p := plays(answers(used(10, 10)))
	s := paying(p, dollars("b", "1", true))
	s.groups[0].Deployments[0].Facts = router.Facts{Price: price}
	l := newLab(t, s)
	l.send(t.Context(), body(""))
	if n := maxTokensOf(t, p.attempts()[0].body); n != 8192 {
		t.Errorf("limit = %d, want 8192", n)
	}
}

// Defaults of the configuration are sent after the bound was taken: they must
// not lift it.
func TestDefaultsDoNotLiftTheBound(t *testing.T) {
	t.Parallel()
	p := plays(answers(used(10, 10)))
	s := paying(p, dollars("b", "1", true))
	d := s.groups[0].Deployments[0]
	d.Facts.MaxOutputTokens = 0
	d.Defaults = []llm.Default{
		{Name: "max_tokens", Value: []byte("1000000")}, {Name: "n", Value: []byte("50")}, {Name: "temperature", Value: []byte("0.5")},
	}
	l := newLab(t, s)
	r := l.send(t.Context(), `{"model":"m"}`, openAI(llm.OpChat))
	r.want(t, 200, "")
	got := p.attempts()[0].body
	if n := maxTokensOf(t, got); n != 8192 {
		t.Errorf("limit = %d, want 8192", n)
	}
	if strings.Contains(got, `"n"`) || !strings.Contains(got, `"temperature":0.5`) {
		t.Errorf("the provider got %s, want no further answers than were held, and the temperature", got)
	}
}

func TestBudgetRefusals(t *testing.T) {
	t.Parallel()
	month, err := budget.ParsePeriod("monthly", nil)
	if err != nil {
		t.Fatal(err)
	}
	monthly := dollars("team-a", "0.001", true)
	monthly.Period = month
	for _, tt := range []struct {
		name   string
		budget *budget.Budget
		parts  []string
		reset  bool
	}{
		{"for ever", dollars("all", "0.001", true), []string{`budget \"all\"`, "does not reset by itself"}, false},
		{"until a reset", monthly, []string{`budget \"team-a\"`, "resets at "}, true},
		{"nothing at all", dollars("zero", "0", true), []string{`budget \"zero\" of 0 USD is spent`}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, paying(plays(answers(used(1, 1))), tt.budget))
			r := l.send(t.Context(), body(`"max_tokens":1000,`))
			r.want(t, 429, "billing_error")
			for _, part := range tt.parts {
				r.want(t, 429, part)
			}
			if r.header.Get("X-Should-Retry") != "false" || (r.header.Get("Retry-After") != "") != tt.reset {
				t.Errorf("header = %v", r.header)
			}
			if r.record.ErrorType != "budget_exceeded" || r.record.Cost != 0 {
				t.Errorf("record = %+v", r.record)
			}
		})
	}
}

// Money that only open calls hold is waited for, and then refused as a matter of
// seconds.
func TestHeldMoneyIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		wait   time.Duration
		status int
	}{{"long enough", 10 * time.Second, 200}, {"not long enough", time.Second, 429}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				text := body(`"max_tokens":1024,`)
				b := dollars("b", (worst(t, text, 1024) * 3 / 2).String(), true)
				s := paying(plays(after(5*time.Second, answers(used(1, 1)))), b)
				s.money.HoldWait = tt.wait
				l := newLab(t, s)
				first := make(chan result)
				go func() { first <- l.send(t.Context(), text) }()
				synctest.Wait()
				r := l.send(t.Context(), text)
				r.want(t, tt.status, "")
				if tt.status == 429 {
					r.want(t, 429, "rate_limit_error")
					if r.header.Get("Retry-After") != "2" || r.header.Get("X-Should-Retry") != "" {
						t.Errorf("header = %v", r.header)
					}
				}
				<-first
			})
		})
	}
}

func TestASoftBudgetOnlyCounts(t *testing.T) {
	t.Parallel()
	b := dollars("b", "0.000001", false)
	l := newLab(t, paying(plays(answers(used(1000, 1000))), b))
	for range 3 {
		r := l.send(t.Context(), message)
		r.want(t, 200, "")
		if r.facts.Capped != 0 {
			t.Errorf("capped = %d, want no cap", r.facts.Capped)
		}
	}
	if spent, _ := l.spent(b); spent != 3*6_000_000 {
		t.Errorf("spent = %v, want all that was used", spent)
	}
}

func TestUnknownPrices(t *testing.T) {
	t.Parallel()
	assumed := &catalog.Price{Input: 10_000_000, Output: 10_000_000, Source: catalog.SourceAssumed}
	for _, tt := range []struct {
		name    string
		hard    bool
		block   bool
		assumed *catalog.Price
		status  int
		cost    llm.NanoUSD
		source  string
	}{
		{"no hard budget", false, false, assumed, 200, 0, "unknown"},
		{"assumed", true, false, assumed, 200, 200_000, "assumed"},
		{"blocked", true, true, assumed, 403, 0, ""},
		{"nothing to assume", true, false, nil, 403, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := dollars("b", "1", tt.hard)
			s := paying(plays(answers(used(10, 10))), b)
			s.groups[0].Deployments[0].Facts = router.Facts{PriceSource: "unknown", Assumed: tt.assumed}
			s.money.BlockUnknown = tt.block
			l := newLab(t, s)
			r := l.send(t.Context(), message)
			r.want(t, tt.status, "")
			if tt.status == 403 {
				r.want(t, 403, "permission_error")
				r.want(t, 403, "price of the model")
				if r.header.Get("X-Should-Retry") != "false" {
					t.Error("x-should-retry is not false")
				}
				return
			}
			if r.record.Cost != tt.cost || r.record.PriceSource != tt.source || r.facts.CostKnown != (tt.source == "assumed") {
				t.Errorf("cost %v (%s), known %v", r.record.Cost, r.record.PriceSource, r.facts.CostKnown)
			}
			if spent, _ := l.spent(b); tt.hard && spent != tt.cost {
				t.Errorf("spent %v, want %v", spent, tt.cost)
			}
		})
	}
}

// What reaches beyond its bytes is bounded by the context window; tools without
// a limit have no bound.
func TestReach(t *testing.T) {
	t.Parallel()
	url := `{"model":"m","max_tokens":10,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"https://x/y.png"}}]}]}`
	search := `{"model":"m","max_tokens":10,"tools":[{"type":"web_search_20250305","name":"web_search"%s}],"messages":[]}`
	window := price.WorstCase(100_000, 10)
	twice := price.WorstCase(3*100_000, 10)
	for _, tt := range []struct {
		name, body string
		limit      llm.NanoUSD
		unbounded  bool
		status     int
		part       string
	}{
		{"a URL, with room for the window", url, window, false, 200, ""},
		{"a URL, without", url, window - 1, false, 429, "may cost more"},
		{"a tool with a limit", fmt.Sprintf(search, `,"max_uses":2`), twice, false, 200, ""},
		{"a tool with a limit, without room", fmt.Sprintf(search, `,"max_uses":2`), twice - 1, false, 429, ""},
		{"a tool without a limit", fmt.Sprintf(search, ``), llm.USD, false, 400, "max_uses"},
		{"a tool without a limit, allowed", fmt.Sprintf(search, ``), llm.USD, true, 200, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := paying(plays(answers(used(10, 1))), dollars("b", tt.limit.String(), true))
			s.money.AllowUnbounded = tt.unbounded
			l := newLab(t, s)
			r := l.send(t.Context(), tt.body)
			r.want(t, tt.status, tt.part)
		})
	}
	for _, tt := range []struct {
		name, body string
		status     int
	}{
		{"OpenAI: a picture by URL", `{"model":"m","max_tokens":10,"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x/y.png"}}]}]}`, 200},
		{"OpenAI: a file by id", `{"model":"m","max_tokens":10,"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}]}`, 200},
		{"OpenAI: an earlier answer", `{"model":"m","max_tokens":10,"previous_response_id":"r","messages":[]}`, 200},
		{"OpenAI: searches", `{"model":"m","max_tokens":10,"web_search_options":{},"messages":[]}`, 400},
		{"OpenAI: a tool of the provider", `{"model":"m","max_tokens":10,"tools":[{"type":"browser_search"}],"messages":[]}`, 400},
	} {
		for _, short := range []llm.NanoUSD{0, 1} {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				l := newLab(t, paying(plays(answers(used(10, 1))), dollars("b", (window-short).String(), true)))
				r := l.send(t.Context(), tt.body, openAI(llm.OpChat))
				want := tt.status
				if short == 1 && want == 200 {
					want = 429
				}
				r.want(t, want, "")
			})
		}
	}
	t.Run("is nobody's business under a soft budget", func(t *testing.T) {
		t.Parallel()
		l := newLab(t, paying(plays(answers(used(10, 1))), dollars("b", "0.1", false)))
		r := l.send(t.Context(), fmt.Sprintf(search, ``))
		r.want(t, 200, "")
	})
}

// The fee of a server tool is held beside its tokens.
func TestReachHoldsTheFee(t *testing.T) {
	t.Parallel()
	text := `{"model":"m","max_tokens":10,"tools":[{"type":"web_search_20250305","name":"web_search","max_uses":2}],"messages":[]}`
	dear := *price
	dear.Query = 10_000_000_000 // 10 USD for a thousand searches
	need := dear.WorstCase(3*100_000, 10) + 20_000_000
	for limit, status := range map[llm.NanoUSD]int{need: 200, need - 1: 429} {
		s := paying(plays(answers(used(10, 1))), dollars("b", limit.String(), true))
		s.groups[0].Deployments[0].Facts.Price = &dear
		r := newLab(t, s).send(t.Context(), text)
		r.want(t, status, "")
	}
}

// What the configuration adds to a body is input, too.
func TestTheInputBoundHasTheDefaults(t *testing.T) {
	t.Parallel()
	value := []byte(`"` + strings.Repeat("x", 998) + `"`)
	for extra, status := range map[int64]int{1000: 200, 999: 429} {
		s := paying(plays(answers(used(10, 1))), dollars("b", price.WorstCase(int64(len(message))+extra, 100).String(), true))
		s.groups[0].Deployments[0].Defaults = []llm.Default{{Name: "system", Value: value}}
		r := newLab(t, s).send(t.Context(), message)
		r.want(t, status, "")
	}
}

func TestTheInputBoundHasAnOverhead(t *testing.T) {
	t.Parallel()
	s := paying(plays(answers(used(10, 1))), dollars("b", price.WorstCase(int64(len(message))+4096, 100).String(), true))
	s.money.Overhead = 4096
	l := newLab(t, s)
	r := l.send(t.Context(), message)
	r.want(t, 200, "")
	s.money.Overhead = 4097
	l = newLab(t, s)
	r = l.send(t.Context(), message)
	r.want(t, 429, "")
}

// All budgets of a call count, and the tightest decides.
func TestTheTightestBudgetDecides(t *testing.T) {
	t.Parallel()
	text := body(`"max_tokens":5000,`)
	wide, tight := dollars("wide", "1", true), dollars("tight", worst(t, text, 1500).String(), true)
	p := plays(answers(used(10, 10)))
	s := paying(p, wide)
	s.budgets = append(s.budgets, tight)
	l := newLab(t, s)
	r := l.send(t.Context(), text)
	if r.facts.Capped != 1500 || r.record.Cost != 60_000 {
		t.Errorf("capped %d, cost %v", r.facts.Capped, r.record.Cost)
	}
	for _, b := range s.budgets {
		if spent, held := l.spent(b); spent != r.record.Cost || held != 0 {
			t.Errorf("%s: spent %v, held %v", b.Name, spent, held)
		}
	}
}
