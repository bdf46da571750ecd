package trace_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ghlsms/cmd/ghlsms/trace"
	"ghlsms/store"
)

// mirror is one in which Jane (contact 1) has a visit (appointment 1) and a task (task 1).
func mirror(t *testing.T, fill func(context.Context, *store.Tx) error) (tell func(what string) trace.Story) {
	t.Helper()
	ctx := t.Context()
	db, err := store.Open(ctx, filepath.Join(t.TempDir(), "m.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	err = db.Update(ctx, func(tx *store.Tx) error {
		for _, o := range []struct {
			e store.Entity
			o store.Observation
		}{
			{store.Contact, store.Observation{CRMID: "jane", Value: store.Fields{store.FirstName: "Jane", store.Phone: "+12025550101"}}},
			{store.Contact, store.Observation{CRMID: "twin", Value: store.Fields{store.FirstName: "Twin", store.Phone: "+12025550109"}}},
			{store.Appointment, store.Observation{CRMID: "visit", ContactID: 1, Value: store.Fields{store.Title: "Check-up", store.Start: "2030-01-02T15:00:00Z", store.Status: "confirmed"}}},
			{store.Task, store.Observation{CRMID: "xrays", ContactID: 1, Value: store.Fields{store.Title: "X-rays", store.Completed: "true"}}},
		} {
			if _, err := tx.Observe(ctx, o.e, []store.Observation{o.o}); err != nil {
				return err
			}
		}
		return fill(ctx, tx)
	})
	if err != nil {
		t.Fatal(err)
	}
	return func(what string) (s trace.Story) {
		t.Helper()
		err := db.View(ctx, func(tx *store.Tx) error {
			subject, err := trace.Find(ctx, tx, what, "US")
			if err == nil {
				s, err = trace.Tell(ctx, tx, subject, trace.Options{Zone: time.UTC, Staff: []string{"+12025550199"}})
			}
			return err
		})
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return s
	}
}

// says wants the answer, and each of the events given as "who: what; why [id]", to have these words.
func says(t *testing.T, s trace.Story, answer string, events ...string) {
	t.Helper()
	if !strings.Contains(s.Answer, answer) {
		t.Errorf("%s: the answer is %q, want %q", s.About, s.Answer, answer)
	}
	var all []string
	for _, e := range s.Events {
		all = append(all, e.Who+": "+e.What+"; "+e.Why+" ["+e.ID+"]")
	}
	told := strings.Join(all, "\n")
	for _, e := range events {
		if !strings.Contains(told, e) {
			t.Errorf("%s does not tell %q:\n%s", s.About, e, told)
		}
	}
}

func TestTheStoryOfAnEffect(t *testing.T) {
	text := store.Text{ContactID: 1, Number: "+12025550101", Body: "See you.", Purpose: store.ForReminder, Parts: 1}
	for name, c := range map[string]struct {
		held   bool
		then   func(context.Context, *store.Tx) error
		answer string
		events []string
	}{
		"held": {true, nil, "held: brake b1: too many", []string{
			`us: held: reminder text to +12025550101: "See you."; brake b1: too many [effect/1]`, "us: brake pulled: changes of appointments; 90 of 100 [b1]",
		}},
		"released": {true, func(ctx context.Context, tx *store.Tx) error { return tx.Release(ctx, 1) }, "waits to leave", []string{"staff: back in line; released by hand [effect/1]"}},
		"given up": {true, func(ctx context.Context, tx *store.Tx) error { return tx.Drop(ctx, 1, "given up by hand") }, "not sent, given up on", []string{"given up by hand [effect/1]"}},
		"brake let go": {true, func(ctx context.Context, tx *store.Tx) error { return tx.DecideBrake(ctx, 1, store.BrakeReleased) }, "released with its brake", []string{
			"staff: back in line; released with its brake [effect/1]",
		}},
		"unclear": {false, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Claim(ctx, 1, "smsto"); err != nil {
				return err
			}
			return tx.Conclude(ctx, 1, store.Outcome{State: store.Unknown, Reason: "no answer", Asked: true})
		}, "unclear, it may have left on", []string{
			`us: handed to the gateway, or perhaps not: reminder text to +12025550101: "See you."; no answer [effect/1]`, "us: asked the gateway what became of it, 1 time; no answer [effect/1]",
		}},
		"settled": {false, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Claim(ctx, 1, "smsto"); err != nil {
				return err
			}
			return tx.Conclude(ctx, 1, store.Outcome{State: store.Done, Reason: "known to have happened", OutsideID: "m1"})
		}, "sent on", []string{"its id there is m1 [effect/1]", "us: found to have happened; known to have happened [effect/1]"}},
		"did not arrive": {false, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Claim(ctx, 1, "smsto"); err != nil {
				return err
			}
			if err := tx.Conclude(ctx, 1, store.Outcome{State: store.Done, OutsideID: "m1"}); err != nil {
				return err
			}
			return tx.Delivered(ctx, 1, "failed", "absent subscriber", tx.Now, time.Time{})
		}, "but did not arrive: absent subscriber", []string{"gateway: did not arrive; absent subscriber [effect/1]"}},
		"sending": {false, func(ctx context.Context, tx *store.Tx) error { return tx.Claim(ctx, 1, "smsto") }, "being sent", []string{"us: being handed to the gateway: "}},
	} {
		t.Run(name, func(t *testing.T) {
			tell := mirror(t, func(ctx context.Context, tx *store.Tx) error {
				in := store.Intent{Key: "remind/visit"}
				if c.held {
					b, _, err := tx.Pull(ctx, store.Brake{Kind: store.Changes, Entity: store.Appointment, Size: 90, Evidence: "90 of 100"})
					if err != nil {
						return err
					}
					in.State, in.Reason, in.BrakeID = store.Held, "brake b1: too many", b.ID
				}
				if _, _, err := tx.EnqueueText(ctx, in, text); err != nil {
					return err
				}
				if c.then == nil {
					return nil
				}
				return c.then(ctx, tx)
			})
			for _, what := range []string{"effect/1", "o1", "remind/visit"} {
				says(t, tell(what), "Reminder text for Jane, +12025550101: ", c.events...)
				says(t, tell(what), c.answer)
			}
			says(t, tell("jane"), "Jane, +12025550101: not opted out here", `reminder text to +12025550101: "See you."`)
		})
	}
}

