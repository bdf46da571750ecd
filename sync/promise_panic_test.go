package sync_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"log/slog"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl"
	"ghlsms/ghl/ghltest"
	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/store/storetest"
	"ghlsms/sync"
	"ghlsms/sync/condition"
	"ghlsms/sync/plan"
	"ghlsms/sync/remind"
	"ghlsms/sync/rule"
	"ghlsms/sync/wording"
)

// A mistake of ours that panics: what it is about is told and waits, everything else goes on, and nothing is done
// twice.

// badCRM is a client with a mistake.
type badCRM struct {
	*ghl.Client
	tasks   bool
	contact ghl.ContactID // it cannot read this one
	created bool          // what it makes of the answer to a new task
}

func (c *badCRM) SearchTasks(ctx context.Context, q ghl.TaskQuery) iter.Seq2[ghl.Page[ghl.Task], error] {
	if c.tasks {
		return func(func(ghl.Page[ghl.Task], error) bool) { panic("no tasks today") }
	}
	return c.Client.SearchTasks(ctx, q)
}

func (c *badCRM) Contact(ctx context.Context, id ghl.ContactID) (ghl.Contact, error) {
	if id == c.contact {
		panic(errors.New("an address with seven lines"))
	}
	return c.Client.Contact(ctx, id)
}

func (c *badCRM) CreateTask(ctx context.Context, contact ghl.ContactID, p ghl.TaskPatch) (ghl.Task, error) {
	t, err := c.Client.CreateTask(ctx, contact, p)
	if c.created {
		panic("a date that nobody thought of")
	}
	return t, err
}

// badGateway is a gateway with a mistake, about one number.
type badGateway struct {
	sms.Gateway
	to             sms.Phone
	before, behind bool // it panics before, or after, the text left
	asked          bool // or when it is asked about a text
}

func (g *badGateway) Send(ctx context.Context, out sms.Outgoing) (sms.Accepted, error) {
	if g.before && out.To == g.to {
		panic("before it left")
	}
	a, err := g.Gateway.Send(ctx, out)
	if g.behind && out.To == g.to {
		panic("after it left")
	}
	return a, err
}

func (g *badGateway) Status(ctx context.Context, id string) (sms.Delivery, error) {
	if g.asked {
		panic("no status today")
	}
	return g.Gateway.Status(ctx, id)
}

// mistaken gives a world both, and what the engine logs.
func (w *world) mistaken() (*badCRM, *badGateway, *bytes.Buffer) {
	crm, gate, log := &badCRM{}, &badGateway{}, &bytes.Buffer{}
	w.mayPanic = true
	w.crmAs = func(c *ghl.Client) sync.CRM { crm.Client = c; return crm }
	w.restart()
	gate.Gateway = w.engine.Gateway
	w.engine.Gateway, w.engine.Log = gate, slog.New(slog.NewJSONHandler(log, nil))
	return crm, gate, log
}

func TestPanicOfOneSource(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	inWorld(t, options{rules: withStaff}, func(w *world) {
		crm, gate, log := w.mistaken()
		w.full()
		ann := w.person("Ann", "+12025550101")
		crm.tasks, gate.asked = true, true
		w.gate.Text("+12025550155", "Hi, I am Joe Doe")
		w.run(6 * time.Minute)
		w.want("1", `SELECT count(*) FROM contacts WHERE crm_id = ?`, ann.ID)
		w.wantTexts("+12025550155", "Thanks Joe")
		if c := w.source(store.SourceTasks); !strings.Contains(c.Error, "no tasks today") || c.FailedAt.IsZero() {
			t.Errorf("the tasks: %+v", c)
		}
		if c := w.source(store.SourceDelivery); !strings.Contains(c.Error, "no status today") {
			t.Errorf("the deliveries: %+v", c)
		}
		for _, want := range []string{`"stack":"`, "badCRM", "promise_panic_test.go:", `"about":"crm.tasks"`} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log lacks %s:\n%s", want, log)
			}
		}
		w.runEvery(time.Hour, time.Minute, 1)
		w.wantTexts(staff, "crm.tasks could not be read")
		crm.tasks, gate.asked = false, false
		w.runEvery(2*time.Hour, 5*time.Minute, 1)
		w.want("", `SELECT source, error FROM v1_freshness WHERE error IS NOT NULL`)
	})
}

