package sync_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"ghlsms/store"
	"ghlsms/sync"
)

// A key that belongs to another effect is a mistake of ours: what was planned with it is set aside for a
// person, once, and everything else is planned and leaves.
func TestAReusedKeyIsSetAside(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		w.full()
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Arlington"})
		w.edit(store.Contact, bob.ID, store.Fields{"city": "Boston"})
		r := w.record(store.Contact, ann.ID)
		payload, err := json.Marshal(store.Fields{"city": "Nowhere"})
		if err != nil {
			t.Fatal(err)
		}
		w.update(func(tx *store.Tx) error { // as a planner might that makes too few keys
			_, _, err := tx.Enqueue(w.ctx, store.Intent{
				Key: fmt.Sprintf("contact.update/%d@%d", r.ID, r.Rev), Kind: store.UpdateContact, ContactID: r.ID, RecordID: r.ID, Rev: r.Rev,
				Payload: payload, State: store.Done,
			})
			return err
		})
		w.gate.Text(ann.Phone, "TASKS")
		w.run(10 * time.Minute)
		w.wantTexts(ann.Phone, "Nothing is open")
		if city := w.contactNow(bob.ID).City; city != "Boston" {
			t.Errorf("Bob's city is %q", city)
		}
		if city := w.contactNow(ann.ID).City; city != "" {
			t.Errorf("Ann's city is %q", city)
		}
		w.want(fmt.Sprintf("contact.update/%d@%d/aside|effect contact.update/%d@%d exists as #1 with another payload: city", r.ID, r.Rev, r.ID, r.Rev),
			`SELECT key, reason FROM outbox WHERE state = 'held'`)
		w.want("1", `SELECT count(*) FROM v1_held`)
		w.update(func(tx *store.Tx) error { return tx.Release(w.ctx, heldID(w)) })
		w.run(time.Minute)
		if city := w.contactNow(ann.ID).City; city != "Arlington" {
			t.Errorf("Ann's city is %q after the release", city)
		}
		w.checkQuiet()
	})
}

// The same for texts, also where a third wants the key: what was set aside first is what a person sees.
func TestAReusedKeyOfATextIsSetAside(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		a := w.book(ann, 24*time.Hour+2*time.Minute)
		key := fmt.Sprintf("remind/%s/%s/day-before", a.ID, a.Start.UTC().Format(store.TimeForm))
		for _, k := range []string{key, key + "/aside"} {
			w.update(func(tx *store.Tx) error {
				_, _, err := tx.EnqueueText(w.ctx, store.Intent{Key: k, State: store.Held, Reason: "a test"},
					store.Text{Number: ann.Phone, Body: "Other words in " + k, Purpose: store.ForReply})
				return err
			})
		}
		w.run(5 * time.Minute)
		w.want("queued|a test", `SELECT decision, reason FROM v1_reminders WHERE rule = 'day-before'`)
		w.wantTexts(ann.Phone)
		w.want("2", `SELECT count(*) FROM outbox`)

		bob := w.person("Bob", "+12025550102")
		b := w.book(bob, 24*time.Hour+7*time.Minute)
		key = fmt.Sprintf("remind/%s/%s/day-before", b.ID, b.Start.UTC().Format(store.TimeForm))
		w.update(func(tx *store.Tx) error {
			_, _, err := tx.EnqueueText(w.ctx, store.Intent{Key: key, State: store.Dropped}, store.Text{Number: bob.Phone, Body: "Other words", Purpose: store.ForReply})
			return err
		})
		w.run(10 * time.Minute)
		w.wantTexts(bob.Phone)
		reason := w.one(`SELECT reason FROM v1_reminders WHERE rule = 'day-before' AND contact_id = 2`)
		if !strings.HasSuffix(reason, "with another contact, text") || strings.Contains(reason, "+1") {
			t.Errorf("staff are told %q", reason)
		}
		if err := w.cycle(sync.PollTexts | sync.PollCRM); err != nil {
			t.Error(err)
		}
	})
}

// heldID is the one effect that is held.
func heldID(w *world) (id int64) {
	w.t.Helper()
	_, err := fmt.Sscan(w.one(`SELECT id FROM outbox WHERE state = 'held'`), &id)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	return id
}
