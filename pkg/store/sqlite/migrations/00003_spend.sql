-- +goose Up
-- What accounts have used: requests, tokens, nano_usd, by epoch of their period (0 where
-- they have none). Written in batches from the journal.
CREATE TABLE spend (
    account TEXT NOT NULL,
    unit    TEXT NOT NULL,
    epoch   INTEGER NOT NULL,
    amount  INTEGER NOT NULL,
    PRIMARY KEY (account, unit, epoch)
) STRICT, WITHOUT ROWID;

-- How far the journal of an instance is in it.
CREATE TABLE spend_positions (
    instance   TEXT PRIMARY KEY,
    seq        INTEGER NOT NULL,
    written_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
