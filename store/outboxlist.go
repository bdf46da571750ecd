package store

import "context"

// States are all states of an intent, what waits for a person first.
var States = []State{Unknown, Held, Failed, Sending, Pending, Done, Dropped}

// OutboxFilter narrows the outbox. What is zero may be anything.
type OutboxFilter struct {
	State     State
	Kind      string // a kind, or the entity of several
	ContactID int64
}

// OutboxTable lists the outbox: what is unclear first, then what is held, failed, being sent, waiting, and the
// rest, each newest first. next is when an effect leaves, or is asked about again, by itself.
func (tx *Tx) OutboxTable(ctx context.Context, f OutboxFilter, limit int) (Table, error) {
	return tx.table(ctx, `SELECT o.id, o.kind, o.state, c.name AS contact, o.reason, o.attempts, o.started_at, o.asked, o.asked_at,
			CASE WHEN o.waits OR o.state = 'held' THEN 'waits for you' WHEN o.state IN ('unknown', 'pending') THEN o.due_at END AS next,
			o.created_at, o.due_at, o.expires_at, o.done_at, o.outside_id, o.key
		FROM (SELECT o.* FROM v1_outbox o WHERE (?3 = '' OR o.state = ?3) AND (?4 = '' OR o.kind = ?4 OR o.kind LIKE ?4 || '.%')
			AND (?5 = 0 OR o.contact_id = ?5) AND ?1 IS NOT NULL ORDER BY `+outboxOrder+` LIMIT ?2) AS o
		LEFT JOIN v1_contacts c ON c.id = o.contact_id ORDER BY `+outboxOrder, limit, f.State, f.Kind, f.ContactID)
}
