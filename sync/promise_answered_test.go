package sync_test

import (
	"strings"
	"testing"
	"time"

	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/store/storetest"
	"ghlsms/sync/plan"
)

// What shows that a text in doubt left: the gateway's list, however late, and the recipient's answer.

var cutAfter = smstest.Fault{Method: "POST", Path: "/sms/send", Kind: smstest.CutAfter, Times: 1}

// unheard is a gateway whose list shows nothing for half a day.
func unheard(rules func(*plan.Config)) options {
	return options{rules: rules, gate: smstest.Options{ListLag: 12 * time.Hour}}
}

const textStates = `SELECT o.state, o.reason, coalesce(t.delivery, ''), t.gateway_id IS NULL FROM texts t JOIN outbox o ON o.id = t.outbox_id ORDER BY o.id`

// doubt lets a reminder leave whose answer is lost.
func (w *world) doubt(number string) {
	w.t.Helper()
	ann := w.person("Ann", number)
	w.gate.AddFault(cutAfter)
	w.book(ann, 24*time.Hour+time.Minute)
	w.run(2 * time.Minute)
	w.wantTexts(number, "Reply C to confirm")
	w.want("unknown", `SELECT state FROM outbox`)
}

func TestAnAnswerSettlesTheTextInDoubt(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	for _, answer := range []string{"C", " c. ", "X"} {
		t.Run(answer, func(t *testing.T) {
			inWorld(t, unheard(oneReminder), func(w *world) {
				w.rules.Reminders[0].Note = true
				w.restart()
				w.doubt(annsNumber)
				w.run(10 * time.Minute)
				w.want("unknown|1", `SELECT state, waits FROM v1_outbox`)
				w.gate.Text(annsNumber, answer)
				w.run(time.Minute)
				w.want("done|the recipient answered it|delivered|1", textStates+" LIMIT 1")
				w.want("sent|the recipient answered it|delivered", `SELECT decision, reason, delivery FROM v1_reminders`)
				w.want("1", `SELECT count(*) FROM v1_notes WHERE body LIKE 'Reminder day-before: Hi Ann%'`) // as for any reminder that left
				w.runEvery(14*time.Hour, 10*time.Minute, 1)
				w.want("0", `SELECT count(*) FROM outbox WHERE state = 'unknown'`)
				if got := w.got(annsNumber); len(got) != 2 || strings.Contains(got[1], "see you") {
					t.Errorf("%q", got)
				}
			})
		})
	}
}

// Everyday words, and words that people text of themselves, prove nothing about what they got.
func TestOtherWordsLeaveTheTextInDoubt(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, answer := range []string{"Yes", "ok", "confirm", "cancel my appointment", "R", "2", "C u tomorrow", "STOP"} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			inWorld(t, unheard(oneReminder), func(w *world) {
				w.doubt(annsNumber)
				w.gate.Text(annsNumber, answer)
				w.run(10 * time.Minute)
				w.want("unknown", `SELECT state FROM outbox WHERE id = 1`)
			})
		})
	}
}

func TestAnAnswerThatMayMeanAnotherTextSettlesNothing(t *testing.T) {
	heavy(t)
	t.Parallel()
	answered := func(w *world, want string) {
		w.t.Helper()
		w.gate.Text(annsNumber, "C")
		w.run(time.Minute)
		w.want(want, `SELECT o.state FROM outbox o JOIN reminders r ON r.outbox_id = o.id ORDER BY o.id`)
	}
	again := func(w *world, in time.Duration) {
		for _, c := range w.crm.Contacts() {
			w.book(c, in)
		}
	}
	t.Run("one that left", func(t *testing.T) {
		inWorld(t, unheard(oneReminder), func(w *world) {
			w.book(w.person("Ann", annsNumber), 24*time.Hour+time.Minute)
			w.run(2 * time.Minute)
			w.gate.AddFault(cutAfter)
			again(w, 24*time.Hour+time.Minute)
			w.run(2 * time.Minute)
			answered(w, "done\nunknown")
		})
	})
	t.Run("one that left a week before", func(t *testing.T) {
		inWorld(t, unheard(oneReminder), func(w *world) {
			w.book(w.person("Ann", annsNumber), 24*time.Hour+time.Minute)
			w.run(2 * time.Minute)
			w.runEvery(7*24*time.Hour, time.Hour, 1)
			w.gate.AddFault(cutAfter)
			again(w, 24*time.Hour+time.Minute)
			w.run(2 * time.Minute)
			answered(w, "done\ndone")
		})
	})
	t.Run("one that did not arrive", func(t *testing.T) {
		inWorld(t, unheard(oneReminder), func(w *world) {
			w.gate.Fail(annsNumber, "FAILED")
			w.book(w.person("Ann", annsNumber), 24*time.Hour+time.Minute)
			w.run(5 * time.Minute)
			w.gate.Fail(annsNumber, "")
			w.gate.AddFault(cutAfter)
			again(w, 24*time.Hour+time.Minute)
			w.run(2 * time.Minute)
			answered(w, "done\ndone")
			w.want("failed\ndelivered", `SELECT delivery FROM v1_reminders ORDER BY id`)
		})
	})
	t.Run("another in doubt", func(t *testing.T) {
		inWorld(t, unheard(oneReminder), func(w *world) {
			w.doubt(annsNumber)
			w.run(10 * time.Minute) // until it waits for a person, and holds up nothing more
			w.gate.AddFault(cutAfter)
			again(w, 24*time.Hour+time.Minute)
			w.run(2 * time.Minute)
			answered(w, "unknown\nunknown")
		})
	})
	t.Run("another that waits behind the one in doubt", func(t *testing.T) {
		inWorld(t, unheard(oneReminder), func(w *world) {
			w.doubt(annsNumber)
			w.gate.AddFault(cutAfter)
			again(w, 24*time.Hour+time.Minute)
			w.run(2 * time.Minute)
			answered(w, "done\nunknown") // the other one had not left
		})
	})
	t.Run("of another number", func(t *testing.T) {
		inWorld(t, unheard(oneReminder), func(w *world) {
			w.doubt("+12025550102")
			answered(w, "unknown")
		})
	})
	t.Run("that left after it", func(t *testing.T) {
		inWorld(t, unheard(oneReminder), func(w *world) {
			w.doubt(annsNumber)
			w.gate.TextAt(annsNumber, "C", time.Now().Add(-3*time.Minute))
			w.run(time.Minute)
			w.want("unknown", `SELECT state FROM outbox WHERE id = 1`)
		})
	})
	t.Run("before a mirror was put back", func(t *testing.T) {
		inWorld(t, unheard(oneReminder), func(w *world) {
			w.doubt(annsNumber)
			w.update(func(tx *store.Tx) error {
				return tx.SetMeta(w.ctx, "restored", time.Now().UTC().Format(time.RFC3339Nano))
			})
			time.Sleep(time.Minute)
			answered(w, "unknown")
		})
	})
}

