package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"ghlsms/store"
)

// Every test has a real mirror in a file of its own and moves its clock by hand.

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

type mirror struct {
	testing.TB
	*store.DB
	ctx context.Context
	now time.Time
}

// empty is a new mirror, made once: making one takes longer than most tests.
var empty = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "mirror")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "mirror.db")
	db, err := store.Open(context.Background(), path)
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// open opens a new mirror that is like no other.
func open(t testing.TB) *mirror {
	t.Helper()
	bytes, err := empty()
	ok(t, err)
	path := filepath.Join(t.TempDir(), "mirror.db")
	ok(t, os.WriteFile(path, bytes, 0o600))
	db, err := store.Open(t.Context(), path)
	ok(t, err)
	ok(t, db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(t.Context(), `UPDATE meta SET value = lower(hex(randomblob(8))) WHERE key = 'instance'`)
		return err
	}))
	t.Cleanup(func() { ok(t, db.Close()) })
	return &mirror{t, db, context.Background(), noon}
}

// do writes in one transaction that must succeed.
func (m *mirror) do(fn func(tx *store.Tx) error) {
	m.Helper()
	ok(m, m.try(fn))
}

func (m *mirror) try(fn func(tx *store.Tx) error) error {
	return m.Update(m.ctx, func(tx *store.Tx) error { tx.Now = m.now; return fn(tx) })
}

// get reads one thing in a transaction of its own.
func get[T any](m *mirror, fn func(tx *store.Tx) (T, error)) (v T) {
	m.Helper()
	m.do(func(tx *store.Tx) (err error) { v, err = fn(tx); return err })
	return v
}

// value reads one value by SQL, as a person with the sqlite3 command would.
func value[T any](m *mirror, q string, args ...any) (v T) {
	m.Helper()
	ok(m, m.View(m.ctx, func(tx *store.Tx) error { return tx.QueryRowContext(m.ctx, q, args...).Scan(&v) }))
	return v
}

