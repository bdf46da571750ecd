package trouble

import (
	"testing"
	"time"

	"ghlsms/store"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func minutes(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }

// A trouble that comes back goes on, and one that ended long ago begins anew; what a person ended does at once.
func TestWhatComesBack(t *testing.T) {
	l := Look{AgainAfter: 4 * time.Hour}
	detectors := []Detector{{Kinds: []string{KindCRMEntry, KindLimit}}}
	for _, tt := range []struct {
		name, kind string
		ended      time.Time
		returns    int // -1: it begins anew
	}{
		{"soon", KindCRMEntry, minutes(-1), 4}, {"within the hour", KindCRMEntry, minutes(-59), 4}, {"a person ended it", KindLimit, minutes(-1), -1},
	} {
		had := store.Trouble{ID: 7, Kind: tt.kind, Since: minutes(-90), EndedAt: tt.ended, Returns: 3, Severity: store.Urgent, AckedAt: minutes(-80)}
		c := l.compare([]store.Trouble{{Kind: tt.kind, Severity: store.Urgent, Since: noon}}, nil, []store.Trouble{had}, detectors, noon)
		switch {
		case tt.returns < 0:
			if len(c.Begun) != 1 || len(c.Back) != 0 {
				t.Errorf("%s: %+v", tt.name, c)
			}
		case len(c.Back) != 1 || c.Back[0].ID != 7 || c.Back[0].Returns != tt.returns || !c.Back[0].EndedAt.IsZero() || !c.Back[0].Since.Equal(had.Since):
			t.Errorf("%s: %+v", tt.name, c)
		case c.Back[0].AckedAt.IsZero() != (noon.Sub(tt.ended) > 15*time.Minute):
			t.Errorf("%s: acknowledged %s", tt.name, c.Back[0].AckedAt)
		}
	}
	calm := func(returns int) time.Duration {
		return l.Calm(store.Trouble{Kind: KindCRMEntry, Returns: returns}, 30*time.Second)
	}
	if calm(0) != time.Minute || calm(1) != 2*time.Minute || calm(5) != 32*time.Minute || calm(6) != time.Hour || calm(1000) != time.Hour {
		t.Errorf("%s, %s, %s, %s, %s", calm(0), calm(1), calm(5), calm(6), calm(1000))
	}
	if l.Calm(store.Trouble{Kind: KindMissed}, time.Minute) != 0 {
		t.Error("what a person ended is not told at once")
	}
}

// An acknowledgement is of what was known: how bad it was, and how many cases.
func TestWhatWasAcknowledged(t *testing.T) {
	l := Look{StaleAfter: 30 * time.Minute}
	for _, tt := range []struct {
		name         string
		kept, found  store.Trouble
		acked        bool
		size, sizeOf int
	}{
		{"as bad", store.Trouble{Kind: KindCRMUnread, Severity: store.Warning}, store.Trouble{Severity: store.Warning}, true, 0, 0},
		{"worse", store.Trouble{Kind: KindCRMUnread, Severity: store.Warning}, store.Trouble{Severity: store.Urgent}, false, 0, 0},
		{"better", store.Trouble{Kind: KindCRMUnread, Severity: store.Urgent}, store.Trouble{Severity: store.Warning}, true, 0, 0},
		{"more sources of one side", store.Trouble{Kind: KindCRMUnread, Severity: store.Warning, Size: 1, AckedSize: 1}, store.Trouble{Severity: store.Warning, Size: 3}, true, 3, 1},
		{"fewer", store.Trouble{Kind: KindLimit, Severity: store.Warning, Size: 3, AckedSize: 3}, store.Trouble{Severity: store.Warning, Size: 2}, true, 2, 2},
		{"one more than the fewer", store.Trouble{Kind: KindLimit, Severity: store.Warning, Size: 2, AckedSize: 2}, store.Trouble{Severity: store.Warning, Size: 3}, false, 3, 2},
	} {
		tt.kept.AckedAt = minutes(-5)
		got := l.goesOn(tt.kept, tt.found, noon)
		if got.AckedAt.IsZero() == tt.acked || got.Size != tt.size || got.AckedSize != tt.sizeOf {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}

// What is told at the end is what it was at its worst. Something that may end by itself and comes back again and again is no
// notice any more.
func TestTheWorstIsKept(t *testing.T) {
	l := Look{StaleAfter: 30 * time.Minute}
	had := store.Trouble{Kind: KindCRMUnread, Since: noon}
	for i, found := range []store.Trouble{
		{Severity: store.Notice, Size: 1, What: "one"}, {Severity: store.Urgent, Size: 2, What: "two"}, {Severity: store.Urgent, Size: 5, What: "five"},
		{Severity: store.Urgent, Size: 1, What: "last"}, {Severity: store.Notice, Size: 9, What: "many, for a moment"},
	} {
		had = l.goesOn(had, found, minutes(i))
	}
	if had.Worst != "five" || had.WorstSeverity != store.Urgent || had.What != "many, for a moment" {
		t.Errorf("%+v", had)
	}
	flaps := store.Trouble{Kind: KindCRMUnread, Since: noon, Returns: 6}
	early, late := l.goesOn(flaps, store.Trouble{Severity: store.Notice}, minutes(10)), l.goesOn(flaps, store.Trouble{Severity: store.Notice}, minutes(20))
	if early.Severity != store.Notice || late.Severity != store.Warning {
		t.Errorf("%s, then %s", early.Severity, late.Severity)
	}
}

// What the machine suffers from stands first, and what only follows from it is left out.
func TestTheCauseStandsFirst(t *testing.T) {
	all := []store.Trouble{
		{Kind: KindDisk, Severity: store.Warning, Since: minutes(1)}, {Kind: KindStandstill, Severity: store.Urgent, Since: minutes(-9)},
		{Kind: KindCredit, Severity: store.Urgent, Since: minutes(-8)}, {Kind: KindMirror, Severity: store.Urgent, Since: minutes(0)},
		{Kind: KindOverdue, Severity: store.Urgent, Since: minutes(-7)}, {Kind: KindBrake, Severity: store.Warning, Since: minutes(-60)},
	}
	var got []string
	for _, one := range Sorted(all) {
		got = append(got, one.Kind)
	}
	want := []string{KindMirror, KindCredit, KindDisk, KindBrake}
	if len(got) != len(want) {
		t.Fatalf("%v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}
