// Package sqlite keeps keys and teams in a SQLite database: one file in the data
// directory, for one gateway and for commands beside it.
//
// It knows no rule about keys (package keys does) and holds nothing in memory: app
// follows its changes. app opens it; commands reach it through app.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"modernc.org/sqlite"

	"github.com/llmgw/llmgw/pkg/keys"
)

// fileMode is that of the database: only whoever runs the gateway reads it. Its
// -wal and -shm files take it over.
const fileMode = 0o600

// ErrNewer says that the database was written by a version that knows more.
var ErrNewer = errors.New("the database was written by a newer llmgw")

// Store is a database. Safe for concurrent use, also by several processes.
type Store struct {
	path  string
	empty bool
	// write has one connection, so that changes of this process wait for each other
	// in memory and not for the file's lock. read has others: with a write-ahead log
	// nobody waits for a writer.
	write, read *sql.DB

	mu    sync.Mutex // guards ready
	ready bool       // the schema is that of this version
}

var _ keys.Store = (*Store)(nil)

// Open opens a database and brings it up to date: New and Prepare. The error wraps
// keys.ErrUnavailable where another process holds the file or the disk failed: then
// the Store is there nonetheless, and each use of it tries again. Other errors are
// for good: a file that is no database of ours, that may not be written, or that is
// of a newer version (ErrNewer).
func Open(ctx context.Context, path string) (*Store, error) {
	s, err := New(path)
	if err != nil {
		return nil, err
	}
	err = s.Prepare(ctx)
	if err != nil && !errors.Is(err, keys.ErrUnavailable) {
		return nil, errors.Join(err, s.Close())
	}
	return s, err
}

// New makes a store that has not looked into its file yet, and the file where there
// is none.
func New(path string) (*Store, error) {
	if strings.ContainsAny(path, "?\x00") || path == "" {
		return nil, fmt.Errorf("database %q: this cannot be the name of a database file", path)
	}
	// An absolute name cannot be taken for one of SQLite's URIs.
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	s := &Store{path: path}
	if s.empty, err = makeFile(path); err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	if s.write, err = open(path, writing, 1); err != nil {
		return nil, err
	}
	if s.read, err = open(path, reading, readers); err != nil {
		return nil, errors.Join(err, s.write.Close())
	}
	return s, nil
}

// readers is how many connections read: the feed, and the admin API.
const readers = 3

// Settings of connections. synchronous FULL makes what was answered for survive a
// loss of power: changes of keys are rare, and what they promise is access.
const (
	busyMillis = "5000"
	shared     = "_busy_timeout=" + busyMillis + "&_foreign_keys=1&_dqs=0&_defensive=1"
	writing    = shared + "&_txlock=immediate&_journal_mode=WAL&_synchronous=FULL"
	reading    = shared + "&_query_only=1"
)

// open makes a pool of connections, none of which is opened yet.
func open(path, settings string, connections int) (*sql.DB, error) {
	c, err := sqlite.NewConnector(path + "?" + settings)
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// makeFile makes the file with its mode, where it is not there: SQLite would leave
// the mode to the umask. It reports whether nothing is in it.
func makeFile(path string) (empty bool, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return false, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, fileMode)
	if err != nil {
		return false, err
	}
	info, err := f.Stat()
	if err = errors.Join(err, f.Close()); err != nil {
		return false, err
	}
	return info.Size() == 0, nil
}

// Empty reports whether nothing was in the file when the store was made: no keys,
// and nothing to wait for.
func (s *Store) Empty() bool { return s.empty }

// Path is the database's file.
func (s *Store) Path() string { return s.path }

// Close ends the connections. What was answered for is on the disk already.
func (s *Store) Close() error {
	return errors.Join(s.read.Close(), s.write.Close())
}

// Prepare brings the schema up to date, unless that is done. Everything else does so
// first, too.
func (s *Store) Prepare(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ready {
		return nil
	}
	if err := s.migrate(ctx); err != nil {
		return fmt.Errorf("database %s: %w", s.path, classify(err))
	}
	s.ready = true
	return nil
}

// change runs f in a transaction that writes, and gives it the number of the
// change.
func (s *Store) change(ctx context.Context, f func(tx *sql.Tx, revision int64) error) error {
	if err := s.Prepare(ctx); err != nil {
		return err
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return classify(err)
	}
	defer func() { _ = tx.Rollback() }() // Without effect after Commit.
	var revision int64
	if err := tx.QueryRowContext(ctx, `UPDATE revision SET value = value + 1 RETURNING value`).Scan(&revision); err != nil {
		return classify(err)
	}
	if err := f(tx, revision); err != nil {
		return classify(err)
	}
	return classify(tx.Commit())
}
