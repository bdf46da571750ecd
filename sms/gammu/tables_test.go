package gammu_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/sms"
	"ghlsms/sms/gammu"
	"ghlsms/sms/gammu/gammutest"
)

// The tests in this file play gammu-smsd's part themselves.

func tables(t *testing.T, opts gammu.Options) (*sql.DB, *gammu.Gateway) {
	t.Helper()
	opts.Database = filepath.Join(t.TempDir(), "odd #1 100%?.db")
	must(t, gammutest.CreateDatabase(opts.Database))
	db, err := sql.Open("sqlite", "file:"+strings.NewReplacer("%", "%25", "#", "%23", "?", "%3f").Replace(opts.Database))
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return db, open(t, opts)
}

func exec(t *testing.T, db *sql.DB, stmt string, args ...any) {
	t.Helper()
	if _, err := db.Exec(stmt, args...); err != nil {
		t.Fatal(err)
	}
}

// store writes an inbox row that was stored some time ago.
func store(t *testing.T, db *sql.DB, from, udh, text string, ago time.Duration) {
	t.Helper()
	at := time.Now().UTC().Add(-ago).Format(time.DateTime)
	exec(t, db, `INSERT INTO inbox (SenderNumber, UDH, Text, TextDecoded, RecipientID, ReceivingDateTime, UpdatedInDB)
		VALUES (?, ?, '', ?, 'dummy', ?, ?)`, from, udh, text, at, at)
}

func inbound(t *testing.T, g *gammu.Gateway, after sms.Cursor, limit int) ([]string, sms.Cursor) {
	t.Helper()
	in, next, err := g.Inbound(t.Context(), after, limit)
	must(t, err)
	texts := make([]string, len(in))
	for i := range in {
		texts[i] = in[i].From + ": " + in[i].Text
	}
	return texts, next
}

func TestJoiningParts(t *testing.T) {
	type row struct {
		from, udh, text string
		ago             time.Duration
	}
	now := time.Duration(0)
	tests := map[string]struct {
		rows    []row
		want    []string
		waiting bool
	}{
		"each row its part":               {[]row{{"A", "050003010201", "one ", now}, {"A", "050003010202", "two", now}}, []string{"A: one two"}, false},
		"in the wrong order":              {[]row{{"A", "050003010202", "two", now}, {"A", "050003010201", "one ", now}}, []string{"A: one two"}, false},
		"joined by gammu-smsd":            {[]row{{"A", "050003010201", "one two", now}, {"A", "050003010202", "", now}}, []string{"A: one two"}, false},
		"16-bit reference":                {[]row{{"A", "06080401010201", "one ", now}, {"A", "06080401010202", "two", now}}, []string{"A: one two"}, false},
		"two senders, one reference":      {[]row{{"A", "050003010201", "a1 ", now}, {"B", "050003010201", "b1 ", now}, {"B", "050003010202", "b2", now}, {"A", "050003010202", "a2", now}}, []string{"A: a1 a2", "B: b1 b2"}, false},
		"another text in between":         {[]row{{"A", "050003010201", "one ", now}, {"A", "", "short", now}, {"A", "050003010202", "two", now}}, []string{"A: one two", "A: short"}, false},
		"waits for the second":            {[]row{{"A", "050003010201", "one ", now}, {"A", "", "short", now}}, []string{"A: short"}, true},
		"waits for the first":             {[]row{{"A", "050003010202", "two", now}}, nil, true},
		"has waited long enough":          {[]row{{"A", "050003010301", "one ", time.Hour}, {"A", "050003010303", "three", time.Hour}}, []string{"A: one three"}, false},
		"left-over empty part":            {[]row{{"A", "050003010202", "", time.Hour}}, nil, false},
		"reference used again":            {[]row{{"A", "050003010201", "old ", 3 * time.Hour}, {"A", "050003010201", "one ", time.Hour}, {"A", "050003010202", "two", time.Hour}}, []string{"A: old ", "A: one two"}, false},
		"reference used again much later": {[]row{{"A", "050003010201", "old ", 3 * time.Hour}, {"A", "050003010202", "new", time.Hour}}, []string{"A: old ", "A: new"}, false},
		"header of another kind":          {[]row{{"A", "0403020102", "port", now}}, []string{"A: port"}, false},
		"header with nonsense":            {[]row{{"A", "zz", "a", now}, {"A", "05", "b", now}, {"A", "050003010005", "c", now}, {"A", "050003010205", "d", now}}, []string{"A: a", "A: b", "A: c", "A: d"}, false},
		"no text":                         {[]row{{"A", "", "", now}}, []string{"A: "}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, g := tables(t, gammu.Options{})
			for _, r := range tt.rows {
				store(t, db, r.from, r.udh, r.text, r.ago)
			}
			got, cursor := inbound(t, g, "", 10)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if waiting := strings.Contains(string(cursor), "+"); waiting != tt.waiting {
				t.Errorf("cursor %s, waiting should be %v", cursor, tt.waiting)
			}
			if again, next := inbound(t, g, cursor, 10); len(again) != 0 || next != cursor {
				t.Errorf("then %q, cursor %s after %s", again, next, cursor)
			}
			// One at a time it must be the same, in whatever order they are ready.
			var single []string
			for cursor := sms.Cursor(""); ; {
				one, next := inbound(t, g, cursor, 1)
				single = append(single, one...)
				if next == cursor {
					break
				}
				cursor = next
			}
			slices.Sort(single)
			if want := slices.Sorted(slices.Values(tt.want)); !slices.Equal(single, want) {
				t.Errorf("one at a time %q, want %q", single, want)
			}
		})
	}
}

