package main

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database/sqlite"
	"github.com/golang-migrate/migrate/v4/source/iofs"

	"ghlsms/ghl/ghltest"
	"ghlsms/migrations"
	"ghlsms/store/storetest"
)

// Promise 10: killed again and again while it brings the mirror of an older version up to date, the daemon
// comes back by itself, and nothing that was in the mirror is lost.
func TestKilledBringingTheMirrorUpToDate(t *testing.T) {
	storetest.SkipShort(t, "many processes")
	t.Parallel()
	const each = 3 // kills a mirror
	all, _ := allKills()
	random := rand.New(rand.NewPCG(*killsSeed, 1<<40))
	for i := range max(all/20/each, 2) {
		version := uint(1 + random.IntN(8))
		k := setKilling(t, 1<<20+uint64(i))
		k.olderMirror(version)
		for range each {
			l := k.run()
			k.awake(l)
			d := time.Duration(random.IntN(120)) * time.Millisecond
			time.Sleep(d)
			if !l.kill() {
				t.Fatalf("mirror %d of version %d, with seed %d: life %d ended on its own:\n%s", i, version, *killsSeed, k.lives, l.words())
			}
			k.tell("killed %s after it took the mirror", d)
		}
		if code, _, talk := k.ghlsms("once"); code != exitDone {
			t.Fatalf("mirror %d of version %d, with seed %d: exit %d: %s\n%s", i, version, *killsSeed, code, talk, k.story("killed"))
		}
		for q, want := range map[string]int{
			`SELECT count(*) FROM v1_contacts WHERE last_name = 'Older' AND city IS NOT NULL`:   200,
			`SELECT count(*) FROM opt_outs WHERE number = '+12025559001' AND lifted_at IS NULL`: 1,
			`SELECT count(*) FROM brakes`:                                               0,
			`SELECT count(*) FROM pragma_foreign_key_check`:                             0,
			`SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'`: 0,
		} {
			if n := k.count(q); n != want {
				t.Errorf("mirror %d of version %d, with seed %d: %s: %d, want %d\n%s", i, version, *killsSeed, q, n, want, k.story("killed"))
			}
		}
	}
}

// olderMirror makes the mirror that an older version left, with people in it whom the CRM has too.
func (k *killing) olderMirror(version uint) {
	k.t.Helper()
	path := filepath.Join(k.dir, "ghlsms.db")
	if err := os.Remove(path); err != nil {
		k.t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(wal)")
	if err != nil {
		k.t.Fatal(err)
	}
	src, err1 := iofs.New(migrations.FS, ".")
	drv, err2 := sqlite.WithInstance(db, &sqlite.Config{})
	if err := errors.Join(err1, err2); err != nil {
		k.t.Fatal(err)
	}
	m, err := migrate.NewWithInstance("iofs", src, "sqlite", drv)
	if err != nil {
		k.t.Fatal(err)
	}
	if err := m.Migrate(version); err != nil {
		k.t.Fatal(err)
	}
	for i := range 200 {
		c := ghltest.Contact{ID: fmt.Sprintf("older%d", i), FirstName: "Pat", LastName: "Older", City: "Oldtown", Phone: fmt.Sprintf("+1202555%04d", 9001+i)}
		k.crm.AddContact(c)
		if _, err := db.Exec(`INSERT INTO contacts (crm_id, base, changed_at) VALUES (?, json_object('first_name', 'Pat', 'last_name', 'Older', 'city', 'Oldtown', 'phone', ?), 1)`, c.ID, c.Phone); err != nil {
			k.t.Fatal(err)
		}
	}
	_, err = db.Exec(`INSERT INTO opt_outs (number, since, source, reason) VALUES ('+12025559001', 1, 'text', 'asked to stop')`)
	serr, derr := m.Close()
	if err := errors.Join(err, serr, derr); err != nil {
		k.t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		k.t.Fatal(err)
	}
}
