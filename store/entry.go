package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// EntryEntity is the entity of intents and conflicts about entries. Entries are no records of the
// CRM, so it is not one of the constants of Entity.
const EntryEntity = "entry"

// Entry is a person on the list of the gateway's address book that is kept in step with contacts.
type Entry struct {
	ID        int64
	Gateway   string
	List      string // the gateway's id of the list
	Number    string // what the gateway knows a person by
	ContactID int64  // 0: nobody's yet
	Base      Fields // what contact and entry last agreed on; nil: never compared
	Seen      Fields // the gateway's value where it differs from Base, else nil
	Refused   Fields // what the gateway was sent and did not keep; see Parked
	Rev       int64
	Listed    bool      // the gateway has it
	SeenAt    time.Time // when the gateway changed it, as far as that is known
	GoneAt    time.Time // taken off the list there
	RemovedAt time.Time // taken off it by us
	HeldBy    int64     // the brake that holds what follows from its change
}

// Value is what the gateway last showed.
func (e *Entry) Value() Fields {
	if e.Seen != nil {
		return e.Seen
	}
	return e.Base
}

// parked prefixes the name of a field whose value the gateway twice did not keep.
const parked = "parked."

// Parked tells whether the gateway was sent a value twice and would not keep it.
func (e *Entry) Parked(field, value string) bool {
	was, ok := e.Refused[parked+field]
	return ok && was == value
}

const entryColumns = `id, gateway, list, number, coalesce(contact_id, 0), base, seen, refused, rev, hash IS NOT NULL, seen_at, gone_at, removed_at, coalesce(held_by, 0)`

func scanEntry(rows *sql.Rows) (e Entry, err error) {
	err = rows.Scan(&e.ID, &e.Gateway, &e.List, &e.Number, &e.ContactID, &e.Base, &e.Seen, &e.Refused, &e.Rev, &e.Listed, millis{&e.SeenAt},
		millis{&e.GoneAt}, millis{&e.RemovedAt}, &e.HeldBy)
	return e, err
}

func (tx *Tx) entries(ctx context.Context, rest string, args ...any) ([]Entry, error) {
	return query(ctx, tx, scanEntry, `SELECT `+entryColumns+` FROM entries `+rest, args...)
}

// ErrNoEntry says that there is no such entry.
var ErrNoEntry = errors.New("not in the address book")

// Entry reads one.
func (tx *Tx) Entry(ctx context.Context, id int64) (Entry, error) {
	all, err := tx.entries(ctx, `WHERE id = ?`, id)
	if err == nil && len(all) == 0 {
		err = ErrNoEntry
	}
	if err != nil {
		return Entry{}, fmt.Errorf("entry %d: %w", id, err)
	}
	return all[0], nil
}

// EntryBy reads the entry of a number on a list; ok is false if there is none.
func (tx *Tx) EntryBy(ctx context.Context, gateway, list, number string) (e Entry, ok bool, err error) {
	all, err := tx.entries(ctx, `WHERE gateway = ? AND list = ? AND number = ?`, gateway, list, number)
	if err != nil || len(all) == 0 {
		return e, false, err
	}
	return all[0], true, nil
}

// EntriesOf lists a contact's entries.
func (tx *Tx) EntriesOf(ctx context.Context, contactID int64) ([]Entry, error) {
	return tx.entries(ctx, `WHERE contact_id = ? ORDER BY id`, contactID)
}

// DirtyEntries lists entries that changed at the gateway or were never compared, by id.
func (tx *Tx) DirtyEntries(ctx context.Context, after int64, limit int) ([]Entry, error) {
	return tx.entries(ctx, `WHERE (seen IS NOT NULL OR base IS NULL) AND held_by IS NULL AND id > ? ORDER BY id LIMIT ?`, after, limit)
}

// NewEntry makes an entry that the gateway is to have.
func (tx *Tx) NewEntry(ctx context.Context, e Entry) (int64, error) {
	res, err := tx.ExecContext(ctx, `INSERT INTO entries (gateway, list, number, contact_id, changed_at) VALUES (?, ?, ?, nullif(?, 0), ?)`,
		e.Gateway, e.List, e.Number, e.ContactID, ms(tx.Now))
	if err != nil {
		return 0, fmt.Errorf("new entry: %w", err)
	}
	return res.LastInsertId()
}

