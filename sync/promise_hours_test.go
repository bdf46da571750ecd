package sync_test

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/store/storetest"
	"ghlsms/sync/hours"
	"ghlsms/sync/plan"
	"ghlsms/sync/rule"
)

// What rules text people keeps to the hours of who gets it, from when it is decided until it leaves.

// stateHours are eight to nine, an hour less in Florida, and those of Texas.
func stateHours() *hours.Texting {
	h := hoursOf("08:00-21:00")
	h.Regions = map[string]hours.Week{"US-FL": hoursOf("08:00-20:00").Default, "US-TX": hoursOf("mon-sat 09:00-21:00, sun 12:00-21:00").Default}
	return h
}

// reader is somebody with a clock and a law. mayRead shares nothing with the engine: it looks at the clock.
type reader struct {
	name, phone, zone string
	mayRead           func(day time.Weekday, hour int) bool
}

var readers = []reader{
	{"Dana", "+1202555010%d", "", func(_ time.Weekday, hour int) bool { return hour >= 8 && hour < 21 }},
	{"Flo", "+1305555010%d", "", func(_ time.Weekday, hour int) bool { return hour >= 8 && hour < 20 }},
	{"Tex", "+1214555010%d", "America/Chicago", func(day time.Weekday, hour int) bool {
		return hour < 21 && (hour >= 12 || hour >= 9 && day != time.Sunday)
	}},
	{"Cal", "+1213555010%d", "America/Los_Angeles", func(_ time.Weekday, hour int) bool { return hour >= 8 && hour < 21 }},
}

// first is the first minute at which somebody may read of what happened and the rule lets them: within twelve
// hours, and before the hours of the rule end, if it has any. Where those are yet to begin it is within twelve
// hours of that.
func (r reader) first(t *testing.T, happened time.Time, lets func(hour int) bool) (at time.Time, ever bool) {
	zone, err := time.LoadLocation(cmp.Or(r.zone, "America/New_York"))
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Time{}
	for at := happened; begun.IsZero() || at.Sub(begun) < 12*time.Hour; at = at.Add(time.Minute) {
		local := at.In(zone)
		switch allowed := lets(local.Hour()); {
		case allowed && begun.IsZero():
			begun = at
		case !allowed && !begun.IsZero():
			return at, false
		}
		if !begun.IsZero() && r.mayRead(local.Weekday(), local.Hour()) {
			return at, true
		}
	}
	return at, false
}

func TestRulesTextAtHoursForTexting(t *testing.T) {
	heavy(t)
	t.Parallel()
	between := func(r rule.Rule, from, until hours.Clock) rule.Rule {
		r.Between = new(hours.Daily(from, until))
		return r
	}
	late := between(ruleOf("late", "contact created", act("contact created", rule.ActText, "Late, {{.Contact.FirstName}}")), 5*60, 10*60)
	rules := []rule.Rule{
		ruleOf("welcome", "contact created", act("contact created", rule.ActText, "Welcome, {{.Contact.FirstName}}"), act("contact created", rule.ActNotify, "{{.Contact.FirstName}} is new")), late,
	}
	for _, tt := range []struct {
		night string
		noon  time.Time // UTC, on a Saturday
	}{
		{"winter", time.Date(2000, 1, 8, 17, 0, 0, 0, time.UTC)},
		{"the clocks go forward", time.Date(2000, 4, 1, 17, 0, 0, 0, time.UTC)},
		{"the clocks go back", time.Date(2000, 10, 28, 17, 0, 0, 0, time.UTC)},
	} {
		t.Run(tt.night, func(t *testing.T) {
			oneOf(t, 3)
			t.Parallel()
			inWorld(t, options{rules: func(r *plan.Config) {
				with(rules...)(r)
				r.TextingHours, r.Limits = stateHours(), plan.Limits{}
			}}, func(w *world) {
				w.begin(tt.noon)
				w.run(2 * time.Minute)
				type one struct {
					reader
					phone string
					made  time.Time
				}
				var all []one
				for n, after := range []time.Duration{time.Minute, 8*time.Hour + 30*time.Minute, 9*time.Hour + 30*time.Minute, 13*time.Hour + 30*time.Minute, 18 * time.Hour} {
					w.until(tt.noon.Add(after))
					for _, r := range readers {
						phone := fmt.Sprintf(r.phone, n)
						w.crm.AddContact(ghltest.Contact{FirstName: r.name, Phone: phone, Timezone: r.zone})
						all = append(all, one{r, phone, time.Now()})
					}
				}
				w.until(tt.noon.Add(36 * time.Hour))
				never := 0
				for _, c := range all {
					sent := map[string]time.Time{}
					for _, m := range w.gate.SentTo(c.phone) {
						word, _, _ := strings.Cut(m.Text, ",")
						sent[word] = m.At
					}
					for word, lets := range map[string]func(hour int) bool{
						"Welcome": func(int) bool { return true }, "Late": func(hour int) bool { return hour >= 5 && hour < 10 },
					} {
						want, ever := c.first(t, c.made, lets)
						got, left := sent[word]
						if ever != left || left && (got.Before(want) || got.Sub(want) > 15*time.Minute) {
							t.Errorf("%s: %s, made at %s, got %q at %s (%v), want %s (%v)", c.phone, c.name, c.made, word, got, left, want, ever)
						}
						if !ever {
							never++
						}
					}
				}
				if never == 0 {
					t.Error("everybody got everything, so nothing is told of those who did not")
				}
				if n := len(w.got(staff)); n != len(all) {
					t.Errorf("staff heard of %d of %d", n, len(all))
				}
				w.want(fmt.Sprint(never), `SELECT count(*) FROM firings WHERE stopped GLOB '*text: people may not be texted before * and then it is too late'`)
				w.checkQuiet()
			})
		})
	}
}

