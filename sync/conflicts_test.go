package sync_test

import (
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/sync"
	"ghlsms/sync/merge"
	"ghlsms/sync/plan"
)

func ask(r *plan.Config) {
	r.Merge = map[store.Entity]merge.Rule{store.Contact: {Policy: merge.Ask, Deletes: true}}
}

// resolve is a person's word about a conflict; words that begin with ! are to be in its refusal.
func (w *world) resolve(id int64, choice plan.Choice, refusal ...string) {
	w.t.Helper()
	w.refusedOr(refusal, func(tx *store.Tx) error {
		_, err := plan.Resolve(w.ctx, tx, id, choice)
		return err
	})
}

func (w *world) reinstate(id int64, refusal ...string) {
	w.t.Helper()
	w.refusedOr(refusal, func(tx *store.Tx) error {
		_, err := plan.Reinstate(w.ctx, tx, id)
		return err
	})
}

// refusedOr does something here that must succeed, or be refused with these words.
func (w *world) refusedOr(words []string, fn func(*store.Tx) error) {
	w.t.Helper()
	err := w.db.Update(w.ctx, fn)
	switch {
	case len(words) == 0 && err != nil:
		w.t.Fatalf("refused: %v", err)
	case len(words) > 0 && err == nil:
		w.t.Errorf("not refused: %v", words)
	}
	for _, word := range words {
		if err != nil && !strings.Contains(err.Error(), word) {
			w.t.Errorf("%v does not say %q", err, word)
		}
	}
}

// bothChanged is a contact whose city was changed in the CRM and here.
func (w *world) bothChanged() ghltest.Contact {
	w.t.Helper()
	ann := w.crm.AddContact(ghltest.Contact{FirstName: "Ann", Phone: "+12025550101", City: "Rome"})
	w.full()
	w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.City = "Boston" })
	w.edit(store.Contact, ann.ID, store.Fields{"city": "Arlington"})
	w.full()
	w.full()
	return ann
}

func TestAConflictIsResolvedByAPerson(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		choice plan.Choice
		want   string // the city in the CRM
		to     string
	}{
		{"the CRM's", plan.Choice{Side: "crm"}, "Boston", "crm"},
		{"ours", plan.Choice{Side: "local"}, "Arlington", "local"},
		{"another", plan.Choice{Value: "Oslo"}, "Oslo", "Oslo"},
		{"none", plan.Choice{Value: ""}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, options{rules: ask}, func(w *world) {
				ann := w.bothChanged()
				w.want("city|Rome|Boston|Arlington|neither|ask", `SELECT field, base, crm, local, kept, policy FROM v1_conflicts`)
				if got := w.contactNow(ann.ID).City; got != "Boston" {
					t.Errorf("%q before anybody chose", got)
				}
				w.resolve(1, c.choice)
				w.full()
				if got := w.contactNow(ann.ID).City; got != c.want {
					t.Errorf("%q, want %q\n%s", got, c.want, w.dump())
				}
				w.want(c.to, `SELECT settled_to FROM v1_conflicts`)
				w.checkQuiet()
			})
		})
	}
}

func TestAConflictIsResolvedAnew(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: ask}, func(w *world) {
		ann := w.bothChanged()
		w.resolve(1, plan.Choice{Side: "gateway"}, "the sides of conflict 1 are crm and local")
		w.resolve(1, plan.Choice{Side: "delete"}, "not about a deletion")
		w.reinstate(1, "nobody decided", "resolve 1 crm|local|VALUE")
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.City = "Salem" })
		w.full()
		w.resolve(1, plan.Choice{Side: "crm"}) // what the CRM has by now
		w.full()
		if got := w.contactNow(ann.ID).City; got != "Salem" {
			t.Errorf("the CRM's choice is overwritten with an older one: %q", got)
		}
		w.resolve(1, plan.Choice{Side: "local"})
		w.full()
		w.resolve(1, plan.Choice{Side: "crm"}) // what it was then
		w.full()
		if got := w.contactNow(ann.ID).City; got != "Boston" {
			t.Errorf("%q", got)
		}
		w.crm.RemoveContact(ann.ID)
		_ = w.cycle(sync.Everything)
		w.resolve(1, plan.Choice{Side: "local"}, "deleted in the CRM")
	})
}

