package gammu

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ghlsms/sms"
)

// Status tells how far a text has come. A long text is delivered when all its parts are, and
// failed as soon as one of them is. A text that is in neither table was deleted by somebody;
// whether it was sent cannot be told, so its state is unclear.
//
// Without a delivery report, which many networks do not give, a text stays sent.
func (g *Gateway) Status(ctx context.Context, id string) (sms.Delivery, error) {
	n, notID := strconv.ParseInt(id, 10, 64)
	if notID != nil {
		return sms.Delivery{State: sms.StateUnclear, Reason: "not an id of gammu-smsd"}, nil //nolint:nilerr // the id is at fault, not the call
	}
	var d sms.Delivery
	err := g.view(ctx, func(tx *sql.Tx) error {
		rec, err := readRecord(ctx, tx, n)
		if err != nil {
			return err
		}
		zone, err := g.zone(ctx, tx)
		if err != nil {
			return err
		}
		d = rec.delivery(zone)
		return nil
	})
	if err != nil {
		return sms.Delivery{}, unavailable("status", err)
	}
	return d, nil
}

// FindSent finds texts by q.Ref, the rest of the query is not needed. A text is there as soon
// as Send has accepted it, so finding none proves that there is none, as long as nobody
// deletes rows.
func (g *Gateway) FindSent(ctx context.Context, q sms.SentQuery) ([]sms.Sent, error) {
	if q.Ref == "" {
		return nil, errors.New("gammu: find sent: no reference")
	}
	var found []sms.Sent
	err := g.view(ctx, func(tx *sql.Tx) error {
		ids, err := idsByRef(ctx, tx, q.Ref)
		if err != nil {
			return err
		}
		for _, id := range ids {
			rec, err := readRecord(ctx, tx, id)
			if err != nil {
				return err
			}
			found = append(found, sms.Sent{ID: strconv.FormatInt(id, 10), State: rec.state(), At: rec.submitted})
		}
		return nil
	})
	if err != nil {
		return nil, unavailable("find sent", err)
	}
	return found, nil
}

func idsByRef(ctx context.Context, tx *sql.Tx, ref string) ([]int64, error) {
	const q = `
		SELECT ID FROM outbox WHERE CreatorID = ?1
		UNION
		SELECT ID FROM sentitems WHERE CreatorID = ?1
		ORDER BY ID`
	rows, err := tx.QueryContext(ctx, q, ref)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// A record is one outgoing text as the tables have it. gammu-smsd writes a row of sentitems for
// every part as it goes and clears the outbox after the last, so both may have it.
type record struct {
	submitted time.Time
	queued    int // parts in the outbox
	sent      []sentPart
}

type sentPart struct {
	status                    string
	statusError, statusCode   int
	sending, delivery, stored string
}

func readRecord(ctx context.Context, tx *sql.Tx, id int64) (record, error) {
	var t record
	const outbox = `
		SELECT InsertIntoDB, 1 + (SELECT count(*) FROM outbox_multipart m WHERE m.ID = o.ID)
		FROM outbox o WHERE ID = ?`
	var inserted string
	err := tx.QueryRowContext(ctx, outbox, id).Scan(&inserted, &t.queued)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return record{}, err
	}
	const sentitems = `
		SELECT InsertIntoDB, Status, StatusError, StatusCode, SendingDateTime, COALESCE(DeliveryDateTime, ''), UpdatedInDB
		FROM sentitems WHERE ID = ? ORDER BY SequencePosition`
	rows, err := tx.QueryContext(ctx, sentitems, id)
	if err != nil {
		return record{}, err
	}
	defer rows.Close()
	for rows.Next() {
		var p sentPart
		if err := rows.Scan(&inserted, &p.status, &p.statusError, &p.statusCode, &p.sending, &p.delivery, &p.stored); err != nil {
			return record{}, err
		}
		t.sent = append(t.sent, p)
	}
	t.submitted = parseTime(inserted, time.UTC) // as Send wrote it
	return t, rows.Err()
}

// waiting tells that some part is still to be sent.
func (t record) waiting() bool { return t.queued > len(t.sent) }

// worst is the part that decides for the whole.
func (t record) worst() sentPart {
	badness := []sms.State{sms.StateDelivered, sms.StateSent, sms.StateUnclear, sms.StateFailed}
	return slices.MaxFunc(t.sent, func(a, b sentPart) int {
		return slices.Index(badness, a.state()) - slices.Index(badness, b.state())
	})
}

func (t record) state() sms.State {
	switch {
	case t.waiting():
		return sms.StateQueued
	case len(t.sent) == 0:
		return sms.StateUnclear
	}
	return t.worst().state()
}

func (t record) delivery(zone *time.Location) sms.Delivery {
	d := sms.Delivery{State: t.state(), Parts: max(t.queued, len(t.sent))}
	switch {
	case t.waiting():
		d.At = t.submitted
	case len(t.sent) == 0:
		d.Reason = "deleted from outbox and sentitems"
	default:
		for _, p := range t.sent {
			if at := p.at(zone); p.state() == d.State && at.After(d.At) {
				d.At = at
			}
		}
		d.Reason = t.worst().reason()
	}
	return d
}

func (p sentPart) state() sms.State {
	switch p.status {
	case "SendingOK", "SendingOKNoReport", "DeliveryPending":
		return sms.StateSent
	case "DeliveryOK":
		return sms.StateDelivered
	case "SendingError", "DeliveryFailed", "Error":
		return sms.StateFailed
	}
	return sms.StateUnclear // DeliveryUnknown among them
}

func (p sentPart) at(zone *time.Location) time.Time {
	stored := parseTime(p.stored, time.UTC)
	switch p.status {
	case "SendingOK", "SendingOKNoReport":
		return notAfter(parseTime(p.sending, zone), stored)
	case "DeliveryOK":
		return notAfter(parseTime(p.delivery, zone), stored)
	}
	return stored // gammu-smsd keeps no other time for these
}

func (p sentPart) reason() string {
	if s := p.state(); s == sms.StateSent || s == sms.StateDelivered {
		return ""
	}
	reason := []string{p.status}
	if p.statusError >= 0 {
		reason = append(reason, fmt.Sprintf("status %d", p.statusError))
	}
	if p.statusCode >= 0 {
		reason = append(reason, fmt.Sprintf("code %d", p.statusCode))
	}
	return strings.Join(reason, ", ")
}
