package alarm

import "time"

// Told is what one way was told of one trouble: plain data, to be stored after each try and given to Due.
type Told struct {
	State    State     // told last; empty: nothing was
	At       time.Time // of that
	Severity string    // of the trouble, as it was told
	Size     int       // so was this
	Acked    bool      // that a person knows of it was told
	Fails    int       // in a row since
	FailedAt time.Time // the last of them
}

// Standing is where a trouble stands.
type Standing struct {
	Severity string
	Size     int       // how many cases it is about; 0: it has none
	Acked    bool      // a person knows of it
	Ended    time.Time // zero while it lasts
	Past     bool      // it was over when it was found, and is told all the same
}

// Pace is how often there is something to tell.
type Pace struct {
	Again time.Duration // what goes on is told again after that; 0: never
	Calm  time.Duration // what ended must be away for so long to be over
}

// The wait after a failure doubles from the first to the longest.
const (
	firstWait   = time.Minute
	longestWait = time.Hour
)

// Twice as many cases, and three at least, are told before it is time to tell again.
const (
	muchMore  = 2
	muchLeast = 3
)

// Due says what a way is to be told now of a trouble: that it begins, once; that it gets worse, that there is much more of it,
// that somebody knows of it; that it goes on, again after some time, unless somebody does; that it is over, once it has been so for
// a while. Nothing is due while a way that failed is left alone for a while, nor of what came and went without a word.
func Due(told Told, is Standing, now time.Time, pace Pace) (s State, n News, due bool) {
	if told.Fails > 0 && now.Before(told.FailedAt.Add(wait(told.Fails))) && !now.Before(told.FailedAt) {
		return "", "", false
	}
	heard := told.State != "" || told.Fails > 0 // a try that failed may have been heard
	rest := now.Sub(told.At)
	switch {
	case !is.Ended.IsZero():
		return IsOver, "", told.State != IsOver && (is.Past || heard && now.Sub(is.Ended) >= pace.Calm)
	case told.State == "":
		return Begins, "", !is.Acked
	case told.State == IsOver:
		return Begins, ComesBack, !is.Acked
	case is.Severity == Urgent && told.Severity == Warning:
		return GoesOn, GetsWorse, true
	case is.Acked:
		return GoesOn, Acknowledged, !told.Acked
	case told.Acked && is.Size > 0: // for fewer cases than there are now
		return GoesOn, Grows, true
	case told.Size > 0 && is.Size >= max(muchMore*told.Size, muchLeast) && rest >= pace.Again/48:
		return GoesOn, Grows, true
	}
	return GoesOn, "", pace.Again > 0 && rest >= pace.Again
}

func wait(fails int) time.Duration {
	d := firstWait
	for ; fails > 1 && d < longestWait; fails-- {
		d *= 2
	}
	return min(d, longestWait)
}

// After is what to store when a way was told where a trouble stands, with what Tell returned for it.
func (t Told) After(s State, is Standing, now time.Time, err error) Told {
	if Heard(err) {
		return Told{State: s, At: now, Severity: is.Severity, Size: is.Size, Acked: is.Acked}
	}
	t.Fails, t.FailedAt = t.Fails+1, now
	return t
}