// SeenEntry is a person as the gateway's list shows them.
type SeenEntry struct {
	Number string
	Value  Fields
	At     time.Time // when the gateway changed it; zero: not told
}

// lagTime is how long a list may show somebody who was taken off it. Who is on it later was put
// there anew.
const lagTime = 25 * time.Hour

// ObserveEntries stores what a page of the list shows. A changed entry is compared again even if it is back at
// its base, since intents planned for the value in between must be dropped.
func (tx *Tx) ObserveEntries(ctx context.Context, gateway, list string, page []SeenEntry) (changed int, err error) {
	for _, o := range page {
		hash := o.Value.Hash()
		var had []byte
		var present bool
		err := tx.QueryRowContext(ctx, `SELECT hash, confirmed = 1 AND missing_at IS NULL AND gone_at IS NULL FROM entries WHERE gateway = ? AND list = ? AND number = ?`, gateway, list, o.Number).
			Scan(&had, &present)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			_, err = tx.ExecContext(ctx, `INSERT INTO entries (gateway, list, number, seen, hash, seen_at, changed_at, confirmed) VALUES (?, ?, ?, ?, ?, ?, ?, 1)`,
				gateway, list, o.Number, o.Value.encode(), hash, ms(tx.stamp(o.At)), ms(tx.Now))
		case err == nil && bytes.Equal(had, hash) && present:
			continue
		case err == nil && bytes.Equal(had, hash):
			_, err = tx.ExecContext(ctx, `UPDATE entries SET confirmed = 1, missing_at = NULL, gone_at = NULL WHERE gateway = ? AND list = ? AND number = ?`,
				gateway, list, o.Number)
		case err == nil:
			changed++
			_, err = tx.ExecContext(ctx, `UPDATE entries SET seen = CASE WHEN removed_at >= ?8 THEN nullif(?1, base) ELSE ?1 END,
				base = CASE WHEN removed_at < ?8 THEN NULL ELSE base END, removed_at = CASE WHEN removed_at < ?8 THEN NULL ELSE removed_at END,
				hash = ?2, seen_at = ?3, changed_at = ?4, missing_at = NULL, gone_at = NULL, confirmed = 1,
				rev = rev + 1 WHERE gateway = ?5 AND list = ?6 AND number = ?7`,
				o.Value.encode(), hash, ms(tx.stamp(o.At)), ms(tx.Now), gateway, list, o.Number, ms(tx.Now.Add(-lagTime)))
		}
		if err != nil {
			return changed, fmt.Errorf("observe the address book: %w", err)
		}
	}
	return changed, nil
}

// ListedNumbers are the numbers that the gateway's list last had.
func (tx *Tx) ListedNumbers(ctx context.Context, gateway, list string) ([]string, error) {
	return query(ctx, tx, scanString, `SELECT number FROM entries WHERE gateway = ? AND list = ? AND hash IS NOT NULL AND gone_at IS NULL ORDER BY number`, gateway, list)
}

