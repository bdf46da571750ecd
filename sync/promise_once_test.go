package sync_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/store/storetest"
	"ghlsms/sync"
)

// Promise 1: a text leaves at most once; a CRM record is created at most once.

var crmFaults = map[string]ghltest.Fault{
	"refused":        {Kind: ghltest.Refuse},
	"cut before":     {Kind: ghltest.CutBefore},
	"rate limited":   {Kind: ghltest.RateLimited},
	"unauthorized":   {Kind: ghltest.Unauthorized},
	"cut after":      {Kind: ghltest.CutAfter},
	"error after":    {Kind: ghltest.ErrorAfter},
	"gateway error":  {Kind: ghltest.ErrorAfter, Status: 502},
	"created in 422": {Kind: ghltest.CreateThenReject},
	"html":           {Kind: ghltest.HTML},
	"half json":      {Kind: ghltest.HalfJSON},
	"slow":           {Kind: ghltest.Slow, Delay: time.Minute},
}

func TestCreatedAtMostOnce(t *testing.T) {
	t.Parallel()
	for _, what := range []struct{ name, path, effect string }{
		{"contact", "/contacts/$", "contact.create"},
		{"task", "/contacts/*/tasks", "task.create"},
		{"note", "/contacts/*/notes", "note.create"},
	} {
		for name, fault := range crmFaults {
			if name == "created in 422" && what.name != "contact" {
				continue // only contacts are known to be
			}
			for times, duplicates := range map[int]bool{1: true, 3: false} {
				if times > 1 && what.name != "contact" {
					continue
				}
				t.Run(fmt.Sprintf("%s/%s/%d", what.name, name, times), func(t *testing.T) {
					oneOf(t, 3)
					if name != "cut after" {
						heavy(t)
					}
					t.Parallel()
					o := options{crm: ghltest.Options{IndexLag: 30 * time.Second, AllowDuplicates: duplicates}}
					inWorld(t, o, func(w *world) {
						w.full()
						fault := fault
						fault.Method, fault.Path, fault.Times = "POST", what.path, times
						w.crm.AddFault(fault)
						w.gate.Text("+12025550177", "Hi, I'm Jane Doe, jane.doe@example.com")
						w.runEvery(30*time.Minute, time.Minute, 1)
						if what.name == "contact" && duplicates && (name == "refused" || name == "cut before") {
							// Nothing but a person can tell that it was not made.
							w.want("contact.create|unknown", `SELECT kind, state FROM outbox WHERE state = 'unknown'`)
							id, err := strconv.ParseInt(w.one(`SELECT id FROM outbox WHERE state = 'unknown'`), 10, 64)
							if err != nil {
								t.Fatal(err)
							}
							w.update(func(tx *store.Tx) error { return tx.Retry(w.ctx, id) })
							w.run(5 * time.Minute)
						}
						if got := len(w.crm.Contacts()); got != 1 {
							t.Errorf("%d contacts\n%s", got, w.dump())
						}
						if got := w.effects(what.effect); len(got) != 1 {
							t.Errorf("created: %v\n%s", got, w.dump())
						}
						if len(w.crm.Tasks()) != 1 || len(w.crm.Notes()) != 1 {
							t.Errorf("tasks %v, notes %v\n%s", w.crm.Tasks(), w.crm.Notes(), w.dump())
						}
						w.wantTexts("+12025550177", "Thanks Jane")
						w.checkQuiet()
					})
				})
			}
		}
	}
}

// Two tasks with the same words are two tasks, also when one is in doubt.
func TestTwinTasksInDoubt(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(time.Minute)
		w.crm.AddFault(ghltest.Fault{Method: "POST", Path: "/contacts/*/tasks", Kind: ghltest.CutAfter, Times: 2})
		w.gate.Text(ann.Phone, "TASK call me")
		w.gate.Text(ann.Phone, "TASK call me")
		w.run(30 * time.Minute)
		if n := len(w.crm.Tasks()); n != 2 {
			t.Errorf("%d tasks\n%s", n, w.dump())
		}
		w.checkQuiet()
	})
}

