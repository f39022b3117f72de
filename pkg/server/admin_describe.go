package server

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/llm"
)

// described is the answer that is a key.
func (s *Server) described(q *question, r *keys.Record, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return s.describe(q.Context(), r)
}

// describe tells of one key.
func (s *Server) describe(ctx context.Context, r *keys.Record) (adminapi.Key, error) {
	return s.describer().key(ctx, r)
}

// describer tells of keys.
type describer struct {
	admin *Admin
	now   time.Time
	teams map[string]string // names by id; nil until a key has a team
	// budgets are the names of shared budgets by the id of a key, names what people call
	// keys; nil until somebody asks.
	budgets map[string][]string
	names   map[string]string
}

func (s *Server) describer() *describer { return &describer{admin: s.opts.Admin, now: time.Now()} }

// team is what people call a team.
func (d *describer) team(ctx context.Context, id string) (string, error) {
	if id == "" || d.teams != nil {
		return d.teams[id], nil
	}
	teams, err := d.admin.Keys.Teams(ctx)
	if err != nil {
		return "", err
	}
	d.teams = make(map[string]string, len(teams))
	for _, t := range teams {
		d.teams[t.ID] = t.Alias
	}
	return d.teams[id], nil
}

func (d *describer) key(ctx context.Context, r *keys.Record) (adminapi.Key, error) {
	spent, err := d.admin.Spending.Spent(ctx, r)
	if err != nil {
		return adminapi.Key{}, &llm.Error{Kind: llm.Overloaded, RetryAfter: time.Second, Message: "it cannot be told right now what the key has spent", Cause: err}
	}
	team, err := d.team(ctx, r.TeamID)
	if err != nil {
		return adminapi.Key{}, err
	}
	budgets, err := d.shared(ctx, r.ID)
	if err != nil {
		return adminapi.Key{}, err
	}
	k := adminapi.Key{
		ID: r.ID, Token: r.Hash.String(), Name: r.Name, Alias: r.Alias, Source: adminapi.SourceStore,
		TeamID: r.TeamID, TeamAlias: team, Models: append([]string{}, r.Models...),
		RPM: orNil(r.Limits.RPM), TPM: orNil(r.Limits.TPM), RPD: orNil(r.Limits.RPD), Parallel: orNil(r.Limits.Parallel),
		Expires: instant(r.Expires), Blocked: r.Blocked,
		Spend: json.Number(spent.Amount.String()), SpendAsOf: instant(spent.AsOf),
		Metadata: map[string]json.RawMessage{}, Budgets: budgets,
		CreatedAt: instant(r.CreatedAt), UpdatedAt: instant(r.UpdatedAt),
	}
	if r.Static {
		k.Source = adminapi.SourceConfig
	}
	if r.GraceUntil.After(d.now) {
		k.GraceUntil = instant(r.GraceUntil)
	}
	if r.Metadata != "" {
		if err := json.Unmarshal([]byte(r.Metadata), &k.Metadata); err != nil {
			return adminapi.Key{}, fmt.Errorf("metadata of the key %s: %w", r.ID, err)
		}
	}
	if b := r.Budget; b != nil {
		limit := json.Number(b.Limit.String())
		k.MaxBudget, k.BudgetDuration, k.BudgetResetAt = &limit, b.Period, instant(spent.ResetsAt)
	}
	return k, nil
}

func orNil(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

// instant is a time in UTC, nil for the zero time.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
