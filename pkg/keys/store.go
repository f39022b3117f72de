package keys

import (
	"context"
	"errors"
)

// What stores say. Their errors wrap one of these, or the context's.
var (
	// ErrNotFound says that there is no such key or team.
	ErrNotFound = errors.New("not found")
	// ErrAliasTaken says that another key has the alias, or another team.
	ErrAliasTaken = errors.New("name is taken")
	// ErrIDTaken says that another team has the id.
	ErrIDTaken = errors.New("id is taken")
	// ErrSecretTaken says that the secret is another key's, or was until its rotation.
	ErrSecretTaken = errors.New("secret is taken")
	// ErrNoTeam says that a key names a team there is not.
	ErrNoTeam = errors.New("there is no such team")
	// ErrUnavailable says that the store itself failed: trying again may help.
	ErrUnavailable = errors.New("the key store is not available")
)

// Store keeps keys, teams and budgets. Every method is one step: it happens whole or not at
// all, and what it has answered for outlives the process. Implementations are safe
// for concurrent use, by several processes too, and pass the suite in
// store/storetest.
type Store interface {
	KeyStore
	TeamStore
	BudgetStore
	Feed
}

// KeyStore is the part of a Store that keeps keys. Revisions are the store's own:
// what records say of them is ignored.
type KeyStore interface {
	// Create adds keys and returns those that it did; a key whose hash is there
	// already is left out. Errors: ErrAliasTaken, ErrSecretTaken (the hash is another
	// key's previous one), ErrNoTeam.
	Create(ctx context.Context, records []Record) (added []Record, err error)
	// Update lets change edit the key of that id and stores what comes out. An error
	// of change is returned as it is, and nothing is stored. The budget's id stays
	// with its terms; a budget that the record no longer has is forgotten. Errors:
	// ErrNotFound, ErrAliasTaken, ErrSecretTaken, ErrNoTeam.
	Update(ctx context.Context, id string, change func(*Record) error) (Record, error)
	// Delete forgets keys and their budgets. ErrNotFound where one of them is not
	// there: then none is deleted.
	Delete(ctx context.Context, ids []string) error
	// Find finds a key. ErrNotFound.
	Find(ctx context.Context, by Lookup) (Record, error)
	// List gives a part of the keys, oldest first.
	List(ctx context.Context, q Query) (Page, error)
}

// TeamStore is the part of a Store that keeps teams.
type TeamStore interface {
	// CreateTeam adds a team. Errors: ErrIDTaken, ErrAliasTaken.
	CreateTeam(ctx context.Context, t Team) error
	// Teams gives all teams, oldest first.
	Teams(ctx context.Context) ([]Team, error)
}

// BudgetStore is the part of a Store that keeps budgets with a name.
type BudgetStore interface {
	// CreateBudget adds a budget. Errors: ErrAliasTaken.
	CreateBudget(ctx context.Context, b *Budget) error
	// UpdateBudget lets change edit the budget of that id and stores what comes out. An
	// error of change is returned as it is, and nothing is stored. Errors: ErrNotFound,
	// ErrAliasTaken.
	UpdateBudget(ctx context.Context, id string, change func(*Budget) error) (Budget, error)
	// DeleteBudget forgets a budget. ErrNotFound.
	DeleteBudget(ctx context.Context, id string) error
	// FindBudget finds a budget by its id or its name. ErrNotFound.
	FindBudget(ctx context.Context, name string) (Budget, error)
	// Budgets gives all budgets in the order of their names.
	Budgets(ctx context.Context) ([]Budget, error)
}

// Feed is the part of a Store that a running gateway follows.
type Feed interface {
	// Changes tells of everything that has changed after a revision, 0 for everything
	// there is, and returns the revision up to which it has. Teams and budgets come
	// before the keys that belong to them. Where it returns an error some may have been told of, and
	// will be again.
	Changes(ctx context.Context, after int64, f Follower) (revision int64, err error)
}

// Follower is told of changes. It keeps nothing of a Record or Budget that it is
// given by pointer.
type Follower interface {
	Team(t Team)
	Budget(b *Budget)
	Key(r *Record)
	// Gone is a key that was deleted.
	Gone(id string)
	// GoneBudget is a budget that was.
	GoneBudget(id string)
}

// Lookup names one key, by the one field that is set. Hash finds also the key whose
// previous secret has it.
type Lookup struct {
	ID, Alias string
	Hash      Hash
}

// Query is a part of the list of keys.
type Query struct {
	// Team and Alias are filters, by id and by the whole alias; "" for none.
	Team, Alias string
	// Offset and Limit cut the part out of what the filters leave.
	Offset, Limit int
}

// Page is a part of the list, and how long the whole is.
type Page struct {
	Records []Record
	Total   int
}
