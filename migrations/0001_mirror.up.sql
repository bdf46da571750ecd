-- The mirror of both sides. Times are unix milliseconds (UTC) unless a column says otherwise;
-- record values are JSON objects of canonical text fields, empty ones left out.

-- Facts about this database itself.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How far each source has been read, and how the last attempt went.
CREATE TABLE cursors (
    source    TEXT PRIMARY KEY,
    position  TEXT NOT NULL DEFAULT '',
    read_at   INTEGER,          -- last complete read
    failed_at INTEGER,          -- last failure after that, if any
    error     TEXT
) STRICT, WITHOUT ROWID;

-- The three kinds of records that are merged share their first columns:
--   base   what both sides last agreed on
--   seen   the CRM's value, where it differs from base
--   edits  local changes that the CRM has not taken yet; '' clears a field
--   hash   of the CRM's value as last read; NULL: known by id only
--   rev    moves whenever base or edits do
-- Keys of intents hold id and rev, so that no id may come twice: hence AUTOINCREMENT.
CREATE TABLE contacts (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    crm_id     TEXT UNIQUE,
    base       TEXT NOT NULL DEFAULT '{}',
    seen       TEXT,
    edits      TEXT,
    hash       BLOB,
    rev        INTEGER NOT NULL DEFAULT 0,
    sure_at    INTEGER,         -- last written by us or changed by a read by id: lists may still show the old value
    changed_at INTEGER NOT NULL,
    gone_at    INTEGER,         -- proven absent from the CRM
    phone      TEXT GENERATED ALWAYS AS (nullif(coalesce(edits ->> '$.phone', coalesce(seen, base) ->> '$.phone'), '')) VIRTUAL,
    email      TEXT GENERATED ALWAYS AS (nullif(coalesce(edits ->> '$.email', coalesce(seen, base) ->> '$.email'), '')) VIRTUAL
) STRICT;
CREATE INDEX contacts_phone ON contacts (phone);
CREATE INDEX contacts_email ON contacts (email);
CREATE INDEX contacts_dirty ON contacts (id) WHERE seen IS NOT NULL OR edits IS NOT NULL;
CREATE INDEX contacts_unread ON contacts (id) WHERE hash IS NULL AND crm_id IS NOT NULL;

CREATE TABLE tasks (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    crm_id     TEXT UNIQUE,
    contact_id INTEGER NOT NULL REFERENCES contacts (id),
    base       TEXT NOT NULL DEFAULT '{}',
    seen       TEXT,
    edits      TEXT,
    hash       BLOB,
    rev        INTEGER NOT NULL DEFAULT 0,
    sure_at   INTEGER,
    changed_at INTEGER NOT NULL,
    gone_at    INTEGER,
    due        TEXT GENERATED ALWAYS AS (nullif(coalesce(edits ->> '$.due', coalesce(seen, base) ->> '$.due'), '')) VIRTUAL,
    completed  TEXT GENERATED ALWAYS AS (nullif(coalesce(edits ->> '$.completed', coalesce(seen, base) ->> '$.completed'), '')) VIRTUAL
) STRICT;
CREATE INDEX tasks_contact ON tasks (contact_id);
CREATE INDEX tasks_dirty ON tasks (id) WHERE seen IS NOT NULL OR edits IS NOT NULL;

CREATE TABLE appointments (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    crm_id     TEXT UNIQUE,
    contact_id INTEGER NOT NULL REFERENCES contacts (id),
    base       TEXT NOT NULL DEFAULT '{}',
    seen       TEXT,
    edits      TEXT,
    hash       BLOB,
    rev        INTEGER NOT NULL DEFAULT 0,
    sure_at   INTEGER,
    changed_at INTEGER NOT NULL,
    gone_at    INTEGER,
    calendar   TEXT GENERATED ALWAYS AS (nullif(coalesce(edits ->> '$.calendar', coalesce(seen, base) ->> '$.calendar'), '')) VIRTUAL,
    starts     TEXT GENERATED ALWAYS AS (nullif(coalesce(edits ->> '$.start', coalesce(seen, base) ->> '$.start'), '')) VIRTUAL -- 2006-01-02T15:04:05Z
) STRICT;
CREATE INDEX appointments_contact ON appointments (contact_id);
CREATE INDEX appointments_starts ON appointments (starts);
CREATE INDEX appointments_dirty ON appointments (id) WHERE seen IS NOT NULL OR edits IS NOT NULL;

