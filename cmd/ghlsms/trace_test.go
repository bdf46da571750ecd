package main

import (
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
)

func TestX(t *testing.T) {
	s := setStage(t, "staff: [\"+12025550111\"]\n")
	start := time.Now().Add(30*24*time.Hour).Truncate(time.Hour)
	s.crm.AddCalendar(ghltest.Calendar{ID: "cal1", Name: "Dr. Lee"})
	s.crm.AddContact(ghltest.Contact{ID: "jane", FirstName: "Jane", LastName: "Doe", Phone: "+12025550101"})
	s.crm.AddAppointment(ghltest.Appointment{ID: "checkup", CalendarID: "cal1", ContactID: "jane", Title: "Check-up", Status: "new", Start: start})
	s.must("once")
	s.gateway.Text("+12025550101", "STOP")
	s.must("once")
	t.Log(s.must("trace", "jane"))
	t.Log(s.must("trace", "r1"))
	t.Log(s.must("trace", "t1"))
	t.Log(s.must("trace", "o1"))
	t.Log(s.must("trace", "o1","--format","json"))
}
