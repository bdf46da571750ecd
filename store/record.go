package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Entity is a kind of record that both sides know and that is merged field by field.
type Entity string

// The entities.
const (
	Contact     Entity = "contact"
	Task        Entity = "task"
	Appointment Entity = "appointment"
	Note        Entity = "note"
)

// Entities are all of them, in the order in which others rest on them.
var Entities = []Entity{Contact, Task, Appointment, Note}

// table is the entity's table; owner is its column with the contact a record belongs to.
func (e Entity) table() string { return string(e) + "s" }

func (e Entity) owner() string {
	if e == Contact {
		return "id"
	}
	return "contact_id"
}

// Record is one contact, task, appointment or note in its three values.
type Record struct {
	Entity     Entity
	ID         int64     // ours
	CRMID      string    // empty until the CRM has it
	ContactID  int64     // the contact it belongs to; a contact's own ID
	Base       Fields    // what both sides last agreed on
	Seen       Fields    // the CRM's value where it differs from Base, else nil
	Edits      Fields    // local changes the CRM has not taken, else nil
	EditInfos  EditInfos // who made each edit and when
	Refused    Fields    // what the CRM was sent once and did not keep
	Rev        int64
	Read       bool      // false: known by CRMID only, its values were never read
	SeenAt     time.Time // when the CRM changed it, as far as that is known
	ChangedAt  time.Time // when it last differed from what it was
	GoneAt     time.Time // proven absent from the CRM
	DoomedAt   time.Time // a person asked here for its deletion
	HeldBy     int64     // contacts and appointments: the brake that holds what follows from a change; 0: none
	NumberHeld bool      // contacts with HeldBy: the number is among what changed
	Change     int64     // contacts: its place in the order of all changes
}

// CRM is the value the CRM last showed.
func (r *Record) CRM() Fields {
	if r.Seen != nil {
		return r.Seen
	}
	return r.Base
}

// Value is the record as people here see it: the CRM's value with the local edits.
func (r *Record) Value() Fields { return r.CRM().With(r.Edits) }

// Get is one field of Value.
func (r *Record) Get(field string) string {
	if v, ok := r.Edits[field]; ok {
		return v
	}
	return r.CRM()[field]
}

// Time is a field in TimeForm, zero if it is none.
func (r *Record) Time(field string) time.Time {
	t, err := time.Parse(TimeForm, r.Get(field))
	if err != nil {
		return time.Time{}
	}
	return t
}

// ErrNoRecord says that no such record is in the mirror.
var ErrNoRecord = errors.New("not in the mirror")

func (e Entity) columns() string {
	held, number, change := `0`, `0`, `0`
	if e == Contact || e == Appointment {
		held = `coalesce(held_by, 0)`
	}
	if e == Contact {
		number, change = `number_held`, `change`
	}
	return `id, coalesce(crm_id, ''), ` + e.owner() + `, base, seen, edits, marks, refused, rev, hash IS NOT NULL, seen_at, changed_at, gone_at, doomed_at, ` + held + `, ` + number + `, ` + change
}

// moves is what an UPDATE of a record also sets: contacts move to the end of the order of changes.
func (e Entity) moves() string {
	if e == Contact {
		return `, change = (SELECT max(change) + 1 FROM contacts)`
	}
	return ``
}

func (e Entity) scan(rows *sql.Rows) (Record, error) {
	r := Record{Entity: e}
	err := rows.Scan(&r.ID, &r.CRMID, &r.ContactID, &r.Base, &r.Seen, &r.Edits, &r.EditInfos, &r.Refused, &r.Rev, &r.Read,
		millis{&r.SeenAt}, millis{&r.ChangedAt}, millis{&r.GoneAt}, millis{&r.DoomedAt}, &r.HeldBy, &r.NumberHeld, &r.Change)
	return r, err
}

func (tx *Tx) records(ctx context.Context, e Entity, rest string, args ...any) ([]Record, error) {
	return query(ctx, tx, e.scan, `SELECT `+e.columns()+` FROM `+e.table()+` `+rest, args...)
}

