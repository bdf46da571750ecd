package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database/sqlite"
	"github.com/golang-migrate/migrate/v4/source/iofs"

	"ghlsms/migrations"
	"ghlsms/store"
	"ghlsms/store/storetest"
)

// released makes a mirror of the first schema with something in every table, and brings it to a later one as
// the programs of that time did.
func released(t *testing.T, path string, version uint) {
	t.Helper()
	older(t, path, 1)
	for _, q := range []string{
		`INSERT INTO meta (key, value) VALUES ('born', '2026-01-01T00:00:00Z'), ('instance', 'x')`,
		`INSERT INTO contacts (crm_id, base, edits, changed_at) VALUES ('c2', '{"phone":"+12025550102"}', '{"city":"Boston"}', 2)`,
		`INSERT INTO tasks (crm_id, contact_id, base, changed_at) VALUES ('t1', 2, '{"title":"Call"}', 3)`,
		`INSERT INTO appointments (crm_id, contact_id, base, changed_at) VALUES ('a1', 2, '{"start":"2026-01-02T10:00:00Z"}', 3)`,
		`INSERT INTO inbound (gateway, key, sender, body, received_at, stored_at) VALUES ('smsto', 'id:1', '+12025550102', 'C', 4, 4)`,
		`INSERT INTO outbox (id, key, kind, contact_id, record_id, payload, state, priority, due_at, created_at, done_at, outside_id) VALUES
			(7, 'remind/1', 'text.send', 2, NULL, '{}', 'done', 2, 5, 5, 6, 'g7'), (8, 'note/1', 'note.create', 2, NULL, '{"body":"said this"}', 'done', 3, 5, 5, 6, 'n8'),
			(9, 'note/2', 'note.create', 2, NULL, '{"body":"said that"}', 'pending', 3, 5, 5, NULL, NULL), (11, 'note/4', 'note.create', 2, NULL, '{"body":"unclear"}', 'unknown', 3, 5, 5, NULL, NULL)`,
		`INSERT INTO texts (outbox_id, contact_id, number, body, purpose, parts, ref, gateway, gateway_id) VALUES (7, 2, '+12025550102', 'see you', 'reminder', 1, 'r7', 'smsto', 'g7')`,
		`INSERT INTO reminders (appointment_id, starts, rule, due_at, decided_at, outbox_id) VALUES (1, '2026-01-02T10:00:00Z', 'day-before', 4, 5, 7)`,
		`INSERT INTO conflicts (entity, record_id, field, base, crm, local, kept, found_at) VALUES ('contact', 2, 'city', 'A', 'B', 'C', 'crm', 5)`,
		`INSERT INTO opt_outs (number, since, source, reason) VALUES ('+12025550103', 5, 'text', 'STOP')`,
	} {
		write(t, path, q)
	}
	src, err := iofs.New(migrations.FS, ".")
	ok(t, err)
	drv, err := sqlite.WithInstance(raw(t, path), &sqlite.Config{})
	ok(t, err)
	m, err := migrate.NewWithInstance("iofs", src, "sqlite", drv)
	ok(t, err)
	if err := m.Migrate(version); !errors.Is(err, migrate.ErrNoChange) {
		ok(t, err)
	}
	serr, derr := m.Close()
	ok(t, errors.Join(serr, derr))
}

// content is all that a mirror holds, row by row.
func content(t *testing.T, path string) string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	ok(t, err)
	defer db.Close()
	lines := func(q string) (all []string) {
		rows, err := db.Query(q)
		ok(t, err)
		defer rows.Close()
		columns, err := rows.Columns()
		ok(t, err)
		for rows.Next() {
			row, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range row {
				into[i] = &row[i]
			}
			ok(t, rows.Scan(into...))
			all = append(all, fmt.Sprint(row...))
		}
		ok(t, rows.Err())
		return all
	}
	all := lines(`PRAGMA integrity_check`)
	for _, table := range lines(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`) {
		all = append(all, table)
		rows := lines(`SELECT * FROM "` + table + `"`)
		slices.Sort(rows)
		all = append(all, rows...)
	}
	return strings.Join(all, "\n")
}

// Promise 10: from every schema there ever was, killed or without power at any write or fsync of the change, the
// mirror comes up with everything in it at the next start.
func TestSchemaChangesEndAnywhere(t *testing.T) {
	storetest.SkipShort(t, "many mirrors")
	steps, err := fs.Glob(migrations.FS, "*.up.sql")
	ok(t, err)
	images, every := 0, storetest.Amount{Short: 12, Usual: 4, Full: 1}.Or(0)
	for version := uint(1); version < uint(len(steps)); version++ {
		t.Run(fmt.Sprint("from ", version), func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "m.db")
			released(t, path, version)
			bak := path + fmt.Sprintf(".schema-%d.bak", version)

			d, err := storetest.NewDisk(dir)
			ok(t, err)
			defer d.Close()
			type moment struct {
				what        string
				mirror, bak storetest.Image
			}
			var moments []moment
			random := rand.New(rand.NewPCG(uint64(version), 0))
			n := 0
			d.Watch(func(e storetest.Event) {
				if n++; n%(32*every) != 0 && (e.Kind != storetest.Sync || n%(4*every) != 0) {
					return
				}
				what := fmt.Sprintf("event %d, %v", n, e.Op)
				moments = append(moments, moment{"killed at " + what, d.Killed(path), d.Killed(bak)}, moment{"power lost at " + what, d.PowerLost(path, random), d.PowerLost(bak, random)})
			})
			db, err := store.Open(t.Context(), path)
			ok(t, err)
			ok(t, db.Close())
			d.Watch(nil)
			want := content(t, path)

			for _, m := range moments {
				again := filepath.Join(t.TempDir(), "m.db")
				ok(t, m.mirror.Write(again))
				ok(t, m.bak.Write(again+filepath.Base(bak)[len("m.db"):]))
				db, err := store.Open(t.Context(), again)
				if err != nil {
					t.Fatalf("%s: %v", m.what, err)
				}
				ok(t, db.Close())
				if got := content(t, again); got != want {
					t.Fatalf("%s:\n%s\nwant\n%s", m.what, got, want)
				}
				ok(t, os.RemoveAll(filepath.Dir(again)))
			}
			images += len(moments)
		})
	}
	t.Logf("%d times cut off", images)
	if images < 100/every {
		t.Errorf("only %d", images)
	}
}
