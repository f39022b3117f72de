package keys

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// Budget is a limit on money that several keys share, with a name.
type Budget struct {
	// Terms have an id that never changes, and names the account.
	Terms

	// Name is what people call it; unique.
	Name string
	// Alert is the share of the limit from which people are told, below 1; 0 for none.
	Alert float64
	// Keys are the ids of the keys that fall under it, in order. Everybody says that all
	// do, now and later.
	Keys                 []string
	Everybody            bool
	CreatedAt, UpdatedAt time.Time
	// Source says who can change it.
	Source Source
}

// Account is the budget's name among accounts.
func (b *Budget) Account() string {
	if b.Everybody {
		return gatewayName
	}
	return b.Terms.Account()
}

// Source is where a budget comes from.
type Source uint8

// The sources.
const (
	// Stored budgets can be changed.
	Stored Source = iota
	// Configured ones stand in the configuration, which alone can change them.
	Configured
	// Own ones belong to a key, and change with it.
	Own
)

// budgetPrefix begins the ids of budgets, ownPrefix the names of keys' own ones.
const (
	budgetPrefix = "budget_"
	ownPrefix    = "key "
)

// ownBudget is the budget of one key; false where it has none of its own.
func ownBudget(r *Record) (Budget, bool) {
	if r.Static || r.Budget == nil {
		return Budget{}, false
	}
	return Budget{Terms: *r.Budget, Name: ownPrefix + r.DisplayName(), Keys: []string{r.ID}, CreatedAt: r.CreatedAt, Source: Own}, true
}

// CreateBudget makes a budget. Where no name is given its id stands for one.
func (m *Manager) CreateBudget(ctx context.Context, by Actor, s *BudgetSettings) (Budget, error) {
	now := m.opts.Now().UTC()
	b := Budget{Terms: Terms{ID: newID(budgetPrefix), Hard: true}, CreatedAt: now, UpdatedAt: now}
	if b.Name = b.ID; valueOf(s.Name) != "" {
		if err := m.rename(&b, *s.Name.Value); err != nil {
			return Budget{}, err
		}
	}
	if !s.MaxBudget.Given {
		return Budget{}, invalid("max_budget", "a budget has a limit (max_budget, in US dollars)")
	}
	change, err := m.budgetChange(ctx, s)
	if err != nil {
		return Budget{}, err
	}
	if err := change(&b); err != nil {
		return Budget{}, err
	}
	if err := m.opts.Store.CreateBudget(ctx, &b); err != nil {
		return Budget{}, toldBudget(err, b.Name)
	}
	m.doneBudget(ctx, by, ActionNewBudget, &b, s.names())
	return b, nil
}

// UpdateBudget changes what the settings name of a budget. Its account stays, so that
// what was spent still counts; with another period another count begins.
func (m *Manager) UpdateBudget(ctx context.Context, by Actor, name string, s *BudgetSettings) (Budget, error) {
	found, err := m.storedBudget(ctx, name)
	if err != nil {
		return Budget{}, err
	}
	change, err := m.budgetChange(ctx, s)
	if err != nil {
		return Budget{}, err
	}
	b, err := m.opts.Store.UpdateBudget(ctx, found.ID, func(b *Budget) error {
		if s.Name.Given && valueOf(s.Name) != b.Name {
			if err := m.rename(b, valueOf(s.Name)); err != nil {
				return err
			}
		}
		b.UpdatedAt = m.opts.Now().UTC()
		return change(b)
	})
	if err != nil {
		return Budget{}, toldBudget(err, valueOf(s.Name))
	}
	m.doneBudget(ctx, by, ActionUpdateBudget, &b, s.names())
	return b, nil
}

// DeleteBudget deletes a budget for good, and gives it as it was. What was spent stays
// in the books.
func (m *Manager) DeleteBudget(ctx context.Context, by Actor, name string) (Budget, error) {
	b, err := m.storedBudget(ctx, name)
	if err != nil {
		return Budget{}, err
	}
	if err := m.opts.Store.DeleteBudget(ctx, b.ID); err != nil {
		return Budget{}, toldBudget(err, b.Name)
	}
	m.doneBudget(ctx, by, ActionDeleteBudget, &b, nil)
	return b, nil
}

// ResetBudget makes what was spent of a budget in this period count no more. Every
// budget can be reset: that is no change of its terms.
func (m *Manager) ResetBudget(ctx context.Context, by Actor, name string) (Budget, error) {
	b, err := m.Budget(ctx, name)
	if err != nil {
		return Budget{}, err
	}
	if err := m.opts.Reset(ctx, &b); err != nil {
		if inWords, ok := errors.AsType[*llm.Error](err); ok {
			return Budget{}, inWords
		}
		return Budget{}, &llm.Error{
			Kind: llm.Overloaded, Code: unavailableCode, RetryAfter: unavailableFor,
			Message: "the reset could not be written down; what was spent still counts", Cause: err,
		}
	}
	m.doneBudget(ctx, by, ActionResetBudget, &b, nil)
	return b, nil
}

