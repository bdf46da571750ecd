package sync_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl"
	"ghlsms/ghl/ghltest"
	"ghlsms/store"
	"ghlsms/store/storetest"
	"ghlsms/sync"
	"ghlsms/sync/plan"
)

// Where the CRM has a conversation provider, what people write is kept in their conversation.

func withProvider(id string) options {
	return options{rules: func(r *plan.Config) { r.ConversationProvider = id }}
}

// said are the words of the messages in conversations, not what happened there.
func (w *world) said() (all []string) {
	for _, m := range w.crm.Messages() {
		if m.Activity == "" {
			all = append(all, m.Direction+": "+m.Body)
		}
	}
	return all
}

func (w *world) wantSaid(messages, notes []string) {
	w.t.Helper()
	if got := w.said(); !slices.Equal(got, messages) {
		w.t.Errorf("said %q, want %q\n%s", got, messages, w.dump())
	}
	var noted []string
	for _, n := range w.crm.Notes() {
		noted = append(noted, n.Body)
	}
	if !slices.Equal(noted, notes) {
		w.t.Errorf("noted %q, want %q\n%s", noted, notes, w.dump())
	}
}

const willBeLate = "I will be late"

// Promise 1 for messages: recorded once, whatever comes between.
func TestMessageRecordedOnce(t *testing.T) {
	t.Parallel()
	faults := map[string]ghltest.Fault{"none": {Kind: ghltest.Slow}}
	for name, fault := range crmFaults {
		if name != "created in 422" { // messages are not known to be
			faults[name] = fault
		}
	}
	for name, fault := range faults {
		for _, newcomer := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%t", name, newcomer), func(t *testing.T) {
				oneOf(t, 3)
				if name != "cut after" {
					heavy(t)
				}
				t.Parallel()
				inWorld(t, withProvider(ghltest.DefaultProvider), func(w *world) {
					from := "+12025550101"
					if !newcomer {
						w.person("Ann", from)
					}
					w.run(time.Minute)
					fault.Method, fault.Path = "POST", "/conversations/messages/inbound"
					w.crm.AddFault(fault)
					w.gate.Text(from, willBeLate)
					sent := time.Now()
					w.runEvery(20*time.Minute, time.Minute, 1)
					w.wantSaid([]string{"inbound: " + willBeLate}, nil)
					m := w.crm.Messages()[0]
					if m.ProviderID != ghltest.DefaultProvider || m.Type != "TYPE_CUSTOM_SMS" || m.DateAdded.Sub(sent).Abs() > time.Second {
						t.Errorf("%+v, sent at %s", m, sent)
					}
					w.want("done|"+m.ID, `SELECT state, outside_id FROM outbox WHERE kind = 'message.add' AND key GLOB 'message/smsto/?*' AND record_id IS NULL`)
					w.checkQuiet()
				})
			})
		}
	}
}

// The same words twice are two messages, also when both are in doubt; a command is none.
func TestTwinMessagesInDoubt(t *testing.T) {
	t.Parallel()
	for _, kind := range []ghltest.FaultKind{ghltest.CutBefore, ghltest.CutAfter} {
		t.Run(fmt.Sprint(kind), func(t *testing.T) {
			t.Parallel()
			inWorld(t, withProvider(ghltest.DefaultProvider), func(w *world) {
				ann := w.person("Ann", "+12025550101")
				w.run(time.Minute)
				w.crm.AddMessage(ghltest.Message{ContactID: ann.ID, Body: willBeLate, ProviderID: "another"})
				w.crm.AddMessage(ghltest.Message{ContactID: ann.ID, Body: willBeLate, Direction: "outbound"})
				w.crm.AddFault(ghltest.Fault{Path: "/conversations/messages/inbound", Kind: kind, Times: 2})
				w.gate.Text(ann.Phone, willBeLate)
				w.gate.Text(ann.Phone, willBeLate)
				w.gate.Text(ann.Phone, "TASKS")
				w.run(20 * time.Minute)
				w.wantSaid([]string{"inbound: " + willBeLate, "outbound: " + willBeLate, "inbound: " + willBeLate, "inbound: " + willBeLate}, nil)
				w.want("2", `SELECT count(DISTINCT outside_id) FROM outbox WHERE kind = 'message.add' AND state = 'done'`)
				w.checkQuiet()
			})
		})
	}
}

