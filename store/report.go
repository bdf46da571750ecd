package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Report is a named question to the v1_ views.
type Report struct {
	Name  string
	About string
	sql   string
}

// Reports are the built-in ones. What a person must act on comes first in each.
var Reports = []Report{
	{"agenda", "appointments to come, with what was texted about them", `
		SELECT a.starts, a.ends, a.contact, a.phone, a.title, a.status, a.calendar,
		       (SELECT group_concat(rule || ': ' || decision, ', ') FROM v1_reminders r WHERE r.appointment_id = a.id AND r.starts = a.starts) AS reminders
		FROM v1_appointments a WHERE a.starts >= strftime('%Y-%m-%dT%H:%M:%SZ', ?1 / 1000.0, 'unixepoch') ORDER BY a.starts, a.id`},
	{"outbox", "effects on the way outside: unclear ones first, then held, failed, waiting, done", `
		SELECT id, kind, state, reason, attempts, key, created_at, due_at, done_at FROM v1_outbox o ORDER BY ` + outboxOrder},
	{"texts", "every text in both directions, newest first", `
		SELECT at, direction, number, purpose, state, reason, body FROM v1_texts ORDER BY at DESC, direction, id DESC`},
	{"questions", "what people who text were asked back, and what they chose, newest first", `
		SELECT id, raised_at, number, contact, kind, text, state, answer FROM v1_questions ORDER BY id DESC`},
	{"reminders", "reminders, planned and decided, newest first", `
		SELECT r.due_at, r.rule, c.name AS contact, r.starts, r.decision, r.reason, r.delivery, r.sent_at, r.answer, r.id
		FROM v1_reminders r LEFT JOIN v1_contacts c ON c.id = r.contact_id ORDER BY r.due_at DESC, r.id DESC`},
	{"tasks", "open tasks by due time", `
		SELECT id, due, contact, title, assigned_to, waiting FROM v1_tasks WHERE NOT completed ORDER BY due, id`},
	{"contacts", "contacts by name", `
		SELECT id, name, phone, email, tags, opted_out, waiting FROM v1_contacts ORDER BY name, id`},
	{"fields", "contacts with the fields that the config has names for", `
		SELECT * FROM v1_contact_fields ORDER BY name, id`},
	{"opt-outs", "numbers that must not be texted, and those that may again", `
		SELECT number, since, source, reason, lifted_at, lifted_by FROM v1_opt_outs ORDER BY lifted_at IS NOT NULL, since DESC`},
	{"held", "what waits for a person's word: brakes, and effects that one stopped", `
		SELECT id, what, about, size, why, since FROM v1_held ORDER BY id GLOB 'b*' DESC, since, id`},
	{"conflicts", "fields that both sides changed: those that wait for a choice first, then those a policy decided", conflictsReport},
	{"notes", "notes on contacts, newest first", notesReport},
	{"duplicates", "contacts that share a phone number or an email address", `
		SELECT field, value, contacts, ids FROM v1_duplicates ORDER BY contacts DESC, value`},
	{"address-book", "the list of the gateway's address book that is kept in step", `
		SELECT id, list, number, contact, fields, listed, changed_at FROM v1_entries ORDER BY contact, number, id`},
	{"history", "everything that was done outside, with what was there before, newest first", `
		SELECT id, at, kind, contact, before, after, undone_at FROM v1_changes ORDER BY at DESC, id DESC`},
	{"rules", "what became of what rules did, and what they did not and why, newest first", `
		SELECT at, rule, event, contact, action, outcome, CASE WHEN due_at > strftime('%Y-%m-%dT%H:%M:%SZ', ?1 / 1000.0, 'unixepoch') THEN due_at END AS until,
		       CASE WHEN outcome = 'waits' AND attempts = 0 AND due_at <= strftime('%Y-%m-%dT%H:%M:%SZ', ?1 / 1000.0, 'unixepoch') AND reason <> 'the contact is not in the CRM yet'
		       THEN 'it leaves as soon as the ' || CASE WHEN action IN ('text', 'notify') THEN 'gateway' ELSE 'CRM' END || ' takes it' ELSE reason END AS reason
		FROM v1_rule_effects ORDER BY id DESC, n`},
	{"freshness", "when each source was last read, and why not since", `
		SELECT source, read_at, failed_at, error FROM v1_freshness WHERE source NOT GLOB 'plan.*' ORDER BY source`},
}

