package alarm

import "time"

// Told is what one way was told of one trouble: plain data, to be stored after each try and given to Due.
type Told struct {
	State    State     // told last; empty: nothing was
	At       time.Time // of that
	Fails    int       // in a row since
	FailedAt time.Time // the last of them
}

// The wait after a failure doubles from the first to the longest.
const (
	firstWait   = time.Minute
	longestWait = time.Hour
)

// Due says what a way is to be told now of a trouble that lasts (ended is zero) or is over: that it begins, once;
// that it goes on, again after some time; that it is over, once. Nothing is due while a way that failed is left
// alone for a while, nor of what came and went without a word.
func Due(told Told, ended, now time.Time, again time.Duration) (s State, due bool) {
	if told.Fails > 0 && now.Before(told.FailedAt.Add(wait(told.Fails))) && !now.Before(told.FailedAt) {
		return "", false
	}
	switch {
	case told.State == IsOver:
		return "", false
	case !ended.IsZero():
		return IsOver, told.State != "" || told.Fails > 0 // a try that failed may have been heard
	case told.State == "":
		return Begins, true
	}
	return GoesOn, again > 0 && now.Sub(told.At) >= again
}

func wait(fails int) time.Duration {
	d := firstWait
	for ; fails > 1 && d < longestWait; fails-- {
		d *= 2
	}
	return min(d, longestWait)
}

// After is what to store when a way was told, with what Tell returned for it.
func (t Told) After(s State, now time.Time, err error) Told {
	if heard(err) {
		return Told{State: s, At: now}
	}
	t.Fails, t.FailedAt = t.Fails+1, now
	return t
}
