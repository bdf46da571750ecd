package store_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"ghlsms/store"
)

// The columns people rely on. A view may get more, after these; what is here stays for ever.
var v1Columns = map[string]string{
	"v1_contacts": `id crm_id first_name last_name name phone email company address city state country postal_code
		timezone source assigned_to tags opted_out waiting fields changed_at`,
	"v1_tasks":          `id crm_id contact_id contact title body due completed assigned_to waiting changed_at`,
	"v1_appointments":   `id crm_id contact_id contact phone title status starts ends calendar_id calendar assigned_to waiting changed_at`,
	"v1_outbox":         `id key kind contact_id record_id state reason attempts outside_id created_at due_at expires_at done_at`,
	"v1_texts":          `direction id contact_id number body purpose state reason parts at`,
	"v1_reminders":      `id appointment_id contact_id starts rule due_at decision reason delivery body outbox_key sent_at`,
	"v1_opt_outs":       `number source reason since lifted_at lifted_by`,
	"v1_conflicts":      `id entity record_id field base crm local kept found_at`,
	"v1_freshness":      `source read_at failed_at error`,
	"v1_notes":          `id crm_id contact_id contact body author added_at waiting changed_at read_at`,
	"v1_held":           `id what about size why since`,
	"v1_changes":        `id at kind entity record_id contact_id contact before after undone_at`,
	"v1_duplicates":     `field value contacts ids`,
	"v1_entries":        `id list number contact_id contact fields listed changed_at`,
	"v1_contact_fields": `id crm_id name`,
	"v1_questions":      `id number contact kind text state answer raised_at asked_at`,
	"v1_troubles":       `id kind about severity what details cost remedy since found_at ended_at acked_at acked_by acked_why`,
	"v1_rules":          `id at rule event contact_id contact entity record_id done stopped outcome`,
	"v1_rule_effects":   `id n at rule event contact_id contact action outcome due_at reason outbox_id attempts`,
}

func TestNoColumnOfAViewIsRemovedOrRenamed(t *testing.T) {
	m := open(t)
	views := list(m, `SELECT name FROM sqlite_schema WHERE type = 'view'`)
	same(t, "number of views", len(views), len(v1Columns))
	for view, columns := range v1Columns {
		want := strings.Join(strings.Fields(columns), " ")
		got := strings.Join(list(m, `SELECT name FROM pragma_table_info(?)`, view), " ")
		if got != want && !strings.HasPrefix(got, want+" ") {
			t.Errorf("%s:\n has  %s\n lost %s", view, got, want)
		}
	}
}

// small fills a mirror with a little of everything.
func small(m *mirror) {
	m.Helper()
	m.do(func(tx *store.Tx) error {
		ok(m, tx.ListUsers(m.ctx, []store.ListedUser{{CRMID: "u1", Name: "Uma"}}))
		ok(m, tx.ListCalendars(m.ctx, []store.ListedCalendar{{CRMID: "cal", Name: "Checkup", Active: true}}))
		ok(m, tx.OptOut(m.ctx, store.OptOut{Number: "+15550102", Source: "text", Reason: "STOP"}))
		ok(m, tx.ReadDone(m.ctx, "crm", tx.Now))
		_, err := tx.BeginTrouble(m.ctx, store.Trouble{Kind: "gateway-credit", Severity: store.Urgent, What: "no credit", Since: m.now})
		ok(m, err)
		return tx.AddConflict(m.ctx, store.Conflict{Entity: store.Contact, RecordID: 1, Field: "city", Base: "A", CRM: "B", Local: "C", Kept: "crm"})
	})
	ann := m.contact("c1", fields{
		store.FirstName: "Ann", store.LastName: "Lee", store.Phone: "+15550101", store.Email: "ann@x.org", store.Tags: `["vip"]`, "city": "Rome",
	})
	m.contact("c2", fields{store.FirstName: "Bob", store.Phone: "+15550102"})
	m.contact("c3", fields{store.LastName: "Dee", store.DNDSMS: "active"})
	m.contact("c4", name("Gone"))
	m.gone(store.Contact, "c4")
	m.edit(store.Contact, ann, fields{store.Email: "", store.Tags: "", "city": "Oslo"})
	m.of(ann, store.Task, "t1", fields{store.Title: "Call", store.Due: "2026-03-03T09:00:00Z", store.Assigned: "u1", store.Completed: "false"})
	m.of(ann, store.Task, "t2", fields{store.Title: "Done", store.Completed: "true", store.Assigned: "u9"})
	m.of(ann, store.Appointment, "a1", fields{
		store.Title: "Visit", store.Status: "confirmed", store.Start: "2099-03-03T12:00:00Z", store.End: "2099-03-03T13:00:00Z", store.Calendar: "cal",
	})
	sent := m.remind(1, "day", noon)
	m.do(func(tx *store.Tx) error {
		ok(m, tx.Claim(m.ctx, sent, "test"))
		ok(m, tx.Accepted(m.ctx, sent, "smsto", "g1", "sent", noon))
		return tx.Conclude(m.ctx, sent, store.Outcome{State: store.Done, OutsideID: "g1"})
	})
	m.in(m.text("unclear", "+15550101", "where are you"), store.Unknown)
	m.inbound("smsto", "hello", noon.Add(time.Minute))
}

