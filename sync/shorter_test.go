package sync_test

import (
	"flag"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// shorter bounds the search for a shorter story after one failed: rapid looks at -rapid.shrinktime only
// between two draws, and one draw of 64 bits may be tried anew a thousand times. Once that time is over, no
// further story is told, and rapid reports the shortest that it has.
func shorter(t *testing.T, tell func(*rapid.T)) func(*rapid.T) {
	var (
		until  time.Time // zero: none has failed yet
		repeat bool      // the last one failed for the first time, and rapid wants to see that again
	)
	return func(rt *rapid.T) {
		over := !until.IsZero() && time.Now().After(until)
		if over && !repeat && !t.Failed() { // failed: this is the one that is reported
			return
		}
		passed := false
		defer func() {
			repeat = !passed && !repeat
			if !passed && until.IsZero() {
				until = time.Now().Add(shrinkTime())
			}
		}()
		tell(rt)
		passed = !rt.Failed()
	}
}

func shrinkTime() time.Duration {
	return flag.Lookup("rapid.shrinktime").Value.(flag.Getter).Get().(time.Duration)
}
