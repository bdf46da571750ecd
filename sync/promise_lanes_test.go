package sync_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/store/storetest"
	"ghlsms/sync"
	"ghlsms/sync/plan"
)

// One record's trouble is not the others'. Each of these once stopped a whole side.

// The gateway cannot tell the state of one text: who texts is heard and answered all the same.
func TestOneUnreadableDeliveryStopsNobody(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		w.full()
		w.gate.AddFault(smstest.Fault{Method: "GET", Path: "/message/", Kind: smstest.ErrorBefore, Times: -1})
		w.gate.Text(ann.Phone, "TASKS")
		w.run(10 * time.Minute)
		w.gate.Text(bob.Phone, "TASKS")
		w.gate.Text(ann.Phone, "STOP")
		w.run(2 * time.Minute)
		w.wantTexts(bob.Phone, "Nothing is open")
		w.wantTexts(ann.Phone, "Nothing is open", stopped)
	})
}

// One text is in doubt and the gateway's search fails: a STOP is still read.
func TestAFailingSearchDoesNotDeafen(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		w.full()
		w.gate.AddFault(smstest.Fault{Method: "POST", Path: "/sms/send", Kind: smstest.CutAfter})
		w.gate.AddFault(smstest.Fault{Path: "/v2/messages", Kind: smstest.ErrorBefore, Times: -1})
		w.gate.Text(ann.Phone, "TASKS")
		w.run(10 * time.Minute)
		w.gate.Text(bob.Phone, "STOP")
		w.run(2 * time.Minute)
		w.wantTexts(bob.Phone, stopped)
	})
}

// A contact that cannot be read keeps nobody else from being reminded.
func TestOneUnreadableContactStopsNoReminder(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		w.full()
		w.crm.AddFault(ghltest.Fault{Method: "GET", Path: "/contacts/" + bob.ID + "$", Kind: ghltest.Refuse, Times: -1})
		w.edit(store.Contact, bob.ID, store.Fields{"city": "Arlington"})
		w.book(bob, 24*time.Hour+time.Minute)
		w.book(ann, 24*time.Hour+40*time.Minute)
		w.run(time.Hour)
		w.wantTexts(ann.Phone, "see you")
	})
}

// Without the scope for users everything else is read, and reminders leave.
func TestAMissingScopeForUsersStopsNoReminder(t *testing.T) {
	t.Parallel()
	scopes := []string{
		"contacts.readonly", "contacts.write", "calendars.readonly", "calendars/events.readonly", "calendars/events.write",
		"locations.readonly", "locations/tasks.readonly",
	}
	inWorld(t, options{crm: ghltest.Options{Scopes: scopes}}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(time.Minute)
		w.book(ann, 24*time.Hour+time.Minute)
		w.run(10 * time.Minute)
		w.wantTexts(ann.Phone, "see you")
		if c := w.source(store.SourceUsers); !strings.Contains(c.Error, "scope") {
			t.Errorf("users: %+v", c)
		}
	})
}

// A gateway that answers everything with an error turns only a few texts into doubts.
func TestAGatewayInTroubleLeavesFewDoubts(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	inWorld(t, options{rules: func(r *plan.Config) { r.Limits.TextsPerHour = 0 }}, func(w *world) {
		for i := range 40 {
			w.book(w.person("P", "+120255502"+string(rune('0'+i/10))+string(rune('0'+i%10))), 24*time.Hour+time.Minute)
		}
		w.gate.AddFault(smstest.Fault{Method: "POST", Path: "/sms/send", Kind: smstest.ErrorBefore, Times: -1})
		w.run(8 * time.Minute)
		w.gate.ClearFaults()
		w.run(time.Hour)
		unclear := len(w.rows(`SELECT id FROM outbox WHERE state = 'unknown'`))
		if unclear == 0 || unclear > 8 || len(w.gate.Sent()) != 40-unclear {
			t.Errorf("%d doubts, %d sent", unclear, len(w.gate.Sent()))
		}
	})
}

// elsewhere is another gateway: it keeps references and knows none of ours.
type elsewhere struct {
	sms.Gateway
	sent int
}

func (*elsewhere) Name() string { return "elsewhere" }

func (*elsewhere) Caps() sms.Caps { return sms.Caps{Ref: sms.RefUnique, FindByRef: true} }

func (*elsewhere) FindSent(context.Context, sms.SentQuery) ([]sms.Sent, error) { return nil, nil }

func (e *elsewhere) Send(context.Context, sms.Outgoing) (sms.Accepted, error) {
	e.sent++
	return sms.Accepted{ID: "1", State: sms.StateDelivered}, nil
}