func TestTheStoryOfARecord(t *testing.T) {
	tell := mirror(t, func(ctx context.Context, tx *store.Tx) error {
		steps := []func() error{
			func() error {
				_, err := tx.Edit(ctx, store.Task, 1, store.Fields{store.Completed: "false"}, store.ByPerson)
				return err
			},
			func() error {
				return tx.AddConflict(ctx, store.Conflict{Entity: store.Task, RecordID: 1, Field: store.Title, Base: "X-rays", CRM: "X-ray", Local: "The x-rays", Policy: "ask", Kept: store.KeptNeither})
			},
			func() error { return tx.ResolveConflict(ctx, 1, "The x-rays") },
			func() error {
				return tx.AddFiring(ctx, store.Firing{Rule: "call", Event: "task done", Entity: store.Task, RecordID: 1, Value: "1", ContactID: 1, Done: "text", Stopped: "notify: nobody to tell"})
			},
			func() error { return tx.Doom(ctx, store.Appointment, 1) },
			func() error {
				_, err := tx.ObserveEntries(ctx, "smsto", "list", []store.SeenEntry{{Number: "+12025550101", Value: store.Fields{store.FirstName: "Jane"}}})
				return err
			},
			func() error { _, err := tx.MoveEntry(ctx, 1, 1); return err },
			func() error {
				_, err := tx.Create(ctx, store.Note, 1, store.Fields{store.Body: "Likes tea"}, store.ByRule)
				return err
			},
			func() error { return tx.Gone(ctx, store.Contact, "twin") },
			func() error { return tx.MergedInto(ctx, 2, 1) },
			func() error {
				return tx.OptOut(ctx, store.OptOut{Number: "+12025550101", Source: "crm", Reason: "do-not-disturb in the CRM"})
			},
		}
		for _, step := range steps {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	task := []string{
		`crm: task in the CRM: "X-rays", completed; `, "staff: task changed here: completed: true → false; the CRM does not have it yet [task/1]",
		"us: title of task/1 changed on both sides: CRM X-ray, local The x-rays (was X-rays); left to a person (policy ask) [conflict/1]",
		"staff: conflict settled: The x-rays;  [conflict/1]", "rule: rule call, on task done: text; notify: nobody to tell [task/1]",
	}
	says(t, tell("task/1"), `Task of Jane: "X-rays", open`, task...)
	says(t, tell("c1"), "opted out (do-not-disturb in the CRM, on ", append(task,
		"staff: asked here that the appointment be deleted in the CRM;  [appointment/1]", "gateway: address book changed last there; it is now: first_name: Jane;  [entry/1]",
		"rule: note made here: body: Likes tea; the CRM does not have it yet [note/1]", "crm: +12025550101 opted out: no text leaves to it; do-not-disturb in the CRM [+12025550101]")...)
	says(t, tell("contact/2"), "Twin, +12025550109: not opted out here; not in the CRM any more", "crm: contact merged into another; now contact/1 [contact/2]")
	says(t, tell("visit"), "Appointment of Jane: Check-up, Wed Jan 2, 2030 at 3:00 PM, confirmed")
}

// An id is printed with its kind, and taken with it, without it, or with its letter.
func TestBare(t *testing.T) {
	for _, c := range []struct{ kind, arg, want string }{
		{"contact", "contact/12", "12"}, {"contact", "c12", "12"}, {"contact", "12", "12"}, {"contact", "task/12", "task/12"}, {"contact", "cx", "cx"},
		{"task", "task/3", "3"}, {"task", "t3", "t3"}, {"text", "t5", "5"}, {trace.EffectKind, "o31", "31"}, {trace.ConflictKind, "conflict/4", "4"}, {trace.ConflictKind, "4", "4"},
		{"reminder", "reminder/", "reminder/"}, {"reminder", "r-1", "r-1"},
	} {
		if got := trace.Bare(c.kind, c.arg); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.kind, c.arg, got, c.want)
		}
	}
}
