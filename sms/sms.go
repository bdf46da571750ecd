// Package sms speaks to text-message gateways.
//
// A [Gateway] is one way to send and receive texts. Providers differ in exactly the points
// [Caps] names, and every caller decides by those, never by a provider's name. The providers
// live in sub-packages: smsto, gammu.
//
// The rest of the package needs no network: [ParsePhone] brings numbers into E.164 form, [Clean] takes out of a text
// what does not belong there, and [Segments] counts what it costs. What people text is read by package parse.
//
// The package knows nothing of the CRM, the mirror or the engine.
package sms

import (
	"context"
	"time"
)

// A Gateway sends one text to one recipient at a time and is polled for everything else.
//
// Every method may return the errors of this package; see [ErrUnknown] for the one that
// decides whether a text may be sent again.
type Gateway interface {
	// Name is the provider's name as the config spells it.
	Name() string
	// Caps tells what this gateway can do.
	Caps() Caps
	// Send submits one text. Out.Ref is the caller's durable reference; what the gateway
	// does with it is in Caps().Ref. A nil error means accepted, not delivered.
	Send(ctx context.Context, out Outgoing) (Accepted, error)
	// Inbound returns at most limit texts that came in at or after the cursor, oldest first,
	// and the next cursor. The empty cursor starts at the oldest text that can be had. Texts may be
	// repeated; the caller tells them apart by Incoming.Key. The caller stores what it
	// was given before it uses the returned cursor.
	Inbound(ctx context.Context, after Cursor, limit int) ([]Incoming, Cursor, error)
	// Status looks up one accepted text by the id that Send returned.
	Status(ctx context.Context, id string) (Delivery, error)
	// FindSent looks for texts that may have been accepted although Send did not say so.
	FindSent(ctx context.Context, q SentQuery) ([]Sent, error)
}

// A Cursor is a gateway's own mark of how far its inbound texts were read; opaque to callers.
type Cursor string

// Outgoing is a text to one recipient.
type Outgoing struct {
	Ref      string        // the caller's reference, at most 36 characters of [a-zA-Z0-9-]
	To       Phone         // E.164
	From     string        // sender number or name; empty leaves it to the gateway
	Text     string        // any length; the gateway splits it
	ValidFor time.Duration // 0: the gateway's default
}

// Accepted is what a gateway answers to Send.
type Accepted struct {
	ID    string // the gateway's id of this text, never empty
	State State
}

// Incoming is a text somebody sent to us.
type Incoming struct {
	Key  string    // the same text read twice has the same key; unique within one gateway
	From string    // as the gateway gives it: a number, a short code or a name
	To   string    // our number, if the gateway tells
	Text string    // valid UTF-8, all parts joined
	At   time.Time // when the gateway got it, UTC
}

// Delivery is what became of an accepted text.
type Delivery struct {
	State  State
	At     time.Time // when it entered State, zero if the gateway does not tell
	Reason string    // the gateway's word for a failure
	Parts  int       // as billed, 0 if not told
}

// SentQuery describes a text whose submission has an unknown outcome.
type SentQuery struct {
	Ref         string
	To          Phone
	Text        string
	From, Until time.Time // the window in which it was submitted
}

// Sent is a text found by FindSent.
type Sent struct {
	ID    string
	State State
	At    time.Time
}

// State is where a text is on its way. The zero value is not a state.
type State string

// The states of a text that a gateway has accepted.
const (
	StateQueued    State = "queued"    // with the gateway
	StateSent      State = "sent"      // with the network; some networks never tell more
	StateDelivered State = "delivered" // on the handset
	StateFailed    State = "failed"    // will not arrive
	StateOptedOut  State = "opted_out" // refused: the recipient opted out at the gateway
	StateExpired   State = "expired"   // the gateway gave up waiting; it may have arrived
	StateUnclear   State = "unclear"   // the gateway said something we do not know
)

// Final tells that no further state will follow.
func (s State) Final() bool {
	switch s {
	case StateDelivered, StateFailed, StateOptedOut, StateExpired:
		return true
	case StateQueued, StateSent, StateUnclear:
		return false
	}
	return false
}

// Caps are the points in which gateways differ.
type Caps struct {
	Ref             RefMode
	Inbound         InboundMode
	FindByRef       bool          // FindSent finds a text by its Ref, and its silence is proof
	FindByRecipient bool          // FindSent finds texts by recipient, window and text
	HandlesStop     bool          // the provider itself blocks and confirms opt-outs
	RemovesWhole    bool          // Directory.RemovePerson may take somebody off all lists
	SettleAfter     time.Duration // how long FindSent may lag behind an accepted text
}

// RefMode is what a gateway does with Outgoing.Ref.
type RefMode int

// The modes of a reference.
const (
	RefNone   RefMode = iota // dropped
	RefEchoed                // stored and searchable
	RefUnique                // a second text with the same Ref is never sent: Send again is safe
)

// InboundMode is how a gateway shows the texts that came in.
type InboundMode int

// The modes of reading inbound texts.
const (
	InboundNone   InboundMode = iota // cannot be polled
	InboundWindow                    // the most recent ones, again and again
	InboundCursor                    // everything after a cursor
)
