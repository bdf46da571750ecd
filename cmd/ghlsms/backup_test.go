package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ghlsms/cmd/ghlsms/health"
	"ghlsms/ghl/ghltest"
	"ghlsms/store"
	"ghlsms/store/storetest"
)

// The daemon makes one beside its work, and none where none are wanted. While it runs nothing is put back.
func TestDaemonMakesBackups(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	for _, every := range []string{"24h", "0"} {
		s := setStage(t, "backup: {every: "+every+"}\n")
		stop := s.daemon()
		folder := filepath.Join(s.dir, "backups")
		until(t, "the first cycle is over", func() bool {
			_, out, _ := s.ghlsms("status")
			return strings.Contains(out, "daemon running") && strings.Contains(out, "crm.contacts")
		})
		if every == "0" {
			time.Sleep(time.Second)
			if _, err := os.Stat(folder); err == nil {
				t.Error("a backup was made")
			}
			stop()
			continue
		}
		until(t, "a backup", func() bool { found, _ := filepath.Glob(folder + "/ghlsms-*Z.db"); return len(found) == 1 })
		made := strings.TrimSpace(s.must("backup", filepath.Join(s.dir, "mine.db")))
		code, _, talk := s.ghlsms("restore", "--yes", made)
		if code != exitFailed || !strings.Contains(talk, fmt.Sprintf("another ghlsms (pid %d) already runs", os.Getpid())) || !strings.Contains(talk, "systemctl stop ghlsms") {
			t.Errorf("exit %d: %s", code, talk)
		}
		var status health.Report
		if err := json.Unmarshal([]byte(s.must("status", "--format", "json")), &status); err != nil || status.Backup.Newest == "" || time.Since(status.Backup.At).Abs() > time.Hour {
			t.Errorf("%+v (%v)", status.Backup, err)
		}
		stop()
		if info, err := os.Stat(status.Backup.Newest); err != nil || info.Mode().Perm() != fs.FileMode(0o600) {
			t.Errorf("%v (%v)", info, err)
		}
	}
}

// What the CRM calls the location is in the backup, and is shown as one line that does nothing.
func TestHostileNameInABackup(t *testing.T) {
	for _, h := range hostile {
		dir := t.TempDir()
		path := filepath.Join(dir, "mirror.db")
		if err := storetest.NewMirror(path); err != nil {
			t.Fatal(err)
		}
		db, err := store.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		err = db.Update(t.Context(), func(tx *store.Tx) error {
			return tx.SetMeta(t.Context(), store.MetaName, strings.ToValidUTF8(h.text, "?"))
		})
		if err != nil {
			t.Fatal(err)
		}
		s, err := store.Backup(t.Context(), db.Path(), filepath.Join(dir, "copy.db"), false)
		if err != nil {
			t.Fatal(err)
		}
		words := describeBackup(t.Context(), s, db.Path(), time.Now())
		if found := unsafe(words); found != "" || strings.Count(words, "\n") != 5 {
			t.Errorf("%s passes on %+q: %q", h.name, found, words)
		}
	}
}

// Promises 1 and 10: yesterday's backup is put back with the commands that a person types. A reminder and an
// answer that left since do not leave again, before the brake is released and after.
func TestRestoredBackupTextsNobodyTwice(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	s := setStage(t, "outbox: {settle_after: 10ms}\n")
	long := time.Now().AddDate(0, -1, 0)
	s.crm.AddCalendar(ghltest.Calendar{ID: "cal1", Name: "Dr. Lee"})
	s.crm.AddContact(ghltest.Contact{ID: "tom", FirstName: "Tom", LastName: "Baker", Phone: "+12025550101", DateAdded: long})
	s.must("once")
	s.backdate()
	made := strings.TrimSpace(s.must("backup"))

	s.crm.AddAppointment(ghltest.Appointment{
		ID: "checkup", CalendarID: "cal1", ContactID: "tom", Title: "Check-up", Status: "new",
		Start: time.Now().Add(24*time.Hour - time.Minute).Truncate(time.Second), DateAdded: long,
	})
	s.gateway.Text("+12025550101", "TASK call me back")
	s.gateway.Text("+12025550177", "Hi, I'm Jane Doe, jane@example.com")
	s.runUntilQuiet()
	contacts, tasks, sent := len(s.crm.Contacts()), len(s.crm.Tasks()), len(s.gateway.Sent())
	if contacts != 2 || tasks != 2 || sent != 3 {
		t.Fatalf("the day was not as it should be: %d contacts, %d tasks, %+v", contacts, tasks, s.gateway.Sent())
	}
	same := func(when string) {
		t.Helper()
		if c, n, m := len(s.crm.Contacts()), len(s.crm.Tasks()), len(s.gateway.Sent()); c != contacts || n != tasks || m != sent {
			_, out, _ := s.ghlsms("outbox", "list")
			t.Errorf("%s: %d contacts, %d tasks, %d texts; had %d, %d, %d\n%s", when, c, n, m, contacts, tasks, sent, out)
		}
	}

	s.must("restore", "--yes", made)
	if code, _, talk := s.ghlsms("once"); code == exitDone || !strings.Contains(talk, "put back from a copy made at") {
		t.Errorf("exit %d: %s", code, talk)
	}
	s.runUntilQuiet()
	if code, _, _ := s.ghlsms("status"); code != exitHeld && code != exitWaiting {
		t.Errorf("exit %d", code)
	}
	same("held")
	var held []struct{ ID string }
	if err := json.Unmarshal([]byte(s.must("held", "list", "--format", "json")), &held); err != nil || len(held) == 0 || held[0].ID[0] != 'b' {
		t.Fatal(held, err)
	}
	s.must("held", "release", held[0].ID)
	s.runUntilQuiet()
	same("released")
	s.must("contact", "set", "tom", "city=Arlington") // and it is at work again
	s.runUntilQuiet()
	if tom, _ := s.crm.Contact("tom"); tom.City != "Arlington" {
		t.Error("an edit does not reach the CRM")
	}
	same("at work again")
}
