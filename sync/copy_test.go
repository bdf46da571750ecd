package sync_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/store"
	"ghlsms/sync"
)

// Promise 10: a copy that is made in the middle of a call, and put back after a kill in that very call, misses
// nothing: it is what the kill left. What was under way is asked about, the rest goes on, and nobody has to
// look. Once another call was made that must not be made twice, it is a copy like any other.
func TestCopyFromTheMiddleOfACall(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, call := range onceCalls {
		for _, more := range []bool{false, true} {
			name := strings.Trim(call, "/")
			if more {
				name += ", and another call"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				inWorld(t, options{}, func(w *world) {
					if missed := w.copyInACall(call, more); len(missed) > 0 != more {
						t.Errorf("the copy misses %q", missed)
					}
					sent := len(w.gate.Sent())
					w.run(10 * time.Minute)
					if !more {
						w.want("", holding)
						w.wantTexts(annsNumber, "Nothing is open", "no coming appointment")
						w.wantTexts(jane, "Thanks Jane")
						w.checkNothingTwice()
						w.checkQuiet()
						return
					}
					w.want("restored||held", holding)
					if n := len(w.gate.Sent()) - sent; n > 0 {
						t.Errorf("promise 10: %d texts left although the mirror is a copy\n%s", n, w.dump())
					}
					w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), store.BrakeReleased)
					w.run(10 * time.Minute)
					w.checkNothingTwice()
				})
			})
		}
	}
}

// onceCalls is what a path ends with if posting to it twice does harm.
var onceCalls = []string{"/sms/send", "/contacts/", "/tasks", "/notes"}

// copyInACall lets Ann and somebody new text, and makes a copy in the first call of a kind, in which Ann texts once
// more. The process is killed as soon as that call, or with more the next that must not be made twice, has had
// its effect. Then the copy is put back. What it misses is told.
func (w *world) copyInACall(call string, more bool) (missed []string) {
	w.t.Helper()
	w.person("Ann", annsNumber)
	withMark(w)
	w.run(2 * time.Minute)
	w.gate.Text(annsNumber, "TASKS")
	w.gate.Text(jane, "Hi, I'm Jane Doe")
	path, backup := w.db.Path(), filepath.Join(w.dir, "backup.db")
	calls, killed, mark, had := 0, false, []byte(nil), []string(nil)
	w.dieAt(func(int, phase) bool { return killed })
	w.life.watch = func(what string) {
		ends := func(end string) bool { return strings.HasSuffix(what, end) }
		switch {
		case killed, !strings.Contains(what, " POST "), !slices.ContainsFunc(onceCalls, ends), calls == 0 && !ends(call):
		case strings.HasPrefix(what, string(before)):
			if calls++; calls == 1 {
				w.copyDB(path, backup)
				had = w.once()
				w.gate.Text(annsNumber, "NEXT")
			}
		case !more || calls == 2:
			killed = true
			mark, _ = os.ReadFile(w.mark)
		}
	}
	for range 8 {
		if _ = w.cycle(sync.PollTexts | sync.PollCRM); killed {
			break
		}
		time.Sleep(15 * time.Second)
	}
	if !killed {
		w.t.Fatalf("there was no such call\n%s", w.dump())
	}
	w.closeDB()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(path + suffix)
	}
	w.copyDB(backup, path)
	if err := os.WriteFile(w.mark, mark, 0o600); err != nil { // the dead process wrote no more
		w.t.Fatalf("%v", err)
	}
	w.live(path)
	return without(without(w.once(), had), w.underWay())
}

// checkNothingTwice looks at both sides.
func (w *world) checkNothingTwice() {
	w.t.Helper()
	done := w.once()
	slices.Sort(done)
	if len(slices.Compact(slices.Clone(done))) != len(done) {
		w.t.Errorf("promise 10: done twice: %q\n%s", done, w.dump())
	}
}
