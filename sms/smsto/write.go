package smsto

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"

	"ghlsms/sms"
)

// told is the answer to a call that changes the account.
type told struct {
	verdict
	call   sms.Call
	errors bool            // it has some
	row    json.RawMessage // what the account then has, an object; nil if it is not told
}

func (t *told) UnmarshalJSON(b []byte) error {
	*t = told{}
	var in struct {
		verdict
		ID     loose           `json:"id"`
		Errors json.RawMessage `json:"errors"`
		Data   json.RawMessage `json:"data"`
	}
	if b[0] != '{' {
		return errShape
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	t.verdict, t.errors, t.row = in.verdict, filled(in.Errors), theObject(in.Data)
	if t.row == nil && in.ID != "" {
		t.row = bytes.Clone(b)
	}
	return nil
}

func filled(raw json.RawMessage) bool {
	switch string(raw) {
	case "", "null", "[]", "{}", `""`, "false":
		return false
	}
	return true
}

// theObject is raw if it is an object, or what it has in it if it is an array of one.
func theObject(raw json.RawMessage) json.RawMessage {
	var only []json.RawMessage
	if json.Unmarshal(raw, &only) == nil && len(only) == 1 {
		raw = only[0]
	}
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	return raw
}

// agreed tells that the answer is a plain yes. Success may be left out by one that shows the row.
func (t told) agreed() bool {
	if t.errors || t.refused() {
		return false
	}
	return t.Success == "true" || t.Success == "1" || t.Success == "" && t.row != nil
}

// person is what the account has after p was written: what the answer shows, if it shows that
// number, else p with what was known of them.
func (t told) person(p, known sms.Person) sms.Person {
	// Fields the row does not have stay as they were written.
	row := contact{First: loose(p.FirstName), Last: loose(p.LastName), Email: loose(p.Email)}
	if t.row != nil && json.Unmarshal(t.row, &row) == nil {
		if now, err := row.person(); err == nil && now.Phone == p.Phone {
			now.ID = cmp.Or(now.ID, known.ID)
			return now
		}
	}
	p.ID, p.UpdatedAt, p.OptedOut = known.ID, known.UpdatedAt, known.OptedOut
	p.FirstName, p.LastName, p.Email = sms.Clean(p.FirstName), sms.Clean(p.LastName), sms.Clean(p.Email)
	return p
}

// write makes a call that changes the account, once. An answer that is neither a plain yes nor a
// plain no is ErrUnknown.
func (g *Gateway) write(ctx context.Context, path string, body any, hide ...string) (told, error) {
	c, err := g.call(http.MethodPost, g.account+path, nil)
	if err != nil {
		return told{}, err
	}
	c.JSON, c.Send = body, true
	c.Hide = append(c.Hide, hide...)
	var in told
	if err := c.Do(ctx, g.client, &in); err != nil {
		return told{}, err
	}
	in.call = c
	switch {
	case in.agreed():
		return in, nil
	case in.row == nil && (in.refused() || in.errors):
		return told{}, c.Refused(sms.ErrRejected, string(in.Message))
	}
	return told{}, c.Refused(sms.ErrUnknown, "answer that says neither yes nor no")
}
