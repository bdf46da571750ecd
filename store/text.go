package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"
)

// Purpose is why a text is sent.
type Purpose string

// The purposes.
const (
	ForReminder Purpose = "reminder"
	ForReply    Purpose = "reply"
	ForWelcome  Purpose = "welcome"
	ForOptOut   Purpose = "opt-out" // the one confirmation of an opt-out
	ForAlarm    Purpose = "alarm"   // to staff
	ForRule     Purpose = "rule"    // to a contact, by a rule
	ForNotice   Purpose = "notice"  // to staff, by a rule
)

// Text is the text of a [SendText] intent and what became of it after the gateway took it.
type Text struct {
	OutboxID  int64
	ContactID int64 // 0: nobody's
	Number    string
	Body      string
	Purpose   Purpose
	Parts     int
	Ref       string // what the gateway is given to know the text by
	Gateway   string
	GatewayID string
	Delivery  string    // a state of package sms, empty until the gateway took it
	Detail    string    // why it is in that state
	SentAt    time.Time // when the call to the gateway began
	CheckAt   time.Time

	DeliveryAt time.Time // since when Delivery is so
}

// EnqueueText adds the intent and its text, unless the intent's key was ever used. To another number or
// with other words it is a [KeyReusedError].
func (tx *Tx) EnqueueText(ctx context.Context, in Intent, t Text) (id int64, added bool, err error) {
	in.Kind, in.ContactID, in.Payload = SendText, t.ContactID, []byte(`{}`)
	if id, added, err = tx.enqueue(ctx, in, t); err != nil || !added {
		return id, added, err
	}
	instance, err := tx.Meta(ctx, metaInstance)
	if err != nil {
		return 0, false, err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO texts (outbox_id, contact_id, number, body, purpose, parts, ref, gateway) VALUES (?, nullif(?, 0), ?, ?, ?, ?, ?, nullif(?, ''))`,
		id, t.ContactID, t.Number, t.Body, t.Purpose, t.Parts, textRef(instance, in.Key), t.Gateway)
	if err != nil {
		return 0, false, fmt.Errorf("enqueue text %s: %w", in.Key, err)
	}
	return id, true, nil
}

// textRef makes a reference from the intent's key: a restored backup that plans the same text
// again gives it the same reference, and a gateway that keeps references refuses the second.
func textRef(instance, key string) string {
	h := sha256.Sum256([]byte(instance + "\x00" + key))
	return hex.EncodeToString(h[:12])
}

const textColumns = `outbox_id, coalesce(contact_id, 0), number, body, purpose, parts, ref, coalesce(gateway, ''), coalesce(gateway_id, ''), coalesce(delivery, ''), detail,
	(SELECT started_at FROM outbox WHERE id = outbox_id), check_at, delivery_at`

func scanText(rows *sql.Rows) (t Text, err error) {
	err = rows.Scan(&t.OutboxID, &t.ContactID, &t.Number, &t.Body, &t.Purpose, &t.Parts, &t.Ref, &t.Gateway, &t.GatewayID, &t.Delivery, &t.Detail,
		millis{&t.SentAt}, millis{&t.CheckAt}, millis{&t.DeliveryAt})
	return t, err
}

// Text reads the text of an intent.
func (tx *Tx) Text(ctx context.Context, outboxID int64) (Text, error) {
	all, err := query(ctx, tx, scanText, `SELECT `+textColumns+` FROM texts WHERE outbox_id = ?`, outboxID)
	if err == nil && len(all) == 0 {
		err = ErrNoIntent
	}
	if err != nil {
		return Text{}, fmt.Errorf("text %d: %w", outboxID, err)
	}
	return all[0], nil
}

// TwinInDoubt tells whether another text with the same number and words, sent since a time, has
// an unknown outcome, or left without our knowing the gateway's id of it; sending this one now would make
// the two indistinguishable.
func (tx *Tx) TwinInDoubt(ctx context.Context, t Text, since time.Time) (found bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM texts t JOIN outbox o ON o.id = t.outbox_id
		WHERE t.number = ? AND t.body = ? AND t.outbox_id <> ? AND o.started_at >= ?
		AND (o.state IN ('sending', 'unknown') OR o.state = 'done' AND t.gateway_id IS NULL))`,
		t.Number, t.Body, t.OutboxID, ms(since)).Scan(&found)
	return found, err
}

// inDoubt are the texts given to a gateway that may or may not have left, and are asked about.
const inDoubt = ` FROM outbox o JOIN texts t ON t.outbox_id = o.id WHERE o.state IN ('sending', 'unknown') AND o.kind = 'text.send' AND NOT o.waits AND t.gateway = ?`

