package keys

import (
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// Limits are what one key may use; a limit that is 0 is not set.
type Limits struct {
	// RPM and TPM are requests and tokens in a minute, RPD requests in a UTC day.
	RPM, TPM, RPD int64
	// Parallel is how many calls may be open at one time.
	Parallel int64
}

// Terms are a key's budget.
type Terms struct {
	// ID names its account: "budget:" and the id. It stays what it is while the terms
	// change, so that what was spent still counts.
	ID    string
	Limit llm.NanoUSD
	// Period is as package budget reads it: "daily", "30d", "total".
	Period string
	// Hard budgets refuse; others only count.
	Hard bool
}

// Record is everything that is known of a key. Never the secret.
type Record struct {
	// ID is public and never changes.
	ID string
	// Hash is that of the secret. Previous is that of the secret before the last
	// rotation, zero where it ended at once; it works until GraceUntil.
	Hash, Previous Hash
	GraceUntil     time.Time
	// Alias is what people call it, or "". Name is the secret's end: "sk-…wxyz".
	Alias, Name string
	// TeamID is the id of its team, or "".
	TeamID string
	// Models are names and patterns; none means all.
	Models []string
	Limits Limits
	// Budget is nil where there is none.
	Budget *Terms
	// Expires is zero for never.
	Expires time.Time
	Blocked bool
	// Metadata is the text of a JSON object, or "".
	Metadata             string
	CreatedAt, UpdatedAt time.Time
	// Static keys stand in the configuration, which alone can change them.
	Static bool
	// Revision is the store's number of the key's last change.
	Revision int64
}

// Account is the key's name among accounts.
func (r *Record) Account() string { return "key:" + r.ID }

// Account is the budget's name among accounts.
func (t *Terms) Account() string { return "budget:" + t.ID }

// DisplayName is what reports call the key: its alias, else its id.
func (r *Record) DisplayName() string {
	if r.Alias != "" {
		return r.Alias
	}
	return r.ID
}

// Team is a group of keys with a name.
type Team struct {
	ID string
	// Alias is what people call it; unique.
	Alias     string
	CreatedAt time.Time
	// Keys is how many keys it has.
	Keys int
}
