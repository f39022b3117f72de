package app

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/cache"
	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/gateway"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
	"github.com/llmgw/llmgw/pkg/ratelimit"
	"github.com/llmgw/llmgw/pkg/router"
)

// builder makes snapshots out of configurations. What it holds outlives them.
type builder struct {
	transport http.RoundTripper
	health    *router.States
	logger    *slog.Logger
	version   string
	// known finds the facts of a model by its deployment's id, as of the last
	// snapshot: for calls that a crash has cut.
	known map[string]func(model string) router.Facts
}

const (
	// inputOverhead is how many input tokens a provider may add to those of the
	// body's bytes: system prompts for tools, image headers.
	inputOverhead = 4096
	// maxCachedAnswer bounds one answer in the cache.
	maxCachedAnswer = 4 << 20
)

// strategies are the names of rate_limit_settings.strategy.
var strategies = map[string]admission.RuleKind{
	"sliding_window": admission.SlidingWindow,
	"fixed_window":   admission.FixedWindow,
	"token_bucket":   admission.TokenBucket,
}

// snapshot makes what calls are served by, all but the callers.
func (b *builder) snapshot(cfg *config.Config) (*gateway.Snapshot, error) {
	routes, err := b.routes(cfg)
	if err != nil {
		return nil, err
	}
	limits := &cfg.Document.RateLimitSettings
	return &gateway.Snapshot{
		Routes:         routes,
		Limits:         ratelimit.Policy{Strategy: strategies[limits.Strategy], Burst: limits.BurstSize},
		RefuseOversize: limits.Oversize == "refuse",
		Budgets: gateway.BudgetPolicy{
			BlockUnknown:   cfg.Document.BudgetSettings.UnknownPrice == "block",
			AllowUnbounded: cfg.Document.BudgetSettings.AllowUnbounded,
			Expected:       cfg.Document.BudgetSettings.Reservation == "expected",
			HoldWait:       cfg.Document.GeneralSettings.HoldWait,
			Overhead:       inputOverhead,
		},
		Cache: cachePolicy(cfg),
	}, nil
}

func cachePolicy(cfg *config.Config) *gateway.CachePolicy {
	c := &cfg.Document.CacheSettings
	if c.Type != "memory" {
		return nil
	}
	return &gateway.CachePolicy{
		Prefix: c.CacheKeyPrefix, Scope: cache.Scope(c.Scope), TTL: c.CacheTTL,
		Streams: c.EnableCacheForStream, Control: c.CacheControlHeaders,
		MaxEntry: min(maxCachedAnswer, int64(c.MaxBytes)),
	}
}

func newBudget(c *config.Budget, account string) (*budget.Budget, error) {
	period, err := budget.ParsePeriod(string(c.Period), c.Location)
	if err != nil {
		return nil, fmt.Errorf("budget %q: %w", c.Name, err)
	}
	return &budget.Budget{Name: c.Name, Account: account, Limit: c.Limit, Period: period, Hard: c.Hard, Alert: c.AlertThreshold}, nil
}

// routes makes the groups of the configuration.
func (b *builder) routes(cfg *config.Config) (*router.Table, error) {
	prices := cfg.Catalog
	byName := make(map[string]*router.Group)
	var groups []*router.Group
	ids := make(map[string]bool, len(cfg.Models))
	b.known = make(map[string]func(string) router.Facts, len(cfg.Models))
	for i := range cfg.Models {
		m := &cfg.Models[i]
		d, err := b.deployment(m, prices, cfg.Routing)
		if err != nil {
			return nil, err
		}
		ids[d.ID] = true
		g := byName[m.Group]
		if g == nil {
			g = &router.Group{Name: m.Group, Strategy: strategy(cfg.Routing.Strategy)}
			byName[m.Group] = g
			groups = append(groups, g)
		}
		g.Retries = max(g.Retries, m.Retries)
		g.Names = listed(g.Names, m, prices)
		g.Deployments = append(g.Deployments, d)
	}
	b.health.Keep(ids)
	linkFallbacks(cfg.Routing, groups, byName)
	groups, aliases := aliasesOf(cfg.Routing, groups, byName)
	return router.NewTable(groups, aliases), nil
}

func strategy(name string) router.Strategy {
	if name == "simple-shuffle" {
		return router.Shuffle{}
	}
	return new(router.RoundRobin)
}

// linkFallbacks gives each group the groups to try after it: its own, or those of
// "*", then the default ones.
func linkFallbacks(r config.Routing, groups []*router.Group, byName map[string]*router.Group) {
	aliases := make(map[string]*router.Group, len(r.Aliases))
	for _, a := range r.Aliases {
		if g := byName[a.Group]; g != nil {
			aliases[a.Name] = g
		}
	}
	table := router.NewTable(groups, aliases)
	lists := make(map[string][]string, len(r.Fallbacks))
	for _, f := range r.Fallbacks {
		lists[f.Group] = append(lists[f.Group], f.To...)
	}
	for _, g := range groups {
		names, ok := lists[g.Name]
		if !ok {
			names = lists["*"]
		}
		seen := map[*router.Group]bool{g: true}
		for _, name := range append(append([]string(nil), names...), r.DefaultFallbacks...) {
			if f := fallback(table, name); f != nil && !seen[f] {
				seen[f] = true
				g.Fallbacks = append(g.Fallbacks, f)
			}
		}
	}
}

// fallback finds the group of a name that calls fall back to. Where a pattern serves it,
// that is a group of its own, with the model's name in the place of the "*".
func fallback(table *router.Table, name string) *router.Group {
	g, rest := table.Find(name)
	if g == nil || g.Name == name || !isPattern(g.Name) {
		return g
	}
	one := *g
	one.Name, one.Names, one.Deployments = name, nil, make([]*router.Deployment, len(g.Deployments))
	for i, d := range g.Deployments {
		own := *d
		own.Model = strings.Replace(d.Model, "*", rest, 1)
		if own.Lookup != nil {
			own.Facts, own.Lookup = own.Lookup(own.Model), nil
		}
		one.Deployments[i] = &own
	}
	return &one
}

// aliasesOf gives the further names of groups. Those that are listed stand among
// the groups under their own name.
func aliasesOf(r config.Routing, groups []*router.Group, byName map[string]*router.Group) ([]*router.Group, map[string]*router.Group) {
	aliases := make(map[string]*router.Group, len(r.Aliases))
	for _, a := range r.Aliases {
		g := byName[a.Group]
		if g == nil {
			continue
		}
		if a.Hidden {
			aliases[a.Name] = g
			continue
		}
		named := *g
		named.Name, named.Names = a.Name, []string{a.Name}
		groups = append(groups, &named)
	}
	return groups, aliases
}

// deployment makes one deployment with what is known of its model.
func (b *builder) deployment(m *config.Model, prices *catalog.Catalog, r config.Routing) (*router.Deployment, error) {
	p, err := b.newProvider(m)
	if err != nil {
		return nil, err
	}
	d := &router.Deployment{
		ID: m.ID, ProviderName: m.Provider, Provider: p, Model: m.UpstreamModel,
		Defaults: m.Params, DropParams: m.DropParams, Health: b.health.Get(m.ID, r.Cooldown),
	}
	lookup := factsOf(m, prices)
	b.known[d.ID] = lookup
	if model := m.UpstreamModel; isPattern(model) {
		d.Lookup = lookup
	} else {
		d.Facts = lookup(model)
	}
	return d, nil
}
