package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ghlsms/store"
)

// received stores a text that came in.
func (m *mirror) received(key string) {
	m.Helper()
	m.do(func(tx *store.Tx) error {
		_, err := tx.ExecContext(m.ctx, `INSERT INTO inbound (gateway, key, sender, body, received_at, stored_at) VALUES ('g', ?, '+12025550101', 'Hi', 1, 1)`, key)
		return err
	})
}

// Each copy made while somebody writes all the time is one picture: sound, and with as many contacts as texts.
func TestBackupWhileSomebodyWrites(t *testing.T) {
	m := open(t)
	ctx, stop := context.WithCancel(t.Context())
	var writer sync.WaitGroup
	written := 0
	writer.Go(func() {
		for ; ctx.Err() == nil; written++ {
			time.Sleep(time.Millisecond) // or the copies take ever longer
			err := m.Update(m.ctx, func(tx *store.Tx) error {
				_, err1 := tx.ExecContext(m.ctx, `INSERT INTO contacts (crm_id, base, changed_at) VALUES (?1, json_object('first_name', hex(randomblob(500))), 1)`, fmt.Sprint("c", written))
				_, err2 := tx.ExecContext(m.ctx, `INSERT INTO inbound (gateway, key, sender, body, received_at, stored_at) VALUES ('g', ?1, '+12025550101', 'Hi', 1, 1)`, fmt.Sprint(written))
				_, err3 := tx.ExecContext(m.ctx, `DELETE FROM meta WHERE key = 'none'`)
				return errors.Join(err1, err2, err3)
			})
			if err != nil {
				t.Errorf("the writer: %v", err)
				return
			}
		}
	})
	dir, first, had := t.TempDir(), -1, -1
	for i := range 10 {
		to := filepath.Join(dir, fmt.Sprint(i, ".db"))
		s, err := store.Backup(m.ctx, m.Path(), to, false)
		ok(t, err)
		if s.Contacts != s.Texts || s.Contacts < had || s.Path != to {
			t.Errorf("%+v after %d contacts", s, had)
		}
		had = s.Contacts
		if first < 0 {
			first = had
		}
		again, err := store.Verify(m.ctx, to)
		ok(t, err)
		same(t, "looked through again", again, s)
		db, err := store.Open(m.ctx, to) // it is a mirror like any other
		ok(t, err)
		ok(t, db.Close())
	}
	stop()
	writer.Wait()
	if had <= first {
		t.Errorf("%d contacts first and last: nobody wrote meanwhile", had)
	}
}

func TestBackupIsOneFileForTheSameReaders(t *testing.T) {
	m := open(t)
	m.contact("ann", nil)
	ok(t, os.Chmod(m.Path(), 0o640))
	dir := t.TempDir()
	to := filepath.Join(dir, "what? #1.db")
	s, err := store.Backup(m.ctx, m.Path(), to, false)
	ok(t, err)
	same(t, "mode", mode(t, to), fs.FileMode(0o640))
	same(t, "instance", s.Instance, get(m, func(tx *store.Tx) (string, error) { return tx.Instance(m.ctx) }))
	if s.Contacts != 1 || s.Schema < 9 || s.Size == 0 || time.Since(s.Made).Abs() > 10*time.Minute {
		t.Errorf("%+v", s)
	}
	same(t, "of the mirror", value[int](m, `SELECT count(*) FROM meta WHERE key = 'copied'`), 0)
	ok(t, os.Chmod(dir, 0o500)) // on a disk that cannot be written it can be looked into
	defer os.Chmod(dir, 0o700)  //nolint:errcheck // else the folder stays
	_, err = store.Verify(m.ctx, to)
	ok(t, err)
	same(t, "files", files(t, dir), []string{"what? #1.db"})
}

// files are the names in a folder.
func files(t testing.TB, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	ok(t, err)
	for _, f := range all {
		names = append(names, f.Name())
	}
	return names
}

