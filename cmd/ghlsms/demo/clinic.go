package demo

import (
	"fmt"
	"strings"
	"time"

	"ghlsms/ghl/ghltest"
)

// clinic is who and what the story is about, by the CRM's ids.
type clinic struct {
	contacts     map[string]ghltest.Contact // by first name
	appointments map[string]string          // appointment ids by first name
	list         string                     // of the gateway's address book
}

const (
	newcomer = "+12025550177" // Jane, who is no contact yet
	danas    = "+12025550190" // of staff
)

var demoNames = strings.Fields(`Maria Lopez Tom Baker Ann Chen Bob Stone Liz Ward Sam Field Kim Novak Raj Patel Eva Braun Leo Rossi
	Mia Clark Noah Lewis Zoe Young Ian Hall Amy Allen Max King Ivy Wright Jack Scott Lily Green Owen Adams
	Ruby Nelson Finn Carter Nora Mitchell Dean Perez Tess Roberts Hugo Turner Iris Phillips Seth Campbell Faye Parker Cole Evans
	Dora Edwards Glen Collins Hope Stewart Jude Sanchez Kate Morris Luke Rogers Nina Reed Otto Cook Pia Morgan Wade Bell`)

// Reminders come due some seconds into the story: appointments a day or an hour ahead, plus so much.
const (
	dayAhead  = 24*time.Hour + 6*time.Second
	hourAhead = time.Hour + 6*time.Second
)

// openClinic fills the CRM with 40 contacts, three calendars, open tasks, and appointments from
// minutes to days ahead.
func openClinic(crm *ghltest.Sandbox, now time.Time) clinic {
	c := clinic{contacts: map[string]ghltest.Contact{}, appointments: map[string]string{}}
	crm.AddUser(ghltest.User{FirstName: "Dana", LastName: "Lee", Email: "dana@bright.example", Phone: danas})
	long := now.AddDate(0, -3, 0)
	var all []ghltest.Contact
	for i := 0; i+1 < len(demoNames); i += 2 {
		first, last := demoNames[i], demoNames[i+1]
		contact := crm.AddContact(ghltest.Contact{
			FirstName: first, LastName: last, Email: strings.ToLower(first+"."+last) + "@example.com",
			Phone: fmt.Sprintf("+12025550%03d", 100+i/2), Tags: []string{"patient"}, DateAdded: long, DateUpdated: long,
		})
		c.contacts[first] = contact
		all = append(all, contact)
	}
	var calendars []ghltest.Calendar
	for _, name := range []string{"Dr. Lee", "Dr. Okafor", "Hygiene"} {
		calendars = append(calendars, crm.AddCalendar(ghltest.Calendar{Name: name}))
	}
	for i, title := range []string{"Send the x-rays", "Call about the invoice", "Ask for the insurance card", "Order retainers"} {
		crm.AddTask(ghltest.Task{ContactID: all[i*7].ID, Title: title, Due: now.Add(time.Duration(i+1) * 24 * time.Hour).Truncate(time.Minute)})
	}
	appoint := func(name string, calendar int, in time.Duration, status string) {
		a := crm.AddAppointment(ghltest.Appointment{
			CalendarID: calendars[calendar].ID, ContactID: c.contacts[name].ID, Title: "Check-up", Status: status,
			Start: now.Add(in).Truncate(time.Second), End: now.Add(in + 30*time.Minute).Truncate(time.Second), DateAdded: long,
		})
		c.appointments[name] = a.ID
	}
	appoint("Tom", 0, dayAhead, "new")                // will confirm
	appoint("Ann", 1, hourAhead, "confirmed")         // the last reminder
	appoint("Bob", 0, dayAhead, "new")                // cancelled on the screen before it is due
	appoint("Liz", 2, dayAhead+2*time.Second, "new")  // will cancel by text
	appoint("Sam", 1, hourAhead+5*time.Second, "new") // opts out before it is due
	appoint("Kim", 2, 20*time.Minute, "confirmed")
	for i, first := range []string{"Raj", "Eva", "Leo", "Mia", "Noah", "Zoe", "Ian", "Amy"} {
		appoint(first, i%3, time.Duration(i+2)*26*time.Hour, "confirmed")
	}
	return c
}
