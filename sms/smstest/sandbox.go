package smstest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// What the options are unless they say otherwise.
const (
	DefaultKey    = "smsto-sandbox"
	DefaultNumber = "+15550100"
)

// Options says how the account behaves. The zero value is a good one.
type Options struct {
	Key          string        // the API key that is accepted
	DeliverAfter time.Duration // from acceptance to DELIVERED, SENT at half of it; 0 is 1s
	Latency      time.Duration // of every request
	ListLag      time.Duration // how late /v2/messages shows a text
	PeopleLag    time.Duration // how late a list shows somebody who was added to it
	Recent       int           // how many inbound texts are shown; 0 is 100
}

// Message is a text that was accepted to be sent.
type Message struct {
	ID     string
	To     string
	From   string // as asked for; empty is the account's choice
	Text   string
	At     time.Time
	Status string // now, in the API's words
	Bypass bool   // it asked to be sent to people who opted out
}

// Sandbox is one account and the API in front of it. All methods may be called at any time from
// any goroutine.
type Sandbox struct {
	mux *http.ServeMux
	opt Options

	mu       sync.Mutex
	number   string
	paid     float64         // into the account, all told
	prepaid  bool            // texts leave only while that lasts
	senders  map[string]bool // that texts may come from; nil: any
	sent     []*message
	inbound  []inbound
	optedOut map[string]time.Time // by digits
	fates    map[string]string    // by digits: the last status of texts to a number

	lists    []*list
	contacts []*contact          // in order of their ids
	byPhone  map[string]*contact // by digits
	lastID   int                 // of lists and contacts

	duplicate, shuffle, withoutIDs, bare bool
	terse, deletesWhole                  bool

	faults  []*Fault
	down    bool
	servers map[*listening]bool
	log     []Request
	hooks   []*func(Request, Phase)
}

type message struct {
	Message
	n      int
	last   string // the status it ends in
	reason string
}

type inbound struct {
	n              int
	from, to, text string
	at             time.Time
}

// New returns an account with nothing in it.
func New(o Options) *Sandbox {
	o.Key = cmp.Or(o.Key, DefaultKey)
	o.DeliverAfter = cmp.Or(o.DeliverAfter, time.Second)
	o.Recent = cmp.Or(o.Recent, 100)
	s := &Sandbox{
		opt:      o,
		number:   DefaultNumber,
		paid:     100,
		optedOut: map[string]time.Time{},
		fates:    map[string]string{},
		byPhone:  map[string]*contact{},
		servers:  map[*listening]bool{},
	}
	s.mux = s.newMux()
	return s
}

// SetNumber changes the number that people text to.
func (s *Sandbox) SetNumber(number string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.number = number
}

// SetKey changes the key that is accepted, as when somebody rotates it.
func (s *Sandbox) SetKey(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opt.Key = key
}

// price is what a text costs.
const price = 0.05

// SetBalance lets the account have so much left, as when it is topped up. From then on a text that it cannot pay is
// refused; before, it never runs out.
func (s *Sandbox) SetBalance(left float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paid, s.prepaid = left+price*float64(len(s.sent)), true
}

// left is what is left in the account.
func (s *Sandbox) left() float64 { return s.paid - price*float64(len(s.sent)) }

// SetSenders says which numbers and names texts may come from, as when others lose their registration. None: any may.
func (s *Sandbox) SetSenders(names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.senders = nil
	for _, name := range names {
		if s.senders == nil {
			s.senders = map[string]bool{}
		}
		s.senders[name] = true
	}
}

// refusesAccount is why the account may not send a text from somebody; empty: it may.
func (s *Sandbox) refusesAccount(sender string, texts int) (code int, why string) {
	switch {
	case s.senders != nil && !s.senders[sender]:
		return http.StatusUnprocessableEntity, "The sender_id " + sender + " is not approved for this account."
	case s.prepaid && s.left() < price*float64(texts):
		return http.StatusPaymentRequired, "Your balance is not enough to send this message"
	}
	return 0, ""
}

// Text is a text that somebody sends us now.
func (s *Sandbox) Text(from, text string) { s.TextAt(from, text, time.Now()) }

// TextAt is a text that reached the gateway at another time than now.
func (s *Sandbox) TextAt(from, text string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inbound = append(s.inbound, inbound{n: len(s.inbound) + 1, from: from, to: s.number, text: text, at: at.UTC()})
}

// Sent returns all texts that were accepted, in order.
func (s *Sandbox) Sent() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := clock()
	out := make([]Message, 0, len(s.sent))
	for _, m := range s.sent {
		c := m.Message
		c.Status = s.status(m, now)
		out = append(out, c)
	}
	return out
}

// SentTo returns the texts that were accepted for a number.
func (s *Sandbox) SentTo(number string) []Message {
	return slices.DeleteFunc(s.Sent(), func(m Message) bool { return digits(m.To) != digits(number) })
}

// Fail lets all later texts to a number end with a status, such as FAILED, REJECTED, EXPIRED,
// UNSUBSCRIBED or, for ever on their way, QUEUED. An empty status lets them arrive again, and those that
// are on their way.
func (s *Sandbox) Fail(number, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fates[digits(number)] = status
	for _, m := range s.sent {
		if m.last == "QUEUED" && digits(m.To) == digits(number) {
			m.last = cmp.Or(status, "DELIVERED")
		}
	}
}

// OptedOut returns the numbers on the account's opt-out list, sorted.
func (s *Sandbox) OptedOut() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for number := range s.optedOut {
		out = append(out, "+"+number)
	}
	slices.Sort(out)
	return out
}

// DuplicateInbound lets the inbound list show every text twice.
func (s *Sandbox) DuplicateInbound(on bool) { s.set(&s.duplicate, on) }

// ShuffleInbound lets the inbound list come in no order.
func (s *Sandbox) ShuffleInbound(on bool) { s.set(&s.shuffle, on) }

// WithoutIDs lets the inbound list come without ids, as in the documented webhook.
func (s *Sandbox) WithoutIDs(on bool) { s.set(&s.withoutIDs, on) }

// BareInbound lets the inbound list come as an array that is not wrapped in data.
func (s *Sandbox) BareInbound(on bool) { s.set(&s.bare, on) }

func (s *Sandbox) set(flag *bool, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*flag = on
}

// accept stores a text that is to be sent.
func (s *Sandbox) accept(to, from, text string, bypass bool) *message {
	n := len(s.sent) + 1
	m := &message{n: n, last: cmp.Or(s.fates[digits(to)], "DELIVERED")}
	m.Message = Message{
		ID: fmt.Sprintf("11f0-%04x-%08x-9fea-02420a0002ab", 0x832f, n),
		To: to, From: from, Text: text, At: clock(), Bypass: bypass,
	}
	if _, out := s.optedOut[digits(to)]; out && !bypass {
		m.last = "UNSUBSCRIBED"
	}
	switch m.last {
	case "FAILED", "UNDELIVERED":
		m.reason = "Absent Subscriber"
	case "REJECTED":
		m.reason = "Invalid Number"
	}
	s.sent = append(s.sent, m)
	return m
}

// status is what a text has come to by now.
func (s *Sandbox) status(m *message, now time.Time) string {
	age := now.Sub(m.At)
	switch {
	case age < s.opt.DeliverAfter/2:
		return "QUEUED"
	case m.last == "UNSUBSCRIBED" || m.last == "REJECTED" || m.last == "QUEUED":
		return m.last // never reaches a network
	case age < s.opt.DeliverAfter:
		return "SENT"
	}
	return m.last
}

// clock is now, in the precision that the API has.
func clock() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
