package gammu_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"ghlsms/sms"
	"ghlsms/sms/gammu"
)

// What keeps the tables from being read, at whichever of its questions, is an error of the call.
func TestStatusOfTablesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"sentitems", "phones"} {
		db, g := tables(t, gammu.Options{})
		exec(t, db, `INSERT INTO sentitems (ID, SequencePosition, Text, UDH, SenderID, CreatorID, Status, SendingDateTime)
			VALUES (7, 1, '', '', '', 'r', 'SendingOK', datetime('now'))`)
		if d := status(t, g, "7"); d.State != sms.StateSent {
			t.Fatalf("%+v", d)
		}
		exec(t, db, "DROP TABLE "+table)
		if d, err := g.Status(t.Context(), "7"); !errors.Is(err, sms.ErrUnavailable) || d != (sms.Delivery{}) {
			t.Errorf("without %s: %+v, %v", table, d, err)
		}
	}
}

// A call that is told to stop, at any time, ends with an answer or with an error.
func TestStatusStopped(t *testing.T) {
	t.Parallel()
	db, g := tables(t, gammu.Options{})
	exec(t, db, `INSERT INTO sentitems (ID, SequencePosition, Text, UDH, SenderID, CreatorID, Status, SendingDateTime)
		VALUES (7, 1, '', '', '', 'r', 'SendingOK', datetime('now'))`)
	began := time.Now()
	status(t, g, "7")
	takes := time.Since(began)
	const calls = 200
	for i := range calls {
		ctx, cancel := context.WithTimeout(t.Context(), takes*time.Duration(i)/(calls/2))
		if d, err := g.Status(ctx, "7"); err == nil && d.State != sms.StateSent {
			t.Errorf("stopped: %+v", d)
		}
		cancel()
	}
}