// outboxOrder is the order of v1_outbox o: what waits for a person first.
const outboxOrder = `CASE o.state WHEN 'unknown' THEN 0 WHEN 'held' THEN 1 WHEN 'failed' THEN 2 WHEN 'sending' THEN 3 WHEN 'pending' THEN 4 ELSE 5 END, o.id DESC`

const conflictsReport = `
		SELECT id, found_at, entity, record_id, field, base, crm, local, kept, policy, settled_to FROM v1_conflicts
		ORDER BY kept = 'neither' AND settled_to IS NULL DESC, id DESC`

const notesReport = `
		SELECT id, added_at, contact, body, author, waiting, read_at FROM v1_notes ORDER BY coalesce(added_at, changed_at) DESC, id DESC`

// Table is a report's result. Values are nil, int64, float64 or string.
type Table struct {
	Columns []string
	Rows    [][]any
}

// RunReport answers a built-in report with at most limit rows; 0 means all.
func (tx *Tx) RunReport(ctx context.Context, name string, limit int) (Table, error) {
	var names []string
	for _, r := range Reports {
		if r.Name == name {
			return tx.table(ctx, r.sql, limit)
		}
		names = append(names, r.Name)
	}
	return Table{}, fmt.Errorf("no report %q: there are %s", name, strings.Join(names, ", "))
}

// table asks a question in which ?1 is now, ?2 the limit, and args what comes after.
func (tx *Tx) table(ctx context.Context, q string, limit int, args ...any) (Table, error) {
	if limit <= 0 {
		limit = -1
	}
	rows, err := tx.QueryContext(ctx, `SELECT * FROM (`+q+`) LIMIT ?2`, append([]any{tx.Now.UnixMilli(), limit}, args...)...)
	if err != nil {
		return Table{}, fmt.Errorf("report: %w", err)
	}
	defer rows.Close()
	t := Table{}
	if t.Columns, err = rows.Columns(); err != nil {
		return Table{}, err
	}
	for rows.Next() {
		row, err := scanRow(rows, len(t.Columns))
		if err != nil {
			return Table{}, err
		}
		t.Rows = append(t.Rows, row)
	}
	return t, rows.Err()
}

func scanRow(rows *sql.Rows, n int) ([]any, error) {
	row, into := make([]any, n), make([]any, n)
	for i := range row {
		into[i] = &row[i]
	}
	return row, rows.Scan(into...)
}

// SourceState is how one source is read.
type SourceState struct {
	Name string
	Cursor
}

// Sources lists how each source is read, by name. How far a planner came is no source.
func (tx *Tx) Sources(ctx context.Context) ([]SourceState, error) {
	return query(ctx, tx, scanSource, `SELECT source, `+cursorColumns+` FROM cursors WHERE source NOT GLOB 'plan.*' ORDER BY source`)
}

func scanSource(rows *sql.Rows) (s SourceState, err error) {
	err = rows.Scan(append([]any{&s.Name}, s.fields()...)...)
	return s, err
}

// Counts are the sizes of the mirror, by what they count.
func (tx *Tx) Counts(ctx context.Context) (map[string]int64, error) {
	counts := map[string]int64{}
	for name, q := range map[string]string{
		"contacts":     `SELECT count(*) FROM contacts WHERE gone_at IS NULL`,
		"tasks_open":   `SELECT count(*) FROM tasks WHERE gone_at IS NULL AND coalesce(completed, 'false') <> 'true'`,
		"appointments": `SELECT count(*) FROM appointments WHERE gone_at IS NULL`,
		"undecided":    `SELECT count(*) FROM inbound WHERE decision IS NULL`,
		"opt_outs":     `SELECT count(*) FROM opt_outs WHERE lifted_at IS NULL`,
		"failed":       `SELECT count(*) FROM outbox WHERE state = 'failed'`,
	} {
		var n int64
		if err := tx.QueryRowContext(ctx, q).Scan(&n); err != nil {
			return nil, fmt.Errorf("count %s: %w", name, err)
		}
		counts[name] = n
	}
	return counts, nil
}
