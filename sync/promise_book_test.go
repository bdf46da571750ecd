package sync_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/store/storetest"
	"ghlsms/sync/merge"
	"ghlsms/sync/plan"
)

// withBook keeps contacts tagged "news" and the list "Clinic" in step.
func withBook(change func(*merge.BookRule)) func(*plan.Config) {
	return func(r *plan.Config) {
		r.Book = &merge.BookRule{Tag: "news", List: "Clinic", In: true, Out: true}
		if change != nil {
			change(r.Book)
		}
	}
}

// onList is whom the gateway has on the list: number, first name, email.
func (w *world) onList(list string) (all []string) {
	for _, p := range w.gate.People(list) {
		all = append(all, strings.Join([]string{p.Phone, p.FirstName, p.Email}, " "))
	}
	slices.Sort(all)
	return all
}

func (w *world) wantList(list string, want ...string) {
	w.t.Helper()
	if got := w.onList(list); !slices.Equal(got, want) {
		w.t.Errorf("on the list %q, want %q\n%s", got, want, w.dump())
	}
}

func (w *world) tag(c ghltest.Contact, tags ...string) {
	w.crm.EditContact(c.ID, func(c *ghltest.Contact) { c.Tags = tags })
}

func TestAddressBookGoesBothWays(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: withBook(nil), gate: smstest.Options{PeopleLag: time.Minute}}, func(w *world) {
		list := w.gate.AddList("Clinic")
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		w.tag(ann, "news")
		w.gate.PutPersonByHand(list, smstest.Person{Phone: "+12025550109", FirstName: "Zoe", LastName: "Day", Email: "zoe@example.com"})
		w.gate.PutPersonByHand(list, smstest.Person{Phone: bob.Phone, FirstName: "Bob", LastName: "Doe", Email: "bob@example.com"})
		w.run(40 * time.Minute)
		// Ann has the tag, Bob gets it, Zoe becomes a contact.
		w.wantList(list, "+12025550101 Ann ann@example.com", "+12025550102 Bob bob@example.com", "+12025550109 Zoe zoe@example.com")
		w.want("Ann|[\"news\"]\nBob|[\"news\"]\nZoe|[\"news\"]", `SELECT first_name, tags FROM v1_contacts ORDER BY 1`)
		if n := len(w.crm.Contacts()); n != 3 {
			t.Errorf("%d contacts in the CRM", n)
		}
		w.checkQuiet()

		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.Email = "ann@new.example" })
		w.gate.EditPerson(bob.Phone, func(p *smstest.Person) { p.FirstName = "Robert" })
		w.run(40 * time.Minute)
		w.wantList(list, "+12025550101 Ann ann@new.example", "+12025550102 Robert bob@example.com", "+12025550109 Zoe zoe@example.com")
		if c := w.contactNow(bob.ID); c.FirstName != "Robert" {
			t.Errorf("the CRM has %q", c.FirstName)
		}
		w.checkQuiet()
	})
}

// Both sides changed the same field: the policy decides, and the loser is kept.
func TestAddressBookConflict(t *testing.T) {
	heavy(t)
	t.Parallel()
	for policy, want := range map[merge.Policy]string{
		merge.CRMWins: "CRM|CRM|crm", merge.GatewayWins: "Gate|Gate|local", merge.NewestWins: "Gate|Gate|local", merge.Ask: "CRM|Gate|neither", "": "CRM|CRM|crm",
	} {
		t.Run("policy "+string(policy), func(t *testing.T) {
			oneOf(t, 3)
			t.Parallel()
			inWorld(t, options{rules: withBook(func(b *merge.BookRule) { b.Merge.Policy = policy })}, func(w *world) {
				list := w.gate.AddList("Clinic")
				ann := w.person("Ann", "+12025550101")
				w.tag(ann, "news")
				w.run(40 * time.Minute)
				w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.FirstName = "CRM" })
				w.gate.SetDown(true) // so that neither hears of the other first
				w.run(5 * time.Minute)
				w.gate.EditPerson(ann.Phone, func(p *smstest.Person) { p.FirstName = "Gate" })
				w.gate.SetDown(false)
				w.run(40 * time.Minute)
				all := []string{w.contactNow(ann.ID).FirstName, w.gate.People(list)[0].FirstName}
				for _, row := range w.rows(`SELECT kept FROM conflicts WHERE entity = 'entry'`) {
					all = append(all, row[0])
				}
				if got := strings.Join(all, "|"); got != want {
					t.Errorf("%s, want %s\n%s", got, want, w.dump())
				}
				w.checkQuiet()
			})
		})
	}
}

