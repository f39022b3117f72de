package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/keys"
)

func testRoundTrip(t *testing.T, open Database) {
	s := open(t)
	blue(t, s)
	for _, r := range []keys.Record{key(1), full(2)} {
		added, err := s.Create(t.Context(), []keys.Record{r})
		if err != nil || len(added) != 1 {
			t.Fatalf("Create = %d, %v", len(added), err)
		}
		equal(t, added[0], r)
		stored := mustFind(t, s, keys.Lookup{ID: r.ID})
		equal(t, stored, r)
		if stored.Revision == 0 || stored.Revision != added[0].Revision {
			t.Errorf("revision = %d, created with %d", stored.Revision, added[0].Revision)
		}
	}
}

func testKnownHash(t *testing.T, open Database) {
	s := open(t)
	mustCreate(t, s, key(1))
	again := key(1)
	again.ID, again.Alias = "key_other", "other"
	added, err := s.Create(t.Context(), []keys.Record{again, key(2), key(2)})
	if err != nil || len(added) != 1 || added[0].ID != key(2).ID {
		t.Errorf("Create = %+v, %v, want the one that is new", added, err)
	}
	equal(t, mustFind(t, s, keys.Lookup{Hash: key(1).Hash}), key(1))
}

func testPreviousIsTaken(t *testing.T, open Database) {
	s := open(t)
	rotated := key(1)
	rotated.Previous, rotated.GraceUntil = key(2).Hash, began
	mustCreate(t, s, rotated, key(3))
	if _, err := s.Create(t.Context(), []keys.Record{key(2)}); !errors.Is(err, keys.ErrSecretTaken) {
		t.Errorf("Create = %v, want ErrSecretTaken", err)
	}
	_, err := s.Update(t.Context(), key(3).ID, func(r *keys.Record) error { r.Hash = key(2).Hash; return nil })
	if !errors.Is(err, keys.ErrSecretTaken) {
		t.Errorf("Update to a previous secret = %v, want ErrSecretTaken", err)
	}
	_, err = s.Update(t.Context(), key(3).ID, func(r *keys.Record) error { r.Hash = key(1).Hash; return nil })
	if !errors.Is(err, keys.ErrSecretTaken) {
		t.Errorf("Update to another's secret = %v, want ErrSecretTaken", err)
	}
}

func testCreateAllOrNone(t *testing.T, open Database) {
	s := open(t)
	named := key(1)
	named.Alias = "ci"
	mustCreate(t, s, named)
	second := key(3)
	second.Alias = "ci"
	if _, err := s.Create(t.Context(), []keys.Record{key(2), second}); !errors.Is(err, keys.ErrAliasTaken) {
		t.Errorf("Create = %v, want ErrAliasTaken", err)
	}
	if _, err := s.Find(t.Context(), keys.Lookup{ID: key(2).ID}); !errors.Is(err, keys.ErrNotFound) {
		t.Errorf("Find of the first = %v, want that none was created", err)
	}
	if _, err := s.Create(t.Context(), nil); err != nil {
		t.Errorf("Create of nothing = %v", err)
	}
}

