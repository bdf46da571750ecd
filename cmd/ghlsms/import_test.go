package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"ghlsms/store/storetest"

	"ghlsms/ghl/ghltest"
)

var importAll = flag.Bool("import.all", false, "import 100,000 contacts instead of 10,000")

// Importing a location takes little memory, however large the location is.
func TestImportMemory(t *testing.T) {
	storetest.SkipShort(t, "a whole location is imported")
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("measures as Linux does")
	}
	contacts := 10_000
	if *importAll {
		contacts = 100_000
	}
	s := setStage(t, "")
	calendar := s.crm.AddCalendar(ghltest.Calendar{Name: "Dr. Lee"}).ID
	long := time.Now().AddDate(0, -1, 0)
	for i := range contacts {
		c := s.crm.AddContact(ghltest.Contact{
			FirstName: "Name", LastName: fmt.Sprint(i), Email: fmt.Sprintf("name%d@example.com", i), Phone: fmt.Sprintf("+1202%07d", 2000000+i),
			Tags: []string{"patient"}, Address1: "12 Long Street", City: "Springfield", PostalCode: "12345", DateAdded: long, DateUpdated: long,
		})
		if i%5 == 0 {
			s.crm.AddTask(ghltest.Task{ContactID: c.ID, Title: "Call", Due: time.Now().Add(time.Duration(i) * time.Minute)})
		}
		if i%10 == 0 {
			s.crm.AddAppointment(ghltest.Appointment{CalendarID: calendar, ContactID: c.ID, Start: time.Now().Add(48*time.Hour + time.Duration(i)*20*time.Second)})
		}
	}
	run := func(args ...string) (took time.Duration, kB int) {
		cmd := program(t, args...)
		began := time.Now()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		most := make(chan int, 1)
		go func() { most <- mostMemory(cmd.Process.Pid) }()
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		return time.Since(began), <-most
	}
	took, kB := run("once", "-c", s.config)
	if kB == 0 || kB > 64<<10 { // the program alone takes some 20 MB
		t.Errorf("the import took %d kB", kB)
	}
	if n := s.count(`SELECT count(*) FROM v1_contacts`); n != contacts {
		t.Errorf("%d contacts of %d", n, contacts)
	}
	t.Logf("%d contacts in %s, %d MB at most", contacts, took.Round(time.Millisecond), kB>>10)
}

// mostMemory follows a process to its end and returns the most memory it had, in kB. The usage
// that the system reports at the end would count what its parent had when it began.
func mostMemory(pid int) (kB int) {
	for {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		_, rest, ok := strings.Cut(string(status), "VmHWM:")
		if err != nil || !ok {
			return kB
		}
		if _, err := fmt.Sscan(rest, &kB); err != nil {
			return 0
		}
		time.Sleep(20 * time.Millisecond)
	}
}