func TestWaitingPartIsJoinedLater(t *testing.T) {
	t.Parallel()
	db, g := tables(t, gammu.Options{PartsTimeout: time.Hour})
	store(t, db, "A", "050003010301", "one ", 0)
	_, cursor := inbound(t, g, "", 10)
	store(t, db, "A", "050003010303", "three", 0)
	store(t, db, "B", "", "meanwhile", 0)
	got, cursor := inbound(t, g, cursor, 10)
	if !slices.Equal(got, []string{"B: meanwhile"}) {
		t.Errorf("got %q", got)
	}
	store(t, db, "A", "050003010302", "two ", 0)
	if got, cursor = inbound(t, g, cursor, 10); !slices.Equal(got, []string{"A: one two three"}) || cursor != "4" {
		t.Errorf("got %q, cursor %s", got, cursor)
	}
}

func TestInboxStartedAnew(t *testing.T) {
	t.Parallel()
	db, g := tables(t, gammu.Options{})
	store(t, db, "A", "", "new", 0)
	if got, cursor := inbound(t, g, "99", 10); !slices.Equal(got, []string{"A: new"}) || cursor != "1" {
		t.Errorf("got %q, cursor %s", got, cursor)
	}
	exec(t, db, "DELETE FROM inbox") // which is not the same: IDs go on
	if got, cursor := inbound(t, g, "1", 10); len(got) != 0 || cursor != "1" {
		t.Errorf("got %q, cursor %s", got, cursor)
	}
	for _, bad := range []sms.Cursor{"x", "1+x", "+", "2026-01-01"} {
		if _, next, err := g.Inbound(t.Context(), bad, 10); err == nil || next != bad {
			t.Errorf("cursor %s gives %s, %v", bad, next, err)
		}
	}
}

func TestOnlyOwnPhoneAndNoUSSD(t *testing.T) {
	t.Parallel()
	db, g := tables(t, gammu.Options{PhoneID: "mine"})
	exec(t, db, `INSERT INTO inbox (SenderNumber, UDH, Text, TextDecoded, RecipientID, Class) VALUES
		('A', '', '', 'other phone', 'theirs', -1), ('', '', '', 'balance is 5', 'mine', 127), ('A', '', '', 'hello', 'mine', -1)`)
	if got, _ := inbound(t, g, "", 10); !slices.Equal(got, []string{"A: hello"}) {
		t.Errorf("got %q", got)
	}
	send(t, g, "r", "+15550100001", "Hello")
	var sender string
	must(t, db.QueryRow("SELECT SenderID FROM outbox").Scan(&sender))
	if sender != "mine" {
		t.Errorf("sent by %q", sender)
	}
}