// Promise 1: what one gateway may have sent, another one's silence does not disprove.
func TestADoubtSurvivesAChangeOfGateway(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		w.gate.AddFault(smstest.Fault{Method: "POST", Path: "/sms/send", Kind: smstest.CutAfter})
		w.gate.Text(ann.Phone, "TASKS")
		_ = w.cycle(sync.PollTexts) // the doubt is its error
		other := &elsewhere{Gateway: w.engine.Gateway}
		w.engine.Gateway = other
		w.runEvery(time.Hour, time.Minute, 1)
		w.want("unknown", `SELECT state FROM outbox`)
		if other.sent != 0 || len(w.gate.Sent()) != 1 {
			t.Errorf("left %d times there and %d times here", len(w.gate.Sent()), other.sent)
		}
	})
}

// Promise 5: the second STOP does not take back the confirmation of the first.
func TestStopTwiceIsConfirmedOnce(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		w.gate.Text(ann.Phone, "STOP")
		w.gate.Text(ann.Phone, "Stop!")
		w.run(time.Minute)
		w.wantTexts(ann.Phone, stopped)
	})
}

// Promise 5: what a read by id showed is not taken back by an index that lags.
func TestALaggingIndexTakesNoOptOutBack(t *testing.T) {
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{IndexLag: 30 * time.Second}}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(2 * time.Minute)
		w.book(ann, 24*time.Hour+time.Minute)
		w.run(45 * time.Second)
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.DND = true })
		w.run(20 * time.Second) // the reminder's own look finds it
		w.gate.Text(ann.Phone, "TASKS")
		w.run(5 * time.Minute)
		w.wantTexts(ann.Phone)
	})
}

// Promise 5: a number that lost its plus sign is the same number.
func TestOptOutOfANumberWrittenOtherwise(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		zoe := w.crm.AddContact(ghltest.Contact{FirstName: "Zoe", Phone: "00442071838750", DateAdded: time.Now(), DateUpdated: time.Now()})
		w.full()
		w.gate.Text("442071838750", "STOP")
		w.run(time.Minute)
		w.book(zoe, 24*time.Hour+time.Minute)
		w.run(10 * time.Minute)
		for _, m := range w.gate.Sent() {
			if !strings.Contains(m.Text, stopped) {
				t.Errorf("%s was texted %q", m.To, m.Text)
			}
		}
	})
}

// Promise 8: a tag that the CRM spells in its own way is not written again and again.
func TestATagInCapitalsIsWrittenOnce(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		w.edit(store.Contact, ann.ID, store.Fields{store.Tags: store.EncodeSet([]string{"Via-SMS"})})
		w.run(10 * time.Minute)
		if tags := w.contactNow(ann.ID).Tags; !slices.Contains(tags, "via-sms") {
			t.Errorf("tags %v", tags)
		}
		if n := len(w.effects("contact.tags")); n != 1 {
			t.Errorf("written %d times", n)
		}
		w.checkQuiet()
	})
}

// A clock that ran ahead for a while leaves nothing waiting for its time, and no change unread.
func TestAClockThatRanAhead(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		year := time.Now().AddDate(1, 0, 0)
		w.update(func(tx *store.Tx) error {
			return tx.MoveCursor(w.ctx, store.SourceContacts, `{"since":"`+year.UTC().Format(time.RFC3339)+`"}`)
		})
		w.update(func(tx *store.Tx) error {
			_, err := tx.ExecContext(w.ctx, `UPDATE cursors SET read_at = ?`, year.UnixMilli())
			return err
		})
		calendar := w.crm.AddCalendar(ghltest.Calendar{Name: "New"}).ID
		w.crm.AddAppointment(ghltest.Appointment{CalendarID: calendar, ContactID: ann.ID, Start: time.Now().Add(24*time.Hour + time.Minute), DateAdded: time.Now()})
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.City = "Arlington" })
		w.run(5 * time.Minute)
		w.want("Arlington", `SELECT city FROM v1_contacts`)
		w.wantTexts(ann.Phone, "see you")
	})
}

// Promise 7: a reminder that could not leave in time gets its decision also while its side is
// closed.
func TestExpiryNeedsNoOpenSide(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		w.book(ann, 24*time.Hour+time.Minute)
		w.gate.SetDown(true)
		w.runEvery(25*time.Hour, 15*time.Minute, 1)
		w.want("day-before|skipped|it was too late: POST /sms/send: gateway unavailable\nhour-before|skipped|it was too late: POST /sms/send: gateway unavailable", `SELECT rule, decision, substr(reason, 1, 52) FROM v1_reminders ORDER BY rule`)
	})
}
