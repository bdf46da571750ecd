package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// ErrNoToken says that nothing is kept under an id.
var ErrNoToken = errors.New("no token is stored")

// WrongKeyError says that a token was sealed with another key than the given one. The names are
// those of [TokenKey.Name].
type WrongKeyError struct{ Sealed, Given string }

func (e *WrongKeyError) Error() string {
	return fmt.Sprintf("the stored tokens are sealed with key %s, not with key %s", e.Sealed, e.Given)
}

// keySize is that of AES-256.
const keySize = 32

// TokenKey seals tokens before they reach the database and opens them after. Its zero value is
// no key.
type TokenKey struct {
	aead cipher.AEAD
	name string
}

// NewKeyText makes a random key in the form in which people keep it.
func NewKeyText() string {
	raw := make([]byte, keySize)
	rand.Read(raw) // never fails
	return base64.StdEncoding.EncodeToString(raw)
}

// ParseTokenKey reads a key of 32 bytes in base64. Its error does not show it.
func ParseTokenKey(text string) (TokenKey, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) != keySize {
		return TokenKey{}, fmt.Errorf("is no key: that is %d random bytes in base64, as from: openssl rand -base64 %[1]d", keySize)
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return TokenKey{}, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return TokenKey{}, err
	}
	sum := sha256.Sum256(append([]byte("ghlsms token key\x00"), raw...))
	return TokenKey{aead, hex.EncodeToString(sum[:4])}, nil
}

// Name identifies a key without revealing it.
func (k TokenKey) Name() string { return k.name }

// seal binds the ciphertext to the row it is for: moved to another row it does not open.
func (k TokenKey) seal(id string, plain []byte) []byte {
	nonce := make([]byte, k.aead.NonceSize())
	rand.Read(nonce) // never fails
	return k.aead.Seal(nonce, nonce, plain, []byte(id))
}

func (k TokenKey) open(id, name string, sealed []byte) ([]byte, error) {
	if name != k.name {
		return nil, &WrongKeyError{Sealed: name, Given: k.name}
	}
	size := k.aead.NonceSize()
	if len(sealed) < size {
		return nil, fmt.Errorf("the stored token %s is broken", id)
	}
	plain, err := k.aead.Open(nil, sealed[:size], sealed[size:], []byte(id))
	if err != nil {
		return nil, fmt.Errorf("the stored token %s is broken", id)
	}
	return plain, nil
}

// SaveToken seals and stores what is kept under id, in place of what was there.
func (tx *Tx) SaveToken(ctx context.Context, key TokenKey, id string, plain []byte) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO tokens (id, key_id, sealed, changed_at) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (id) DO UPDATE SET key_id = ?2, sealed = ?3, changed_at = ?4`, id, key.name, key.seal(id, plain), ms(tx.Now))
	return err
}

// LoadToken opens what is kept under id. The error is ErrNoToken if that is nothing, and a
// *WrongKeyError if another key is needed.
func (tx *Tx) LoadToken(ctx context.Context, key TokenKey, id string) ([]byte, error) {
	var (
		name   string
		sealed []byte
	)
	err := tx.QueryRowContext(ctx, `SELECT key_id, sealed FROM tokens WHERE id = ?`, id).Scan(&name, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNoToken
	}
	if err != nil {
		return nil, err
	}
	return key.open(id, name, sealed)
}

// ForgetToken drops what is kept under id, if there is something. It needs no key.
func (tx *Tx) ForgetToken(ctx context.Context, id string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM tokens WHERE id = ?`, id)
	return err
}

// ForgetTokens drops all tokens and returns how many there were. It needs no key.
func (tx *Tx) ForgetTokens(ctx context.Context) (int64, error) {
	done, err := tx.ExecContext(ctx, `DELETE FROM tokens`)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

// RekeyTokens seals all tokens anew, and returns how many there were. Those that have the new key
// already stay as they are, so that it can be done again.
func (tx *Tx) RekeyTokens(ctx context.Context, from, to TokenKey) (int, error) {
	type row struct {
		id, name string
		sealed   []byte
	}
	all, err := query(ctx, tx, func(rows *sql.Rows) (r row, err error) {
		err = rows.Scan(&r.id, &r.name, &r.sealed)
		return r, err
	}, `SELECT id, key_id, sealed FROM tokens ORDER BY id`)
	if err != nil {
		return 0, err
	}
	for _, r := range all {
		if r.name == to.name {
			continue
		}
		plain, err := from.open(r.id, r.name, r.sealed)
		if err != nil {
			return 0, err
		}
		if err := tx.SaveToken(ctx, to, r.id, plain); err != nil {
			return 0, err
		}
	}
	return len(all), nil
}

// LockTokens waits until no other goroutine and no other process holds this lock of the mirror. It
// is a lock on a file beside it, which the kernel lifts however a process ends.
func (db *DB) LockTokens(ctx context.Context) (unlock func(), err error) {
	path, err := filepath.EvalSymlinks(db.path) // two names of one mirror share one lock
	if err != nil {
		return nil, fmt.Errorf("lock the tokens: %w", err)
	}
	name := path + ".token.lock"
	lock := flock.New(name, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return nil, fmt.Errorf("lock %s: %w (run ghlsms as the user that owns the database)", name, err)
	}
	return func() { _ = lock.Close() }, nil
}