func TestBackupReplacesNothingUnasked(t *testing.T) {
	m := open(t)
	dir := t.TempDir()
	to, link := filepath.Join(dir, "copy.db"), filepath.Join(dir, "link.db")
	ok(t, os.WriteFile(to, []byte("mine"), 0o600))
	ok(t, os.Symlink(m.Path(), link))
	for _, c := range []struct {
		to      string
		replace bool
		says    string
	}{
		{to, false, "is there already: name another file, or replace it with --force"},
		{filepath.Join(dir, "none", "copy.db"), true, "there is no folder for"},
		{dir, true, "is a folder"},
		{m.Path(), true, "is the mirror itself"},
		{link, true, "is the mirror itself"},
		{m.Path() + "-wal", true, "is the mirror itself"},
		{"/dev/null", true, "is no file"},
	} {
		_, err := store.Backup(m.ctx, m.Path(), c.to, c.replace)
		refused(t, err, c.to, c.says)
	}
	same(t, "files", files(t, dir), []string{"copy.db", "link.db"})
	b, err := os.ReadFile(to)
	ok(t, err)
	same(t, "content", string(b), "mine")
	_, err = store.Backup(m.ctx, m.Path(), to, true)
	ok(t, err)
	_, err = store.Verify(m.ctx, to)
	ok(t, err)
	_, err = store.Backup(m.ctx, filepath.Join(dir, "none.db"), filepath.Join(dir, "new.db"), false)
	refused(t, err, "none.db")
	same(t, "files", files(t, dir), []string{"copy.db", "link.db"})
}

// What was cut off leaves nothing behind that could be taken for a backup.
func TestBackupThatIsStopped(t *testing.T) {
	m := open(t)
	dir := t.TempDir()
	ctx, stop := context.WithCancel(m.ctx)
	stop()
	_, err := store.Backup(ctx, m.Path(), filepath.Join(dir, "copy.db"), false)
	refused(t, err, "context canceled")
	same(t, "files", files(t, dir), []string(nil))
}

// Where the disk is full it says so, and leaves the disk as it was.
func TestBackupOnAFullDisk(t *testing.T) {
	if dir := os.Getenv("GHLSMS_TEST_FULL_DISK"); dir != "" { // the child, which has a small disk
		_, err := store.Backup(t.Context(), os.Getenv("GHLSMS_TEST_MIRROR"), filepath.Join(dir, "copy.db"), false)
		refused(t, err, "cannot grow", "make room on its disk")
		same(t, "files", files(t, dir), []string(nil))
		fmt.Println("the disk was full")
		return
	}
	m := open(t)
	dir := t.TempDir()
	const small = `mount -t tmpfs -o size=128k tmpfs "$GHLSMS_TEST_FULL_DISK" && exec "$0" -test.run '^TestBackupOnAFullDisk$' -test.v`
	cmd := exec.CommandContext(t.Context(), "unshare", "--user", "--map-root-user", "--mount", "sh", "-c", small, os.Args[0])
	cmd.Env = append(os.Environ(), "GHLSMS_TEST_FULL_DISK="+dir, "GHLSMS_TEST_MIRROR="+m.Path())
	out, err := cmd.CombinedOutput()
	if err != nil && !strings.Contains(string(out), "TestBackupOnAFullDisk") {
		t.Skipf("no small disk can be mounted here: %v\n%s", err, out)
	}
	if err != nil || !strings.Contains(string(out), "the disk was full") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestVerifyRefusesWhatIsNoGoodCopy(t *testing.T) {
	good := filepath.Join(t.TempDir(), "good.db")
	m := open(t)
	for i := range 300 {
		m.contact(fmt.Sprint("c", i), store.Fields{store.FirstName: strings.Repeat("x", 200)})
	}
	_, err := store.Backup(m.ctx, m.Path(), good, false)
	ok(t, err)
	bytes, err := os.ReadFile(good)
	ok(t, err)
	for name, c := range map[string]struct {
		make func(path string)
		says string
	}{
		"missing":           {func(path string) { ok(t, os.Remove(path)) }, "no such file"},
		"empty":             {func(path string) { ok(t, os.Truncate(path, 0)) }, "there is nothing in it"},
		"cut off":           {func(path string) { ok(t, os.Truncate(path, int64(len(bytes)/4096/2)*4096)) }, "damaged"},
		"cut off in a page": {func(path string) { ok(t, os.Truncate(path, 50)) }, "damaged"},
		"scribbled over": {func(path string) {
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			ok(t, err)
			_, err = f.WriteAt([]byte(strings.Repeat("scribble", 4096)), int64(len(bytes)/2))
			ok(t, errors.Join(err, f.Close()))
		}, "damaged"},
		"another program's": {func(path string) { ok(t, os.Remove(path)); write(t, path, `CREATE TABLE theirs (x)`) }, "another program"},
		"newer":             {func(path string) { write(t, path, `UPDATE schema_migrations SET version = 99`) }, "use a newer ghlsms"},
		"in the middle":     {func(path string) { write(t, path, `UPDATE schema_migrations SET dirty = 1`) }, "was cut off in it"},
		"pointing nowhere": {func(path string) {
			write(t, path, `PRAGMA foreign_keys = 0; INSERT INTO tasks (crm_id, contact_id, base, changed_at) VALUES ('t', 9999, '{}', 1)`)
		}, "a row of tasks points nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "copy.db")
			ok(t, os.WriteFile(path, bytes, 0o600))
			c.make(path)
			_, err := store.Verify(t.Context(), path)
			refused(t, err, path, c.says)
		})
	}
}

