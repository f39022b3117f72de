// Package adminapi is the JSON of the admin API: what is asked and answered on
// /key/*, /team/* and /budget/*, with LiteLLM's paths and field names, and a few
// fields of our own (key_id, rpd_limit, source).
//
// It only has shapes. Package server answers with them, package client asks with
// them; what they mean is decided in package keys.
//
// Source of the names: LiteLLM 1.83.2 (proxy/_types.py), May 2026.
package adminapi

import (
	"bytes"
	"encoding/json"
	"time"
)

// The paths, all but the lists and infos by POST.
const (
	KeyGenerate   = "/key/generate"
	KeyInfo       = "/key/info"
	KeyList       = "/key/list"
	KeyUpdate     = "/key/update"
	KeyRegenerate = "/key/regenerate"
	KeyBlock      = "/key/block"
	KeyUnblock    = "/key/unblock"
	KeyDelete     = "/key/delete"
	KeyImport     = "/key/import" // ours
	TeamNew       = "/team/new"
	TeamInfo      = "/team/info"
	TeamList      = "/team/list"
)

// Optional is a member that may be missing, which leaves things as they are, null,
// which takes a limit off, or a value.
type Optional[T any] struct {
	// Given says that the member is there.
	Given bool
	// Value is nil for null.
	Value *T
}

// Some is an Optional with a value.
func Some[T any](v T) Optional[T] { return Optional[T]{Given: true, Value: &v} }

// None is an Optional that takes off what was set.
func None[T any]() Optional[T] { return Optional[T]{Given: true} }

// IsZero reports whether the member is missing; it makes omitzero work.
func (o Optional[T]) IsZero() bool { return !o.Given }

// MarshalJSON writes the value or null, "<" and "&" as they are.
func (o Optional[T]) MarshalJSON() ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	err := e.Encode(o.Value)
	return text.Bytes(), err
}

// UnmarshalJSON reads a value or null.
func (o *Optional[T]) UnmarshalJSON(b []byte) error {
	o.Given, o.Value = true, nil
	return json.Unmarshal(b, &o.Value)
}

// KeySettings are what can be chosen of a key. Numbers are whole; a limit that is not
// set does not limit.
type KeySettings struct {
	// Alias is the key's name for people; unique where it is set.
	Alias Optional[string] `json:"key_alias,omitzero"`
	// TeamID is the id of a team there is.
	TeamID Optional[string] `json:"team_id,omitzero"`
	// Models are names and patterns; none means all.
	Models Optional[[]string] `json:"models,omitzero"`
	// RPM, TPM, RPD and Parallel are limits per minute, per day (UTC) and at one time.
	RPM      Optional[int64] `json:"rpm_limit,omitzero"`
	TPM      Optional[int64] `json:"tpm_limit,omitzero"`
	RPD      Optional[int64] `json:"rpd_limit,omitzero"`
	Parallel Optional[int64] `json:"max_parallel_requests,omitzero"`
	// MaxBudget is in US dollars, a decimal number; BudgetDuration how long it lasts:
	// daily, monthly, 30d, …; "total" where it is not set.
	MaxBudget      Optional[json.Number] `json:"max_budget,omitzero"`
	BudgetDuration Optional[string]      `json:"budget_duration,omitzero"`
	// Duration is how long the key lives from now on: 30d, 12h, 90m; null means for ever.
	Duration Optional[string] `json:"duration,omitzero"`
	// Metadata are notes; the values are any JSON.
	Metadata Optional[map[string]json.RawMessage] `json:"metadata,omitzero"`
	Blocked  Optional[bool]                       `json:"blocked,omitzero"`
}

// GenerateRequest asks for a new key. Secret is the key itself where the caller has
// chosen it ("sk-…"), else one is made.
type GenerateRequest struct {
	KeySettings

	Secret string `json:"key,omitempty"`
}

// UpdateRequest changes a key. Key names it: by its id, its alias, its hash, or its
// secret; so do the requests below.
type UpdateRequest struct {
	KeySettings

	Key string `json:"key"`
}

// KeyRequest names a key, for block and unblock.
type KeyRequest struct {
	Key string `json:"key"`
}

// RegenerateRequest gives a key a new secret. GracePeriod is how long the old one goes
// on working: 24h, 7d; none at all where it is empty.
type RegenerateRequest struct {
	Key         string `json:"key"`
	NewKey      string `json:"new_key,omitempty"`
	GracePeriod string `json:"grace_period,omitempty"`
}

// DeleteRequest names the keys to delete, by what KeyRequest takes or by alias.
type DeleteRequest struct {
	Keys    []string `json:"keys,omitempty"`
	Aliases []string `json:"key_aliases,omitempty"`
}