func testUpdate(t *testing.T, open Database) {
	s := open(t)
	blue(t, s)
	mustCreate(t, s, key(1), full(2))
	want := full(2)
	want.ID, want.Alias, want.Previous = key(1).ID, "another", keys.Sum("sk-storetest-other")
	want.Budget = dollars("budget_new", 3)
	want.Hash = keys.Sum("sk-storetest-rotated")
	got, err := s.Update(t.Context(), key(1).ID, func(r *keys.Record) error {
		equal(t, *r, key(1))
		*r = want
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, want)
	equal(t, mustFind(t, s, keys.Lookup{Hash: want.Hash}), want)
	bare := key(1)
	if _, err := s.Update(t.Context(), bare.ID, func(r *keys.Record) error { *r = bare; return nil }); err != nil {
		t.Fatal(err)
	}
	equal(t, mustFind(t, s, keys.Lookup{ID: bare.ID}), bare)
}

func testUpdateFails(t *testing.T, open Database) {
	s := open(t)
	named := key(1)
	named.Alias = "ci"
	mustCreate(t, s, named, key(2))
	own := errors.New("no")
	for _, tt := range []struct {
		name   string
		id     string
		change func(*keys.Record) error
		want   error
	}{
		{"an error of its own", key(2).ID, func(r *keys.Record) error { r.Blocked = true; return own }, own},
		{"an alias that is taken", key(2).ID, func(r *keys.Record) error { r.Alias, r.Blocked = "ci", true; return nil }, keys.ErrAliasTaken},
		{"a team there is not", key(2).ID, func(r *keys.Record) error { r.TeamID = "nobody"; return nil }, keys.ErrNoTeam},
		{"a key there is not", "key_nobody", func(*keys.Record) error { t.Error("change was called"); return nil }, keys.ErrNotFound},
	} {
		if _, err := s.Update(t.Context(), tt.id, tt.change); !errors.Is(err, tt.want) {
			t.Errorf("%s: Update = %v, want %v", tt.name, err, tt.want)
		}
	}
	equal(t, mustFind(t, s, keys.Lookup{ID: key(2).ID}), key(2))
}

func testBudget(t *testing.T, open Database) {
	s := open(t)
	r := key(1)
	r.Budget = dollars("budget_one", 100)
	mustCreate(t, s, r)
	set := func(b *keys.Terms) keys.Record {
		t.Helper()
		if _, err := s.Update(t.Context(), r.ID, func(r *keys.Record) error { r.Budget = b; return nil }); err != nil {
			t.Fatal(err)
		}
		return mustFind(t, s, keys.Lookup{ID: r.ID})
	}
	raised := &keys.Terms{ID: "budget_one", Limit: 1, Period: "daily"}
	if got := set(raised); *got.Budget != *raised {
		t.Errorf("budget = %+v, want %+v", got.Budget, raised)
	}
	if got := set(nil); got.Budget != nil {
		t.Errorf("budget = %+v, want none", got.Budget)
	}
	if got := set(dollars("budget_two", 5)); got.Budget == nil || got.Budget.ID != "budget_two" {
		t.Errorf("budget = %+v, want the second", got.Budget)
	}
	if err := s.Delete(t.Context(), []string{r.ID}); err != nil {
		t.Fatal(err)
	}
	// The id is free again, and no old terms are left under it.
	again := key(2)
	again.Budget = dollars("budget_two", 7)
	mustCreate(t, s, again)
	equal(t, mustFind(t, s, keys.Lookup{ID: again.ID}), again)
}

func testDelete(t *testing.T, open Database) {
	s := open(t)
	mustCreate(t, s, key(1), key(2), key(3))
	if err := s.Delete(t.Context(), []string{key(1).ID, "key_nobody"}); !errors.Is(err, keys.ErrNotFound) {
		t.Errorf("Delete = %v, want ErrNotFound", err)
	}
	mustFind(t, s, keys.Lookup{ID: key(1).ID})
	if err := s.Delete(t.Context(), []string{key(1).ID, key(3).ID}); err != nil {
		t.Fatal(err)
	}
	page, err := s.List(t.Context(), keys.Query{Limit: 10})
	if err != nil || page.Total != 1 || page.Records[0].ID != key(2).ID {
		t.Errorf("List = %+v, %v, want the second alone", page, err)
	}
}

func testMadeAgain(t *testing.T, open Database) {
	s := open(t)
	blue(t, s)
	mustCreate(t, s, full(1))
	if err := s.Delete(t.Context(), []string{full(1).ID}); err != nil {
		t.Fatal(err)
	}
	again := full(1)
	again.ID = "key_again"
	mustCreate(t, s, again)
	equal(t, mustFind(t, s, keys.Lookup{Alias: again.Alias}), again)
}

func testFind(t *testing.T, open Database) {
	s := open(t)
	blue(t, s)
	mustCreate(t, s, key(1), full(2), key(3))
	for _, by := range []keys.Lookup{
		{ID: full(2).ID},
		{Alias: full(2).Alias},
		{Hash: full(2).Hash},
		{Hash: full(2).Previous},
	} {
		equal(t, mustFind(t, s, by), full(2))
	}
	for _, by := range []keys.Lookup{{ID: "key_"}, {Alias: "CI & <build>"}, {Hash: keys.Sum("sk-nobody")}} {
		if _, err := s.Find(t.Context(), by); !errors.Is(err, keys.ErrNotFound) {
			t.Errorf("Find(%+v) = %v, want ErrNotFound", by, err)
		}
	}
}

func testList(t *testing.T, open Database) {
	s := open(t)
	blue(t, s)
	// Not in the order of their age.
	for _, n := range []int{4, 1, 3, 0} {
		mustCreate(t, s, key(n))
	}
	mustCreate(t, s, full(2))
	for _, tt := range []struct {
		name  string
		query keys.Query
		want  []int
		total int
	}{
		{"all", keys.Query{Limit: 10}, []int{0, 1, 2, 3, 4}, 5},
		{"the first page", keys.Query{Limit: 2}, []int{0, 1}, 5},
		{"the last page", keys.Query{Offset: 4, Limit: 2}, []int{4}, 5},
		{"behind the end", keys.Query{Offset: 6, Limit: 2}, nil, 5},
		{"none, to count", keys.Query{}, nil, 5},
		{"a team", keys.Query{Team: "team_blue", Limit: 10}, []int{2}, 1},
		{"an alias", keys.Query{Alias: full(2).Alias, Limit: 10}, []int{2}, 1},
		{"a team without keys", keys.Query{Team: "team_red", Limit: 10}, nil, 0},
	} {
		page, err := s.List(t.Context(), tt.query)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, r := range page.Records {
			got = append(got, int(r.CreatedAt.Sub(began)/time.Second))
		}
		if len(got) != len(tt.want) || page.Total != tt.total {
			t.Errorf("%s: keys %v of %d, want %v of %d", tt.name, got, page.Total, tt.want, tt.total)
			continue
		}
		for i := range got {
			if got[i] != tt.want[i] {
				t.Errorf("%s: keys %v, want %v", tt.name, got, tt.want)
				break
			}
		}
	}
}