// storedBudget finds a budget that can be changed.
func (m *Manager) storedBudget(ctx context.Context, name string) (Budget, error) {
	b, err := m.Budget(ctx, name)
	switch {
	case err != nil:
		return Budget{}, err
	case b.Source == Configured:
		return Budget{}, conflict("name", "the budget %q stands in the configuration: change the configuration", b.Name)
	case b.Source == Own:
		return Budget{}, conflict("name", "%q is the own budget of that key: change the key (max_budget, budget_duration)", b.Name)
	default:
		return b, nil
	}
}

// Budget finds a budget by its name or its id; the own budget of a key by "key " and
// what names the key. The configuration's come first.
func (m *Manager) Budget(ctx context.Context, name string) (Budget, error) {
	if name == "" {
		return Budget{}, invalid("name", "no budget is named (name, or budget_id)")
	}
	configured := m.opts.Budgets()
	if i := slices.IndexFunc(configured, func(b Budget) bool { return b.Name == name }); i >= 0 {
		return configured[i], nil
	}
	missing := notFound("name", "there is no budget %q (GET /budget/list shows those there are)", name[:min(len(name), maxAlias)])
	if key, ok := strings.CutPrefix(name, ownPrefix); ok {
		r, err := m.Find(ctx, key)
		if err != nil {
			return Budget{}, err
		}
		if b, ok := ownBudget(&r); ok {
			return b, nil
		}
		return Budget{}, missing
	}
	b, err := m.opts.Store.FindBudget(ctx, name)
	if errors.Is(err, ErrNotFound) {
		return Budget{}, missing
	}
	return b, told(err)
}

// NamedBudgets gives the budgets that keys share: those of the configuration, then
// those of the store in the order of their names.
func (m *Manager) NamedBudgets(ctx context.Context) ([]Budget, error) {
	stored, err := m.opts.Store.Budgets(ctx)
	if err != nil {
		return nil, told(err)
	}
	return slices.Concat(m.opts.Budgets(), stored), nil
}

// budgetPage is how many keys are read at a time.
const budgetPage = 1000

// Budgets gives all budgets: the named ones, then those of single keys, oldest key
// first.
func (m *Manager) Budgets(ctx context.Context) ([]Budget, error) {
	list, err := m.NamedBudgets(ctx)
	if err != nil {
		return nil, err
	}
	for offset := 0; ; offset += budgetPage {
		page, err := m.opts.Store.List(ctx, Query{Offset: offset, Limit: budgetPage})
		if err != nil {
			return nil, told(err)
		}
		for i := range page.Records {
			if b, ok := ownBudget(&page.Records[i]); ok {
				list = append(list, b)
			}
		}
		if len(page.Records) < budgetPage {
			return list, nil
		}
	}
}

// rename gives a budget another name.
func (m *Manager) rename(b *Budget, name string) error {
	if name == "" {
		return invalid("name", "a budget has a name")
	}
	if err := checkName(name, "name"); err != nil {
		return err
	}
	switch {
	case strings.HasPrefix(name, ownPrefix):
		return invalid("name", "a budget's name does not begin with %q: so are the budgets of single keys called", ownPrefix)
	case strings.HasPrefix(name, budgetPrefix):
		return invalid("name", "a budget's name does not look like an id (%s…)", budgetPrefix)
	case name == gatewayName || slices.ContainsFunc(m.opts.Budgets(), func(c Budget) bool { return c.Name == name }):
		return conflict("name", "the name %q is that of a budget of the configuration (names are unique)", name)
	}
	b.Name = name
	return nil
}

// gatewayName is the name of the budget that everybody falls under, and its account.
const gatewayName = "gateway"

// toldBudget puts a store's error about a budget into words.
func toldBudget(err error, name string) error {
	switch {
	case errors.Is(err, ErrAliasTaken):
		return conflict("name", "there is a budget %q already (names are unique)", name)
	case errors.Is(err, ErrNotFound):
		return notFound("name", "there is no such budget any more")
	default:
		return told(err)
	}
}

// doneBudget tells of a change.
func (m *Manager) doneBudget(ctx context.Context, by Actor, action Action, b *Budget, changed []string) {
	m.opts.Changed(ctx)
	m.opts.Audit(Event{Time: m.opts.Now(), Actor: by, Action: action, BudgetID: b.ID, Budget: b.Name, Changed: changed})
}
