package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/llmgw/llmgw/pkg/keys"
)

// follower notes what it is told of.
type follower struct{ told []string }

func (f *follower) Team(t keys.Team)   { f.told = append(f.told, "team "+t.ID) }
func (f *follower) Key(r *keys.Record) { f.told = append(f.told, "key "+r.ID) }
func (f *follower) Gone(id string)     { f.told = append(f.told, "gone "+id) }
func (f *follower) Budget(b *keys.Budget) {
	f.told = append(f.told, fmt.Sprintf("budget %s %v", b.Name, b.Limit))
}
func (f *follower) GoneBudget(id string) { f.told = append(f.told, "gone "+id) }

// follow asks the feed and returns where it goes on and what it has told, sorted.
func follow(t *testing.T, s keys.Store, after int64) (next int64, told string) {
	t.Helper()
	var f follower
	next, err := s.Changes(t.Context(), after, &f)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(f.told)
	return next, strings.Join(f.told, ", ")
}

func testFeed(t *testing.T, open Database) {
	s := open(t)
	next, told := follow(t, s, 0)
	if told != "" {
		t.Errorf("an empty store tells of %s", told)
	}
	step := func(what, want string, change func() error) {
		t.Helper()
		if err := change(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		before := next
		if next, told = follow(t, s, next); told != want {
			t.Errorf("%s: the feed tells of %q, want %q", what, told, want)
		}
		if want != "" && next <= before {
			t.Errorf("%s: revision %d after %d", what, next, before)
		}
		if _, again := follow(t, s, next); again != "" {
			t.Errorf("%s: the feed tells of %q again", what, again)
		}
	}
	update := func(r keys.Record, change func(*keys.Record)) func() error {
		return func() error {
			_, err := s.Update(t.Context(), r.ID, func(r *keys.Record) error { change(r); return nil })
			return err
		}
	}
	create := func(records ...keys.Record) func() error {
		return func() error { _, err := s.Create(t.Context(), records); return err }
	}
	a, b := key(1), key(2)
	a.Budget = dollars("budget_a", 1)
	step("nothing", "", func() error { return nil })
	step("a team", "team team_blue", func() error {
		return s.CreateTeam(t.Context(), keys.Team{ID: "team_blue", Alias: "blue", CreatedAt: began})
	})
	step("two keys", fmt.Sprintf("key %s, key %s", min(a.ID, b.ID), max(a.ID, b.ID)), create(a, b))
	step("a block", "key "+a.ID, update(a, func(r *keys.Record) { r.Blocked = true }))
	step("a budget", "key "+a.ID, update(a, func(r *keys.Record) { r.Budget = dollars("budget_a", 2) }))
	step("a deletion", "gone "+a.ID, func() error { return s.Delete(t.Context(), []string{a.ID}) })
	step("a key that comes and goes", "gone "+key(3).ID, func() error {
		if err := create(key(3))(); err != nil {
			return err
		}
		return s.Delete(t.Context(), []string{key(3).ID})
	})
}

func testFeedBegins(t *testing.T, open Database) {
	s := open(t)
	blue(t, s)
	mustCreate(t, s, full(1), key(2), key(3))
	if err := s.Delete(t.Context(), []string{key(3).ID}); err != nil {
		t.Fatal(err)
	}
	var f follower
	if _, err := s.Changes(t.Context(), 0, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.told) != 3 || f.told[0] != "team team_blue" {
		t.Errorf("the feed begins with %v, want the team, then its key and the other", f.told)
	}
}

func testTwoWays(t *testing.T, open Database) {
	one, two := open(t), open(t)
	next, _ := follow(t, one, 0)
	mustCreate(t, two, key(1))
	next, told := follow(t, one, next)
	if told != "key "+key(1).ID {
		t.Errorf("the other way tells of %q", told)
	}
	if err := one.Delete(t.Context(), []string{key(1).ID}); err != nil {
		t.Fatal(err)
	}
	if _, told := follow(t, two, next); told != "gone "+key(1).ID {
		t.Errorf("the first way tells of %q", told)
	}
}

func testConcurrentUpdates(t *testing.T, open Database) {
	const workers, rounds = 4, 25
	mustCreate(t, open(t), key(1))
	var wg sync.WaitGroup
	for range workers {
		s := open(t)
		wg.Go(func() {
			for range rounds {
				_, err := s.Update(t.Context(), key(1).ID, func(r *keys.Record) error { r.Limits.RPM++; return nil })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := mustFind(t, open(t), keys.Lookup{ID: key(1).ID}).Limits.RPM; got != workers*rounds {
		t.Errorf("%d of %d updates are there", got, workers*rounds)
	}
}

func testOneWins(t *testing.T, open Database) {
	s := open(t)
	const many = 16
	var wg sync.WaitGroup
	won := make(chan string, many)
	for n := range many {
		wg.Go(func() {
			r := key(n)
			r.Alias = "ci"
			if added, err := s.Create(t.Context(), []keys.Record{r}); err == nil {
				won <- added[0].ID
			}
		})
	}
	wg.Wait()
	close(won)
	winner, ok := <-won
	if _, second := <-won; !ok || second {
		t.Fatal("none has won, or more than one")
	}
	if got := mustFind(t, s, keys.Lookup{Alias: "ci"}).ID; got != winner {
		t.Errorf("%s has the alias, but %s was told so", got, winner)
	}
}

func testCanceled(t *testing.T, open Database) {
	s := open(t)
	mustCreate(t, s, key(1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Create(ctx, []keys.Record{key(2)}); err == nil {
		t.Error("Create = nil, want an error")
	}
	if err := s.Delete(ctx, []string{key(1).ID}); err == nil {
		t.Error("Delete = nil, want an error")
	}
	page, err := s.List(t.Context(), keys.Query{Limit: 10})
	if err != nil || page.Total != 1 || page.Records[0].ID != key(1).ID {
		t.Errorf("List = %+v, %v, want the first key alone", page, err)
	}
}
