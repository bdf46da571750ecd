package when

import "time"

// A bound tells on which side of a time what is meant lies.
type bound uint8

const (
	boundNone    bound = iota // at it
	boundAfter                // after 3
	boundBefore               // before noon
	boundUnknown              // from it on, or until it
)

// A frame is what a date leaves open, for which of several moments it can mean.
type frame struct {
	bound bound
	part  int  // of the day, by the hours of the tables; 0: none was said
	exact bool // an hour of which no other reading is left
	of    has  // hasWeek, hasMonth or hasYear, of a date that is no one day
}

// Fits tells whether a moment, such as that at which an appointment begins, is one that the words can mean: on that day, at
// that time, in that part of the day, in that week.
func (d Date) Fits(at time.Time) bool {
	at = at.In(d.At.Location())
	if !d.NoDay && !d.sameDays(at) {
		return false
	}
	minute, said := 60*at.Hour()+at.Minute(), 60*d.At.Hour()+d.At.Minute()
	switch {
	case d.part != 0 && (!d.HasTime || d.OnlyPart):
		return inPart(d.part, minute)
	case !d.HasTime, d.OnlyPart:
		return d.bound == boundNone
	case d.bound == boundAfter:
		return minute > said
	case d.bound == boundBefore:
		return minute < said
	case d.bound == boundUnknown:
		return false
	case d.NoDay && !d.exact: // "my 9:30" does not say which half of the day
		return minute%720 == said%720
	}
	return minute == said
}

// sameDays tells that a moment is on the day that was said, or in the week, month or year.
func (d Date) sameDays(at time.Time) bool {
	if !d.Roughly {
		on := at.Format(time.DateOnly)
		return on == d.At.Format(time.DateOnly) || d.Today && on == d.At.AddDate(0, 0, -7).Format(time.DateOnly)
	}
	switch d.of {
	case hasWeek: // on a Sunday people differ on which week it is in
		y, week := at.ISOWeek()
		y2, week2 := d.At.ISOWeek()
		return y == y2 && week == week2 && at.Weekday() != time.Sunday && d.At.Weekday() != time.Sunday
	case hasMonth:
		return at.Year() == d.At.Year() && at.Month() == d.At.Month()
	default:
		return at.Year() == d.At.Year()
	}
}

// inPart tells whether a minute of the day is in a part of it. People draw the lines differently, and what lies between
// two lines is in both.
func inPart(part, minute int) bool {
	from, to := 17, 24
	switch part {
	case partSmall:
		from, to = 0, 6
	case partMorning:
		from, to = 4, 12
	case partAfternoon:
		from, to = 12, 18
	}
	return minute >= 60*from && minute < 60*to
}