func TestTheLoserOfAPolicyIsPutBack(t *testing.T) {
	t.Parallel()
	for policy, want := range map[merge.Policy]string{merge.CRMWins: "Arlington", merge.LocalWins: "Boston"} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			inWorld(t, options{rules: func(r *plan.Config) {
				r.Merge = map[store.Entity]merge.Rule{store.Contact: {Policy: policy}}
			}}, func(w *world) {
				ann := w.bothChanged()
				w.resolve(1, plan.Choice{Side: "local"}, "was decided ("+string(policy)+")", "restore 1")
				w.reinstate(1)
				w.full()
				if got := w.contactNow(ann.ID).City; got != want {
					t.Errorf("%q, want %q\n%s", got, want, w.dump())
				}
				w.want("1", `SELECT count(*) FROM v1_conflicts WHERE settled_at IS NOT NULL`)
				w.checkQuiet()
			})
		})
	}
}

func TestADeletionThatAChangeBeatIsAskedForAgain(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: ask}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		id := w.record(store.Contact, ann.ID).ID
		w.update(func(tx *store.Tx) error { return tx.Doom(w.ctx, store.Contact, id) })
		time.Sleep(time.Second)
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.City = "Boston" })
		w.full()
		w.want("(deletion)|crm", `SELECT field, kept FROM v1_conflicts`)
		w.resolve(1, plan.Choice{Value: "x"}, "choose delete or keep")
		w.resolve(1, plan.Choice{Side: "keep"})
		w.full()
		if w.contactNow(ann.ID).Deleted {
			t.Fatal("deleted although it was to be kept")
		}
		w.resolve(1, plan.Choice{Side: "delete"})
		w.full()
		if !w.contactNow(ann.ID).Deleted {
			t.Errorf("not deleted\n%s", w.dump())
		}
	})
}

func TestAConflictInTheAddressBookIsResolved(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, c := range []struct {
		name    string
		policy  merge.Policy
		resolve func(w *world)
		want    string
	}{
		{"the contact's", merge.Ask, func(w *world) { w.resolve(1, plan.Choice{Side: "crm"}) }, "Anna"},
		{"the entry's", merge.Ask, func(w *world) { w.resolve(1, plan.Choice{Side: "gateway"}) }, "Annie"},
		{"another", merge.Ask, func(w *world) { w.resolve(1, plan.Choice{Value: "Ana"}) }, "Ana"},
		{"the loser, the entry's", merge.CRMWins, func(w *world) { w.reinstate(1) }, "Annie"},
		{"the loser, the contact's", merge.GatewayWins, func(w *world) { w.reinstate(1) }, "Anna"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, options{rules: func(r *plan.Config) {
				r.Merge = map[store.Entity]merge.Rule{store.Contact: {Policy: c.policy}}
				r.Book = &merge.BookRule{Tag: "book", List: "clinic", In: true, Out: true, Merge: merge.Rule{Policy: c.policy}}
			}}, func(w *world) {
				list := w.gate.AddList("clinic")
				ann := w.crm.AddContact(ghltest.Contact{FirstName: "Ann", Phone: "+12025550101", Tags: []string{"book"}})
				w.runEvery(40*time.Minute, time.Minute, 1)
				w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.FirstName = "Anna" })
				w.gate.EditPerson(ann.Phone, func(p *smstest.Person) { p.FirstName = "Annie" })
				time.Sleep(20 * time.Minute) // both are read in the same cycle
				w.full()
				w.want("entry|first_name|Ann|Anna|Annie|gateway", `SELECT entity, field, base, crm, local, local_by FROM v1_conflicts WHERE id = 1`)
				w.resolve(1, plan.Choice{Side: "local"}, "conflict 1")
				c.resolve(w)
				w.runEvery(40*time.Minute, time.Minute, 1)
				people := w.gate.People(list)
				if got := w.contactNow(ann.ID).FirstName; got != c.want || len(people) != 1 || people[0].FirstName != c.want {
					t.Errorf("%q in the CRM, %+v on the list, want %q\n%s", got, people, c.want, w.dump())
				}
				w.want("1", `SELECT settled_at IS NOT NULL FROM v1_conflicts WHERE id = 1`)
				w.checkQuiet()
			})
		})
	}
}
