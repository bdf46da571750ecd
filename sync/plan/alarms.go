package plan

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ghlsms/sms/parse"
	"ghlsms/store"
	"ghlsms/sync/wording"
)

// Alarms plans only the alarms to staff, where the rest cannot be planned. It returns the keys of the texts that may
// leave: not those to a number that may have asked for no texts.
func (p Planner) Alarms(ctx context.Context, tx *store.Tx) (keys map[string]bool, err error) {
	run, err := p.begin(ctx, tx)
	if err != nil {
		return nil, err
	}
	if err := Catch(p.Log, "alarms", func() error { return run.alarms(ctx) }); err != nil {
		return nil, err
	}
	ready, err := tx.Ready(ctx, PlanBatch)
	if err != nil {
		return nil, err
	}
	keys = map[string]bool{}
	for _, in := range ready {
		if !strings.HasPrefix(in.Key, alarmPrefix) {
			continue
		}
		t, err := tx.Text(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		stopped, err := p.Config.MayHaveStopped(ctx, tx, t.Number)
		if err != nil {
			return nil, err
		}
		keys[in.Key] = !stopped
	}
	return keys, nil
}

// MayHaveStopped tells whether a text that is not decided may ask that a number be texted no more.
func (r *Config) MayHaveStopped(ctx context.Context, tx *store.Tx, number string) (bool, error) {
	for skip := 0; ; skip += PlanBatch {
		texts, err := tx.Undecided(ctx, skip, PlanBatch)
		if err != nil || len(texts) == 0 {
			return false, err
		}
		for _, in := range texts {
			if in.Sender != number {
				continue
			}
			if cmd := r.Inbound.Words.StaffCommand(in.Body); cmd.Verb == parse.VerbStop || cmd.MaybeStop {
				return true, nil
			}
		}
	}
}

// alarms texts the first of staff about sources and reminders that have been stuck for too long.
func (p *planning) alarms(ctx context.Context) error {
	if len(p.cfg.Staff) == 0 || p.cfg.StaffUntold {
		return nil
	}
	if err := p.notifySilence(ctx); err != nil {
		return err
	}
	if err := p.notifySpeech(ctx); err != nil {
		return err
	}
	return p.notifyUndecided(ctx)
}

// notifySilence texts staff once each time sources fall silent, about all that fell silent together.
func (p *planning) notifySilence(ctx context.Context) error {
	if p.cfg.StaleAfter == 0 {
		return nil
	}
	var silent []string
	var oldest time.Time
	for _, source := range store.Watched {
		since, err := p.silentSince(ctx, source)
		if err != nil {
			return err
		}
		if since.IsZero() || p.tx.Now.Sub(since) < p.cfg.StaleAfter/2 {
			continue
		}
		silent = append(silent, source)
		if oldest.IsZero() || since.Before(oldest) {
			oldest = since
		}
	}
	if len(silent) == 0 || p.tx.Now.Sub(oldest) < p.cfg.StaleAfter {
		return nil
	}
	for _, source := range silent {
		if err := p.tx.SetMeta(ctx, metaNotified+source, p.tx.Now.Format(time.RFC3339)); err != nil {
			return err
		}
	}
	if err := p.tx.SetMeta(ctx, metaSilent, strings.Join(silent, " ")); err != nil {
		return err
	}
	first, err := p.tx.Cursor(ctx, silent[0])
	if err != nil {
		return err
	}
	return p.notifyStaff(ctx, silent[0], fmt.Sprintf("%s could not be read since %s%s", strings.Join(silent, ", "), p.alarmTime(oldest), causes[first.Code]))
}

// causes are what staff are told of why something cannot be read; of the others, status has the words.
var causes = map[store.Obstacle]string{
	store.NoEntry:   ": the token or key is refused",
	store.NoScope:   ": the token lacks a permission",
	store.NoVersion: ": the CRM refuses the version of its API",
	store.Elsewhere: ": the token is another location's",
	store.TooMany:   ": too many calls",
	store.DayUsed:   ": the calls of the day are used up",
	store.Away:      ": it cannot be reached",
	store.Sick:      ": it answers with errors",
}

// notifySpeech texts staff that the sources whose silence they were told of last are read again, once that has been so for a while.
func (p *planning) notifySpeech(ctx context.Context) error {
	told, err := p.tx.Meta(ctx, metaSilent)
	if err != nil || told == "" {
		return err
	}
	sources := strings.Fields(told)
	for _, source := range sources {
		c, err := p.tx.Cursor(ctx, source)
		if err != nil {
			return err
		}
		if !c.FailedAt.IsZero() || c.ReadAt.IsZero() {
			return p.tx.SetMeta(ctx, metaSpeaks, "")
		}
	}
	was, err := p.tx.Meta(ctx, metaSpeaks)
	if err != nil {
		return err
	}
	since, err := time.Parse(time.RFC3339, was)
	if err != nil { // nothing is stored yet
		return p.tx.SetMeta(ctx, metaSpeaks, p.tx.Now.Format(time.RFC3339))
	}
	if p.tx.Now.Sub(since) < p.cfg.StaleAfter/3 {
		return nil
	}
	if err := errors.Join(p.tx.SetMeta(ctx, metaSilent, ""), p.tx.SetMeta(ctx, metaSpeaks, "")); err != nil {
		return err
	}
	if untold, err := p.untold(ctx, sources[0]); err != nil || untold {
		return err
	}
	return p.notifyStaff(ctx, "over-"+sources[0], fmt.Sprintf("that is over: %s can be read again since %s", strings.Join(sources, ", "), p.alarmTime(since)))
}

// notifiedReminders stands for reminders that are overdue among the sources that staff were told of.
const notifiedReminders = "reminders"

// notifyUndecided texts staff once each time reminders are overdue and not decided, until none is.
func (p *planning) notifyUndecided(ctx context.Context) error {
	if p.cfg.UndecidedAfter == 0 {
		return nil
	}
	n, oldest, err := p.tx.OverdueReminders(ctx, p.tx.Now.Add(-p.cfg.UndecidedAfter))
	if err != nil {
		return err
	}
	told, err := p.tx.Meta(ctx, metaNotified+notifiedReminders)
	if err != nil || (n > 0) == (told != "") {
		return err
	}
	if n == 0 {
		if err := p.tx.SetMeta(ctx, metaNotified+notifiedReminders, ""); err != nil {
			return err
		}
		if untold, err := p.untold(ctx, notifiedReminders); err != nil || untold {
			return err
		}
		return p.notifyStaff(ctx, "over-"+notifiedReminders, "that is over: no reminder is due and not decided any more")
	}
	if err := p.tx.SetMeta(ctx, metaNotified+notifiedReminders, p.tx.Now.Format(time.RFC3339)); err != nil {
		return err
	}
	what := "1 reminder is"
	if n > 1 {
		what = fmt.Sprintf("%d reminders are", n)
	}
	return p.notifyStaff(ctx, notifiedReminders, fmt.Sprintf("%s due since %s and not decided", what, p.alarmTime(oldest)))
}

func (p *planning) alarmTime(t time.Time) string {
	return t.In(p.world.Zone).Format(wording.ClockForm + ", Jan 2")
}

// alarmPrefix begins the keys of all alarms.
const alarmPrefix = "alarm/"

// untold gives up an alarm that has not left yet, and tells whether there was one: who was not told that something begins need not be
// told that it is over.
func (p *planning) untold(ctx context.Context, about string) (bool, error) {
	n, err := p.tx.DropKeys(ctx, alarmPrefix+about+"/", "it was over before it could leave")
	return n > 0, err
}

// notifyStaff texts the first of staff.
func (p *planning) notifyStaff(ctx context.Context, about, what string) error {
	key := fmt.Sprintf(alarmPrefix+"%s/%d", about, p.tx.Now.UnixMilli())
	_, err := p.text(ctx, store.Intent{Key: key, ExpiresAt: p.tx.Now.Add(24 * time.Hour)}, store.Text{
		Number: string(p.cfg.Staff[0]), Purpose: store.ForAlarm, Body: "ghlsms: " + what + ". Run: ghlsms status",
	})
	return err
}

// metaNotified and a source's name is when staff were last told of its silence; with toldReminders, when of
// the reminders that still are overdue.
const metaNotified = "told."

// metaSilent names the sources of whose silence staff were told last, and not that it is over; metaSpeaks is since when they are
// all read again.
const (
	metaSilent = "silent"
	metaSpeaks = "speaks"
)

// silentSince is when a source that cannot be read was last read, or else the mirror made; zero
// if it can be read, or if staff were told since.
func (p *planning) silentSince(ctx context.Context, source string) (time.Time, error) {
	c, err := p.tx.Cursor(ctx, source)
	if err != nil || c.FailedAt.IsZero() {
		return time.Time{}, err
	}
	since := c.ReadAt
	if since.IsZero() {
		since = p.world.Born
	}
	told, err := p.tx.Meta(ctx, metaNotified+source)
	if err != nil {
		return time.Time{}, err
	}
	if at, err := time.Parse(time.RFC3339, told); err == nil && at.After(since) {
		return time.Time{}, nil
	}
	return since, nil
}
