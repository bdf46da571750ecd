package plan

import (
	"context"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/inbound"
)

// restrain counts the recent traffic with the sender, and limits a decision that answers or makes tasks by it.
func (p *planning) restrain(ctx context.Context, c inbound.Case, d *inbound.Decision) (err error) {
	var t inbound.Traffic
	hour, day := p.tx.Now.Add(-time.Hour), p.tx.Now.Add(-24*time.Hour)
	if d.Reply != "" {
		if t.Answers, t.SameAnswers, err = p.tx.AnswersTo(ctx, c.Text.Sender, sms.Plain(d.Reply), hour); err != nil {
			return err
		}
	}
	if d.NewNumber != 0 {
		if t.Tasks, err = p.tx.CountDecided(ctx, c.Text.Sender, inbound.TaskCreated, day); err != nil {
			return err
		}
		if t.AllTasks, err = p.tx.CountSince(ctx, store.CreateTask, hour); err != nil {
			return err
		}
	}
	inbound.Restrain(c, d, t, p.cfg.Limits.Quota)
	return nil
}
