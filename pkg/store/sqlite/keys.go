package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/llmgw/llmgw/pkg/keys"
)

// Create implements keys.KeyStore.
func (s *Store) Create(ctx context.Context, records []keys.Record) (added []keys.Record, err error) {
	err = s.change(ctx, func(tx *sql.Tx, revision int64) error {
		add, err := newInserter(ctx, tx, revision)
		if err != nil {
			return err
		}
		defer add.close()
		for i := range records {
			known, err := add.known(ctx, records[i].Hash)
			if err != nil {
				return err
			}
			if known {
				continue
			}
			r := records[i]
			if err := add.insert(ctx, &r); err != nil {
				return fmt.Errorf("key %s: %w", r.DisplayName(), err)
			}
			r.Revision = revision
			added = append(added, r)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return added, nil
}

// inserter adds one key after the other: statements are prepared once.
type inserter struct {
	revision                       int64
	byHash, byPrevious, key, terms *sql.Stmt
}

func newInserter(ctx context.Context, tx *sql.Tx, revision int64) (*inserter, error) {
	a := &inserter{revision: revision}
	for _, p := range []struct {
		into *(*sql.Stmt)
		text string
	}{
		{&a.byHash, `SELECT count(*) FROM keys WHERE hash = ?`},
		{&a.byPrevious, `SELECT count(*) FROM keys WHERE previous_hash = ?`},
		{&a.key, insertKey},
		{&a.terms, putBudget},
	} {
		stmt, err := tx.PrepareContext(ctx, p.text)
		if err != nil {
			a.close()
			return nil, err
		}
		*p.into = stmt
	}
	return a, nil
}

// close closes the statements, as far as there are any.
func (a *inserter) close() {
	for _, stmt := range []*sql.Stmt{a.byHash, a.byPrevious, a.key, a.terms} {
		if stmt != nil {
			_ = stmt.Close() // The transaction's end closes it at the latest.
		}
	}
}

// known reports whether there is a key with the hash. A hash that was a key's
// before its rotation is an error.
func (a *inserter) known(ctx context.Context, h keys.Hash) (bool, error) {
	var n int
	if err := a.byHash.QueryRowContext(ctx, h[:]).Scan(&n); err != nil || n > 0 {
		return n > 0, err
	}
	if err := a.byPrevious.QueryRowContext(ctx, h[:]).Scan(&n); err != nil {
		return false, err
	}
	if n > 0 {
		return false, keys.ErrSecretTaken
	}
	return false, nil
}

func (a *inserter) insert(ctx context.Context, r *keys.Record) error {
	if b := r.Budget; b != nil {
		if _, err := a.terms.ExecContext(ctx, b.ID, int64(b.Limit), b.Period, b.Hard); err != nil {
			return err
		}
	}
	v, err := values(r, a.revision)
	if err != nil {
		return err
	}
	_, err = a.key.ExecContext(ctx, v...)
	return err
}

// Update implements keys.KeyStore.
func (s *Store) Update(ctx context.Context, id string, change func(*keys.Record) error) (keys.Record, error) {
	var r keys.Record
	err := s.change(ctx, func(tx *sql.Tx, revision int64) (err error) {
		if r, err = scanKey(tx.QueryRowContext(ctx, `SELECT `+columns+fromKeys+`WHERE k.id = ?`, id)); err != nil {
			return err
		}
		old := r
		if err := change(&r); err != nil {
			return err
		}
		r.ID = old.ID
		if r.Hash != old.Hash {
			if err := unused(ctx, tx, r.Hash); err != nil {
				return err
			}
		}
		r.Revision = revision
		return put(ctx, tx, &r, &old)
	})
	if err != nil {
		return keys.Record{}, err
	}
	return r, nil
}

// unused makes sure that a hash is no key's previous one.
func unused(ctx context.Context, tx *sql.Tx, h keys.Hash) error {
	var n int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM keys WHERE previous_hash = ?`, h[:]).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return keys.ErrSecretTaken
	}
	return nil
}

// put stores a key that is there already, and its budget.
func put(ctx context.Context, tx *sql.Tx, r, old *keys.Record) error {
	if b := r.Budget; b != nil {
		if _, err := tx.ExecContext(ctx, putBudget, b.ID, int64(b.Limit), b.Period, b.Hard); err != nil {
			return err
		}
	}
	v, err := values(r, r.Revision)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, updateKey, v...); err != nil {
		return err
	}
	if old.Budget != nil && (r.Budget == nil || r.Budget.ID != old.Budget.ID) {
		_, err = tx.ExecContext(ctx, dropBudget, old.Budget.ID)
	}
	return err
}

// Delete implements keys.KeyStore.
func (s *Store) Delete(ctx context.Context, ids []string) error {
	return s.change(ctx, func(tx *sql.Tx, revision int64) error {
		now := time.Now().UnixNano()
		for _, id := range ids {
			if err := remove(ctx, tx, id, now, revision); err != nil {
				return fmt.Errorf("key %s: %w", id, err)
			}
		}
		return nil
	})
}

func remove(ctx context.Context, tx *sql.Tx, id string, now, revision int64) error {
	result, err := tx.ExecContext(ctx, `INSERT INTO deleted_keys (id, alias, name, team_id, deleted_at, revision)
		SELECT id, alias, name, team_id, ?, ? FROM keys WHERE id = ?`, now, revision, id)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, keys.ErrNotFound)
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM budget_keys WHERE key_id = ?`, id); err != nil {
		return err
	}
	var budget sql.NullString
	if err := tx.QueryRowContext(ctx, `DELETE FROM keys WHERE id = ? RETURNING budget_id`, id).Scan(&budget); err != nil {
		return err
	}
	if budget.Valid {
		_, err = tx.ExecContext(ctx, dropBudget, budget.String)
	}
	return err
}

// Find implements keys.KeyStore.
func (s *Store) Find(ctx context.Context, by keys.Lookup) (keys.Record, error) {
	if err := s.Prepare(ctx); err != nil {
		return keys.Record{}, err
	}
	const selectKey = `SELECT ` + columns + fromKeys
	var row *sql.Row
	switch {
	case by.ID != "":
		row = s.read.QueryRowContext(ctx, selectKey+`WHERE k.id = ?`, by.ID)
	case by.Alias != "":
		row = s.read.QueryRowContext(ctx, selectKey+`WHERE k.alias = ?`, by.Alias)
	default:
		row = s.read.QueryRowContext(ctx, selectKey+`WHERE k.hash = ?1 OR k.previous_hash = ?1`, by.Hash[:])
	}
	r, err := scanKey(row)
	return r, classify(err)
}

// List implements keys.KeyStore.
func (s *Store) List(ctx context.Context, q keys.Query) (keys.Page, error) {
	if err := s.Prepare(ctx); err != nil {
		return keys.Page{}, err
	}
	where, args := filter(q)
	var page keys.Page
	err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM keys`+where, args...).Scan(&page.Total)
	if err != nil || q.Limit <= 0 {
		return page, classify(err)
	}
	// The page is cut out by the index alone; only what is on it is read.
	//nolint:gosec // where has nothing but constants
	rows, err := s.read.QueryContext(ctx, `SELECT `+columns+`
		FROM (SELECT id FROM keys`+where+` ORDER BY created_at, id LIMIT ? OFFSET ?) AS page
		JOIN keys AS k ON k.id = page.id LEFT JOIN budgets AS b ON b.id = k.budget_id
		ORDER BY k.created_at, k.id`, append(args, q.Limit, q.Offset)...)
	if err != nil {
		return keys.Page{}, classify(err)
	}
	err = each(rows, func(row scanner) error {
		r, err := scanKey(row)
		page.Records = append(page.Records, r)
		return err
	})
	if err != nil {
		return keys.Page{}, err
	}
	return page, nil
}

// filter is the condition of a query, "" for none, and what it compares with.
func filter(q keys.Query) (where string, args []any) {
	if q.Team != "" {
		where, args = ` AND team_id = ?`, append(args, q.Team)
	}
	if q.Alias != "" {
		where, args = where+` AND alias = ?`, append(args, q.Alias)
	}
	if where != "" {
		where = ` WHERE ` + where[len(` AND `):]
	}
	return where, args
}

// each calls f for each row and closes them.
func each(rows *sql.Rows, f func(row scanner) error) error {
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong.
	for rows.Next() {
		if err := f(rows); err != nil {
			return classify(err)
		}
	}
	return classify(rows.Err())
}
