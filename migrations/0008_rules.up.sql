-- Rules: a journal of what changed, what rules did, and texts for their sake.

-- What happened and was not looked at by the rules yet. Triggers write it, which package store makes
-- where there are rules. Rows come and go; an id never comes twice.
CREATE TABLE events (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    entity    TEXT NOT NULL,              -- contact, task, note, appointment, text, failure, optout
    record_id INTEGER NOT NULL,           -- its row there; 0 for opt-outs
    before    TEXT,                       -- the value as people saw it; NULL: it was not there
    after     TEXT NOT NULL,
    at        INTEGER,                    -- by the stamp of who told of it; NULL: when it is first looked at
    cause     TEXT,                       -- the rule that did it
    depth     INTEGER NOT NULL DEFAULT 0, -- how many rules led to it
    rule      TEXT,                       -- of interest to this one only, which comes back to it
    due_at    INTEGER,                    -- then
    held_by   INTEGER                     -- the brake that holds what follows
) STRICT;
CREATE INDEX events_held ON events (held_by) WHERE held_by IS NOT NULL;

-- What rules did, for ever. value is what makes a record's firing the only one: the journal's id, the
-- due time, the end, the day.
CREATE TABLE firings (
    id         INTEGER PRIMARY KEY,
    rule       TEXT NOT NULL,
    event      TEXT NOT NULL,             -- the trigger's name
    entity     TEXT NOT NULL,
    record_id  INTEGER NOT NULL,
    value      TEXT NOT NULL,
    contact_id INTEGER,                   -- about whom
    at         INTEGER NOT NULL,
    done       TEXT NOT NULL,             -- what was done, in order
    stopped    TEXT NOT NULL,             -- what was not, and why
    UNIQUE (rule, entity, record_id, value)
) STRICT;
CREATE INDEX firings_record ON firings (record_id, entity);
CREATE INDEX firings_contact ON firings (contact_id) WHERE contact_id IS NOT NULL;

-- The rules that are known. From before a rule was known nothing follows by it.
CREATE TABLE known_rules (
    name  TEXT PRIMARY KEY,
    since INTEGER NOT NULL,
    event INTEGER NOT NULL                -- the newest in the journal then
) STRICT, WITHOUT ROWID;

-- Whether the CRM lists somebody still. Those whom it does not are no staff any more.
ALTER TABLE users ADD COLUMN active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1));

-- When an appointment ends.
ALTER TABLE appointments ADD COLUMN ends TEXT GENERATED ALWAYS AS (nullif(coalesce(edits ->> '$.end', coalesce(seen, base) ->> '$.end'), '')) VIRTUAL;

-- Purposes are listed in package store. The column is made anew for that, not its table, so that
-- whatever else the table has stays.
DROP VIEW v1_texts;
ALTER TABLE texts ADD COLUMN why TEXT NOT NULL DEFAULT 'reply' CHECK (why GLOB '[a-z]*');
UPDATE texts SET why = purpose;
ALTER TABLE texts DROP COLUMN purpose;
ALTER TABLE texts RENAME COLUMN why TO purpose;

-- Both directions of the conversation, one row a text.
CREATE VIEW v1_texts AS
SELECT 'out' AS direction, t.outbox_id AS id, t.contact_id, t.number, t.body, t.purpose,
       CASE o.state WHEN 'done' THEN coalesce(t.delivery, 'queued') ELSE o.state END AS state,
       CASE o.state WHEN 'done' THEN t.detail ELSE o.reason END AS reason, t.parts,
       strftime('%Y-%m-%dT%H:%M:%SZ', coalesce(o.started_at, o.created_at) / 1000.0, 'unixepoch') AS at
FROM texts t JOIN outbox o ON o.id = t.outbox_id
UNION ALL
SELECT 'in', id, contact_id, sender, body, 'inbound', coalesce(decision, 'undecided'), coalesce(reason, ''), NULL,
       strftime('%Y-%m-%dT%H:%M:%SZ', received_at / 1000.0, 'unixepoch')
FROM inbound;

CREATE VIEW v1_rules AS
SELECT f.id, strftime('%Y-%m-%dT%H:%M:%SZ', f.at / 1000.0, 'unixepoch') AS at, f.rule, f.event, f.contact_id, c.name AS contact,
       f.entity, nullif(f.record_id, 0) AS record_id, f.done, f.stopped
FROM firings f LEFT JOIN v1_contacts c ON c.id = f.contact_id;
