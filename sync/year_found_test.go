package sync_test

import (
	"testing"
	"time"
)

// What the simulated year found, each as a short story.

// Somebody is deleted in the CRM after the last sweep: the read before a reminder leaves tells.
func TestNoReminderForADeletedContact(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.book(ann, 24*time.Hour+time.Hour)
		w.full()
		w.crm.RemoveContact(ann.ID)
		time.Sleep(time.Hour)
		w.full()
		w.wantTexts(ann.Phone)
		w.want("day-before|skipped|the contact was deleted", `SELECT rule, decision, reason FROM v1_reminders WHERE decision <> 'planned'`)
	})
}
