package sync_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms"
	"ghlsms/sms/smstest"
	"ghlsms/store/storetest"
	"ghlsms/sync"
	"ghlsms/sync/plan"
)

// What became of a call is asked early and often, so that it is known soon; that it was not made is believed late.

// asDaemon lets time pass as the daemon does with the default schedule: a cycle every 15 seconds, the CRM every minute, and
// cycles that nobody scheduled where something is to be asked.
func (w *world) asDaemon(d time.Duration) {
	w.t.Helper()
	scheduled, n := time.Now(), 0
	for end := time.Now().Add(d); time.Now().Before(end); {
		work := sync.Work(0)
		if !time.Now().Before(scheduled) {
			work, scheduled, n = sync.PollTexts, time.Now().Add(15*time.Second), n+1
			if n%4 == 1 {
				work |= sync.PollCRM
			}
		}
		_ = w.cycle(work)
		next, err := w.engine.Next(w.ctx)
		if err != nil {
			w.t.Fatalf("%v", err)
		}
		if next.IsZero() || next.After(scheduled) {
			next = scheduled
		}
		time.Sleep(max(time.Until(next), 500*time.Millisecond))
	}
}

// The gateway takes every text, and each answer is lost: all are reminded within two minutes, each once.
func TestTenLostAnswersDelayNobody(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: oneReminder, gate: smstest.Options{ListLag: time.Second}}, func(w *world) {
		w.gate.AddFault(smstest.Fault{Method: "POST", Path: "/sms/send", Kind: smstest.CutAfter, Times: 10})
		for i := range 10 {
			w.book(w.person("P", fmt.Sprintf("+120255501%02d", 10+i)), 24*time.Hour+time.Minute)
		}
		w.asDaemon(3 * time.Minute)
		for i := range 10 {
			w.wantTexts(fmt.Sprintf("+120255501%02d", 10+i), "Hi P, see you")
		}
		w.want("done|10", `SELECT state, count(*) FROM outbox GROUP BY state`)
		w.want("0", `SELECT count(*) FROM troubles WHERE severity <> 'notice'`)
	})
}

// A gateway that takes nothing, and does not say so, leaves five texts in doubt, then tries one by one. The others are
// reminded once it is well.
func TestFiveDoubtsStandOpen(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	inWorld(t, options{rules: func(r *plan.Config) { oneReminder(r); r.Limits.TextsPerHour = 0 }}, func(w *world) {
		w.gate.AddFault(smstest.Fault{Method: "POST", Path: "/sms/send", Kind: smstest.CutBefore, Times: -1})
		for i := range 20 {
			w.book(w.person("P", fmt.Sprintf("+120255501%02d", 10+i)), 24*time.Hour+time.Minute)
		}
		most := 0
		for range 30 {
			w.asDaemon(10 * time.Second)
			most = max(most, len(w.rows(`SELECT id FROM outbox WHERE state = 'unknown'`)))
		}
		if most != 5 {
			t.Errorf("%d texts were in doubt at once", most)
		}
		w.gate.ClearFaults()
		w.asDaemon(30 * time.Minute)
		doubts := len(w.rows(`SELECT id FROM outbox WHERE state = 'unknown'`))
		if sent := len(w.gate.Sent()); doubts > 8 || sent != 20-doubts {
			t.Errorf("%d left, %d in doubt\n%s", sent, doubts, w.dump())
		}
	})
}

// While it is not known whether one text reached somebody, the next one to them waits: of two in doubt nobody could tell
// which one the list shows. Others are not kept waiting.
func TestNoTwoDoubtsToOneNumber(t *testing.T) {
	t.Parallel()
	inWorld(t, options{gate: smstest.Options{ListLag: 40 * time.Second}}, func(w *world) {
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		w.asDaemon(time.Minute)
		w.gate.AddFault(smstest.Fault{Method: "POST", Path: "/sms/send", Kind: smstest.CutAfter})
		w.gate.Text(ann.Phone, "TASKS")
		w.asDaemon(16 * time.Second)
		w.gate.Text(ann.Phone, "NEXT")
		w.gate.Text(bob.Phone, "NEXT")
		w.asDaemon(16 * time.Second)
		w.wantTexts(ann.Phone, "Nothing is open")
		w.wantTexts(bob.Phone, "We find no coming appointment")
		w.asDaemon(time.Minute)
		w.wantTexts(ann.Phone, "Nothing is open", "We find no coming appointment")
	})
}