func (tx *Tx) record(ctx context.Context, e Entity, rest string, args ...any) (Record, error) {
	all, err := tx.records(ctx, e, rest, args...)
	if err == nil && len(all) == 0 {
		err = ErrNoRecord
	}
	if err != nil {
		return Record{}, fmt.Errorf("%s %s: %w", e, strings.TrimSpace(fmt.Sprintln(args...)), err)
	}
	return all[0], nil
}

// Record reads one record by our id.
func (tx *Tx) Record(ctx context.Context, e Entity, id int64) (Record, error) {
	return tx.record(ctx, e, `WHERE id = ?`, id)
}

// RecordByCRMID reads one record by the CRM's id.
func (tx *Tx) RecordByCRMID(ctx context.Context, e Entity, crmID string) (Record, error) {
	return tx.record(ctx, e, `WHERE crm_id = ?`, crmID)
}

// FindRecord reads one record by either id, as a person gives it.
func (tx *Tx) FindRecord(ctx context.Context, e Entity, id string) (Record, error) {
	return tx.record(ctx, e, `WHERE crm_id = ?1 OR (CAST(CAST(?1 AS INTEGER) AS TEXT) = ?1 AND id = CAST(?1 AS INTEGER)) LIMIT 1`, id)
}

// ContactsBy lists the living contacts whose phone or email is value, oldest first.
func (tx *Tx) ContactsBy(ctx context.Context, field, value string) ([]Record, error) {
	if field != Phone && field != Email {
		return nil, fmt.Errorf("contacts are not indexed by %s", field)
	}
	if value == "" {
		return nil, nil
	}
	return tx.records(ctx, Contact, `WHERE `+field+` = ? AND gone_at IS NULL ORDER BY id`, value)
}

// GoneContacts lists the contacts with a phone number that were deleted in the CRM.
func (tx *Tx) GoneContacts(ctx context.Context, phone string) ([]Record, error) {
	return tx.records(ctx, Contact, `WHERE phone = ? AND gone_at IS NOT NULL ORDER BY id`, phone)
}

// OpenTasks lists the tasks of a contact that are not completed, by due time.
func (tx *Tx) OpenTasks(ctx context.Context, contactID int64) ([]Record, error) {
	return tx.records(ctx, Task, `WHERE contact_id = ? AND coalesce(completed, 'false') <> 'true' AND gone_at IS NULL ORDER BY due, id`, contactID)
}

// TasksAssigned lists the open tasks of a user of the CRM, or, without one, all, by due time. Only
// what staff text asks for it, so that it has no index.
func (tx *Tx) TasksAssigned(ctx context.Context, userID string, limit int) ([]Record, error) {
	return tx.records(ctx, Task, `WHERE coalesce(completed, 'false') <> 'true' AND gone_at IS NULL
		AND (?1 = '' OR coalesce(edits ->> '$.assigned_to', coalesce(seen, base) ->> '$.assigned_to') = ?1) ORDER BY due, id LIMIT ?2`, userID, limit)
}

// ContactsNamed lists the living contacts with a name: those whose whole name it is, or else those with a
// name that begins with each of its words. Like TasksAssigned it goes through all.
func (tx *Tx) ContactsNamed(ctx context.Context, name string, limit int) ([]Record, error) {
	const full = `trim(coalesce(edits ->> '$.first_name', coalesce(seen, base) ->> '$.first_name', '') || ' ' || coalesce(edits ->> '$.last_name', coalesce(seen, base) ->> '$.last_name', ''))`
	words := strings.Fields(name)
	all, err := tx.records(ctx, Contact, `WHERE gone_at IS NULL AND `+full+` = ? COLLATE NOCASE ORDER BY id LIMIT ?`, strings.Join(words, " "), limit)
	if err != nil || len(all) > 0 || len(words) == 0 {
		return all, err
	}
	var args []any
	for _, w := range words {
		args = append(args, "% "+likeEscape.Replace(w)+"%")
	}
	where := strings.Repeat(` AND ' ' || `+full+` LIKE ? ESCAPE '\'`, len(words))
	return tx.records(ctx, Contact, `WHERE gone_at IS NULL`+where+` ORDER BY id LIMIT ?`, append(args, limit)...)
}

var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// RecordsOf lists the records of a kind that belong to a contact, gone ones too, by id.
func (tx *Tx) RecordsOf(ctx context.Context, e Entity, contactID int64) ([]Record, error) {
	return tx.records(ctx, e, `WHERE `+e.owner()+` = ? ORDER BY id`, contactID)
}

