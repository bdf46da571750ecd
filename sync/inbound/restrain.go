package inbound

import (
	"fmt"

	"ghlsms/store"
)

// Traffic is what passed between us and a number lately, before a decision.
type Traffic struct {
	SameAnswers int // with the same words, within an hour
	Answers     int // within an hour
	Tasks       int // that the number asked for within a day
	AllTasks    int // that texts asked for within an hour
}

// mostSameAnswers is how often the same words are answered: who goes on is a robot.
const mostSameAnswers = 2

// Restrain takes from a decision what is too much. It is pure. An opt-out and its confirmation pass, and
// so does what was asked for by a command that no robot knows.
func Restrain(c Case, d *Decision, t Traffic, l Quota) {
	if d.NewNumber != 0 && (over(t.Tasks, l.TasksPerPersonPerDay) || over(t.AllTasks, l.TasksPerHour)) {
		d.NewTasks, d.NewNumber, d.Note = nil, 0, noteOf(c)
		d.say("too many", "more tasks by text than the limits allow: kept with the contact", replyTooManyTasks)
	}
	asked := d.Decision == tasksListed || d.Decision == told
	if asked {
		t.SameAnswers = 0
	}
	if why := TooMuch(t, l); why != "" && d.Reply != "" && d.Purpose != store.ForOptOut {
		d.Reply = ""
		d.Reason += "; not answered: " + why
	}
}

// TooMuch returns the reason why a text is not answered, or "".
func TooMuch(t Traffic, l Quota) string {
	switch {
	case over(t.Answers, l.AnswersPerPersonPerHour):
		return fmt.Sprintf("%d answers left within an hour", t.Answers)
	case t.SameAnswers >= mostSameAnswers:
		return fmt.Sprintf("the same answer left %d times within an hour", t.SameAnswers)
	}
	return ""
}

func over(n, limit int) bool { return limit > 0 && n >= limit }
