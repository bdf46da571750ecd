package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/store"
)

// keeperOf is a keeper of a small mirror, with what it logs.
func keeperOf(t *testing.T, every time.Duration, keep int) (*backupKeeper, *transcript) {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(t.Context(), filepath.Join(dir, "clinic2.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	cfg := defaultConfig()
	cfg.Store.Path = db.Path()
	cfg.Backup = BackupConfig{Folder: filepath.Join(dir, "backups"), Every: Duration(every), Keep: keep}
	var log transcript
	return newBackupKeeper(cfg, db, slog.New(slog.NewTextHandler(&log, nil))), &log
}

// age gives the newest backup an older name.
func (k *backupKeeper) age(t *testing.T, by time.Duration) (name string) {
	t.Helper()
	all, err := k.list()
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	name = filepath.Join(k.folder, k.stem()+all[0].at.Add(-by).Format(store.BackupTime)+".db")
	if err := os.Rename(all[0].path, name); err != nil {
		t.Fatal(err)
	}
	return name
}

func (k *backupKeeper) names(t *testing.T) (names []string) {
	t.Helper()
	all, err := os.ReadDir(k.folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		names = append(names, f.Name())
	}
	return names
}

// failed is what status would say.
func (k *backupKeeper) failed(t *testing.T) (why string) {
	t.Helper()
	err := k.db.View(t.Context(), func(tx *store.Tx) (err error) {
		why, err = tx.Meta(t.Context(), store.MetaBackup)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return why
}

// A backup is made when the newest is too old, and of ours so many are kept; whatever else lies there stays.
func TestBackupsAreRotated(t *testing.T) {
	k, log := keeperOf(t, time.Hour, 3)
	began := time.Now()
	if next := k.work(t.Context()); next.Sub(began) < time.Hour-2*time.Second || next.Sub(began) > 2*time.Hour {
		t.Errorf("looks again after %v", next.Sub(began))
	}
	if info, err := os.Stat(k.folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	others := []string{"clinic-20200101T000000Z.db", "clinic2-20200101T000000Z.db.gz", "clinic2-2020.db", "clinic2-20200101T000000Z.db.part7", "notes.txt"}
	for _, name := range others {
		write(t, filepath.Join(k.folder, name), "x", 0o600)
	}
	if err := os.Mkdir(filepath.Join(k.folder, "clinic2-20200102T000000Z.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	first := k.age(t, 30*time.Minute)
	k.work(t.Context())
	if n := len(k.names(t)); n != 1+len(others)+1 {
		t.Errorf("made one although the newest is young: %v", k.names(t))
	}
	for i := range 4 { // each time all are two hours older
		all, err := k.list()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range slices.Backward(all) {
			if err := os.Rename(f.path, filepath.Join(k.folder, k.stem()+f.at.Add(-2*time.Hour).Format(store.BackupTime)+".db")); err != nil {
				t.Fatal(err)
			}
		}
		k.work(t.Context())
		if all, err = k.list(); err != nil || len(all) != min(i+2, 3) {
			t.Errorf("%d: %v (%v)", i, all, err)
		}
	}
	if _, err := os.Stat(first); err == nil {
		t.Error("the oldest is still there")
	}
	for _, name := range others {
		if _, err := os.Stat(filepath.Join(k.folder, name)); err != nil {
			t.Errorf("%s is gone", name)
		}
	}
	old := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(filepath.Join(k.folder, others[3]), old, old); err != nil {
		t.Fatal(err)
	}
	k.work(t.Context())
	if slices.Contains(k.names(t), others[3]) {
		t.Error("what was cut off long ago is still there")
	}
	if k.failed(t) != "" || strings.Contains(log.String(), "level=WARN") {
		t.Error(log)
	}
}

// A damaged backup counts as none and one from a time to come tells nothing; neither costs the only good one.
func TestBadBackupsAreNone(t *testing.T) {
	k, log := keeperOf(t, time.Hour, 1)
	k.work(t.Context())
	damaged := k.age(t, time.Minute)
	if err := os.Truncate(damaged, 5000); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(k.folder, k.stem()+"20990101T000000Z.db"), "x", 0o600)
	k.work(t.Context())
	if all, err := k.list(); err != nil || len(all) != 1 || all[0].path == damaged {
		t.Errorf("%v %v", all, err)
	}
	if !strings.Contains(log.String(), "a backup is not good") || k.failed(t) != "" {
		t.Error(log)
	}
}

// A failure is told, stands in the mirror, is tried again sooner, and is over when it is over.
func TestBackupThatFailsIsToldAndTriedAgain(t *testing.T) {
	k, log := keeperOf(t, 24*time.Hour, 1)
	k.folder = filepath.Join(filepath.Dir(k.folder), "disk", "backups") // not mounted
	began := time.Now()
	if wait := k.work(t.Context()).Sub(began); wait > time.Hour || wait < 14*time.Minute {
		t.Errorf("tried again after %v", wait)
	}
	if why := k.failed(t); !strings.Contains(why, "backups is not there: make it, mount its disk") || !strings.Contains(log.String(), "level=WARN") {
		t.Errorf("%s\n%s", why, log)
	}
	lines := backupStatus{Folder: k.folder, Failed: k.failed(t)}.attention(time.Now())
	if len(lines) != 2 || !strings.Contains(lines[0], "the last backup failed, and is tried again: 2") {
		t.Errorf("%q", lines)
	}
	if err := os.MkdirAll(k.folder, 0o700); err != nil {
		t.Fatal(err)
	}
	k.work(t.Context())
	if k.failed(t) != "" || len(k.names(t)) != 1 {
		t.Errorf("%s %v", k.failed(t), k.names(t))
	}
}

// The daemon makes one beside its work, and none where none are wanted. While it runs nothing is put back.
func TestDaemonMakesBackups(t *testing.T) {
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
		var status statusReport
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
		k, _ := keeperOf(t, time.Hour, 1)
		err := k.db.Update(t.Context(), func(tx *store.Tx) error {
			return tx.SetMeta(t.Context(), store.MetaName, strings.ToValidUTF8(h.text, "?"))
		})
		if err != nil {
			t.Fatal(err)
		}
		s, err := k.add(t.Context(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		words := describeBackup(t.Context(), s, k.mirror, time.Now())
		if found := unsafe(words); found != "" || strings.Count(words, "\n") != 5 {
			t.Errorf("%s passes on %+q: %q", h.name, found, words)
		}
	}
}

// Promises 1 and 10: yesterday's backup is put back with the commands that a person types. A reminder and an
// answer that left since do not leave again, before the brake is released and after.
func TestRestoredBackupTextsNobodyTwice(t *testing.T) {
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
	s.settleDown()
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
	s.settleDown()
	if code, _, _ := s.ghlsms("status"); code != exitHeld && code != exitWaiting {
		t.Errorf("exit %d", code)
	}
	same("held")
	var held []struct{ ID string }
	if err := json.Unmarshal([]byte(s.must("held", "list", "--format", "json")), &held); err != nil || len(held) == 0 || held[0].ID[0] != 'b' {
		t.Fatal(held, err)
	}
	s.must("held", "release", held[0].ID)
	s.settleDown()
	same("released")
	s.must("contact", "set", "tom", "city=Arlington") // and it is at work again
	s.settleDown()
	if tom, _ := s.crm.Contact("tom"); tom.City != "Arlington" {
		t.Error("an edit does not reach the CRM")
	}
	same("at work again")
}
