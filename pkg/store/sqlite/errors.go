package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/llmgw/llmgw/pkg/keys"
)

// primary cuts an extended result code down to its class.
const primary = 0xff

// classify says in the words of package keys what an error of the database means.
// Errors that are in them already pass.
func classify(err error) error {
	var e *sqlite.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return keys.ErrNotFound
	case !errors.As(err, &e):
		return err
	}
	switch e.Code() {
	case lib.SQLITE_CONSTRAINT_FOREIGNKEY:
		return fmt.Errorf("%w: %w", keys.ErrNoTeam, err)
	case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY:
		return fmt.Errorf("%w: %w", taken(e.Error()), err)
	}
	switch e.Code() & primary {
	case lib.SQLITE_INTERRUPT:
		return fmt.Errorf("%w: %w", context.Canceled, err)
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return fmt.Errorf("%w: another process holds the database: %w", keys.ErrUnavailable, err)
	case lib.SQLITE_FULL:
		return fmt.Errorf("%w: the disk is full: %w", keys.ErrUnavailable, err)
	case lib.SQLITE_IOERR, lib.SQLITE_NOMEM, lib.SQLITE_PROTOCOL:
		return fmt.Errorf("%w: %w", keys.ErrUnavailable, err)
	case lib.SQLITE_READONLY, lib.SQLITE_PERM, lib.SQLITE_CANTOPEN:
		return fmt.Errorf("it cannot be written (look at the rights of the file and its folder): %w", err)
	case lib.SQLITE_NOTADB:
		return fmt.Errorf("the file is no SQLite database (move it away, and a new one is made): %w", err)
	case lib.SQLITE_CORRUPT:
		return fmt.Errorf("the file is damaged (restore it from a copy, or try: sqlite3 FILE .recover): %w", err)
	}
	return err
}

// taken says which of the unique things a message is about.
func taken(message string) error {
	switch {
	case strings.Contains(message, "teams.id"):
		return keys.ErrIDTaken
	case strings.Contains(message, ".alias"), strings.Contains(message, "budgets.name"):
		return keys.ErrAliasTaken
	default:
		return keys.ErrSecretTaken
	}
}
