package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"

	"ghlsms/store"
)

// NewMirror puts a mirror at path that nobody opened: whoever opens it first gives it its name and its birth, as
// with one that Open makes. To make one takes longer than most tests do, so it is made once, and copied.
func NewMirror(path string) error {
	mirror, err := schema()
	if err != nil {
		return err
	}
	return os.WriteFile(path, mirror, 0o600)
}

var schema = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "schema")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx, path := context.Background(), filepath.Join(dir, "mirror.db")
	db, err := store.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	err = db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM meta WHERE key IN ('born', 'instance')`)
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})
