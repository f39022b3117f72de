package keys

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/llm"
)

// BudgetSettings are what a request chooses of a budget.
type BudgetSettings struct {
	adminapi.BudgetSettings

	// Name is the new name.
	Name adminapi.Optional[string]
}

// maxBudgetKeys bounds how many keys one budget lists.
const maxBudgetKeys = 10_000

// budgetChange makes of settings what changes a budget. Keys are looked up now.
func (m *Manager) budgetChange(ctx context.Context, s *BudgetSettings) (func(*Budget) error, error) {
	var ids [3][]string
	for i, list := range []struct {
		names []string
		param string
	}{{valueOf(s.Keys), "keys"}, {s.AddKeys, "add_keys"}, {s.RemoveKeys, "remove_keys"}} {
		var err error
		if ids[i], err = m.keyIDs(ctx, list.names, list.param); err != nil {
			return nil, err
		}
	}
	return func(b *Budget) error {
		if s.Keys.Given {
			b.Keys = nil
		}
		keep := slices.Concat(b.Keys, ids[0], ids[1])
		slices.Sort(keep)
		keep = slices.Compact(keep)
		b.Keys = slices.DeleteFunc(keep, func(id string) bool { return slices.Contains(ids[2], id) })
		if len(b.Keys) > maxBudgetKeys {
			return invalid("keys", "a budget lists %d keys at most", maxBudgetKeys)
		}
		return m.terms(b, s)
	}, nil
}

// keyIDs are the ids of keys that are named in one of the usual ways.
func (m *Manager) keyIDs(ctx context.Context, names []string, param string) ([]string, error) {
	if len(names) > maxBudgetKeys {
		return nil, invalid(param, "a budget lists %d keys at most", maxBudgetKeys)
	}
	ids := make([]string, len(names))
	for i, name := range names {
		r, err := m.Find(ctx, name)
		if err != nil {
			if e := llm.AsError(err); e.Param == "key" {
				e.Param = param
			}
			return nil, err
		}
		ids[i] = r.ID
	}
	return ids, nil
}

// terms puts limit, period, hardness and alert into a budget.
func (m *Manager) terms(b *Budget, s *BudgetSettings) error {
	if s.MaxBudget.Given {
		amount, err := llm.ParseUSD(valueOf(s.MaxBudget).String())
		if err != nil || amount <= 0 {
			return invalid("max_budget", "max_budget is an amount in US dollars above 0, such as 100 or 0.5")
		}
		b.Limit = amount
	}
	if s.Duration.Given {
		b.Period = strings.ToLower(valueOf(s.Duration))
	}
	if b.Period == "" {
		b.Period = "total"
	}
	if err := m.opts.Period(b.Period); err != nil {
		return invalid("budget_duration", "budget_duration: %v", err)
	}
	if s.Hard.Given {
		b.Hard = s.Hard.Value == nil || *s.Hard.Value
	}
	return alert(b, s)
}

// alert puts the threshold into a budget that has its limit.
func alert(b *Budget, s *BudgetSettings) error {
	if valueOf(s.AlertThreshold) != "" && valueOf(s.SoftBudget) != "" {
		return invalid("soft_budget", "alert_threshold and soft_budget say the same: give one of them")
	}
	if s.AlertThreshold.Given || s.SoftBudget.Given {
		b.Alert = 0
	}
	if text := valueOf(s.AlertThreshold); text != "" {
		share, err := strconv.ParseFloat(text.String(), 64)
		if err != nil || share <= 0 || share >= 1 {
			return invalid("alert_threshold", "alert_threshold is a share of the limit between 0 and 1, such as 0.8 (null for none)")
		}
		b.Alert = share
	}
	if text := valueOf(s.SoftBudget); text != "" {
		amount, err := llm.ParseUSD(text.String())
		if err != nil || amount <= 0 || amount >= b.Limit {
			return invalid("soft_budget", "soft_budget is an amount in US dollars above 0 and below max_budget (null for none; hard: false for a budget that never refuses)")
		}
		b.Alert = float64(amount) / float64(b.Limit)
	}
	return nil
}

// names are the settings that were given, by their names in the API.
func (s *BudgetSettings) names() []string {
	var names []string
	for _, f := range []struct {
		name  string
		given bool
	}{
		{"name", s.Name.Given},
		{"max_budget", s.MaxBudget.Given},
		{"budget_duration", s.Duration.Given},
		{"hard", s.Hard.Given},
		{"alert_threshold", s.AlertThreshold.Given},
		{"soft_budget", s.SoftBudget.Given},
		{"keys", s.Keys.Given},
		{"add_keys", len(s.AddKeys) > 0},
		{"remove_keys", len(s.RemoveKeys) > 0},
	} {
		if f.given {
			names = append(names, f.name)
		}
	}
	return names
}
