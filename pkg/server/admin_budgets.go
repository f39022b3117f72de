package server

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/llm"
)

func (s *Server) newBudget(q *question) (any, error) {
	var req adminapi.NewBudget
	if err := decodePlain(q.body, &req); err != nil {
		return nil, err
	}
	name, err := oneName(req.Name, req.BudgetID)
	if err != nil {
		return nil, err
	}
	settings := keys.BudgetSettings{BudgetSettings: req.BudgetSettings}
	if name != "" {
		settings.Name = adminapi.Some(name)
	}
	b, err := s.opts.Admin.Keys.CreateBudget(q.Context(), q.by, &settings)
	return s.describedBudget(q, &b, err)
}

func (s *Server) updateBudget(q *question) (any, error) {
	var req adminapi.UpdateBudget
	if err := decodePlain(q.body, &req); err != nil {
		return nil, err
	}
	name, err := oneName(req.Name, req.BudgetID)
	if err != nil {
		return nil, err
	}
	b, err := s.opts.Admin.Keys.UpdateBudget(q.Context(), q.by, name, &keys.BudgetSettings{BudgetSettings: req.BudgetSettings, Name: req.NewName})
	return s.describedBudget(q, &b, err)
}

// deleteBudget answers with the budget as it was.
func (s *Server) deleteBudget(q *question) (any, error) {
	name, err := budgetName(q)
	if err != nil {
		return nil, err
	}
	b, err := s.opts.Admin.Keys.DeleteBudget(q.Context(), q.by, name)
	return s.describedBudget(q, &b, err)
}

func (s *Server) resetBudget(q *question) (any, error) {
	name, err := budgetName(q)
	if err != nil {
		return nil, err
	}
	b, err := s.opts.Admin.Keys.ResetBudget(q.Context(), q.by, name)
	return s.describedBudget(q, &b, err)
}

// budgetName is the name in a request that has nothing else.
func budgetName(q *question) (string, error) {
	var req adminapi.BudgetRequest
	if err := decodePlain(q.body, &req); err != nil {
		return "", err
	}
	return oneName(req.Name, req.BudgetID, req.ID)
}

// oneName is the name that a request gives in one of several members.
func oneName(names ...string) (string, error) {
	one := ""
	for _, name := range names {
		if name != "" && one != "" && name != one {
			return "", badRequest("name", "the request names two budgets, %.100q and %.100q (name and budget_id mean the same)", one, name)
		}
		if name != "" {
			one = name
		}
	}
	return one, nil
}

