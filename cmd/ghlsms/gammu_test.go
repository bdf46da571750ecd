package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms/gammu/gammutest"
	"ghlsms/store/storetest"
)

// smsd is a stage with a real gammu-smsd for a gateway.
type smsd struct {
	*stage
	phone *gammutest.Phone
}

func setSMSD(t *testing.T) *smsd {
	t.Helper()
	phone := gammutest.Start(t)
	s := setStage(t, "")
	s.writeConfig(fmt.Sprintf("sms: {provider: gammu, gammu: {database: %q}}\noutbox: {settle_after: 100ms}\n", phone.Database()))
	return &smsd{s, phone}
}

// text lets a person text us through the phone.
func (s *smsd) text(from, words string) {
	s.t.Helper()
	if err := s.phone.Text(from, words); err != nil {
		s.t.Fatal(err)
	}
}

// sent counts the texts to a number that left through the phone with some words.
func (s *smsd) sent(number, words string) (n int) {
	s.t.Helper()
	all, err := s.phone.Sent()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, m := range all {
		if m.To == number && strings.Contains(m.Text, words) {
			n++
		}
	}
	return n
}

// daemon runs the daemon until the returned function is called.
func (s *stage) daemon() (stop func()) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan string, 1)
	go func() {
		var talk strings.Builder
		code := run(ctx, []string{"run", "-c", s.config}, &talk, &talk)
		done <- fmt.Sprintf("exit %d\n%s", code, talk.String())
	}()
	return func() {
		cancel()
		if talk := <-done; !strings.HasPrefix(talk, "exit 0") || s.t.Failed() {
			s.t.Errorf("the daemon said: %s", talk)
		}
	}
}

// The daily path through a real SMS gateway program: texts in, texts out, long ones too,
// delivery reports, an opt-out, a reminder; with the gateway and the daemon restarted between.
func TestEndToEndWithGammu(t *testing.T) {
	storetest.SkipShort(t, "gammu-smsd sends about one text a second")
	t.Parallel()
	s := setSMSD(t)
	s.crm.AddCalendar(ghltest.Calendar{ID: "cal1", Name: "Dr. Lee"})
	long := time.Now().AddDate(0, -1, 0)
	s.crm.AddContact(ghltest.Contact{ID: "tom", FirstName: "Tom", LastName: "Baker", Phone: "+12025550100", DateAdded: long})
	for _, title := range []string{"Send the x-rays of the upper left jaw to the new clinic", "Call about the invoice of the last quarter of the year", "Order the retainers in clear and in blue"} {
		s.crm.AddTask(ghltest.Task{ContactID: "tom", Title: title, Due: time.Now().Add(48 * time.Hour)})
	}
	s.must("once")
	s.backdate()
	stop := s.daemon()

	s.text("+12025550177", "Hi, I'm José Núñez, jose@example.com 👋")
	until(t, "José is answered", func() bool { return s.sent("+12025550177", "Thanks José") == 1 })
	s.text("+12025550100", "TASKS")
	until(t, "a long list left", func() bool { return s.sent("+12025550100", "3. ") == 1 })
	if parts := s.count(`SELECT parts FROM texts WHERE body LIKE '1. %'`); parts < 2 {
		t.Errorf("the list of tasks fits %d parts: no long text was tried", parts)
	}

	stop()
	if err := s.phone.Kill(); err != nil {
		t.Fatal(err)
	}
	s.crm.AddAppointment(ghltest.Appointment{
		ID: "checkup", CalendarID: "cal1", ContactID: "tom", Title: "Check-up", Status: "new",
		Start: time.Now().Add(24*time.Hour - time.Minute).Truncate(time.Second), DateAdded: long,
	})
	s.must("once") // queued while the gateway's daemon is down
	if err := s.phone.Restart(); err != nil {
		t.Fatal(err)
	}
	defer s.daemon()()
	until(t, "Tom is reminded", func() bool { return s.sent("+12025550100", "Hi Tom, see you") == 1 })
	if err := s.phone.Deliver("+12025550177", true); err != nil {
		t.Fatal(err)
	}
	until(t, "the delivery is recorded", func() bool {
		return s.count(`SELECT count(*) FROM v1_texts WHERE number = '+12025550177' AND state = 'delivered'`) == 1
	})
	s.text("+12025550100", "C")
	until(t, "Tom's appointment is confirmed", func() bool { a, _ := s.crm.Appointment("checkup"); return a.Status == "confirmed" })
	s.text("+12025550100", "STOP")
	until(t, "Tom is opted out in the CRM", func() bool {
		c, _ := s.crm.Contact("tom")
		return c.DNDSettings["SMS"].Status == "active"
	})
	until(t, "Tom's opt-out is confirmed", func() bool { return s.sent("+12025550100", "opted out") == 1 })
	s.onceEach()
}

