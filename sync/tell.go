package sync

import (
	"context"
	"log/slog"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/plan"
)

// logPlan logs what a plan decided, one line each. Texts of people stay out of the log.
func (e *Engine) logPlan(p plan.Plan) {
	for _, t := range p.Texts {
		e.Log.Info("text came in", "from", sms.Phone(t.Sender).Masked(), "decision", t.Decision, "why", t.Reason)
	}
	for _, r := range p.Reminders {
		if r.Skipped != "" {
			e.Log.Info("reminder skipped", "rule", r.Rule, "for", r.Contact, "starts", r.Starts, "why", r.Skipped)
		} else {
			e.Log.Info("reminder due", "rule", r.Rule, "for", r.Contact, "starts", r.Starts)
		}
	}
	for _, r := range p.Rules {
		level := slog.LevelInfo
		if r.Stopped != "" {
			level = slog.LevelWarn
		}
		e.Log.Log(context.Background(), level, "rule", "rule", r.Rule, "event", r.Event, "for", r.Contact, "done", r.Done, "not_done", r.Stopped)
	}
	for _, in := range p.Intents {
		if in.State == store.Held {
			e.Log.Warn("held by a brake", "what", in.Kind, "key", in.Key, "why", in.Held)
		}
	}
	for _, id := range p.Arrived {
		e.Log.Info("text in doubt has arrived", "effect", id, "why", plan.AnsweredIt)
	}
	for _, c := range p.Conflicts {
		e.Log.Warn("two sides changed a field", "what", c.Entity, "id", c.RecordID, "field", c.Field, "kept", c.Kept)
	}
}

func (c *cycle) progress(what string, done, total int) {
	if c.Progress != nil {
		c.Progress(what, done, total)
	}
}

// logOutcome logs what became of an intent.
func (c *cycle) logOutcome(ctx context.Context, in store.Intent, r result) {
	level, msg := slog.LevelWarn, ""
	switch r.State {
	case store.Done:
		level, msg = slog.LevelInfo, effects[in.Kind].Means
	case store.Pending:
		msg = "not done, tried again later"
	case store.Unknown:
		msg = "outcome unclear, asked about later"
	case store.Failed:
		level, msg = slog.LevelError, "not done and given up"
	case store.Dropped, store.Held, store.Sending:
		msg = string(r.State)
	}
	attrs := append([]slog.Attr{slog.String("key", in.Key)}, r.about...)
	if r.Reason != "" {
		attrs = append(attrs, slog.Any("what", in.Kind), slog.String("why", r.Reason))
	}
	c.Log.LogAttrs(ctx, level, msg, attrs...)
}
