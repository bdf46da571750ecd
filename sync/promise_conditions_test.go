package sync_test

import (
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sync/rule"
)

// A rule is for the appointments of some staff, by name, as a reminder is.
func TestRulesForStaff(t *testing.T) {
	t.Parallel()
	booked := ruleOf("booked", "appointment booked", act("appointment booked", rule.ActNotify, "{{.Contact.FirstName}} booked"))
	booked.If.Staff, booked.If.NotStatus = []string{"lea lee", "u9"}, []string{"noshow"}
	inWorld(t, options{rules: with(booked)}, func(w *world) {
		lea := w.crm.AddUser(ghltest.User{FirstName: "Lea", LastName: "Lee"})
		roy := w.crm.AddUser(ghltest.User{FirstName: "Roy", LastName: "Roe"})
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		w.run(2 * time.Minute)
		start := time.Now().Add(70 * time.Hour)
		w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: ann.ID, AssignedUserID: lea.ID, Status: "new", Start: start})
		w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: bob.ID, AssignedUserID: roy.ID, Status: "new", Start: start})
		w.run(3 * time.Minute)
		w.wantTexts(staff, "Ann booked")
	})
}
