-- What people who text were asked, and what they may answer. State: reading (the calendar is to be
-- asked), read (the person is to be asked), open, booking (chosen; the CRM is to take it), closed.
CREATE TABLE questions (
    id             INTEGER PRIMARY KEY,
    number         TEXT NOT NULL,     -- who is asked
    kind           TEXT NOT NULL CHECK (kind GLOB '[a-z]*'),
    state          TEXT NOT NULL CHECK (state IN ('reading', 'read', 'open', 'booking', 'closed')),
    text           TEXT NOT NULL,     -- the text that raised it
    contact_id     INTEGER REFERENCES contacts (id),
    appointment_id INTEGER REFERENCES appointments (id),
    choices        TEXT NOT NULL DEFAULT '[]',
    answer         INTEGER NOT NULL DEFAULT 0, -- which of choices, from 1
    raised_at      INTEGER NOT NULL,
    asked_at       INTEGER,
    expires_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX questions_number ON questions (number, id);
CREATE INDEX questions_state ON questions (state, id);
CREATE INDEX questions_contact ON questions (contact_id);
CREATE INDEX questions_appointment ON questions (appointment_id);

-- The numbers under which somebody was last told tasks, by the phone they were told at.
CREATE TABLE short_numbers_new (
    phone   TEXT NOT NULL,
    number  INTEGER NOT NULL,
    task_id INTEGER NOT NULL REFERENCES tasks (id),
    told_at INTEGER NOT NULL,
    PRIMARY KEY (phone, number)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO short_numbers_new (phone, number, task_id, told_at)
SELECT c.phone, n.number, n.task_id, unixepoch() * 1000 FROM short_numbers n JOIN contacts c ON c.id = n.contact_id WHERE c.phone IS NOT NULL;
DROP TABLE short_numbers;
ALTER TABLE short_numbers_new RENAME TO short_numbers;
CREATE INDEX short_numbers_task ON short_numbers (task_id);

ALTER TABLE inbound ADD COLUMN undo TEXT;         -- what takes back what the text did; NULL: nothing to take back
ALTER TABLE inbound ADD COLUMN undone_at INTEGER; -- when it was taken back

-- What people may do themselves with an appointment of a calendar.
ALTER TABLE calendars ADD COLUMN moves INTEGER NOT NULL DEFAULT 1 CHECK (moves IN (0, 1));
ALTER TABLE calendars ADD COLUMN cancels INTEGER NOT NULL DEFAULT 1 CHECK (cancels IN (0, 1));

CREATE VIEW v1_questions AS
SELECT q.id, q.number, c.name AS contact, q.kind, q.text, q.state, q.answer,
       strftime('%Y-%m-%dT%H:%M:%SZ', q.raised_at / 1000.0, 'unixepoch') AS raised_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', q.asked_at / 1000.0, 'unixepoch') AS asked_at
FROM questions q LEFT JOIN v1_contacts c ON c.id = q.contact_id;