// A text that was planned for the day and waited into the night waits for the morning, if it is of use then.
func TestRulesTextThatWaitedIntoTheNight(t *testing.T) {
	heavy(t)
	t.Parallel()
	welcome := ruleOf("welcome", "contact created", act("contact created", rule.ActText, "Welcome, {{.Contact.FirstName}}"))
	rules := func(r *plan.Config) {
		with(welcome)(r)
		r.TextingHours = stateHours()
	}
	at := func(hour, minute int) time.Time { return time.Date(2000, 1, 1, hour+5, minute, 0, 0, time.UTC) } // in New York
	for _, tt := range []struct {
		name       string
		made, back time.Time // the person; the gateway
		phone      string
		want       string
	}{
		{"waits for the morning", at(20, 50), at(22, 30), "+12025550101", "13 h"},
		{"is too late in the morning", at(18, 30), at(22, 30), "+12025550101", "people may not be texted at this hour, and later it is too late"},
		{"the gateway is back in the evening", at(19, 40), at(20, 30), "+12025550101", "01 h"},
		{"which is night in Florida", at(19, 40), at(20, 30), "+13055550101", "people may not be texted at this hour, and later it is too late"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			oneOf(t, 3)
			t.Parallel()
			inWorld(t, options{rules: rules}, func(w *world) {
				w.until(tt.made)
				w.person("Ann", tt.phone)
				w.gate.SetDown(true)
				w.until(tt.back)
				w.gate.SetDown(false)
				w.until(at(24+10, 0))
				w.want(tt.want, `SELECT CASE WHEN o.state = 'done' THEN strftime('%H h', o.done_at / 1000, 'unixepoch') ELSE o.reason END
					FROM texts t JOIN outbox o ON o.id = t.outbox_id WHERE t.purpose = 'rule'`)
				w.checkQuiet()
			})
		})
	}
	t.Run("a person lets it go at night", func(t *testing.T) {
		t.Parallel()
		inWorld(t, options{rules: func(r *plan.Config) { rules(r); r.Limits.TextsPerHour = 1 }}, func(w *world) {
			w.until(at(20, 45))
			ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
			w.until(at(22, 0))
			w.update(func(tx *store.Tx) error { return tx.Release(w.ctx, heldID(w)) })
			w.until(at(24+7, 55))
			if n := len(w.got(ann.Phone)) + len(w.got(bob.Phone)); n != 1 {
				t.Errorf("%d of two were texted before the morning\n%s", n, w.dump())
			}
			w.until(at(24+8, 10))
			w.wantTexts(ann.Phone, "Welcome")
			w.wantTexts(bob.Phone, "Welcome")
		})
	})
}

// Who texts at night is answered, by a rule too; not an hour later, and not by a rule that waits. Nobody who
// opts out at night is left without a word.
func TestRulesAnswerAtNight(t *testing.T) {
	heavy(t)
	t.Parallel()
	prices := ruleOf("prices", "text received", act("text received", rule.ActText, "A check-up is 80."))
	prices.Keyword = "prices"
	later := ruleOf("later", "text received", act("text received", rule.ActText, "Still interested?"))
	later.Keyword, later.After = "prices", time.Hour
	inWorld(t, options{rules: func(r *plan.Config) {
		with(prices, later)(r)
		r.TextingHours = stateHours()
	}}, func(w *world) {
		ann, bob, eve := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102"), w.person("Eve", "+12025550103")
		w.run(2 * time.Minute)
		night := time.Date(2000, 1, 2, 4, 0, 0, 0, time.UTC) // eleven in New York
		w.until(night)
		w.gate.Text(ann.Phone, "prices")
		w.gate.Text(eve.Phone, "STOP")
		w.run(5 * time.Minute)
		w.wantTexts(ann.Phone, "A check-up is 80.")
		w.wantTexts(eve.Phone, "")
		w.gate.Text(bob.Phone, "prices")
		w.gate.SetDown(true)
		w.until(night.Add(2 * time.Hour))
		w.gate.SetDown(false)
		w.until(night.Add(8 * time.Hour))
		w.wantTexts(ann.Phone, "A check-up is 80.")
		w.wantTexts(bob.Phone)
		w.until(night.Add(9*time.Hour + 10*time.Minute))
		w.wantTexts(ann.Phone, "A check-up is 80.", "Still interested?")
		w.wantTexts(bob.Phone, "A check-up is 80.", "Still interested?")
	})
}

