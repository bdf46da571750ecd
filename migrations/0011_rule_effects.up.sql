-- What each action of a rule came to, so that it can be told what became of it. Firings from before this was kept
-- have none, save those that only texted.
CREATE TABLE firing_effects (
    firing_id INTEGER NOT NULL REFERENCES firings (id),
    n         INTEGER NOT NULL,                -- its place among the others
    action    TEXT NOT NULL,                   -- its name in the config; empty: the rule as a whole
    kind      TEXT,                            -- of what carries it outside; NULL: nothing does
    text_id   INTEGER REFERENCES outbox (id),  -- the text
    record_id INTEGER,                         -- or the record that was made or edited
    newest    INTEGER NOT NULL DEFAULT 0,      -- in the outbox before that: what carries the edit is newer
    why       TEXT NOT NULL DEFAULT '',        -- nothing carries it, or it waits at first
    PRIMARY KEY (firing_id, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX firing_effects_record ON firing_effects (record_id) WHERE record_id IS NOT NULL;
CREATE INDEX firing_effects_text ON firing_effects (text_id) WHERE text_id IS NOT NULL;

-- Firings that only texted: the keys of their texts tell whose they are.
INSERT INTO firing_effects (firing_id, n, action, kind, text_id)
WITH keys (firing_id, done, key) AS (
    SELECT id, done, 'rule/' || rule || '/event/' || value || '/' FROM firings WHERE entity NOT IN ('', 'text')
    UNION ALL
    SELECT id, done, 'rule/' || rule || '/day/' || value || '/' FROM firings WHERE entity = ''
    UNION ALL
    SELECT f.id, f.done, 'rule/' || f.rule || '/text/' || i.gateway || '/' || i.key || '/' FROM firings f JOIN inbound i ON i.id = f.record_id WHERE f.entity = 'text'
    UNION ALL
    SELECT f.id, f.done, 'rule/' || f.rule || '/task/' || coalesce(t.crm_id, '#' || t.id) || '/' || f.value || '/' FROM firings f JOIN tasks t ON t.id = f.record_id WHERE f.entity = 'task'
    UNION ALL
    SELECT f.id, f.done, 'rule/' || f.rule || '/appointment/' || coalesce(a.crm_id, '#' || a.id) || '/' || f.value || '/' FROM firings f JOIN appointments a ON a.id = f.record_id WHERE f.entity = 'appointment'
), found AS (
    SELECT k.firing_id, k.done, o.id AS text_id, t.purpose, count(*) OVER (PARTITION BY k.firing_id) AS texts
    FROM keys k CROSS JOIN outbox o ON o.key >= k.key AND o.key < k.key || ':' CROSS JOIN texts t ON t.outbox_id = o.id
    WHERE k.done <> ''
)
SELECT firing_id, row_number() OVER (PARTITION BY firing_id ORDER BY text_id) - 1, CASE purpose WHEN 'rule' THEN 'text' ELSE 'notify' END, 'text.send', text_id
FROM found WHERE texts = 1 + (length(done) - length(replace(done, ', ', ''))) / 2;

-- What a rule did that was kept as a whole.
INSERT INTO firing_effects (firing_id, n, action, why)
SELECT f.id, 1000, '', f.stopped FROM firings f WHERE f.stopped <> '' AND EXISTS (SELECT 1 FROM firing_effects e WHERE e.firing_id = f.id);

-- What became of what rules did, one row an action, in their order. An outcome is that of a text or of the effect that
-- carries an edit; waits, until due_at where that is still to come; held; unclear; dropped; failed; not done.
CREATE VIEW v1_rule_effects AS
SELECT f.id, coalesce(e.n, 0) AS n, strftime('%Y-%m-%dT%H:%M:%SZ', f.at / 1000.0, 'unixepoch') AS at, f.rule, f.event, f.contact_id, c.name AS contact,
       coalesce(e.action, f.done) AS action,
       CASE WHEN e.firing_id IS NULL AND f.done <> '' THEN 'not known'
            WHEN e.kind IS NULL THEN 'not done'
            WHEN o.state = 'done' THEN CASE e.kind WHEN 'text.send' THEN coalesce(t.delivery, 'queued') ELSE 'done' END
            WHEN o.state = 'pending' THEN 'waits'
            WHEN o.state = 'unknown' THEN 'unclear'
            WHEN o.state IS NOT NULL THEN o.state
            WHEN e.record IN ('edited', 'braked') THEN 'waits'
            ELSE 'not done' END AS outcome,
       CASE WHEN o.state = 'pending' THEN strftime('%Y-%m-%dT%H:%M:%SZ', o.due_at / 1000.0, 'unixepoch') END AS due_at,
       CASE WHEN e.firing_id IS NULL THEN f.stopped
            WHEN e.kind IS NULL THEN e.why
            WHEN o.state = 'done' THEN coalesce(t.detail, '')
            WHEN o.state = 'pending' AND o.kind <> 'text.send' AND k.crm_id IS NULL THEN 'the contact is not in the CRM yet'
            WHEN o.state = 'pending' THEN coalesce(nullif(o.reason, ''), e.why)
            WHEN o.state IS NOT NULL THEN o.reason
            WHEN e.record = 'braked' THEN 'a brake holds the record: ghlsms held list'
            WHEN e.record = 'edited' THEN 'what went before it is unclear'
            WHEN e.record = 'gone' THEN 'the record was deleted'
            WHEN EXISTS (SELECT 1 FROM conflicts x WHERE x.record_id = e.record_id AND x.entity = e.entity AND x.found_at >= f.at AND x.kept <> 'local')
            THEN 'it was changed on both sides: ghlsms report conflicts'
            ELSE 'the CRM had it already' END AS reason,
       o.id AS outbox_id, coalesce(o.attempts, 0) AS attempts
FROM firings f
LEFT JOIN (
    SELECT *, CASE entity
           WHEN 'contact' THEN (SELECT CASE WHEN coalesce(gone_at, doomed_at) IS NOT NULL THEN 'gone' WHEN edits IS NULL THEN 'same' WHEN held_by IS NOT NULL THEN 'braked' ELSE 'edited' END FROM contacts WHERE id = record_id)
           WHEN 'appointment' THEN (SELECT CASE WHEN coalesce(gone_at, doomed_at) IS NOT NULL THEN 'gone' WHEN edits IS NULL THEN 'same' WHEN held_by IS NOT NULL THEN 'braked' ELSE 'edited' END FROM appointments WHERE id = record_id)
           WHEN 'task' THEN coalesce((SELECT CASE WHEN coalesce(gone_at, doomed_at) IS NOT NULL THEN 'gone' WHEN edits IS NULL THEN 'same' ELSE 'edited' END FROM tasks WHERE id = record_id), 'gone')
           WHEN 'note' THEN coalesce((SELECT CASE WHEN coalesce(gone_at, doomed_at) IS NOT NULL THEN 'gone' WHEN edits IS NULL THEN 'same' ELSE 'edited' END FROM notes WHERE id = record_id), 'gone')
           END AS record
    FROM (SELECT *, substr(kind, 1, instr(kind, '.') - 1) AS entity FROM firing_effects)
) e ON e.firing_id = f.id
LEFT JOIN outbox o ON o.id = coalesce(e.text_id, (
    SELECT min(x.id) FROM outbox x WHERE x.record_id = e.record_id AND x.id > e.newest AND (x.state <> 'dropped' OR x.reason <> 'planned anew')
    AND x.kind IN (e.kind, e.entity || '.create', CASE e.entity WHEN 'task' THEN 'task.update' END, CASE e.entity WHEN 'task' THEN 'task.complete' END)))
LEFT JOIN texts t ON t.outbox_id = o.id
LEFT JOIN contacts k ON k.id = o.contact_id
LEFT JOIN v1_contacts c ON c.id = f.contact_id;

-- A firing tells what became of its actions, after all that it told before.
DROP VIEW v1_rules;
CREATE VIEW v1_rules AS
SELECT f.id, strftime('%Y-%m-%dT%H:%M:%SZ', f.at / 1000.0, 'unixepoch') AS at, f.rule, f.event, f.contact_id, c.name AS contact,
       f.entity, nullif(f.record_id, 0) AS record_id, f.done, f.stopped,
       (SELECT group_concat(CASE WHEN action = '' THEN '' ELSE action || ': ' END || outcome || CASE WHEN coalesce(reason, '') = '' THEN '' ELSE ' (' || reason || ')' END, '; ')
        FROM (SELECT * FROM v1_rule_effects e WHERE e.id = f.id ORDER BY e.n)) AS outcome
FROM firings f LEFT JOIN v1_contacts c ON c.id = f.contact_id;
