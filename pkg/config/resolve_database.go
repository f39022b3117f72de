package config

import (
	"path/filepath"
	"strings"
)

// databaseName is the embedded database in the data directory.
const databaseName = "llmgw.db"

// sqliteScheme begins the address of a SQLite file: sqlite://PATH, where an absolute
// path makes three slashes.
const sqliteScheme = "sqlite"

// DatabaseFile is the file of the embedded database.
func (c *Config) DatabaseFile() string {
	scheme, path, _ := strings.Cut(c.Document.GeneralSettings.DatabaseURL.Reveal(), "://")
	if strings.EqualFold(scheme, sqliteScheme) {
		return path
	}
	return filepath.Join(c.DataDir, databaseName)
}

// database says what becomes of database_url.
func (r *resolver) database() {
	const path = "general_settings.database_url"
	scheme, rest, _ := strings.Cut(r.cfg.Document.GeneralSettings.DatabaseURL.Reveal(), "://")
	switch strings.ToLower(scheme) {
	case "":
	case sqliteScheme:
		if rest == "" || rest == ":memory:" || strings.Contains(rest, "?") {
			r.fail(path, CodeBadURL, "write the path of a file, such as sqlite:///var/lib/llmgw/llmgw.db, without options", "this names no database file")
		}
	case "postgres", "postgresql":
		r.warn(path, CodeNotImplemented, "leave it out to silence this", "PostgreSQL is not built yet: the embedded store is used")
	default:
		const message = "this kind of database is not supported by this version of llmgw"
		const hint = "leave it out: the embedded store in data_dir is used"
		if r.place(path).File == "$DATABASE_URL" {
			// The variable may well be meant for another program.
			r.warn(path, CodeNotImplemented, hint, message)
			return
		}
		r.fail(path, CodeNotImplemented, hint, message)
	}
}
