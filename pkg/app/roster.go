package app

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/gateway"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/ratelimit"
)

// syncEvery is how often the store is asked for what other processes have changed.
const syncEvery = 500 * time.Millisecond

// roster is everybody who may call: the keys of the configuration and all those of
// the store, which it follows. Safe for concurrent use.
type roster struct {
	feed   keys.Feed
	logger *slog.Logger

	mu        sync.Mutex // guards all below: one change at a time
	rules     *callerRules
	directory *gateway.Directory
	members   map[string]*member // by id
	teams     map[string]string  // names, by id
	shared    *sharedBudgets
	// revision is what the store was followed up to; loaded says that it was, once.
	revision int64
	loaded   bool
	// failed is why the store could not be read the last time, nil where it could.
	failed error
	// removed and added are collected while the store tells of changes. What is added
	// counts: a secret may have gone from one key to another.
	removed, added []gateway.Change
	// touched are the ids of keys whose shared budgets are not what they were.
	touched map[string]bool
}

// member is a key of the store as calls meet it, with what is its own: a reload
// changes what is not.
type member struct {
	caller         *gateway.Caller
	hash, previous keys.Hash
	until          time.Time
	limits         ratelimit.Limits
	budget         *budget.Budget // nil for none
	period         string         // of the budget, as it was written
}

// newRoster makes a roster without the keys of the store: those come with the first
// sync.
func newRoster(feed keys.Feed, rules *callerRules, logger *slog.Logger) *roster {
	r := &roster{
		feed: feed, logger: logger, members: make(map[string]*member), teams: make(map[string]string),
		shared: newSharedBudgets(), touched: make(map[string]bool),
	}
	r.rules, r.directory = rules, gateway.NewDirectory(rules.static)
	r.directory.MarkPartial()
	return r
}

// follow puts the member's budget on the calendar of the rules.
func (m *member) follow(rules *callerRules) {
	if m.budget == nil {
		return
	}
	b := *m.budget
	// It was read with another calendar before: the period is a good one.
	b.Period, _ = budget.ParsePeriod(m.period, rules.location)
	m.budget = &b
}

// resolve gives the member the caller that follows from the rules and from the budgets
// that it shares with others.
func (m *member) resolve(k *keys.Key, rules *callerRules, shared *sharedBudgets) {
	budgets := slices.Clip(rules.shared)
	if m.budget != nil {
		budgets = append(budgets, m.budget)
	}
	budgets = append(budgets, shared.of(k.ID)...)
	m.caller = gateway.NewCaller(k, m.limits.Or(rules.defaults), budgets)
}

// append appends the entries of the member. A secret that stands in the
// configuration, too, is the configuration's.
func (m *member) append(changes []gateway.Change, rules *callerRules) []gateway.Change {
	if !rules.reserved[m.hash] {
		changes = append(changes, gateway.Change{Hash: m.hash, Entry: gateway.Entry{Caller: m.caller}})
	}
	if !m.previous.IsZero() && !rules.reserved[m.previous] {
		changes = append(changes, gateway.Change{Hash: m.previous, Entry: gateway.Entry{Caller: m.caller, Until: m.until}})
	}
	return changes
}

// reload puts everybody under the rules of another configuration. use gets the
// directory that follows from them; where it returns an error, nothing has changed.
func (r *roster) reload(rules *callerRules, use func(*gateway.Directory) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	members := make(map[string]*member, len(r.members))
	shared := r.shared.follow(rules, r.logger)
	changes := make([]gateway.Change, 0, len(rules.static)+len(r.members))
	for id, m := range r.members {
		next := *m
		next.follow(rules)
		next.resolve(m.caller.Key, rules, shared)
		members[id] = &next
		changes = next.append(changes, rules)
	}
	for _, c := range rules.static {
		changes = append(changes, shared.static(c))
	}
	d := gateway.NewDirectory(changes)
	if !r.loaded {
		d.MarkPartial()
	}
	if err := use(d); err != nil {
		return err
	}
	r.rules, r.directory, r.members, r.shared = rules, d, members, shared
	return nil
}