// A text for weekdays that comes about at a weekend waits for Monday, and leaves then.
func TestRulesTextWaitsForMonday(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	welcome := ruleOf("welcome", "contact created", act("contact created", rule.ActText, "Welcome, {{.Contact.FirstName}}"), act("contact created", rule.ActNotify, "{{.Contact.FirstName}} is new"))
	between, err := hours.ParseBetween("mon-fri 09:00-18:00")
	if err != nil {
		t.Fatal(err)
	}
	welcome.Between = &between
	inWorld(t, options{rules: func(r *plan.Config) {
		with(welcome)(r)
		r.Staff = []sms.Phone{"+12025550190"}
	}}, func(w *world) {
		saturday := time.Date(2000, 1, 1, 15, 0, 0, 0, time.UTC) // ten in the morning in New York
		w.until(saturday)
		ann := w.person("Ann", "+12025550101")
		w.until(saturday.Add(46*time.Hour + 50*time.Minute))
		w.wantTexts(ann.Phone)
		w.wantTexts("+12025550190")
		w.until(saturday.Add(47*time.Hour + 10*time.Minute))
		w.wantTexts(ann.Phone, "Welcome")
		w.wantTexts("+12025550190", "is new")
	})
}

// A text that was planned in the hours of its rule and waited past their end waits for the next ones, if it is of use
// then; else those hours are why it was dropped.
func TestRulesTextThatWaitedPastItsRulesHours(t *testing.T) {
	heavy(t)
	t.Parallel()
	at := func(hour, minute int) time.Time { return time.Date(2000, 1, 1, hour+5, minute, 0, 0, time.UTC) } // in New York
	for _, tt := range []struct {
		name        string
		between     string
		made, back  time.Time // the person; the gateway
		text, staff string
	}{
		{"waits for the next", "08:00-20:40", at(20, 28), at(20, 50), "08 h", "08 h"},
		{"is too late then", "09:00-18:00", at(17, 30), at(19, 0), "the rule texts only 09:00-18:00, and later it is too late", "the rule texts only 09:00-18:00, and later it is too late"},
		{"is back in time", "09:00-18:00", at(17, 0), at(17, 40), "17 h", "17 h"},
		{"over midnight", "14:00-03:00", at(17, 30), at(19, 0), "19 h", "19 h"},
		{"and people's own hours", "14:00-03:00", at(20, 40), at(21, 30), "people may not be texted at this hour, and later it is too late", "21 h"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			oneOf(t, 3)
			t.Parallel()
			between, err := hours.ParseBetween(tt.between)
			if err != nil {
				t.Fatal(err)
			}
			welcome := ruleOf("welcome", "contact created", act("contact created", rule.ActText, "Welcome, {{.Contact.FirstName}}"), act("contact created", rule.ActNotify, "{{.Contact.FirstName}} is new"))
			welcome.Between = &between
			inWorld(t, options{rules: func(r *plan.Config) {
				with(welcome)(r)
				r.TextingHours = stateHours()
			}}, func(w *world) {
				w.until(tt.made)
				w.person("Ann", "+12025550101")
				w.gate.SetDown(true)
				w.until(tt.back)
				w.gate.SetDown(false)
				w.until(at(24+11, 0))
				const became = `SELECT CASE WHEN o.state = 'done' THEN strftime('%H h', o.done_at / 1000 - 5 * 3600, 'unixepoch') ELSE o.reason END
					FROM texts t JOIN outbox o ON o.id = t.outbox_id WHERE t.purpose = ?`
				w.want(tt.text, became, store.ForRule)
				w.want(tt.staff, became, store.ForNotice)
				w.checkQuiet()
			})
		})
	}
	t.Run("who has just texted is answered in the hours of the rule only", func(t *testing.T) {
		t.Parallel()
		prices := ruleOf("prices", "text received", act("text received", rule.ActText, "A check-up is 80."))
		prices.Keyword, prices.Between = "prices", new(hours.Daily(8*60, 20*60))
		inWorld(t, options{rules: with(prices)}, func(w *world) {
			ann := w.person("Ann", "+12025550101")
			w.until(at(19, 40))
			w.gate.Text(ann.Phone, "prices")
			w.gate.AddFault(smstest.Fault{Method: "POST", Path: "/sms/send", Kind: smstest.Refuse})
			w.until(at(20, 20))
			w.gate.ClearFaults()
			w.until(at(24+7, 55))
			w.wantTexts(ann.Phone)
			w.until(at(24+8, 10))
			w.wantTexts(ann.Phone) // twelve hours after it was asked it is of no use
			w.want("the rule texts only 08:00-20:00, and later it is too late", `SELECT reason FROM outbox WHERE kind = 'text.send'`)
		})
	})
}
