package ghltest_test

import (
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
)

// A clone has all that there was, and what is changed in one is not changed in the other.
func TestClone(t *testing.T) {
	s := ghltest.New(ghltest.Options{})
	s.OnRequest(func(ghltest.Request, ghltest.Phase) { t.Error("the clone kept a hook") })
	ann := s.AddContact(ghltest.Contact{FirstName: "Ann", Phone: "+12025550101", Tags: []string{"vip"}})
	k := s.AddCalendar(ghltest.Calendar{Name: "Dr. Lee"})
	a := s.AddAppointment(ghltest.Appointment{CalendarID: k.ID, ContactID: ann.ID, Start: time.Now()})
	s.AddFault(ghltest.Fault{Kind: ghltest.Refuse, Path: "/users/"})

	c := s.Clone()
	c.EditContact(ann.ID, func(c *ghltest.Contact) { c.City, c.Tags[0] = "Arlington", "old" })
	c.RemoveAppointment(a.ID)
	s.EditContact(ann.ID, func(c *ghltest.Contact) { c.State = "VA" })
	bob := c.AddContact(ghltest.Contact{FirstName: "Bob"})

	if got, _ := s.Contact(ann.ID); got.City != "" || got.State != "VA" || got.Tags[0] != "vip" {
		t.Errorf("the original has %+v", got)
	}
	if got, _ := c.Contact(ann.ID); got.City != "Arlington" || got.State != "" || got.Tags[0] != "old" {
		t.Errorf("the clone has %+v", got)
	}
	if got, _ := s.Appointment(a.ID); got.Deleted {
		t.Error("the clone's appointment is the original's")
	}
	if _, known := s.Contact(bob.ID); known {
		t.Error("the clone's contact is the original's")
	}
	if again := s.AddContact(ghltest.Contact{FirstName: "Bob"}); again.ID != bob.ID {
		t.Errorf("ids differ: %s, %s", again.ID, bob.ID)
	}
	answer := newWire(t, c).do(200, "GET", "/contacts/"+ann.ID, nil)
	if answer.json == nil || len(c.Log()) != 1 || len(s.Log()) != 0 {
		t.Errorf("%d requests there, %d here; %s", len(c.Log()), len(s.Log()), answer.raw)
	}
}
