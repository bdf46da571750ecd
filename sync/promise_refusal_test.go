package sync_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store/storetest"
)

const sendPath = "/sms/send"

// fiveDue are five people who are to be reminded now.
func fiveDue(w *world) (all []ghltest.Contact) {
	for i, name := range []string{"Ann", "Bob", "Cid", "Dee", "Eve"} {
		c := w.person(name, fmt.Sprintf("+1202555010%d", i))
		w.book(c, 24*time.Hour+time.Minute)
		all = append(all, c)
	}
	w.run(time.Minute)
	return all
}

// tries lists to whom the gateway was asked to send a text, in order.
func (w *world) tries() (to []string) {
	for _, r := range w.gate.Log() {
		if r.Path == sendPath {
			_, rest, _ := strings.Cut(string(r.Body), `"to":"`)
			number, _, _ := strings.Cut(rest, `"`)
			to = append(to, number)
		}
	}
	return to
}

// Whatever keeps every text from leaving uses none of them up: it is told while it lasts, few tries are made, each for
// another person, and everybody is reminded within minutes of the remedy, once.
func TestARefusalThatMeetsEverybody(t *testing.T) {
	t.Parallel()
	page := func(status int) smstest.Fault { return smstest.Fault{Kind: smstest.Page, Status: status} }
	says := func(status int, words string) smstest.Fault {
		return smstest.Fault{Kind: smstest.ErrorBefore, Status: status, Says: words}
	}
	faults := map[string]smstest.Fault{
		"400 of a page": page(400), "403 of a page": page(403), "404 of a page": page(404), "405 of a page": page(405),
		"410 of a page": page(410), "421 of a page": page(421), "426 of a page": page(426),
		"401": {Kind: smstest.Unauthorized}, "402": {Kind: smstest.NoCredit},
		"404": says(404, "Not Found"), "405": says(405, "Method Not Allowed"),
		"balance, 200": says(200, "Your balance is not enough"), "credit, 400": says(400, "Insufficient credit"),
		"sender, 422": says(422, "Sender ID is not approved"), "account, 403": says(403, "Your account is suspended"),
		"account, 400": says(400, "Your account is suspended"), "no reason, 400": says(400, "Not now"), "no reason, 200": says(200, ""),
		"429": {Kind: smstest.RateLimited, RetryAfter: 30 * time.Second},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			oneOf(t, 4)
			t.Parallel()
			inWorld(t, options{}, func(w *world) {
				fault.Method, fault.Path = "POST", sendPath
				w.gate.AddFault(fault)
				people := fiveDue(w)
				w.run(4 * time.Minute)
				w.want("1", `SELECT count(*) > 0 FROM v1_troubles WHERE ended_at IS NULL AND kind GLOB 'gateway-*'`)
				w.want("", `SELECT state, reason FROM outbox WHERE kind = 'text.send' AND state NOT IN ('pending', 'done')`)
				tried := w.tries()
				if len(tried) < 3 || len(tried) > 12 || fault.Kind != smstest.RateLimited && tried[1] == tried[2] {
					t.Errorf("tried for %v", tried)
				}
				w.gate.ClearFaults()
				w.run(3 * time.Minute)
				for _, c := range people {
					w.wantTexts(c.Phone, "see you")
				}
				w.want("0", `SELECT count(*) FROM v1_troubles WHERE ended_at IS NULL AND kind GLOB 'gateway-*'`)
				w.want("0", `SELECT count(*) FROM outbox WHERE state IN ('failed', 'dropped', 'unknown')`)
			})
		})
	}
}

// A refusal that is plainly about one number ends that text at once, and no other.
func TestARefusalThatIsOnePersons(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		w.gate.AddFault(smstest.Fault{Method: "POST", Path: sendPath, Body: "+12025550101", Kind: smstest.ErrorBefore, Status: 400, Says: "The recipient is a landline"})
		people := fiveDue(w)
		w.run(2 * time.Minute)
		for i, c := range people {
			if i != 1 {
				w.wantTexts(c.Phone, "see you")
			}
		}
		w.want("failed|1", `SELECT state, reason GLOB '*landline*' FROM outbox WHERE kind = 'text.send' AND state <> 'done'`)
		if n := len(slices.DeleteFunc(w.tries(), func(to string) bool { return to != "+12025550101" })); n != 1 {
			t.Errorf("%d tries", n)
		}
	})
}

