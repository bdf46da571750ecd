package sync_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sync"
)

// crowd imports so many contacts and lets them rest.
func (w *world) crowd(n int) {
	w.t.Helper()
	long := time.Now().AddDate(-1, 0, 0)
	for i := range n {
		w.crm.AddContact(ghltest.Contact{FirstName: fmt.Sprint("P", i), Phone: fmt.Sprintf("+1202%07d", i), DateAdded: long, DateUpdated: long})
	}
	w.full()
	w.full()
}

// A cycle with nothing to do asks and allocates the same, however many contacts rest in the mirror.
func TestQuietCycleCostsTheSameForAnyNumberOfContacts(t *testing.T) {
	heavy(t)
	cost := func(n int) (requests int, allocs uint64) {
		inWorld(t, options{}, func(w *world) {
			w.crowd(n)
			var a, b runtime.MemStats
			requests = w.life.seen
			runtime.ReadMemStats(&a)
			for range 20 {
				w.full()
				time.Sleep(time.Minute)
			}
			runtime.ReadMemStats(&b)
			requests, allocs = w.life.seen-requests, b.Mallocs-a.Mallocs
		})
		return requests, allocs
	}
	r1, a1 := cost(100)
	r2, a2 := cost(20_000)
	if r1 != r2 || a2 > a1*5/4 {
		t.Errorf("100 contacts: %d requests, %d allocations; 20000 contacts: %d, %d", r1, a1, r2, a2)
	}
}

func BenchmarkQuietCycle(b *testing.B) {
	for _, n := range []int{100, 20_000} {
		b.Run(fmt.Sprint(n, " contacts"), func(b *testing.B) {
			w := newWorld(b, b.TempDir(), options{})
			defer w.close()
			w.crowd(n)
			for b.Loop() {
				if err := w.cycle(sync.PollTexts | sync.PollCRM); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
