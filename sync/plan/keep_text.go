package plan

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"ghlsms/store"
	"ghlsms/sync/inbound"
)

// Message is the payload of a [store.AddMessage].
type Message struct {
	Body     string    `json:"body"`
	At       time.Time `json:"at"` // when it came in
	Provider string    `json:"provider"`
	Note     string    `json:"note"` // what is kept in its place if the CRM refuses it
}

// keepText keeps what somebody wrote: in their conversation where the CRM has a provider for that,
// else as a note on the contact. What staff write about a contact is a note in any case.
func (p *planning) keepText(ctx context.Context, c inbound.Case, contact int64, note string) error {
	if p.cfg.ConversationProvider == "" || c.Staff != nil {
		_, err := p.tx.Create(ctx, store.Note, contact, store.Fields{store.Body: note}, store.ByText)
		return err
	}
	payload, err := json.Marshal(Message{Body: c.Text.Body, At: c.Text.ReceivedAt.UTC(), Provider: p.cfg.ConversationProvider, Note: note})
	if err != nil {
		return err
	}
	return p.enqueue(ctx, store.Intent{
		Key: fmt.Sprintf("message/%s/%s", c.Text.Gateway, c.Text.Key), Kind: store.AddMessage, ContactID: contact, Payload: payload,
	})
}
