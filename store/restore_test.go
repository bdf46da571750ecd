package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"ghlsms/store"
	"ghlsms/store/storetest"
)

// restorable is a mirror that nobody has open, with the contacts old and new, and a copy of it that has old only.
func restorable(t *testing.T) (path, copied string) {
	t.Helper()
	dir := t.TempDir()
	path, copied = filepath.Join(dir, "m.db"), filepath.Join(dir, "copies", "c.db")
	ok(t, os.Mkdir(filepath.Dir(copied), 0o700))
	db, err := store.Open(t.Context(), path)
	ok(t, err)
	m := &mirror{t, db, t.Context(), noon}
	m.contact("old", nil)
	_, err = store.Backup(t.Context(), path, copied, false)
	ok(t, err)
	m.contact("new", nil)
	ok(t, db.Close())
	return path, copied
}

// holds is who is in the mirror at a path, and whether it says that it is a copy.
func holds(t *testing.T, path string) (who string) {
	t.Helper()
	_, err := store.Verify(t.Context(), path)
	ok(t, err)
	db, err := store.OpenReader(t.Context(), path)
	ok(t, err)
	m := &mirror{t, db, t.Context(), noon}
	ok(t, db.View(t.Context(), func(tx *store.Tx) error {
		return tx.QueryRowContext(m.ctx, `SELECT (SELECT group_concat(crm_id) FROM (SELECT crm_id FROM contacts ORDER BY id))
			|| CASE (SELECT count(*) FROM meta WHERE key = 'copied' AND value <> '') WHEN 0 THEN '' ELSE ', copied' END`).Scan(&who)
	}))
	ok(t, db.Close())
	return who
}

const (
	asItWas = "old,new"
	putBack = "old, copied"
)

func TestRestore(t *testing.T) {
	path, copied := restorable(t)
	ok(t, os.Chmod(path, 0o640))
	before, err := os.ReadFile(copied)
	ok(t, err)
	r, err := store.Restore(t.Context(), copied, path)
	ok(t, err)
	same(t, "in place", holds(t, path), putBack)
	same(t, "kept", holds(t, r.Kept), asItWas)
	same(t, "mode", mode(t, path), mode(t, r.Kept))
	if r.Contacts != 1 || r.Path != path || r.Damaged != nil || !strings.HasPrefix(r.Kept, path+".before-restore-") {
		t.Errorf("%+v", r)
	}
	after, err := os.ReadFile(copied)
	ok(t, err)
	if !bytes.Equal(before, after) {
		t.Error("the copy was changed")
	}
	same(t, "files", files(t, filepath.Dir(path)), []string{"copies", "m.db", filepath.Base(r.Kept)})

	again, err := store.Restore(t.Context(), r.Kept, path) // and back, within the same second
	ok(t, err)
	same(t, "in place", holds(t, path), "old,new, copied")
	same(t, "kept", holds(t, again.Kept), putBack)
	if again.Kept == r.Kept {
		t.Error("what was kept first is lost")
	}
}

func TestRestoreWhereNothingIs(t *testing.T) {
	_, copied := restorable(t)
	path := filepath.Join(t.TempDir(), "m.db")
	ok(t, os.WriteFile(path+"-wal", log(t), 0o600)) // of one that was deleted
	r, err := store.Restore(t.Context(), copied, path)
	ok(t, err)
	same(t, "kept", r.Kept, "")
	same(t, "in place", holds(t, path), putBack)
}

// A link leads to the mirror, and does so still.
func TestRestoreThroughALink(t *testing.T) {
	path, copied := restorable(t)
	link := filepath.Join(t.TempDir(), "link.db")
	ok(t, os.Symlink(path, link))
	_, err := store.Restore(t.Context(), copied, link)
	ok(t, err)
	same(t, "in place", holds(t, path), putBack)
	if info, err := os.Lstat(link); err != nil || info.Mode().IsRegular() {
		t.Errorf("the link is none any more (%v)", err)
	}
}

// A copy that was made by hand, with its log, is put back with what the log holds.
func TestRestoreOfACopyWithALog(t *testing.T) {
	m := open(t)
	m.contact("in the log", nil)
	path, _ := restorable(t)
	copied := filepath.Join(t.TempDir(), "c.db")
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(m.Path() + suffix)
		ok(t, err)
		ok(t, os.WriteFile(copied+suffix, b, 0o600))
	}
	r, err := store.Restore(t.Context(), copied, path)
	ok(t, err)
	same(t, "in place", holds(t, path), "in the log, copied")
	if r.Made.IsZero() {
		t.Error("nobody knows when it was made")
	}
}

// What is damaged is what a restore is for; it is kept with its log, and none of that reaches what is put back.
func TestRestoreOverADamagedMirror(t *testing.T) {
	storetest.SkipShort(t, "many copies")
	for name, damage := range map[string]func(path string) error{
		"scribbled over": func(path string) error { return os.WriteFile(path, bytes.Repeat([]byte("garbage "), 4000), 0o600) },
		"cut off":        func(path string) error { return os.Truncate(path, 5000) },
		"empty":          func(path string) error { return os.Truncate(path, 0) },
		"its journal":    func(path string) error { return os.WriteFile(path+"-journal", bytes.Repeat([]byte("x"), 5000), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			path, copied := restorable(t)
			ok(t, os.WriteFile(path+"-wal", log(t), 0o600))
			ok(t, damage(path))
			r, err := store.Restore(t.Context(), copied, path)
			ok(t, err)
			if _, err := os.Stat(r.Kept); err != nil {
				t.Errorf("it is not kept: %v", err)
			}
			same(t, "in place", holds(t, path), putBack)
			db, err := store.Open(t.Context(), path)
			ok(t, err)
			ok(t, db.Close())
			same(t, "in place, opened", holds(t, path), putBack)
		})
	}
}