// gammu-smsd writes its local time; where it runs is read from the status of the phone.
func TestTimesAreUTC(t *testing.T) {
	received := time.Now().UTC().Add(-time.Minute).Truncate(time.Second)
	for _, offset := range []time.Duration{0, -7 * time.Hour, 5*time.Hour + 45*time.Minute, 13 * time.Hour} {
		t.Run(offset.String(), func(t *testing.T) {
			t.Parallel()
			db, g := tables(t, gammu.Options{})
			local := received.Add(offset).Format(time.DateTime)
			exec(t, db, `INSERT INTO phones (ID, IMEI, IMSI, Client, TimeOut, UpdatedInDB) VALUES ('x', '1', '1', '', ?, ?)`,
				received.Add(offset+10*time.Second).Format(time.DateTime), received.Add(40*time.Second).Format(time.DateTime))
			exec(t, db, `INSERT INTO inbox (SenderNumber, UDH, Text, TextDecoded, RecipientID, ReceivingDateTime)
				VALUES ('A', '', '', 'hello', 'x', ?)`, local)
			exec(t, db, `INSERT INTO sentitems (ID, Text, UDH, SenderID, CreatorID, Status, SendingDateTime)
				VALUES (7, '', '', 'x', 'r', 'SendingOK', ?)`, local)
			in, _, err := g.Inbound(t.Context(), "", 1)
			must(t, err)
			if !in[0].At.Equal(received) {
				t.Errorf("received at %s, want %s", in[0].At, received)
			}
			if d := status(t, g, "7"); !d.At.Equal(received) {
				t.Errorf("sent at %s, want %s", d.At, received)
			}
		})
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	db, g := tables(t, gammu.Options{})
	tests := []struct {
		parts  []string
		want   sms.State
		reason string
	}{
		{[]string{"SendingOK"}, sms.StateSent, ""},
		{[]string{"SendingOKNoReport"}, sms.StateSent, ""},
		{[]string{"DeliveryPending"}, sms.StateSent, ""},
		{[]string{"DeliveryOK"}, sms.StateDelivered, ""},
		{[]string{"DeliveryFailed"}, sms.StateFailed, "DeliveryFailed, status 41"},
		{[]string{"SendingError"}, sms.StateFailed, "SendingError, status 41"},
		{[]string{"Error"}, sms.StateFailed, "Error, status 41"},
		{[]string{"DeliveryUnknown"}, sms.StateUnclear, "DeliveryUnknown, status 41"},
		{[]string{"DeliveryOK", "DeliveryOK"}, sms.StateDelivered, ""},
		{[]string{"DeliveryOK", "SendingOK"}, sms.StateSent, ""},
		{[]string{"DeliveryOK", "DeliveryUnknown", "SendingOK"}, sms.StateUnclear, "DeliveryUnknown, status 41"},
		{[]string{"DeliveryOK", "SendingError", "DeliveryUnknown"}, sms.StateFailed, "SendingError, status 41"},
	}
	for i, tt := range tests {
		id := 100 + i
		for seq, s := range tt.parts {
			exec(t, db, `INSERT INTO sentitems (ID, SequencePosition, Text, UDH, SenderID, CreatorID, Status, StatusError, DeliveryDateTime)
				VALUES (?, ?, '', '', '', ?, ?, 41, CASE ? WHEN 'DeliveryOK' THEN datetime('now') END)`, id, seq+1, fmt.Sprint("r", id), s, s)
		}
		d := status(t, g, fmt.Sprint(id))
		if d.State != tt.want || d.Reason != tt.reason || d.Parts != len(tt.parts) || time.Since(d.At).Abs() > 5*time.Minute {
			t.Errorf("%v: %+v, want %s, %q", tt.parts, d, tt.want, tt.reason)
		}
		found, err := g.FindSent(t.Context(), sms.SentQuery{Ref: fmt.Sprint("r", id)})
		if err != nil || len(found) != 1 || found[0].State != tt.want {
			t.Errorf("%v: found %+v, %v", tt.parts, found, err)
		}
	}
	for _, id := range []string{"99", "", "SM123"} {
		if d := status(t, g, id); d.State != sms.StateUnclear || d.Reason == "" {
			t.Errorf("id %q: %+v", id, d)
		}
	}
}

// gammu-smsd writes sentitems part by part and clears the outbox last.
func TestStatusWhileItIsSent(t *testing.T) {
	t.Parallel()
	db, g := tables(t, gammu.Options{})
	id := send(t, g, "r", "+15550100001", strings.Repeat("x", 200))
	for seq, want := range []sms.State{1: sms.StateQueued, 2: sms.StateSent} {
		if seq == 0 {
			continue
		}
		exec(t, db, `INSERT INTO sentitems (ID, SequencePosition, Text, UDH, SenderID, CreatorID) VALUES (?, ?, '', '', '', 'r')`, id, seq)
		if d := status(t, g, id); d.State != want || d.Parts != 2 {
			t.Errorf("after part %d: %+v, want %s", seq, d, want)
		}
		found, err := g.FindSent(t.Context(), sms.SentQuery{Ref: "r"})
		if err != nil || len(found) != 1 || found[0].State != want {
			t.Errorf("after part %d: found %+v, %v", seq, found, err)
		}
	}
}

func TestFindSentNothing(t *testing.T) {
	t.Parallel()
	_, g := tables(t, gammu.Options{})
	send(t, g, "here", "+15550100001", "Hello")
	found, err := g.FindSent(t.Context(), sms.SentQuery{Ref: "gone", To: "+15550100001", Text: "Hello"})
	if err != nil || len(found) != 0 {
		t.Errorf("found %+v, %v", found, err)
	}
	if _, err := g.FindSent(t.Context(), sms.SentQuery{To: "+15550100001"}); err == nil {
		t.Error("a query without a reference proves nothing, want an error")
	}
}

func TestSendRejects(t *testing.T) {
	t.Parallel()
	db, g := tables(t, gammu.Options{})
	good := sms.Outgoing{Ref: "r", To: "+15550100001", Text: "Hello"}
	for name, change := range map[string]func(*sms.Outgoing){
		"no recipient":    func(o *sms.Outgoing) { o.To = "" },
		"local recipient": func(o *sms.Outgoing) { o.To = "5550100001" },
		"no reference":    func(o *sms.Outgoing) { o.Ref = "" },
		"long reference":  func(o *sms.Outgoing) { o.Ref = strings.Repeat("r", 37) },
		"no text":         func(o *sms.Outgoing) { o.Text = "" },
		"only NULs":       func(o *sms.Outgoing) { o.Text = "\x00\x00" },
		"51 parts":        func(o *sms.Outgoing) { o.Text = strings.Repeat("x", 50*153+1) },
	} {
		out := good
		change(&out)
		if _, err := g.Send(t.Context(), out); !errors.Is(err, sms.ErrRejected) {
			t.Errorf("%s: %v", name, err)
		}
	}
	good.Text = strings.Repeat("x", 50*153)
	if _, err := g.Send(t.Context(), good); err != nil {
		t.Errorf("50 parts: %v", err)
	}
	var n int
	must(t, db.QueryRow("SELECT count(*) FROM outbox").Scan(&n))
	if n != 1 {
		t.Errorf("%d texts in the outbox", n)
	}
}

func TestValidity(t *testing.T) {
	t.Parallel()
	db, g := tables(t, gammu.Options{})
	for i, tt := range []struct {
		d    time.Duration
		want int
	}{{0, -1}, {time.Second, 0}, {time.Hour, 11}, {24 * time.Hour, 167}, {72 * time.Hour, 169}} {
		_, err := g.Send(t.Context(), sms.Outgoing{Ref: fmt.Sprint(i), To: "+15550100001", Text: "Hello", ValidFor: tt.d})
		must(t, err)
		var got int
		must(t, db.QueryRow("SELECT RelativeValidity FROM outbox ORDER BY ID DESC").Scan(&got))
		if got != tt.want {
			t.Errorf("%s is %d, want %d", tt.d, got, tt.want)
		}
	}
}

func TestLockedDatabase(t *testing.T) {
	t.Parallel()
	db, g := tables(t, gammu.Options{BusyTimeout: 100 * time.Millisecond})
	out := sms.Outgoing{Ref: "r", To: "+15550100001", Text: "Hello"}
	for _, lock := range []string{"BEGIN IMMEDIATE", "BEGIN EXCLUSIVE", "BEGIN; SELECT count(*) FROM inbox"} {
		conn, err := db.Conn(t.Context())
		must(t, err)
		for stmt := range strings.SplitSeq(lock, ";") {
			_, err = conn.ExecContext(t.Context(), stmt)
			must(t, err)
		}
		begin := time.Now()
		if _, err := g.Send(t.Context(), out); !errors.Is(err, sms.ErrUnavailable) || errors.Is(err, sms.ErrUnknown) {
			t.Errorf("%s: %v", lock, err)
		}
		if d := time.Since(begin); d < 90*time.Millisecond || d > time.Minute {
			t.Errorf("%s: waited %s", lock, d)
		}
		_, err = conn.ExecContext(t.Context(), "ROLLBACK")
		must(t, err)
		must(t, conn.Close())
		if found, err := g.FindSent(t.Context(), sms.SentQuery{Ref: "r"}); err != nil || len(found) != 0 {
			t.Errorf("%s: found %v, %v", lock, found, err)
		}
	}
	send(t, g, "r", "+15550100001", "Hello")
}

// Send waits for a lock that is released in time.
func TestSendWaitsForLock(t *testing.T) {
	t.Parallel()
	db, g := tables(t, gammu.Options{BusyTimeout: 5 * time.Minute})
	tx, err := db.Begin()
	must(t, err)
	_, err = tx.Exec("UPDATE gammu SET Version = Version")
	must(t, err)
	time.AfterFunc(200*time.Millisecond, func() { tx.Rollback() })
	send(t, g, "r", "+15550100001", "Hello")
}

func TestHalfATextIsNone(t *testing.T) {
	t.Parallel()
	db, g := tables(t, gammu.Options{})
	exec(t, db, "DROP TABLE outbox_multipart")
	_, err := g.Send(t.Context(), sms.Outgoing{Ref: "r", To: "+15550100001", Text: strings.Repeat("x", 200)})
	if !errors.Is(err, sms.ErrUnavailable) {
		t.Errorf("half a text: %v", err)
	}
	var n int
	must(t, db.QueryRow("SELECT count(*) FROM outbox").Scan(&n))
	if n != 0 {
		t.Errorf("%d rows of it in the outbox", n)
	}
}

func TestManySendersAtOnce(t *testing.T) {
	t.Parallel()
	db, g := tables(t, gammu.Options{})
	h := open(t, gammu.Options{Database: pathOf(t, db)})
	errs := make(chan error)
	const n = 20
	for i := range n {
		for _, g := range []*gammu.Gateway{g, h} {
			go func() {
				_, err := g.Send(t.Context(), sms.Outgoing{Ref: fmt.Sprint(i), To: "+15550100001", Text: "Hello"})
				errs <- err
			}()
		}
	}
	for range 2 * n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	var rows, refs int
	must(t, db.QueryRow("SELECT count(*), count(DISTINCT CreatorID) FROM outbox").Scan(&rows, &refs))
	if rows != n || refs != n {
		t.Errorf("%d rows for %d references, want %d", rows, refs, n)
	}
}

func pathOf(t *testing.T, db *sql.DB) string {
	t.Helper()
	var path string
	must(t, db.QueryRow("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path))
	return path
}

func TestCancelledSend(t *testing.T) {
	t.Parallel()
	_, g := tables(t, gammu.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := g.Send(ctx, sms.Outgoing{Ref: "r", To: "+15550100001", Text: "Hello"})
	if !errors.Is(err, sms.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A file that was moved away must not swallow texts.
func TestReplacedFile(t *testing.T) {
	t.Parallel()
	db, g := tables(t, gammu.Options{})
	path := pathOf(t, db)
	must(t, db.Close())
	send(t, g, "old", "+15550100001", "Hello")
	must(t, os.Rename(path, path+".old"))
	if _, err := g.Send(t.Context(), sms.Outgoing{Ref: "r", To: "+15550100001", Text: "Hello"}); !errors.Is(err, sms.ErrUnavailable) {
		t.Errorf("without a file: %v", err)
	}
	must(t, gammutest.CreateDatabase(path))
	send(t, g, "new", "+15550100001", "Hello")
	if found, err := g.FindSent(t.Context(), sms.SentQuery{Ref: "old"}); err != nil || len(found) != 0 {
		t.Errorf("found %v, %v", found, err)
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	gammuDB := func(name string, stmts ...string) string {
		must(t, gammutest.CreateDatabase(path(name)))
		db, err := sql.Open("sqlite", path(name))
		must(t, err)
		for _, s := range stmts {
			exec(t, db, s)
		}
		must(t, db.Close())
		return path(name)
	}
	must(t, os.WriteFile(path("text.db"), []byte(strings.Repeat("this is not a database\n", 100)), 0o600))
	must(t, os.WriteFile(path("empty.db"), nil, 0o600))
	tests := map[string]struct {
		opts gammu.Options
		want []string
	}{
		"missing":   {gammu.Options{Database: path("none.db")}, []string{"none.db", "does not exist", "smsdrc", "sqlite.sql"}},
		"folder":    {gammu.Options{Database: dir}, []string{dir, "not a file"}},
		"text":      {gammu.Options{Database: path("text.db")}, []string{"text.db", "not an SQLite database"}},
		"empty":     {gammu.Options{Database: path("empty.db")}, []string{"empty.db", "outbox_multipart", "sqlite.sql"}},
		"one table": {gammu.Options{Database: gammuDB("one.db", "DROP TABLE phones")}, []string{"lacks the tables phones"}},
		"old":       {gammu.Options{Database: gammuDB("old.db", "UPDATE gammu SET Version = 16")}, []string{"version 16", "upgrade gammu-smsd"}},
		"new":       {gammu.Options{Database: gammuDB("new.db", "UPDATE gammu SET Version = 18")}, []string{"version 18", "upgrade this program"}},
		"other phone": {gammu.Options{Database: gammuDB("phone.db",
			"INSERT INTO phones (ID, IMEI, IMSI, Client) VALUES ('modem1', '1', '1', '')"), PhoneID: "modem2"}, []string{`"modem2"`, "modem1", "smsdrc"}},
	}
	for name, tt := range tests {
		g, err := gammu.Open(t.Context(), tt.opts)
		if err == nil {
			g.Close()
			t.Errorf("%s: opened", name)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", name, err, want)
			}
		}
	}
	if _, err := os.Stat(path("none.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

func TestCaps(t *testing.T) {
	t.Parallel()
	_, g := tables(t, gammu.Options{})
	want := sms.Caps{Ref: sms.RefUnique, Inbound: sms.InboundCursor, FindByRef: true}
	if g.Name() != "gammu" || g.Caps() != want {
		t.Errorf("%s: %+v", g.Name(), g.Caps())
	}
}
