package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// PutBack is the result of Restore.
type PutBack struct {
	Summary        // of what is in place now
	Kept    string // where the mirror lies that was there before; empty: there was none
	Damaged error  // why that could not be opened any more
}

// restoreStep is called before each step of a restore; tests make it fail.
var restoreStep = func(string) error { return nil }

// Restore puts the copy at from in the place of the mirror at path, which nobody may work at meanwhile:
// the caller has its lock. The copy stays where it is, and the mirror that was there is kept beside.
// Stopped at any instant it leaves the one or the other in its place, whole; done once more it is done.
//
// What is put back says of itself that it is a copy, so that the engine's next cycle takes nothing in it
// for the present.
func Restore(ctx context.Context, from, path string) (r PutBack, err error) {
	if info, err := os.Stat(path); err == nil {
		if own, err := os.Stat(from); err == nil && os.SameFile(own, info) {
			return r, fmt.Errorf("%s is the mirror itself", from)
		}
	}
	path = realPath(path)
	if err := dropParts(path); err != nil {
		return r, err
	}
	next, s, err := copyBeside(ctx, from, path, still(from, copying), time.Time{})
	if err != nil {
		return r, fmt.Errorf("copy %s: %w", from, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, remove(next))
		}
	}()
	if s.Made.IsZero() { // another program made it
		s.Made = s.Last
		if s.Made.IsZero() {
			s.Made = time.Now()
		}
		if err := sayCopied(ctx, next, s.Made); err != nil {
			return r, err
		}
	}
	r.Summary = s
	r.Path = path
	if err := sameAs(next, path); err != nil {
		return r, err
	}
	if err := restoreStep("copied"); err != nil {
		return r, err
	}
	release, damaged, err := setAside(ctx, path)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, release()) }()
	r.Damaged = damaged
	if err := restoreStep("still"); err != nil {
		return r, err
	}
	if r.Kept, err = keepAside(path, path+".before-restore-"+time.Now().UTC().Format(BackupTime)); err != nil {
		return r, fmt.Errorf("keep the mirror that is there: %w", err)
	}
	if err := restoreStep("kept"); err != nil {
		return r, err
	}
	for _, suffix := range sidecars { // SQLite would take them for the restored one's
		if err := remove(path + suffix); err != nil {
			return r, err
		}
	}
	if err := errors.Join(restoreStep("alone"), SyncDir(filepath.Dir(path))); err != nil {
		return r, err
	}
	if err := os.Rename(next, path); err != nil {
		return r, err
	}
	return r, errors.Join(restoreStep("renamed"), SyncDir(filepath.Dir(path)))
}

// BackupTime is the form of a time in the names of copies.
const BackupTime = "20060102T150405Z"

// sameAs gives what is to be the mirror the owner and the mode of the one that is there, or of its
// folder: whoever runs the daemon must be able to open it.
func sameAs(next, path string) error {
	info, err := os.Stat(path)
	mode := fs.FileMode(0o600)
	if err == nil {
		mode = info.Mode().Perm()
	} else if info, err = os.Stat(filepath.Dir(path)); err != nil {
		return err
	}
	f, err := os.OpenFile(next, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err = SameOwner(f, info); err != nil {
		err = fmt.Errorf("%w; run ghlsms as the user that owns %s", err, info.Name())
	}
	return errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
}

// setAside checkpoints the mirror at path into one file without a log, and locks it until release is called. A
// damaged one stays as it is, and damaged says why.
func setAside(ctx context.Context, path string) (release func() error, damaged, err error) {
	nothing := func() error { return nil }
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nothing, nil, nil
	}
	db, err := sql.Open("sqlite", dsn(path, "mode=rw"))
	if err != nil {
		return nothing, nil, err
	}
	db.SetMaxOpenConns(1)
	var mode string
	err = db.QueryRowContext(ctx, `PRAGMA journal_mode = delete`).Scan(&mode)
	if err == nil {
		_, err = db.ExecContext(ctx, `BEGIN EXCLUSIVE`)
	}
	if err == nil {
		err = db.QueryRowContext(ctx, `PRAGMA journal_mode`).Scan(&mode) // somebody may have come in between
	}
	if err == nil && mode == "delete" {
		return func() error {
			_, err := db.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`)
			return errors.Join(err, db.Close())
		}, nil, nil
	}
	cerr := db.Close()
	e, ok := errors.AsType[*sqlite.Error](err)
	switch {
	case err == nil, ok && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED):
		return nothing, nil, errors.Join(fmt.Errorf("%s is open in another program; end that one (sqlite3, Litestream, a report), and try again", path), cerr)
	case ok && (e.Code()&0xff == sqlite3.SQLITE_CORRUPT || e.Code()&0xff == sqlite3.SQLITE_NOTADB || e.Code()&0xff == sqlite3.SQLITE_IOERR):
		return nothing, err, nil
	}
	return nothing, nil, errors.Join(told(path, err), cerr)
}

// keepAside gives the files of the mirror at path a second name each, and returns that of the database.
func keepAside(path, name string) (kept string, err error) {
	as := name
	for n := 2; ; n++ {
		if _, err := os.Lstat(as); errors.Is(err, fs.ErrNotExist) {
			break
		}
		as = fmt.Sprintf("%s-%d", name, n)
	}
	for _, suffix := range append([]string{""}, sidecars...) {
		err := os.Link(path+suffix, as+suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil { // a disk without links
			err = copyFile(path+suffix, as+suffix)
		}
		if err != nil {
			return "", err
		}
		if suffix == "" {
			kept = as
		}
	}
	return kept, SyncDir(filepath.Dir(path))
}

// copyFile copies a file byte by byte.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// dropParts removes copies to a place that were cut off in the making.
func dropParts(to string) error {
	dir, err := os.ReadDir(filepath.Dir(to))
	for _, f := range dir {
		if strings.HasPrefix(f.Name(), filepath.Base(to)+partSuffix) {
			err = errors.Join(err, remove(filepath.Join(filepath.Dir(to), f.Name())))
		}
	}
	return err
}

// remove removes a file that may be gone already.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
