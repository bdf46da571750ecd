package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/store/storetest"
)

// process runs the daemon as a process of its own until the returned function ends it with a signal.
func (s *stage) process() (end func(os.Signal)) {
	s.t.Helper()
	var talk transcript
	cmd := program(s.t, "run", "-c", s.config)
	cmd.Stdout, cmd.Stderr = &talk, &talk
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.t.Logf("the daemon said: %s", talk.String())
		}
	})
	return func(sig os.Signal) {
		s.t.Helper()
		if err := cmd.Process.Signal(sig); err != nil {
			s.t.Fatal(err)
		}
		err := cmd.Wait()
		if _, ended := errors.AsType[*exec.ExitError](err); err != nil && (sig != syscall.SIGKILL || !ended) {
			s.t.Errorf("the daemon ended with %v", err)
		}
	}
}

// reported are columns of the rows of a report about a contact, oldest first.
func (s *stage) reported(report, contact string, columns ...string) (all []string) {
	s.t.Helper()
	rows, err := csv.NewReader(strings.NewReader(s.must("report", report, "--format", "csv"))).ReadAll()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, row := range rows[1:] {
		if row[slices.Index(rows[0], "contact")] != contact {
			continue
		}
		cells := make([]string, len(columns))
		for i, c := range columns {
			cells[i] = row[slices.Index(rows[0], c)]
		}
		all = append(all, strings.Join(cells, "|"))
	}
	slices.Reverse(all)
	return all
}

// A reminder is followed to its end through a real SMS gateway program: the daemon is restarted between
// the text and the report that it arrived, or did not. What did not arrive leaves once more, and staff
// get to know; an answer closes the loop.
func TestRemindersToTheirEndWithGammu(t *testing.T) {
	storetest.OnlyFull(t, "gammu-smsd sends about one text a second")
	for name, c := range map[string]struct {
		sig       os.Signal
		meanwhile bool // the reports arrive while the daemon is down
	}{"killed": {syscall.SIGKILL, true}, "stopped": {syscall.SIGTERM, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			toTheirEnd(t, c.sig, c.meanwhile)
		})
	}
}

func toTheirEnd(t *testing.T, sig os.Signal, meanwhile bool) {
	const tom, ann = "+12025550100", "+12025550111"
	s := setSMSD(t)
	s.writeConfig(fmt.Sprintf(`sms: {provider: gammu, gammu: {database: %q}}
outbox: {settle_after: 100ms}
reminders:
  - name: day-before
    before: 24h
    retry: 1s
    tag: reminded
    text: "Hi {{.Contact.FirstName}}, see you {{.When}}. Reply C to confirm."
rules:
  - name: not-reached
    on: text failed
    do:
      - tag: check-number
      - task: {title: "{{.Contact.Name}} was not reached", body: "{{.Text.Body}}"}
`, s.phone.Database()))
	s.crm.AddCalendar(ghltest.Calendar{ID: "cal1", Name: "Dr. Lee"})
	long := time.Now().AddDate(0, -1, 0)
	s.crm.AddContact(ghltest.Contact{ID: "tom", FirstName: "Tom", LastName: "Baker", Phone: tom, DateAdded: long})
	s.crm.AddContact(ghltest.Contact{ID: "ann", FirstName: "Ann", LastName: "Archer", Phone: ann, DateAdded: long})
	s.must("once")
	s.backdate()
	for _, id := range []string{"tom", "ann"} {
		s.crm.AddAppointment(ghltest.Appointment{
			ID: "checkup-" + id, CalendarID: "cal1", ContactID: id, Title: "Check-up", Status: "new",
			Start: time.Now().Add(24*time.Hour - time.Minute).Truncate(time.Second), DateAdded: long,
		})
	}
	deliver := func(number string, ok bool) {
		t.Helper()
		if err := s.phone.Deliver(number, ok); err != nil {
			t.Fatal(err)
		}
	}
	ledger := func(contact string, want ...string) func() bool {
		return func() bool {
			return slices.Equal(s.reported("reminders", contact, "rule", "decision", "delivery", "answer"), want)
		}
	}
	tags := func(id string) []string { c, _ := s.crm.Contact(id); return c.Tags }

	end := s.process()
	until(t, "both are reminded", func() bool { return s.sent(tom, "Hi Tom") == 1 && s.sent(ann, "Hi Ann") == 1 })
	if !meanwhile {
		until(t, "the ledger knows that they left", func() bool {
			return s.count(`SELECT count(*) FROM v1_reminders WHERE decision = 'sent' AND delivery = 'sent'`) == 2
		})
	}
	end(sig)
	if meanwhile {
		deliver(tom, true)
		deliver(ann, false)
		if err := s.phone.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	end = s.process()
	if !meanwhile {
		deliver(tom, true)
		deliver(ann, false)
	}
	until(t, "Tom's arrived", ledger("Tom Baker", "day-before|sent|delivered|"))
	until(t, "Ann's did not, and left once more", func() bool { return s.sent(ann, "Hi Ann") == 2 })
	until(t, "the ledger has both tries", ledger("Ann Archer", "day-before|sent|failed|", "day-before|sent|sent|"))
	deliver(ann, false)
	until(t, "the second try failed too", ledger("Ann Archer", "day-before|sent|failed|", "day-before|sent|failed|"))
	until(t, "staff know in the CRM", func() bool {
		return slices.Contains(tags("ann"), "check-number") && slices.ContainsFunc(s.crm.Tasks(), func(task ghltest.Task) bool {
			return task.ContactID == "ann" && task.Title == "Ann Archer was not reached" && strings.HasPrefix(task.Body, "Hi Ann, see you")
		})
	})
	s.text(tom, "C")
	until(t, "Tom's appointment is confirmed", func() bool { a, _ := s.crm.Appointment("checkup-tom"); return a.Status == "confirmed" })
	until(t, "Tom's reminder is answered", ledger("Tom Baker", "day-before|sent|delivered|confirmed"))
	until(t, "Tom is thanked", func() bool { return s.sent(tom, "is confirmed") == 1 })
	time.Sleep(3 * time.Second) // a third try would leave now
	end(syscall.SIGTERM)

	if n := s.sent(ann, "Hi Ann"); n != 2 {
		t.Errorf("Ann's reminder left %d times", n)
	}
	if got := tags("tom"); !slices.Equal(got, []string{"reminded"}) {
		t.Errorf("Tom has the tags %v", got)
	}
	s.onceEach()
}