// Listed counts the entries that are on the gateway's list now.
func (tx *Tx) Listed(ctx context.Context, gateway, list string) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM entries WHERE gateway = ? AND list = ? AND hash IS NOT NULL AND gone_at IS NULL`, gateway, list).Scan(&n)
	return n, err
}

// MissEntry notes that a complete list does not show a number. One such list is no proof, since
// lists lag; the next one, some time later, is, if a list ever showed it.
func (tx *Tx) MissEntry(ctx context.Context, gateway, list, number string, proof time.Duration) error {
	_, err := tx.ExecContext(ctx, `UPDATE entries SET gone_at = CASE WHEN missing_at <= ?1 THEN ?2 END, seen = CASE WHEN missing_at <= ?1 THEN '{}' ELSE seen END,
		hash = CASE WHEN missing_at <= ?1 THEN NULL ELSE hash END, rev = rev + coalesce(missing_at <= ?1, 0), missing_at = coalesce(missing_at, ?2), changed_at = ?2
		WHERE gateway = ?3 AND list = ?4 AND number = ?5 AND confirmed = 1`, ms(tx.Now.Add(-proof)), ms(tx.Now), gateway, list, number)
	return err
}

// AgreeEntry stores what contact and entry agree on; nothing is left to be compared.
func (tx *Tx) AgreeEntry(ctx context.Context, id, contactID int64, base Fields) error {
	_, err := tx.ExecContext(ctx, `UPDATE entries SET contact_id = nullif(?, 0), base = ?, seen = NULL, rev = rev + 1, changed_at = ? WHERE id = ?`,
		contactID, base.encode(), ms(tx.Now), id)
	return err
}

// TookFields notes that the contact took fields of an entry over, while others are still to be put: what
// the gateway makes of them next is a change of its own.
func (tx *Tx) TookFields(ctx context.Context, e *Entry, took Fields) error {
	if e.Base == nil {
		return nil
	}
	_, err := tx.ExecContext(ctx, `UPDATE entries SET seen = coalesce(seen, base), base = ? WHERE id = ?`, e.Base.With(took).encode(), e.ID)
	return err
}

// WroteEntry stores that the gateway took sent and has value now. What it would not keep twice is
// given up and returned.
func (tx *Tx) WroteEntry(ctx context.Context, id int64, value, sent Fields, kept func(field, sent, shown string) bool) (givenUp Fields, err error) {
	e, err := tx.Entry(ctx, id)
	if err != nil {
		return nil, err
	}
	refused := Fields{}
	givenUp = Fields{}
	for field, s := range sent {
		switch {
		case kept(field, s, value[field]):
		case e.Parked(field, s):
			refused[parked+field] = s
		case e.Refused[field] == s:
			givenUp[field], refused[parked+field] = s, s
		default:
			refused[field] = s
		}
	}
	if len(refused) == 0 {
		refused = nil
	}
	_, err = tx.ExecContext(ctx, `UPDATE entries SET base = ?, seen = NULL, refused = ?, hash = ?, rev = rev + 1, seen_at = ?, changed_at = ?, missing_at = NULL,
		confirmed = confirmed AND gone_at IS NULL AND hash IS NOT NULL, gone_at = NULL, removed_at = NULL WHERE id = ?`, value.encode(), refused.encodeOrNull(), value.Hash(), ms(tx.Now), ms(tx.Now), id)
	if err != nil {
		return nil, fmt.Errorf("store what the gateway took: %w", err)
	}
	return givenUp, tx.followAgain(ctx, id)
}

// followAgain schedules the contact of a written entry to be compared with it once more, since changes of the
// contact were ignored while the write was in flight.
func (tx *Tx) followAgain(ctx context.Context, id int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE contacts SET change = (SELECT max(change) + 1 FROM contacts) WHERE id = (SELECT contact_id FROM entries WHERE id = ?)`, id)
	return err
}

// RemovedEntry stores that the gateway took an entry off the list for us.
func (tx *Tx) RemovedEntry(ctx context.Context, id int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE entries SET base = coalesce(seen, base, '{}'), seen = NULL, hash = NULL, removed_at = ?1, changed_at = ?1, missing_at = NULL,
		gone_at = NULL, rev = rev + 1 WHERE id = ?2`, ms(tx.Now), id)
	return errors.Join(err, tx.followAgain(ctx, id))
}

// EndEntry forgets an entry that neither side has any more.
func (tx *Tx) EndEntry(ctx context.Context, id int64) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM entries WHERE id = ?`, id)
	return err
}

// HasOpenConflict tells whether a person is still to choose about a field.
func (tx *Tx) HasOpenConflict(ctx context.Context, e Entity, id int64, field string) (open bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM conflicts WHERE record_id = ? AND entity = ? AND field = ? AND kept = 'neither' AND settled_at IS NULL)`,
		id, e, field).Scan(&open)
	return open, err
}

// SupersedeOthers gives up the waiting intents of a record but one, and tells how many.
func (tx *Tx) SupersedeOthers(ctx context.Context, e Entity, id int64, key string) (int64, error) {
	res, err := tx.ExecContext(ctx, `UPDATE outbox SET state = 'dropped', reason = 'planned anew', done_at = ?
		WHERE record_id = ? AND kind LIKE ? || '.%' AND key <> ? AND state IN ('pending', 'held', 'failed')`, ms(tx.Now), id, string(e), key)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// MoveEntry gives an entry to a contact and returns its new revision.
func (tx *Tx) MoveEntry(ctx context.Context, id, contactID int64) (rev int64, err error) {
	err = tx.QueryRowContext(ctx, `UPDATE entries SET contact_id = nullif(?, 0), rev = rev + 1 WHERE id = ? RETURNING rev`, contactID, id).Scan(&rev)
	return rev, err
}