// While another program has the mirror open it stays: that one might go on writing into what is kept.
func TestRestoreWhileSomebodyReads(t *testing.T) {
	path, copied := restorable(t)
	db, err := store.Open(t.Context(), path)
	ok(t, err)
	defer db.Close()
	ok(t, db.View(t.Context(), func(tx *store.Tx) error {
		var n int
		if err := tx.QueryRowContext(t.Context(), `SELECT count(*) FROM contacts`).Scan(&n); err != nil {
			return err
		}
		_, err := store.Restore(t.Context(), copied, path)
		refused(t, err, path, "is open in another program")
		return nil
	}))
	same(t, "in place", holds(t, path), asItWas)
}

func TestRestoreOfTheMirrorItself(t *testing.T) {
	path, _ := restorable(t)
	_, err := store.Restore(t.Context(), path, path)
	refused(t, err, "is the mirror itself")
}

// The steps of a restore, before each of which it may end.
var restoreSteps = []string{"copied", "still", "kept", "alone", "renamed"}

// Promise 10: a restore that fails at a step leaves the mirror as it was, or the restored one.
func TestRestoreThatFailsAtEachStep(t *testing.T) {
	storetest.SkipShort(t, "many copies")
	var seen []string
	defer store.OnRestoreStep(func(step string) error { seen = append(seen, step); return nil })()
	path, copied := restorable(t)
	_, err := store.Restore(t.Context(), copied, path)
	ok(t, err)
	same(t, "steps", seen, restoreSteps)
	for _, at := range restoreSteps {
		path, copied := restorable(t)
		undo := store.OnRestoreStep(func(step string) error {
			if step == at {
				return errors.New("the power failed")
			}
			return nil
		})
		_, err := store.Restore(t.Context(), copied, path)
		undo()
		refused(t, err, "the power failed")
		want := asItWas
		if at == "renamed" {
			want = putBack
		}
		same(t, "after "+at, holds(t, path), want)
		if left := files(t, filepath.Dir(path)); slices.ContainsFunc(left, func(f string) bool { return strings.Contains(f, ".part") }) {
			t.Errorf("after %s: %v", at, left)
		}
	}
}

// Promise 10: killed before each step a restore leaves the mirror as it was, or the restored one, whole and
// never none; and done again it is done. The same with a mirror that is damaged, which is kept.
func TestRestoreKilledAtEachStep(t *testing.T) {
	storetest.SkipShort(t, "many copies")
	if at := os.Getenv("GHLSMS_TEST_KILL_AT"); at != "" { // the child, which dies
		store.OnRestoreStep(func(step string) error {
			if step == at {
				return syscall.Kill(os.Getpid(), syscall.SIGKILL)
			}
			return nil
		})
		_, err := store.Restore(t.Context(), os.Getenv("GHLSMS_TEST_COPY"), os.Getenv("GHLSMS_TEST_MIRROR"))
		t.Fatalf("it lives (%v)", err)
	}
	for _, damaged := range []bool{false, true} {
		for _, at := range restoreSteps {
			t.Run(fmt.Sprint(at, ", damaged ", damaged), func(t *testing.T) {
				path, copied := restorable(t)
				garbage := bytes.Repeat([]byte("garbage "), 4000)
				if damaged {
					ok(t, os.WriteFile(path, garbage, 0o600))
					ok(t, os.WriteFile(path+"-wal", log(t), 0o600))
				}
				cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestRestoreKilledAtEachStep$")
				cmd.Env = append(os.Environ(), "GHLSMS_TEST_KILL_AT="+at, "GHLSMS_TEST_COPY="+copied, "GHLSMS_TEST_MIRROR="+path)
				out, err := cmd.CombinedOutput()
				if err == nil || !strings.Contains(err.Error(), "killed") {
					t.Fatalf("%v\n%s", err, out)
				}
				switch b, err := os.ReadFile(path); {
				case at == "renamed":
					same(t, "in place", holds(t, path), putBack)
				case damaged:
					if err != nil || !bytes.Equal(b, garbage) {
						t.Errorf("what was there is not there (%v)", err)
					}
				default:
					same(t, "in place", holds(t, path), asItWas)
				}
				db, err := store.Open(t.Context(), path) // a daemon that is started by mistake
				if err == nil {
					err = db.Close()
				}
				if damaged == (err == nil) && at != "renamed" {
					t.Errorf("opened: %v", err)
				}
				r, err := store.Restore(t.Context(), copied, path)
				ok(t, err)
				same(t, "done again", holds(t, path), putBack)
				if _, err := os.Stat(r.Kept); err != nil {
					t.Error(err)
				}
				if left := files(t, filepath.Dir(path)); slices.ContainsFunc(left, func(f string) bool { return strings.Contains(f, ".part") }) {
					t.Errorf("left: %v", left)
				}
			})
		}
	}
}

// Root may do it for the user that runs the daemon, who must be able to open what root made.
func TestCopiesBelongToWhomTheMirrorBelongs(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	const uid, gid = 12345, 12346
	path, copied := restorable(t)
	ok(t, os.Chown(path, uid, gid))
	another := filepath.Join(t.TempDir(), "another.db")
	_, err := store.Backup(t.Context(), path, another, false)
	ok(t, err)
	r, err := store.Restore(t.Context(), copied, path)
	ok(t, err)
	for _, file := range []string{another, path, r.Kept} {
		info, err := os.Stat(file)
		ok(t, err)
		if have, is := info.Sys().(*syscall.Stat_t); !is || have.Uid != uid || have.Gid != gid {
			t.Errorf("%s: %+v", file, have)
		}
	}
}
