package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/llmgw/llmgw/pkg/adminapi"
)

// A budget is named by its name or its id, the own one of a key by "key " and what
// names the key. One that there is not gives an error that is ErrNotFound.

// NewBudget makes a budget.
func (c *Client) NewBudget(ctx context.Context, r adminapi.NewBudget) (*adminapi.Budget, error) {
	return call[adminapi.Budget](ctx, c, adminapi.BudgetNew, r)
}

// BudgetInfo tells of a budget.
func (c *Client) BudgetInfo(ctx context.Context, name string) (*adminapi.Budget, error) {
	path := adminapi.BudgetInfo + "?" + url.Values{"name": {name}}.Encode()
	var list []adminapi.Budget
	if err := c.Do(ctx, http.MethodGet, path, nil, &list); err != nil {
		return nil, err
	}
	if len(list) != 1 {
		return nil, &ForeignError{URL: c.name, Path: adminapi.BudgetInfo, Err: errNotOne}
	}
	return &list[0], nil
}

// ListBudgets gives all budgets: those of the configuration, then the others that keys
// share, then those of single keys.
func (c *Client) ListBudgets(ctx context.Context) ([]adminapi.Budget, error) {
	budgets := []adminapi.Budget{}
	if err := c.Do(ctx, http.MethodGet, adminapi.BudgetList, nil, &budgets); err != nil {
		return nil, err
	}
	return budgets, nil
}

// UpdateBudget changes a budget and gives what has become of it.
func (c *Client) UpdateBudget(ctx context.Context, r adminapi.UpdateBudget) (*adminapi.Budget, error) {
	return call[adminapi.Budget](ctx, c, adminapi.BudgetUpdate, r)
}

// ResetBudget makes what was spent of a budget in its period count no more.
func (c *Client) ResetBudget(ctx context.Context, name string) (*adminapi.Budget, error) {
	return call[adminapi.Budget](ctx, c, adminapi.BudgetReset, adminapi.BudgetRequest{Name: name})
}

// DeleteBudget deletes a budget for good, and gives it as it was.
func (c *Client) DeleteBudget(ctx context.Context, name string) (*adminapi.Budget, error) {
	return call[adminapi.Budget](ctx, c, adminapi.BudgetDelete, adminapi.BudgetRequest{Name: name})
}
