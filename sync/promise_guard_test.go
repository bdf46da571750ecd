package sync_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl"
	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/sync"
	"ghlsms/sync/plan"
)

// Promises 6 and 10: what the engine is shown may be less than there is, or older than it was, or at
// another time than it thinks. Then it holds what cannot be taken back, lets the rest flow, and goes
// on by itself where the doubt ends by itself.

// crowded adds n people.
func (w *world) crowded(n int) (people []ghltest.Contact) {
	for i := range n {
		people = append(people, w.person(fmt.Sprint("P", i), fmt.Sprintf("+1202555%04d", 1000+i)))
	}
	return people
}

// holding is what stands: kind, entity and state.
const holding = `SELECT kind, entity, state FROM brakes WHERE state <> 'over' ORDER BY id`

// goneHere counts who counts as deleted.
const goneHere = `SELECT count(*) FROM contacts WHERE gone_at IS NOT NULL`

// Another token may be shown less. Who is not shown is not deleted, until a sweep with it shows
// everybody known.
func TestAnotherTokenProvesNothing(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: func(r *plan.Config) { r.Identity = "the first" }}, func(w *world) {
		people := w.crowded(40)
		w.run(2 * time.Minute)
		for _, c := range people[:7] { // fewer than what a sweep may find gone
			w.crm.RemoveContact(c.ID)
		}
		w.rules.Identity = "the second"
		w.restart()
		if err := w.cycle(sync.PollTexts); err == nil || !strings.Contains(err.Error(), "another token") {
			t.Errorf("nobody is told: %v", err)
		}
		w.run(2 * time.Minute)
		_ = w.cycle(sync.Sweep)
		w.want("identity||held", holding)
		w.want("0", goneHere)
		w.gate.Text(people[10].Phone, "TASK call me") // the rest goes on
		w.edit(store.Contact, people[11].ID, store.Fields{"city": "Arlington"})
		w.run(2 * time.Minute)
		w.wantTexts(people[10].Phone, "Noted")
		if w.contactNow(people[11].ID).City != "Arlington" {
			t.Error("edits wait too")
		}
		for _, c := range people[:7] { // now it may see everybody
			w.crm.UndeleteContact(c.ID)
		}
		if err := w.cycle(sync.Sweep); err != nil {
			t.Error(err)
		}
		w.want("", holding)
		w.crm.RemoveContact(people[0].ID)
		if err := w.cycle(sync.Sweep); err != nil {
			t.Error(err)
		}
		w.want("1", goneHere)
		w.checkQuiet()
	})
}

// A person may know better, and the next new token is asked about anew.
func TestEachTokenIsAskedAboutAnew(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: func(r *plan.Config) { r.Identity = "the first" }}, func(w *world) {
		people := w.crowded(80)
		w.run(2 * time.Minute)
		for _, c := range people[:7] {
			w.crm.RemoveContact(c.ID)
		}
		w.rules.Identity = "the second"
		w.restart()
		_ = w.cycle(sync.Everything)
		w.want("0", goneHere)
		w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), store.BrakeReleased)
		_ = w.cycle(sync.Sweep)
		w.want("7", goneHere)
		for _, c := range people[10:17] {
			w.crm.RemoveContact(c.ID)
		}
		w.rules.Identity = "the third"
		w.restart()
		_ = w.cycle(sync.Everything)
		w.want("7", goneHere)
		w.want("identity||held", holding)
	})
}

// partial is a CRM whose lists leave some contacts out, and which denies them by id too.
type partial struct {
	*ghl.Client
	hidden map[ghl.ContactID]bool
}

func (p *partial) SearchContacts(ctx context.Context, q ghl.ContactQuery) iter.Seq2[ghl.Page[ghl.Contact], error] {
	return func(yield func(ghl.Page[ghl.Contact], error) bool) {
		for page, err := range p.Client.SearchContacts(ctx, q) {
			var shown []ghl.Contact
			for _, c := range page.Items {
				if !p.hidden[c.ID] {
					shown = append(shown, c)
				}
			}
			page.Items = shown
			if !yield(page, err) {
				return
			}
		}
	}
}

func (p *partial) Contact(ctx context.Context, id ghl.ContactID) (ghl.Contact, error) {
	if p.hidden[id] {
		return ghl.Contact{}, ghl.ErrNotFound
	}
	return p.Client.Contact(ctx, id)
}