// Absorber is the contact into which the CRM merged one; 0: it did not.
func (tx *Tx) Absorber(ctx context.Context, contactID int64) (into int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT coalesce(merged_into, 0) FROM contacts WHERE id = ?`, contactID).Scan(&into)
	return into, err
}

// Upcoming lists a contact's appointments that start after a time, soonest first.
func (tx *Tx) Upcoming(ctx context.Context, contactID int64, after time.Time) ([]Record, error) {
	return tx.records(ctx, Appointment, `WHERE contact_id = ? AND starts > ? AND gone_at IS NULL ORDER BY starts, id`,
		contactID, after.UTC().Format(TimeForm))
}

// Starting lists all appointments that start in a span, soonest first.
func (tx *Tx) Starting(ctx context.Context, from, until time.Time) ([]Record, error) {
	return tx.records(ctx, Appointment, `WHERE starts >= ? AND starts < ? AND gone_at IS NULL ORDER BY starts, id`,
		from.UTC().Format(TimeForm), until.UTC().Format(TimeForm))
}

// Dirty lists records with something to merge or to carry outside, by id, from one id on.
func (tx *Tx) Dirty(ctx context.Context, e Entity, after int64, limit int) ([]Record, error) {
	return tx.records(ctx, e, `WHERE `+dirty+` AND id > ? ORDER BY id LIMIT ?`, after, limit)
}

const dirty = `(seen IS NOT NULL OR edits IS NOT NULL OR doomed_at IS NOT NULL) AND gone_at IS NULL`

// AnyDirty tells whether Dirty has something to list, of any kind.
func (tx *Tx) AnyDirty(ctx context.Context) (found bool, err error) {
	var q []string
	for _, e := range Entities {
		q = append(q, `EXISTS (SELECT 1 FROM `+e.table()+` WHERE `+dirty+`)`)
	}
	err = tx.QueryRowContext(ctx, `SELECT `+strings.Join(q, ` OR `)).Scan(&found)
	return found, err
}

// ChangedContacts lists contacts in the order in which they changed, from one change on: all, or
// those that forbid something or have a number that must not be texted.
func (tx *Tx) ChangedContacts(ctx context.Context, after int64, all bool, limit int) ([]Record, error) {
	return tx.records(ctx, Contact, `WHERE change > ?1 AND (?2 OR coalesce(seen, base) LIKE '%"dnd%' OR edits LIKE '%"dnd%'
		OR EXISTS (SELECT 1 FROM opt_outs WHERE number = phone AND lifted_at IS NULL)) ORDER BY change LIMIT ?3`, after, all, limit)
}

// NewestChange is the place of the last change of any contact.
func (tx *Tx) NewestChange(ctx context.Context) (change int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT coalesce(max(change), 0) FROM contacts`).Scan(&change)
	return change, err
}

// Unread lists contacts that are known by their CRM id only.
func (tx *Tx) Unread(ctx context.Context, limit int) ([]Record, error) {
	return tx.records(ctx, Contact, `WHERE hash IS NULL AND crm_id IS NOT NULL AND gone_at IS NULL ORDER BY id DESC LIMIT ?`, limit)
}

// UnreadWithAppointment lists those of them who have an appointment that starts before a time.
func (tx *Tx) UnreadWithAppointment(ctx context.Context, before time.Time, limit int) ([]Record, error) {
	return tx.records(ctx, Contact, `WHERE hash IS NULL AND crm_id IS NOT NULL AND gone_at IS NULL
		AND id IN (SELECT contact_id FROM appointments WHERE starts >= ? AND starts < ?) ORDER BY id LIMIT ?`,
		tx.Now.Format(TimeForm), before.UTC().Format(TimeForm), limit)
}

