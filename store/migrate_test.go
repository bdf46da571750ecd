package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database/sqlite"
	"github.com/golang-migrate/migrate/v4/source/iofs"

	"ghlsms/migrations"
	"ghlsms/store"
	"ghlsms/store/storetest"
)

// raw opens a file without any of our care.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	ok(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

// older makes a mirror of an older schema with one contact in it.
func older(t *testing.T, path string, version uint) {
	t.Helper()
	src, err := iofs.New(migrations.FS, ".")
	ok(t, err)
	drv, err := sqlite.WithInstance(raw(t, path), &sqlite.Config{})
	ok(t, err)
	m, err := migrate.NewWithInstance("iofs", src, "sqlite", drv)
	ok(t, err)
	ok(t, m.Migrate(version))
	serr, derr := m.Close()
	ok(t, errors.Join(serr, derr))
	write(t, path, `INSERT INTO contacts (crm_id, base, changed_at) VALUES ('old', '{"first_name":"Old"}', 1)`)
}

func write(t *testing.T, path, q string) {
	t.Helper()
	db := raw(t, path)
	_, err := db.Exec(q)
	ok(t, errors.Join(err, db.Close()))
}

// untouched checks that fn changes neither a file nor what lies beside it.
func untouched(t *testing.T, path string, fn func()) {
	t.Helper()
	look := func() (all []byte) {
		names, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
		ok(t, err)
		all, err = os.ReadFile(path)
		ok(t, err)
		return append(all, strings.Join(names, "\n")...)
	}
	before := look()
	fn()
	if !bytes.Equal(look(), before) {
		t.Errorf("%s or its folder changed", path)
	}
}

func TestNewMirrorIsSoundAndStrict(t *testing.T) {
	m := open(t)
	same(t, "integrity_check", list(m, `PRAGMA integrity_check`), []string{"ok"})
	same(t, "foreign_key_check", list(m, `PRAGMA foreign_key_check`), []string(nil))
	same(t, "tables that are not STRICT",
		list(m, `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict
			AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name <> 'schema_migrations'`), []string(nil))
	if n := value[int](m, `SELECT count(*) FROM pragma_table_list WHERE strict`); n < 10 {
		t.Errorf("only %d tables", n)
	}
	for _, key := range []string{"instance", store.MetaBorn} {
		if v := get(m, func(tx *store.Tx) (string, error) { return tx.Meta(m.ctx, key) }); v == "" {
			t.Errorf("no %s", key)
		}
	}
}

func TestAMirrorKeepsItsNameWhenOpenedAgain(t *testing.T) {
	m := open(t)
	name := value[string](m, `SELECT value FROM meta WHERE key = 'instance'`)
	again, err := store.Open(m.ctx, m.Path())
	ok(t, err)
	ok(t, again.Close())
	same(t, "instance", value[string](m, `SELECT value FROM meta WHERE key = 'instance'`), name)
	left, err := filepath.Glob(m.Path() + ".*")
	ok(t, err)
	same(t, "left behind", left, []string(nil))
}

func TestAnyPathWillDo(t *testing.T) {
	storetest.SkipShort(t, "many files")
	for _, name := range []string{"a b.db", "100%.db", "what?.db", "no#1.db", "sub/dir/m.db", "ü.db", "a&b=c.db"} {
		path := filepath.Join(t.TempDir(), name)
		db, err := store.Open(t.Context(), path)
		ok(t, err)
		ok(t, db.Close())
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnEmptyFileOrALinkToNothingBecomesAMirror(t *testing.T) {
	dir := t.TempDir()
	empty, link := filepath.Join(dir, "empty.db"), filepath.Join(dir, "link.db")
	ok(t, os.WriteFile(empty, nil, 0o600))
	ok(t, os.Symlink(filepath.Join(dir, "real.db"), link))
	for _, path := range []string{empty, link} {
		db, err := store.Open(t.Context(), path)
		ok(t, err)
		ok(t, db.Close())
	}
	if info, err := os.Stat(filepath.Join(dir, "real.db")); err != nil || info.Size() == 0 {
		t.Errorf("the link was not followed: %v", err)
	}
}

func TestANewMirrorCutOffInTheMakingIsMadeAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	older(t, path+".new", 1)
	write(t, path+".new", `UPDATE schema_migrations SET dirty = 1`)
	ok(t, os.WriteFile(path+".new-wal", log(t), 0o600))
	emptyAndSound(t, path)
}

// log is the write-ahead log of a mirror with a contact in it.
func log(t *testing.T) []byte {
	t.Helper()
	m := open(t)
	m.contact("old", nil)
	wal, err := os.ReadFile(m.Path() + "-wal")
	ok(t, err)
	return wal
}

func emptyAndSound(t *testing.T, path string) {
	t.Helper()
	db, err := store.Open(t.Context(), path)
	ok(t, err)
	defer db.Close()
	m := &mirror{t, db, t.Context(), noon}
	same(t, "integrity_check", list(m, `PRAGMA integrity_check`), []string{"ok"})
	same(t, "contacts", value[int](m, `SELECT count(*) FROM contacts`), 0)
}

func TestTheLogOfADeletedMirrorDoesNotReachTheNext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	ok(t, os.WriteFile(path+"-wal", log(t), 0o600))
	emptyAndSound(t, path)
}

