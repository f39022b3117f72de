package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/gateway"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/ratelimit"
	"github.com/llmgw/llmgw/pkg/store/sqlite"
)

// told is a feed that tells of what a test wants, once.
type told struct {
	teams       []keys.Team
	budgets     []keys.Budget
	keys        []keys.Record
	gone        []string
	goneBudgets []string
	err         error
}

// Changes implements keys.Feed.
func (f *told) Changes(_ context.Context, after int64, to keys.Follower) (int64, error) {
	for _, t := range f.teams {
		to.Team(t)
	}
	for i := range f.budgets {
		to.Budget(&f.budgets[i])
	}
	for i := range f.keys {
		to.Key(&f.keys[i])
	}
	for _, id := range f.gone {
		to.Gone(id)
	}
	for _, id := range f.goneBudgets {
		to.GoneBudget(id)
	}
	err := f.err
	*f = told{}
	return after + 1, err
}

func rulesOf(static ...string) *callerRules {
	rules := &callerRules{reserved: map[keys.Hash]bool{}, defaults: ratelimit.Limits{RPM: 7, TPM: 70}, location: time.UTC}
	for _, secret := range static {
		h := keys.Sum(secret)
		rules.reserved[h] = true
		caller := gateway.NewCaller(&keys.Key{ID: "static"}, ratelimit.Limits{}, nil)
		rules.static = append(rules.static, gateway.Change{Hash: h, Entry: gateway.Entry{Caller: caller}})
	}
	return rules
}

func record(id, secret string) keys.Record { return keys.Record{ID: id, Hash: keys.Sum(secret)} }

// who is the id of whoever a secret belongs to, "" for nobody.
func who(r *roster, secret string) string {
	if c := r.directory.Find(keys.Sum(secret)).Caller; c != nil {
		return c.ID
	}
	return ""
}

func TestRosterFollowsASecretFromKeyToKey(t *testing.T) {
	t.Parallel()
	rotated := record("a", "sk-new")
	rotated.Previous, rotated.GraceUntil = keys.Sum("sk-old"), time.Now().Add(time.Hour)
	for _, tt := range []struct {
		name  string
		steps []told
		want  map[string]string
	}{
		{"a key comes", []told{{keys: []keys.Record{record("a", "sk-1")}}}, map[string]string{"sk-1": "a", "sk-static": "static"}},
		{"it gets another secret", []told{
			{keys: []keys.Record{record("a", "sk-1")}},
			{keys: []keys.Record{record("a", "sk-2")}},
		}, map[string]string{"sk-1": "", "sk-2": "a"}},
		{"it is rotated", []told{
			{keys: []keys.Record{record("a", "sk-old")}},
			{keys: []keys.Record{rotated}},
		}, map[string]string{"sk-old": "a", "sk-new": "a"}},
		{"it goes, with both secrets", []told{
			{keys: []keys.Record{rotated}},
			{gone: []string{"a", "nobody"}},
		}, map[string]string{"sk-old": "", "sk-new": ""}},
		{"its secret goes to another while it goes", []told{
			{keys: []keys.Record{record("a", "sk-1")}},
			{keys: []keys.Record{record("b", "sk-1")}, gone: []string{"a"}},
		}, map[string]string{"sk-1": "b"}},
		{"its secret goes to another that is told of first", []told{
			{keys: []keys.Record{record("a", "sk-1")}},
			{keys: []keys.Record{record("b", "sk-1"), record("a", "sk-2")}},
		}, map[string]string{"sk-1": "b", "sk-2": "a"}},
		{"a static key's secret", []told{
			{keys: []keys.Record{record("a", "sk-static")}},
			{gone: []string{"a"}},
		}, map[string]string{"sk-static": "static"}},
		{"what was told before a failure counts", []told{
			{keys: []keys.Record{record("a", "sk-1")}, err: errors.New("broken")},
		}, map[string]string{"sk-1": "a"}},
	} {
		feed := new(told)
		r := newRoster(feed, rulesOf("sk-static"), slog.New(slog.DiscardHandler))
		for _, step := range tt.steps {
			*feed = step
			if err := r.sync(t.Context()); (err == nil) != (step.err == nil) {
				t.Errorf("%s: sync = %v", tt.name, err)
			}
		}
		for secret, want := range tt.want {
			if got := who(r, secret); got != want {
				t.Errorf("%s: %s is %q's, want %q", tt.name, secret, got, want)
			}
		}
	}
}

func TestAReloadThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	feed := &told{teams: []keys.Team{{ID: "t", Alias: "Blue"}}, keys: []keys.Record{{ID: "a", Hash: keys.Sum("sk-1"), TeamID: "t", Limits: keys.Limits{TPM: 5}}}}
	before := rulesOf("sk-static")
	r := newRoster(feed, before, slog.New(slog.DiscardHandler))
	if err := r.sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	find := func() *gateway.Caller { return r.directory.Find(keys.Sum("sk-1")).Caller }
	if c := find(); c.Limits != (ratelimit.Limits{RPM: 7, TPM: 5}) || c.TeamName != "Blue" {
		t.Errorf("caller = %+v", c)
	}
	after := rulesOf("sk-1")
	after.defaults = ratelimit.Limits{RPM: 9}
	failure := errors.New("no")
	if err := r.reload(after, func(*gateway.Directory) error { return failure }); !errors.Is(err, failure) {
		t.Errorf("reload = %v", err)
	}
	if c := find(); c.ID != "a" || c.Limits.RPM != 7 || r.current() != before || who(r, "sk-static") != "static" {
		t.Errorf("caller = %+v", c)
	}
	if err := r.reload(after, func(d *gateway.Directory) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if who(r, "sk-1") != "static" || who(r, "sk-static") != "" {
		t.Error("the new static key does not win")
	}
	if err := r.reload(before, func(d *gateway.Directory) error { return nil }); err != nil || find().Limits != (ratelimit.Limits{RPM: 7, TPM: 5}) {
		t.Errorf("caller = %+v, %v", find(), err)
	}
}

// under are the accounts of the budgets that a secret falls under.
func under(r *roster, secret string) string {
	c := r.directory.Find(keys.Sum(secret)).Caller
	if c == nil {
		return "nobody"
	}
	var accounts []string
	for _, b := range c.Budgets {
		accounts = append(accounts, fmt.Sprintf("%s of %s", b.Account, b.Limit))
	}
	return strings.Join(accounts, ", ")
}

func shared(id string, limit llm.NanoUSD, members ...string) keys.Budget {
	return keys.Budget{Terms: keys.Terms{ID: id, Limit: limit, Period: "daily", Hard: true}, Name: id, Keys: members}
}

func TestRosterFollowsSharedBudgets(t *testing.T) {
	t.Parallel()
	rotated := record("a", "sk-2")
	own := record("b", "sk-3")
	own.Budget = &keys.Terms{ID: "own", Limit: llm.USD, Period: "total"}
	feed := new(told)
	r := newRoster(feed, rulesOf("sk-static"), slog.New(slog.DiscardHandler))
	for _, step := range []struct {
		name string
		told told
		want map[string]string
	}{
		{
			"keys and a budget come",
			told{budgets: []keys.Budget{shared("x", 5, "a", "static")}, keys: []keys.Record{record("a", "sk-1"), own}},
			map[string]string{"sk-1": "budget:x of 0.000000005", "sk-3": "budget:own of 1", "sk-static": "budget:x of 0.000000005"},
		},
		{
			"the budget changes",
			told{budgets: []keys.Budget{shared("x", 7, "a", "b")}},
			map[string]string{"sk-1": "budget:x of 0.000000007", "sk-3": "budget:own of 1, budget:x of 0.000000007", "sk-static": ""},
		},
		{
			"a key is rotated while its budget changes",
			told{budgets: []keys.Budget{shared("x", 8, "a", "b")}, keys: []keys.Record{rotated}},
			map[string]string{"sk-1": "nobody", "sk-2": "budget:x of 0.000000008"},
		},
		{
			"another budget comes",
			told{budgets: []keys.Budget{shared("w", 1, "b", "static", "nobody")}},
			map[string]string{"sk-2": "budget:x of 0.000000008", "sk-3": "budget:own of 1, budget:w of 0.000000001, budget:x of 0.000000008", "sk-static": "budget:w of 0.000000001"},
		},
		{
			"a key goes while its budget changes",
			told{budgets: []keys.Budget{shared("x", 9, "a", "b")}, gone: []string{"a"}},
			map[string]string{"sk-2": "nobody", "sk-3": "budget:own of 1, budget:w of 0.000000001, budget:x of 0.000000009"},
		},
		{
			"a budget goes",
			told{goneBudgets: []string{"w", "unknown"}},
			map[string]string{"sk-3": "budget:own of 1, budget:x of 0.000000009", "sk-static": ""},
		},
	} {
		*feed = step.told
		if err := r.sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		for secret, want := range step.want {
			if got := under(r, secret); got != want {
				t.Errorf("%s: %s is under %q, want %q", step.name, secret, got, want)
			}
		}
	}
	// A reload puts budgets on another calendar, and keeps who is in them.
	*feed = told{budgets: []keys.Budget{shared("x", 9, "b", "static")}}
	if err := r.sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	next := rulesOf("sk-static")
	next.location = time.FixedZone("there", 3600)
	if err := r.reload(next, func(*gateway.Directory) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if got := under(r, "sk-static"); got != "budget:x of 0.000000009" {
		t.Errorf("after a reload the static key is under %q", got)
	}
	at := time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC)
	_, ends := r.directory.Find(keys.Sum("sk-3")).Caller.Budgets[1].Period.Epoch(at)
	if !ends.Equal(time.Date(2026, time.November, 24, 23, 0, 0, 0, time.UTC)) {
		t.Errorf("the day ends at %v", ends)
	}
}