-- What the CRM lists about itself.
CREATE TABLE calendars (
    crm_id TEXT PRIMARY KEY,
    name   TEXT NOT NULL,
    active INTEGER NOT NULL CHECK (active IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    crm_id TEXT PRIMARY KEY,
    name   TEXT NOT NULL,
    email  TEXT NOT NULL,
    phone  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Texts that came in. Each gets exactly one decision.
CREATE TABLE inbound (
    id          INTEGER PRIMARY KEY,
    gateway     TEXT NOT NULL,
    key         TEXT NOT NULL,
    sender      TEXT NOT NULL,  -- E.164 where it is a number
    body        TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    stored_at   INTEGER NOT NULL,
    contact_id  INTEGER REFERENCES contacts (id),
    decision    TEXT,
    reason      TEXT,
    decided_at  INTEGER,
    UNIQUE (gateway, key),
    CHECK ((decision IS NULL) = (decided_at IS NULL))
) STRICT;
CREATE INDEX inbound_undecided ON inbound (received_at, id) WHERE decision IS NULL;
CREATE INDEX inbound_sender ON inbound (sender, received_at);
CREATE INDEX inbound_contact ON inbound (contact_id);

-- One row for each effect to be carried outside; key makes planning twice enqueue once.
CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL CHECK (kind IN ('text.send', 'contact.create', 'contact.update', 'contact.tag',
               'contact.untag', 'task.create', 'task.update', 'task.complete', 'note.create', 'appointment.update')),
    contact_id INTEGER REFERENCES contacts (id),
    record_id  INTEGER,         -- the record of the kind's entity; NULL for texts and notes
    rev        INTEGER NOT NULL DEFAULT 0,
    payload    TEXT NOT NULL,
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
    outside_id TEXT
) STRICT;
CREATE INDEX outbox_state ON outbox (state, priority, id);
CREATE INDEX outbox_record ON outbox (record_id, kind);
CREATE INDEX outbox_contact ON outbox (contact_id);
CREATE INDEX outbox_outside ON outbox (outside_id) WHERE outside_id IS NOT NULL;
CREATE INDEX outbox_created ON outbox (kind, created_at);

-- The texts of 'text.send' intents, and what became of them after the gateway took them.
CREATE TABLE texts (
    outbox_id   INTEGER PRIMARY KEY REFERENCES outbox (id),
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
CREATE INDEX texts_number ON texts (number);
CREATE INDEX texts_contact ON texts (contact_id);
CREATE INDEX texts_gateway ON texts (gateway_id);
CREATE INDEX texts_check ON texts (check_at) WHERE check_at IS NOT NULL;

-- One row for each appointment, start and rule, for ever.
CREATE TABLE reminders (
    id             INTEGER PRIMARY KEY,
    appointment_id INTEGER NOT NULL REFERENCES appointments (id),
    starts         TEXT NOT NULL,
    rule           TEXT NOT NULL,
    due_at         INTEGER NOT NULL,
    decided_at     INTEGER NOT NULL,
    skipped        TEXT,              -- why no text was queued
    outbox_id      INTEGER REFERENCES outbox (id),
    UNIQUE (appointment_id, starts, rule),
    CHECK ((skipped IS NULL) = (outbox_id IS NOT NULL))
) STRICT;
CREATE INDEX reminders_outbox ON reminders (outbox_id);

-- Numbers that must not be texted.
CREATE TABLE opt_outs (
    number    TEXT PRIMARY KEY,
    since     INTEGER NOT NULL,
    source    TEXT NOT NULL,          -- text, gateway, person
    reason    TEXT NOT NULL,
    set_dnd   INTEGER NOT NULL DEFAULT 0 CHECK (set_dnd IN (0, 1)), -- the CRM's do-not-disturb was set for this
    lifted_at INTEGER,
    lifted_by TEXT
) STRICT, WITHOUT ROWID;

-- Values that lost a merge.
CREATE TABLE conflicts (
    id        INTEGER PRIMARY KEY,
    entity    TEXT NOT NULL CHECK (entity IN ('contact', 'task', 'appointment')),
    record_id INTEGER NOT NULL,
    field     TEXT NOT NULL,
    base      TEXT NOT NULL,
    crm       TEXT NOT NULL,
    local     TEXT NOT NULL,
    kept      TEXT NOT NULL CHECK (kept IN ('crm', 'local')),
    found_at  INTEGER NOT NULL
) STRICT;

-- The numbers under which a person was last told their open tasks.
CREATE TABLE short_numbers (
    contact_id INTEGER NOT NULL REFERENCES contacts (id),
    number     INTEGER NOT NULL,
    task_id    INTEGER NOT NULL REFERENCES tasks (id),
    PRIMARY KEY (contact_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX short_numbers_task ON short_numbers (task_id);
