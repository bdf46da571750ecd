package storetest

import (
	"os"
	"testing"
)

// An Amount is how much a test does that could go on for ever: how many stories, kills or days.
//
//	go test -short ./...        Short, for the inner loop
//	go test ./...               Usual
//	GHLSMS_FULL=1 go test ./... Full, as .ci/run does it
type Amount struct {
	Short, Usual, Full int
	Race               int // with the race detector this at most; 0: as many as without it
}

// Or is the amount, or what a flag of the test asks for, if that is not zero.
func (a Amount) Or(asked int) int {
	n := a.Usual
	switch {
	case asked != 0:
		return asked
	case testing.Short():
		n = a.Short
	case InFull():
		n = a.Full
	}
	if RaceDetector && a.Race > 0 {
		n = min(n, a.Race)
	}
	return n
}

// SkipShort leaves a test out of the inner loop; why names what it costs.
func SkipShort(t testing.TB, why string) {
	t.Helper()
	if testing.Short() {
		t.Skipf("left out by -short: %s", why)
	}
}

// SkipRace leaves a test out under the race detector, which makes it many times slower; why says what is lost. All of
// them run without it too.
func SkipRace(t testing.TB, why string) {
	t.Helper()
	if RaceDetector {
		t.Skipf("left out under the race detector: %s", why)
	}
}

// OnlyFull leaves a test to GHLSMS_FULL=1; why names what it costs.
func OnlyFull(t testing.TB, why string) {
	t.Helper()
	if testing.Short() || !InFull() {
		t.Skipf("only with GHLSMS_FULL=1: %s", why)
	}
}

// InFull tells whether each test is to do all that it can.
func InFull() bool { return os.Getenv("GHLSMS_FULL") == "1" }