// ContactID is our id of the contact with the CRM's id; it makes a record that is known by
// its id only if there is none.
func (tx *Tx) ContactID(ctx context.Context, crmID string) (int64, error) {
	var id int64
	if err := tx.QueryRowContext(ctx, `SELECT id FROM contacts WHERE crm_id = ?`, crmID).Scan(&id); !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO contacts (crm_id, changed_at, change) VALUES (?, ?, `+nextChange+`)`, crmID, ms(tx.Now))
	if err != nil {
		return 0, fmt.Errorf("note contact: %w", err)
	}
	return res.LastInsertId()
}

// nextChange is the end of the order of changes, for an insert.
const nextChange = `(SELECT coalesce(max(change), 0) + 1 FROM contacts)`

// echoTime is how long the CRM's lists may still show an old value after the new one was written
// by us or read by id.
const echoTime = time.Minute

// Observation is one record as the CRM shows it.
type Observation struct {
	CRMID     string
	ContactID int64 // ours; ignored for contacts
	Value     Fields
	Confirmed bool      // read by id, not from a list or index that may lag
	At        time.Time // when the CRM changed it, by its own stamp; zero: not told
}

// Observed is what a page of observations did to the mirror.
type Observed struct {
	New, Changed int
	Doubtful     []string // CRM ids to be read by id: they differ right after a sure value, or were gone
}

// Observe stores what the CRM shows. Values that equal the stored ones by hash cost one
// look-up and no write. A tombstone that a confirmed observation shows lives again.
func (tx *Tx) Observe(ctx context.Context, e Entity, page []Observation) (Observed, error) {
	var out Observed
	known, err := tx.known(ctx, e, page)
	if err != nil {
		return out, fmt.Errorf("observe %ss: %w", e, err)
	}
	for _, o := range page {
		k, ok := known[o.CRMID]
		value := o.Value.encode()
		hash := hashOf(value)
		switch {
		case !ok:
			out.New++
			err = tx.insertSeen(ctx, e, o, value, hash)
			known[o.CRMID] = knownRow{hash: hash, owner: o.ContactID}
		case bytes.Equal(k.hash, hash) && !k.gone && (e == Contact || k.owner == o.ContactID):
			continue
		case !o.Confirmed && (k.gone || k.sureAt.After(tx.Now.Add(-echoTime))):
			out.Doubtful = append(out.Doubtful, o.CRMID)
			continue
		default:
			if k.hash == nil { // known by its id only
				out.New++
			} else {
				out.Changed++
			}
			err = tx.updateSeen(ctx, e, o, value, hash, k.gone)
			k.hash, k.owner, k.gone = hash, o.ContactID, false
			known[o.CRMID] = k
		}
		if err != nil {
			return out, fmt.Errorf("observe %s %s: %w", e, o.CRMID, err)
		}
	}
	return out, nil
}

type knownRow struct {
	crmID  string
	hash   []byte
	owner  int64
	sureAt time.Time
	gone   bool
}

func (tx *Tx) known(ctx context.Context, e Entity, page []Observation) (map[string]knownRow, error) {
	ids := make([]string, len(page))
	for i, o := range page {
		ids[i] = o.CRMID
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	rows, err := query(ctx, tx, func(rows *sql.Rows) (k knownRow, err error) {
		err = rows.Scan(&k.crmID, &k.hash, &k.owner, millis{&k.sureAt}, &k.gone)
		return k, err
	}, `SELECT t.crm_id, t.hash, t.`+e.owner()+`, t.sure_at, t.gone_at IS NOT NULL
	    FROM json_each(?) j CROSS JOIN `+e.table()+` t ON t.crm_id = j.value`, string(list))
	if err != nil {
		return nil, err
	}
	known := make(map[string]knownRow, len(page))
	for _, k := range rows {
		known[k.crmID] = k
	}
	return known, nil
}

// insertSeen stores a record met for the first time: with one side only, that side is the base.
func (tx *Tx) insertSeen(ctx context.Context, e Entity, o Observation, value string, hash []byte) error {
	if e == Contact {
		_, err := tx.ExecContext(ctx, `INSERT INTO contacts (crm_id, base, hash, seen_at, changed_at, change) VALUES (?, ?, ?, ?, ?, `+nextChange+`)`,
			o.CRMID, value, hash, ms(tx.stamp(o.At)), ms(tx.Now))
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO `+e.table()+` (crm_id, contact_id, base, hash, seen_at, changed_at) VALUES (?, ?, ?, ?, ?, ?)`,
		o.CRMID, o.ContactID, value, hash, ms(tx.stamp(o.At)), ms(tx.Now))
	return err
}