// A conversation that cannot be read leaves the doubt: nothing is sent again.
func TestMessageInDoubtIsNotGuessed(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	inWorld(t, withProvider(ghltest.DefaultProvider), func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(time.Minute)
		w.crm.AddFault(ghltest.Fault{Path: "/conversations/messages/inbound", Kind: ghltest.CutAfter})
		w.crm.AddFault(ghltest.Fault{Path: "/conversations/messages/export", Kind: ghltest.HTML, Times: -1})
		w.gate.Text(ann.Phone, willBeLate)
		w.run(time.Hour)
		w.want("unknown", `SELECT state FROM outbox WHERE kind = 'message.add'`)
		w.crm.ClearFaults()
		w.run(2 * time.Hour)
		w.wantSaid([]string{"inbound: " + willBeLate}, nil)
		w.checkQuiet()
	})
}

// silentlyLost leaves out through whom a message came, to which the CRM answers 201 with nothing in it.
type silentlyLost struct{ *ghl.Client }

func (s silentlyLost) AddInbound(ctx context.Context, m ghl.NewMessage) (ghl.SentMessage, error) {
	m.ProviderID = ""
	return s.Client.AddInbound(ctx, m)
}

// What the CRM will not have in the conversation becomes a note, once.
func TestRefusedMessageIsANote(t *testing.T) {
	t.Parallel()
	note := []string{"Text from +12025550101:\n" + willBeLate}
	for _, c := range []struct {
		name, provider, why string
		arrange             func(*world)
	}{
		{"no such provider", "nobody", "is nobody a conversation provider", func(*world) {}},
		{"an empty 201", ghltest.DefaultProvider, "shows it nowhere", func(w *world) {
			w.crmAs = func(c *ghl.Client) sync.CRM { return silentlyLost{c} }
			w.restart()
		}},
		{"no scope", ghltest.DefaultProvider, "not authorized for this scope", func(w *world) {
			w.crm.SetScopes("contacts.readonly", "contacts.write", "locations/tasks.readonly", "calendars.readonly", "calendars/events.readonly",
				"locations.readonly", "users.readonly", "conversations/message.readonly")
		}},
		{"refused", ghltest.DefaultProvider, "422", func(w *world) {
			w.crm.AddFault(ghltest.Fault{Path: "/conversations/messages/inbound", Kind: ghltest.Refuse, Status: 422, Times: -1})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			oneOf(t, 3)
			t.Parallel()
			inWorld(t, withProvider(c.provider), func(w *world) {
				ann := w.person("Ann", "+12025550101")
				w.run(time.Minute)
				c.arrange(w)
				w.gate.Text(ann.Phone, willBeLate)
				w.run(time.Hour)
				w.wantSaid(nil, note)
				got := w.one(`SELECT state || ': ' || reason FROM outbox WHERE kind = 'message.add'`)
				if !strings.HasPrefix(got, "failed: ") || !strings.Contains(got, c.why) || !strings.HasSuffix(got, "it is kept as a note") {
					t.Error(got)
				}
				var id int64
				if _, err := fmt.Sscan(w.one(`SELECT id FROM outbox WHERE kind = 'message.add'`), &id); err != nil {
					t.Fatal(err)
				}
				w.update(func(tx *store.Tx) error { return tx.Retry(w.ctx, id) })
				w.run(time.Hour)
				w.wantSaid(nil, note)
				w.want("dropped|it is kept as a note", `SELECT state, reason FROM outbox WHERE kind = 'message.add'`)
				w.checkQuiet()
			})
		})
	}
}

// A message that is on its way while its contact is merged into another is that one's, and still
// recorded once.
func TestMessageOfAMergedContact(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault    ghltest.Fault
		messages []string
		notes    []string
	}{
		"recorded before, and nobody was told": {ghltest.Fault{Kind: ghltest.CutAfter}, []string{"inbound: " + willBeLate}, nil},
		"merged in the middle of the call":     {ghltest.Fault{Kind: ghltest.Slow}, nil, []string{"Text from +12025550103:\n" + willBeLate}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, withProvider(ghltest.DefaultProvider), func(w *world) {
				anna := w.crm.AddContact(ghltest.Contact{FirstName: "Anna", Email: "anna@example.com"})
				ann := w.person("Ann", "+12025550103")
				w.run(time.Minute)
				c.fault.Path = "/conversations/messages/inbound"
				w.crm.AddFault(c.fault)
				merged := false
				w.crm.OnRequest(func(r ghltest.Request, p ghltest.Phase) {
					middle := c.fault.Kind == ghltest.Slow
					if !merged && strings.HasSuffix(r.Path, "/inbound") && (p == ghltest.Before) == middle {
						merged = true
						w.crm.MergeContacts(anna.ID, ann.ID)
					}
				})
				w.gate.Text(ann.Phone, willBeLate)
				w.run(30 * time.Second)
				w.run(time.Hour)
				w.wantSaid(c.messages, c.notes)
				for _, m := range w.crm.Messages() {
					if m.ContactID != anna.ID {
						t.Errorf("%+v", m)
					}
				}
				w.checkQuiet()
			})
		})
	}
}