// The complaint that a list which broke off made everything else deleted: it says itself that there
// is more.
func TestIncompleteListProvesNothing(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		crm := &partial{hidden: map[ghl.ContactID]bool{}}
		w.crmAs = func(c *ghl.Client) sync.CRM { crm.Client = c; return crm }
		people := w.crowded(40)
		w.restart()
		w.run(2 * time.Minute)
		for _, c := range people[:7] {
			crm.hidden[ghl.ContactID(c.ID)] = true
		}
		err := w.cycle(sync.Sweep)
		if err == nil || !strings.Contains(err.Error(), "there are 40, and shows 33") {
			t.Errorf("nobody is told: %v", err)
		}
		if err := w.cycle(sync.Sweep); err != nil {
			t.Errorf("told again: %v", err)
		}
		w.want("incomplete|contact|held", holding)
		w.want("0", goneHere)
		clear(crm.hidden)
		if err := w.cycle(sync.Sweep); err != nil {
			t.Error(err)
		}
		w.want("", holding)
		w.checkQuiet()
	})
}

// The complaint that a failed login needs a person and a fresh start: it ends with the failure.
func TestTransientFailureNeedsNobody(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		people := w.crowded(30)
		w.book(people[1], 24*time.Hour+20*time.Minute)
		w.run(2 * time.Minute)
		w.crm.SetToken("another") // every call is a 401
		w.gate.AddFault(smstest.Fault{Kind: smstest.Unauthorized})
		w.gate.Text(people[0].Phone, "TASK call me")
		w.edit(store.Contact, people[2].ID, store.Fields{"city": "Arlington"})
		w.run(3 * time.Minute)
		_ = w.cycle(sync.Everything)
		w.crm.SetToken(ghltest.DefaultToken)
		w.gate.ClearFaults()
		w.crm.AddFault(ghltest.Fault{Kind: ghltest.CutBefore, Delay: 40 * time.Second, Times: 6}) // time-outs
		w.run(5 * time.Minute)
		w.crm.ClearFaults()
		_ = w.cycle(sync.Everything)
		w.run(30 * time.Minute)
		w.want("0", `SELECT count(*) FROM brakes`)
		w.want("0", goneHere)
		w.wantTexts(people[0].Phone, "Noted")
		w.wantTexts(people[1].Phone, "Hi P1, see you")
		if w.contactNow(people[2].ID).City != "Arlington" || len(w.crm.Tasks()) != 1 {
			t.Errorf("the edit or the task is lost\n%s", w.dump())
		}
		w.checkQuiet()
	})
}

// silent denies the notes of those whom it hides, too.
type silent struct{ *partial }

func (p *silent) ContactNotes(ctx context.Context, id ghl.ContactID) ([]ghl.Note, error) {
	if p.hidden[id] {
		return nil, ghl.ErrNotFound
	}
	return p.Client.ContactNotes(ctx, id)
}

// Whom the CRM denies one by one, where notes are read or something is to be written, is no more deleted
// than whom a list leaves out.
func TestDenialOneByOneProvesNothing(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, token := range []string{"the first", "the second"} {
		t.Run(token, func(t *testing.T) {
			t.Parallel()
			inWorld(t, options{rules: func(r *plan.Config) {
				r.Identity, r.Notes = "the first", plan.NotesRule{Every: time.Hour, Calls: 20}
			}}, func(w *world) {
				people := w.crowded(40)
				w.run(2 * time.Minute)
				w.crmAs = func(c *ghl.Client) sync.CRM {
					p := &silent{&partial{c, map[ghl.ContactID]bool{}}}
					for _, c := range people[:30] {
						p.hidden[ghl.ContactID(c.ID)] = true
					}
					return p
				}
				w.rules.Identity = token
				w.restart()
				if token != "the first" {
					w.edit(store.Contact, people[0].ID, store.Fields{"city": "Arlington"})
				}
				w.run(2 * time.Hour)
				w.want("0", goneHere)
				w.crmAs = nil
				w.restart()
				_ = w.cycle(sync.Sweep)
				w.run(2 * time.Hour)
				w.want("", holding)
				w.checkQuiet()
			})
		})
	}
}