func TestWhatIsNoMirrorIsRefusedAndNotTouched(t *testing.T) {
	for name, c := range map[string]struct {
		make func(path string)
		says []string
	}{
		"another program's database": {
			func(path string) { write(t, path, `CREATE TABLE theirs (x)`) },
			[]string{"another program", "store.path"},
		},
		"another program's migrations": {
			func(path string) {
				write(t, path, `CREATE TABLE schema_migrations (version, dirty); INSERT INTO schema_migrations VALUES (2, 0)`)
			},
			[]string{"another program", "store.path"},
		},
		"not SQLite": {
			func(path string) { ok(t, os.WriteFile(path, bytes.Repeat([]byte("garbage "), 1000), 0o600)) },
			[]string{"not a readable SQLite database"},
		},
		"short and not SQLite": {
			func(path string) { ok(t, os.WriteFile(path, []byte("token: abc\n"), 0o600)) },
			[]string{"not a readable SQLite database"},
		},
		"newer": {
			func(path string) { older(t, path, 2); write(t, path, `UPDATE schema_migrations SET version = 99`) },
			[]string{"99", "newer ghlsms"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "m.db")
			c.make(path)
			untouched(t, path, func() {
				_, err := store.Open(t.Context(), path)
				refused(t, err, append(c.says, path)...)
				_, err = store.OpenReader(t.Context(), path)
				refused(t, err, append(c.says, path)...)
				_, err = store.OpenEditor(t.Context(), path)
				refused(t, err, path)
			})
		})
	}
}

func TestReaderWantsAnExistingMirror(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.db")
	_, err := store.OpenReader(t.Context(), path)
	refused(t, err, "has the daemon run once")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the reader made a file")
	}
	older(t, path, 1)
	_, err = store.OpenReader(t.Context(), path)
	refused(t, err, "schema version 1", "start the daemon")
}

func TestAnOlderSchemaIsCopiedThenBroughtUpToDate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	older(t, path, 1)
	ok(t, os.Chmod(path, 0o640))
	_, err := store.OpenReader(t.Context(), path)
	refused(t, err, path, "schema version 1", "restart the daemon, or run ghlsms once")
	db, err := store.Open(t.Context(), path)
	ok(t, err)
	defer db.Close()
	m := &mirror{t, db, t.Context(), noon}
	same(t, "the data", list(m, `SELECT crm_id, first_name FROM v1_contacts`), []string{"old|Old"})
	same(t, "integrity_check", list(m, `PRAGMA integrity_check`), []string{"ok"})
	same(t, "foreign_key_check", list(m, `PRAGMA foreign_key_check`), []string(nil))

	var crmID string
	var version int
	bak := raw(t, path+".schema-1.bak")
	ok(t, bak.QueryRow(`SELECT crm_id, version FROM contacts, schema_migrations`).Scan(&crmID, &version))
	same(t, "the copy", fmt.Sprint(crmID, version), "old1")
	same(t, "the name of the copy", db.Before(), path+".schema-1.bak")
	same(t, "who may read the copy", mode(t, db.Before()), mode(t, path))
}

func mode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	ok(t, err)
	return info.Mode().Perm()
}

func TestANewMirrorIsForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	db, err := store.Open(t.Context(), path)
	ok(t, err)
	defer db.Close()
	same(t, "mode", mode(t, path), fs.FileMode(0o600))
	same(t, "backup", db.Before(), "")
}

func TestWhatKeepsSQLiteFromTheMirrorIsNamedWithARemedy(t *testing.T) {
	path := t.TempDir() // no file
	_, err := store.OpenReader(t.Context(), path)
	refused(t, err, path, "cannot be opened and written", "as the user that owns")

	path = filepath.Join(t.TempDir(), "m.db")
	db, err := store.Open(t.Context(), path)
	ok(t, err)
	defer db.Close()
	refused(t, db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(t.Context(), `PRAGMA query_only = 1; DELETE FROM outbox`)
		return err
	}), path, "as the user that owns")
}