// Leaving one side is leaving the other only where that is wanted.
func TestLeavingTheAddressBook(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, deletes := range []bool{false, true} {
		inWorld(t, options{rules: withBook(func(b *merge.BookRule) { b.Deletes = deletes })}, func(w *world) {
			list := w.gate.AddList("Clinic")
			ann, bob, cat := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102"), w.person("Cat", "+12025550103")
			for _, c := range []ghltest.Contact{ann, bob, cat} {
				w.tag(c, "news")
			}
			w.run(40 * time.Minute)
			w.tag(ann)
			w.gate.RemovePersonByHand(list, bob.Phone)
			w.run(90 * time.Minute)
			bobs := w.contactNow(bob.ID).Tags
			if deletes {
				w.wantList(list, "+12025550103 Cat cat@example.com")
				if len(bobs) != 0 {
					t.Errorf("Bob still has %v", bobs)
				}
			} else {
				w.wantList(list, "+12025550101 Ann ann@example.com", "+12025550103 Cat cat@example.com")
				if len(bobs) != 1 {
					t.Errorf("Bob has %v", bobs)
				}
			}
			w.checkQuiet()
		})
	}
}

// Promise 3: what the gateway changed since its list was read is not overwritten by what the CRM
// changed meanwhile, though a person is put as a whole.
func TestAddressBookPutKeepsWhatTheGatewayChanged(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: withBook(nil)}, func(w *world) {
		list := w.gate.AddList("Clinic")
		ann := w.person("Ann", "+12025550101")
		w.tag(ann, "news")
		w.run(40 * time.Minute)
		w.gate.EditPerson(ann.Phone, func(p *smstest.Person) { p.LastName = "Gate" })
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.FirstName = "Anna" })
		w.run(40 * time.Minute)
		c, p := w.contactNow(ann.ID), w.gate.People(list)[0]
		if got := c.FirstName + " " + c.LastName + "|" + p.FirstName + " " + p.LastName; got != "Anna Gate|Anna Gate" {
			t.Errorf("the CRM and the gateway have %s\n%s", got, w.dump())
		}
		w.want("0", `SELECT count(*) FROM conflicts`)
		w.checkQuiet()
	})
}

// Whom we took off the list and who is shown on it for a while does not join again; who is put back
// much later does.
func TestLaggingListOfWhomWeTookOff(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: withBook(func(b *merge.BookRule) { b.Deletes = true }), gate: smstest.Options{PeopleLag: 2 * time.Hour}}, func(w *world) {
		list := w.gate.AddList("Clinic")
		ann := w.person("Ann", "+12025550101")
		w.tag(ann, "news")
		w.run(3 * time.Hour)
		w.tag(ann)
		w.runEvery(4*time.Hour, 5*time.Minute, 1)
		w.wantList(list)
		if tags := w.contactNow(ann.ID).Tags; len(tags) != 0 {
			t.Errorf("the tag is back: %v\n%s", tags, w.dump())
		}
		w.checkQuiet()
		w.runEvery(26*time.Hour, time.Hour, 1)
		w.gate.PutPersonByHand(list, smstest.Person{Phone: ann.Phone, FirstName: "Ann", LastName: "Doe", Email: "ann@example.com"})
		w.runEvery(4*time.Hour, 5*time.Minute, 1)
		if tags := w.contactNow(ann.ID).Tags; len(tags) != 1 {
			t.Errorf("put back by hand, and has %v\n%s", tags, w.dump())
		}
		w.checkQuiet()
	})
}

// Each direction alone leaves the other side as it is.
func TestAddressBookOneWay(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, out := range []bool{false, true} {
		inWorld(t, options{rules: withBook(func(b *merge.BookRule) { b.In, b.Out = !out, out })}, func(w *world) {
			list := w.gate.AddList("Clinic")
			w.tag(w.person("Ann", "+12025550101"), "news")
			w.gate.PutPersonByHand(list, smstest.Person{Phone: "+12025550109", FirstName: "Zoe"})
			w.run(40 * time.Minute)
			listed, contacts := len(w.gate.People(list)), len(w.crm.Contacts())
			if out && (listed != 2 || contacts != 1) || !out && (listed != 1 || contacts != 2) {
				t.Errorf("out %v: %d on the list, %d contacts\n%s", out, listed, contacts, w.dump())
			}
			w.checkQuiet()
		})
	}
}

// Promise 5: an opt-out at the gateway is one here and in the CRM, and the other way round.
func TestOptOutsFlowEverywhere(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann, bob, cat := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102"), w.person("Cat", "+12025550103")
		w.run(2 * time.Minute)
		w.gate.OptOutByHand(ann.Phone)
		w.gate.Text(bob.Phone, "STOP")
		w.crm.EditContact(cat.ID, func(c *ghltest.Contact) { c.DNDSettings = map[string]ghltest.DNDSetting{"SMS": {Status: "active"}} })
		w.run(40 * time.Minute)
		for _, c := range []ghltest.Contact{ann, bob, cat} {
			if s := w.contactNow(c.ID).DNDSettings["SMS"].Status; s != "active" {
				t.Errorf("%s: the CRM has %q", c.FirstName, s)
			}
			if !slices.Contains(w.gate.OptedOut(), c.Phone) {
				t.Errorf("%s is not opted out at the gateway\n%s", c.FirstName, w.dump())
			}
		}
		w.want("+12025550101|gateway\n+12025550102|text\n+12025550103|crm", `SELECT number, source FROM v1_opt_outs ORDER BY 1`)
		w.checkQuiet()

		w.gate.Text(bob.Phone, "START")
		w.crm.EditContact(cat.ID, func(c *ghltest.Contact) { c.DNDSettings["SMS"] = ghltest.DNDSetting{Status: "inactive"} })
		w.run(40 * time.Minute)
		w.want("+12025550101", `SELECT number FROM v1_opt_outs WHERE lifted_at IS NULL`)
		if got := w.gate.OptedOut(); !slices.Equal(got, []string{ann.Phone}) {
			t.Errorf("opted out at the gateway: %v", got)
		}
		w.checkQuiet()
	})
}