// list reads rows by SQL, columns joined by "|".
func list(m *mirror, q string, args ...any) (all []string) {
	m.Helper()
	ok(m, m.View(m.ctx, func(tx *store.Tx) error {
		rows, err := tx.QueryContext(m.ctx, q, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		for rows.Next() {
			cells, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
			for i := range cells {
				into[i] = &cells[i]
			}
			if err := rows.Scan(into...); err != nil {
				return err
			}
			line := make([]string, len(cells))
			for i, c := range cells {
				line[i] = c.String
			}
			all = append(all, strings.Join(line, "|"))
		}
		return rows.Err()
	}))
	return all
}

func (m *mirror) sql(q string, args ...any) {
	m.Helper()
	m.do(func(tx *store.Tx) error { _, err := tx.ExecContext(m.ctx, q, args...); return err })
}

func (m *mirror) record(e store.Entity, id int64) *store.Record {
	m.Helper()
	r := get(m, func(tx *store.Tx) (store.Record, error) { return tx.Record(m.ctx, e, id) })
	return &r
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused checks that an error says all of words.
func refused(t testing.TB, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one that says %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestEveryPooledConnectionHasThePragmas(t *testing.T) {
	m := open(t)
	reader, err := store.OpenReader(m.ctx, m.Path())
	ok(t, err)
	defer reader.Close()
	editor, err := store.OpenEditor(m.ctx, m.Path())
	ok(t, err)
	defer editor.Close()

	pragmas := func(what string, queryOnly int) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			for pragma, want := range map[string]string{
				"foreign_keys": "1", "synchronous": "2", "journal_mode": "wal", "busy_timeout": "5000", "query_only": fmt.Sprint(queryOnly),
			} {
				var got string
				ok(t, tx.QueryRowContext(m.ctx, "PRAGMA "+pragma).Scan(&got))
				same(t, what+" "+pragma, got, want)
			}
			return nil
		}
	}
	for name, db := range map[string]*store.DB{"daemon": m.DB, "reader": reader, "editor": editor} {
		ok(t, db.View(m.ctx, func(*store.Tx) error { // a View in a View needs a second connection
			return db.View(m.ctx, pragmas(name+", second View,", 1))
		}))
		ok(t, db.View(m.ctx, pragmas(name+", View,", 1)))
		if db != reader {
			ok(t, db.Update(m.ctx, pragmas(name+", Update,", 0)))
		}
	}
	refused(t, reader.Update(m.ctx, func(*store.Tx) error { return nil }), "reading only")
}

func TestViewCannotWrite(t *testing.T) {
	m := open(t)
	err := m.View(m.ctx, func(tx *store.Tx) error { return tx.SetMeta(m.ctx, "x", "y") })
	refused(t, err, "readonly")
}

func TestViewBesideAnOpenUpdateSeesTheOldPicture(t *testing.T) {
	m := open(t)
	read := func() string { return value[string](m, `SELECT coalesce(max(value), '') FROM meta WHERE key = 'x'`) }
	m.do(func(tx *store.Tx) error {
		ok(t, tx.SetMeta(m.ctx, "x", "new"))
		same(t, "before the commit", read(), "")
		return nil
	})
	same(t, "after the commit", read(), "new")
}

func TestViewIsOneUnchangingPicture(t *testing.T) {
	m := open(t)
	ok(t, m.View(m.ctx, func(tx *store.Tx) error {
		before, err := tx.Meta(m.ctx, "x")
		ok(t, err)
		m.do(func(tx *store.Tx) error { return tx.SetMeta(m.ctx, "x", "new") })
		after, err := tx.Meta(m.ctx, "x")
		same(t, "the second read", after, before)
		return err
	}))
}

func TestNothingOfARehearsalAnErrorOrAPanicStays(t *testing.T) {
	m := open(t)
	write := func(tx *store.Tx) { ok(t, tx.SetMeta(m.ctx, "x", "y")) }
	ok(t, m.Rehearse(m.ctx, func(tx *store.Tx) error { write(tx); return nil }))
	refused(t, m.Rehearse(m.ctx, func(tx *store.Tx) error { write(tx); return os.ErrInvalid }), os.ErrInvalid.Error())
	refused(t, m.try(func(tx *store.Tx) error { write(tx); return os.ErrInvalid }), os.ErrInvalid.Error())
	func() {
		defer func() { same(t, "panic", recover(), "boom") }()
		_ = m.try(func(tx *store.Tx) error { write(tx); panic("boom") })
	}()
	same(t, "rows", list(m, `SELECT value FROM meta WHERE key = 'x'`), []string(nil))
	m.do(func(tx *store.Tx) error { write(tx); return nil }) // the writing connection is free again
}

func TestForeignKeysHold(t *testing.T) {
	m := open(t)
	refused(t, m.try(func(tx *store.Tx) error {
		_, err := tx.Create(m.ctx, store.Task, 99, store.Fields{store.Title: "x"}, store.ByPerson)
		return err
	}), "create task", "FOREIGN KEY")
}

func TestAnEditorWritesBesideTheDaemon(t *testing.T) {
	m := open(t)
	editor, err := store.OpenEditor(m.ctx, m.Path())
	ok(t, err)
	defer editor.Close()
	ok(t, editor.Update(m.ctx, func(tx *store.Tx) error { return tx.SetMeta(m.ctx, "x", "edited") }))
	same(t, "the daemon sees", value[string](m, `SELECT value FROM meta WHERE key = 'x'`), "edited")
}

func TestCursors(t *testing.T) {
	m := open(t)
	cursor := func() store.Cursor {
		return get(m, func(tx *store.Tx) (store.Cursor, error) { return tx.Cursor(m.ctx, "crm") })
	}
	same(t, "a new source", cursor(), store.Cursor{})
	m.do(func(tx *store.Tx) error { return tx.ReadFailed(m.ctx, "crm", store.Away, "no route") })
	same(t, "never read", cursor(), store.Cursor{FailedAt: noon, Failing: noon, Error: "no route", Code: store.Away})
	m.do(func(tx *store.Tx) error { return tx.MoveCursor(m.ctx, "crm", "p7") })
	same(t, "half read", cursor(), store.Cursor{Position: "p7", FailedAt: noon, Failing: noon, Error: "no route", Code: store.Away})
	m.do(func(tx *store.Tx) error { return tx.ReadDone(m.ctx, "crm", tx.Now) })
	same(t, "read", cursor(), store.Cursor{Position: "p7", ReadAt: noon})
	m.now = noon.Add(time.Hour)
	m.do(func(tx *store.Tx) error { return tx.ReadFailed(m.ctx, "crm", store.NoEntry, "401") })
	want := store.Cursor{Position: "p7", ReadAt: noon, FailedAt: m.now, Failing: m.now, Error: "401", Code: store.NoEntry}
	same(t, "failed since", cursor(), want)
	same(t, "sources", get(m, func(tx *store.Tx) ([]store.SourceState, error) { return tx.Sources(m.ctx) }),
		[]store.SourceState{{Name: "crm", Cursor: want}})
}

func TestDirectoryKeepsWhatIsNoLongerListed(t *testing.T) {
	m := open(t)
	for _, all := range [][]store.ListedCalendar{{{"c1", "Old", true, true, true}, {"c2", "Two", true, false, true}}, {{"c1", "One", true, true, false}}} {
		m.do(func(tx *store.Tx) error { return tx.ListCalendars(m.ctx, all) })
	}
	same(t, "listed", get(m, func(tx *store.Tx) ([]store.ListedCalendar, error) { return tx.Calendars(m.ctx) }),
		[]store.ListedCalendar{{"c1", "One", true, true, false}, {"c2", "Two", false, false, true}})
	same(t, "kept", list(m, `SELECT name, active FROM calendars ORDER BY crm_id`), []string{"One|1", "Two|0"})
	for _, all := range [][]store.ListedUser{{{"u1", "Ann", "a@x", "+1"}}, {{"u2", "Bob", "b@x", "+2"}}} {
		m.do(func(tx *store.Tx) error { return tx.ListUsers(m.ctx, all) })
	}
	same(t, "listed", get(m, func(tx *store.Tx) ([]store.ListedUser, error) { return tx.Users(m.ctx) }), []store.ListedUser{{"u2", "Bob", "b@x", "+2"}})
	same(t, "users", list(m, `SELECT crm_id, name FROM users ORDER BY crm_id`), []string{"u1|Ann", "u2|Bob"})
}

// What a transaction wrote it reads, also where it had looked before.
func TestWhatWasLookedUpIsReadAnewOnceWritten(t *testing.T) {
	m := open(t)
	m.do(func(tx *store.Tx) error {
		read := func() string {
			fact, err1 := tx.Meta(m.ctx, "k")
			cursor, err2 := tx.Cursor(m.ctx, "s")
			held, err3 := tx.Holds(m.ctx, store.Clock)
			ok(t, errors.Join(err1, err2, err3))
			return fmt.Sprint(fact, "|", cursor.Position, "|", cursor.ReadAt.Unix(), "|", cursor.Error, "|", held)
		}
		step := func(want string, errs ...error) {
			t.Helper()
			ok(t, errors.Join(errs...))
			if got := read(); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		never := fmt.Sprint(time.Time{}.Unix())
		step("||" + never + "||false")
		step("v||"+never+"||false", tx.SetMeta(m.ctx, "k", "v"))
		step("v|p|"+never+"||false", tx.MoveCursor(m.ctx, "s", "p"))
		step("v|p|7||false", tx.ReadDone(m.ctx, "s", time.Unix(7, 0)))
		step("v|p|7|no|false", tx.ReadFailed(m.ctx, "s", store.Away, "no"))
		b, _, err := tx.Pull(m.ctx, store.Brake{Kind: store.Clock, Evidence: "e"})
		step("v|p|7|no|true", err)
		step("v|p|7|no|false", tx.DecideBrake(m.ctx, b.ID, store.BrakeReleased))
		_, _, err = tx.Pull(m.ctx, store.Brake{Kind: store.Clock, Evidence: "e", Size: 9})
		step("v|p|7|no|true", err)
		step("v|p|7|no|false", tx.Over(m.ctx, store.Clock, "", ""))
		step("v||"+never+"||false", tx.DropCursor(m.ctx, "s"))
		return nil
	})
}