// TextsInDoubt counts the texts given to a gateway of which it is not known whether they left.
func (tx *Tx) TextsInDoubt(ctx context.Context, gateway string) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*)`+inDoubt, gateway).Scan(&n)
	return n, err
}

// NumberInDoubt tells whether another one of them went to the number of a text.
func (tx *Tx) NumberInDoubt(ctx context.Context, t Text, gateway string) (found bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1`+inDoubt+` AND t.number = ? AND t.outbox_id <> ?)`, gateway, t.Number, t.OutboxID).Scan(&found)
	return found, err
}

// SentText is the part of a text that was sent, or may have been, that an answer is matched against.
type SentText struct {
	OutboxID  int64
	State     State
	Body      string
	PlannedAt time.Time
	SentAt    time.Time // when the call to the gateway began
}

// MayHaveGot lists the texts to a number that left from one time until another, or may have, oldest first.
// Those that did not arrive, as the gateway says, are left out.
func (tx *Tx) MayHaveGot(ctx context.Context, number string, from, until time.Time) ([]SentText, error) {
	return query(ctx, tx, func(rows *sql.Rows) (s SentText, err error) {
		err = rows.Scan(&s.OutboxID, &s.State, &s.Body, millis{&s.PlannedAt}, millis{&s.SentAt})
		return s, err
	}, `SELECT o.id, o.state, t.body, o.created_at, o.started_at FROM texts t JOIN outbox o ON o.id = t.outbox_id
		WHERE t.number = ? AND o.state IN ('sending', 'unknown', 'done') AND o.started_at BETWEEN ? AND ?
		AND coalesce(t.delivery, '') NOT IN ('failed', 'opted_out') ORDER BY o.started_at, o.id`, number, ms(from), ms(until))
}

// GatewayIDTaken tells whether another text of ours has this id at the gateway.
func (tx *Tx) GatewayIDTaken(ctx context.Context, gateway, id string, outboxID int64) (found bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM texts WHERE gateway = ? AND gateway_id = ? AND outbox_id <> ?)`,
		gateway, id, outboxID).Scan(&found)
	return found, err
}

// Accepted stores that the gateway took a text.
func (tx *Tx) Accepted(ctx context.Context, outboxID int64, gateway, gatewayID, delivery string, checkAt time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE texts SET gateway = ?, gateway_id = ?, delivery = ?, delivery_at = ?, check_at = ? WHERE outbox_id = ?`,
		gateway, gatewayID, delivery, ms(tx.Now), ms(checkAt), outboxID)
	return err
}

// Delivered stores what the gateway says of a text it took. checkAt zero asks no more.
func (tx *Tx) Delivered(ctx context.Context, outboxID int64, delivery, detail string, at, checkAt time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE texts SET delivery_at = CASE WHEN delivery IS ?1 THEN delivery_at ELSE ?3 END,
		delivery = ?1, detail = ?2, check_at = ?4 WHERE outbox_id = ?5`, delivery, detail, ms(at), ms(checkAt), outboxID)
	return err
}

// TakenTexts lists texts that a gateway took and whose state is to be asked now.
func (tx *Tx) TakenTexts(ctx context.Context, gateway string, limit int) ([]Text, error) {
	return query(ctx, tx, scanText, `SELECT `+textColumns+` FROM texts WHERE check_at <= ? AND gateway = ? ORDER BY check_at LIMIT ?`,
		ms(tx.Now), gateway, limit)
}

// AnyTaken tells whether there are texts that a gateway took and whose state is to be asked, now or later.
func (tx *Tx) AnyTaken(ctx context.Context, gateway string) (any bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM texts WHERE check_at IS NOT NULL AND gateway = ?)`, gateway).Scan(&any)
	return any, err
}

// LostTexts lists texts that another gateway took, and whose state was to be asked before a time.
func (tx *Tx) LostTexts(ctx context.Context, gateway string, before time.Time, limit int) ([]Text, error) {
	return query(ctx, tx, scanText, `SELECT `+textColumns+` FROM texts WHERE check_at <= ? AND gateway <> ? ORDER BY check_at LIMIT ?`,
		ms(before), gateway, limit)
}

// TextsTo counts the texts to a number for a purpose that left or wait to, since a time.
func (tx *Tx) TextsTo(ctx context.Context, number string, purpose Purpose, since time.Time) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM texts t JOIN outbox o ON o.id = t.outbox_id
		WHERE t.number = ? AND t.purpose = ? AND o.created_at >= ? AND o.state NOT IN ('dropped', 'failed', 'held')`,
		number, purpose, ms(since)).Scan(&n)
	return n, err
}

// AnswersTo counts the answers to a number that left or wait to since a time, and those of them with
// these words.
func (tx *Tx) AnswersTo(ctx context.Context, number, body string, since time.Time) (all, same int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE t.body = ?) FROM texts t JOIN outbox o ON o.id = t.outbox_id
		WHERE t.number = ? AND t.purpose IN ('reply', 'welcome', 'rule') AND o.created_at >= ? AND o.state NOT IN ('dropped', 'failed')`,
		body, number, ms(since)).Scan(&all, &same)
	return all, same, err
}