// DeleteAnswer names what was deleted, as it was asked.
type DeleteAnswer struct {
	Deleted []string `json:"deleted_keys"`
}

// ImportRequest brings keys in by the hashes of their secrets. All are taken, or none.
type ImportRequest struct {
	Keys []ImportedKey `json:"keys"`
}

// ImportedKey is one of them. Token is the SHA-256 of the secret, 64 hexadecimal
// digits. What LiteLLM has booked for it is not taken over.
type ImportedKey struct {
	KeySettings

	Token     string     `json:"token"`
	KeyName   string     `json:"key_name,omitempty"`
	Expires   *time.Time `json:"expires,omitempty"`
	CreatedAt *time.Time `json:"created_at,omitempty"`
}

// ImportAnswer tells what became of each, in the order of the request.
type ImportAnswer struct {
	Imported []Key `json:"imported"`
	// Skipped are the tokens that were there already.
	Skipped []string `json:"skipped"`
}

// The values of Key.Source.
const (
	// SourceConfig is a key of security_settings.valid_api_keys, which only the
	// configuration can change.
	SourceConfig = "config"
	// SourceStore is a key of the database.
	SourceStore = "store"
)

// Key is what is told of a key. It never has the secret. Pointers are nil where
// nothing is set.
type Key struct {
	// ID is public: it stands in logs and reports.
	ID string `json:"key_id"`
	// Token is the SHA-256 of the secret, in hexadecimal.
	Token string `json:"token"`
	// Name is the secret's end: "sk-…wxyz".
	Name  string `json:"key_name"`
	Alias string `json:"key_alias,omitempty"`
	// Source is where it comes from: config or store.
	Source    string     `json:"source"`
	TeamID    string     `json:"team_id,omitempty"`
	TeamAlias string     `json:"team_alias,omitempty"`
	Models    []string   `json:"models"`
	RPM       *int64     `json:"rpm_limit"`
	TPM       *int64     `json:"tpm_limit"`
	RPD       *int64     `json:"rpd_limit"`
	Parallel  *int64     `json:"max_parallel_requests"`
	Expires   *time.Time `json:"expires"`
	Blocked   bool       `json:"blocked"`
	// MaxBudget and Spend are in US dollars; Spend is that of the budget's period
	// where there is a budget, else all that was ever spent.
	MaxBudget      *json.Number `json:"max_budget"`
	BudgetDuration string       `json:"budget_duration,omitempty"`
	BudgetResetAt  *time.Time   `json:"budget_reset_at"`
	// Budgets are the names of the budgets that it shares with others.
	Budgets []string    `json:"budgets,omitempty"`
	Spend   json.Number `json:"spend"`
	// SpendAsOf is when Spend was written down, where no gateway runs to ask.
	SpendAsOf *time.Time                 `json:"spend_as_of,omitempty"`
	Metadata  map[string]json.RawMessage `json:"metadata"`
	// GraceUntil is how long the secret before the last rotation still works.
	GraceUntil *time.Time `json:"grace_until,omitempty"`
	CreatedAt  *time.Time `json:"created_at,omitempty"`
	UpdatedAt  *time.Time `json:"updated_at,omitempty"`
}

// GenerateAnswer is a key with its secret: the only time that it is shown. It answers
// generate and regenerate.
type GenerateAnswer struct {
	Key

	Secret string `json:"key"`
}

// InfoAnswer answers /key/info?key=…. Key is the question.
type InfoAnswer struct {
	Key  string `json:"key"`
	Info Key    `json:"info"`
}

// ListAnswer is a page of /key/list?page=1&size=10. Keys are whole where
// return_full_object=true was asked, else the hashes stand in Tokens' place.
type ListAnswer struct {
	Keys       []Key `json:"keys"`
	TotalCount int   `json:"total_count"`
	Page       int   `json:"current_page"`
	TotalPages int   `json:"total_pages"`
}

// NewTeam asks for a team. ID is made where it is empty.
type NewTeam struct {
	Alias string `json:"team_alias"`
	ID    string `json:"team_id,omitempty"`
}

// Team is what is told of a team.
type Team struct {
	ID        string    `json:"team_id"`
	Alias     string    `json:"team_alias"`
	Keys      int       `json:"keys"`
	CreatedAt time.Time `json:"created_at"`
}

// TeamInfoAnswer answers /team/info?team_id=….
type TeamInfoAnswer struct {
	TeamID string `json:"team_id"`
	Info   Team   `json:"team_info"`
}
