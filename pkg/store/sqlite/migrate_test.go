package sqlite

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/llmgw/llmgw/pkg/keys"
)

func TestNewestIsTheLastStep(t *testing.T) {
	t.Parallel()
	steps, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil || len(steps) != newest {
		t.Errorf("%d steps, %v, want %d", len(steps), err, newest)
	}
}

// What the first version has stored is there in the newest one, and can be changed.
func TestADatabaseOfTheFirstVersion(t *testing.T) {
	t.Parallel()
	s, err := New(filepath.Join(t.TempDir(), "llmgw.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, s.write, steps, goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	h := keys.Sum("sk-of-before")
	for _, step := range []struct {
		text string
		args []any
	}{
		{`UPDATE revision SET value = 1`, nil},
		{`INSERT INTO budgets (id, limit_nano, period, hard) VALUES ('budget_old', 5, 'daily', 1)`, nil},
		{`INSERT INTO keys (id, hash, name, budget_id, blocked, created_at, updated_at, revision) VALUES ('key_old', ?, 'sk-…fore', 'budget_old', 0, 1, 1, 1)`, []any{h[:]}},
	} {
		if _, err := s.write.ExecContext(t.Context(), step.text, step.args...); err != nil {
			t.Fatal(err)
		}
	}
	r, err := s.Find(t.Context(), keys.Lookup{Hash: h})
	if err != nil || r.ID != "key_old" || *r.Budget != (keys.Terms{ID: "budget_old", Limit: 5, Period: "daily", Hard: true}) {
		t.Errorf("Find = %+v, %v", r, err)
	}
	if _, err := s.Update(t.Context(), "key_old", func(r *keys.Record) error { r.Budget.Limit = 6; return nil }); err != nil {
		t.Error(err)
	}
	b := keys.Budget{Terms: keys.Terms{ID: "budget_new", Limit: 7, Period: "total"}, Name: "new", Keys: []string{"key_old"}, CreatedAt: time.Unix(1, 0), UpdatedAt: time.Unix(1, 0)}
	if err := s.CreateBudget(t.Context(), &b); err != nil {
		t.Error(err)
	}
	list, err := s.Budgets(t.Context())
	if err != nil || len(list) != 1 || list[0].Name != "new" || strings.Join(list[0].Keys, ",") != "key_old" {
		t.Errorf("Budgets = %+v, %v", list, err)
	}
	if err := s.Delete(t.Context(), []string{"key_old"}); err != nil {
		t.Error(err)
	}
}
