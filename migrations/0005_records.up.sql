-- Notes become records. Every record remembers who edited it and when, what the CRM would not
-- keep, and that a person wants it deleted. Brakes, the gateway's address book and the inverse of
-- what was done get rows.

DROP VIEW v1_reminders;
DROP VIEW v1_texts;
DROP VIEW v1_outbox;
DROP VIEW v1_conflicts;

-- What the tables of records gain:
--   marks    who made each edit and when: {"field": {"by": "person", "at": 1700000000000}}
--   refused  what the CRM was sent and did not keep, by field; a second time is the last
--   seen_at  when the CRM changed it: by its own stamp, else when that was first seen
--   doomed_at  when a person here asked for its deletion in the CRM
--   held_by    the brake that keeps what follows from its change from going on
--   change     moves on with every change of any contact: a cursor that misses none
ALTER TABLE contacts ADD COLUMN marks TEXT;
ALTER TABLE contacts ADD COLUMN refused TEXT;
ALTER TABLE contacts ADD COLUMN seen_at INTEGER;
ALTER TABLE contacts ADD COLUMN doomed_at INTEGER;
ALTER TABLE contacts ADD COLUMN held_by INTEGER;
ALTER TABLE contacts ADD COLUMN change INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contacts ADD COLUMN merged_into INTEGER REFERENCES contacts (id); -- the contact that absorbed it
ALTER TABLE contacts ADD COLUMN notes_at INTEGER;                             -- when its notes were last read
ALTER TABLE contacts ADD COLUMN notes_due INTEGER NOT NULL DEFAULT 0;         -- it changed since
ALTER TABLE contacts ADD COLUMN consent_for TEXT; -- the opted-out number for which its do-not-disturb was set
ALTER TABLE tasks ADD COLUMN marks TEXT;
ALTER TABLE tasks ADD COLUMN refused TEXT;
ALTER TABLE tasks ADD COLUMN seen_at INTEGER;
ALTER TABLE tasks ADD COLUMN doomed_at INTEGER;
ALTER TABLE appointments ADD COLUMN marks TEXT;
ALTER TABLE appointments ADD COLUMN refused TEXT;
ALTER TABLE appointments ADD COLUMN seen_at INTEGER;
ALTER TABLE appointments ADD COLUMN doomed_at INTEGER;
ALTER TABLE appointments ADD COLUMN held_by INTEGER;

DROP INDEX contacts_dirty;
DROP INDEX tasks_dirty;
DROP INDEX appointments_dirty;
CREATE INDEX contacts_dirty ON contacts (id) WHERE seen IS NOT NULL OR edits IS NOT NULL OR doomed_at IS NOT NULL;
CREATE INDEX tasks_dirty ON tasks (id) WHERE seen IS NOT NULL OR edits IS NOT NULL OR doomed_at IS NOT NULL;
CREATE INDEX appointments_dirty ON appointments (id) WHERE seen IS NOT NULL OR edits IS NOT NULL OR doomed_at IS NOT NULL;
CREATE INDEX contacts_change ON contacts (change);
CREATE INDEX contacts_notes_due ON contacts (id) WHERE notes_due = 1;
CREATE INDEX contacts_notes_at ON contacts (notes_at) WHERE crm_id IS NOT NULL AND gone_at IS NULL;
CREATE INDEX contacts_held ON contacts (held_by) WHERE held_by IS NOT NULL;
CREATE INDEX appointments_held ON appointments (held_by) WHERE held_by IS NOT NULL;
UPDATE contacts SET change = id;
-- Who opted out was told to the CRM when they did; what staff cleared there since stays cleared.
UPDATE contacts SET consent_for = phone WHERE phone IN (SELECT number FROM opt_outs WHERE lifted_at IS NULL);

CREATE TABLE notes (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    crm_id     TEXT UNIQUE,
    contact_id INTEGER NOT NULL REFERENCES contacts (id),
    base       TEXT NOT NULL DEFAULT '{}',
    seen       TEXT,
    edits      TEXT,
    marks      TEXT,
    refused    TEXT,
    hash       BLOB,
    rev        INTEGER NOT NULL DEFAULT 0,
    sure_at    INTEGER,
    seen_at    INTEGER,
    changed_at INTEGER NOT NULL,
    gone_at    INTEGER,
    doomed_at  INTEGER
) STRICT;
CREATE INDEX notes_contact ON notes (contact_id);
CREATE INDEX notes_dirty ON notes (id) WHERE seen IS NOT NULL OR edits IS NOT NULL OR doomed_at IS NOT NULL;

