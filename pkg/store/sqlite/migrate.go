package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
)

// migrations are the steps to the newest schema, in order. They only go forward: a
// step that was released is never changed, and never undone.
//
//go:embed migrations/*.sql
var migrations embed.FS

// newest is the schema of this version: the number of the last step.
const newest = 3

// versionTable is where goose writes which steps were taken.
const versionTable = "schema_version"

// migrate takes the steps that are missing. Where none is it costs one look into
// the database, and goose is not woken.
func (s *Store) migrate(ctx context.Context) error {
	switch version, err := s.version(ctx); {
	case err != nil:
		return err
	case version == newest:
		return nil
	case version > newest:
		return fmt.Errorf("%w: its schema has the number %d, this version knows %d (start the newer version, or restore a copy)", ErrNewer, version, newest)
	}
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, s.write, steps,
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true),
		goose.WithLogger(goose.NopLogger()), goose.WithLocker(&processLock{file: s.path + ".lock"}))
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return nil
}

// errForeign says that somebody else's tables are in the file.
var errForeign = errors.New("the file is another program's database (name another file in general_settings.database_url, or leave it out)")

// version is the schema's number, 0 for a new database.
func (s *Store) version(ctx context.Context) (int64, error) {
	var tables, ours int
	err := s.write.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE name = ?) FROM sqlite_schema`, versionTable).Scan(&tables, &ours)
	switch {
	case err != nil:
		return 0, err
	case ours == 0 && tables > 0:
		return 0, errForeign
	case ours == 0:
		return 0, nil
	}
	var version sql.NullInt64
	err = s.write.QueryRowContext(ctx, `SELECT max(version_id) FROM `+versionTable).Scan(&version)
	return version.Int64, err
}

// processLock keeps two processes from taking the same step: the gateway and a
// command that start at one time. Each step is a transaction of its own.
type processLock struct {
	file string
	lock *flock.Flock
}

// lockEvery is how often the lock is tried.
const lockEvery = 20 * time.Millisecond

// Lock implements goose's lock.Locker.
func (l *processLock) Lock(ctx context.Context, _ *sql.DB) error {
	l.lock = flock.New(l.file, flock.SetPermissions(fileMode))
	ok, err := l.lock.TryLockContext(ctx, lockEvery)
	if err == nil && !ok {
		err = errors.New("it is held by another process")
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", l.file, err)
	}
	return nil
}

// Unlock implements goose's lock.Locker.
func (l *processLock) Unlock(context.Context, *sql.DB) error { return l.lock.Unlock() }
