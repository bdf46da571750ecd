package plan

import (
	"context"
	"errors"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/inbound"
)

// Trial is what a text would mean if it came in now.
type Trial struct {
	Understood string   `json:"understood"` // what it asks for
	Decision   string   `json:"decision"`
	Reason     string   `json:"reason"`
	Effects    []string `json:"effects"` // what would follow, one line each
	Reply      string   `json:"reply,omitempty"`
	Parts      int      `json:"parts,omitempty"` // of the reply
}

// ErrNotRead says that nothing can be told of people before the CRM was read once.
var ErrNotRead = errors.New("the contacts were not read yet: run ghlsms once first")

// Try tells what a text of a number would mean if it came in now. What it decides is for the caller to take
// back.
func (p Planner) Try(ctx context.Context, tx *store.Tx, number, text string) (t Trial, err error) {
	contacts, err := tx.Cursor(ctx, store.SourceContacts)
	if err != nil {
		return t, err
	}
	if contacts.ReadAt.IsZero() {
		return t, ErrNotRead
	}
	run, err := p.begin(ctx, tx)
	if err != nil {
		return t, err
	}
	if err := run.loadStaff(ctx); err != nil {
		return t, err
	}
	c, err := run.textCase(ctx, store.Inbound{Sender: number, Body: sms.Clean(text), ReceivedAt: tx.Now})
	if err != nil {
		return t, err
	}
	d := inbound.Decide(c, run.in, run.world)
	if err := run.restrain(ctx, c, &d); err != nil {
		return t, err
	}
	t = Trial{Understood: c.Describe(), Decision: d.Decision, Reason: d.Reason, Effects: d.Effects(), Reply: d.Reply}
	t.Parts, _ = sms.Segments(sms.Plain(d.Reply))
	return t, nil
}
