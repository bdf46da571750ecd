package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Summary is what a mirror, or a copy of one, holds.
type Summary struct {
	Path     string
	Size     int64
	Schema   int
	Instance string
	Location string // in the CRM; empty: nothing was read yet
	Name     string // of that location

	// Made is when a copy was made; zero: this is the mirror itself, or was copied by another program.
	Made time.Time
	// Last is when something was last read or planned; zero: never.
	Last time.Time

	Contacts, Texts int
	NewestIntent    int64
}

// Backup writes a copy of the mirror at path into the file to, while others go on reading and
// writing. It is one picture of the mirror, was opened and looked through, belongs to whom the mirror
// belongs, and is on the disk; it is there whole or not at all. A file that is there already is replaced
// only if replace is set.
//
// The copy says of itself that it is one: whoever puts it back, and in whatever way, the engine notices.
func Backup(ctx context.Context, path, to string, replace bool) (Summary, error) {
	if err := mayWrite(path, to, replace); err != nil {
		return Summary{}, err
	}
	next, s, err := copyBeside(ctx, path, to, copying, time.Now())
	if err != nil {
		return s, fmt.Errorf("back up the mirror: %w", err)
	}
	err = mayWrite(path, to, replace) // once more: it took a while
	if err == nil {
		err = os.Rename(next, to)
	}
	if err != nil {
		return s, errors.Join(err, os.Remove(next))
	}
	s.Path = to
	return s, SyncDir(filepath.Dir(to))
}

// mayWrite returns why a backup of the mirror at path must not be written to a file; nil: it may.
func mayWrite(path, to string, replace bool) error {
	if info, err := os.Stat(filepath.Dir(to)); err != nil || !info.IsDir() {
		return fmt.Errorf("there is no folder for %s: make it, or mount its disk", to)
	}
	info, err := os.Stat(to)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is a folder: name a file in it", to)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no file", to)
	}
	for _, suffix := range append([]string{""}, sidecars...) {
		if own, err := os.Stat(realPath(path) + suffix); err == nil && os.SameFile(own, info) {
			return fmt.Errorf("%s is the mirror itself: name another file", to)
		}
	}
	if !replace {
		return fmt.Errorf("%s is there already: name another file, or replace it with --force", to)
	}
	return nil
}

// copyBeside writes a copy of the mirror at path into a new file beside to, for the same readers, and
// looks it through. With a time it says that it is a copy made then. It belongs to whom the mirror belongs,
// or, where that cannot be, to who made it alone.
//
// VACUUM INTO reads one picture of the mirror and stands in nobody's way. The online backup of SQLite
// takes as long, and copies pages as they are: what was deleted, and damage too.
func copyBeside(ctx context.Context, path, to, purpose string, made time.Time) (next string, s Summary, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", s, err
	}
	f, err := os.CreateTemp(filepath.Dir(to), filepath.Base(to)+partSuffix+"*") // is made with mode 600, and SQLite fills it
	if err != nil {
		return "", s, err
	}
	s, err = fill(ctx, path, purpose, f, made)
	if err == nil && SameOwner(f, info) == nil {
		err = f.Chmod(info.Mode().Perm())
	}
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return "", s, errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), s, nil
}

// fill fills an empty file with a copy and looks it through.
func fill(ctx context.Context, path, purpose string, f *os.File, made time.Time) (s Summary, err error) {
	if err := vacuumInto(ctx, path, purpose, f.Name()); err != nil {
		return s, err
	}
	if !made.IsZero() {
		if err := sayCopied(ctx, f.Name(), made); err != nil {
			return s, err
		}
	}
	if s, err = Verify(ctx, f.Name()); err != nil {
		return s, fmt.Errorf("the copy is not good: %w", err)
	}
	return s, nil
}

// partSuffix is behind the names of copies that are not whole yet.
const partSuffix = ".part"

// vacuumInto writes one picture of the database at path into the empty file to.
func vacuumInto(ctx context.Context, path, purpose, to string) error {
	db, err := sql.Open("sqlite", dsn(path, purpose))
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", to)
	if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Code()&0xff == sqlite3.SQLITE_FULL {
		return told(to, err)
	}
	return told(path, err)
}

