-- The views people report from. Their columns stay as they are; a changed one becomes v2_.
-- Times are UTC in ISO 8601; rows proven gone from the CRM are left out. An edit to '' clears its
-- field, so it is patched as null; in compact JSON nothing else reads :"".

CREATE VIEW v1_contacts AS
SELECT id, crm_id,
       v ->> '$.first_name' AS first_name, v ->> '$.last_name' AS last_name,
       trim(coalesce(v ->> '$.first_name', '') || ' ' || coalesce(v ->> '$.last_name', '')) AS name,
       phone, email, v ->> '$.company' AS company, v ->> '$.address' AS address, v ->> '$.city' AS city,
       v ->> '$.state' AS state, v ->> '$.country' AS country, v ->> '$.postal_code' AS postal_code,
       v ->> '$.timezone' AS timezone, v ->> '$.source' AS source, v ->> '$.assigned_to' AS assigned_to,
       coalesce(v ->> '$.tags', '[]') AS tags,
       (coalesce(v ->> '$.dnd', '') = 'true' OR coalesce(v ->> '$.dnd_sms', '') IN ('active', 'permanent')
        OR EXISTS (SELECT 1 FROM opt_outs WHERE number = phone AND lifted_at IS NULL)) AS opted_out,
       edits IS NOT NULL AS waiting, v AS fields,
       strftime('%Y-%m-%dT%H:%M:%SZ', changed_at / 1000.0, 'unixepoch') AS changed_at
FROM (SELECT *, json_patch(coalesce(seen, base), replace(coalesce(edits, '{}'), ':""', ':null')) AS v FROM contacts WHERE gone_at IS NULL);

CREATE VIEW v1_tasks AS
SELECT t.id, t.crm_id, t.contact_id, c.name AS contact, t.v ->> '$.title' AS title, t.v ->> '$.body' AS body,
       t.due, coalesce(t.completed, 'false') = 'true' AS completed,
       coalesce(u.name, t.v ->> '$.assigned_to') AS assigned_to, t.edits IS NOT NULL AS waiting,
       strftime('%Y-%m-%dT%H:%M:%SZ', t.changed_at / 1000.0, 'unixepoch') AS changed_at
FROM (SELECT *, json_patch(coalesce(seen, base), replace(coalesce(edits, '{}'), ':""', ':null')) AS v FROM tasks WHERE gone_at IS NULL) AS t
LEFT JOIN v1_contacts c ON c.id = t.contact_id
LEFT JOIN users u ON u.crm_id = t.v ->> '$.assigned_to';

CREATE VIEW v1_appointments AS
SELECT a.id, a.crm_id, a.contact_id, c.name AS contact, c.phone, a.v ->> '$.title' AS title,
       a.v ->> '$.status' AS status, a.starts, a.v ->> '$.end' AS ends,
       a.calendar AS calendar_id, k.name AS calendar, coalesce(u.name, a.v ->> '$.assigned_to') AS assigned_to,
       a.edits IS NOT NULL AS waiting,
       strftime('%Y-%m-%dT%H:%M:%SZ', a.changed_at / 1000.0, 'unixepoch') AS changed_at
FROM (SELECT *, json_patch(coalesce(seen, base), replace(coalesce(edits, '{}'), ':""', ':null')) AS v FROM appointments WHERE gone_at IS NULL) AS a
LEFT JOIN v1_contacts c ON c.id = a.contact_id
LEFT JOIN calendars k ON k.crm_id = a.calendar
LEFT JOIN users u ON u.crm_id = a.v ->> '$.assigned_to';

CREATE VIEW v1_outbox AS
SELECT id, key, kind, contact_id, record_id, state, reason, attempts, outside_id,
       strftime('%Y-%m-%dT%H:%M:%SZ', created_at / 1000.0, 'unixepoch') AS created_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', due_at / 1000.0, 'unixepoch') AS due_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', expires_at / 1000.0, 'unixepoch') AS expires_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', done_at / 1000.0, 'unixepoch') AS done_at
FROM outbox;

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

CREATE VIEW v1_reminders AS
SELECT r.id, r.appointment_id, a.contact_id, r.starts, r.rule,
       strftime('%Y-%m-%dT%H:%M:%SZ', r.due_at / 1000.0, 'unixepoch') AS due_at,
       CASE WHEN r.skipped IS NOT NULL THEN 'skipped'
            WHEN o.state = 'done' AND o.started_at > r.due_at + 600000 THEN 'late'
            WHEN o.state = 'done' THEN 'sent'
            WHEN o.state IN ('failed', 'dropped') THEN 'skipped'
            WHEN o.state = 'unknown' THEN 'unknown'
            ELSE 'queued' END AS decision,
       coalesce(r.skipped, nullif(o.reason, ''), '') AS reason,
       t.delivery, t.body, o.key AS outbox_key,
       strftime('%Y-%m-%dT%H:%M:%SZ', o.started_at / 1000.0, 'unixepoch') AS sent_at
FROM reminders r
JOIN appointments a ON a.id = r.appointment_id
LEFT JOIN outbox o ON o.id = r.outbox_id
LEFT JOIN texts t ON t.outbox_id = r.outbox_id;

CREATE VIEW v1_opt_outs AS
SELECT number, source, reason, strftime('%Y-%m-%dT%H:%M:%SZ', since / 1000.0, 'unixepoch') AS since,
       strftime('%Y-%m-%dT%H:%M:%SZ', lifted_at / 1000.0, 'unixepoch') AS lifted_at, lifted_by
FROM opt_outs;

CREATE VIEW v1_conflicts AS
SELECT id, entity, record_id, field, base, crm, local, kept,
       strftime('%Y-%m-%dT%H:%M:%SZ', found_at / 1000.0, 'unixepoch') AS found_at
FROM conflicts;

CREATE VIEW v1_freshness AS
SELECT source, strftime('%Y-%m-%dT%H:%M:%SZ', read_at / 1000.0, 'unixepoch') AS read_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', failed_at / 1000.0, 'unixepoch') AS failed_at, error
FROM cursors;