// more adds a note, an entry, something held, and a second contact with the same number.
func more(m *mirror) {
	m.Helper()
	m.do(func(tx *store.Tx) error {
		note, err := tx.Create(m.ctx, store.Note, 1, fields{store.Body: "x"}, store.ByPerson)
		ok(m, err)
		_, err = tx.ObserveEntries(m.ctx, "g", "l", []store.SeenEntry{{Number: "+15550107"}})
		ok(m, err)
		ok(m, tx.Ask(m.ctx, store.Question{Number: "+15550101", Kind: store.AskWhich, State: store.QuestionOpen, Text: "X", ContactID: 1, ExpiresAt: noon}))
		_, _, err = tx.Enqueue(m.ctx, store.Intent{Key: "held", Kind: store.CreateNote, ContactID: 1, RecordID: note, State: store.Held, Payload: []byte(`{}`)})
		ok(m, err)
		ok(m, tx.AddFiring(m.ctx, store.Firing{Rule: "r", Event: "note added", Entity: store.Note, RecordID: note, Value: "1", ContactID: 1, Done: "notify"}))
		_, err = tx.ExecContext(m.ctx, `INSERT INTO contacts (base, changed_at) SELECT base, changed_at FROM contacts WHERE phone IS NOT NULL LIMIT 1`)
		return err
	})
}

func TestViewsShowWhatPeopleExpect(t *testing.T) {
	m := open(t)
	small(m)
	for q, want := range map[string][]string{
		`SELECT crm_id, name, phone, email, city, tags, opted_out, waiting FROM v1_contacts ORDER BY id`: {
			"c1|Ann Lee|+15550101||Oslo|[]|0|1", "c2|Bob|+15550102|||[]|1|0", "c3|Dee||||[]|1|0",
		},
		`SELECT fields, changed_at FROM v1_contacts WHERE crm_id = 'c1'`: {
			`{"city":"Oslo","first_name":"Ann","last_name":"Lee","phone":"+15550101"}|2026-03-02T12:00:00Z`,
		},
		`SELECT crm_id, contact, title, due, completed, assigned_to FROM v1_tasks ORDER BY id`: {
			"t1|Ann Lee|Call|2026-03-03T09:00:00Z|0|Uma", "t2|Ann Lee|Done||1|u9",
		},
		`SELECT crm_id, contact, phone, title, status, starts, ends, calendar_id, calendar FROM v1_appointments`: {
			"a1|Ann Lee|+15550101|Visit|confirmed|2099-03-03T12:00:00Z|2099-03-03T13:00:00Z|cal|Checkup",
		},
		`SELECT kind, state, attempts, outside_id, done_at FROM v1_outbox ORDER BY id`: {
			"text.send|done|1|g1|2026-03-02T12:00:00Z", "text.send|unknown|0||",
		},
		`SELECT direction, number, body, purpose, state, at FROM v1_texts ORDER BY direction DESC, id`: {
			"out|+15550100|see you|reply|sent|2026-03-02T12:00:00Z", "out|+15550101|where are you|reply|unknown|2026-03-02T12:00:00Z",
			"in|+1|hello|inbound|undecided|2026-03-02T12:01:00Z",
		},
		`SELECT contact_id, rule, decision, delivery, body, outbox_key, sent_at FROM v1_reminders`: {
			"1|day|sent|sent|see you|reminder/day|2026-03-02T12:00:00Z",
		},
		`SELECT number, source, reason, since, lifted_at FROM v1_opt_outs`:    {"+15550102|text|STOP|2026-03-02T12:00:00Z|"},
		`SELECT entity, field, base, crm, local, kept FROM v1_conflicts`:      {"contact|city|A|B|C|crm"},
		`SELECT source, read_at, failed_at, error FROM v1_freshness`:          {"crm|2026-03-02T12:00:00Z||"},
		`SELECT j.value FROM v1_contacts, json_each(tags) j ORDER BY j.value`: nil,
		`SELECT crm_id FROM v1_contacts WHERE email IS NULL ORDER BY id`:      {"c1", "c2", "c3"},
	} {
		same(t, q, list(m, q), want)
	}
}

