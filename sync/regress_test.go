package sync_test

import (
	"testing"
	"time"

	"ghlsms/sync"
)

// Stories that TestAnythingGoes found, told once more in few words.

// Whoever cancels by text and is deleted in the CRM before that is carried there has cancelled.
func TestCancelledByOneWhoIsDeleted(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		visit := w.book(ann, 48*time.Hour)
		w.full()
		w.crm.SetDown(true)
		w.gate.Text(ann.Phone, "X")
		_ = w.cycle(sync.PollTexts)
		w.crm.RemoveContact(ann.ID)
		w.crm.SetDown(false)
		_ = w.cycle(sync.Everything) // the sweep sees it first
		w.run(time.Hour)
		if got, _ := w.crm.Appointment(visit.ID); got.Status != "cancelled" {
			t.Errorf("%+v\n%s", got, w.dump())
		}
		w.checkQuiet()
	})
}
