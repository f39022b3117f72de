package sqlite

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/llm"
)

// columns are those of a key and its budget, in the order in which scanKey reads
// them.
const columns = `k.id, k.hash, k.previous_hash, k.grace_until, k.alias, k.name, k.team_id, k.models,
	k.rpm, k.tpm, k.rpd, k.parallel, k.expires_at, k.blocked, k.metadata, k.created_at, k.updated_at, k.revision,
	b.id, b.limit_nano, b.period, b.hard`

// fromKeys are the tables that columns are of.
const fromKeys = ` FROM keys AS k LEFT JOIN budgets AS b ON b.id = k.budget_id `

// scanner is a row.
type scanner interface{ Scan(dest ...any) error }

// scanKey reads a row of columns.
func scanKey(row scanner) (keys.Record, error) {
	var (
		r                             keys.Record
		hash, previous                []byte
		grace, expires                sql.NullInt64
		alias, team, models, metadata sql.NullString
		rpm, tpm, rpd, parallel       sql.NullInt64
		created, updated              int64
		budgetID, period              sql.NullString
		limit                         sql.NullInt64
		hard                          sql.NullBool
	)
	err := row.Scan(&r.ID, &hash, &previous, &grace, &alias, &r.Name, &team, &models,
		&rpm, &tpm, &rpd, &parallel, &expires, &r.Blocked, &metadata, &created, &updated, &r.Revision,
		&budgetID, &limit, &period, &hard)
	if err != nil {
		return keys.Record{}, err
	}
	copy(r.Hash[:], hash)
	copy(r.Previous[:], previous)
	r.GraceUntil, r.Expires = instant(grace), instant(expires)
	r.Alias, r.TeamID, r.Metadata = alias.String, team.String, metadata.String
	r.Limits = keys.Limits{RPM: rpm.Int64, TPM: tpm.Int64, RPD: rpd.Int64, Parallel: parallel.Int64}
	r.CreatedAt, r.UpdatedAt = time.Unix(0, created).UTC(), time.Unix(0, updated).UTC()
	if models.Valid {
		if err := json.Unmarshal([]byte(models.String), &r.Models); err != nil {
			return keys.Record{}, fmt.Errorf("models of the key %s: %w", r.ID, err)
		}
	}
	if budgetID.Valid {
		r.Budget = &keys.Terms{ID: budgetID.String, Limit: llm.NanoUSD(limit.Int64), Period: period.String, Hard: hard.Bool}
	}
	return r, nil
}

// instant is a time of the database, zero for NULL.
func instant(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.Unix(0, n.Int64).UTC()
}

// The functions below give what is stored for a value: NULL for one that is not set.

func nullTime(t time.Time) sql.NullInt64 {
	if t.IsZero() {
		return sql.NullInt64{}
	}
	return sql.NullInt64{Int64: t.UnixNano(), Valid: true}
}

func nullText(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

func nullCount(n int64) sql.NullInt64 { return sql.NullInt64{Int64: n, Valid: n != 0} }

func nullHash(h keys.Hash) []byte {
	if h.IsZero() {
		return nil
	}
	return h[:]
}

// modelList is the text that models are stored as.
func modelList(models []string) (sql.NullString, error) {
	if len(models) == 0 {
		return sql.NullString{}, nil
	}
	text, err := json.Marshal(models)
	return sql.NullString{String: string(text), Valid: true}, err
}

// values are what is stored of a key beside its id, in the order of the statements
// below.
func values(r *keys.Record, revision int64) ([]any, error) {
	models, err := modelList(r.Models)
	if err != nil {
		return nil, err
	}
	var budget sql.NullString
	if r.Budget != nil {
		budget = nullText(r.Budget.ID)
	}
	l := r.Limits
	return []any{
		r.Hash[:], nullHash(r.Previous), nullTime(r.GraceUntil), nullText(r.Alias), r.Name, nullText(r.TeamID), models,
		nullCount(l.RPM), nullCount(l.TPM), nullCount(l.RPD), nullCount(l.Parallel), budget, nullTime(r.Expires),
		r.Blocked, nullText(r.Metadata), r.CreatedAt.UnixNano(), r.UpdatedAt.UnixNano(), revision, r.ID,
	}, nil
}

const (
	insertKey = `INSERT INTO keys (hash, previous_hash, grace_until, alias, name, team_id, models,
		rpm, tpm, rpd, parallel, budget_id, expires_at, blocked, metadata, created_at, updated_at, revision, id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	updateKey = `UPDATE keys SET hash = ?, previous_hash = ?, grace_until = ?, alias = ?, name = ?, team_id = ?, models = ?,
		rpm = ?, tpm = ?, rpd = ?, parallel = ?, budget_id = ?, expires_at = ?, blocked = ?, metadata = ?,
		created_at = ?, updated_at = ?, revision = ? WHERE id = ?`
	putBudget = `INSERT INTO budgets (id, limit_nano, period, hard) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET limit_nano = excluded.limit_nano, period = excluded.period, hard = excluded.hard`
	// dropBudget forgets a budget of a single key that nobody has any more.
	dropBudget = `DELETE FROM budgets WHERE id = ? AND name IS NULL AND NOT EXISTS (SELECT 1 FROM keys WHERE budget_id = budgets.id)`
)
