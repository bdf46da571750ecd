package store

import (
	"context"
	"fmt"
)

// Holding is what a brake holds back now.
type Holding struct {
	Contacts, Appointments, Entries int
	Effects                         int // in the outbox
	Events                          int // that rules do not hear of yet
	Examples                        Table
}

// Holding tells what a brake holds, with at most so many examples.
func (tx *Tx) Holding(ctx context.Context, b Brake, most int) (h Holding, err error) {
	effects := `outbox o LEFT JOIN texts t ON t.outbox_id = o.id WHERE o.brake_id = ?3 AND o.state = 'held'`
	if b.Kind == Restored { // it holds no rows: it stands before all of these
		effects = `outbox o LEFT JOIN texts t ON t.outbox_id = o.id WHERE ?3 > 0 AND o.state = 'pending'
			AND o.kind IN (` + kindsSQL(Kind.Quarantined) + `)`
	}
	for _, c := range []struct {
		n    *int
		from string
	}{
		{&h.Contacts, `contacts WHERE held_by = ?3`},
		{&h.Appointments, `appointments WHERE held_by = ?3`},
		{&h.Entries, `entries WHERE held_by = ?3`},
		{&h.Effects, effects},
		{&h.Events, `events WHERE held_by = ?3`},
	} {
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM `+c.from, nil, nil, b.ID).Scan(c.n); err != nil {
			return h, fmt.Errorf("what brake b%d holds: %w", b.ID, err)
		}
	}
	const name = `trim(coalesce(v ->> '$.first_name', '') || ' ' || coalesce(v ->> '$.last_name', ''))`
	h.Examples, err = tx.table(ctx, `
		SELECT 'contact' AS what, id, `+name+` AS which FROM (SELECT id, coalesce(seen, base) AS v FROM contacts WHERE held_by = ?3)
		UNION ALL SELECT 'appointment', id, coalesce(coalesce(seen, base) ->> '$.title', '') || ' ' || coalesce(starts, '') FROM appointments WHERE held_by = ?3
		UNION ALL SELECT 'entry', id, number FROM entries WHERE held_by = ?3
		UNION ALL SELECT o.kind, o.id, coalesce(t.number || ': ' || t.body, o.key) FROM `+effects, most, b.ID)
	return h, err
}
