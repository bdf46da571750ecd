package store

import (
	"context"
	"fmt"
)

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

// IntentsOn lists the effects on a record, oldest first.
func (tx *Tx) IntentsOn(ctx context.Context, e Entity, recordID int64) ([]Intent, error) {
	return tx.intents(ctx, `WHERE o.record_id = ? AND o.kind LIKE ? || '.%' ORDER BY o.id`, recordID, string(e))
}

// IntentsFor lists the effects for a contact, and the texts to a number, oldest first. contactID 0 is
// nobody's.
func (tx *Tx) IntentsFor(ctx context.Context, contactID int64, number string) ([]Intent, error) {
	return tx.intents(ctx, `WHERE o.contact_id = nullif(?, 0) OR o.id IN (SELECT outbox_id FROM texts WHERE number = ?) ORDER BY o.id`, contactID, number)
}

// OptOutsTold lists the effects that tell the gateway's own list of a number's opt-out, or of its end, oldest
// first. It goes through all of those kinds.
func (tx *Tx) OptOutsTold(ctx context.Context, number string) ([]Intent, error) {
	return tx.intents(ctx, `WHERE o.kind IN (?, ?) AND o.payload ->> '$.phone' = ? ORDER BY o.id`, TellOptOut, TellOptIn, number)
}

// IntentByKey reads one effect by its key.
func (tx *Tx) IntentByKey(ctx context.Context, key string) (Intent, error) {
	all, err := tx.intents(ctx, `WHERE o.key = ?`, key)
	if err == nil && len(all) == 0 {
		err = ErrNoIntent
	}
	if err != nil {
		return Intent{}, fmt.Errorf("effect %s: %w", key, err)
	}
	return all[0], nil
}