// The answer to the creation of a task is lost, and the CRM spells the title its own way: it is that task all the same.
func TestATaskThatTheCRMSpellsItsOwnWay(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	for asked, kept := range map[string]string{
		"call Tom & Liz":         "call Tom &amp; Liz",
		`say "hello" to O'Hara`:  "say “hello” to O’Hara",
		"send the cake 🎂 please": "send the cake  please",
		"call me back.":          "call me back",
		"pay 1,250.50 to Ann":    "Pay 1,250.50 to Ann",
	} {
		inWorld(t, options{}, func(w *world) {
			ann := w.person("Ann", "+12025550101")
			w.run(time.Minute)
			w.crm.AddFault(ghltest.Fault{Method: "POST", Path: "/contacts/*/tasks", Kind: ghltest.CutAfter, Times: 1})
			w.crm.OnRequest(func(r ghltest.Request, p ghltest.Phase) {
				if id, made := strings.CutPrefix(r.Effect, "task.create "); made && p == ghltest.After {
					w.crm.EditTask(id, func(t *ghltest.Task) { t.Title = kept })
				}
			})
			w.gate.Text(ann.Phone, "TASK "+asked)
			w.run(20 * time.Minute)
			if all := w.crm.Tasks(); len(all) != 1 {
				t.Errorf("%s: %d tasks %v\n%s", asked, len(all), all, w.dump())
			}
			w.checkQuiet()
		})
	}
}

func TestTextLeavesOnceThroughClearFailures(t *testing.T) {
	heavy(t)
	t.Parallel()
	for name, fault := range map[string]smstest.Fault{
		"refused":      {Kind: smstest.Refuse},
		"rate limited": {Kind: smstest.RateLimited, RetryAfter: 20 * time.Second},
		"unauthorized": {Kind: smstest.Unauthorized},
		"no credit":    {Kind: smstest.NoCredit},
	} {
		t.Run(name, func(t *testing.T) {
			oneOf(t, 3)
			t.Parallel()
			inWorld(t, options{}, func(w *world) {
				ann := w.person("Ann", "+12025550101")
				w.run(time.Minute)
				fault := fault
				fault.Method, fault.Path, fault.Times = "POST", "/sms/send", 2
				w.gate.AddFault(fault)
				w.gate.Text(ann.Phone, "TASKS")
				w.run(20 * time.Minute)
				w.wantTexts(ann.Phone, "Nothing is open")
				w.checkQuiet()
			})
		})
	}
	t.Run("down", func(t *testing.T) {
		oneOf(t, 3)
		inWorld(t, options{}, func(w *world) {
			ann := w.person("Ann", "+12025550101")
			w.run(time.Minute)
			w.gate.Text(ann.Phone, "TASKS")
			w.gate.AddFault(smstest.Fault{Method: "POST", Kind: smstest.Refuse})
			w.run(time.Minute)
			w.gate.SetDown(true)
			w.run(3 * time.Hour)
			w.gate.ClearFaults()
			w.gate.SetDown(false)
			w.run(2 * time.Hour)
			w.wantTexts(ann.Phone, "Nothing is open")
			w.checkQuiet()
		})
	})
}

func TestTextLeavesAtMostOnceThroughUnclearAnswers(t *testing.T) {
	heavy(t)
	t.Parallel()
	for name, fault := range map[string]smstest.Fault{
		"cut after":   {Kind: smstest.CutAfter},
		"error after": {Kind: smstest.ErrorAfter},
		"html":        {Kind: smstest.HTML},
		"half json":   {Kind: smstest.HalfJSON},
		"slow":        {Kind: smstest.Slow},
	} {
		t.Run(name, func(t *testing.T) {
			oneOf(t, 3)
			t.Parallel()
			inWorld(t, options{gate: smstest.Options{ListLag: time.Minute}}, func(w *world) {
				ann := w.person("Ann", "+12025550101")
				w.run(time.Minute)
				fault := fault
				fault.Method, fault.Path, fault.Times = "POST", "/sms/send", 1
				w.gate.AddFault(fault)
				w.gate.Text(ann.Phone, "TASKS")
				w.run(45 * time.Second)
				w.want("unknown", `SELECT state FROM v1_outbox`)
				w.run(20 * time.Minute)
				w.wantTexts(ann.Phone, "Nothing is open")
				w.want("done", `SELECT state FROM v1_outbox`)
				w.want("delivered", `SELECT delivery FROM texts`)
				w.checkQuiet()
			})
		})
	}
	for name, fault := range map[string]smstest.Fault{
		"cut before":   {Kind: smstest.CutBefore},
		"error before": {Kind: smstest.ErrorBefore},
	} {
		t.Run(name, func(t *testing.T) {
			oneOf(t, 3)
			t.Parallel()
			inWorld(t, options{}, func(w *world) {
				ann := w.person("Ann", "+12025550101")
				w.run(time.Minute)
				fault := fault
				fault.Method, fault.Path, fault.Times = "POST", "/sms/send", 1
				w.gate.AddFault(fault)
				w.gate.Text(ann.Phone, "TASKS")
				w.runEvery(72*time.Hour, 15*time.Minute, 1)
				w.wantTexts(ann.Phone) // never again by itself
				w.want("unknown", `SELECT state FROM v1_outbox`)
				if reason := w.one(`SELECT reason FROM outbox`); !strings.Contains(reason, "ghlsms outbox show 1") {
					t.Errorf("nobody is told what to do: %s", reason)
				}
				first := store.Table{}
				w.view(func(tx *store.Tx) (err error) { first, err = tx.RunReport(w.ctx, "outbox", 1); return err })
				if !slices.Contains(first.Rows[0], any("unknown")) {
					t.Errorf("the unclear text is not the first row: %v", first.Rows)
				}
			})
		})
	}
}