func TestACutOffSchemaChangeIsRefusedWithARemedyThatWorks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	older(t, path, 1)
	db, err := store.Open(t.Context(), path)
	ok(t, err)
	ok(t, db.Close())
	write(t, path, `UPDATE schema_migrations SET dirty = 1`)

	_, err = store.OpenReader(t.Context(), path)
	refused(t, err, path)
	_, err = store.Open(t.Context(), path)
	refused(t, err, "cut off", "rm -f "+path+"-wal "+path+"-shm && cp "+path+".schema-1.bak "+path)
	bak, err := os.ReadFile(path + ".schema-1.bak")
	ok(t, err)
	ok(t, os.WriteFile(path, bak, 0o600))
	if db, err = store.Open(t.Context(), path); err != nil {
		t.Fatalf("after the remedy: %v", err)
	}
	ok(t, db.Close())
}

// A step of the schema is there whole or not at all: what ends in the middle of one leaves the mirror at the
// step before, from where the next start goes on. Killed there, the daemon once needed a person to come back
// (TestKilledBringingTheMirrorUpToDate, -kills.seed=1).
func TestASchemaChangeThatEndsInTheMiddleIsMadeAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	older(t, path, 2)
	write(t, path, `CREATE TABLE brakes (x)`) // in the way of a table in the middle of step 5
	_, err := store.Open(t.Context(), path)
	refused(t, err, path, "brakes")
	var version, dirty, changed int
	ok(t, raw(t, path).QueryRow(`SELECT version, dirty, (SELECT count(*) FROM pragma_table_info('contacts') WHERE name = 'marks') FROM schema_migrations`).Scan(&version, &dirty, &changed))
	same(t, "version, whether it is dirty, what step 5 changed before", fmt.Sprint(version, dirty, changed), "4 0 0")
	write(t, path, `DROP TABLE brakes`)
	db, err := store.Open(t.Context(), path)
	ok(t, err)
	defer db.Close()
	m := &mirror{t, db, t.Context(), noon}
	same(t, "the data", list(m, `SELECT crm_id, first_name FROM v1_contacts`), []string{"old|Old"})
	same(t, "integrity_check", list(m, `PRAGMA integrity_check`), []string{"ok"})
}

