-- A trouble that comes back soon after it ended goes on: how often it came back. How much it is about now, and was when a
-- person acknowledged it, where that can be counted. What it was at its worst.
ALTER TABLE troubles ADD COLUMN returns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE troubles ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
ALTER TABLE troubles ADD COLUMN acked_size INTEGER NOT NULL DEFAULT 0;
ALTER TABLE troubles ADD COLUMN worst TEXT NOT NULL DEFAULT '';
ALTER TABLE troubles ADD COLUMN worst_size INTEGER NOT NULL DEFAULT 0;
ALTER TABLE troubles ADD COLUMN worst_severity TEXT NOT NULL DEFAULT '';
UPDATE troubles SET worst = what, worst_severity = severity;
CREATE INDEX troubles_last ON troubles (kind, about, ended_at);

-- How much of it was told, and whether that it was acknowledged was.
ALTER TABLE tellings ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tellings ADD COLUMN acked INTEGER NOT NULL DEFAULT 0 CHECK (acked IN (0, 1));

-- What expired and is no reminder is looked at apart from missed reminders.
INSERT INTO looked (what, at, by, why) SELECT 'expired', at, by, why FROM looked WHERE what = 'missed';

-- The attempts at an effect that did not end with its being done, and what was heard when the outside was asked about
-- it: a row for each answer, however often in a row it was the same.
CREATE TABLE tries (
    id        INTEGER PRIMARY KEY,
    outbox_id INTEGER NOT NULL REFERENCES outbox (id),
    state     TEXT NOT NULL, -- that it led to
    reason    TEXT NOT NULL,
    asked     INTEGER NOT NULL CHECK (asked IN (0, 1)), -- nothing was tried: the outside was asked
    at        INTEGER NOT NULL,
    last_at   INTEGER NOT NULL,
    n         INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX tries_outbox ON tries (outbox_id);

-- Who asked for an effect: a person at this machine, a text, a rule. Empty: the two sides differed, or it was planned
-- before that was kept.
ALTER TABLE outbox ADD COLUMN asked_by TEXT NOT NULL DEFAULT '';
CREATE INDEX outbox_optouts ON outbox (payload ->> '$.phone') WHERE kind IN ('optout.tell', 'optout.lift');

DROP VIEW v1_troubles;
CREATE VIEW v1_troubles AS
SELECT id, kind, about, severity, what, details, cost, remedy,
       strftime('%Y-%m-%dT%H:%M:%SZ', since / 1000.0, 'unixepoch') AS since,
       strftime('%Y-%m-%dT%H:%M:%SZ', found_at / 1000.0, 'unixepoch') AS found_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', ended_at / 1000.0, 'unixepoch') AS ended_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', acked_at / 1000.0, 'unixepoch') AS acked_at, acked_by, acked_why, returns, size, worst
FROM troubles;

-- A reminder that left late says what kept it.
DROP VIEW v1_reminders;
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
       CASE WHEN r.skipped IS NULL AND o.state = 'done' AND o.started_at > r.leaves_at + 600000
            THEN 'left ' || CASE WHEN o.started_at - r.leaves_at < 7200000 THEN ((o.started_at - r.leaves_at) / 60000) || ' min' ELSE ((o.started_at - r.leaves_at) / 3600000) || ' h' END || ' late'
                 || coalesce(': ' || coalesce(nullif(o.cause, ''), (SELECT t.what FROM troubles t
                    WHERE t.severity = 'urgent' AND t.kind <> 'reminders-overdue' AND t.since <= o.started_at AND (t.ended_at IS NULL OR t.ended_at > r.leaves_at)
                    ORDER BY t.since, t.id LIMIT 1)), '')
                 || coalesce('; ' || nullif(o.reason, ''), '')
            ELSE coalesce(r.skipped, nullif(o.reason, ''), t.detail, '') END AS reason,
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
