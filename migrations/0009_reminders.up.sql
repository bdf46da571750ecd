-- Reminders as a ledger: one row for each appointment at one start and each rule, from when it is planned.

CREATE TABLE reminders_new (
    id             INTEGER PRIMARY KEY,
    appointment_id INTEGER NOT NULL REFERENCES appointments (id),
    starts         TEXT NOT NULL,
    rule           TEXT NOT NULL,
    version        INTEGER NOT NULL DEFAULT 1, -- more: decided anew, since what stood against it had ended
    planned_at     INTEGER NOT NULL,
    due_at         INTEGER NOT NULL,           -- by the rule
    leaves_at      INTEGER NOT NULL,           -- then, or when people may be texted
    zone           TEXT NOT NULL DEFAULT '',   -- of the recipient
    zone_from      TEXT NOT NULL DEFAULT '',   -- whose zone that is: contact, location, config
    decided_at     INTEGER,                    -- NULL: planned
    code           TEXT NOT NULL DEFAULT '' CHECK (code GLOB '[a-z-]*' OR code = ''), -- why not, in a word
    skipped        TEXT,                       -- why no text was queued
    outbox_id      INTEGER REFERENCES outbox (id),
    task_id        INTEGER REFERENCES tasks (id), -- what was made in place of a text
    answered_at    INTEGER,
    answer         TEXT,                       -- what was decided about the answer
    inbound_id     INTEGER REFERENCES inbound (id),
    UNIQUE (appointment_id, starts, rule, version),
    CHECK (CASE WHEN decided_at IS NULL THEN skipped IS NULL AND outbox_id IS NULL AND task_id IS NULL
           ELSE (skipped IS NOT NULL) + (outbox_id IS NOT NULL OR task_id IS NOT NULL) = 1 END)
) STRICT;
INSERT INTO reminders_new (id, appointment_id, starts, rule, planned_at, due_at, leaves_at, decided_at, skipped, outbox_id)
SELECT id, appointment_id, starts, rule, decided_at, due_at, due_at, decided_at, skipped, outbox_id FROM reminders;
DROP VIEW v1_reminders;
DROP TABLE reminders;
ALTER TABLE reminders_new RENAME TO reminders;
CREATE INDEX reminders_outbox ON reminders (outbox_id);
CREATE INDEX reminders_planned ON reminders (leaves_at) WHERE decided_at IS NULL;

-- When an appointment's reminders are to be looked at next: at 0 at once, at NULL never. What can change
-- a decision sets it to 0.
ALTER TABLE appointments ADD COLUMN look_at INTEGER DEFAULT 0;
UPDATE appointments SET look_at = NULL
WHERE starts < (SELECT strftime('%Y-%m-%dT%H:%M:%SZ', coalesce(max(decided_at), 0) / 1000 - 172800, 'unixepoch') FROM reminders);
CREATE INDEX appointments_look ON appointments (look_at) WHERE look_at IS NOT NULL;

CREATE TRIGGER look_appointments AFTER UPDATE OF base, seen, edits, gone_at, contact_id, held_by ON appointments
WHEN NEW.look_at IS NOT 0
BEGIN
    UPDATE appointments SET look_at = 0 WHERE id = NEW.id;
END;

CREATE TRIGGER look_contacts AFTER UPDATE OF base, seen, edits, gone_at ON contacts
BEGIN
    UPDATE appointments SET look_at = 0 WHERE contact_id = NEW.id AND look_at > 0;
END;

CREATE TRIGGER look_opt_outs AFTER UPDATE OF lifted_at ON opt_outs
BEGIN
    UPDATE appointments SET look_at = 0 WHERE look_at > 0 AND contact_id IN (SELECT id FROM contacts WHERE phone = NEW.number);
END;

CREATE TRIGGER look_outbox AFTER UPDATE OF state ON outbox
WHEN NEW.kind = 'text.send' AND NEW.state <> OLD.state AND NEW.state IN ('done', 'failed', 'dropped', 'unknown')
BEGIN
    UPDATE appointments SET look_at = 0 WHERE look_at IS NOT 0 AND id IN (SELECT appointment_id FROM reminders WHERE outbox_id = NEW.id);
END;

CREATE TRIGGER look_texts AFTER UPDATE OF delivery ON texts
WHEN NEW.delivery IS NOT OLD.delivery
BEGIN
    UPDATE appointments SET look_at = 0 WHERE look_at IS NOT 0 AND id IN (SELECT appointment_id FROM reminders WHERE outbox_id = NEW.outbox_id);
END;

-- Until when no reminder of a rule leaves; an empty rule is all of them.
CREATE TABLE pauses (
    rule   TEXT PRIMARY KEY,
    since  INTEGER NOT NULL,
    until  INTEGER NOT NULL,
    reason TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

CREATE VIEW v1_reminders AS
SELECT r.id, r.appointment_id, a.contact_id, r.starts, r.rule,
       strftime('%Y-%m-%dT%H:%M:%SZ', r.due_at / 1000.0, 'unixepoch') AS due_at,
       CASE WHEN r.decided_at IS NULL THEN 'planned'
            WHEN r.code = 'moved' THEN 'withdrawn'
            WHEN r.skipped IS NOT NULL THEN 'skipped'
            WHEN r.outbox_id IS NULL THEN 'task'
            WHEN o.state = 'done' AND o.started_at > r.leaves_at + 600000 THEN 'late'
            WHEN o.state = 'done' THEN 'sent'
            WHEN o.state IN ('failed', 'dropped') THEN 'skipped'
            WHEN o.state = 'unknown' THEN 'unknown'
            ELSE 'queued' END AS decision,
       coalesce(r.skipped, nullif(o.reason, ''), '') AS reason,
       t.delivery, t.body, o.key AS outbox_key,
       CASE WHEN o.state IN ('sending', 'unknown', 'done') THEN strftime('%Y-%m-%dT%H:%M:%SZ', o.started_at / 1000.0, 'unixepoch') END AS sent_at,
       r.version, r.code, r.zone, r.zone_from, t.parts, t.gateway_id, r.task_id,
       strftime('%Y-%m-%dT%H:%M:%SZ', r.planned_at / 1000.0, 'unixepoch') AS planned_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', r.leaves_at / 1000.0, 'unixepoch') AS leaves_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', r.decided_at / 1000.0, 'unixepoch') AS decided_at,
       r.answer, strftime('%Y-%m-%dT%H:%M:%SZ', r.answered_at / 1000.0, 'unixepoch') AS answered_at
FROM reminders r
JOIN appointments a ON a.id = r.appointment_id
LEFT JOIN outbox o ON o.id = r.outbox_id
LEFT JOIN texts t ON t.outbox_id = r.outbox_id;