func TestMissing(t *testing.T) {
	m := open(t)
	id := m.contact("ann", nil)
	enqueue := func(key string, kind store.Kind, state store.State) {
		m.do(func(tx *store.Tx) error {
			_, err := tx.ExecContext(m.ctx, `INSERT INTO outbox (key, kind, contact_id, payload, state, priority, due_at, created_at) VALUES (?, ?, ?, '{}', ?, 1, 1, 1)`, key, kind, id, state)
			return err
		})
	}
	m.received("before")
	enqueue("sent before", store.SendText, store.Done)
	enqueue("sent since", store.SendText, store.Pending)
	enqueue("waits", store.SendText, store.Held)
	to := filepath.Join(t.TempDir(), "copy.db")
	_, err := store.Backup(m.ctx, m.Path(), to, false)
	ok(t, err)
	since, err := store.Missing(m.ctx, to, m.Path())
	ok(t, err)
	same(t, "at once", since, store.Since{})
	m.received("since")
	m.do(func(tx *store.Tx) error {
		_, err := tx.ExecContext(m.ctx, `UPDATE outbox SET state = 'done' WHERE key = 'sent since'`)
		return err
	})
	enqueue("unclear", store.SendText, store.Unknown)
	enqueue("changed", store.UpdateContact, store.Done)
	enqueue("new and waits", store.UpdateContact, store.Pending)
	since, err = store.Missing(m.ctx, to, m.Path())
	ok(t, err)
	same(t, "later", since, store.Since{Received: 1, Sent: 2, Effects: 1, Waiting: 1})
}

// How long a backup of a large mirror takes, and how long a writer waits meanwhile.
func BenchmarkBackup100000Contacts(b *testing.B) {
	m := open(b)
	observe(m, contacts(0, 100_000))
	dir, n := b.TempDir(), 0
	var longest, alone time.Duration
	change := func() time.Duration {
		began := time.Now()
		m.do(func(tx *store.Tx) error { return tx.MoveCursor(m.ctx, "bench", fmt.Sprint(began)) })
		return time.Since(began)
	}
	for range 200 {
		alone = max(alone, change())
	}
	for b.Loop() {
		n++
		done := make(chan struct{})
		go func() {
			defer close(done)
			if _, err := store.Backup(m.ctx, m.Path(), filepath.Join(dir, fmt.Sprint(n)), false); err != nil {
				b.Error(err)
			}
		}()
		for busy := true; busy; {
			select {
			case <-done:
				busy = false
			default:
				longest = max(longest, change())
				time.Sleep(5 * time.Millisecond)
			}
		}
	}
	info, err := os.Stat(m.Path())
	ok(b, err)
	b.ReportMetric(float64(info.Size())/1e6, "MB")
	b.ReportMetric(float64(longest.Microseconds())/1000, "ms/longest-write")
	b.ReportMetric(float64(alone.Microseconds())/1000, "ms/longest-write-alone")
}
