package sync_test

import (
	"strings"
	"testing"
	"time"

	"ghlsms/ghl"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/sync"
	"ghlsms/sync/plan"
)

// What became of a text is asked to the end, with pauses that grow.

const fates = `SELECT delivery, reason FROM v1_reminders WHERE rule = 'day-before' ORDER BY id`

// reminded lets a reminder leave whose text gets no further than a status of the gateway's.
func (w *world) reminded(status string) {
	w.t.Helper()
	ann := w.person("Ann", "+12025550101")
	w.gate.Fail(ann.Phone, status)
	w.book(ann, 24*time.Hour+time.Minute)
	w.run(3 * time.Minute)
	w.wantTexts(ann.Phone, "Hi Ann, see you")
}

// asked counts how often the gateway was asked about a text.
func (w *world) asked() (n int) {
	for _, r := range w.gate.Log() {
		if strings.HasPrefix(r.Path, "/message/") {
			n++
		}
	}
	return n
}

func oneReminder(r *plan.Config) { r.Reminders = r.Reminders[:1] }

// Networks that never confirm: the text is asked about less and less, over restarts, and no more after
// three days. The ledger says that nobody knows.
func TestATextWithoutAWordOfItsDeliveryEndsUnclear(t *testing.T) {
	heavy(t)
	t.Parallel()
	for status, want := range map[string]string{
		"SENT":   "unclear|the gateway says sent, and has said no more for 72 hours",
		"QUEUED": "unclear|the gateway says queued, and has said no more for 72 hours",
		"BANANA": "unclear|BANANA",
	} {
		t.Run(status, func(t *testing.T) {
			inWorld(t, options{rules: oneReminder}, func(w *world) {
				w.reminded(status)
				last := 0
				for day := range 3 {
					w.runEvery(23*time.Hour+50*time.Minute, 15*time.Minute, 4)
					w.restart()
					if n := w.asked() - last; n == 0 || day > 0 && n > 24 {
						t.Errorf("asked %d times on day %d", n, day)
					}
					last = w.asked()
				}
				w.runEvery(3*time.Hour, 15*time.Minute, 4)
				w.want(want, fates)
				w.want("0", `SELECT count(*) FROM texts WHERE check_at IS NOT NULL`)
				last = w.asked()
				w.runEvery(6*time.Hour, 15*time.Minute, 4)
				if n := w.asked() - last; n != 0 {
					t.Errorf("asked %d times after the end", n)
				}
			})
		})
	}
}

// While nobody can be asked nothing ends, however long that takes: a gateway that is away, and a process
// that sleeps.
func TestAFateIsStillLearnedAfterDays(t *testing.T) {
	heavy(t)
	t.Parallel()
	t.Run("the gateway is away", func(t *testing.T) {
		inWorld(t, options{rules: oneReminder, gate: smstest.Options{DeliverAfter: 4 * 24 * time.Hour}}, func(w *world) {
			w.reminded("")
			w.gate.SetDown(true)
			w.runEvery(5*24*time.Hour, 20*time.Minute, 12)
			w.want("queued|", fates)
			w.gate.SetDown(false)
			w.runEvery(3*time.Hour, 15*time.Minute, 4)
			w.want("delivered|", fates)
		})
	})
	t.Run("the process sleeps", func(t *testing.T) {
		inWorld(t, options{rules: oneReminder, gate: smstest.Options{DeliverAfter: 5*24*time.Hour + 30*time.Minute}}, func(w *world) {
			w.reminded("")
			time.Sleep(5 * 24 * time.Hour)
			w.restart()
			w.gate.AddFault(smstest.Fault{Method: "GET", Path: "/message/", Kind: smstest.ErrorBefore, Times: 1})
			w.runEvery(3*time.Hour, 15*time.Minute, 4)
			w.want("delivered|", fates)
		})
	})
}

// A gateway that has forgotten a text has said what it can, and one that can never tell is not asked for
// ever.
func TestATextThatTheGatewayCannotTellOfEndsUnclear(t *testing.T) {
	heavy(t)
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		after  time.Duration
		why    string
	}{
		"forgotten":  {404, 4 * 24 * time.Hour, "not known to the gateway"},
		"never told": {500, 31 * 24 * time.Hour, "500"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, options{rules: oneReminder}, func(w *world) {
				w.reminded("SENT")
				w.gate.AddFault(smstest.Fault{Method: "GET", Path: "/message/", Kind: smstest.ErrorBefore, Status: c.status, Times: -1})
				w.runEvery(c.after-24*time.Hour-time.Hour, 30*time.Minute, 12)
				w.want("1", `SELECT count(*) FROM texts WHERE check_at IS NOT NULL`)
				w.runEvery(26*time.Hour, 30*time.Minute, 12)
				w.want("0", `SELECT count(*) FROM texts WHERE check_at IS NOT NULL`)
				if got := w.rows(fates); got[0][0] != "unclear" || !strings.Contains(got[0][1], c.why) {
					t.Errorf("%v", got)
				}
			})
		})
	}
}

