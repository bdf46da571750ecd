package sync_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/store"
	"ghlsms/sync"
	"ghlsms/sync/plan"
)

// preview is the plan that a person looks at.
func (w *world) preview() plan.Plan {
	w.t.Helper()
	p, err := w.engine.Rehearsal().Plan(w.ctx)
	if err != nil {
		w.t.Fatalf("plan: %v", err)
	}
	return p
}

func TestAPlanIsCarriedOutAsItWasShown(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		w.gate.Text("+12025550177", "Hi, I'm Jane Doe, jane.doe@example.com")
		w.gate.Text(ann.Phone, "STOP")
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Oslo"})
		looked, err := w.engine.Look(w.ctx, sync.PollTexts|sync.PollCRM)
		if err != nil || w.outside() != 0 {
			t.Fatalf("%v, %d writes outside", err, w.outside())
		}
		w.want("0", `SELECT count(*) FROM outbox`)
		time.Sleep(time.Minute)
		p := w.preview()
		if p.Hash() != looked.Hash() {
			t.Errorf("nothing moved but time:\n%+v\n%+v", looked, p)
		}
		n := len(w.crm.Log()) + len(w.gate.Log())
		if _, err := w.engine.Apply(w.ctx, "0123456789abcdef"); !errors.Is(err, sync.ErrMoved) {
			t.Errorf("another plan: %v", err)
		}
		if _, err := w.engine.Apply(w.ctx, p.Hash()[:8]); !errors.Is(err, sync.ErrMoved) {
			t.Errorf("too short: %v", err)
		}
		w.want("0", `SELECT count(*) FROM outbox`)
		if now := len(w.crm.Log()) + len(w.gate.Log()); now != n {
			t.Errorf("%d calls for nothing", now-n)
		}
		if _, err := w.engine.Apply(w.ctx, p.Hash()[:plan.ShortHash]); err != nil {
			t.Fatal(err)
		}
		w.wantTexts("+12025550177", "Thanks Jane")
		w.wantTexts(ann.Phone, "opted out")
		if c := w.contactNow(ann.ID); c.City != "Oslo" || len(w.crm.Contacts()) != 2 || len(w.crm.Tasks()) != 1 {
			t.Errorf("%+v, %d contacts, %d tasks\n%s", c, len(w.crm.Contacts()), len(w.crm.Tasks()), w.dump())
		}
		w.run(10 * time.Minute) // the gateway is told of the opt-out after its confirmation
		w.checkQuiet()
	})
}

func TestNothingBesideThePlanIsCarriedOut(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		bob := w.person("Bob", "+12025550102")
		w.full()
		w.crm.SetDown(true)
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Oslo"})
		_ = w.cycle(0) // planned, and not delivered
		w.crm.SetDown(false)
		time.Sleep(time.Hour)
		w.edit(store.Contact, bob.ID, store.Fields{"city": "Rome"})
		if _, err := w.engine.Apply(w.ctx, w.preview().Hash()); err != nil {
			t.Fatal(err)
		}
		if a, b := w.contactNow(ann.ID).City, w.contactNow(bob.ID).City; a != "" || b != "Rome" {
			t.Errorf("%q %q", a, b)
		}
		w.run(5 * time.Minute)
		if a := w.contactNow(ann.ID).City; a != "Oslo" {
			t.Errorf("%q\n%s", a, w.dump())
		}
		w.checkQuiet()
	})
}

// Time passing changes no hash; anything else does.
func TestAHashNamesWhatIsDecided(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.book(ann, 30*time.Hour)
		w.full()
		empty := w.preview().Hash()
		if len(empty) != 64 {
			t.Errorf("%q", empty)
		}
		time.Sleep(7 * time.Hour) // the reminder is due
		due := w.preview().Hash()
		time.Sleep(5 * time.Minute)
		if due == empty || w.preview().Hash() != due {
			t.Errorf("%q, %q, %q", empty, due, w.preview().Hash())
		}
		time.Sleep(5 * time.Hour) // too late for it, however much
		late := w.preview().Hash()
		time.Sleep(5 * time.Minute)
		if late == due || w.preview().Hash() != late {
			t.Errorf("%q, %q, %q", due, late, w.preview().Hash())
		}
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Oslo"})
		oslo := w.preview().Hash()
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Rome"})
		if rome := w.preview().Hash(); oslo == late || rome == oslo {
			t.Errorf("%q %q %q", late, oslo, rome)
		}
	})
}

// An alarm carries the time at which it is raised, which says nothing about what is decided.
func TestAHashLeavesTheTimeOfAnAlarmOut(t *testing.T) {
	t.Parallel()
	rules := func(r *plan.Config) { r.Staff = append(r.Staff, "+12025550199") }
	inWorld(t, options{crm: ghltest.Options{}, rules: rules}, func(w *world) {
		w.full()
		w.crm.SetDown(true)
		time.Sleep(time.Minute)
		_, _ = w.engine.Look(w.ctx, sync.PollCRM)
		time.Sleep(time.Hour)
		p := w.preview()
		time.Sleep(time.Minute)
		if len(p.Intents) != 1 || w.preview().Hash() != p.Hash() {
			t.Errorf("%+v\n%+v", p, w.preview())
		}
		if _, err := w.engine.Apply(w.ctx, p.Hash()); err != nil {
			t.Error(err)
		}
		w.wantTexts("+12025550199", "could not be read")
	})
}

// A mirror that was put back from a copy carries out no plan before somebody has looked.
func TestACopyAppliesNothing(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Oslo"})
		hash := w.preview().Hash()
		w.restart()
		w.engine.Watermark = filepath.Join(w.dir, "mark")
		w.update(func(tx *store.Tx) error { return tx.SetMeta(w.ctx, "epoch", "7") })
		var held *sync.BrakeError
		if _, err := w.engine.Apply(w.ctx, hash); !errors.As(err, &held) || w.outside() != 0 {
			t.Errorf("%v, %d writes outside", err, w.outside())
		}
	})
}
