package sqlite

import (
	"context"
	"database/sql"

	"github.com/llmgw/llmgw/pkg/keys"
)

// Changes implements keys.Feed. Where nothing has changed it reads one row, which
// takes some 20 µs: cheap enough to be asked twice a second. (PRAGMA data_version
// would say the same for the same price, and less: not what has changed.)
func (s *Store) Changes(ctx context.Context, after int64, f keys.Follower) (int64, error) {
	if err := s.Prepare(ctx); err != nil {
		return after, err
	}
	now, err := s.revision(ctx)
	if err != nil || now == after {
		return after, err
	}
	// One transaction sees one state of the database, whatever is written meanwhile.
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return after, classify(err)
	}
	defer func() { _ = tx.Rollback() }() // It has only read.
	if err := tx.QueryRowContext(ctx, selectRevision).Scan(&now); err != nil {
		return after, classify(err)
	}
	for _, tell := range []func(context.Context, *sql.Tx, int64, keys.Follower) error{
		teamsAfter, budgetsAfter, keysAfter, goneAfter, goneBudgetsAfter,
	} {
		if err := tell(ctx, tx, after, f); err != nil {
			return after, classify(err)
		}
	}
	return now, nil
}

const selectRevision = `SELECT value FROM revision`

func (s *Store) revision(ctx context.Context) (n int64, err error) {
	err = s.read.QueryRowContext(ctx, selectRevision).Scan(&n)
	return n, classify(err)
}

func teamsAfter(ctx context.Context, tx *sql.Tx, after int64, f keys.Follower) error {
	rows, err := tx.QueryContext(ctx, `SELECT id, alias, created_at, 0 FROM teams WHERE revision > ?`, after)
	if err != nil {
		return err
	}
	return each(rows, func(row scanner) error {
		t, err := scanTeam(row)
		if err == nil {
			f.Team(t)
		}
		return err
	})
}

func keysAfter(ctx context.Context, tx *sql.Tx, after int64, f keys.Follower) error {
	rows, err := tx.QueryContext(ctx, `SELECT `+columns+fromKeys+`WHERE k.revision > ?`, after)
	if err != nil {
		return err
	}
	return each(rows, func(row scanner) error {
		r, err := scanKey(row)
		if err == nil {
			f.Key(&r)
		}
		return err
	})
}

func goneAfter(ctx context.Context, tx *sql.Tx, after int64, f keys.Follower) error {
	if after == 0 {
		return nil // whoever knows nothing has nothing to forget
	}
	return idsAfter(ctx, tx, `SELECT id FROM deleted_keys WHERE revision > ?`, after, f.Gone)
}

func goneBudgetsAfter(ctx context.Context, tx *sql.Tx, after int64, f keys.Follower) error {
	if after == 0 {
		return nil // as above
	}
	return idsAfter(ctx, tx, `SELECT id FROM deleted_budgets WHERE revision > ?`, after, f.GoneBudget)
}

// idsAfter calls f for the ids that a query finds.
func idsAfter(ctx context.Context, tx *sql.Tx, query string, after int64, f func(id string)) error {
	rows, err := tx.QueryContext(ctx, query, after)
	if err != nil {
		return err
	}
	return each(rows, func(row scanner) error {
		var id string
		err := row.Scan(&id)
		if err == nil {
			f(id)
		}
		return err
	})
}

func budgetsAfter(ctx context.Context, tx *sql.Tx, after int64, f keys.Follower) error {
	rows, err := tx.QueryContext(ctx, selectBudget+` AND revision > ? ORDER BY name`, after)
	if err != nil {
		return err
	}
	return each(rows, func(row scanner) error {
		b, err := scanBudget(row)
		if err == nil {
			f.Budget(&b)
		}
		return err
	})
}
