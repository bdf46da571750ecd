package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Firing is what a rule did about one event, or why it did nothing.
type Firing struct {
	Rule      string
	Event     string // the trigger's name
	Entity    Entity // of the record the event is about; empty: none
	RecordID  int64
	Value     string    // tells this firing from others about the same record
	ContactID int64     // 0: nobody
	Done      string    // what was done, in order
	Stopped   string    // what was not, and why
	At        time.Time // when it fired
	Effects   []FiringEffect
}

// FiringEffect is what one action of a rule came to: a text, an edit, or nothing, and why.
type FiringEffect struct {
	Action   string // its name in the config; empty: the rule as a whole
	Kind     Kind   // of what carries it outside; empty: nothing does
	TextID   int64  // the text, in the outbox
	RecordID int64  // or the record that was made or edited
	Newest   int64  // in the outbox before that
	Why      string // nothing carries it, or it waits at first
}

// AddFiring stores it, for ever.
func (tx *Tx) AddFiring(ctx context.Context, f Firing) error {
	res, err := tx.ExecContext(ctx, `INSERT INTO firings (rule, event, entity, record_id, value, contact_id, at, done, stopped) VALUES (?, ?, ?, ?, ?, nullif(?, 0), ?, ?, ?)`,
		f.Rule, f.Event, f.Entity, f.RecordID, f.Value, f.ContactID, ms(tx.Now), f.Done, f.Stopped)
	var id int64
	if err == nil {
		id, err = res.LastInsertId()
	}
	for n := 0; n < len(f.Effects) && err == nil; n++ {
		e := &f.Effects[n]
		_, err = tx.ExecContext(ctx, `INSERT INTO firing_effects (firing_id, n, action, kind, text_id, record_id, newest, why) VALUES (?, ?, ?, nullif(?, ''), nullif(?, 0), nullif(?, 0), ?, ?)`,
			id, n, e.Action, e.Kind, e.TextID, e.RecordID, e.Newest, e.Why)
	}
	if err != nil {
		return fmt.Errorf("store what rule %s did: %w", f.Rule, err)
	}
	return nil
}

// FiringsOf lists what rules did about a record, and for a contact also about what is theirs, oldest first.
func (tx *Tx) FiringsOf(ctx context.Context, e Entity, recordID int64) ([]Firing, error) {
	return query(ctx, tx, func(rows *sql.Rows) (f Firing, err error) {
		err = rows.Scan(&f.Rule, &f.Event, &f.Entity, &f.RecordID, &f.Value, &f.ContactID, &f.Done, &f.Stopped, millis{&f.At})
		return f, err
	}, `SELECT rule, event, entity, record_id, value, coalesce(contact_id, 0), done, stopped, at FROM firings
		WHERE record_id = ?1 AND entity = ?2 OR contact_id = CASE ?2 WHEN 'contact' THEN ?1 END ORDER BY id`, recordID, e)
}

// DropRuleTexts drops the waiting texts to people that rules wrote about a record's changes, and the delayed
// events of those rules.
func (tx *Tx) DropRuleTexts(ctx context.Context, e Entity, recordID int64, reason string) error {
	_, err := tx.ExecContext(ctx, `UPDATE outbox SET state = 'dropped', reason = ?, done_at = ? WHERE id IN (
		SELECT o.id FROM firings f CROSS JOIN outbox o ON o.key BETWEEN 'rule/' || f.rule || '/event/' || f.value || '/' AND 'rule/' || f.rule || '/event/' || f.value || '/:'
		CROSS JOIN texts t ON t.outbox_id = o.id WHERE f.record_id = ? AND f.entity = ? AND o.state IN ('pending', 'held') AND t.purpose = 'rule')`,
		reason, ms(tx.Now), recordID, e)
	if err == nil {
		_, err = tx.ExecContext(ctx, `DELETE FROM events WHERE entity = ? AND record_id = ? AND rule IS NOT NULL`, e, recordID)
	}
	if err != nil {
		return fmt.Errorf("give up texts of rules about %s %d: %w", e, recordID, err)
	}
	return nil
}

// Fired tells whether a rule fired about a record with a value.
func (tx *Tx) Fired(ctx context.Context, rule string, e Entity, recordID int64, value string) (fired bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM firings WHERE rule = ? AND entity = ? AND record_id = ? AND value = ?)`,
		rule, e, recordID, value).Scan(&fired)
	return fired, err
}

// KnownRule is since when a rule is known.
type KnownRule struct {
	Since time.Time
	Event int64 // the newest in the journal then
}

// MeetRule tells since when a rule is known, which is now if it was not.
func (tx *Tx) MeetRule(ctx context.Context, name string) (k KnownRule, err error) {
	err = tx.QueryRowContext(ctx, `SELECT since, event FROM known_rules WHERE name = ?`, name).Scan(millis{&k.Since}, &k.Event)
	if !errors.Is(err, sql.ErrNoRows) {
		return k, err
	}
	k.Since = tx.Now
	if k.Event, err = tx.NewestEvent(ctx); err != nil {
		return k, err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO known_rules (name, since, event) VALUES (?, ?, ?)`, name, ms(k.Since), k.Event)
	return k, err
}

// KnownRules lists the names of the rules that are known.
func (tx *Tx) KnownRules(ctx context.Context) ([]string, error) {
	return query(ctx, tx, scanString, `SELECT name FROM known_rules ORDER BY name`)
}

// ForgetRule forgets since when a rule is known. What it did stays.
func (tx *Tx) ForgetRule(ctx context.Context, name string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM known_rules WHERE name = ?`, name)
	return err
}

// DueTasks lists open tasks that are due after one time and not after another, soonest first.
func (tx *Tx) DueTasks(ctx context.Context, after, until time.Time) ([]Record, error) {
	return tx.records(ctx, Task, `WHERE gone_at IS NULL AND completed IS NOT 'true' AND due > ? AND due <= ? ORDER BY due, id`,
		after.UTC().Format(TimeForm), until.UTC().Format(TimeForm))
}

// Ended lists appointments that end after one time and not after another, soonest first.
func (tx *Tx) Ended(ctx context.Context, after, until time.Time) ([]Record, error) {
	return tx.records(ctx, Appointment, `WHERE gone_at IS NULL AND ends > ? AND ends <= ? ORDER BY ends, id`,
		after.UTC().Format(TimeForm), until.UTC().Format(TimeForm))
}

// ReadInbound reads one text that came in.
func (tx *Tx) ReadInbound(ctx context.Context, id int64) (in Inbound, err error) {
	err = tx.QueryRowContext(ctx, `SELECT id, gateway, key, sender, body, received_at, coalesce(contact_id, 0), coalesce(decision, '') FROM inbound WHERE id = ?`, id).
		Scan(&in.ID, &in.Gateway, &in.Key, &in.Sender, &in.Body, millis{&in.ReceivedAt}, &in.ContactID, &in.Decision)
	if err != nil {
		return in, fmt.Errorf("text %d: %w", id, err)
	}
	return in, nil
}
