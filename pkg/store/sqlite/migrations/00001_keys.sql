-- +goose Up
-- Instants are Unix nanoseconds, money is nano-dollars.

-- The number of the last change: each transaction that changes something takes the
-- next one and puts it on all rows it touches.
CREATE TABLE revision (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    value INTEGER NOT NULL
) STRICT;
INSERT INTO revision (one, value) VALUES (1, 0);

CREATE TABLE teams (
    id         TEXT PRIMARY KEY,
    alias      TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    revision   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- name is NULL for the budget of a single key.
CREATE TABLE budgets (
    id         TEXT PRIMARY KEY,
    name       TEXT UNIQUE,
    limit_nano INTEGER NOT NULL CHECK (limit_nano > 0),
    period     TEXT NOT NULL,
    hard       INTEGER NOT NULL CHECK (hard IN (0, 1))
) STRICT, WITHOUT ROWID;

-- models and metadata are JSON. Limits that are not set are NULL.
CREATE TABLE keys (
    id            TEXT PRIMARY KEY,
    hash          BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    previous_hash BLOB CHECK (length(previous_hash) = 32),
    grace_until   INTEGER,
    alias         TEXT UNIQUE,
    name          TEXT NOT NULL,
    team_id       TEXT REFERENCES teams (id),
    models        TEXT,
    rpm           INTEGER CHECK (rpm > 0),
    tpm           INTEGER CHECK (tpm > 0),
    rpd           INTEGER CHECK (rpd > 0),
    parallel      INTEGER CHECK (parallel > 0),
    budget_id     TEXT REFERENCES budgets (id),
    expires_at    INTEGER,
    blocked       INTEGER NOT NULL CHECK (blocked IN (0, 1)),
    metadata      TEXT,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    revision      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX keys_by_previous_hash ON keys (previous_hash) WHERE previous_hash IS NOT NULL;
CREATE INDEX keys_by_revision ON keys (revision);
CREATE INDEX keys_by_age ON keys (created_at, id);
CREATE INDEX keys_by_team ON keys (team_id) WHERE team_id IS NOT NULL;
CREATE INDEX keys_by_budget ON keys (budget_id) WHERE budget_id IS NOT NULL;

-- What is left of deleted keys: whose id stands in old logs, and for running gateways
-- that they are gone.
CREATE TABLE deleted_keys (
    id         TEXT PRIMARY KEY,
    alias      TEXT,
    name       TEXT NOT NULL,
    team_id    TEXT,
    deleted_at INTEGER NOT NULL,
    revision   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX deleted_keys_by_revision ON deleted_keys (revision);