// A refusal that says nothing is about one text if others leave meanwhile. Where no other leaves, it is tried until its
// time is over, and then says what kept it.
func TestARefusalThatIsNotExplained(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	t.Run("others leave", func(t *testing.T) {
		inWorld(t, options{}, func(w *world) {
			w.gate.AddFault(smstest.Fault{Method: "POST", Path: sendPath, Body: "+12025550101", Kind: smstest.ErrorBefore, Status: 400, Says: "Cannot process"})
			people := fiveDue(w)
			w.run(5 * time.Minute)
			for i, c := range people {
				if i != 1 {
					w.wantTexts(c.Phone, "see you")
				}
			}
			w.want("failed|1", `SELECT state, reason GLOB '*Cannot process*' FROM outbox WHERE kind = 'text.send' AND state <> 'done'`)
			if n := len(slices.DeleteFunc(w.tries(), func(to string) bool { return to != "+12025550101" })); n != 2 {
				t.Errorf("%d tries", n)
			}
		})
	})
	t.Run("nobody else is texted", func(t *testing.T) {
		inWorld(t, options{}, func(w *world) {
			w.gate.AddFault(smstest.Fault{Method: "POST", Path: sendPath, Kind: smstest.ErrorBefore, Status: 400, Says: "Cannot process"})
			ann := w.person("Ann", "+12025550101")
			w.book(ann, 24*time.Hour+time.Minute)
			w.run(10 * time.Minute)
			w.want("pending", `SELECT state FROM outbox WHERE kind = 'text.send'`)
			w.gate.ClearFaults()
			w.run(10 * time.Minute)
			w.wantTexts(ann.Phone, "see you")
		})
	})
	t.Run("until it is too late", func(t *testing.T) {
		inWorld(t, options{}, func(w *world) {
			w.gate.AddFault(smstest.Fault{Method: "POST", Path: sendPath, Kind: smstest.ErrorBefore, Status: 400, Says: "Cannot process"})
			ann := w.person("Ann", "+12025550101")
			w.book(ann, 24*time.Hour+time.Minute)
			w.runEvery(14*time.Hour, time.Minute, 1)
			w.wantTexts(ann.Phone)
			w.want("dropped|1", `SELECT state, reason GLOB 'it was too late: *Cannot process*' FROM outbox WHERE kind = 'text.send'`)
		})
	})
}

// The text that was refused first does not try for all: while sending is refused each try is another person's.
func TestEachTryIsAnotherPersons(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		w.gate.SetBalance(0)
		fiveDue(w)
		w.run(10 * time.Minute)
		if tried := w.tries(); len(tried) < 5 || len(slices.Compact(slices.Sorted(slices.Values(tried[:5])))) != 5 {
			t.Errorf("tried for %v", tried)
		}
	})
}

// An account that shows some credit and still refuses texts for want of it has none: only a fuller one, or a text that
// leaves, ends it.
func TestCreditIsThereWhenATextLeaves(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	const open = `SELECT count(*) FROM v1_troubles WHERE kind = 'gateway-credit' AND ended_at IS NULL`
	inWorld(t, options{}, func(w *world) {
		w.gate.SetBalance(0.01)
		w.gate.AddFault(smstest.Fault{Method: "POST", Path: sendPath, Kind: smstest.NoCredit})
		people := fiveDue(w)
		for range 20 {
			w.run(time.Minute)
			w.want("1", open)
		}
		w.want("1", `SELECT count(*) FROM v1_troubles WHERE kind = 'gateway-credit'`)
		w.gate.ClearFaults()
		w.gate.SetBalance(50)
		w.run(3 * time.Minute)
		w.want("0", open)
		for _, c := range people {
			w.wantTexts(c.Phone, "see you")
		}
	})
}

// What waited for a token or a key leaves within minutes of the remedy.
func TestEntryIsThereAtOnce(t *testing.T) {
	t.Parallel()
	const open = `SELECT count(*) FROM v1_troubles WHERE kind IN ('crm-entry', 'gateway-entry') AND ended_at IS NULL`
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(2 * time.Minute)
		w.crm.SetToken("another")
		w.gate.Text(ann.Phone, "TASK call me")
		w.run(30 * time.Minute)
		w.want("1", open)
		w.crm.SetToken(ghltest.DefaultToken)
		w.run(3 * time.Minute)
		if len(w.crm.Tasks()) != 1 {
			t.Errorf("the task is not in the CRM\n%s", w.dump())
		}
		w.want("0", open)
		w.gate.SetKey("another")
		w.book(ann, 24*time.Hour+time.Minute)
		w.run(20 * time.Minute)
		w.want("1", open)
		w.gate.SetKey(smstest.DefaultKey)
		w.run(3 * time.Minute)
		w.wantTexts(ann.Phone, "Noted", "see you")
		w.want("0", open)
	})
}

// A gateway that does not take opt-outs is not asked without end. That they are heeded here does not depend on it.
func TestAnOptOutThatTheGatewayCannotTake(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	for _, fault := range []smstest.Fault{{Kind: smstest.ErrorBefore, Status: 404, Says: "Not Found"}, {Kind: smstest.Page, Status: 404}, {Kind: smstest.HTML}, {Kind: smstest.ErrorBefore}} {
		inWorld(t, options{}, func(w *world) {
			ann := w.person("Ann", "+12025550101")
			w.run(time.Minute)
			fault.Method, fault.Path = "POST", "/v1/people/contacts/optout"
			w.gate.AddFault(fault)
			w.gate.Text(ann.Phone, "STOP")
			w.run(2 * time.Hour)
			if n := len(slices.DeleteFunc(w.gate.Log(), func(r smstest.Request) bool { return r.Path != fault.Path })); n < 1 || n > 70 {
				t.Errorf("%v: asked %d times in two hours", fault, n)
			}
			w.want("1", `SELECT count(*) > 0 FROM v1_troubles WHERE ended_at IS NULL`)
			w.book(ann, 24*time.Hour+time.Minute)
			w.run(5 * time.Minute)
			w.wantTexts(ann.Phone, stopped)
		})
	}
}
