package storetest_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"ghlsms/store/storetest"
)

func newDisk(t *testing.T, dir string) (d *storetest.Disk, path string) {
	t.Helper()
	d, err := storetest.NewDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d, filepath.Join(dir, "x.db")
}

// open makes a database in which each commit adds a row.
func open(t *testing.T, dir, synchronous string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "x.db")+"?_pragma=journal_mode(wal)&_pragma=wal_autocheckpoint(20)&_pragma=synchronous("+synchronous+")")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	if _, err := db.Exec("CREATE TABLE IF NOT EXISTS rows (n INTEGER, filling TEXT)"); err != nil {
		t.Fatal(err)
	}
	return db
}

func add(db *sql.DB, n int) error {
	_, err := db.Exec("INSERT INTO rows VALUES (?, ?)", n, strings.Repeat("x", 2000))
	return err
}

// rowsIn counts the rows in an image, which must be a sound database.
func rowsIn(t *testing.T, img storetest.Image) (n int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.db")
	if err := img.Write(path); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var state string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&state); err != nil || state != "ok" {
		t.Fatalf("the image is broken: %v %s", err, state)
	}
	var tables int
	if err := db.QueryRow("SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		t.Fatal(err)
	}
	if tables == 0 { // even that was lost
		return 0
	}
	if err := db.QueryRow("SELECT count(*) FROM rows").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// With synchronous FULL everything committed is there after a power failure, whatever the disk did with what
// was not synced. With NORMAL the last commits are not: a text would be sent again.
func TestWhatAPowerFailureLeaves(t *testing.T) {
	for mode, loses := range map[string]bool{"full": false, "normal": true} {
		t.Run(mode, func(t *testing.T) {
			dir := t.TempDir()
			d, path := newDisk(t, dir)
			db := open(t, dir, mode)
			r := rand.New(rand.NewPCG(1, 2))
			lost := 0
			for n := 1; n <= 60; n++ {
				if err := add(db, n); err != nil {
					t.Fatal(err)
				}
				if got := rowsIn(t, d.Killed(path)); got != n {
					t.Fatalf("killed after commit %d: %d rows", n, got)
				}
				for _, img := range []storetest.Image{d.PowerLost(path, nil), d.PowerLost(path, r)} {
					lost += n - rowsIn(t, img)
				}
			}
			if (lost > 0) != loses {
				t.Errorf("%d rows lost", lost)
			}
		})
	}
}

// At any write and before any fsync, both images are sound, and lack at most the commit that is being made.
func TestImagesInTheMiddle(t *testing.T) {
	dir := t.TempDir()
	d, path := newDisk(t, dir)
	db := open(t, dir, "full")
	r := rand.New(rand.NewPCG(3, 4))
	type moment struct {
		image storetest.Image
		n     int // the commit that is being made
	}
	var moments []moment
	kinds := map[storetest.OpKind]int{}
	n := 1
	d.Watch(func(e storetest.Event) {
		kinds[e.Kind]++
		moments = append(moments, moment{d.Killed(path), n}, moment{d.PowerLost(path, r), n})
	})
	for ; n <= 40; n++ {
		if err := add(db, n); err != nil {
			t.Fatal(err)
		}
	}
	d.Watch(nil)
	if kinds[storetest.Write] < 80 || kinds[storetest.Sync] < 40 {
		t.Errorf("only %v", kinds)
	}
	for _, m := range moments {
		if got := rowsIn(t, m.image); got != m.n && got != m.n-1 {
			t.Fatalf("in commit %d: %d rows", m.n, got)
		}
	}
	t.Logf("%d images, %v", len(moments), kinds)
}

// A disk that fails makes the commit fail, and what was committed stays.
func TestDisksThatFail(t *testing.T) {
	for fault, code := range map[storetest.Fault]int{
		storetest.Full: sqlite3.SQLITE_FULL, storetest.ReadOnly: sqlite3.SQLITE_IOERR, storetest.Broken: sqlite3.SQLITE_IOERR,
	} {
		t.Run(fmt.Sprint(fault), func(t *testing.T) {
			dir := t.TempDir()
			d, path := newDisk(t, dir)
			db := open(t, dir, "full")
			if err := add(db, 1); err != nil {
				t.Fatal(err)
			}
			d.Fail(func(storetest.Op) storetest.Fault { return fault })
			err := add(db, 2)
			if e, ok := errors.AsType[*sqlite.Error](err); !ok || e.Code()&0xff != code {
				t.Fatalf("on a failing disk: %v", err)
			}
			d.Fail(nil)
			if err := add(db, 3); err != nil {
				t.Fatal(err)
			}
			if n := rowsIn(t, d.Killed(path)); n != 2 {
				t.Errorf("%d rows", n)
			}
		})
	}
}

// A page of rubbish is noticed.
func TestCorruptedPage(t *testing.T) {
	dir := t.TempDir()
	d, path := newDisk(t, dir)
	db := open(t, dir, "full")
	for n := range 30 {
		if err := add(db, n); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	img := d.Killed(path)
	if !img.Corrupt(2) || img.Corrupt(10_000) {
		t.Fatal("pages")
	}
	bad := filepath.Join(dir, "bad.db")
	if err := img.Write(bad); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+bad)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var state string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&state); err == nil && state == "ok" {
		t.Error("nobody noticed")
	}
}