// sayCopied writes into a copy that it is one.
func sayCopied(ctx context.Context, path string, made time.Time) error {
	db, err := sql.Open("sqlite", dsn(path, "_pragma=journal_mode(memory)"))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2`,
		MetaCopied, made.UTC().Format(time.RFC3339))
	return told(path, errors.Join(err, db.Close()))
}

// copying opens a handle that reads the mirror and writes another file, so that it is not query_only.
const copying = "mode=rw"

// still is the address of a database that nobody writes. Without a log beside it, it is opened immutable, so
// that it may lie in a read-only folder.
func still(path, purpose string) string {
	for _, suffix := range sidecars {
		if _, err := os.Stat(realPath(path) + suffix); err == nil {
			return purpose
		}
	}
	return purpose + "&immutable=1"
}

// realPath is where a database really lies, and what SQLite keeps beside it.
func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// sidecars are the endings of the files that SQLite keeps beside a database.
var sidecars = []string{"-wal", "-shm", "-journal"}

// Verify opens a mirror or a copy of one and checks all of it: integrity, foreign keys, and a schema that is
// whole and not newer than what this program knows.
func Verify(ctx context.Context, path string) (s Summary, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return s, err
	}
	if !info.Mode().IsRegular() {
		return s, fmt.Errorf("%s is no file", path)
	}
	db, err := sql.Open("sqlite", dsn(path, still(path, reading)))
	if err != nil {
		return s, err
	}
	defer db.Close()
	s.Path, s.Size = path, info.Size()
	if err = s.read(ctx, db); err == nil {
		err = sound(ctx, db)
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
			return s, fmt.Errorf("%s is damaged, or no copy of a mirror: %w", path, e)
		}
	}
	if err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// read fills a summary, and refuses what is no mirror.
func (s *Summary) read(ctx context.Context, db *sql.DB) error {
	newest, err := newestVersion()
	if err != nil {
		return err
	}
	var dirty bool
	s.Schema, dirty, err = schemaVersion(ctx, db, s.Path)
	switch {
	case errors.Is(err, errForeign):
		return errors.New("this is a database of another program")
	case err != nil:
		return err
	case s.Schema == 0:
		return errors.New("there is nothing in it")
	case dirty:
		return fmt.Errorf("a schema change to version %d was cut off in it", s.Schema)
	case s.Schema > newest:
		return fmt.Errorf("it has schema version %d, this ghlsms knows %d: use a newer ghlsms", s.Schema, newest)
	}
	var made string
	err = db.QueryRowContext(ctx, `SELECT coalesce((SELECT value FROM meta WHERE key = ?), ''), coalesce((SELECT value FROM meta WHERE key = ?), ''),
			coalesce((SELECT value FROM meta WHERE key = ?), ''), coalesce((SELECT value FROM meta WHERE key = ?), ''),
			(SELECT max(t) FROM (SELECT max(read_at) AS t FROM cursors UNION ALL SELECT max(created_at) FROM outbox)),
			(SELECT count(*) FROM contacts), (SELECT count(*) FROM texts) + (SELECT count(*) FROM inbound), (SELECT coalesce(max(id), 0) FROM outbox)`,
		metaInstance, MetaLocation, MetaName, MetaCopied).
		Scan(&s.Instance, &s.Location, &s.Name, &made, millis{&s.Last}, &s.Contacts, &s.Texts, &s.NewestIntent)
	if err == nil && made != "" {
		s.Made, err = time.Parse(time.RFC3339, made)
	}
	return err
}

// sound is an error about the first thing that is wrong with a database.
func sound(ctx context.Context, db *sql.DB) error {
	var word string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&word); err != nil {
		return err
	}
	if word != "ok" {
		return fmt.Errorf("it is damaged: %s", word)
	}
	var table string
	err := db.QueryRowContext(ctx, `SELECT "table" FROM pragma_foreign_key_check LIMIT 1`).Scan(&table)
	if err == nil {
		return fmt.Errorf("it is damaged: a row of %s points nowhere", table)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return nil
}

// Since is what a mirror recorded and a copy of it does not have.
type Since struct {
	Received int // texts that came in
	Sent     int // texts that left, or may have
	Effects  int // of other kinds, carried outside or maybe so
	Waiting  int // effects that still wait
}

// Missing counts what the mirror at path recorded that the copy at from does not have.
func Missing(ctx context.Context, from, path string) (s Since, err error) {
	db, err := sql.Open("sqlite", dsn(path, reading+"&mode=rw")) // what is not there is not made
	if err != nil {
		return s, err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return s, told(path, err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `ATTACH ? AS copy`, dsn(from, still(from, copying))); err != nil {
		return s, told(path, err)
	}
	const outside = ` FROM main.outbox o WHERE state IN ('done', 'sending', 'unknown', 'failed')
		AND NOT EXISTS (SELECT 1 FROM copy.outbox c WHERE c.key = o.key AND c.state NOT IN ('pending', 'held'))`
	err = conn.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM main.inbound i WHERE NOT EXISTS (SELECT 1 FROM copy.inbound c WHERE c.gateway = i.gateway AND c.key = i.key)),
		(SELECT count(*)`+outside+` AND kind = 'text.send'), (SELECT count(*)`+outside+` AND kind <> 'text.send'),
		(SELECT count(*) FROM main.outbox o WHERE state IN ('pending', 'held') AND NOT EXISTS (SELECT 1 FROM copy.outbox c WHERE c.key = o.key))`).
		Scan(&s.Received, &s.Sent, &s.Effects, &s.Waiting)
	return s, told(path, err)
}

// SyncDir makes sure that the names of the files in a folder are on the disk.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
