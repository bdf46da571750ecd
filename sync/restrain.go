package sync

import (
	"context"
	"fmt"
	"time"

	"ghlsms/sms"
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

// restrain takes from a decision what is too much. It is pure. An opt-out and its confirmation pass, and
// so does what was asked for by a command that no robot knows.
func restrain(c TextCase, d *TextDecision, t Traffic, l Quota) {
	if d.NewNumber != 0 && (over(t.Tasks, l.TasksPerPersonPerDay) || over(t.AllTasks, l.TasksPerHour)) {
		d.NewTasks, d.NewNumber, d.Note = nil, 0, noteOf(c)
		d.say("too many", "more tasks by text than the limits allow: kept with the contact", replyTooManyTasks)
	}
	asked := d.Decision == tasksListed || d.Decision == told
	if asked {
		t.SameAnswers = 0
	}
	if why := tooMuch(t, l); why != "" && d.Reply != "" && d.Purpose != store.ForOptOut {
		d.Reply = ""
		d.Reason += "; not answered: " + why
	}
}

// tooMuch is why a text is not answered; empty: it may be.
func tooMuch(t Traffic, l Quota) string {
	switch {
	case over(t.Answers, l.AnswersPerPersonPerHour):
		return fmt.Sprintf("%d answers left within an hour", t.Answers)
	case t.SameAnswers >= mostSameAnswers:
		return fmt.Sprintf("the same answer left %d times within an hour", t.SameAnswers)
	}
	return ""
}

func over(n, limit int) bool { return limit > 0 && n >= limit }

// restrain looks at what passed between us and the sender, where a decision makes that matter.
func (p *planning) restrain(ctx context.Context, c TextCase, d *TextDecision) (err error) {
	var t Traffic
	hour, day := p.tx.Now.Add(-time.Hour), p.tx.Now.Add(-24*time.Hour)
	if d.Reply != "" {
		if t.Answers, t.SameAnswers, err = p.tx.AnswersTo(ctx, c.Text.Sender, sms.Plain(d.Reply), hour); err != nil {
			return err
		}
	}
	if d.NewNumber != 0 {
		if t.Tasks, err = p.tx.CountDecided(ctx, c.Text.Sender, taskCreated, day); err != nil {
			return err
		}
		if t.AllTasks, err = p.tx.CountSince(ctx, store.CreateTask, hour); err != nil {
			return err
		}
	}
	restrain(c, d, t, p.cfg.Limits.Quota)
	return nil
}
