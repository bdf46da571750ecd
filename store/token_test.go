package store_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ghlsms/store"
)

func newKey(t *testing.T) store.TokenKey {
	t.Helper()
	k, err := store.ParseTokenKey(store.NewKeyText())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func tokenStore(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "m.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func saveToken(t *testing.T, db *store.DB, k store.TokenKey, id, plain string) {
	t.Helper()
	if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.SaveToken(t.Context(), k, id, []byte(plain)) }); err != nil {
		t.Fatal(err)
	}
}

func loadToken(t *testing.T, db *store.DB, k store.TokenKey, id string) (plain string, err error) {
	t.Helper()
	err = db.View(t.Context(), func(tx *store.Tx) error {
		b, err := tx.LoadToken(t.Context(), k, id)
		plain = string(b)
		return err
	})
	return plain, err
}

func TestTokensAreSealed(t *testing.T) {
	db, key := tokenStore(t), newKey(t)
	if _, err := loadToken(t, db, key, "crm/a"); !errors.Is(err, store.ErrNoToken) {
		t.Errorf("got %v", err)
	}
	saveToken(t, db, key, "crm/a", "very-secret-1")
	saveToken(t, db, key, "crm/a", "very-secret-2")
	saveToken(t, db, key, "crm/b", "very-secret-3")
	if got, err := loadToken(t, db, key, "crm/a"); err != nil || got != "very-secret-2" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, file := range []string{db.Path(), db.Path() + "-wal"} {
		if b, err := os.ReadFile(file); err != nil || bytes.Contains(b, []byte("very-secret")) {
			t.Errorf("%s shows a token, or cannot be read: %v", file, err)
		}
	}
	_, err := loadToken(t, db, newKey(t), "crm/a")
	if wrong, ok := errors.AsType[*store.WrongKeyError](err); !ok || wrong.Sealed != key.Name() {
		t.Errorf("another key: %v", err)
	}
	// A ciphertext is good in its own row only, and whole only.
	for _, change := range []string{
		`UPDATE tokens SET sealed = (SELECT sealed FROM tokens WHERE id = 'crm/b') WHERE id = 'crm/a'`,
		`UPDATE tokens SET sealed = substr(sealed, 1, length(sealed) - 1) WHERE id = 'crm/b'`,
		`UPDATE tokens SET sealed = x'00' WHERE id = 'crm/b'`,
	} {
		if err := db.Update(t.Context(), func(tx *store.Tx) error { _, err := tx.Exec(change); return err }); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"crm/a", "crm/b"} {
		if got, err := loadToken(t, db, key, id); err == nil || !strings.Contains(err.Error(), "is broken") {
			t.Errorf("%s opens as %q, %v", id, got, err)
		}
	}
}

func TestRekeyIsAllOrNothing(t *testing.T) {
	db, old, next := tokenStore(t), newKey(t), newKey(t)
	saveToken(t, db, old, "a", "one")
	saveToken(t, db, old, "b", "two")
	rekey := func(from, to store.TokenKey) error {
		return db.Update(t.Context(), func(tx *store.Tx) error {
			n, err := tx.RekeyTokens(t.Context(), from, to)
			if err == nil && n != 2 {
				t.Errorf("%d tokens", n)
			}
			return err
		})
	}
	if err := rekey(newKey(t), next); err == nil {
		t.Error("a wrong key opened something")
	}
	saveToken(t, db, next, "a", "one") // half done by somebody else
	for range 2 {
		if err := rekey(old, next); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[string]string{"a": "one", "b": "two"} {
		if got, err := loadToken(t, db, next, id); err != nil || got != want {
			t.Errorf("%s: %q %v", id, got, err)
		}
		if _, err := loadToken(t, db, old, id); err == nil {
			t.Errorf("%s still opens with the old key", id)
		}
	}
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		n, err := tx.ForgetTokens(t.Context())
		if n != 2 {
			t.Errorf("%d forgotten", n)
		}
		return err
	})
	if _, lerr := loadToken(t, db, next, "a"); err != nil || !errors.Is(lerr, store.ErrNoToken) {
		t.Errorf("%v, %v", err, lerr)
	}
}

func TestTokenKeyText(t *testing.T) {
	if a, b := newKey(t), newKey(t); a.Name() == b.Name() || len(a.Name()) != 8 {
		t.Errorf("names %q and %q", a.Name(), b.Name())
	}
	for _, text := range []string{"", "x", "hunter2-hunter2", base64.StdEncoding.EncodeToString(make([]byte, 31)), base64.StdEncoding.EncodeToString(make([]byte, 33))} {
		if _, err := store.ParseTokenKey(text); err == nil || text != "" && len(text) > 3 && strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestLockTokens(t *testing.T) {
	db := tokenStore(t)
	unlock, err := db.LockTokens(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 60*time.Millisecond)
	defer cancel()
	if _, err := db.LockTokens(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("locked twice: %v", err)
	}
	got := make(chan error, 1)
	go func() {
		again, err := db.LockTokens(t.Context())
		if err == nil {
			again()
		}
		got <- err
	}()
	unlock()
	if err := <-got; err != nil {
		t.Error(err)
	}
}