// A text that another gateway took before the config named this one can be asked about nowhere.
func TestATextOfAnotherGatewayEndsUnclear(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: oneReminder}, func(w *world) {
		w.reminded("SENT")
		w.update(func(tx *store.Tx) error {
			_, err := tx.ExecContext(w.ctx, `UPDATE texts SET gateway = 'gammu'`)
			return err
		})
		w.runEvery(71*time.Hour, 30*time.Minute, 12)
		w.want("sent|", fates)
		w.runEvery(2*time.Hour, 30*time.Minute, 12)
		w.want("unclear|it was given to gammu, which is not the gateway any more", fates)
	})
}

// A clock that runs ahead ends nothing.
func TestAClockThatRunsAheadEndsNoText(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: oneReminder}, func(w *world) {
		crm := &late{}
		w.crmAs = func(c *ghl.Client) sync.CRM { crm.Client = c; return crm }
		w.restart()
		w.reminded("SENT")
		crm.off = 7 * 24 * time.Hour
		time.Sleep(crm.off)
		w.runEvery(5*time.Hour, 5*time.Minute, 1)
		w.want("sent|1", `SELECT delivery, check_at IS NOT NULL FROM texts`)
		crm.off = 0
		w.runEvery(5*time.Hour, 5*time.Minute, 1)
		w.want("unclear|0", `SELECT delivery, check_at IS NOT NULL FROM texts`)
	})
}

// A process that is killed in any request after the text left asks again: what failed is sent once more, and
// that is all.
func TestKilledWhileAskingForAText(t *testing.T) {
	heavy(t)
	t.Parallel()
	r := dayBefore
	r.Retry = 20 * time.Minute
	twice := 0 // it was asked again, after an answer that nobody stored
	for _, p := range []phase{before, after} {
		for k := range 4 {
			inWorld(t, reminding(r), func(w *world) {
				ann := w.person("Ann", "+12025550101")
				w.gate.Fail(ann.Phone, "FAILED")
				w.book(ann, 24*time.Hour+5*time.Minute)
				w.run(4 * time.Minute)
				first := 0
				w.dieAt(func(n int, at phase) bool {
					if first == 0 && at == after && len(w.got(ann.Phone)) == 1 {
						first = n + 1
					}
					return first > 0 && n == first+k && at == p
				})
				w.run(6 * time.Minute)
				twice += w.asked() - 1
				w.run(30 * time.Minute)
				if w.lives != 1 {
					t.Fatalf("%d deaths", w.lives)
				}
				w.want("1|sent|failed\n2|sent|failed", `SELECT version, decision, delivery FROM v1_reminders ORDER BY id`)
				if n := len(w.got(ann.Phone)); n != 2 {
					t.Errorf("%d texts", n)
				}
			})
		}
	}
	if twice == 0 {
		t.Error("never killed between the answer and the mirror")
	}
}

// A text is asked about at the gateway that took it only, also when that is the gateway again.
func TestATextIsAskedAboutWhereItWasGiven(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: oneReminder, gate: smstest.Options{DeliverAfter: time.Hour}}, func(w *world) {
		w.reminded("")
		n, ours := w.asked(), w.engine.Gateway
		w.engine.Gateway = &elsewhere{Gateway: ours}
		w.runEvery(48*time.Hour, 30*time.Minute, 4)
		if more := w.asked() - n; more != 0 {
			t.Errorf("another gateway was asked %d times", more)
		}
		w.engine.Gateway = ours
		w.runEvery(2*time.Hour, 30*time.Minute, 4)
		w.want("delivered|", fates)
	})
}

// That the gateway does not show a text is word of that text, and no failure to read.
func TestATextThatIsNotShownIsNoFailure(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: oneReminder}, func(w *world) {
		w.gate.AddFault(smstest.Fault{Method: "GET", Path: "/message/", Kind: smstest.ErrorBefore, Status: 404})
		w.reminded("SENT")
		if w.asked() == 0 {
			t.Fatal("nobody asked")
		}
		if c := w.source(store.SourceDelivery); !c.FailedAt.IsZero() || c.Error != "" {
			t.Errorf("%+v", c)
		}
	})
}