func TestUnclearTextIsRetriedByHand(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(time.Minute)
		w.gate.AddFault(smstest.Fault{Method: "POST", Path: "/sms/send", Kind: smstest.CutBefore, Times: 1})
		w.gate.Text(ann.Phone, "TASKS")
		w.run(30 * time.Minute)
		w.update(func(tx *store.Tx) error { return tx.Retry(w.ctx, 1) })
		w.run(time.Minute)
		w.wantTexts(ann.Phone, "Nothing is open")
		w.checkQuiet()
	})
}

// The same words to the same person twice: while the first is in doubt the second waits, so
// that the one found is the one that was sent.
func TestTwinOfAnUnclearTextWaits(t *testing.T) {
	t.Parallel()
	inWorld(t, options{gate: smstest.Options{ListLag: 3 * time.Minute}}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(time.Minute)
		w.gate.AddFault(smstest.Fault{Method: "POST", Path: "/sms/send", Kind: smstest.CutAfter, Times: 1})
		w.gate.Text(ann.Phone, "TASKS")
		w.run(time.Minute)
		w.gate.Text(ann.Phone, "TASKS")
		w.run(time.Minute)
		w.wantTexts(ann.Phone, "Nothing is open")
		w.run(20 * time.Minute)
		w.wantTexts(ann.Phone, "Nothing is open", "Nothing is open")
		w.want("done\ndone", `SELECT state FROM v1_outbox ORDER BY id`)
		w.want("2", `SELECT count(DISTINCT gateway_id) FROM texts`)
	})
}

// A contact that meanwhile exists is taken for ours and keeps what it says.
func TestCreateAdoptsTheContactThatIsThere(t *testing.T) {
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{IndexLag: 30 * time.Second}}, func(w *world) {
		w.run(time.Minute)
		w.gate.Text("+12025550177", "Hi, I'm Jane Doe, jane.doe@example.com")
		w.crm.AddContact(ghltest.Contact{FirstName: "Janet", Email: "jane.doe@example.com", Tags: []string{"patient"}})
		w.run(20 * time.Minute)
		all := w.crm.Contacts()
		if len(all) != 1 || all[0].FirstName != "Janet" || all[0].LastName != "Doe" || all[0].Phone != "+12025550177" ||
			!slices.Equal(all[0].Tags, []string{"patient", "via-sms"}) {
			t.Errorf("contacts: %+v", all)
		}
		w.checkQuiet()
	})
}

// Somebody deletes the contact while the outcome of what was made for it is unclear.
func TestUnclearOutcomeOfAGoneContactEnds(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(time.Minute)
		w.crm.AddFault(ghltest.Fault{Method: "POST", Path: "/contacts/*/tasks", Kind: ghltest.CutAfter})
		w.crm.AddFault(ghltest.Fault{Method: "POST", Path: "/contacts/*/notes", Kind: ghltest.CutAfter})
		w.gate.Text(ann.Phone, "TASK call me")
		w.gate.Text(ann.Phone, "Lovely weather")
		w.run(30 * time.Second)
		w.crm.RemoveContact(ann.ID)
		w.runEvery(26*time.Hour, 10*time.Minute, 1)
		w.want("0", `SELECT count(*) FROM outbox WHERE state IN ('unknown', 'sending', 'pending')`)
		if err := w.cycle(sync.Everything); err != nil {
			t.Error(err)
		}
	})
}
