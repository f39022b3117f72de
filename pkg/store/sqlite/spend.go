package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/llmgw/llmgw/pkg/journal"
	"github.com/llmgw/llmgw/pkg/ledger"
)

var _ ledger.Sink = (*Store)(nil)

// Flush implements ledger.Sink: sums and position change in one transaction, so that
// nothing is booked twice, whatever crashes. It is no change of keys: nobody who follows
// those is woken.
func (s *Store) Flush(ctx context.Context, b *ledger.Batch) error {
	if err := s.Prepare(ctx); err != nil {
		return err
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return classify(err)
	}
	defer func() { _ = tx.Rollback() }() // Without effect after Commit.
	if err := addSpend(ctx, tx, b.Rows); err != nil {
		return classify(err)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO spend_positions (instance, seq, written_at) VALUES (?, ?, ?)
		ON CONFLICT (instance) DO UPDATE SET seq = excluded.seq, written_at = excluded.written_at`,
		b.Instance, int64(b.Seq), b.Time.UnixNano()); err != nil {
		return classify(err)
	}
	return classify(tx.Commit())
}

func addSpend(ctx context.Context, tx *sql.Tx, rows []ledger.Row) error {
	add, err := tx.PrepareContext(ctx, `INSERT INTO spend (account, unit, epoch, amount) VALUES (?, ?, ?, ?)
		ON CONFLICT (account, unit, epoch) DO UPDATE SET amount = amount + excluded.amount`)
	if err != nil {
		return err
	}
	defer func() { _ = add.Close() }() // it goes with the transaction
	for i := range rows {
		r := &rows[i]
		if _, err := add.ExecContext(ctx, r.Account, r.UnitName(), r.Epoch, r.Amount); err != nil {
			return err
		}
	}
	return nil
}

// Position implements ledger.Sink.
func (s *Store) Position(ctx context.Context, instance string) (journal.Seq, error) {
	if err := s.Prepare(ctx); err != nil {
		return 0, err
	}
	var seq int64
	err := s.read.QueryRowContext(ctx, `SELECT seq FROM spend_positions WHERE instance = ?`, instance).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return journal.Seq(seq), classify(err)
}
