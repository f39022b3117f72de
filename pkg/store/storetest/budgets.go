package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/llmgw/llmgw/pkg/keys"
)

// shared is a budget of keys.
func shared(name string, members ...string) keys.Budget {
	slices.Sort(members)
	return keys.Budget{
		Terms: keys.Terms{ID: "budget_" + name, Limit: 12_345_678_901, Period: "30d", Hard: true},
		Name:  name, Alert: 0.8, Keys: members, CreatedAt: began, UpdatedAt: began,
	}
}

func mustBudget(t *testing.T, s keys.Store, budgets ...keys.Budget) {
	t.Helper()
	for i := range budgets {
		if err := s.CreateBudget(t.Context(), &budgets[i]); err != nil {
			t.Fatalf("CreateBudget(%s) = %v", budgets[i].Name, err)
		}
	}
}

func sameBudgets(t *testing.T, got []keys.Budget, want ...keys.Budget) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("budgets (-want +got):\n%s", diff)
	}
}

func testNamedBudget(t *testing.T, open Database) {
	s := open(t)
	if list, err := s.Budgets(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("Budgets = %v, %v, want none", list, err)
	}
	a, z := shared("a & <b>", key(1).ID, "key_static"), shared("z")
	z.Alert, z.Hard, z.Period = 0, false, "total"
	mustBudget(t, s, z, a)
	for _, name := range []string{a.Name, a.ID} {
		got, err := s.FindBudget(t.Context(), name)
		if err != nil {
			t.Fatalf("FindBudget(%s) = %v", name, err)
		}
		sameBudgets(t, []keys.Budget{got}, a)
	}
	want := shared("a", key(2).ID)
	want.ID, want.Limit, want.UpdatedAt = a.ID, 1, began.Add(time.Hour)
	got, err := s.UpdateBudget(t.Context(), a.ID, func(b *keys.Budget) error {
		sameBudgets(t, []keys.Budget{*b}, a)
		*b = want
		b.ID = "budget_other" // the id is the store's
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sameBudgets(t, []keys.Budget{got}, want)
	list, err := open(t).Budgets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sameBudgets(t, list, want, z)
	own := errors.New("no")
	if _, err := s.UpdateBudget(t.Context(), a.ID, func(b *keys.Budget) error { b.Limit = 77; return own }); !errors.Is(err, own) {
		t.Errorf("UpdateBudget = %v, want the error of the change", err)
	}
	if got, err := s.FindBudget(t.Context(), a.ID); err != nil || got.Limit != 1 {
		t.Errorf("after a change that failed: %+v, %v", got, err)
	}
}

func testBudgetNames(t *testing.T, open Database) {
	s := open(t)
	mustBudget(t, s, shared("a"), shared("b"))
	again := shared("a")
	again.ID = "budget_c"
	if err := s.CreateBudget(t.Context(), &again); !errors.Is(err, keys.ErrAliasTaken) {
		t.Errorf("CreateBudget = %v, want ErrAliasTaken", err)
	}
	_, err := s.UpdateBudget(t.Context(), "budget_b", func(b *keys.Budget) error { b.Name = "a"; return nil })
	if !errors.Is(err, keys.ErrAliasTaken) {
		t.Errorf("UpdateBudget = %v, want ErrAliasTaken", err)
	}
	// A key's own budget has no name, and is none of these.
	r := key(1)
	r.Budget = dollars("budget_own", 1)
	mustCreate(t, s, r)
	for what, err := range map[string]error{
		"UpdateBudget": func() error {
			_, err := s.UpdateBudget(t.Context(), "budget_own", func(*keys.Budget) error { t.Error("change was called"); return nil })
			return err
		}(),
		"DeleteBudget": s.DeleteBudget(t.Context(), "budget_own"),
		"FindBudget":   func() error { _, err := s.FindBudget(t.Context(), "budget_own"); return err }(),
	} {
		if !errors.Is(err, keys.ErrNotFound) {
			t.Errorf("%s of a key's own budget = %v, want ErrNotFound", what, err)
		}
	}
}

func testDeletedBudget(t *testing.T, open Database) {
	s := open(t)
	mustBudget(t, s, shared("a", key(1).ID))
	if err := s.DeleteBudget(t.Context(), "budget_a"); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteBudget(t.Context(), "budget_a"); !errors.Is(err, keys.ErrNotFound) {
		t.Errorf("DeleteBudget again = %v, want ErrNotFound", err)
	}
	other := shared("a")
	other.ID = "budget_other"
	mustBudget(t, s, other)
	list, err := s.Budgets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sameBudgets(t, list, other)
}

func testKeyLeavesBudget(t *testing.T, open Database) {
	s := open(t)
	mustCreate(t, s, key(1), key(2))
	mustBudget(t, s, shared("a", key(1).ID, key(2).ID))
	if err := s.Delete(t.Context(), []string{key(1).ID}); err != nil {
		t.Fatal(err)
	}
	list, err := s.Budgets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sameBudgets(t, list, shared("a", key(2).ID))
}

func testBudgetFeed(t *testing.T, open Database) {
	s := open(t)
	mustCreate(t, s, key(1))
	mustBudget(t, s, shared("a", key(1).ID), shared("b"))
	next, told := follow(t, s, 0)
	if want := "budget a 12.345678901, budget b 12.345678901, key " + key(1).ID; told != want {
		t.Errorf("the feed begins with %q, want %q", told, want)
	}
	if _, err := s.UpdateBudget(t.Context(), "budget_a", func(b *keys.Budget) error { b.Limit = 1_000_000_000; return nil }); err != nil {
		t.Fatal(err)
	}
	if next, told = follow(t, s, next); told != "budget a 1" {
		t.Errorf("after a change the feed tells of %q", told)
	}
	if err := s.DeleteBudget(t.Context(), "budget_b"); err != nil {
		t.Fatal(err)
	}
	if next, told = follow(t, s, next); told != "gone budget_b" {
		t.Errorf("after a deletion the feed tells of %q", told)
	}
	if _, told = follow(t, s, next); told != "" {
		t.Errorf("the feed tells of %q again", told)
	}
	if _, told = follow(t, s, 0); told != "budget a 1, key "+key(1).ID {
		t.Errorf("the feed begins with %q", told)
	}
}
