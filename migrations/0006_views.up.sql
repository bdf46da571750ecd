-- The views that stood on tables made anew, as they were, with more columns at their end; and
-- those of what is new.

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

-- kept: crm, local, or neither while it waits for a person.
CREATE VIEW v1_conflicts AS
SELECT id, entity, record_id, field, base, crm, local, kept,
       strftime('%Y-%m-%dT%H:%M:%SZ', found_at / 1000.0, 'unixepoch') AS found_at,
       policy, reason, local_by,
       strftime('%Y-%m-%dT%H:%M:%SZ', crm_at / 1000.0, 'unixepoch') AS crm_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', local_at / 1000.0, 'unixepoch') AS local_at,
       settled_to, strftime('%Y-%m-%dT%H:%M:%SZ', settled_at / 1000.0, 'unixepoch') AS settled_at
FROM conflicts;

CREATE VIEW v1_notes AS
SELECT n.id, n.crm_id, n.contact_id, c.name AS contact, n.v ->> '$.body' AS body, coalesce(u.name, n.v ->> '$.user') AS author,
       n.v ->> '$.added' AS added_at, n.edits IS NOT NULL AS waiting,
       strftime('%Y-%m-%dT%H:%M:%SZ', n.changed_at / 1000.0, 'unixepoch') AS changed_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', k.notes_at / 1000.0, 'unixepoch') AS read_at
FROM (SELECT *, json_patch(coalesce(seen, base), replace(coalesce(edits, '{}'), ':""', ':null')) AS v FROM notes WHERE gone_at IS NULL) AS n
LEFT JOIN v1_contacts c ON c.id = n.contact_id
LEFT JOIN contacts k ON k.id = n.contact_id
LEFT JOIN users u ON u.crm_id = n.v ->> '$.user';

-- What waits for a person's word: brakes, and effects that a brake stopped.
CREATE VIEW v1_held AS
SELECT 'b' || id AS id, kind AS what, CASE WHEN scope = '' OR entity = 'entry' THEN entity WHEN entity = 'task' THEN scope || ' task' ELSE entity || ' in ' || scope END AS about, size, evidence AS why,
       strftime('%Y-%m-%dT%H:%M:%SZ', found_at / 1000.0, 'unixepoch') AS since
FROM brakes WHERE state = 'held'
UNION ALL
SELECT CAST(id AS TEXT), kind, key, 1, reason, strftime('%Y-%m-%dT%H:%M:%SZ', created_at / 1000.0, 'unixepoch')
FROM outbox WHERE state = 'held';

-- Everything that was done outside, with what was there before.
CREATE VIEW v1_changes AS
SELECT o.id, strftime('%Y-%m-%dT%H:%M:%SZ', o.done_at / 1000.0, 'unixepoch') AS at, o.kind,
       substr(o.kind, 1, instr(o.kind, '.') - 1) AS entity, o.record_id, o.contact_id, c.name AS contact, o.before,
       CASE o.kind WHEN 'text.send' THEN json_object('to', t.number, 'text', t.body) ELSE o.payload END AS after,
       strftime('%Y-%m-%dT%H:%M:%SZ', o.undone_at / 1000.0, 'unixepoch') AS undone_at
FROM outbox o LEFT JOIN v1_contacts c ON c.id = o.contact_id LEFT JOIN texts t ON t.outbox_id = o.id
WHERE o.state = 'done';

-- Contacts in the CRM that share a phone number or an email address.
CREATE VIEW v1_duplicates AS
SELECT 'phone' AS field, phone AS value, count(*) AS contacts, group_concat(id, ', ') AS ids
FROM contacts WHERE phone IS NOT NULL AND gone_at IS NULL GROUP BY phone HAVING count(*) > 1
UNION ALL
SELECT 'email', email, count(*), group_concat(id, ', ')
FROM contacts WHERE email IS NOT NULL AND gone_at IS NULL GROUP BY email HAVING count(*) > 1;

-- The list of the gateway's address book that is kept in step.
CREATE VIEW v1_entries AS
SELECT e.id, e.list, e.number, e.contact_id, c.name AS contact, coalesce(e.seen, e.base) AS fields, e.gone_at IS NULL AND e.hash IS NOT NULL AS listed,
       strftime('%Y-%m-%dT%H:%M:%SZ', e.changed_at / 1000.0, 'unixepoch') AS changed_at
FROM entries e LEFT JOIN v1_contacts c ON c.id = e.contact_id;