// stamp is the CRM's own time of a change if it is plausible, else now.
func (tx *Tx) stamp(at time.Time) time.Time {
	if at.IsZero() || at.After(tx.Now) {
		return tx.Now
	}
	return at
}

// updateSeen stores a changed value. A record that was known by id only gets its base. One that was gone is
// planned anew, and so is what waits for it.
func (tx *Tx) updateSeen(ctx context.Context, e Entity, o Observation, value string, hash []byte, wasGone bool) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+e.table()+` SET
		rev  = rev + (hash IS NULL OR gone_at IS NOT NULL OR edits IS NOT NULL),
		seen = CASE WHEN hash IS NULL OR base = ?1 THEN NULL ELSE ?1 END,
		base = CASE WHEN hash IS NULL THEN ?1 ELSE base END,
		hash = ?2, changed_at = ?3, gone_at = NULL, seen_at = ?6, sure_at = CASE WHEN ?5 THEN ?3 ELSE sure_at END`+e.moves()+` WHERE crm_id = ?4`,
		value, hash, ms(tx.Now), o.CRMID, o.Confirmed, ms(tx.stamp(o.At)))
	switch {
	case err != nil:
		return err
	case e != Contact:
		_, err = tx.ExecContext(ctx, `UPDATE `+e.table()+` SET contact_id = ? WHERE crm_id = ?`, o.ContactID, o.CRMID)
		return err
	case wasGone:
		return tx.revive(ctx, o.CRMID)
	}
	_, err = tx.ExecContext(ctx, `UPDATE contacts SET notes_due = 1 WHERE crm_id = ? AND notes_due = 0`, o.CRMID)
	return err
}

// revive schedules what waits for an undeleted contact to be planned anew, and its notes to be read again.
func (tx *Tx) revive(ctx context.Context, crmID string) error {
	_, err := tx.ExecContext(ctx, `UPDATE contacts SET merged_into = NULL, doomed_at = NULL, notes_due = 1 WHERE crm_id = ?`, crmID)
	for _, e := range Entities {
		if e == Contact || err != nil {
			continue
		}
		_, err = tx.ExecContext(ctx, `UPDATE `+e.table()+` SET rev = rev + 1 WHERE edits IS NOT NULL AND contact_id = (SELECT id FROM contacts WHERE crm_id = ?)`, crmID)
	}
	return err
}

// Gone stores that a record is proven absent from the CRM. Its values stay.
func (tx *Tx) Gone(ctx context.Context, e Entity, crmID string) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+e.table()+` SET gone_at = ?1, changed_at = ?1, doomed_at = NULL`+e.moves()+` WHERE crm_id = ?2 AND gone_at IS NULL`,
		ms(tx.Now), crmID)
	return err
}

// LivingIDs lists the CRM ids of all records that are not gone.
func (tx *Tx) LivingIDs(ctx context.Context, e Entity) ([]string, error) {
	return query(ctx, tx, scanString, `SELECT crm_id FROM `+e.table()+` WHERE crm_id IS NOT NULL AND gone_at IS NULL ORDER BY crm_id`)
}

// TaskIDs lists the CRM ids of the tasks that are completed in the CRM, or are not, and are not gone.
func (tx *Tx) TaskIDs(ctx context.Context, completed bool) ([]string, error) {
	return query(ctx, tx, scanString, `SELECT crm_id FROM tasks WHERE crm_id IS NOT NULL AND gone_at IS NULL
		AND (coalesce(coalesce(seen, base) ->> '$.completed', 'false') = 'true') = ? ORDER BY crm_id`, completed)
}

// AppointmentIDs lists the CRM ids of a calendar's appointments that start in a span and are not gone.
func (tx *Tx) AppointmentIDs(ctx context.Context, calendar string, from, until time.Time) ([]string, error) {
	return query(ctx, tx, scanString, `SELECT crm_id FROM appointments
		WHERE calendar = ? AND starts >= ? AND starts < ? AND crm_id IS NOT NULL AND gone_at IS NULL ORDER BY crm_id`,
		calendar, from.UTC().Format(TimeForm), until.UTC().Format(TimeForm))
}

func scanString(rows *sql.Rows) (s string, err error) {
	err = rows.Scan(&s)
	return s, err
}
