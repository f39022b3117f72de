package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/store/sqlite"
	"github.com/llmgw/llmgw/pkg/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Database {
		file := filepath.Join(t.TempDir(), "data", "llmgw.db")
		return func(t *testing.T) keys.Store { return open(t, file) }
	})
}

func open(tb testing.TB, file string) *sqlite.Store {
	tb.Helper()
	s, err := sqlite.Open(tb.Context(), file)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}
