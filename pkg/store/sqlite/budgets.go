package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/llm"
)

// selectBudget reads what scanBudget does, of budgets with a name.
const selectBudget = `SELECT id, name, limit_nano, period, hard, alert, created_at, updated_at,
	(SELECT json_group_array(key_id) FROM budget_keys WHERE budget_id = budgets.id)
	FROM budgets WHERE name IS NOT NULL`

// scanBudget reads a row of selectBudget.
func scanBudget(row scanner) (keys.Budget, error) {
	var (
		b                       keys.Budget
		limit, created, updated int64
		alert                   sql.NullFloat64
		members                 string
	)
	if err := row.Scan(&b.ID, &b.Name, &limit, &b.Period, &b.Hard, &alert, &created, &updated, &members); err != nil {
		return keys.Budget{}, err
	}
	b.Limit, b.Alert = llm.NanoUSD(limit), alert.Float64
	b.CreatedAt, b.UpdatedAt = time.Unix(0, created).UTC(), time.Unix(0, updated).UTC()
	if err := json.Unmarshal([]byte(members), &b.Keys); err != nil {
		return keys.Budget{}, fmt.Errorf("keys of the budget %s: %w", b.ID, err)
	}
	slices.Sort(b.Keys)
	return b, nil
}

// CreateBudget implements keys.BudgetStore.
func (s *Store) CreateBudget(ctx context.Context, b *keys.Budget) error {
	return s.change(ctx, func(tx *sql.Tx, revision int64) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO budgets (name, limit_nano, period, hard, alert, created_at, updated_at, revision, id)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, budgetValues(b, revision)...)
		if err != nil {
			return err
		}
		return enter(ctx, tx, b)
	})
}

// UpdateBudget implements keys.BudgetStore.
func (s *Store) UpdateBudget(ctx context.Context, id string, change func(*keys.Budget) error) (keys.Budget, error) {
	var b keys.Budget
	err := s.change(ctx, func(tx *sql.Tx, revision int64) (err error) {
		if b, err = scanBudget(tx.QueryRowContext(ctx, selectBudget+` AND id = ?`, id)); err != nil {
			return err
		}
		if err := change(&b); err != nil {
			return err
		}
		b.ID = id
		_, err = tx.ExecContext(ctx, `UPDATE budgets SET name = ?, limit_nano = ?, period = ?, hard = ?, alert = ?,
			created_at = ?, updated_at = ?, revision = ? WHERE id = ?`, budgetValues(&b, revision)...)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM budget_keys WHERE budget_id = ?`, id); err != nil {
			return err
		}
		return enter(ctx, tx, &b)
	})
	if err != nil {
		return keys.Budget{}, err
	}
	return b, nil
}

// budgetValues are what is stored of a budget, its id at the end.
func budgetValues(b *keys.Budget, revision int64) []any {
	return []any{
		b.Name, int64(b.Limit), b.Period, b.Hard,
		sql.NullFloat64{Float64: b.Alert, Valid: b.Alert != 0},
		b.CreatedAt.UnixNano(), b.UpdatedAt.UnixNano(), revision, b.ID,
	}
}

// enter stores who falls under a budget.
func enter(ctx context.Context, tx *sql.Tx, b *keys.Budget) error {
	members, err := json.Marshal(append([]string{}, b.Keys...))
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO budget_keys (budget_id, key_id) SELECT ?, value FROM json_each(?)`, b.ID, string(members))
	return err
}

// DeleteBudget implements keys.BudgetStore.
func (s *Store) DeleteBudget(ctx context.Context, id string) error {
	return s.change(ctx, func(tx *sql.Tx, revision int64) error {
		result, err := tx.ExecContext(ctx, `INSERT INTO deleted_budgets (id, name, deleted_at, revision)
			SELECT id, name, ?, ? FROM budgets WHERE id = ? AND name IS NOT NULL`, time.Now().UnixNano(), revision, id)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, keys.ErrNotFound)
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM budgets WHERE id = ?`, id)
		return err
	})
}

// FindBudget implements keys.BudgetStore.
func (s *Store) FindBudget(ctx context.Context, name string) (keys.Budget, error) {
	if err := s.Prepare(ctx); err != nil {
		return keys.Budget{}, err
	}
	b, err := scanBudget(s.read.QueryRowContext(ctx, selectBudget+` AND ?1 IN (id, name)`, name))
	return b, classify(err)
}

// Budgets implements keys.BudgetStore.
func (s *Store) Budgets(ctx context.Context) ([]keys.Budget, error) {
	if err := s.Prepare(ctx); err != nil {
		return nil, err
	}
	rows, err := s.read.QueryContext(ctx, selectBudget+` ORDER BY name`)
	if err != nil {
		return nil, classify(err)
	}
	var budgets []keys.Budget
	err = each(rows, func(row scanner) error {
		b, err := scanBudget(row)
		budgets = append(budgets, b)
		return err
	})
	return budgets, err
}
