package app

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/gateway"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/ratelimit"
)

// callerRules are what a configuration says of callers: who stands in it, and what
// applies to everybody else. They are immutable.
type callerRules struct {
	// static are the callers of the configuration, the master key among them; records
	// what is told of those that are keys.
	static  []gateway.Change
	records []keys.Record
	// reserved are the hashes of their secrets.
	reserved map[keys.Hash]bool
	// defaults are for every key, unit by unit where it has no limit of its own.
	defaults ratelimit.Limits
	// shared are the budgets that everybody falls under, all are all that the
	// configuration has, and own is the one that is told of a key, by the key's id.
	shared, all []*budget.Budget
	own         map[string]*budget.Budget
	// budgets are what is told of all.
	budgets []keys.Budget
	// location is the time zone of the periods of budgets of keys.
	location *time.Location
}

// budgetOf is the budget that is told of a key, as calls meet it.
func (c *callerRules) budgetOf(r *keys.Record) (*budget.Budget, error) {
	if r.Static {
		return c.own[r.ID], nil
	}
	period, err := budget.ParsePeriod(r.Budget.Period, c.location)
	if err != nil {
		return nil, fmt.Errorf("budget of the key %s: %w", r.ID, err)
	}
	return &budget.Budget{
		Name: "key " + r.DisplayName(), Account: r.Budget.Account(), Limit: r.Budget.Limit, Period: period, Hard: r.Budget.Hard,
	}, nil
}

// callersOf makes the keys of the configuration with the limits and budgets they
// fall under.
func callersOf(cfg *config.Config, master keyEntry) (*callerRules, error) {
	b, err := budgetsOf(cfg)
	if err != nil {
		return nil, err
	}
	own := make(map[keys.Hash]ratelimit.Limits, len(cfg.KeyLimits))
	for _, l := range cfg.KeyLimits {
		own[keys.Sum(l.APIKey.Reveal())] = limitsFrom(l.Limits)
	}
	rules := &callerRules{
		reserved: map[keys.Hash]bool{master.Hash: true},
		defaults: limitsFrom(cfg.DefaultLimits), shared: b.gateway, all: b.all, budgets: b.told,
		own: make(map[string]*budget.Budget), location: calendarOf(cfg),
	}
	names := make(map[string]bool, len(cfg.Keys))
	for _, text := range cfg.Keys {
		h := keys.Sum(text.Reveal())
		masked := keys.Mask(text.Reveal())
		name := masked
		if names[name] {
			// Reports and metrics go by names: two keys must not look like one.
			name += " " + keys.StaticID(h)
		}
		names[name] = true
		if budgets := b.byKey[h]; len(budgets) > 0 {
			rules.own[keys.StaticID(h)] = budgets[0]
		}
		rules.reserved[h] = true
		rules.static = append(rules.static, gateway.Change{Hash: h, Entry: gateway.Entry{Caller: gateway.NewCaller(
			&keys.Key{ID: keys.StaticID(h), Name: name},
			own[h].Or(rules.defaults),
			slices.Concat(b.gateway, b.byKey[h]),
		)}})
		rules.records = append(rules.records, keys.Record{
			ID: keys.StaticID(h), Hash: h, Name: masked, Limits: keys.Limits(own[h]), Budget: b.terms[h], Static: true,
		})
	}
	rules.static = append(rules.static, gateway.Change{Hash: master.Hash, Entry: gateway.Entry{
		Caller: gateway.NewCaller(master.Key, ratelimit.Limits{}, softened(b.gateway)),
	}})
	return rules, nil
}

// calendarOf is the time zone of budgets that say none themselves.
func calendarOf(cfg *config.Config) *time.Location {
	d := &cfg.Document
	return cmp.Or(d.BudgetSettings.Timezone, d.LiteLLMSettings.Timezone, d.GeneralSettings.Timezone).Location()
}

// softened are budgets that count and do not refuse. The master key has no limits
// of its own; what it spends counts to the gateway, which is therefore soft for it.
func softened(budgets []*budget.Budget) []*budget.Budget {
	var soft []*budget.Budget
	for _, hard := range budgets {
		b := *hard
		b.Hard = false
		soft = append(soft, &b)
	}
	return soft
}

func limitsFrom(l config.LimitSet) ratelimit.Limits {
	return ratelimit.Limits{RPM: l.RPM, TPM: l.TPM, RPD: l.RPD, Parallel: l.MaxParallel}
}

// configBudgets are the budgets of a configuration.
type configBudgets struct {
	// gateway is the one that everybody falls under, if there is one.
	gateway []*budget.Budget
	byKey   map[keys.Hash][]*budget.Budget
	// terms are what is told of a key's budget: of several the first.
	terms map[keys.Hash]*keys.Terms
	all   []*budget.Budget
	told  []keys.Budget
}

// budgetsOf makes the gateway's own budget and those of single keys.
func budgetsOf(cfg *config.Config) (*configBudgets, error) {
	made := &configBudgets{byKey: make(map[keys.Hash][]*budget.Budget), terms: make(map[keys.Hash]*keys.Terms)}
	if cfg.GatewayBudget != nil {
		b, err := newBudget(cfg.GatewayBudget, "gateway")
		if err != nil {
			return nil, err
		}
		made.gateway = append(made.gateway, b)
		told := toldOf(cfg.GatewayBudget)
		told.Everybody = true
		made.told = append(made.told, told)
	}
	made.all = slices.Clone(made.gateway)
	for i := range cfg.Budgets {
		c := &cfg.Budgets[i]
		terms := &keys.Terms{ID: c.Name, Limit: c.Limit, Period: string(c.Period), Hard: c.Hard}
		b, err := newBudget(c, terms.Account())
		if err != nil {
			return nil, err
		}
		made.all = append(made.all, b)
		made.told = append(made.told, toldOf(c))
		for _, key := range c.Keys {
			h := keys.Sum(key.Reveal())
			made.byKey[h] = append(made.byKey[h], b)
			if made.terms[h] == nil {
				made.terms[h] = terms
			}
		}
	}
	return made, nil
}

// toldOf is what is told of a budget of the configuration.
func toldOf(c *config.Budget) keys.Budget {
	b := keys.Budget{
		Terms: keys.Terms{ID: c.Name, Limit: c.Limit, Period: cmp.Or(string(c.Period), "total"), Hard: c.Hard},
		Name:  c.Name, Alert: c.AlertThreshold, Source: keys.Configured,
	}
	for _, key := range c.Keys {
		b.Keys = append(b.Keys, keys.StaticID(keys.Sum(key.Reveal())))
	}
	return b
}