-- Something suspicious: what it is about is held back, the rest goes on.
CREATE TABLE brakes (
    id         INTEGER PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('deletions', 'incomplete', 'changes', 'identity', 'clock', 'restored')),
    entity     TEXT NOT NULL DEFAULT '', -- '': all
    scope      TEXT NOT NULL DEFAULT '', -- a calendar, a list; '': all
    size       INTEGER NOT NULL DEFAULT 0, -- how many records it is about
    evidence   TEXT NOT NULL,
    state      TEXT NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'released', 'dropped', 'over')),
    found_at   INTEGER NOT NULL,
    decided_at INTEGER
) STRICT;
CREATE UNIQUE INDEX brakes_standing ON brakes (kind, entity, scope) WHERE state <> 'over';

-- The people on the list of the gateway's address book that is kept in step.
CREATE TABLE entries (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    gateway    TEXT NOT NULL,
    list       TEXT NOT NULL,
    number     TEXT NOT NULL,     -- what the gateway knows a person by
    contact_id INTEGER REFERENCES contacts (id),
    base       TEXT,              -- what contact and entry last agreed on; NULL: never compared
    seen       TEXT,              -- the gateway's value where it differs from base
    refused    TEXT,
    hash       BLOB,              -- of the gateway's value as last read; NULL: not there
    rev        INTEGER NOT NULL DEFAULT 0,
    seen_at    INTEGER,
    changed_at INTEGER NOT NULL,
    confirmed  INTEGER NOT NULL DEFAULT 0, -- a list showed it since it was put there
    missing_at INTEGER,           -- since when a complete list does not show it
    gone_at    INTEGER,           -- taken off the list there
    removed_at INTEGER,           -- taken off it by us; lists may show it for a day
    held_by    INTEGER,
    UNIQUE (gateway, list, number)
) STRICT;
CREATE INDEX entries_contact ON entries (contact_id);
CREATE INDEX entries_dirty ON entries (id) WHERE seen IS NOT NULL OR base IS NULL;

-- Kinds are listed in package store. before is what the fields of the payload were when the effect
-- was done, undone_at when its inverse was asked for.
CREATE TABLE outbox_new (
    id         INTEGER PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL CHECK (kind GLOB '[a-z]*.[a-z]*'),
    contact_id INTEGER REFERENCES contacts (id),
    record_id  INTEGER,         -- the record of the kind's entity; NULL for texts and opt-outs
    rev        INTEGER NOT NULL DEFAULT 0,
    payload    TEXT NOT NULL,
    before     TEXT,
    state      TEXT NOT NULL DEFAULT 'pending' CHECK (state IN
               ('pending', 'held', 'sending', 'unknown', 'done', 'failed', 'dropped')),
    reason     TEXT NOT NULL DEFAULT '',
    attempts   INTEGER NOT NULL DEFAULT 0,
    priority   INTEGER NOT NULL,
    due_at     INTEGER NOT NULL, -- not before; for unknown: when to ask the outside again
    expires_at INTEGER,          -- useless after
    created_at INTEGER NOT NULL,
    started_at INTEGER,          -- when the last call began
    done_at    INTEGER,
    undone_at  INTEGER,
    outside_id TEXT,
    brake_id   INTEGER REFERENCES brakes (id) -- the brake that holds it
) STRICT;
INSERT INTO outbox_new (id, key, kind, contact_id, record_id, rev, payload, state, reason, attempts, priority, due_at, expires_at,
    created_at, started_at, done_at, outside_id)
SELECT id, key, kind, contact_id, record_id, rev, payload, state, reason, attempts, priority, due_at, expires_at,
    created_at, started_at, done_at, outside_id FROM outbox;

-- Notes that were intents only: each gets its record, under the intent's id, and the key under which
-- that record would be planned, or it would be made twice.
INSERT INTO notes (id, crm_id, contact_id, base, edits, hash, changed_at, gone_at)
SELECT id, CASE state WHEN 'done' THEN outside_id END, contact_id,
       CASE state WHEN 'done' THEN payload ELSE '{}' END, CASE WHEN state <> 'done' THEN payload END, NULL,
       created_at, CASE WHEN state IN ('dropped', 'failed') THEN created_at END
FROM outbox WHERE kind = 'note.create' AND contact_id IS NOT NULL AND (state <> 'done' OR outside_id IS NOT NULL);
UPDATE outbox_new SET record_id = id, rev = 0, key = 'note.create/' || id || '@0' WHERE kind = 'note.create' AND id IN (SELECT id FROM notes);

