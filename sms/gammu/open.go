package gammu

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"ghlsms/sms"
)

// schemaVersion is the only version of the tables that gammu-smsd 1.39 and later accept.
const schemaVersion = 17

const loadSchema = "load the schema that comes with gammu-smsd, " +
	"on Debian: sqlite3 %q < /usr/share/doc/gammu-smsd/examples/sqlite.sql"

func openDatabase(ctx context.Context, opts Options) (*sql.DB, error) {
	path, err := filepath.Abs(opts.Database)
	if err != nil {
		return nil, fmt.Errorf("gammu database: %w", err)
	}
	if err := checkFile(path); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn(path, opts))
	if err != nil {
		return nil, fmt.Errorf("open gammu database %s: %w", path, err)
	}
	db.SetMaxOpenConns(2)
	// A connection kept open would go on writing into a file that somebody has moved away.
	db.SetMaxIdleConns(-1)
	err = checkTables(ctx, db, path)
	if err == nil {
		err = checkPhone(ctx, db, path, opts.PhoneID)
	}
	if err == nil {
		err = checkWritable(ctx, db, path)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// dsn never lets SQLite create the file: an empty database beside the one that gammu-smsd
// reads would swallow texts.
func dsn(path string, opts Options) string {
	q := url.Values{
		"mode":    {"rw"},
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(" + strconv.FormatInt(opts.BusyTimeout.Milliseconds(), 10) + ")", "synchronous(FULL)"},
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}
	return u.String()
}

func checkFile(path string) error {
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("gammu database %s does not exist: name the file that dbdir and database in smsdrc name, or "+
			loadSchema+": %w", path, path, os.ErrNotExist)
	case err != nil:
		return fmt.Errorf("gammu database: %w", err)
	case !fi.Mode().IsRegular():
		return fmt.Errorf("gammu database %s is not a file: name the file that dbdir and database in smsdrc name", path)
	}
	return nil
}

func checkTables(ctx context.Context, db *sql.DB, path string) error {
	missing, err := missingTables(ctx, db)
	if code(err) == sqlite3.SQLITE_NOTADB {
		return fmt.Errorf("gammu database %s is not an SQLite database: name the file that dbdir and database in smsdrc name", path)
	}
	if err != nil {
		return unavailable("read gammu database "+path, err)
	}
	if len(missing) > 0 {
		return fmt.Errorf("gammu database %s lacks the tables %s: name the file that dbdir and database in smsdrc name, or "+
			loadSchema, path, strings.Join(missing, ", "), path)
	}
	var version int
	if err := db.QueryRowContext(ctx, "SELECT COALESCE(MAX(Version), 0) FROM gammu").Scan(&version); err != nil {
		return unavailable("read version of gammu database "+path, err)
	}
	if version < schemaVersion {
		return fmt.Errorf("gammu database %s has tables of version %d, %d is needed: upgrade gammu-smsd and its tables",
			path, version, schemaVersion)
	}
	if version > schemaVersion {
		return fmt.Errorf("gammu database %s has tables of version %d, this program knows %d: upgrade this program",
			path, version, schemaVersion)
	}
	return nil
}

func missingTables(ctx context.Context, db *sql.DB) ([]string, error) {
	missing := []string{"gammu", "inbox", "outbox", "outbox_multipart", "phones", "sentitems"}
	rows, err := db.QueryContext(ctx, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		missing = slices.DeleteFunc(missing, func(m string) bool { return m == name })
	}
	return missing, rows.Err()
}

// checkPhone refuses a phone that gammu-smsd does not have: its texts would wait for ever. An
// empty list of phones only means that gammu-smsd has not run yet.
func checkPhone(ctx context.Context, db *sql.DB, path, id string) error {
	if id == "" {
		return nil
	}
	var known sql.NullString
	var found bool
	err := db.QueryRowContext(ctx, "SELECT group_concat(DISTINCT ID), COALESCE(MAX(ID = ?), false) FROM phones", id).Scan(&known, &found)
	if err != nil {
		return unavailable("read phones of gammu database "+path, err)
	}
	if found || known.String == "" {
		return nil
	}
	return fmt.Errorf("gammu database %s knows no phone %q but %s: name the PhoneID of smsdrc, or start gammu-smsd with it once",
		path, id, known.String)
}

// checkWritable finds out now what the first text would find out. Somebody else's lock passes.
func checkWritable(ctx context.Context, db *sql.DB, path string) error {
	tx, err := db.BeginTx(ctx, nil)
	switch code(err) {
	case sqlite3.SQLITE_OK:
		return tx.Rollback()
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return nil
	case sqlite3.SQLITE_READONLY:
		return fmt.Errorf("gammu database %s is read-only: let this user write it and its folder, "+
			"for example by the group of gammu-smsd: %w", path, err)
	}
	return unavailable("lock gammu database "+path, err)
}

// code is the primary SQLite result code of an error: OK for none, ERROR for one that is not
// SQLite's.
func code(err error) int {
	if err == nil {
		return sqlite3.SQLITE_OK
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return sqlite3.SQLITE_ERROR
}

// unavailable marks an error after which nothing was submitted.
func unavailable(doing string, err error) error {
	return fmt.Errorf("gammu: %s: %w: %w", doing, sms.ErrUnavailable, err)
}
