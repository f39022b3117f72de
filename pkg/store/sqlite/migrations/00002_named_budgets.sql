-- +goose Up
-- Budgets with a name are shared by keys. created_at, updated_at and alert are theirs
-- alone; alert is the share of the limit from which people are told, NULL for none.
ALTER TABLE budgets ADD COLUMN alert REAL CHECK (alert > 0 AND alert < 1);
ALTER TABLE budgets ADD COLUMN created_at INTEGER;
ALTER TABLE budgets ADD COLUMN updated_at INTEGER;
ALTER TABLE budgets ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;

CREATE INDEX budgets_by_revision ON budgets (revision) WHERE name IS NOT NULL;

-- Who falls under a budget with a name. Keys of the configuration are not in keys.
CREATE TABLE budget_keys (
    budget_id TEXT NOT NULL REFERENCES budgets (id) ON DELETE CASCADE,
    key_id    TEXT NOT NULL,
    PRIMARY KEY (budget_id, key_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX budget_keys_by_key ON budget_keys (key_id);

-- For running gateways: which budgets are gone.
CREATE TABLE deleted_budgets (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    deleted_at INTEGER NOT NULL,
    revision   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX deleted_budgets_by_revision ON deleted_budgets (revision);
