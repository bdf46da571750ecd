package gammutest

import (
	"compress/gzip"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"

	_ "modernc.org/sqlite" // the driver
)

//go:embed schema.sql
var ownSchema string

const debianSchema = "/usr/share/doc/gammu-smsd/examples/sqlite.sql"

// CreateDatabase makes a new database as gammu-smsd wants it, from the schema that comes with
// gammu-smsd if this machine has it.
func CreateDatabase(path string) error {
	return createDatabase(path, schema())
}

func createDatabase(path, schema string) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("create gammu database: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("create gammu database: %w", err)
	}
	db, err := openDatabase(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.Exec(schema); err != nil {
		return fmt.Errorf("load gammu schema: %w", err)
	}
	return nil
}

func openDatabase(path string) (*sql.DB, error) {
	u := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: "mode=rw&_pragma=busy_timeout(10000)"}
	return sql.Open("sqlite", u.String())
}

func schema() string {
	if b, err := os.ReadFile(debianSchema); err == nil {
		return string(b)
	}
	f, err := os.Open(debianSchema + ".gz")
	if err != nil {
		return ownSchema
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return ownSchema
	}
	b, err := io.ReadAll(z)
	if err != nil {
		return ownSchema
	}
	return string(b)
}
