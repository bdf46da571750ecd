package gammu

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/warthog618/sms/encoding/tpdu"
	sqlite3 "modernc.org/sqlite/lib"

	"ghlsms/sms"
)

// Send puts the text into the outbox of gammu-smsd, unless a text with this reference is or was
// there; then it answers with that one. The id it returns stays the same when gammu-smsd moves
// the text on. Out.From is ignored: the number is that of the SIM card.
//
// References stay unique as long as nobody deletes rows from sentitems.
//
// It does not watch ctx once it has begun, so that cancelling cannot make the outcome unknown;
// it ends within the busy timeout.
func (g *Gateway) Send(ctx context.Context, out sms.Outgoing) (sms.Accepted, error) {
	if err := checkOutgoing(out); err != nil {
		return sms.Accepted{}, err
	}
	parts, err := split(out.Text, g.nextRef)
	if err != nil {
		return sms.Accepted{}, err
	}
	if err := ctx.Err(); err != nil {
		return sms.Accepted{}, unavailable("send", err)
	}
	return g.submit(context.WithoutCancel(ctx), out, parts)
}

// nextRef differs for texts that follow each other, so that a phone cannot mix their parts.
func (g *Gateway) nextRef() int { return int(g.ref.Add(1) & 0xff) }

var (
	e164      = sms.Pattern(`^\+[0-9]{5,15}$`)
	reference = sms.Pattern(`^[a-zA-Z0-9-]{1,36}$`)
)

// checkOutgoing guards what gammu-smsd does not: it reports even a text to nobody as sent.
func checkOutgoing(out sms.Outgoing) error {
	if !reference().MatchString(out.Ref) {
		return fmt.Errorf("gammu: reference %q is not 1 to 36 letters, digits or hyphens: %w", out.Ref, sms.ErrRejected)
	}
	if !e164().MatchString(string(out.To)) {
		return fmt.Errorf("gammu: recipient is not an E.164 number: %w", sms.ErrRejected)
	}
	return nil
}

func (g *Gateway) submit(ctx context.Context, out sms.Outgoing, parts []part) (sms.Accepted, error) {
	tx, err := g.db.BeginTx(ctx, nil)
	if err != nil {
		return sms.Accepted{}, unavailable("begin", err)
	}
	defer tx.Rollback() // no-op after Commit
	was, err := accepted(ctx, tx, out)
	if err != nil {
		return sms.Accepted{}, unavailable("look for reference", err)
	}
	if was.ID != "" {
		return was, nil
	}
	id, err := g.insert(ctx, tx, out, parts)
	if err != nil {
		return sms.Accepted{}, insertError(err)
	}
	if err := tx.Commit(); err != nil {
		return sms.Accepted{}, commitError(err)
	}
	return sms.Accepted{ID: strconv.FormatInt(id, 10), State: sms.StateQueued}, nil
}

// accepted is the text that already has this reference, if any. The recipient is asked for
// because sentitems, which grows for ever, has an index on it and none on the reference.
func accepted(ctx context.Context, tx *sql.Tx, out sms.Outgoing) (sms.Accepted, error) {
	const q = `
		SELECT ID FROM outbox WHERE CreatorID = ?1
		UNION ALL
		SELECT ID FROM sentitems WHERE DestinationNumber = ?2 AND CreatorID = ?1
		LIMIT 1`
	var id int64
	err := tx.QueryRowContext(ctx, q, out.Ref, string(out.To)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return sms.Accepted{}, nil
	}
	if err != nil {
		return sms.Accepted{}, err
	}
	rec, err := readRecord(ctx, tx, id)
	if err != nil {
		return sms.Accepted{}, err
	}
	return sms.Accepted{ID: strconv.FormatInt(id, 10), State: rec.state()}, nil
}

// dueAlways is a time at which a text was due in every zone: gammu-smsd compares the columns
// with its local clock, so the defaults of the table, in UTC, would delay texts west of it.
const dueAlways = "2000-01-01 00:00:00"

func (g *Gateway) insert(ctx context.Context, tx *sql.Tx, out sms.Outgoing, parts []part) (int64, error) {
	const first = `
		INSERT INTO outbox (InsertIntoDB, SendingDateTime, SendingTimeOut, DestinationNumber, Text, TextDecoded,
			Coding, UDH, Class, MultiPart, RelativeValidity, SenderID, DeliveryReport, CreatorID)
		VALUES (?, ?, ?, ?, ?, ?, ?, NULLIF(?, ''), -1, ?, ?, NULLIF(?, ''), 'yes', ?)`
	const later = `
		INSERT INTO outbox_multipart (ID, SequencePosition, Text, TextDecoded, Coding, UDH, Class)
		VALUES (?, ?, ?, ?, ?, ?, -1)`
	p := parts[0]
	res, err := tx.ExecContext(ctx, first, time.Now().UTC().Format(time.DateTime), dueAlways, dueAlways, string(out.To),
		p.hex, p.text, p.coding, p.udh, strconv.FormatBool(len(parts) > 1), validity(out.ValidFor), g.opts.PhoneID, out.Ref)
	if err != nil {
		return 0, err
	}
	id, err := res.LastInsertId()
	if err != nil {
		return 0, err
	}
	for i, p := range parts[1:] {
		if _, err := tx.ExecContext(ctx, later, id, i+2, p.hex, p.text, p.coding, p.udh); err != nil {
			return 0, err
		}
	}
	return id, nil
}

// validity is TP-VP in its relative form, how long the network tries; -1 leaves it to the phone.
func validity(d time.Duration) int {
	if d <= 0 {
		return -1
	}
	var vp tpdu.ValidityPeriod
	vp.SetRelative(d)
	b, err := vp.MarshalBinary()
	if err != nil {
		return -1
	}
	return int(b[0])
}

// insertError: nothing is committed, so the only question is whether to try again.
func insertError(err error) error {
	if code(err) == sqlite3.SQLITE_CONSTRAINT {
		return fmt.Errorf("gammu: insert: %w: %w", sms.ErrRejected, err)
	}
	return unavailable("insert", err)
}

// commitError: SQLite has rolled back, except that after an I/O error the file, which it could
// not read back, may say otherwise once it can be read again.
func commitError(err error) error {
	switch code(err) {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL:
		return unavailable("commit", err)
	}
	return fmt.Errorf("gammu: commit: %w: %w", sms.ErrUnknown, err)
}