// A number settles the text that asks the question which it answers.
func TestANumberSettlesTheQuestionInDoubt(t *testing.T) {
	t.Parallel()
	inWorld(t, unheard(func(r *plan.Config) { r.Reminders = nil }), func(w *world) {
		ann := w.person("Ann", annsNumber)
		w.book(ann, 48*time.Hour)
		w.book(ann, 72*time.Hour)
		w.run(2 * time.Minute)
		w.gate.AddFault(cutAfter)
		w.gate.Text(annsNumber, "C")
		w.run(time.Minute)
		w.wantTexts(annsNumber, "Which one? Reply")
		w.want("unknown", `SELECT o.state FROM outbox o JOIN texts t ON t.outbox_id = o.id`)
		w.gate.Text(annsNumber, "7")
		w.run(time.Minute)
		w.want("unknown", `SELECT o.state FROM outbox o JOIN texts t ON t.outbox_id = o.id WHERE t.body LIKE 'Which one?%'`)
		w.gate.Text(annsNumber, "2")
		w.run(time.Minute)
		w.want("done|the recipient answered it", `SELECT o.state, o.reason FROM outbox o JOIN texts t ON t.outbox_id = o.id WHERE t.body LIKE 'Which one?%'`)
	})
}

// A number is no answer to a reminder that happens to have it in its date.
func TestANumberSettlesNoOtherText(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, unheard(oneReminder), func(w *world) {
		w.doubt(annsNumber)
		w.gate.Fail(annsNumber, "FAILED") // so that the question cannot be meant
		w.gate.Text(annsNumber, "R")
		w.run(10 * time.Minute)
		texts := w.got(annsNumber)
		if len(texts) != 2 || !strings.Contains(texts[0], " Jan 1 at ") || !strings.Contains(texts[1], "\n1 for ") {
			t.Fatalf("%q", texts)
		}
		w.gate.Text(annsNumber, "1")
		w.run(time.Minute)
		w.want("1", `SELECT answer FROM questions`)
		w.want("unknown", `SELECT state FROM outbox WHERE id = 1`)
	})
}

// The same words once more, while the gateway's id of the first is not known: the second waits until the
// list can tell them apart.
func TestTheTwinOfAnAnsweredTextWaits(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, unheard(oneReminder), func(w *world) {
		w.doubt(annsNumber)
		w.gate.Text(annsNumber, "C")
		w.run(time.Minute)
		body := w.got(annsNumber)[0]
		w.update(func(tx *store.Tx) error {
			_, _, err := tx.EnqueueText(w.ctx, store.Intent{Key: "twin"}, store.Text{Number: annsNumber, Body: body, Purpose: store.ForReply, Parts: 1})
			return err
		})
		w.run(20 * time.Minute)
		w.want("pending|waits for an unclear twin", `SELECT state, reason FROM outbox WHERE key = 'twin'`)
		w.run(25 * time.Minute)
		w.want("done", `SELECT state FROM outbox WHERE key = 'twin'`)
	})
}

// A list that shows the text only after hours settles it all the same, soon after it does.
func TestALateListSettlesTheTextInDoubt(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: oneReminder, gate: smstest.Options{ListLag: 3 * time.Hour}}, func(w *world) {
		w.doubt(annsNumber)
		w.runEvery(2*time.Hour+50*time.Minute, time.Minute, 4)
		if row := w.rows(`SELECT state, waits, asked > 5, asked < 25, asked_at > started_at FROM v1_outbox`)[0]; strings.Join(row, " ") != "unknown 1 1 1 1" {
			t.Errorf("%v", row)
		}
		w.runEvery(time.Hour, time.Minute, 4)
		w.want("done||delivered|0", textStates)
		w.want("0", `SELECT waits FROM v1_outbox`)
		w.wantTexts(annsNumber, "Hi Ann")
	})
}