func TestEveryReportRunsOnAnEmptyAndOnAFilledMirror(t *testing.T) {
	m := open(t)
	for _, filled := range []bool{false, true} {
		if filled {
			small(m)
			more(m)
		}
		for _, r := range store.Reports {
			if r.Name == "" || r.About == "" {
				t.Errorf("%+v tells too little", r)
			}
			table := get(m, func(tx *store.Tx) (store.Table, error) { return tx.RunReport(m.ctx, r.Name, 0) })
			same(t, r.Name+" has rows", len(table.Rows) > 0, filled)
			one := get(m, func(tx *store.Tx) (store.Table, error) { return tx.RunReport(m.ctx, r.Name, 1) })
			same(t, r.Name+" keeps its columns", one.Columns, table.Columns)
			if filled {
				same(t, r.Name+", first row only", one.Rows, table.Rows[:1])
			}
			if _, err := json.Marshal(table); err != nil {
				t.Errorf("%s: %v", r.Name, err)
			}
		}
	}
	refused(t, m.try(func(tx *store.Tx) error { _, err := tx.RunReport(m.ctx, "nope", 0); return err }), "nope", "agenda", "freshness")
}

func TestReportsPutFirstWhatAPersonMustActOn(t *testing.T) {
	m := open(t)
	small(m)
	m.in(m.text("stuck", "+1", "x"), store.Held)
	first := func(report string, column int) (all []any) {
		for _, row := range get(m, func(tx *store.Tx) (store.Table, error) { return tx.RunReport(m.ctx, report, 0) }).Rows {
			all = append(all, row[column])
		}
		return all
	}
	same(t, "outbox", first("outbox", 2), []any{"unknown", "held", "done"})
	same(t, "texts, newest first", first("texts", 6)[0], any("hello"))
	same(t, "open tasks only", first("tasks", 3), []any{"Call"})
	same(t, "counts", get(m, func(tx *store.Tx) (map[string]int64, error) { return tx.Counts(m.ctx) }), map[string]int64{
		"contacts": 3, "tasks_open": 1, "appointments": 1, "undecided": 1, "opt_outs": 1, "failed": 0,
	})
}

func TestTheSQLite3CommandReadsTheViewsBesideAWriter(t *testing.T) {
	sqlite3, err := exec.LookPath("sqlite3")
	if err != nil {
		const word = "no sqlite3 command: apt-get install sqlite3"
		if os.Getenv("GHLSMS_REQUIRE_ALL") == "1" {
			t.Fatal(word)
		}
		t.Skip(word)
	}
	m := open(t)
	small(m)
	more(m)
	m.do(func(tx *store.Tx) error { // a write is open, and not yet to be seen
		_, err := tx.ExecContext(m.ctx, `DELETE FROM conflicts`)
		ok(t, err)
		for view := range v1Columns {
			out, err := exec.CommandContext(m.ctx, sqlite3, "-readonly", m.Path(), "SELECT count(*) > 0 FROM "+view).CombinedOutput()
			if err != nil || strings.TrimSpace(string(out)) != "1" {
				t.Errorf("%s: %s (%v)", view, out, err)
			}
		}
		return nil
	})
}