// An older mirror with everything in it keeps everything: tables made anew have the same rows, what
// points at them still does, and notes that were intents only have become records.
func TestOlderMirrorKeepsEverything(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	older(t, path, 3)
	for _, q := range []string{
		`INSERT INTO contacts (crm_id, base, edits, changed_at) VALUES ('c2', '{"phone":"+12025550102"}', '{"city":"Boston"}', 2)`,
		`INSERT INTO appointments (crm_id, contact_id, base, changed_at) VALUES ('a1', 2, '{"start":"2026-01-02T10:00:00Z"}', 3)`,
		`INSERT INTO outbox (id, key, kind, contact_id, record_id, payload, state, priority, due_at, created_at, done_at, outside_id) VALUES
			(7, 'remind/1', 'text.send', 2, NULL, '{}', 'done', 2, 5, 5, 6, 'g7'), (8, 'note/1', 'note.create', 2, NULL, '{"body":"said this"}', 'done', 3, 5, 5, 6, 'n8'),
			(9, 'note/2', 'note.create', 2, NULL, '{"body":"said that"}', 'pending', 3, 5, 5, NULL, NULL), (10, 'note/3', 'note.create', 2, NULL, '{"body":"given up"}', 'dropped', 3, 5, 5, 6, NULL),
			(11, 'note/4', 'note.create', 2, NULL, '{"body":"unclear"}', 'unknown', 3, 5, 5, NULL, NULL), (12, 'contact.update/2@0', 'contact.update', 2, 2, '{"city":"Boston"}', 'held', 1, 5, 5, NULL, NULL)`,
		`INSERT INTO texts (outbox_id, contact_id, number, body, purpose, parts, ref, gateway, gateway_id) VALUES (7, 2, '+12025550102', 'see you', 'reminder', 1, 'r7', 'smsto', 'g7')`,
		`INSERT INTO reminders (appointment_id, starts, rule, due_at, decided_at, outbox_id) VALUES (1, '2026-01-02T10:00:00Z', 'day-before', 4, 5, 7)`,
		`INSERT INTO conflicts (entity, record_id, field, base, crm, local, kept, found_at) VALUES ('contact', 2, 'city', 'A', 'B', 'C', 'crm', 5)`,
		`INSERT INTO opt_outs (number, since, source, reason) VALUES ('+12025550103', 5, 'text', 'STOP')`,
	} {
		write(t, path, q)
	}
	db, err := store.Open(t.Context(), path)
	ok(t, err)
	m := &mirror{TB: t, DB: db, ctx: t.Context(), now: noon}
	t.Cleanup(func() { db.Close() })

	same(t, "foreign_key_check", list(m, `PRAGMA foreign_key_check`), []string(nil))
	same(t, "integrity_check", list(m, `PRAGMA integrity_check`), []string{"ok"})
	same(t, "outbox", list(m, `SELECT kind || ' ' || state FROM outbox ORDER BY id`), []string{
		"text.send done", "note.create done", "note.create pending", "note.create dropped", "note.create unknown", "contact.update held",
	})
	same(t, "reminders", list(m, `SELECT decision || ' ' || body FROM v1_reminders`), []string{"sent see you"})
	same(t, "texts", list(m, `SELECT number || ' ' || state FROM v1_texts`), []string{"+12025550102 queued"})
	same(t, "conflicts", list(m, `SELECT field || ' ' || kept FROM v1_conflicts`), []string{"city crm"})
	same(t, "notes", list(m, `SELECT coalesce(crm_id, '-') || ' ' || body || ' ' || waiting FROM v1_notes ORDER BY id`), []string{"n8 said this 0", "- said that 1", "- unclear 1"})
	same(t, "notes of intents", list(m, `SELECT o.id FROM outbox o JOIN notes n ON n.id = o.record_id WHERE o.kind = 'note.create' ORDER BY o.id`),
		[]string{"8", "9", "10", "11"})
	same(t, "dirty notes", m.dirty(store.Note), []int64{9, 11})
	same(t, "opt-outs", list(m, `SELECT number FROM v1_opt_outs`), []string{"+12025550103"})
}

// A note that waited as an intent only is a record now, and planning that is planning the same.
func TestAWaitingNoteIsNotPlannedTwiceAfterAnUpgrade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	older(t, path, 4)
	for i, state := range []string{"pending", "sending", "unknown", "held"} {
		write(t, path, fmt.Sprintf(`INSERT INTO outbox (id, key, kind, contact_id, payload, state, priority, due_at, created_at)
			VALUES (%[1]d, 'note/%[1]d', 'note.create', 1, '{"body":"Hi"}', '%[2]s', 3, 1, 1)`, 10+i, state))
	}
	db, err := store.Open(t.Context(), path)
	ok(t, err)
	defer db.Close()
	m := &mirror{t, db, t.Context(), noon}
	for _, r := range get(m, func(tx *store.Tx) ([]store.Record, error) { return tx.Dirty(m.ctx, store.Note, 0, 10) }) {
		same(t, "planned anew", get(m, func(tx *store.Tx) (bool, error) {
			_, added, err := tx.Enqueue(m.ctx, store.Intent{
				Key: fmt.Sprintf("%s/%d@%d", store.CreateNote, r.ID, r.Rev), Kind: store.CreateNote, ContactID: 1, RecordID: r.ID, Rev: r.Rev, Payload: []byte(`{}`),
			})
			return added, err
		}), false)
	}
	same(t, "notes", value[int](m, `SELECT count(*) FROM outbox o JOIN notes n ON n.id = o.record_id AND n.rev = o.rev`), 4)
}

// What expired before it was counted apart counts as looked at, as it was; a trouble that lasts knows its worst.
func TestTroublesOfASchemaBeforeTheyWentOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	older(t, path, 12)
	write(t, path, `INSERT INTO looked (what, at, by, why) VALUES ('missed', 9, 'amy', 'called')`)
	write(t, path, `INSERT INTO troubles (kind, severity, what, since, found_at) VALUES ('clock', 'urgent', 'it is wrong', 5, 5)`)
	db, err := store.Open(t.Context(), path)
	ok(t, err)
	defer db.Close()
	m := &mirror{t, db, t.Context(), noon}
	same(t, "looked at", list(m, `SELECT what, at, by FROM looked ORDER BY what`), []string{"expired|9|amy", "missed|9|amy"})
	same(t, "the worst", list(m, `SELECT worst, worst_severity, returns FROM troubles`), []string{"it is wrong|urgent|0"})
}