// A contact and a task whose creation the CRM does not confirm are adopted seconds later, and made once.
func TestWhatTheCRMMadeIsKnownInSeconds(t *testing.T) {
	t.Parallel()
	for path, text := range map[string]string{"/contacts/$": "Hi, I'm Jane Doe, jane.doe@example.com", "/contacts/*/tasks": "TASK call me"} {
		inWorld(t, options{crm: ghltest.Options{IndexLag: time.Second}}, func(w *world) {
			phone := "+12025550177"
			if strings.HasPrefix(text, "TASK") {
				phone = w.person("Ann", annsNumber).Phone
			}
			w.asDaemon(time.Minute)
			w.crm.AddFault(ghltest.Fault{Method: "POST", Path: path, Kind: ghltest.CutAfter})
			w.gate.Text(phone, text)
			w.asDaemon(30 * time.Second) // a poll, and some seconds
			if n := len(w.crm.Contacts()); n != 1 {
				t.Errorf("%d contacts", n)
			}
			w.want("0", `SELECT count(*) FROM outbox WHERE state <> 'done'`)
			w.asDaemon(10 * time.Minute)
			if n := len(w.crm.Contacts()) + len(w.crm.Tasks()); n > 2 {
				t.Errorf("%d contacts and tasks\n%s", n, w.dump())
			}
		})
	}
}

// echoing is a gateway that keeps our references and shows what it took after a while.
type echoing struct {
	sms.Gateway
	lag  time.Duration
	cut  int // so many answers are lost
	took []sms.Sent
	refs []string
}

func (*echoing) Caps() sms.Caps {
	return sms.Caps{Ref: sms.RefEchoed, FindByRef: true, SettleAfter: time.Minute}
}

func (e *echoing) Send(_ context.Context, out sms.Outgoing) (sms.Accepted, error) {
	id := fmt.Sprintf("e%d", len(e.took)+1)
	e.took, e.refs = append(e.took, sms.Sent{ID: id, At: time.Now(), State: sms.StateSent}), append(e.refs, out.Ref)
	if e.cut--; e.cut >= 0 {
		return sms.Accepted{}, sms.ErrUnknown
	}
	return sms.Accepted{ID: id, State: sms.StateSent}, nil
}

func (e *echoing) FindSent(_ context.Context, q sms.SentQuery) (found []sms.Sent, err error) {
	for i, s := range e.took {
		if e.refs[i] == q.Ref && time.Since(s.At) >= e.lag {
			found = append(found, s)
		}
	}
	return found, nil
}

// The silence of a gateway that keeps references proves nothing before the time for which it may lag.
func TestSilenceAfterSecondsSendsNothingAgain(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: oneReminder}, func(w *world) {
		gate := &echoing{Gateway: w.engine.Gateway, lag: 40 * time.Second, cut: 1}
		w.engine.Gateway = gate
		w.book(w.person("Ann", annsNumber), 24*time.Hour+time.Minute)
		w.asDaemon(20 * time.Minute)
		if len(gate.took) != 1 {
			t.Errorf("%d texts left", len(gate.took))
		}
		w.want("done", `SELECT state FROM outbox WHERE kind = 'text.send'`)
	})
	inWorld(t, options{rules: oneReminder}, func(w *world) { // and after it, it does
		gate := &echoing{Gateway: w.engine.Gateway, lag: 1000 * time.Hour, cut: 1}
		w.engine.Gateway = gate
		w.book(w.person("Ann", annsNumber), 24*time.Hour+time.Minute)
		w.asDaemon(20 * time.Minute)
		if len(gate.took) != 2 || gate.refs[0] != gate.refs[1] || gate.took[1].At.Sub(gate.took[0].At) < 2*time.Minute {
			t.Errorf("%+v", gate.took)
		}
	})
}
