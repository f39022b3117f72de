// Package storetest is one suite that every key store passes.
//
// It is for tests only: each package below pkg/store runs it over its own store,
// and package keys over the one that its tests use.
package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/llm"
)

// Database opens one database, again and again: each Store is another way to the
// same keys. It closes them at the end of the test.
type Database func(t *testing.T) keys.Store

// Run runs the suite. create makes an empty database.
func Run(t *testing.T, create func(t *testing.T) Database) {
	t.Helper()
	for _, test := range []struct {
		name string
		run  func(t *testing.T, open Database)
	}{
		{"a key comes back as it was stored", testRoundTrip},
		{"a known hash is left out", testKnownHash},
		{"a secret of before a rotation is taken", testPreviousIsTaken},
		{"all are created or none", testCreateAllOrNone},
		{"an update is stored", testUpdate},
		{"an update that fails changes nothing", testUpdateFails},
		{"a budget keeps its id and ends with its key", testBudget},
		{"all are deleted or none", testDelete},
		{"what was deleted can be made again", testMadeAgain},
		{"a key is found by its names", testFind},
		{"the list has pages and filters", testList},
		{"teams", testTeams},
		{"a key needs a team that is there", testNoTeam},
		{"a budget with a name comes back as it was stored", testNamedBudget},
		{"names of budgets are unique", testBudgetNames},
		{"a budget that is deleted is gone", testDeletedBudget},
		{"a key that is deleted leaves its budgets", testKeyLeavesBudget},
		{"the feed tells of budgets", testBudgetFeed},
		{"the feed tells what has changed", testFeed},
		{"the feed begins with everything", testFeedBegins},
		{"what one way stores is seen by another", testTwoWays},
		{"no update is lost", testConcurrentUpdates},
		{"of many with one name one wins", testOneWins},
		{"a context that has ended changes nothing", testCanceled},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, create(t))
		})
	}
}

// began is when everything in the suite was made.
var began = time.Date(2026, time.November, 24, 12, 0, 0, 123456789, time.UTC)

// key is a key with nothing but what every key has. Its age follows n.
func key(n int) keys.Record {
	secret := "sk-storetest-" + string(rune('a'+n%26)) + time.Duration(n).String()
	return keys.Record{
		ID: "key_" + keys.Sum(secret).String()[:16], Hash: keys.Sum(secret), Name: keys.Mask(secret),
		CreatedAt: began.Add(time.Duration(n) * time.Second), UpdatedAt: began,
	}
}

// full is a key with everything set.
func full(n int) keys.Record {
	r := key(n)
	r.Alias, r.TeamID = "ci & <build>", "team_blue"
	r.Previous, r.GraceUntil = keys.Sum("sk-storetest-before"), began.Add(time.Hour)
	r.Models = []string{"claude-*", `odd "name"`}
	r.Limits = keys.Limits{RPM: 1, TPM: 2, RPD: 3, Parallel: 1 << 40}
	r.Budget = &keys.Terms{ID: "budget_full", Limit: 12_345_678_901, Period: "30d", Hard: true}
	r.Expires = began.AddDate(100, 0, 0)
	r.Blocked = true
	r.Metadata = `{"a":1.0,"b":"<&>"}`
	return r
}

// equal compares records but for what is the store's own.
func equal(t *testing.T, got, want keys.Record) {
	t.Helper()
	ignore := cmpopts.IgnoreFields(keys.Record{}, "Revision")
	if diff := cmp.Diff(want, got, ignore, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the key is not what was stored (-want +got):\n%s", diff)
	}
}

// make creates keys that must be possible.
func mustCreate(t *testing.T, s keys.Store, records ...keys.Record) {
	t.Helper()
	added, err := s.Create(t.Context(), records)
	if err != nil || len(added) != len(records) {
		t.Fatalf("Create = %d keys, %v, want %d", len(added), err, len(records))
	}
}

func mustFind(t *testing.T, s keys.Store, by keys.Lookup) keys.Record {
	t.Helper()
	r, err := s.Find(t.Context(), by)
	if err != nil {
		t.Fatalf("Find(%+v) = %v", by, err)
	}
	return r
}

func blue(t *testing.T, s keys.Store) {
	t.Helper()
	if err := s.CreateTeam(t.Context(), keys.Team{ID: "team_blue", Alias: "blue", CreatedAt: began}); err != nil {
		t.Fatal(err)
	}
}

// dollars is a budget of one key.
func dollars(id string, n llm.NanoUSD) *keys.Terms {
	return &keys.Terms{ID: id, Limit: n * llm.USD, Period: "monthly", Hard: true}
}
