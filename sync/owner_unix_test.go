//go:build unix

package sync_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A command that root runs leaves the mark to whom the mirror belongs: the daemon must be able to read it.
func TestTheMarkBelongsToWhomTheMirrorBelongs(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	const uid, gid = 12345, 12346
	inWorld(t, options{with: func(w *world) { w.mark = filepath.Join(w.dir, "mark") }}, func(w *world) {
		if err := os.Chown(w.db.Path(), uid, gid); err != nil {
			t.Fatal(err)
		}
		w.person("Ann", annsNumber)
		w.full()
		w.gate.Text(annsNumber, "TASKS")
		w.full()
		info, err := os.Stat(w.mark)
		if err != nil {
			t.Fatal(err)
		}
		if have, is := info.Sys().(*syscall.Stat_t); !is || have.Uid != uid || have.Gid != gid {
			t.Errorf("%+v", have)
		}
	})
}
