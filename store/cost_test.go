package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"ghlsms/store"
	"ghlsms/store/storetest"
)

// The cost of a cycle follows what changed, not what is stored: the questions a cycle asks go
// through an index. They are asked through a driver that has SQLite explain each.

func TestHotQueriesUseAnIndex(t *testing.T) {
	m := open(t)
	var cost storetest.Meter
	db := cost.Open(m.Path())
	defer db.Close()

	ctx, page := m.ctx, []store.Observation{{CRMID: "x", ContactID: 1}}
	for name, ask := range map[string]func(tx *store.Tx) error{
		"Dirty contacts":     func(tx *store.Tx) error { _, err := tx.Dirty(ctx, store.Contact, 0, 100); return err },
		"Dirty tasks":        func(tx *store.Tx) error { _, err := tx.Dirty(ctx, store.Task, 0, 100); return err },
		"Dirty appointments": func(tx *store.Tx) error { _, err := tx.Dirty(ctx, store.Appointment, 0, 100); return err },
		"Unread":             func(tx *store.Tx) error { _, err := tx.Unread(ctx, 100); return err },
		"Ready":              func(tx *store.Tx) error { _, err := tx.Ready(ctx, 100); return err },
		"TextsInDoubt":       func(tx *store.Tx) error { _, err := tx.TextsInDoubt(ctx, "g"); return err },
		"NumberInDoubt":      func(tx *store.Tx) error { _, err := tx.NumberInDoubt(ctx, store.Text{}, "g"); return err },
		"NextAsk":            func(tx *store.Tx) error { _, err := tx.NextAsk(ctx); return err },
		"Unsettled":          func(tx *store.Tx) error { _, err := tx.Unsettled(ctx); return err },
		"Waiting":            func(tx *store.Tx) error { _, err := tx.Waiting(ctx); return err },
		"Undecided":          func(tx *store.Tx) error { _, err := tx.Undecided(ctx, 0, 100); return err },
		"Starting":           func(tx *store.Tx) error { _, err := tx.Starting(ctx, noon, noon); return err },
		"Upcoming":           func(tx *store.Tx) error { _, err := tx.Upcoming(ctx, 1, noon); return err },
		"AppointmentIDs":     func(tx *store.Tx) error { _, err := tx.AppointmentIDs(ctx, "c", noon, noon); return err },
		"OpenTasks":          func(tx *store.Tx) error { _, err := tx.OpenTasks(ctx, 1); return err },
		"ContactsBy phone":   func(tx *store.Tx) error { _, err := tx.ContactsBy(ctx, store.Phone, "+1"); return err },
		"ContactsBy email":   func(tx *store.Tx) error { _, err := tx.ContactsBy(ctx, store.Email, "a@x"); return err },
		"known contacts":     func(tx *store.Tx) error { _, err := tx.Observe(ctx, store.Contact, page); return err },
		"known appointments": func(tx *store.Tx) error { _, err := tx.Observe(ctx, store.Appointment, page); return err },
		"TakenTexts":         func(tx *store.Tx) error { _, err := tx.TakenTexts(ctx, "g", 100); return err },
		"LostTexts":          func(tx *store.Tx) error { _, err := tx.LostTexts(ctx, "g", noon, 100); return err },
		"TextsTo":            func(tx *store.Tx) error { _, err := tx.TextsTo(ctx, "+1", store.ForReply, noon); return err },
		"TwinInDoubt":        func(tx *store.Tx) error { _, err := tx.TwinInDoubt(ctx, store.Text{}, noon); return err },
		"GatewayIDTaken":     func(tx *store.Tx) error { _, err := tx.GatewayIDTaken(ctx, "g", "i", 1); return err },
		"OutsideTaken":       func(tx *store.Tx) error { _, err := tx.OutsideTaken(ctx, store.CreateTask, "i", 1); return err },
		"CountSince":         func(tx *store.Tx) error { _, err := tx.CountSince(ctx, store.SendText, noon); return err },
		"InFlight":           func(tx *store.Tx) error { _, err := tx.InFlight(ctx, store.Contact, 1); return err },
		"Supersede":          func(tx *store.Tx) error { return tx.Supersede(ctx, store.Contact, 1, 1) },
		"DropTexts":          func(tx *store.Tx) error { return tx.DropTexts(ctx, "+1", "no") },
		"LastReminded":       func(tx *store.Tx) error { _, _, err := tx.LastReminded(ctx, "+1", noon); return err },
		"RemindersOf":        func(tx *store.Tx) error { _, err := tx.RemindersOf(ctx, 1); return err },
		"RemindersIn":        func(tx *store.Tx) error { _, err := tx.RemindersIn(ctx, 1); return err },
		"ToLook":             func(tx *store.Tx) error { _, err := tx.ToLook(ctx, 100); return err },
		"Glance":             func(tx *store.Tx) error { _, err := tx.Glance(ctx); return err },
		"OverdueReminders":   func(tx *store.Tx) error { _, _, err := tx.OverdueReminders(ctx, noon); return err },
		"Dirty notes":        func(tx *store.Tx) error { _, err := tx.Dirty(ctx, store.Note, 0, 100); return err },
		"ChangedContacts":    func(tx *store.Tx) error { _, err := tx.ChangedContacts(ctx, 1, false, 100); return err },
		"AnyDirty":           func(tx *store.Tx) error { _, err := tx.AnyDirty(ctx); return err },
		"NewestChange":       func(tx *store.Tx) error { _, err := tx.NewestChange(ctx); return err },
		"NewestIntent":       func(tx *store.Tx) error { _, err := tx.NewestIntent(ctx); return err },
		"NotesDue":           func(tx *store.Tx) error { _, err := tx.NotesDue(ctx, noon, 20); return err },
		"NoteIDs":            func(tx *store.Tx) error { _, err := tx.NoteIDs(ctx, 1); return err },
		"Standing": func(tx *store.Tx) error {
			_, _, err := tx.Standing(ctx, store.Deletions, store.Task, "open")
			return err
		},
		"ReceivedWith":  func(tx *store.Tx) error { _, err := tx.ReceivedWith(ctx, "+1", 1); return err },
		"IntentsOn":     func(tx *store.Tx) error { _, err := tx.IntentsOn(ctx, store.Task, 1); return err },
		"IntentsFor":    func(tx *store.Tx) error { _, err := tx.IntentsFor(ctx, 1, "+1"); return err },
		"OptOutsTold":   func(tx *store.Tx) error { _, err := tx.OptOutsTold(ctx, "+1"); return err },
		"IntentByKey":   func(tx *store.Tx) error { _, err := tx.IntentByKey(ctx, "k"); return none(err) },
		"RecordsOf":     func(tx *store.Tx) error { _, err := tx.RecordsOf(ctx, store.Note, 1); return err },
		"QuestionsWith": func(tx *store.Tx) error { _, err := tx.QuestionsWith(ctx, "+1", 1); return err },
		"ConflictsOf":   func(tx *store.Tx) error { _, err := tx.ConflictsOf(ctx, store.Contact, 1); return err },
		"FiringsOf":     func(tx *store.Tx) error { _, err := tx.FiringsOf(ctx, store.Contact, 1); return err },
		"UntoldOptOuts": func(tx *store.Tx) error { _, err := tx.UntoldOptOuts(ctx, 100); return err },
		"LiftWaits":     func(tx *store.Tx) error { _, err := tx.LiftWaits(ctx, "+1"); return err },
		"Tried":         func(tx *store.Tx) error { _, err := tx.Tried(ctx, store.Contact, 1); return err },
		"OpenConflicts": func(tx *store.Tx) error { _, err := tx.OpenConflicts(ctx); return err },
		"DirtyEntries":  func(tx *store.Tx) error { _, err := tx.DirtyEntries(ctx, 0, 100); return err },
		"EntriesOf":     func(tx *store.Tx) error { _, err := tx.EntriesOf(ctx, 1); return err },
		"EntryBy":       func(tx *store.Tx) error { _, _, err := tx.EntryBy(ctx, "g", "l", "+1"); return err },
	} {
		t.Run(name, func(t *testing.T) {
			cost = storetest.Meter{}
			raw, err := db.BeginTx(ctx, nil)
			ok(t, err)
			defer raw.Rollback()
			ok(t, ask(&store.Tx{Tx: raw, Now: noon}))
			if len(cost.Steps) == 0 {
				t.Fatal("nothing was explained")
			}
			for _, s := range cost.Steps {
				step := s.Plan
				// A scan of an index that holds only open rows is what we want; json_each is the page, and rules have few pauses.
				partial := slices.ContainsFunc([]string{"contacts_unread", "s_dirty", "contacts_notes_due", "inbound_undecided", "opt_outs_untold", "conflicts_open", "brakes_standing"},
					func(index string) bool { return strings.Contains(step, index) })
				small := slices.ContainsFunc([]string{"SCAN j ", "SCAN CONSTANT", "SCAN pauses"}, func(of string) bool { return strings.HasPrefix(step, of) })
				if strings.HasPrefix(step, "SCAN ") && !small && !partial {
					t.Error(s)
				}
				if name == "Ready" && strings.Contains(step, "outbox_created") {
					t.Errorf("goes through all texts ever sent: %s", step)
				}
			}
		})
	}
}

// none is no error where something is asked for that is not there.
func none(err error) error {
	if errors.Is(err, store.ErrNoIntent) {
		return nil
	}
	return err
}
