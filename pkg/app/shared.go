package app

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/gateway"
	"github.com/llmgw/llmgw/pkg/keys"
)

// sharedBudgets are the budgets of the store that keys share. Not safe for concurrent
// use.
type sharedBudgets struct {
	byID map[string]sharedBudget
	// ofKey are the ids of a key's budgets, by the key's id, in order.
	ofKey map[string][]string
}

// sharedBudget is one of them: as it is stored, and as calls meet it.
type sharedBudget struct {
	stored keys.Budget
	budget *budget.Budget
}

func newSharedBudgets() *sharedBudgets {
	return &sharedBudgets{byID: make(map[string]sharedBudget), ofKey: make(map[string][]string)}
}

// put takes a budget in, in place of what was there of it, and returns the ids of the
// keys that this concerns.
func (s *sharedBudgets) put(b *keys.Budget, rules *callerRules, logger *slog.Logger) []string {
	touched := s.drop(b.ID)
	made, err := rules.shareOf(b)
	if err != nil {
		// Keys under a budget that cannot be kept must not spend.
		logger.Error("the keys of a budget are refused because it cannot be read", "budget", b.Name, "err", err)
		made = &budget.Budget{Name: b.Name, Account: b.Account(), Hard: true}
	}
	stored := *b
	stored.Keys = slices.Clone(b.Keys)
	s.byID[b.ID] = sharedBudget{stored, made}
	for _, key := range stored.Keys {
		ids := append(s.ofKey[key], b.ID)
		slices.Sort(ids)
		s.ofKey[key] = ids
	}
	return append(touched, stored.Keys...)
}

// drop forgets a budget and returns the ids of the keys that this concerns.
func (s *sharedBudgets) drop(id string) []string {
	touched := s.byID[id].stored.Keys
	for _, key := range touched {
		ids := slices.DeleteFunc(s.ofKey[key], func(other string) bool { return other == id })
		if len(ids) == 0 {
			delete(s.ofKey, key)
			continue
		}
		s.ofKey[key] = ids
	}
	delete(s.byID, id)
	return slices.Clone(touched)
}

// of are the budgets that a key shares.
func (s *sharedBudgets) of(key string) []*budget.Budget {
	ids := s.ofKey[key]
	if len(ids) == 0 {
		return nil
	}
	budgets := make([]*budget.Budget, len(ids))
	for i, id := range ids {
		budgets[i] = s.byID[id].budget
	}
	return budgets
}

// all are all budgets, in the order of their names.
func (s *sharedBudgets) all() []*budget.Budget {
	budgets := make([]*budget.Budget, 0, len(s.byID))
	for b := range maps.Values(s.byID) {
		budgets = append(budgets, b.budget)
	}
	slices.SortFunc(budgets, func(a, b *budget.Budget) int { return cmp.Compare(a.Name, b.Name) })
	return budgets
}

// follow are the same budgets under other rules.
func (s *sharedBudgets) follow(rules *callerRules, logger *slog.Logger) *sharedBudgets {
	next := newSharedBudgets()
	for b := range maps.Values(s.byID) {
		next.put(&b.stored, rules, logger)
	}
	return next
}

// static is the entry of a key of the configuration, with the budgets that it shares.
func (s *sharedBudgets) static(c gateway.Change) gateway.Change {
	if budgets := s.of(c.Caller.ID); len(budgets) > 0 {
		c.Caller = gateway.NewCaller(c.Caller.Key, c.Caller.Limits, slices.Concat(c.Caller.Budgets, budgets))
	}
	return c
}

// shareOf is a budget of the store, or of the configuration, as calls meet it.
func (c *callerRules) shareOf(b *keys.Budget) (*budget.Budget, error) {
	if b.Source == keys.Configured {
		i := slices.IndexFunc(c.all, func(known *budget.Budget) bool { return known.Account == b.Account() })
		if i < 0 {
			return nil, fmt.Errorf("the configuration has no budget %q any more", b.Name)
		}
		return c.all[i], nil
	}
	period, err := budget.ParsePeriod(b.Period, c.location)
	if err != nil {
		return nil, fmt.Errorf("budget %q: %w", b.Name, err)
	}
	return &budget.Budget{Name: b.Name, Account: b.Account(), Limit: b.Limit, Period: period, Hard: b.Hard, Alert: b.Alert}, nil
}
