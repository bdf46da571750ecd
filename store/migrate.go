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
	"strconv"
	"strings"
	"time"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	"github.com/golang-migrate/migrate/v4/database/sqlite"
	"github.com/golang-migrate/migrate/v4/source/iofs"

	"ghlsms/migrations"
)

// migrateUp brings the schema of a mirror up to date. Before it changes an existing schema it puts a copy beside
// the mirror. A file that is not a mirror stays as it is.
func (db *DB) migrateUp(ctx context.Context, have int, dirty bool) error {
	path := db.path
	newest, err := newestVersion()
	if err != nil {
		return err
	}
	switch {
	case dirty: // as versions before this one left it
		return fmt.Errorf("%[1]s: a schema change to version %[2]d was cut off; put the copy back with: rm -f %[1]s-wal %[1]s-shm && cp %[3]s %[1]s",
			path, have, backupBefore(path, have))
	case have > newest:
		return fmt.Errorf("%s has schema version %d, this ghlsms knows %d: use a newer ghlsms", path, have, newest)
	case have == newest:
		return nil
	}
	if err := db.Close(); err != nil { // what it has open may not be the file that is there afterwards
		return err
	}
	var before string
	if have == 0 {
		err = createNew(path)
	} else {
		before, err = upgrade(ctx, path, have)
	}
	if err != nil {
		return err
	}
	next, err := open(path, true)
	if err != nil {
		return err
	}
	*db, db.before = *next, before
	return nil
}

// upgrade brings an existing schema up to date, and returns the name of the copy that it made before.
func upgrade(ctx context.Context, path string, have int) (before string, err error) {
	before = fmt.Sprintf("%s.schema-%d.bak", path, have)
	next, _, err := copyBeside(ctx, path, before, copying, time.Time{})
	if err == nil {
		err = os.Rename(next, before)
	}
	if err == nil {
		err = SyncDir(filepath.Dir(before))
	}
	if err != nil {
		return "", fmt.Errorf("copy the mirror before a schema change: %w", err)
	}
	db, err := sql.Open("sqlite", dsn(path, writing))
	if err != nil {
		return "", fmt.Errorf("open the mirror: %w", err)
	}
	return before, applySteps(db, path)
}

// createNew makes a mirror that appears whole or not at all, whenever it is cut off.
func createNew(path string) error {
	path, err := filepath.EvalSymlinks(path) // looking at it made the file, so a link leads somewhere
	if err != nil {
		return fmt.Errorf("make the mirror: %w", err)
	}
	next := path + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("make the mirror: %w", err)
	}
	db, err := sql.Open("sqlite", dsn(next, writing))
	if err != nil {
		return fmt.Errorf("make the mirror: %w", err)
	}
	if err := errors.Join(applySteps(db, next), db.Close()); err != nil {
		return err
	}
	err = os.Chmod(next, 0o600) // people's data; who else may read it is for its owner to say
	if err == nil {
		err = os.Rename(next, path)
	}
	if err == nil {
		err = SyncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("make the mirror: %w", err)
	}
	return nil
}

// applySteps closes db when it is done, since the library does.
func applySteps(db *sql.DB, path string) error {
	src, err := iofs.New(migrations.FS, ".")
	if err != nil {
		return fmt.Errorf("read the schema steps: %w", err)
	}
	drv, err := sqlite.WithInstance(db, &sqlite.Config{})
	if err != nil {
		return fmt.Errorf("migrate %s: %w", path, err)
	}
	m, err := migrate.NewWithInstance("iofs", src, "sqlite", &wholeSteps{Driver: drv})
	if err != nil {
		return fmt.Errorf("migrate %s: %w", path, err)
	}
	if err := m.Up(); err != nil {
		return fmt.Errorf("migrate %s: %w", path, err)
	}
	serr, derr := m.Close()
	return errors.Join(serr, derr)
}

// wholeSteps is the library's driver, but each step commits together with its number: cut off at any
// instant, the mirror is as it was before the step or after it, and the next start goes on from there.
// The library by itself notes first that it is about to, and leaves what was cut off to a person.
type wholeSteps struct {
	database.Driver
	version int // of the step that is about to run
}

// SetVersion is told the version before a step, dirty, and after it.
func (w *wholeSteps) SetVersion(version int, _ bool) error {
	w.version = version
	return nil
}

// Run runs a step, in one transaction with its number.
func (w *wholeSteps) Run(step io.Reader) error {
	const note = "\nDELETE FROM schema_migrations; INSERT INTO schema_migrations (version, dirty) VALUES (%d, 0);"
	return w.Driver.Run(io.MultiReader(step, strings.NewReader(fmt.Sprintf(note, w.version))))
}

// backupBefore names the newest copy made before the step to version.
func backupBefore(path string, version int) string {
	for v := version - 1; v > 0; v-- {
		name := fmt.Sprintf("%s.schema-%d.bak", path, v)
		if _, err := os.Stat(name); err == nil {
			return name
		}
	}
	return "YOUR-BACKUP"
}

// checkSchema refuses a schema that this program does not know.
func checkSchema(ctx context.Context, db *sql.DB, path string) error {
	have, dirty, err := schemaVersion(ctx, db, path)
	if err != nil {
		return err
	}
	newest, err := newestVersion()
	if err != nil {
		return err
	}
	switch {
	case have > newest:
		return fmt.Errorf("%s has schema version %d, this ghlsms knows %d: use a newer ghlsms", path, have, newest)
	case dirty || have < newest:
		return fmt.Errorf("%s has schema version %d, this ghlsms reads %d: restart the daemon, or run ghlsms once, to bring it up to date; a copy is kept", path, have, newest)
	}
	return nil
}

// schemaVersion reads what golang-migrate noted. Its own reader takes every error for
// "nothing there", which would start a broken file from scratch.
func schemaVersion(ctx context.Context, db *sql.DB, path string) (version int, dirty bool, err error) {
	var tables, noted, ours int
	err = db.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE name = 'schema_migrations'), count(*) FILTER (WHERE name = 'outbox')
		FROM sqlite_schema`).Scan(&tables, &noted, &ours)
	if err != nil {
		return 0, false, told(path, fmt.Errorf("read the schema of %s: %w", path, err))
	}
	if tables == 0 {
		return 0, false, nil
	}
	if noted == 0 || ours == 0 {
		return 0, false, fmt.Errorf("%s is %w: name a new file in store.path", path, errForeign)
	}
	err = db.QueryRowContext(ctx, `SELECT version, dirty FROM schema_migrations`).Scan(&version, &dirty)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, false, told(path, fmt.Errorf("%s: read the schema version: %w", path, err))
	}
	return version, dirty, nil
}

var errForeign = errors.New("a database of another program")

func newestVersion() (int, error) {
	names, err := fs.Glob(migrations.FS, "*.up.sql")
	if err != nil || len(names) == 0 {
		return 0, fmt.Errorf("no schema steps built in: %w", err)
	}
	number, _, _ := strings.Cut(names[len(names)-1], "_")
	return strconv.Atoi(number)
}
