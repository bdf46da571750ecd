-- What the journal is kept by. Package store makes all this while there are rules, and takes it away
-- where there are none, since it makes every write of a record dearer.
--
-- An event is that a record looks different to people here than before. An accepted write of ours shows
-- the same value, and so is none.

-- What falls due, and what ends.
CREATE INDEX watch_appointments_ends ON appointments (ends) WHERE gone_at IS NULL;
CREATE INDEX watch_tasks_due ON tasks (due) WHERE gone_at IS NULL AND completed IS NOT 'true';

CREATE TRIGGER watch_contacts_made AFTER INSERT ON contacts
WHEN (NEW.hash IS NOT NULL OR NEW.crm_id IS NULL)
BEGIN
    INSERT INTO events (entity, record_id, after, at)
    VALUES ('contact', NEW.id, json_patch(NEW.base, replace(coalesce(NEW.edits, '{}'), ':""', ':null')), NEW.seen_at);
END;

CREATE TRIGGER watch_tasks_made AFTER INSERT ON tasks
BEGIN
    INSERT INTO events (entity, record_id, after, at)
    VALUES ('task', NEW.id, json_patch(NEW.base, replace(coalesce(NEW.edits, '{}'), ':""', ':null')), NEW.seen_at);
END;

CREATE TRIGGER watch_appointments_made AFTER INSERT ON appointments
BEGIN
    INSERT INTO events (entity, record_id, after, at)
    VALUES ('appointment', NEW.id, json_patch(NEW.base, replace(coalesce(NEW.edits, '{}'), ':""', ':null')), NEW.seen_at);
END;

-- A note that was made of a text is no news: the text was.
CREATE TRIGGER watch_notes_made AFTER INSERT ON notes
WHEN coalesce(NEW.marks ->> '$.body.by', '') <> 'text'
BEGIN
    INSERT INTO events (entity, record_id, after, at)
    VALUES ('note', NEW.id, json_patch(NEW.base, replace(coalesce(NEW.edits, '{}'), ':""', ':null')),
            coalesce(unixepoch(NEW.base ->> '$.added') * 1000, NEW.seen_at));
END;

-- A row known by its id only that is read now was not there before. One that was made here and that the
-- CRM took a moment ago has a base already. Two values may be the same in another order.
CREATE TRIGGER watch_contacts_changed AFTER UPDATE OF base, seen, edits, hash ON contacts
WHEN NEW.gone_at IS NULL AND (NEW.hash IS NOT NULL OR NEW.crm_id IS NULL)
BEGIN
    INSERT INTO events (entity, record_id, before, after, at)
    SELECT 'contact', NEW.id, CASE WHEN was_there THEN b END, a, CASE WHEN NEW.seen_at > coalesce(OLD.seen_at, 0) THEN NEW.seen_at END
    FROM (SELECT OLD.hash IS NOT NULL OR OLD.crm_id IS NULL OR OLD.base <> '{}' OR OLD.edits IS NOT NULL AS was_there,
                 json_patch(coalesce(OLD.seen, OLD.base), replace(coalesce(OLD.edits, '{}'), ':""', ':null')) AS b,
                 json_patch(coalesce(NEW.seen, NEW.base), replace(coalesce(NEW.edits, '{}'), ':""', ':null')) AS a)
    WHERE NOT was_there OR b <> a AND NOT (json_patch(b, a) = b AND json_patch(a, b) = a);
END;

CREATE TRIGGER watch_tasks_changed AFTER UPDATE OF base, seen, edits ON tasks
WHEN NEW.gone_at IS NULL
BEGIN
    INSERT INTO events (entity, record_id, before, after, at)
    SELECT 'task', NEW.id, b, a, CASE WHEN NEW.seen_at > coalesce(OLD.seen_at, 0) THEN NEW.seen_at END
    FROM (SELECT json_patch(coalesce(OLD.seen, OLD.base), replace(coalesce(OLD.edits, '{}'), ':""', ':null')) AS b,
                 json_patch(coalesce(NEW.seen, NEW.base), replace(coalesce(NEW.edits, '{}'), ':""', ':null')) AS a)
    WHERE b <> a AND NOT (json_patch(b, a) = b AND json_patch(a, b) = a);
END;

CREATE TRIGGER watch_appointments_changed AFTER UPDATE OF base, seen, edits ON appointments
WHEN NEW.gone_at IS NULL
BEGIN
    INSERT INTO events (entity, record_id, before, after, at)
    SELECT 'appointment', NEW.id, b, a, CASE WHEN NEW.seen_at > coalesce(OLD.seen_at, 0) THEN NEW.seen_at END
    FROM (SELECT json_patch(coalesce(OLD.seen, OLD.base), replace(coalesce(OLD.edits, '{}'), ':""', ':null')) AS b,
                 json_patch(coalesce(NEW.seen, NEW.base), replace(coalesce(NEW.edits, '{}'), ':""', ':null')) AS a)
    WHERE b <> a AND NOT (json_patch(b, a) = b AND json_patch(a, b) = a);
END;

CREATE TRIGGER watch_opt_outs_made AFTER INSERT ON opt_outs
WHEN NEW.lifted_at IS NULL
BEGIN
    INSERT INTO events (entity, record_id, after) VALUES ('optout', 0, json_object('phone', NEW.number, 'out', 'true'));
END;

CREATE TRIGGER watch_opt_outs_changed AFTER UPDATE OF lifted_at ON opt_outs
WHEN (OLD.lifted_at IS NULL) <> (NEW.lifted_at IS NULL)
BEGIN
    INSERT INTO events (entity, record_id, after)
    VALUES ('optout', 0, json_object('phone', NEW.number, 'out', CASE WHEN NEW.lifted_at IS NULL THEN 'true' ELSE 'false' END));
END;

-- Texts to people only: that staff cannot be reached would be told to staff.
CREATE TRIGGER watch_outbox_failed AFTER UPDATE OF state ON outbox
WHEN NEW.state = 'failed' AND OLD.state <> 'failed' AND NEW.kind = 'text.send'
BEGIN
    INSERT INTO events (entity, record_id, after, cause, depth)
    SELECT 'failure', NEW.id, '{}', CASE WHEN purpose = 'rule' THEN NEW.key END, purpose = 'rule'
    FROM texts WHERE outbox_id = NEW.id AND purpose NOT IN ('alarm', 'notice', 'opt-out');
END;

CREATE TRIGGER watch_texts_failed AFTER UPDATE OF delivery ON texts
WHEN NEW.delivery = 'failed' AND OLD.delivery IS NOT 'failed' AND NEW.purpose NOT IN ('alarm', 'notice', 'opt-out')
BEGIN
    INSERT INTO events (entity, record_id, after, cause, depth)
    SELECT 'failure', NEW.outbox_id, '{}', CASE WHEN NEW.purpose = 'rule' THEN key END, NEW.purpose = 'rule' FROM outbox WHERE id = NEW.outbox_id;
END;
