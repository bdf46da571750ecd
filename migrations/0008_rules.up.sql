-- Rules: a journal of what changed, what rules did, and texts for their sake.

-- What happened and was not looked at by the rules yet. Rows come and go; an id never comes twice.
CREATE TABLE events (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    entity    TEXT NOT NULL,              -- contact, task, note, appointment, text, failure, optout
    record_id INTEGER NOT NULL,           -- its row there; 0 for opt-outs
    before    TEXT,                       -- the value as people saw it; NULL: it was not there
    after     TEXT NOT NULL,
    at        INTEGER,                    -- by the stamp of who told of it; NULL: when it is first looked at
    cause     TEXT,                       -- the rule that did it
    depth     INTEGER NOT NULL DEFAULT 0, -- how many rules led to it
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
CREATE INDEX firings_contact ON firings (contact_id) WHERE contact_id IS NOT NULL;

-- The rules that are known. From before a rule was known nothing follows by it.
CREATE TABLE known_rules (
    name  TEXT PRIMARY KEY,
    since INTEGER NOT NULL,
    event INTEGER NOT NULL                -- the newest in the journal then
) STRICT, WITHOUT ROWID;

-- The journal is kept while meta has watch = 1. An accepted write of ours shows the same value as
-- before and is no event; nor is the first reading of a note that was made here of a text.
CREATE TRIGGER contacts_made AFTER INSERT ON contacts
WHEN (NEW.hash IS NOT NULL OR NEW.crm_id IS NULL) AND EXISTS (SELECT 1 FROM meta WHERE key = 'watch' AND value = '1')
BEGIN
    INSERT INTO events (entity, record_id, after, at)
    VALUES ('contact', NEW.id, json_patch(NEW.base, replace(coalesce(NEW.edits, '{}'), ':""', ':null')), NEW.seen_at);
END;

CREATE TRIGGER tasks_made AFTER INSERT ON tasks
WHEN EXISTS (SELECT 1 FROM meta WHERE key = 'watch' AND value = '1')
BEGIN
    INSERT INTO events (entity, record_id, after, at)
    VALUES ('task', NEW.id, json_patch(NEW.base, replace(coalesce(NEW.edits, '{}'), ':""', ':null')), NEW.seen_at);
END;

CREATE TRIGGER appointments_made AFTER INSERT ON appointments
WHEN EXISTS (SELECT 1 FROM meta WHERE key = 'watch' AND value = '1')
BEGIN
    INSERT INTO events (entity, record_id, after, at)
    VALUES ('appointment', NEW.id, json_patch(NEW.base, replace(coalesce(NEW.edits, '{}'), ':""', ':null')), NEW.seen_at);
END;

CREATE TRIGGER notes_made AFTER INSERT ON notes
WHEN coalesce(NEW.marks ->> '$.body.by', '') <> 'text' AND EXISTS (SELECT 1 FROM meta WHERE key = 'watch' AND value = '1')
BEGIN
    INSERT INTO events (entity, record_id, after, at)
    VALUES ('note', NEW.id, json_patch(NEW.base, replace(coalesce(NEW.edits, '{}'), ':""', ':null')),
            coalesce(unixepoch(NEW.base ->> '$.added') * 1000, NEW.seen_at));
END;

-- A row known by its id only that is read now was not there before. One that was made here and that
-- the CRM took a moment ago has a base already.
CREATE TRIGGER contacts_changed AFTER UPDATE OF base, seen, edits, hash ON contacts
WHEN NEW.gone_at IS NULL AND (NEW.hash IS NOT NULL OR NEW.crm_id IS NULL)
    AND EXISTS (SELECT 1 FROM meta WHERE key = 'watch' AND value = '1')
    AND (OLD.hash IS NULL AND OLD.crm_id IS NOT NULL AND OLD.base = '{}' AND OLD.edits IS NULL
        OR json_patch(coalesce(OLD.seen, OLD.base), replace(coalesce(OLD.edits, '{}'), ':""', ':null'))
        <> json_patch(coalesce(NEW.seen, NEW.base), replace(coalesce(NEW.edits, '{}'), ':""', ':null')))
BEGIN
    INSERT INTO events (entity, record_id, before, after, at)
    VALUES ('contact', NEW.id,
            CASE WHEN OLD.hash IS NOT NULL OR OLD.crm_id IS NULL OR OLD.base <> '{}' OR OLD.edits IS NOT NULL
                 THEN json_patch(coalesce(OLD.seen, OLD.base), replace(coalesce(OLD.edits, '{}'), ':""', ':null')) END,
            json_patch(coalesce(NEW.seen, NEW.base), replace(coalesce(NEW.edits, '{}'), ':""', ':null')),
            CASE WHEN NEW.seen_at > coalesce(OLD.seen_at, 0) THEN NEW.seen_at END);
END;

CREATE TRIGGER tasks_changed AFTER UPDATE OF base, seen, edits ON tasks
WHEN NEW.gone_at IS NULL AND EXISTS (SELECT 1 FROM meta WHERE key = 'watch' AND value = '1')
    AND json_patch(coalesce(OLD.seen, OLD.base), replace(coalesce(OLD.edits, '{}'), ':""', ':null'))
     <> json_patch(coalesce(NEW.seen, NEW.base), replace(coalesce(NEW.edits, '{}'), ':""', ':null'))
BEGIN
    INSERT INTO events (entity, record_id, before, after, at)
    VALUES ('task', NEW.id, json_patch(coalesce(OLD.seen, OLD.base), replace(coalesce(OLD.edits, '{}'), ':""', ':null')),
            json_patch(coalesce(NEW.seen, NEW.base), replace(coalesce(NEW.edits, '{}'), ':""', ':null')),
            CASE WHEN NEW.seen_at > coalesce(OLD.seen_at, 0) THEN NEW.seen_at END);
END;

CREATE TRIGGER appointments_changed AFTER UPDATE OF base, seen, edits ON appointments
WHEN NEW.gone_at IS NULL AND EXISTS (SELECT 1 FROM meta WHERE key = 'watch' AND value = '1')
    AND json_patch(coalesce(OLD.seen, OLD.base), replace(coalesce(OLD.edits, '{}'), ':""', ':null'))
     <> json_patch(coalesce(NEW.seen, NEW.base), replace(coalesce(NEW.edits, '{}'), ':""', ':null'))
BEGIN
    INSERT INTO events (entity, record_id, before, after, at)
    VALUES ('appointment', NEW.id, json_patch(coalesce(OLD.seen, OLD.base), replace(coalesce(OLD.edits, '{}'), ':""', ':null')),
            json_patch(coalesce(NEW.seen, NEW.base), replace(coalesce(NEW.edits, '{}'), ':""', ':null')),
            CASE WHEN NEW.seen_at > coalesce(OLD.seen_at, 0) THEN NEW.seen_at END);
END;

CREATE TRIGGER opt_outs_made AFTER INSERT ON opt_outs
WHEN NEW.lifted_at IS NULL AND EXISTS (SELECT 1 FROM meta WHERE key = 'watch' AND value = '1')
BEGIN
    INSERT INTO events (entity, record_id, after) VALUES ('optout', 0, json_object('phone', NEW.number, 'out', 'true'));
END;

CREATE TRIGGER opt_outs_changed AFTER UPDATE OF lifted_at ON opt_outs
WHEN (OLD.lifted_at IS NULL) <> (NEW.lifted_at IS NULL) AND EXISTS (SELECT 1 FROM meta WHERE key = 'watch' AND value = '1')
BEGIN
    INSERT INTO events (entity, record_id, after)
    VALUES ('optout', 0, json_object('phone', NEW.number, 'out', CASE WHEN NEW.lifted_at IS NULL THEN 'true' ELSE 'false' END));
END;

-- What falls due, and what ends.
ALTER TABLE appointments ADD COLUMN ends TEXT GENERATED ALWAYS AS (nullif(coalesce(edits ->> '$.end', coalesce(seen, base) ->> '$.end'), '')) VIRTUAL;
CREATE INDEX appointments_ends ON appointments (ends) WHERE gone_at IS NULL;
CREATE INDEX tasks_due ON tasks (due) WHERE gone_at IS NULL AND completed IS NOT 'true';

-- Purposes are listed in package store. The column is made anew for that, not its table, so that
-- whatever else the table has stays.
DROP VIEW v1_texts;
ALTER TABLE texts ADD COLUMN why TEXT NOT NULL DEFAULT 'reply' CHECK (why GLOB '[a-z]*');
UPDATE texts SET why = purpose;
ALTER TABLE texts DROP COLUMN purpose;
ALTER TABLE texts RENAME COLUMN why TO purpose;

-- Texts to people only: that staff cannot be reached would be told to staff.
CREATE TRIGGER outbox_failed AFTER UPDATE OF state ON outbox
WHEN NEW.state = 'failed' AND OLD.state <> 'failed' AND NEW.kind = 'text.send' AND EXISTS (SELECT 1 FROM meta WHERE key = 'watch' AND value = '1')
BEGIN
    INSERT INTO events (entity, record_id, after, cause, depth)
    SELECT 'failure', NEW.id, '{}', CASE WHEN purpose = 'rule' THEN NEW.key END, purpose = 'rule'
    FROM texts WHERE outbox_id = NEW.id AND purpose NOT IN ('alarm', 'notice', 'opt-out');
END;

CREATE TRIGGER texts_failed AFTER UPDATE OF delivery ON texts
WHEN NEW.delivery = 'failed' AND OLD.delivery IS NOT 'failed' AND NEW.purpose NOT IN ('alarm', 'notice', 'opt-out')
    AND EXISTS (SELECT 1 FROM meta WHERE key = 'watch' AND value = '1')
BEGIN
    INSERT INTO events (entity, record_id, after, cause, depth)
    SELECT 'failure', NEW.outbox_id, '{}', CASE WHEN NEW.purpose = 'rule' THEN key END, NEW.purpose = 'rule' FROM outbox WHERE id = NEW.outbox_id;
END;

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
