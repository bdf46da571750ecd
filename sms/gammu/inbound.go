package gammu

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ghlsms/sms"
)

// Inbound reads the inbox in the order in which gammu-smsd stored it. Rows are left as they
// are; other programs may mark or delete them once they were read.
//
// The parts of a long text are joined. One that misses a part waits until its youngest part is
// as old as the parts timeout and is then given out as it is. Texts behind it do not wait, and
// the cursor remembers those that do.
//
// Incoming.At is the network's time stamp. Should the inbox have been started anew or restored
// from an older copy, it is read from its beginning; keys tell the texts apart.
func (g *Gateway) Inbound(ctx context.Context, after sms.Cursor, limit int) ([]sms.Incoming, sms.Cursor, error) {
	pos, err := parsePosition(after)
	if err != nil {
		return nil, after, err
	}
	var texts []joined
	var zone *time.Location
	err = g.view(ctx, func(tx *sql.Tx) error {
		if zone, err = g.zone(ctx, tx); err != nil {
			return err
		}
		if err := pos.restartIfReplaced(ctx, tx); err != nil {
			return err
		}
		texts, pos, err = g.readInbox(ctx, tx, pos, max(limit, 1))
		return err
	})
	if err != nil {
		return nil, after, unavailable("inbound", err)
	}
	in := make([]sms.Incoming, len(texts))
	for i, t := range texts {
		in[i] = t.incoming(zone, g.opts.Number)
	}
	return in, pos.cursor(), nil
}

func (g *Gateway) readInbox(ctx context.Context, tx *sql.Tx, pos position, limit int) ([]joined, position, error) {
	j := joiner{timeout: g.opts.PartsTimeout}
	for _, id := range pos.waiting {
		err := g.readRows(ctx, tx, "ID = ?", id, func(r inboxRow) bool {
			j.add(r)
			return true
		})
		if err != nil {
			return nil, pos, err
		}
	}
	more := false
	err := g.readRows(ctx, tx, "ID > ?", pos.last, func(r inboxRow) bool {
		if more = len(j.done) >= limit; more {
			return false
		}
		pos.last = r.id
		j.add(r)
		return true
	})
	if err != nil {
		return nil, pos, err
	}
	if !more { // else the missing parts may just not have been read yet
		j.expire(time.Now(), limit)
	}
	pos.waiting = j.waiting()
	return j.sorted(), pos, nil
}

// ussdClass marks the network's answers to USSD requests, which gammu-smsd keeps in the inbox.
const ussdClass = 127

// readRows hands rows to fn, in order of their ID, until it returns false.
func (g *Gateway) readRows(ctx context.Context, tx *sql.Tx, where string, id int64, fn func(inboxRow) bool) error {
	q := `SELECT ID, SenderNumber, RecipientID, TextDecoded, UDH, ReceivingDateTime, UpdatedInDB
		FROM inbox WHERE ` + where + ` AND ? IN ('', RecipientID) AND Class <> ? ORDER BY ID`
	rows, err := tx.QueryContext(ctx, q, id, g.opts.PhoneID, ussdClass)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var r inboxRow
		if err := rows.Scan(&r.id, &r.from, &r.phone, &r.text, &r.udh, &r.received, &r.stored); err != nil {
			return err
		}
		if !fn(r) {
			break
		}
	}
	return rows.Err()
}

// A position is what the cursor holds: all rows up to last were given out, except for those
// that wait for another part.
type position struct {
	last    int64
	waiting []int64
}

var errCursor = errors.New("gammu: not a cursor of this gateway")

func parsePosition(c sms.Cursor) (position, error) {
	var pos position
	if c == "" {
		return pos, nil
	}
	last, waiting, _ := strings.Cut(string(c), "+")
	var err error
	if pos.last, err = strconv.ParseInt(last, 10, 64); err != nil {
		return position{}, errCursor
	}
	for s := range strings.SplitSeq(waiting, ",") {
		if s == "" {
			continue
		}
		id, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return position{}, errCursor
		}
		pos.waiting = append(pos.waiting, id)
	}
	return pos, nil
}

func (p position) cursor() sms.Cursor {
	var c strings.Builder
	c.WriteString(strconv.FormatInt(p.last, 10))
	for i, id := range p.waiting {
		c.WriteString([...]string{"+", ","}[min(i, 1)] + strconv.FormatInt(id, 10))
	}
	return sms.Cursor(c.String())
}

// restartIfReplaced begins anew if the inbox never had the row that was read last.
func (p *position) restartIfReplaced(ctx context.Context, tx *sql.Tx) error {
	var highest int64
	err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'inbox'").Scan(&highest)
	if err != nil {
		return fmt.Errorf("read sequence: %w", err)
	}
	if p.last > highest {
		*p = position{}
	}
	return nil
}