// budgetInfo tells of the budgets that a request names: in its query or, as LiteLLM
// wants it, in its body.
func (s *Server) budgetInfo(q *question) (any, error) {
	names, err := infoNames(q)
	if err != nil {
		return nil, err
	}
	list := make([]adminapi.Budget, len(names))
	d := s.describer()
	for i, name := range names {
		b, err := s.opts.Admin.Keys.Budget(q.Context(), name)
		if err != nil {
			return nil, err
		}
		if list[i], err = d.budget(q.Context(), &b); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func infoNames(q *question) ([]string, error) {
	query, err := parameters(q.URL, "name", "budget_id")
	if err != nil {
		return nil, err
	}
	if q.Method == http.MethodGet || q.Method == http.MethodHead {
		name, err := oneName(query.Get("name"), query.Get("budget_id"))
		return []string{name}, err
	}
	var req adminapi.BudgetsRequest
	if err := decodePlain(q.body, &req); err != nil {
		return nil, err
	}
	if len(req.Budgets) == 0 {
		return nil, badRequest("budgets", "no budget is named (budgets: [name, …])")
	}
	return req.Budgets, nil
}

func (s *Server) listBudgets(q *question) (any, error) {
	if _, err := parameters(q.URL); err != nil {
		return nil, err
	}
	budgets, err := s.opts.Admin.Keys.Budgets(q.Context())
	if err != nil {
		return nil, err
	}
	list := make([]adminapi.Budget, len(budgets))
	d := s.describer()
	for i := range budgets {
		if list[i], err = d.budget(q.Context(), &budgets[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// describedBudget is the answer that is a budget.
func (s *Server) describedBudget(q *question, b *keys.Budget, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return s.describer().budget(q.Context(), b)
}

// sources are what the API calls the sources of budgets.
var sources = map[keys.Source]string{
	keys.Stored: adminapi.SourceStore, keys.Configured: adminapi.SourceConfig, keys.Own: adminapi.SourceKey,
}

// budget tells of a budget.
func (d *describer) budget(ctx context.Context, b *keys.Budget) (adminapi.Budget, error) {
	at, err := d.admin.Spending.Balance(ctx, b)
	if err != nil {
		return adminapi.Budget{}, &llm.Error{Kind: llm.Overloaded, RetryAfter: time.Second, Message: "it cannot be told right now what was spent", Cause: err}
	}
	accounts, err := d.accounts(ctx, b)
	if err != nil {
		return adminapi.Budget{}, err
	}
	limit := money(b.Limit)
	told := adminapi.Budget{
		Name: b.Name, BudgetID: b.Name, Account: b.Account(), Source: sources[b.Source],
		Limit: limit, Spent: money(at.Spent), Held: money(at.Held), Left: money(max(b.Limit-at.Spent-at.Held, 0)),
		MaxBudget: limit, Period: b.Period, Duration: b.Period, StartedAt: instant(at.StartedAt), ResetsAt: instant(at.ResetsAt),
		Hard: b.Hard, Accounts: accounts, Keys: append([]string{}, b.Keys...),
		LastsUntil: instant(at.LastsUntil), AsOf: instant(at.AsOf), CreatedAt: instant(b.CreatedAt), UpdatedAt: instant(b.UpdatedAt),
	}
	if at.Known {
		rate := money(at.PerDay)
		told.BurnRate = &rate
	}
	if b.Alert > 0 {
		share := json.Number(strconv.FormatFloat(b.Alert, 'g', -1, 64))
		soft := money((&budget.Budget{Limit: b.Limit, Alert: b.Alert}).At(budget.AlertMark))
		told.AlertThreshold, told.SoftBudget = &share, &soft
	}
	return told, nil
}

func money(n llm.NanoUSD) json.Number { return json.Number(n.String()) }

// accounts are who falls under a budget, as people call them.
func (d *describer) accounts(ctx context.Context, b *keys.Budget) ([]string, error) {
	if b.Everybody || b.Source == keys.Own {
		return []string{b.Name}, nil
	}
	accounts := make([]string, len(b.Keys))
	for i, id := range b.Keys {
		name, err := d.name(ctx, id)
		if err != nil {
			return nil, err
		}
		accounts[i] = "key " + name
	}
	slices.Sort(accounts)
	return accounts, nil
}

// name is what people call a key: its id where it is gone.
func (d *describer) name(ctx context.Context, id string) (string, error) {
	if name, known := d.names[id]; known {
		return name, nil
	}
	if d.names == nil {
		d.names = make(map[string]string)
	}
	name := id
	r, err := d.admin.Keys.Find(ctx, id)
	switch {
	case err == nil && r.Static:
		name = r.Name
	case err == nil:
		name = r.DisplayName()
	case llm.AsError(err).Kind != llm.NotFound:
		return "", err
	}
	d.names[id] = name
	return name, nil
}

// shared are the names of the budgets that a key shares with others.
func (d *describer) shared(ctx context.Context, id string) ([]string, error) {
	if d.budgets == nil {
		budgets, err := d.admin.Keys.NamedBudgets(ctx)
		if err != nil {
			return nil, err
		}
		d.budgets = make(map[string][]string)
		for i := range budgets {
			for _, key := range budgets[i].Keys {
				d.budgets[key] = append(d.budgets[key], budgets[i].Name)
			}
		}
	}
	return d.budgets[id], nil
}
