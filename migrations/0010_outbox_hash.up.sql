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
