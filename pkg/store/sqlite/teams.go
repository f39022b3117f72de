package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/llmgw/llmgw/pkg/keys"
)

// CreateTeam implements keys.TeamStore.
func (s *Store) CreateTeam(ctx context.Context, t keys.Team) error {
	return s.change(ctx, func(tx *sql.Tx, revision int64) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO teams (id, alias, created_at, revision) VALUES (?, ?, ?, ?)`,
			t.ID, t.Alias, t.CreatedAt.UnixNano(), revision)
		return err
	})
}

// Teams implements keys.TeamStore.
func (s *Store) Teams(ctx context.Context) ([]keys.Team, error) {
	if err := s.Prepare(ctx); err != nil {
		return nil, err
	}
	rows, err := s.read.QueryContext(ctx, `SELECT id, alias, created_at, (SELECT count(*) FROM keys WHERE team_id = teams.id)
		FROM teams ORDER BY created_at, id`)
	if err != nil {
		return nil, classify(err)
	}
	var teams []keys.Team
	err = each(rows, func(row scanner) error {
		t, err := scanTeam(row)
		teams = append(teams, t)
		return err
	})
	return teams, err
}

// scanTeam reads id, alias, age and number of keys.
func scanTeam(row scanner) (keys.Team, error) {
	var t keys.Team
	var created int64
	err := row.Scan(&t.ID, &t.Alias, &created, &t.Keys)
	t.CreatedAt = time.Unix(0, created).UTC()
	return t, err
}
