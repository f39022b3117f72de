package adminapi

import (
	"encoding/json"
	"time"
)

// The paths of budgets: the list by GET, info by both, the others by POST.
const (
	BudgetNew    = "/budget/new"
	BudgetInfo   = "/budget/info"
	BudgetList   = "/budget/list"
	BudgetUpdate = "/budget/update"
	BudgetDelete = "/budget/delete"
	BudgetReset  = "/budget/reset" // ours
)

// SourceKey is the Budget.Source of a key's own budget, which changes with the key.
const SourceKey = "key"

// BudgetSettings are what can be chosen of a budget that keys share.
type BudgetSettings struct {
	// MaxBudget is the limit in US dollars, a decimal number above 0.
	MaxBudget Optional[json.Number] `json:"max_budget,omitzero"`
	// Duration is the period: daily, monthly, 30d, …; "total" where it is not set.
	Duration Optional[string] `json:"budget_duration,omitzero"`
	// Hard budgets refuse calls, others only count and alert; true where it is not set.
	Hard Optional[bool] `json:"hard,omitzero"`
	// AlertThreshold is the share of the limit from which people are told, between 0 and
	// 1; SoftBudget the same in US dollars, as LiteLLM has it.
	AlertThreshold Optional[json.Number] `json:"alert_threshold,omitzero"`
	SoftBudget     Optional[json.Number] `json:"soft_budget,omitzero"`
	// Keys are all keys that fall under the budget, by id, alias, hash or secret;
	// AddKeys and RemoveKeys change the list.
	Keys       Optional[[]string] `json:"keys,omitzero"`
	AddKeys    []string           `json:"add_keys,omitempty"`
	RemoveKeys []string           `json:"remove_keys,omitempty"`
}

// NewBudget asks for a budget. Name is unique; BudgetID is LiteLLM's name for the same.
type NewBudget struct {
	BudgetSettings

	Name     string `json:"name,omitempty"`
	BudgetID string `json:"budget_id,omitempty"`
}

// UpdateBudget changes the budget that Name or BudgetID names.
type UpdateBudget struct {
	BudgetSettings

	Name     string `json:"name,omitempty"`
	BudgetID string `json:"budget_id,omitempty"`
	// NewName renames it.
	NewName Optional[string] `json:"new_name,omitzero"`
}

// BudgetRequest names a budget, for delete and reset: in one of the three.
type BudgetRequest struct {
	Name     string `json:"name,omitempty"`
	BudgetID string `json:"budget_id,omitempty"`
	ID       string `json:"id,omitempty"`
}

// BudgetsRequest names the budgets that /budget/info is to tell of.
type BudgetsRequest struct {
	Budgets []string `json:"budgets"`
}

// Budget is what is told of a budget. Money is in US dollars. Pointers are nil where
// there is nothing to tell.
type Budget struct {
	Name string `json:"name"`
	// BudgetID is LiteLLM's word for the name.
	BudgetID string `json:"budget_id"`
	// Account is its name in the books.
	Account string `json:"account"`
	// Source is where it comes from: config, store or key.
	Source string `json:"source"`

	Limit json.Number `json:"limit_usd"`
	// Spent is what was spent in the period, Held what open calls may come to beside
	// that, Left what is left without either.
	Spent json.Number `json:"spent_usd"`
	Held  json.Number `json:"held_usd"`
	Left  json.Number `json:"left_usd"`
	// MaxBudget and Duration are LiteLLM's words for Limit and Period.
	MaxBudget json.Number `json:"max_budget"`
	Duration  string      `json:"budget_duration"`
	Period    string      `json:"period"`
	// StartedAt and ResetsAt are the ends of the period, as far as it has some.
	StartedAt *time.Time `json:"started_at"`
	ResetsAt  *time.Time `json:"resets_at"`
	Hard      bool       `json:"hard"`
	// AlertThreshold is a share of the limit, SoftBudget the amount that it means.
	AlertThreshold *json.Number `json:"alert_threshold"`
	SoftBudget     *json.Number `json:"soft_budget"`
	// Accounts are who falls under it, as people call them: "key ci", or "gateway" for
	// everybody. Keys are the ids of the keys.
	Accounts []string `json:"accounts"`
	Keys     []string `json:"keys"`
	// BurnRate is what is spent in a day, by what was spent of late.
	BurnRate *json.Number `json:"burn_usd_per_day"`
	// LastsUntil is when nothing is left at that rate; nil where the period ends before
	// that, or nothing is spent.
	LastsUntil *time.Time `json:"lasts_until"`
	// AsOf is when the amounts were written down, where no gateway runs to ask.
	AsOf      *time.Time `json:"as_of,omitempty"`
	CreatedAt *time.Time `json:"created_at,omitempty"`
	UpdatedAt *time.Time `json:"updated_at,omitempty"`
}