func TestASharedBudgetThatCannotBeReadRefuses(t *testing.T) {
	t.Parallel()
	bad := shared("x", llm.USD, "a")
	bad.Period = "of a later version"
	r := newRoster(&told{budgets: []keys.Budget{bad}, keys: []keys.Record{record("a", "sk-1")}}, rulesOf(), slog.New(slog.DiscardHandler))
	if err := r.sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := r.directory.Find(keys.Sum("sk-1")).Caller
	if len(c.Budgets) != 1 || c.Budgets[0].Limit != 0 || !c.Hard {
		t.Errorf("caller = %+v, want a budget without money", c)
	}
}

func TestABudgetThatCannotBeReadBlocks(t *testing.T) {
	t.Parallel()
	bad := record("a", "sk-1")
	bad.Budget = &keys.Terms{ID: "b", Limit: 1, Period: "of a later version"}
	r := newRoster(&told{keys: []keys.Record{bad}}, rulesOf(), slog.New(slog.DiscardHandler))
	if err := r.sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := r.directory.Find(bad.Hash).Caller; !c.Blocked {
		t.Errorf("caller = %+v, want it blocked", c)
	}
	if _, own := r.budgets(10); len(own) != 0 {
		t.Errorf("budgets = %v", own)
	}
}

// BenchmarkRoster is what 100,000 stored keys cost, each with an alias, a limit and a
// budget: in time at a start, and in memory.
func BenchmarkRoster(b *testing.B) {
	const many = 100_000
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "llmgw.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	fillStore(b, store, many)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	var r *roster
	b.ResetTimer()
	for b.Loop() {
		r = newRoster(store, rulesOf(), slog.New(slog.DiscardHandler))
		if err := r.sync(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(heap()-before)/many, "B/key")
	begun := time.Now()
	if err := r.reload(rulesOf(), func(*gateway.Directory) error { return nil }); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(time.Since(begun).Milliseconds()), "ms/reload")
	runtime.KeepAlive(r)
}

// fillStore puts many keys into a store, and keeps none of them.
func fillStore(b *testing.B, store *sqlite.Store, many int) {
	b.Helper()
	records := make([]keys.Record, many)
	for i := range records {
		h := keys.Sum(fmt.Sprintf("sk-%d", i))
		records[i] = keys.Record{
			ID: "key_" + h.String()[:16], Hash: h, Name: "sk-…wxyz", Alias: fmt.Sprintf("a key with a name %d", i), Limits: keys.Limits{RPM: 60},
			Budget: &keys.Terms{ID: "budget_" + h.String()[:16], Limit: 1e9, Period: "monthly", Hard: true}, CreatedAt: time.Now(), UpdatedAt: time.Now(),
		}
	}
	if _, err := store.Create(b.Context(), records); err != nil {
		b.Fatal(err)
	}
}
