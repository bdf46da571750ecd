package store

import (
	"context"
	"fmt"
	"slices"
)

// Thread is what was texted with a number, or with a contact under whatever number, in both
// directions, oldest first: the newest limit rows; 0 means all. contactID 0 is nobody's.
func (tx *Tx) Thread(ctx context.Context, number string, contactID int64, limit int) (Table, error) {
	t, err := tx.table(ctx, `SELECT CASE v.direction WHEN 'in' THEN 'text/' ELSE 'effect/' END || v.id AS id, v.at, v.direction, v.number, v.purpose, v.state, v.reason, v.body FROM v1_texts v
		LEFT JOIN outbox o ON v.direction = 'out' AND o.id = v.id LEFT JOIN inbound i ON v.direction = 'in' AND i.id = v.id
		WHERE v.number = ?3 OR v.contact_id = nullif(?4, 0)
		ORDER BY coalesce(o.started_at, o.created_at, i.received_at) DESC, v.direction DESC, v.id DESC`, limit, number, contactID)
	if err != nil {
		return Table{}, fmt.Errorf("texts with contact %d: %w", contactID, err)
	}
	slices.Reverse(t.Rows)
	return t, nil
}
