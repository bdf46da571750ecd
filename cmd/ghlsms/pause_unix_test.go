//go:build unix

package main

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ghlsms/store/storetest"
	"ghlsms/sync/trouble"
)

// A machine that sleeps, or a process that is held, is accounted for as a stop: what people felt of it is told once, and nothing
// that only follows from it.
func TestAPauseIsAStop(t *testing.T) {
	storetest.SkipShort(t, "processes")
	builtIn(t)
	t.Parallel()
	d := drillOf(t, trial{})
	began := time.Now()
	d.start()
	defer d.halt()
	until(t, "all is well", func() bool { return d.outside.beatsSince(began) > 0 })
	hold := func(s syscall.Signal) {
		if err := d.program.cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	hold(syscall.SIGSTOP)
	d.newcomer()
	time.Sleep(5 * time.Second)
	hold(syscall.SIGCONT)
	until(t, "the stop is told", func() bool { return len(d.outside.of(trouble.KindStopped, began)) > 0 })
	told := slices.DeleteFunc(d.outside.of("", began), func(o toldOf) bool { return o.Kind == trouble.KindUnconfirmed }) // which is soon, with these settings
	if len(told) != 1 || told[0].State != "is over" || !strings.HasSuffix(told[0].What, "; 1 text that came in was answered late") {
		t.Errorf("told: %+v", told)
	}
}
