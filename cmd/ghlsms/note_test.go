package main

import (
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
)

func TestWhatTheConfigAllowsIsDeleted(t *testing.T) {
	s := setStage(t, "sync: {tasks: {deletes: true}, appointments: {read_only: true}}\n")
	s.crm.AddCalendar(ghltest.Calendar{ID: "cal1", Name: "Dr. Lee"})
	s.crm.AddContact(ghltest.Contact{ID: "ann", FirstName: "Ann", Phone: "+12025550101"})
	s.crm.AddTask(ghltest.Task{ID: "call", ContactID: "ann", Title: "Call", Due: time.Now().Add(time.Hour)})
	s.crm.AddAppointment(ghltest.Appointment{ID: "visit", CalendarID: "cal1", ContactID: "ann", Title: "Visit", Start: time.Now().Add(72 * time.Hour)})
	s.must("once")
	for what, word := range map[string]string{"contact delete ann": "sync.contacts.deletes", "appointment delete visit": "are only read"} {
		if code, _, talk := s.ghlsms(strings.Fields(what)...); code != exitUsage || !strings.Contains(talk, word) {
			t.Errorf("%s: exit %d: %s", what, code, talk)
		}
	}
	s.must("task", "delete", "call")
	says(t, "task show", s.must("task", "show", "call"), "waits since")
	s.must("task", "keep", "call")
	s.must("once")
	if task, _ := s.crm.Task("call"); task.Unlisted {
		t.Fatal("deleted although it was spared")
	}
	s.must("task", "delete", "call")
	says(t, "plan", s.must("plan"), "task.delete", "ghlsms apply ")
	s.must("once")
	if task, _ := s.crm.Task("call"); !task.Unlisted {
		t.Error("not deleted")
	}
	says(t, "task show", s.must("task", "show", "call"), "gone from the CRM since")
	if code, _, talk := s.ghlsms("task", "delete", "call"); code != exitFailed || !strings.Contains(talk, "deleted already") {
		t.Errorf("exit %d: %s", code, talk)
	}
	says(t, "history", s.must("history", "ann"), "task.delete", "title: Call")
}

func TestAConflictLeftToAPersonIsResolved(t *testing.T) {
	s := setStage(t, "sync: {contacts: {conflicts: ask}}\n")
	s.crm.AddContact(ghltest.Contact{ID: "ann", FirstName: "Ann", Phone: "+12025550101", City: "Rome"})
	s.must("once")
	s.crm.EditContact("ann", func(c *ghltest.Contact) { c.City = "Boston" })
	s.must("contact", "set", "ann", "city=Arlington")
	if code, _, talk := s.ghlsms("once"); code != exitWaiting || !strings.Contains(talk, "1 conflict waits for you: ghlsms conflicts list") {
		t.Fatalf("exit %d: %s", code, talk)
	}
	says(t, "conflicts list", s.must("conflicts", "list"), "Rome", "Boston", "Arlington", "neither", "ask")
	if code, _, talk := s.ghlsms("conflicts", "restore", "1"); code != exitFailed || !strings.Contains(talk, "ghlsms conflicts resolve 1 crm|local|VALUE") {
		t.Errorf("exit %d: %s", code, talk)
	}
	s.must("conflicts", "resolve", "1", "local")
	s.must("once")
	if c, _ := s.crm.Contact("ann"); c.City != "Arlington" {
		t.Errorf("%+v", c)
	}
}