func TestPanicOfOneRecordRead(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{IndexLag: time.Hour}}, func(w *world) {
		crm, _, _ := w.mistaken()
		w.full()
		bad, ann := w.person("Bad", "+12025550102"), w.person("Ann", "+12025550101")
		crm.contact = ghl.ContactID(bad.ID)
		w.book(bad, 24*time.Hour+10*time.Minute)
		w.book(ann, 24*time.Hour+10*time.Minute)
		w.run(15 * time.Minute)
		w.wantTexts(ann.Phone, "Hi Ann, see you")
		w.wantTexts(bad.Phone)
		if !strings.Contains(w.source(store.SourceAppointments).Error, "a mistake in ghlsms") {
			t.Errorf("%+v", w.source(store.SourceAppointments))
		}
		crm.contact = ""
		w.runEvery(2*time.Hour, time.Minute, 1)
		w.wantTexts(bad.Phone, "Hi Bad, see you")
	})
}

// Whatever panics while a text is carried outside, it leaves at most once, and others leave.
func TestPanicWhileATextLeaves(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	for _, when := range []string{"before", "behind"} {
		inWorld(t, options{rules: oneReminder}, func(w *world) {
			_, gate, log := w.mistaken()
			bad, ann := w.person("Bad", "+12025550102"), w.person("Ann", "+12025550101")
			gate.to, gate.before, gate.behind = sms.Phone(bad.Phone), when == "before", when == "behind"
			w.book(bad, 24*time.Hour+time.Minute)
			w.book(ann, 24*time.Hour+time.Minute)
			w.run(90 * time.Second)
			w.wantTexts(ann.Phone, "Hi Ann")
			if when == "before" {
				w.want("unknown", `SELECT o.state FROM outbox o JOIN texts t ON t.outbox_id = o.id WHERE t.number = ?`, bad.Phone)
			}
			w.run(3 * time.Hour)
			if got := len(w.got(bad.Phone)); got > 1 || got == 0 && when == "behind" {
				t.Errorf("panicked %s it left: %d texts", when, got)
			}
			if when == "behind" { // asked, the gateway shows it
				w.want("done", `SELECT o.state FROM outbox o JOIN texts t ON t.outbox_id = o.id WHERE t.number = ?`, bad.Phone)
			}
			if !strings.Contains(log.String(), "(*badGateway).Send") || strings.Contains(log.String(), bad.Phone[2:]) {
				t.Errorf("the log lacks the stack, or has the number:\n%s", log)
			}
		})
	}
}

// What the CRM made is not made again, whatever we make of its answer.
func TestPanicAfterATaskWasCreated(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		crm, _, _ := w.mistaken()
		w.full()
		crm.created = true
		w.gate.Text("+12025550155", "Hi, I am Joe Doe")
		w.gate.Text("+12025550156", "Hi, I am Jim Doe")
		w.run(3 * time.Hour)
		w.want("0", `SELECT count(*) FROM outbox WHERE kind = 'task.create' AND state <> 'done'`)
		if all := w.crm.Tasks(); len(all) != 2 {
			t.Errorf("%d tasks: %+v", len(all), all)
		}
	})
}

// A text that cannot be decided waits, and is told. All others are decided, and once it can be, so is it.
func TestPanicOnOneText(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	good := wording.Template{}
	inWorld(t, options{rules: func(r *plan.Config) {
		good, *r.Inbound.WelcomeText = *r.Inbound.WelcomeText, wording.Template{} // nobody made it: it cannot be rendered
	}}, func(w *world) {
		_, _, log := w.mistaken()
		ann := w.person("Ann", "+12025550101")
		w.book(ann, 24*time.Hour+3*time.Minute)
		w.full()
		joe := "+12025550155"
		w.gate.Text(joe, "I am Joe Doe")
		w.gate.Text(ann.Phone, "HELP")
		for range 2 { // the next process does not get stuck on it either
			w.run(2 * time.Minute)
			w.restart()
			w.engine.Log = slog.New(slog.NewJSONHandler(log, nil))
		}
		w.run(time.Minute)
		if got := w.got(ann.Phone); len(got) != 2 {
			t.Errorf("Ann, who asked for help and is to be reminded, got %q", got)
		}
		w.wantTexts(joe)
		w.want("1", `SELECT count(*) FROM inbound WHERE decision IS NULL AND sender = ?`, joe)
		told := w.source(store.SourcePlanning)
		if !strings.Contains(told.Error, "text ") || !strings.Contains(told.Error, "a mistake in ghlsms") {
			t.Errorf("it is not told: %+v", told)
		}
		if perr, ok := errors.AsType[*plan.PanicError](w.lastErr); !ok || !strings.HasPrefix(perr.About, "text ") {
			t.Errorf("the cycle says %v", w.lastErr)
		}
		if n := strings.Count(log.String(), `"stack":"`); n != 3 || !strings.Contains(log.String(), "inbound.Decide") || strings.Contains(log.String(), joe[2:]) {
			t.Errorf("%d stacks of three processes:\n%s", n, log)
		}
		// Where what is not decided may ask for no more texts, none leaves to them.
		w.update(func(tx *store.Tx) error {
			if _, err := tx.ExecContext(w.ctx, `UPDATE inbound SET body = body || ', please stop calling me Joseph' WHERE sender = ?`, joe); err != nil {
				return err
			}
			_, _, err := tx.EnqueueText(w.ctx, store.Intent{Key: "by hand", Kind: store.SendText}, store.Text{Number: joe, Body: "News", Purpose: store.ForAlarm})
			return err
		})
		w.run(10 * time.Minute)
		w.wantTexts(joe)
		w.update(func(tx *store.Tx) error {
			_, err := tx.ExecContext(w.ctx, `UPDATE inbound SET body = 'I am Joe Doe' WHERE sender = ?`, joe)
			return err
		})
		w.engine.Config.Inbound.WelcomeText = &good
		w.runEvery(2*time.Hour, time.Minute, 2)
		w.want("0", `SELECT count(*) FROM inbound WHERE decision IS NULL`)
		w.want("", `SELECT source, error FROM v1_freshness WHERE error IS NOT NULL`)
		if got := w.got(joe); len(got) != 2 { // the answer, and the news
			t.Errorf("Joe got %q", got)
		}
	})
}

