package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Enqueue adds an intent unless its key was ever used. It returns the id of the intent with
// that key, and whether it is new. State, Reason, BrakeID and the times are taken from in. A key that
// was used for something else is a [KeyReusedError], and nothing is added.
func (tx *Tx) Enqueue(ctx context.Context, in Intent) (id int64, added bool, err error) {
	return tx.enqueue(ctx, in, Text{})
}

// KeyReusedError says that the key of an effect belongs to another one. It names what differs, never its
// values.
type KeyReusedError struct {
	Key     string
	ID      int64    // of the intent that has the key
	Differs []string // of kind, contact, record, number, text, payload
	Fields  []string // of the payload
}

func (e *KeyReusedError) Error() string {
	all := fmt.Sprintf("effect %s exists as #%d with another %s", e.Key, e.ID, strings.Join(e.Differs, ", "))
	if len(e.Fields) > 0 {
		all += ": " + strings.Join(e.Fields, ", ")
	}
	return all
}

// enqueue adds an intent, with what of t makes a text the same.
func (tx *Tx) enqueue(ctx context.Context, in Intent, t Text) (id int64, added bool, err error) {
	if !in.Kind.known() {
		return 0, false, fmt.Errorf("enqueue %s: no kind %q", in.Key, in.Kind)
	}
	if in.State == "" {
		in.State = Pending
	}
	if in.DueAt.IsZero() {
		in.DueAt = tx.Now
	}
	hash, err := in.hash(t)
	if err != nil {
		return 0, false, fmt.Errorf("enqueue %s: %w", in.Key, err)
	}
	cause := ""
	if in.State == Held {
		cause = in.Reason
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO outbox
		(key, kind, contact_id, record_id, rev, payload, payload_hash, state, reason, priority, due_at, expires_at, created_at, started_at, brake_id, cause, asked_by)
		VALUES (?, ?, nullif(?, 0), nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0), ?, ?) ON CONFLICT (key) DO NOTHING`,
		in.Key, in.Kind, in.ContactID, in.RecordID, in.Rev, string(in.Payload), hash, in.State, in.Reason, in.Kind.priority(),
		ms(in.DueAt), ms(in.ExpiresAt), ms(tx.Now), ms(in.StartedAt), in.BrakeID, cause, in.AskedBy)
	if err != nil {
		return 0, false, fmt.Errorf("enqueue %s: %w", in.Key, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		id, ierr := res.LastInsertId()
		return id, n == 1, errors.Join(err, ierr)
	}
	var had []byte
	if err = tx.QueryRowContext(ctx, `SELECT id, payload_hash FROM outbox WHERE key = ?`, in.Key).Scan(&id, &had); err != nil {
		return 0, false, fmt.Errorf("enqueue %s: %w", in.Key, err)
	}
	if had == nil || bytes.Equal(had, hash) {
		return id, false, nil
	}
	return id, false, tx.reused(ctx, id, in, t)
}

// hash is that of what makes an effect the same, whoever plans it and however often.
func (i *Intent) hash(t Text) ([]byte, error) {
	payload, err := canonical(i.Payload)
	if err != nil {
		return nil, err
	}
	all, err := json.Marshal([]any{i.Kind, i.ContactID, i.RecordID, payload, t.Number, t.Body})
	h := sha256.Sum256(all)
	return h[:], err
}

// canonical is a payload with its names sorted and without space. No payload is {}.
func canonical(payload json.RawMessage) (json.RawMessage, error) {
	if len(payload) == 0 {
		return json.RawMessage(`{}`), nil
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("the payload is no JSON: %w", err)
	}
	return json.Marshal(v)
}

// reused compares what is planned with the intent that has its key; nil: it is the same. What that one is
// for may have been joined with something else since it was hashed, so the rows decide.
func (tx *Tx) reused(ctx context.Context, id int64, in Intent, t Text) error {
	old, err := tx.Intent(ctx, id)
	if err != nil {
		return err
	}
	var had Text
	if old.Kind == SendText && t.Number != "" {
		if had, err = tx.Text(ctx, id); err != nil {
			return err
		}
	}
	was, err1 := canonical(old.Payload)
	is, err2 := canonical(in.Payload)
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("enqueue %s: %w", in.Key, err)
	}
	e := &KeyReusedError{Key: in.Key, ID: id, Fields: differing(was, is)}
	for _, one := range []struct {
		what    string
		differs bool
	}{
		{"kind", old.Kind != in.Kind},
		{"contact", old.ContactID != in.ContactID},
		{"record", old.RecordID != in.RecordID},
		{"number", had.Number != t.Number},
		{"text", had.Body != t.Body},
		{"payload", !bytes.Equal(was, is)},
	} {
		if one.differs {
			e.Differs = append(e.Differs, one.what)
		}
	}
	if len(e.Differs) == 0 {
		return nil
	}
	return e
}

// differing names the fields in which two canonical payloads differ, if both are objects.
func differing(a, b json.RawMessage) (names []string) {
	var x, y map[string]json.RawMessage
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return nil
	}
	all := map[string]json.RawMessage{}
	maps.Copy(all, x)
	maps.Copy(all, y)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !bytes.Equal(x[name], y[name]) {
			names = append(names, name)
		}
	}
	return names
}
