-- What an effect was first planned with, hashed: its key must not come with anything else. NULL: planned
-- before that was kept.
ALTER TABLE outbox ADD COLUMN payload_hash BLOB;
-- How often, and when last, the outside was asked about an unclear effect since it was last begun, and
-- whether the asking has come to its end: then a person decides.
ALTER TABLE outbox ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN asked_at INTEGER;
ALTER TABLE outbox ADD COLUMN waits INTEGER NOT NULL DEFAULT 0 CHECK (waits IN (0, 1));
UPDATE outbox SET waits = 1 WHERE state = 'unknown' AND reason GLOB '*look on the other side*';

DROP VIEW v1_outbox;
CREATE VIEW v1_outbox AS
SELECT id, key, kind, contact_id, record_id, state, reason, attempts, outside_id,
       strftime('%Y-%m-%dT%H:%M:%SZ', created_at / 1000.0, 'unixepoch') AS created_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', due_at / 1000.0, 'unixepoch') AS due_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', expires_at / 1000.0, 'unixepoch') AS expires_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', done_at / 1000.0, 'unixepoch') AS done_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', started_at / 1000.0, 'unixepoch') AS started_at,
       asked, strftime('%Y-%m-%dT%H:%M:%SZ', asked_at / 1000.0, 'unixepoch') AS asked_at, waits AND state = 'unknown' AS waits
FROM outbox;

-- The reason of a reminder also tells why its text is in the state it is in.
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
       coalesce(r.skipped, nullif(o.reason, ''), t.detail, '') AS reason,
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
