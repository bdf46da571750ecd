package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// told says in a person's words what keeps SQLite from the file at path, and what helps. Other
// errors stay as they are.
func told(path string, err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("%s cannot be opened and written: %w; run ghlsms as the user that owns this file and its folder", path, e)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("%s is kept locked by another program: %w; end that one, or try again", path, e)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%s cannot grow: %w; make room on its disk", path, e)
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("%s is not a readable SQLite database: %w; put a backup back with ghlsms restore, or name another file in store.path", path, e)
	}
	return err
}

// IsFull tells whether an error says that the disk is full.
func IsFull(err error) bool {
	return sqliteCode(err, sqlite3.SQLITE_FULL) || errors.Is(err, syscall.ENOSPC)
}

// IsReadOnly tells whether an error says that the mirror may not be written.
func IsReadOnly(err error) bool {
	return sqliteCode(err, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN) || errors.Is(err, syscall.EROFS)
}

// IsDamaged tells whether an error says that the file is no readable database.
func IsDamaged(err error) bool { return sqliteCode(err, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT) }

// IsUnwritable tells whether an error is the mirror's own: the disk, the file, or another program's lock.
func IsUnwritable(err error) bool {
	_, ok := errors.AsType[*sqlite.Error](err)
	return ok
}

// IsOfOne tells whether an error is about what was worked on, such as words that cannot be rendered or a row that the
// mirror does not take. Every other error of the mirror would meet the next one too.
func IsOfOne(err error) bool {
	switch _, ofSQLite := errors.AsType[*sqlite.Error](err); {
	case err == nil:
		return false
	case ofSQLite:
		return sqliteCode(err, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH)
	}
	for _, of := range []error{context.Canceled, context.DeadlineExceeded, sql.ErrTxDone, sql.ErrConnDone, driver.ErrBadConn} {
		if errors.Is(err, of) {
			return false
		}
	}
	return true
}

func sqliteCode(err error, codes ...int) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && slices.Contains(codes, e.Code()&0xff)
}