// sync follows the store up to now. What it was told of counts, also where the rest
// could not be read.
func (r *roster) sync(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	next, err := r.feed.Changes(ctx, r.revision, (*following)(r))
	r.refresh()
	if changes := append(r.removed, r.added...); len(changes) > 0 {
		r.directory.Apply(changes)
	}
	r.removed, r.added = nil, nil
	if r.failed = err; err != nil {
		return fmt.Errorf("read the keys: %w", err)
	}
	r.revision = next
	r.complete()
	return nil
}

// refresh puts the keys whose shared budgets have changed under those they have now:
// when everything is told, for then it is known who they are. The caller holds mu.
func (r *roster) refresh() {
	if len(r.touched) == 0 {
		return
	}
	for id := range r.touched {
		if m := r.members[id]; m != nil {
			next := *m
			next.resolve(m.caller.Key, r.rules, r.shared)
			r.members[id] = &next
			r.added = next.append(r.added, r.rules)
		}
	}
	for _, c := range r.rules.static {
		if r.touched[c.Caller.ID] {
			r.added = append(r.added, r.shared.static(c))
		}
	}
	clear(r.touched)
}

// begin says that the store is empty: everybody is there.
func (r *roster) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.complete()
}

// complete says that everybody is there. The caller holds mu.
func (r *roster) complete() {
	if !r.loaded {
		r.loaded = true
		r.directory.MarkComplete()
	}
}

// following is the roster as the store tells it of changes: within sync.
type following roster

// Team implements keys.Follower.
func (f *following) Team(t keys.Team) { f.teams[t.ID] = t.Alias }

// Budget implements keys.Follower.
func (f *following) Budget(b *keys.Budget) { f.touch(f.shared.put(b, f.rules, f.logger)) }

// GoneBudget implements keys.Follower.
func (f *following) GoneBudget(id string) { f.touch(f.shared.drop(id)) }

func (f *following) touch(ids []string) {
	for _, id := range ids {
		f.touched[id] = true
	}
}

// Key implements keys.Follower.
func (f *following) Key(r *keys.Record) {
	m := &member{hash: r.Hash, previous: r.Previous, until: r.GraceUntil, limits: ratelimit.Limits(r.Limits)}
	k := &keys.Key{
		ID: r.ID, Name: r.DisplayName(), Team: r.TeamID, TeamName: f.teams[r.TeamID],
		Models: r.Models, Expires: r.Expires, Blocked: r.Blocked,
	}
	if r.Budget != nil {
		b, err := f.rules.budgetOf(r)
		if err != nil {
			// A key whose budget cannot be kept must not spend.
			f.logger.Error("a key is blocked because its budget cannot be read", "key_id", r.ID, "err", err)
			k.Blocked = true
		}
		m.budget, m.period = b, r.Budget.Period
	}
	m.resolve(k, f.rules, f.shared)
	f.forget(r.ID)
	f.added = m.append(f.added, f.rules)
	f.members[r.ID] = m
}

// Gone implements keys.Follower.
func (f *following) Gone(id string) {
	f.forget(id)
	delete(f.members, id)
}

// forget takes the entries of a member out.
func (f *following) forget(id string) {
	m := f.members[id]
	if m == nil {
		return
	}
	for _, c := range m.append(nil, f.rules) {
		f.removed = append(f.removed, gateway.Change{Hash: c.Hash})
	}
}

// run follows the store until ctx ends. It tells a failure that repeats once, and
// its end.
func (r *roster) run(ctx context.Context) {
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		_, before := r.state()
		err := r.sync(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && before == nil:
			r.logger.Error("the keys in the database cannot be read; those that are known go on working", "err", err)
		case err == nil && before != nil:
			r.logger.Info("the keys in the database can be read again")
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// state says whether the store was read at least once, and why not the last time.
func (r *roster) state() (loaded bool, failed error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.loaded, r.failed
}

// current are the rules that apply now.
func (r *roster) current() *callerRules {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rules
}

// budgets lists the budgets of the configuration and those of the store: the shared
// ones, and those of single keys unless there are more than most.
func (r *roster) budgets(most int) (config, stored []*budget.Budget) {
	r.mu.Lock()
	defer r.mu.Unlock()
	shared := r.shared.all()
	var own []*budget.Budget
	for _, m := range r.members {
		if m.budget == nil {
			continue
		}
		if len(own) == most {
			return r.rules.all, shared
		}
		own = append(own, m.budget)
	}
	return r.rules.all, append(shared, own...)
}