CREATE TABLE texts_new (
    outbox_id   INTEGER PRIMARY KEY REFERENCES outbox_new (id),
    contact_id  INTEGER REFERENCES contacts (id),
    number      TEXT NOT NULL,
    body        TEXT NOT NULL,
    purpose     TEXT NOT NULL CHECK (purpose IN ('reminder', 'reply', 'welcome', 'opt-out', 'alarm')),
    parts       INTEGER NOT NULL,
    ref         TEXT NOT NULL UNIQUE, -- what the gateway is given; the same for the same key
    gateway     TEXT,
    gateway_id  TEXT,
    delivery    TEXT,                 -- a state of package sms
    detail      TEXT NOT NULL DEFAULT '',
    delivery_at INTEGER,
    check_at    INTEGER               -- when to ask the gateway again; NULL: no more
) STRICT;
INSERT INTO texts_new SELECT outbox_id, contact_id, number, body, purpose, parts, ref, gateway, gateway_id, delivery, detail, delivery_at, check_at FROM texts;

CREATE TABLE reminders_new (
    id             INTEGER PRIMARY KEY,
    appointment_id INTEGER NOT NULL REFERENCES appointments (id),
    starts         TEXT NOT NULL,
    rule           TEXT NOT NULL,
    due_at         INTEGER NOT NULL,
    decided_at     INTEGER NOT NULL,
    skipped        TEXT,              -- why no text was queued
    outbox_id      INTEGER REFERENCES outbox_new (id),
    UNIQUE (appointment_id, starts, rule),
    CHECK ((skipped IS NULL) = (outbox_id IS NOT NULL))
) STRICT;
INSERT INTO reminders_new SELECT id, appointment_id, starts, rule, due_at, decided_at, skipped, outbox_id FROM reminders;

DROP TABLE texts;
DROP TABLE reminders;
DROP TABLE outbox;
ALTER TABLE outbox_new RENAME TO outbox;
ALTER TABLE texts_new RENAME TO texts;
ALTER TABLE reminders_new RENAME TO reminders;

CREATE INDEX outbox_state ON outbox (state, priority, id);
CREATE INDEX outbox_record ON outbox (record_id, kind);
CREATE INDEX outbox_contact ON outbox (contact_id);
CREATE INDEX outbox_outside ON outbox (outside_id) WHERE outside_id IS NOT NULL;
CREATE INDEX outbox_created ON outbox (kind, created_at);
CREATE INDEX outbox_brake ON outbox (brake_id) WHERE brake_id IS NOT NULL;
CREATE INDEX texts_number ON texts (number);
CREATE INDEX texts_contact ON texts (contact_id);
CREATE INDEX texts_gateway ON texts (gateway_id);
CREATE INDEX texts_check ON texts (check_at) WHERE check_at IS NOT NULL;
CREATE INDEX reminders_outbox ON reminders (outbox_id);

-- Values that lost a merge, or that wait for a person to choose.
CREATE TABLE conflicts_new (
    id         INTEGER PRIMARY KEY,
    entity     TEXT NOT NULL,
    record_id  INTEGER NOT NULL,
    field      TEXT NOT NULL,
    base       TEXT NOT NULL,
    crm        TEXT NOT NULL,
    local      TEXT NOT NULL,
    local_by   TEXT NOT NULL DEFAULT 'local' CHECK (local_by IN ('local', 'gateway')), -- whose the other value is
    crm_at     INTEGER,
    local_at   INTEGER,
    policy     TEXT NOT NULL DEFAULT 'crm', -- or another, or why else it lost
    kept       TEXT NOT NULL CHECK (kept IN ('crm', 'local', 'neither')),
    reason     TEXT NOT NULL DEFAULT '',
    found_at   INTEGER NOT NULL,
    settled_at INTEGER,
    settled_to TEXT
) STRICT;
INSERT INTO conflicts_new (id, entity, record_id, field, base, crm, local, kept, found_at)
SELECT id, entity, record_id, field, base, crm, local, kept, found_at FROM conflicts;
DROP TABLE conflicts;
ALTER TABLE conflicts_new RENAME TO conflicts;
CREATE INDEX conflicts_open ON conflicts (id) WHERE kept = 'neither' AND settled_at IS NULL;
CREATE INDEX conflicts_record ON conflicts (record_id, entity);

ALTER TABLE opt_outs ADD COLUMN told_at INTEGER; -- when this was put into the outbox for the gateway's own list, or came from there
CREATE INDEX opt_outs_untold ON opt_outs (number) WHERE (told_at IS NULL) = (lifted_at IS NULL);