// A contact that gets an opted-out number is told to the CRM, once: a person may lift it there.
func TestOptedOutNumberOfANewContact(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		w.update(func(tx *store.Tx) error {
			return plan.OptOut(w.ctx, tx, store.OptOut{Number: "+12025550101", Source: "text", Reason: "texted: STOP"})
		})
		ann := w.person("Ann", "+12025550101")
		w.run(10 * time.Minute)
		if s := w.contactNow(ann.ID).DNDSettings["SMS"].Status; s != "active" {
			t.Errorf("the CRM has %q", s)
		}
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.DNDSettings = nil; c.City = "Boston" })
		w.run(10 * time.Minute)
		if s := w.contactNow(ann.ID).DNDSettings["SMS"].Status; s != "" {
			t.Errorf("a person lifted it, and it is %q again", s)
		}
		w.want("1", `SELECT count(*) FROM v1_opt_outs WHERE lifted_at IS NULL`)
		w.checkQuiet()
	})
}

// What the CRM changes while it is not clear whether an entry was written comes after it.
func TestAddressBookChangeWhileAPutIsInDoubt(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: withBook(nil)}, func(w *world) {
		list := w.gate.AddList("Clinic")
		ann := w.person("Ann", "+12025550101")
		w.tag(ann, "news")
		w.run(40 * time.Minute)
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.FirstName = "Anna" })
		w.gate.AddFault(smstest.Fault{Path: "/v1/people/contacts/create", Kind: smstest.CutBefore, Times: 1})
		w.run(time.Minute)
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.FirstName = "Annabel" })
		w.run(40 * time.Minute)
		w.wantList(list, "+12025550101 Annabel ann@example.com")
		w.checkQuiet()
	})
}

// What the gateway changes back while a put waits is its last word, and the put still comes.
func TestAddressBookChangedBackWhileAPutWaits(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	inWorld(t, options{rules: withBook(nil)}, func(w *world) {
		list := w.gate.AddList("Clinic")
		ann := w.person("Ann", "+12025550101")
		w.tag(ann, "news")
		w.run(40 * time.Minute)
		w.gate.AddFault(smstest.Fault{Path: "/v1/people/contacts/create", Kind: smstest.Refuse})
		w.gate.EditPerson(ann.Phone, func(p *smstest.Person) { p.LastName = "Gate" })
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.FirstName = "Anna" })
		w.run(40 * time.Minute)
		if c := w.contactNow(ann.ID); c.LastName != "Gate" {
			t.Errorf("the CRM has %q", c.LastName)
		}
		w.gate.EditPerson(ann.Phone, func(p *smstest.Person) { p.LastName = "Doe" })
		w.run(40 * time.Minute)
		w.gate.ClearFaults()
		w.run(90 * time.Minute)
		c, p := w.contactNow(ann.ID), w.gate.People(list)[0]
		if got := c.FirstName + " " + c.LastName + "|" + p.FirstName + " " + p.LastName; got != "Anna Doe|Anna Doe" {
			t.Errorf("the CRM and the gateway have %s\n%s", got, w.dump())
		}
		w.checkQuiet()
	})
}

// What a brake holds of a contact does not slip out with what the gateway changes about the same person.
func TestAddressBookKeepsWhatABrakeHolds(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	inWorld(t, options{rules: func(r *plan.Config) { withBook(nil)(r); r.Limits.ChangedShare = 0.5 }}, func(w *world) {
		list := w.gate.AddList("Clinic")
		people := w.crowded(30)
		w.tag(people[0], "news")
		w.run(40 * time.Minute)
		for _, c := range people {
			w.crm.EditContact(c.ID, func(c *ghltest.Contact) { c.FirstName = "X" })
		}
		w.run(2 * time.Minute)
		w.gate.EditPerson(people[0].Phone, func(p *smstest.Person) { p.LastName = "Gate" })
		w.run(40 * time.Minute)
		w.want("changes|contact|held", holding)
		w.wantList(list, "+12025551000 P0 p0@example.com")
		w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), store.BrakeReleased)
		w.run(40 * time.Minute)
		w.wantList(list, "+12025551000 X p0@example.com")
		if c := w.contactNow(people[0].ID); c.LastName != "Gate" {
			t.Errorf("the CRM has %q", c.LastName)
		}
		w.checkQuiet()
	})
}
