package gammutest

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"time"
)

// Sent is a text that left through the phone.
type Sent struct {
	ID     int64
	Ref    string // CreatorID
	To     string
	Text   string   // all parts
	Parts  []string // what each SMS carried
	UDH    []string // their headers, empty strings if there is one part
	Coding string
	Status string // of the first part, in gammu-smsd's words
}

// Sent are the texts that have left, in the order of their ids. A long one is there when its
// last part has left.
func (p *Phone) Sent() ([]Sent, error) {
	var sent []Sent
	err := p.query(func(db *sql.DB) (err error) {
		sent, err = readSent(db)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read sent texts: %w", err)
	}
	return sent, nil
}

// Waiting counts the texts that have not left, wholly or in part.
func (p *Phone) Waiting() (n int, err error) {
	err = p.query(func(db *sql.DB) error { return db.QueryRow("SELECT count(*) FROM outbox").Scan(&n) })
	if err != nil {
		return 0, fmt.Errorf("read waiting texts: %w", err)
	}
	return n, nil
}

// WaitSent waits until n texts have left and returns them all. gammu-smsd sends about one a
// second.
func (p *Phone) WaitSent(ctx context.Context, n int) ([]Sent, error) {
	for {
		sent, err := p.Sent()
		if err != nil || len(sent) >= n {
			return sent, err
		}
		select {
		case <-ctx.Done():
			return sent, fmt.Errorf("%d of %d texts have left: %w", len(sent), n, context.Cause(ctx))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Transmissions counts what the phone has sent since Start, a long text once for each of its
// parts. It tells a text that left twice, which Sent cannot: gammu-smsd keeps one row of it.
func (p *Phone) Transmissions() (int, error) {
	log, err := os.ReadFile(p.path("smsd.log"))
	if err != nil {
		return 0, fmt.Errorf("read log of gammu-smsd: %w", err)
	}
	return bytes.Count(log, []byte("SMS sent on device")), nil
}

func readSent(db *sql.DB) ([]Sent, error) {
	rows, err := db.Query(`
		SELECT ID, CreatorID, DestinationNumber, TextDecoded, UDH, Coding, Status FROM sentitems
		WHERE ID NOT IN (SELECT ID FROM outbox)
		ORDER BY ID, SequencePosition`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var sent []Sent
	for rows.Next() {
		var s Sent
		var udh string
		if err := rows.Scan(&s.ID, &s.Ref, &s.To, &s.Text, &udh, &s.Coding, &s.Status); err != nil {
			return nil, err
		}
		if n := len(sent); n == 0 || sent[n-1].ID != s.ID {
			sent = append(sent, s)
			sent[n].Text = ""
		}
		last := &sent[len(sent)-1]
		last.Text += s.Text
		last.Parts = append(last.Parts, s.Text)
		last.UDH = append(last.UDH, udh)
	}
	return sent, rows.Err()
}
