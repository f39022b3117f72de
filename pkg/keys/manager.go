package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/secret"
)

// ManagerOptions are what a Manager works with. Store and Period are required.
type ManagerOptions struct {
	Store Store
	// Period says what is wrong with a budget's period.
	Period func(string) error
	// Static gives the keys of the configuration as it is now; nil for none.
	Static func() []Record
	// Budgets gives the budgets of the configuration as it is now; nil for none.
	Budgets func() []Budget
	// Reset makes what was spent of a budget count no more, up to now. Required where
	// budgets are reset.
	Reset func(ctx context.Context, b *Budget) error
	// Reserved reports whether a hash is that of a secret no key may have: the master
	// key's. nil for none.
	Reserved func(Hash) bool
	// Changed is called after each change, before it is answered: so that a gateway
	// in this process knows of it by then. nil does nothing.
	Changed func(ctx context.Context)
	// Audit is told of each change, after Changed; nil tells nobody.
	Audit func(Event)
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Manager makes, changes and finds keys and teams by the rules. Errors of its
// methods are *llm.Error. Safe for concurrent use.
type Manager struct{ opts ManagerOptions }

// NewManager makes a manager.
func NewManager(opts ManagerOptions) *Manager {
	if opts.Static == nil {
		opts.Static = func() []Record { return nil }
	}
	if opts.Budgets == nil {
		opts.Budgets = func() []Budget { return nil }
	}
	if opts.Reserved == nil {
		opts.Reserved = func(Hash) bool { return false }
	}
	if opts.Changed == nil {
		opts.Changed = func(context.Context) {}
	}
	if opts.Audit == nil {
		opts.Audit = func(Event) {}
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Manager{opts: opts}
}

// Generate makes a key. Its secret is made too where chosen is "". It is returned
// here and never again.
func (m *Manager) Generate(ctx context.Context, by Actor, chosen string, s *Settings) (Record, secret.Text, error) {
	text, err := m.secret(chosen, "key")
	if err != nil {
		return Record{}, secret.Text{}, err
	}
	r := m.blank()
	r.Hash, r.Name = Sum(text.Reveal()), Mask(text.Reveal())
	if err := m.edit(ctx, &r, s); err != nil {
		return Record{}, secret.Text{}, err
	}
	added, err := m.opts.Store.Create(ctx, []Record{r})
	if err == nil && len(added) == 0 {
		err = ErrSecretTaken
	}
	if err != nil {
		return Record{}, secret.Text{}, told(err)
	}
	m.done(ctx, by, ActionGenerate, &added[0], s.names())
	return added[0], text, nil
}

// blank is a key that nothing was chosen of.
func (m *Manager) blank() Record {
	now := m.opts.Now().UTC()
	return Record{ID: newID(idPrefix), CreatedAt: now, UpdatedAt: now}
}

// edit applies settings to a record that is not stored.
func (m *Manager) edit(ctx context.Context, r *Record, s *Settings) error {
	team, err := m.teamOf(ctx, s)
	if err != nil {
		return err
	}
	return m.apply(r, s, team)
}

// apply applies settings, the team having been looked up.
func (m *Manager) apply(r *Record, s *Settings, team string) error {
	if s.TeamID.Given {
		r.TeamID = team
	}
	e := edit{Record: r, now: m.opts.Now().UTC(), period: m.opts.Period}
	return e.apply(s)
}

// secret takes the secret that was chosen, or makes one.
func (m *Manager) secret(chosen, param string) (secret.Text, error) {
	if chosen == "" {
		return NewSecret(), nil
	}
	if err := checkSecret(chosen, param); err != nil {
		return secret.Text{}, err
	}
	if m.reserved(Sum(chosen)) {
		return secret.Text{}, conflict(param, "this secret stands in the configuration already (choose another, or leave %s out)", param)
	}
	return secret.New(chosen), nil
}

// reserved reports whether a hash is that of a key the configuration has.
func (m *Manager) reserved(h Hash) bool {
	if m.opts.Reserved(h) {
		return true
	}
	for _, r := range m.opts.Static() {
		if r.Hash == h {
			return true
		}
	}
	return false
}

// Update changes what the settings name of a key.
func (m *Manager) Update(ctx context.Context, by Actor, name string, s *Settings) (Record, error) {
	team, err := m.teamOf(ctx, s)
	if err != nil {
		return Record{}, err
	}
	return m.change(ctx, task{by, name, ActionUpdate, s.names()}, func(r *Record) error { return m.apply(r, s, team) })
}

// Rotate gives a key a new secret: the chosen one, or one that is made. The old one
// works on for the grace, a written duration, or ends now where that is "". The one
// before that ends in any case.
func (m *Manager) Rotate(ctx context.Context, by Actor, name string, o Rotation) (Record, secret.Text, error) {
	text, err := m.secret(o.Secret, "new_key")
	if err != nil {
		return Record{}, secret.Text{}, err
	}
	now := m.opts.Now().UTC()
	var until time.Time
	if o.Grace != "" {
		if until, err = after(now, o.Grace); err != nil {
			return Record{}, secret.Text{}, invalid("grace_period", "grace_period: %v", err)
		}
	}
	r, err := m.change(ctx, task{by, name, ActionRegenerate, nil}, func(r *Record) error {
		h := Sum(text.Reveal())
		if h == r.Hash || h == r.Previous {
			return conflict("new_key", "this is the key's secret already, or was before its last rotation (choose another)")
		}
		r.Previous, r.GraceUntil = Hash{}, time.Time{}
		if !until.IsZero() {
			r.Previous, r.GraceUntil = r.Hash, until
		}
		r.Hash, r.Name = h, Mask(text.Reveal())
		return nil
	})
	if err != nil {
		return Record{}, secret.Text{}, err
	}
	return r, text, nil
}

// Rotation is what can be chosen of a rotation.
type Rotation struct {
	// Secret is the new secret; "" makes one.
	Secret string
	// Grace is how long the old one works on: "24h"; "" ends it now.
	Grace string
}

// Block makes a key be refused until it is unblocked.
func (m *Manager) Block(ctx context.Context, by Actor, name string) (Record, error) {
	return m.change(ctx, task{by, name, ActionBlock, nil}, func(r *Record) error { r.Blocked = true; return nil })
}

// Unblock takes a block off.
func (m *Manager) Unblock(ctx context.Context, by Actor, name string) (Record, error) {
	return m.change(ctx, task{by, name, ActionUnblock, nil}, func(r *Record) error { r.Blocked = false; return nil })
}

// task is one change of a key.
type task struct {
	by      Actor
	name    string
	action  Action
	changed []string
}

// change finds the key of the task, lets f edit it and stores it.
func (m *Manager) change(ctx context.Context, t task, f func(*Record) error) (Record, error) {
	found, err := m.stored(ctx, t.name)
	if err != nil {
		return Record{}, err
	}
	r, err := m.opts.Store.Update(ctx, found.ID, func(r *Record) error {
		if err := f(r); err != nil {
			return err
		}
		r.UpdatedAt = m.opts.Now().UTC()
		return nil
	})
	if err != nil {
		return Record{}, told(err)
	}
	m.done(ctx, t.by, t.action, &r, t.changed)
	return r, nil
}

// Delete deletes keys for good, all of the named or none. What they have spent
// stays in the books.
func (m *Manager) Delete(ctx context.Context, by Actor, names []string) error {
	if len(names) == 0 {
		return invalid("keys", "no key is named (keys: [id, …])")
	}
	var records []Record
	var ids []string
	seen := make(map[string]bool, len(names))
	for _, name := range names {
		r, err := m.stored(ctx, name)
		if err != nil {
			return err
		}
		if !seen[r.ID] {
			seen[r.ID] = true
			ids, records = append(ids, r.ID), append(records, r)
		}
	}
	if err := m.opts.Store.Delete(ctx, ids); err != nil {
		return told(err)
	}
	m.opts.Changed(ctx)
	for i := range records {
		m.audit(by, ActionDelete, &records[i], nil)
	}
	return nil
}

// stored finds a key that can be changed.
func (m *Manager) stored(ctx context.Context, name string) (Record, error) {
	r, err := m.Find(ctx, name)
	if err == nil && r.Static {
		return Record{}, conflict("key", "the key %s stands in the configuration (security_settings.valid_api_keys): change it there", r.Name)
	}
	return r, err
}

// Find finds a key by its id, its alias, its hash or its secret.
func (m *Manager) Find(ctx context.Context, name string) (Record, error) {
	by, err := lookupOf(name)
	if err != nil {
		return Record{}, err
	}
	for _, r := range m.opts.Static() {
		if by.ID == r.ID || by.Hash == r.Hash {
			return r, nil
		}
	}
	r, err := m.opts.Store.Find(ctx, by)
	if errors.Is(err, ErrNotFound) {
		return Record{}, notFound("key", "there is no key %s (GET /key/list shows those there are)", shown(name))
	}
	return r, told(err)
}

// lookupOf says what a name names a key by.
func lookupOf(name string) (Lookup, error) {
	switch h, isHash := ParseHash(name); {
	case name == "":
		return Lookup{}, invalid("key", "no key is named (by its id, alias, hash or secret)")
	case isHash:
		return Lookup{Hash: h}, nil
	case strings.HasPrefix(name, secretPrefix):
		return Lookup{Hash: Sum(name)}, nil
	case strings.HasPrefix(name, idPrefix):
		return Lookup{ID: name}, nil
	default:
		return Lookup{Alias: name}, nil
	}
}

// shown is a name as an error may repeat it.
func shown(name string) string {
	if by, err := lookupOf(name); err == nil && by.ID == "" && by.Alias == "" {
		if _, isHash := ParseHash(name); !isHash {
			return Mask(name)
		}
	}
	return fmt.Sprintf("%q", name[:min(len(name), maxAlias)])
}

// List gives a part of the keys: those of the configuration first, then those of
// the store, oldest first. A filter leaves out the configuration's: they have
// neither team nor alias.
func (m *Manager) List(ctx context.Context, q Query) (Page, error) {
	var static []Record
	if q.Team == "" && q.Alias == "" {
		static = m.opts.Static()
	}
	page := Page{Records: static[min(q.Offset, len(static)):min(q.Offset+q.Limit, len(static))]}
	q.Limit -= len(page.Records)
	q.Offset = max(0, q.Offset-len(static))
	stored, err := m.opts.Store.List(ctx, q)
	if err != nil {
		return Page{}, told(err)
	}
	page.Records = append(slices.Clip(page.Records), stored.Records...)
	page.Total = len(static) + stored.Total
	return page, nil
}

// done tells of a change.
func (m *Manager) done(ctx context.Context, by Actor, action Action, r *Record, changed []string) {
	m.opts.Changed(ctx)
	m.audit(by, action, r, changed)
}

func (m *Manager) audit(by Actor, action Action, r *Record, changed []string) {
	m.opts.Audit(Event{
		Time: m.opts.Now(), Actor: by, Action: action,
		KeyID: r.ID, KeyAlias: r.Alias, TeamID: r.TeamID, Changed: changed,
	})
}
