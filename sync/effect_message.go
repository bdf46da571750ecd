package sync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ghlsms/ghl"
	"ghlsms/store"
	"ghlsms/sync/plan"
	"ghlsms/sync/record"
)

// messageEffect records a text that came in as a message of its contact's conversation. What the CRM
// refuses for good is kept as a note in its place.
type messageEffect struct{ *cycle }

// typeCustom is the channel of a provider that stands beside the location's own: with any other the
// CRM files the message under its own provider.
const typeCustom = "Custom"

// insteadNote is a key in Before of an intent that says that its note was made: it is made once.
const insteadNote = "note"

func (messageEffect) prepare(context.Context, store.Intent) error { return nil }

// guard looks at the contact that the intent has now: the one it was planned for may have been merged.
func (messageEffect) guard(ctx context.Context, tx *store.Tx, in store.Intent) (drop string, wait time.Time, err error) {
	now, err := tx.Intent(ctx, in.ID)
	switch {
	case err != nil:
		return "", wait, err
	case now.Before[insteadNote] != "":
		return "it is kept as a note", wait, nil
	}
	return contactGone(ctx, tx, now)
}

func (e messageEffect) carry(ctx context.Context, in store.Intent) result {
	m, contact, err := e.read(ctx, in)
	if err != nil {
		return certain(err)
	}
	made, err := e.CRM.AddInbound(ctx, ghl.NewMessage{
		Type: typeCustom, ContactID: contact, Text: m.Body, ProviderID: ghl.ProviderID(m.Provider), At: m.At,
	})
	if err == nil {
		return recorded(made.ID)
	}
	if v, _ := weigh(err); v == never || v == forbidden {
		r := e.instead(in, m, err.Error())
		r.err = err
		return r
	}
	return result{err: err}
}

// settle looks for the message that may have been made. One that the CRM says to take and never shows
// is refused: that is how it answers for a provider that is not this location's.
func (e messageEffect) settle(ctx context.Context, in store.Intent) result {
	m, contact, err := e.read(ctx, in)
	if err != nil {
		return certain(err)
	}
	twin, err := e.twin(ctx, in, m, contact)
	switch {
	case err != nil:
		return result{err: err}
	case twin != "":
		return recorded(twin)
	}
	// Of a contact that was merged into another the CRM shows no messages, and says so in no word.
	there, err := e.exists(ctx, store.Record{Entity: store.Contact, CRMID: string(contact)}, contact)
	switch {
	case err != nil:
		return result{err: err}
	case !there:
		return result{err: ghl.ErrNotFound}
	}
	r := e.absent(in)
	if r.State == store.Pending && in.Attempts >= settleTries {
		return e.instead(in, m, fmt.Sprintf("after %d tries the CRM shows it nowhere: is %s a conversation provider of this location, and the token its app's?", in.Attempts, m.Provider))
	}
	return r
}

func (e messageEffect) read(ctx context.Context, in store.Intent) (m plan.Message, contact ghl.ContactID, err error) {
	if err := json.Unmarshal(in.Payload, &m); err != nil {
		return m, "", fmt.Errorf("payload of intent %d: %w", in.ID, err)
	}
	_, contact, err = e.subject(ctx, in)
	return m, contact, err
}

func recorded(id ghl.MessageID) result {
	return result{Outcome: store.Outcome{State: store.Done, OutsideID: string(id)}}
}

// instead ends an intent whose text the CRM refuses in the conversation: the text becomes a note on the
// contact that the intent has now.
func (messageEffect) instead(in store.Intent, m plan.Message, why string) result {
	return result{
		Outcome: store.Outcome{State: store.Failed, Reason: why + "; it is kept as a note", Before: store.Fields{insteadNote: "made"}},
		store: func(ctx context.Context, tx *store.Tx) error {
			now, err := tx.Intent(ctx, in.ID)
			if err == nil {
				_, err = tx.Create(ctx, store.Note, now.ContactID, store.Fields{store.Body: m.Note}, store.ByText)
			}
			return err
		},
	}
}

// twin is the message with the same words from about the same time that no other intent made; empty:
// there is none. The CRM dates it by the text or by the call.
func (e messageEffect) twin(ctx context.Context, in store.Intent, m plan.Message, contact ghl.ContactID) (found ghl.MessageID, err error) {
	called := in.StartedAt.Add(-record.ClockSkew)
	since := m.At.Add(-record.ClockSkew)
	if called.Before(since) {
		since = called
	}
	var best time.Duration
	var bad []error
	for page, err := range e.CRM.ExportMessages(ctx, ghl.ExportQuery{Contact: contact, Since: since}) {
		if err != nil {
			return "", err
		}
		for _, got := range page.Items {
			off := got.DateAdded.Sub(m.At).Abs()
			if off > record.ClockSkew && got.DateAdded.Before(called) || !isMessage(m, got) || found != "" && off >= best {
				continue
			}
			taken, err := e.outsideTaken(ctx, in, string(got.ID))
			if err != nil {
				return "", err
			}
			if !taken {
				found, best = got.ID, off
			}
		}
		bad = append(bad, page.Bad...)
	}
	if found == "" {
		err = errors.Join(bad...) // it may be one of these
	}
	return found, err
}

func isMessage(m plan.Message, got ghl.Message) bool {
	return got.Direction == "inbound" && (got.ProviderID == "" || string(got.ProviderID) == m.Provider) && record.SameWords(got.Body, m.Body)
}
