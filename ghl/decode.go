package ghl

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// A row is the wire form of a T.
type row[T any] interface{ value() (T, error) }

var (
	errNoID   = errors.New("no id")
	errAbsent = errors.New("not in the answer")
)

// fetch makes a call that answers with one record under one of the keys; the key "" stands for
// the answer itself.
func fetch[W row[T], T any](ctx context.Context, c *Client, cl call, keys ...string) (T, error) {
	var zero T
	a, err := c.do(ctx, cl)
	if err != nil {
		return zero, err
	}
	v, err := decodeOne[W](a.body, keys...)
	if err != nil {
		return zero, cl.unreadable(a.status, err)
	}
	return v, nil
}

// list makes a call that answers with rows under the key, and reads what is wanted beside them.
func list[W row[T], T any](ctx context.Context, c *Client, cl call, key string, wanted ...beside) (Page[T], error) {
	a, err := c.do(ctx, cl)
	if err != nil {
		return Page[T]{}, err
	}
	p, err := decodeList[W](a.body, key, wanted...)
	if err != nil {
		return Page[T]{}, cl.unreadable(a.status, err)
	}
	return p, nil
}

// all is list for endpoints that do not page.
func all[W row[T], T any](ctx context.Context, c *Client, cl call, key string) ([]T, error) {
	p, err := list[W](ctx, c, cl, key)
	if err != nil {
		return nil, err
	}
	return p.Items, cl.incomplete(p.Bad)
}

// incomplete is the error that goes with the good rows of a list.
func (cl call) incomplete(bad []error) error {
	if len(bad) == 0 {
		return nil
	}
	e := cl.fail(&RowsError{Bad: bad})
	e.Status = http.StatusOK
	return e
}

// effect makes a write of whose answer only the success matters.
func (c *Client) effect(ctx context.Context, cl call) error {
	a, err := c.do(ctx, cl)
	if err != nil {
		return err
	}
	if _, err := unwrap(a.body, ""); err != nil {
		return cl.unreadable(a.status, err)
	}
	return nil
}

func decodeOne[W row[T], T any](body []byte, keys ...string) (T, error) {
	var w W
	var zero T
	raw, err := unwrap(body, keys...)
	if err != nil {
		return zero, err
	}
	if err := json.Unmarshal(raw, &w); err != nil {
		return zero, unreadableRow(err)
	}
	return w.value()
}

// unwrap finds the first key that is there and not null. An answer that itself says that it was
// no success is not trusted, whatever its status.
func unwrap(body []byte, keys ...string) (json.RawMessage, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, fmt.Errorf("answer is not JSON: %w", err)
	}
	for _, key := range []string{"succeded", "succeeded", "success"} {
		if string(m[key]) == "false" {
			return nil, errors.New("answer says it did not succeed")
		}
	}
	for _, key := range keys {
		if raw, ok := m[key]; ok && !isNull(raw) {
			return raw, nil
		}
		if key == "" {
			return body, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", strings.Join(keys, " or "), errAbsent)
}

// beside is something to be read from an answer that stands next to its rows.
type beside struct {
	key  string
	into any
}

// decodeList reads the rows under key in one pass. The key must be there: an answer without it
// would otherwise look like a location from which everything was deleted.
func decodeList[W row[T], T any](body []byte, key string, wanted ...beside) (Page[T], error) {
	l := rowList[W, T]{body: body, key: key, wanted: wanted, dec: json.NewDecoder(bytes.NewReader(body))}
	found, err := l.object()
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		err = errors.New("answer is cut short")
	case err == nil && !found:
		err = fmt.Errorf("%s: %w", key, errAbsent)
	}
	l.page.Next = compact(l.page.Next)
	return l.page, err
}

type rowList[W row[T], T any] struct {
	body   []byte
	key    string
	wanted []beside
	dec    *json.Decoder
	page   Page[T]
}

func (l *rowList[W, T]) object() (found bool, err error) {
	if err := l.open('{'); err != nil {
		return false, err
	}
	for l.dec.More() {
		name, err := l.dec.Token()
		if err != nil {
			return found, err
		}
		switch name {
		case l.key:
			found, err = true, l.rows()
		case "total", "count":
			err = l.dec.Decode((*number)(&l.page.Total))
		default:
			err = l.dec.Decode(l.target(name))
		}
		if err != nil {
			return found, err
		}
	}
	_, err = l.dec.Token()
	return found, err
}

// target is where the value of a key goes that is neither the rows nor their number.
func (l *rowList[W, T]) target(name json.Token) any {
	for _, w := range l.wanted {
		if name == w.key {
			return w.into
		}
	}
	return new(json.RawMessage)
}

func (l *rowList[W, T]) open(want json.Delim) error {
	switch token, err := l.dec.Token(); {
	case err != nil:
		return err
	case token == nil && want == '[':
		return errNullList
	case token != want:
		return fmt.Errorf("no %s where one is due", want)
	}
	return nil
}

var errNullList = errors.New("null")

func (l *rowList[W, T]) rows() error {
	if err := l.open('['); err != nil {
		if errors.Is(err, errNullList) {
			return nil
		}
		return fmt.Errorf("%s: %w", l.key, err)
	}
	for l.dec.More() {
		start := l.dec.InputOffset()
		var w W
		err := l.dec.Decode(&w)
		raw := bytes.TrimLeft(l.body[start:l.dec.InputOffset()], ", \t\r\n")
		if len(raw) == 0 {
			return err // the JSON itself is broken, and so is all that follows
		}
		l.add(w, raw, err)
	}
	_, err := l.dec.Token()
	return err
}

// add keeps the row, or the reason why not.
func (l *rowList[W, T]) add(w W, raw []byte, err error) {
	var known struct {
		rowID
		cursor
	}
	if c, ok := any(w).(interface{ after() json.RawMessage }); ok && err == nil {
		known.SearchAfter = c.after()
	}
	var v T
	if err == nil {
		v, err = w.value()
	}
	if err == nil {
		l.page.Items = append(l.page.Items, v)
	} else {
		_ = json.Unmarshal(raw, &known) // as much of it as can be had
		l.page.Bad = append(l.page.Bad, &RowError{List: l.key, ID: known.id(), Err: unreadableRow(err)})
	}
	if next := known.SearchAfter; len(next) > 0 && !isNull(next) {
		l.page.Next = next
	}
}

// compact makes cursors comparable.
func compact(raw json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if len(raw) == 0 || json.Compact(&b, raw) != nil {
		return raw
	}
	return b.Bytes()
}

// unreadableRow keeps what the field is and what it was not, without its value.
func unreadableRow(err error) error {
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && t.Field != "" {
		return fmt.Errorf("%s: cannot read this %s", t.Field, t.Value)
	}
	return errors.New(redact(err.Error()))
}
