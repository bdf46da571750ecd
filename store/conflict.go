package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Conflict is a field that both sides changed, or whose value one side did not keep. The losing value is
// stored; where Kept is KeptNeither, a person chooses.
type Conflict struct {
	ID       int64     `json:"id,omitzero"`
	Entity   Entity    `json:"entity"`
	RecordID int64     `json:"record_id"`
	Field    string    `json:"field"`
	Base     string    `json:"base"`
	CRM      string    `json:"crm"`
	Local    string    `json:"local"`
	LocalBy  string    `json:"local_by"` // whose Local is: local, gateway
	CRMAt    time.Time `json:"crm_at,omitzero"`
	LocalAt  time.Time `json:"local_at,omitzero"`
	Policy   string    `json:"policy"` // what decided
	Kept     string    `json:"kept"`   // crm, local, neither
	Reason   string    `json:"reason,omitempty"`

	FoundAt    time.Time `json:"-"`
	ResolvedAt time.Time `json:"-"`
	ResolvedTo string    `json:"-"`
}

// Deletion is the field of a conflict between a deletion and a change.
const Deletion = "(deletion)"

// What a conflict keeps.
const (
	KeptCRM     = "crm"
	KeptLocal   = "local"
	KeptNeither = "neither"
)

// AddConflict stores a conflict with the losing value.
func (tx *Tx) AddConflict(ctx context.Context, c Conflict) error {
	if c.LocalBy == "" {
		c.LocalBy = "local"
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO conflicts (entity, record_id, field, base, crm, local, local_by, crm_at, local_at, policy, kept, reason, found_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.Entity, c.RecordID, c.Field, c.Base, c.CRM, c.Local, c.LocalBy, ms(c.CRMAt), ms(c.LocalAt), c.Policy, c.Kept, c.Reason, ms(tx.Now))
	if err != nil {
		return fmt.Errorf("store conflict: %w", err)
	}
	return nil
}

// HasConflict tells whether the same conflict is stored already and still unresolved.
func (tx *Tx) HasConflict(ctx context.Context, c Conflict) (known bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM conflicts WHERE record_id = ? AND entity = ? AND field = ? AND base = ? AND crm = ? AND local = ?
		AND kept = ? AND settled_at IS NULL)`, c.RecordID, c.Entity, c.Field, c.Base, c.CRM, c.Local, c.Kept).Scan(&known)
	return known, err
}

// ErrNoConflict says that there is no such conflict.
var ErrNoConflict = errors.New("no such conflict")

// Conflict reads one.
func (tx *Tx) Conflict(ctx context.Context, id int64) (Conflict, error) {
	all, err := tx.conflicts(ctx, `WHERE id = ?`, id)
	if err == nil && len(all) == 0 {
		err = ErrNoConflict
	}
	if err != nil {
		return Conflict{}, fmt.Errorf("conflict %d: %w", id, err)
	}
	return all[0], nil
}

// ConflictsOf lists those about a record, oldest first.
func (tx *Tx) ConflictsOf(ctx context.Context, e Entity, recordID int64) ([]Conflict, error) {
	return tx.conflicts(ctx, `WHERE record_id = ? AND entity = ? ORDER BY id`, recordID, e)
}

func (tx *Tx) conflicts(ctx context.Context, rest string, args ...any) ([]Conflict, error) {
	return query(ctx, tx, func(rows *sql.Rows) (c Conflict, err error) {
		err = rows.Scan(&c.ID, &c.Entity, &c.RecordID, &c.Field, &c.Base, &c.CRM, &c.Local, &c.LocalBy, millis{&c.CRMAt}, millis{&c.LocalAt}, &c.Policy, &c.Kept,
			&c.Reason, millis{&c.FoundAt}, millis{&c.ResolvedAt}, &c.ResolvedTo)
		return c, err
	}, `SELECT id, entity, record_id, field, base, crm, local, local_by, crm_at, local_at, policy, kept, reason, found_at,
		settled_at, coalesce(settled_to, '') FROM conflicts `+rest, args...)
}

// ResolveConflict stores a person's choice. A conflict can be resolved again, to something else.
func (tx *Tx) ResolveConflict(ctx context.Context, id int64, to string) error {
	_, err := tx.ExecContext(ctx, `UPDATE conflicts SET settled_at = ?, settled_to = ? WHERE id = ?`, ms(tx.Now), to, id)
	return err
}

// closeConflicts closes the open conflicts of a field that a person has edited in the meantime.
func (tx *Tx) closeConflicts(ctx context.Context, e Entity, id int64, field string) error {
	_, err := tx.ExecContext(ctx, `UPDATE conflicts SET settled_at = ?, settled_to = 'edited anew'
		WHERE record_id = ? AND entity = ? AND field = ? AND kept = 'neither' AND settled_at IS NULL`, ms(tx.Now), id, e, field)
	return err
}

// openConflict is the condition of those that wait for a person.
const openConflict = `kept = 'neither' AND settled_at IS NULL`

// OpenConflicts counts the conflicts that wait for a person.
func (tx *Tx) OpenConflicts(ctx context.Context) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM conflicts WHERE `+openConflict).Scan(&n)
	return n, err
}

// TipEntry sets a field of an entry's base to the value that lost, so that the winner counts as changed and is carried
// on.
func (tx *Tx) TipEntry(ctx context.Context, id int64, field, lost string) error {
	e, err := tx.Entry(ctx, id)
	if err != nil {
		return err
	}
	refused := e.Refused.With(Fields{field: "", parked + field: ""})
	if len(refused) == 0 {
		refused = nil
	}
	_, err = tx.ExecContext(ctx, `UPDATE entries SET seen = coalesce(seen, base, '{}'), base = ?, refused = ?, rev = rev + 1 WHERE id = ?`,
		e.Base.With(Fields{field: lost}).encode(), refused.encodeOrNull(), id)
	return err
}
