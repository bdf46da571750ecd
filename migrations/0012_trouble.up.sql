-- What is not as people expect: one row for each time that it began.
CREATE TABLE troubles (
    id       INTEGER PRIMARY KEY,
    kind     TEXT NOT NULL CHECK (kind GLOB '[a-z]*'),
    about    TEXT NOT NULL DEFAULT '', -- which one, where a kind has several: a source, a brake
    severity TEXT NOT NULL CHECK (severity IN ('notice', 'warning', 'urgent')),
    what     TEXT NOT NULL,            -- names nobody, since it is told outside
    details  TEXT NOT NULL DEFAULT '', -- may name people
    cost     TEXT NOT NULL DEFAULT '', -- what it leads to
    remedy   TEXT NOT NULL DEFAULT '',
    since    INTEGER NOT NULL,
    found_at INTEGER NOT NULL,
    ended_at INTEGER,
    acked_at INTEGER,                  -- when a person put it away, and who, and why
    acked_by TEXT NOT NULL DEFAULT '',
    acked_why TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX troubles_open ON troubles (kind, about) WHERE ended_at IS NULL;
CREATE INDEX troubles_since ON troubles (since);
CREATE INDEX troubles_ended ON troubles (ended_at);

-- What was told last of a trouble, on each way.
CREATE TABLE tellings (
    trouble_id INTEGER NOT NULL REFERENCES troubles (id),
    way        TEXT NOT NULL,
    state      TEXT NOT NULL DEFAULT '', -- begins, goes on, is over; empty: no try came through
    severity   TEXT NOT NULL,
    told_at    INTEGER,
    fails      INTEGER NOT NULL DEFAULT 0, -- in a row since
    failed_at  INTEGER,
    PRIMARY KEY (trouble_id, way)
) STRICT, WITHOUT ROWID;

-- Failures up to these times were looked at by a person.
CREATE TABLE looked (
    what TEXT PRIMARY KEY, -- failed, missed, undelivered
    at   INTEGER NOT NULL,
    by   TEXT NOT NULL DEFAULT '',
    why  TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
-- What failed before this step counts as looked at.
INSERT INTO looked (what, at, by, why)
SELECT 'failed', max(done_at), '', 'before this was kept' FROM outbox WHERE state = 'failed' HAVING max(done_at) IS NOT NULL
UNION ALL SELECT 'missed', max(decided_at), '', 'before this was kept' FROM reminders HAVING max(decided_at) IS NOT NULL
UNION ALL SELECT 'undelivered', max(delivery_at), '', 'before this was kept' FROM texts WHERE delivery = 'failed' HAVING max(delivery_at) IS NOT NULL;

-- The ways to use a side that refused the last call on them, or could not be reached.
CREATE TABLE lanes (
    lane    TEXT PRIMARY KEY,
    code    TEXT NOT NULL, -- what kind of refusal
    reason  TEXT NOT NULL,
    since   INTEGER NOT NULL,
    said_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What kind of failure keeps a source from being read, and since when.
ALTER TABLE cursors ADD COLUMN code TEXT NOT NULL DEFAULT '';
ALTER TABLE cursors ADD COLUMN failing_since INTEGER;
UPDATE cursors SET failing_since = failed_at;

-- The first thing that kept an effect from being done, for ever; what kind of thing keeps it now; and whether it
-- was given up for being late.
ALTER TABLE outbox ADD COLUMN cause TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN code TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN late INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1));
UPDATE outbox SET cause = reason WHERE state IN ('held', 'unknown') OR state = 'pending' AND attempts > 0;
UPDATE outbox SET late = 1 WHERE state = 'dropped' AND reason GLOB 'it was too late*';
CREATE INDEX outbox_late ON outbox (done_at) WHERE late;
CREATE INDEX outbox_failed ON outbox (done_at) WHERE state = 'failed';
CREATE INDEX texts_undelivered ON texts (delivery_at) WHERE delivery = 'failed';
CREATE INDEX reminders_missed ON reminders (decided_at) WHERE code IN ('late', 'unread', 'text');

DROP VIEW v1_outbox;
CREATE VIEW v1_outbox AS
SELECT id, key, kind, contact_id, record_id, state, reason, attempts, outside_id,
       strftime('%Y-%m-%dT%H:%M:%SZ', created_at / 1000.0, 'unixepoch') AS created_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', due_at / 1000.0, 'unixepoch') AS due_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', expires_at / 1000.0, 'unixepoch') AS expires_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', done_at / 1000.0, 'unixepoch') AS done_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', started_at / 1000.0, 'unixepoch') AS started_at,
       asked, strftime('%Y-%m-%dT%H:%M:%SZ', asked_at / 1000.0, 'unixepoch') AS asked_at, waits AND state = 'unknown' AS waits,
       cause, code, late
FROM outbox;

CREATE VIEW v1_troubles AS
SELECT id, kind, about, severity, what, details, cost, remedy,
       strftime('%Y-%m-%dT%H:%M:%SZ', since / 1000.0, 'unixepoch') AS since,
       strftime('%Y-%m-%dT%H:%M:%SZ', found_at / 1000.0, 'unixepoch') AS found_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', ended_at / 1000.0, 'unixepoch') AS ended_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', acked_at / 1000.0, 'unixepoch') AS acked_at, acked_by, acked_why
FROM troubles;