// One appointment whose reminder cannot be worded keeps no other from being reminded, and is an alarm in time.
func TestPanicOnOneAppointment(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	plain, broken := dayBefore, dayBefore
	broken.Name, broken.Text, broken.If = "broken", &wording.Wording{}, condition.Condition{Tag: []string{"broken"}}
	inWorld(t, options{rules: func(r *plan.Config) { r.Reminders, r.Staff = []remind.Rule{broken, plain}, []sms.Phone{staff} }}, func(w *world) {
		w.mistaken()
		w.full()
		bad := w.crm.AddContact(ghltest.Contact{FirstName: "Bad", Phone: "+12025550102", Tags: []string{"broken"}})
		ann := w.person("Ann", "+12025550101")
		w.book(bad, 24*time.Hour+10*time.Minute)
		w.book(ann, 24*time.Hour+10*time.Minute)
		w.run(12 * time.Minute)
		w.wantTexts(ann.Phone, "See you")
		w.wantTexts(bad.Phone)
		if told := w.source(store.SourcePlanning); !strings.Contains(told.Error, "appointment ") {
			t.Errorf("it is not told: %+v", told)
		}
		w.engine.Config.Reminders = []remind.Rule{plain}
		w.runEvery(2*time.Hour, time.Minute, 1)
		w.want("", `SELECT source, error FROM v1_freshness WHERE error IS NOT NULL`)
	})
}

// An event that a rule panics on waits in the journal; the rules go on with the others.
func TestPanicOnOneEvent(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	bad := ruleOf("bad", "tag added", rule.Action{Kind: rule.ActText, Text: &wording.Template{}})
	bad.Tag = "bad"
	good := ruleOf("good", "tag added", act("tag added", rule.ActText, "Welcome to the club"))
	good.Tag = "good"
	inWorld(t, options{rules: with(bad, good)}, func(w *world) {
		w.mistaken()
		ann, joe := w.person("Ann", "+12025550101"), w.person("Joe", "+12025550102")
		w.run(3 * time.Minute)
		w.crm.EditContact(joe.ID, func(c *ghltest.Contact) { c.Tags = []string{"bad"} })
		w.run(3 * time.Minute)
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.Tags = []string{"good"} })
		w.run(5 * time.Minute)
		w.wantTexts(ann.Phone, "Welcome to the club")
		w.wantTexts(joe.Phone)
		w.want("1", `SELECT count(*) FROM events`)
		w.engine.Config.Rules[0].Do = good.Do
		w.runEvery(2*time.Hour, time.Minute, 2)
		w.wantTexts(joe.Phone, "Welcome to the club")
		w.want("0", `SELECT count(*) FROM events`)
	})
}

// A mistake that meets nearly everything stops what is planned, but neither the reading nor the process.
func TestPanicOnTooManyTexts(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: func(r *plan.Config) { *r.Inbound.WelcomeText = wording.Template{} }}, func(w *world) {
		w.mistaken()
		w.full()
		for i := range 60 {
			w.gate.Text("+120255502"+string(rune('0'+i/10))+string(rune('0'+i%10)), "Hi, I am Joe Doe")
		}
		w.run(5 * time.Minute)
		w.want("60", `SELECT count(*) FROM inbound WHERE decision IS NULL`)
		if w.lastErr == nil || !strings.Contains(w.lastErr.Error(), "plan: ") {
			t.Errorf("the cycle says %v", w.lastErr)
		}
		if c := w.source(store.SourceInbound); c.Error != "" || time.Since(c.ReadAt) > time.Minute {
			t.Errorf("texts are not read: %+v", c)
		}
	})
}
