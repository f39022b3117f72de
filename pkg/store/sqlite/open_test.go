package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/store/sqlite"
)

func TestTheFilesAreTheirOwnersOnly(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("SKIP: files have no mode here")
	}
	dir := filepath.Join(t.TempDir(), "new", "data")
	s := open(t, filepath.Join(dir, "llmgw.db"))
	if _, err := s.Create(t.Context(), many(1)); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v, want 0600", e.Name(), info.Mode())
		}
	}
	if len(entries) < 3 {
		t.Errorf("there are %d files, want the database and its log", len(entries))
	}
}

func TestWhatWasStoredIsThereAfterwards(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "llmgw.db")
	first, err := sqlite.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Create(t.Context(), many(3)); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	page, err := open(t, file).List(t.Context(), keys.Query{Limit: 10})
	if err != nil || page.Total != 3 {
		t.Errorf("List = %d, %v, want 3", page.Total, err)
	}
}

// TestManyMakeOneDatabase lets a gateway and commands start at one time on an empty
// directory.
func TestManyMakeOneDatabase(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "llmgw.db")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s, err := sqlite.Open(t.Context(), file)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if _, err := s.Create(t.Context(), many(8)[i:i+1]); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	page, err := open(t, file).List(t.Context(), keys.Query{})
	if err != nil || page.Total != 8 {
		t.Errorf("List = %d, %v, want 8", page.Total, err)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		prepare func(t *testing.T, file string)
		is      error
		words   string
	}{
		{"no database", func(t *testing.T, file string) {
			write(t, file, bytes.Repeat([]byte("keys: [a, b]\n"), 400))
		}, nil, "no SQLite database"},
		{"a folder", func(t *testing.T, file string) {
			if err := os.Mkdir(file, 0o700); err != nil {
				t.Fatal(err)
			}
		}, nil, "is a directory"},
		{"a newer schema", func(t *testing.T, file string) {
			execute(t, file, `INSERT INTO schema_version (version_id, is_applied) VALUES (99, 1)`)
		}, sqlite.ErrNewer, "has the number 99"},
		{"another program's", func(t *testing.T, file string) {
			db, err := sql.Open("sqlite", file)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.ExecContext(t.Context(), `CREATE TABLE users (id)`); err != nil {
				t.Fatal(err)
			}
		}, nil, "another program's"},
		{"a damaged file", damage, nil, "damaged"},
		{"a file that may not be written", func(t *testing.T, file string) {
			if os.Getuid() == 0 {
				t.Skip("SKIP: root may write everything")
			}
			write(t, file, nil)
			if err := os.Chmod(file, 0o400); err != nil {
				t.Fatal(err)
			}
		}, fs.ErrPermission, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "llmgw.db")
			tt.prepare(t, file)
			s, err := sqlite.Open(t.Context(), file)
			if err == nil {
				s.Close()
				t.Fatal("Open = nil, want an error")
			}
			if tt.is != nil && !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.words) || !strings.Contains(err.Error(), "llmgw.db") {
				t.Errorf("Open = %v, want %v, %q and the file's name", err, tt.is, tt.words)
			}
			if errors.Is(err, keys.ErrUnavailable) {
				t.Errorf("Open = %v, want an error for good", err)
			}
		})
	}
	for _, name := range []string{"", "a?b.db", "a\x00b"} {
		if _, err := sqlite.Open(t.Context(), name); err == nil || !strings.Contains(err.Error(), "cannot be the name") {
			t.Errorf("Open(%q) = %v", name, err)
		}
	}
}

func write(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// execute makes a database and runs a statement on it.
func execute(t *testing.T, file, statement string) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// damage overwrites the pages of a database, but not the first one's head.
func damage(t *testing.T, file string) {
	t.Helper()
	execute(t, file, `SELECT 1`)
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 100; i < len(content); i++ {
		content[i] = 0xEE
	}
	write(t, file, content)
}

// TestALockedDatabaseIsTriedAgain holds the file while a gateway starts.
func TestALockedDatabaseIsTriedAgain(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "llmgw.db")
	holder, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	holder.SetMaxOpenConns(1)
	for _, statement := range []string{`PRAGMA locking_mode = EXCLUSIVE`, `BEGIN EXCLUSIVE`} {
		if _, err := holder.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	s, err := sqlite.Open(t.Context(), file)
	if !errors.Is(err, keys.ErrUnavailable) || s == nil {
		t.Fatalf("Open = %v, %v, want a store that is not available", s, err)
	}
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Teams(ctx); err == nil {
		t.Error("Teams = nil while the file is held")
	}
	if err := holder.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(t.Context(), many(1)); err != nil {
		t.Errorf("Create = %v once the file is free", err)
	}
}