// onceEach holds what left through the phone against what the mirror says was sent.
func (s *smsd) onceEach() {
	s.t.Helper()
	all, err := s.phone.Sent()
	if err != nil {
		s.t.Fatal(err)
	}
	transmitted, err := s.phone.Transmissions()
	if err != nil {
		s.t.Fatal(err)
	}
	parts := 0
	for _, m := range all {
		parts += len(m.Parts)
	}
	if done := s.count(`SELECT count(*) FROM outbox WHERE kind = 'text.send' AND state = 'done'`); done != len(all) || transmitted != parts {
		s.t.Errorf("the mirror says %d texts left, the gateway %d, in %d parts of which %d were transmitted", done, len(all), parts, transmitted)
	}
	if n := s.count(`SELECT sum(parts) FROM texts`); n != parts {
		s.t.Errorf("the mirror counts %d parts, the gateway sent %d", n, parts)
	}
}

// What people text for, through a real SMS gateway program: who they are, a task and its end, an
// appointment confirmed, moved, cancelled and taken back, an opt-out and its end.
func TestTalkWithGammu(t *testing.T) {
	storetest.OnlyFull(t, "gammu-smsd sends about one text a second")
	t.Parallel()
	const tom, rita, jane = "+12025550100", "+12025550111", "+12025550177"
	s := setSMSD(t)
	s.writeConfig(fmt.Sprintf("sms: {provider: gammu, gammu: {database: %q}}\noutbox: {settle_after: 100ms}\nstaff: [%q]\n", s.phone.Database(), rita))
	s.crm.AddCalendar(ghltest.Calendar{ID: "cal1", Name: "Dr. Lee"})
	s.crm.AddUser(ghltest.User{ID: "u1", FirstName: "Rita", LastName: "Roe", Phone: rita})
	s.crm.AddContact(ghltest.Contact{ID: "tom", FirstName: "Tom", LastName: "Baker", Phone: tom, DateAdded: time.Now().AddDate(0, -1, 0)})
	start := time.Now().AddDate(0, 0, 5).Truncate(time.Hour)
	s.crm.AddAppointment(ghltest.Appointment{ID: "checkup", CalendarID: "cal1", ContactID: "tom", Title: "Check-up", Status: "new", Start: start})
	s.must("once")
	s.backdate()
	defer s.daemon()()
	visit := func() ghltest.Appointment { a, _ := s.crm.Appointment("checkup"); return a }
	answered := func(number, words string, times int) func() bool {
		return func() bool { return s.sent(number, words) == times }
	}

	s.text(jane, "Hola, soy Jane Doe, jane@example.com")
	until(t, "Jane is a contact", func() bool {
		return s.count(`SELECT count(*) FROM v1_contacts WHERE phone = '`+jane+`' AND crm_id IS NOT NULL`) == 1
	})
	s.text(tom, "TASK bring my x-rays tomorrow 3pm")
	until(t, "the task is noted", answered(tom, "Noted as 1", 1))
	s.text(tom, "DONE 1")
	until(t, "the task is done in the CRM", func() bool {
		tasks := s.crm.Tasks()
		return slices.ContainsFunc(tasks, func(t ghltest.Task) bool { return t.ContactID == "tom" && t.Completed })
	})
	s.text(tom, "confirm")
	until(t, "the appointment is confirmed", func() bool { return visit().Status == "confirmed" })
	s.text(tom, "R")
	until(t, "times are offered", answered(tom, "When instead", 1))
	s.text(tom, "2")
	until(t, "the appointment is moved", func() bool { return !visit().Start.Equal(start) })
	until(t, "Tom is told", answered(tom, "Your appointment is now on", 1))
	s.text(tom, "X")
	until(t, "the appointment is cancelled", func() bool { return visit().Status == "cancelled" })
	s.text(tom, "undo")
	until(t, "that is taken back", func() bool { return visit().Status == "confirmed" })
	s.text(rita, "NOTE Tom Baker: likes tea")
	until(t, "staff have noted something", func() bool {
		return slices.ContainsFunc(s.crm.Notes(), func(n ghltest.Note) bool { return n.ContactID == "tom" && strings.Contains(n.Body, "likes tea") })
	})
	s.text(tom, "ARRÊT")
	until(t, "Tom is opted out in the CRM", func() bool { c, _ := s.crm.Contact("tom"); return c.DNDSettings["SMS"].Status == "active" })
	s.text(tom, "START")
	until(t, "Tom is opted in again", func() bool { c, _ := s.crm.Contact("tom"); return c.DNDSettings["SMS"].Status == "inactive" })
	until(t, "Tom is told that", answered(tom, "texts again", 1))
	if n := s.count(`SELECT count(*) FROM inbound WHERE decision IS NULL OR coalesce(reason, '') = ''`); n != 0 {
		t.Errorf("%d texts without a reason", n)
	}
	s.onceEach()
}
