package daemon

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"ghlsms/cmd/ghlsms/alarm"
	"ghlsms/store"
	"ghlsms/sync/trouble"
)

// load reads once what people were told by earlier processes.
func (w *watch) load(ctx context.Context, tx *store.Tx) error {
	if w.loaded {
		return nil
	}
	all, err := tx.Tellings(ctx, tx.Now.Add(-w.by.Memory()))
	for _, t := range all {
		w.told[telling{idOf(t.TroubleID), t.Way}] = alarm.Told{
			State: alarm.State(t.State), At: t.At, Severity: string(t.Severity), Size: t.Size, Acked: t.Acked, Fails: t.Fails, FailedAt: t.FailedAt,
		}
	}
	if err != nil {
		return err
	}
	open, err := tx.OpenTroubles(ctx)
	for _, t := range open { // a way that did not work does not until it is used again
		if _, known := w.failed[t.About]; t.Kind == trouble.KindWay && !known && slices.Contains(append(w.teller.Names(), beatWay), t.About) {
			w.failed[t.About] = trouble.Way{Name: t.About, Failed: t.Since, Error: t.Details}
		}
	}
	w.loaded = err == nil
	return err
}

// beatWay is what the heartbeat is called among the ways to tell.
const beatWay = "heartbeat"

func idOf(id int64) string { return fmt.Sprintf("T%d", id) }

// key is by what a trouble is known while this process runs.
func key(t store.Trouble) string {
	if t.ID == 0 {
		return fmt.Sprintf("%s/%s@%d", t.Kind, t.About, t.Since.UnixMilli())
	}
	return idOf(t.ID)
}

// blindNow are the troubles that the mirror does not keep, given those that were found: those that last, since when they first
// did, and those that have ended.
func (w *watch) blindNow(found []store.Trouble) (lasting, ended []store.Trouble) {
	now := time.Now()
	for k, t := range w.blind {
		i := slices.IndexFunc(found, func(f store.Trouble) bool { return f.Kind == t.Kind && f.About == t.About })
		switch {
		case i >= 0:
			f := found[i]
			f.Since, f.Returns = t.Since, t.Returns
			if !t.EndedAt.IsZero() {
				f.Returns++
			}
			w.blind[k] = f
			lasting, found = append(lasting, f), slices.Delete(slices.Clone(found), i, i+1)
		case t.EndedAt.IsZero():
			t.EndedAt = now
			w.blind[k] = t
			ended = append(ended, t)
		case now.Sub(t.EndedAt) > max(w.by.Memory(), w.calm(t)) && !w.untold(k):
			delete(w.blind, k)
		case now.Sub(t.EndedAt) > w.cfg.Alarms.AgainAfter.Std():
			delete(w.blind, k) // nobody could be told for so long
		default:
			ended = append(ended, t)
		}
	}
	for _, f := range found {
		w.blind[key(f)] = f
		lasting = append(lasting, f)
	}
	slices.SortFunc(ended, func(a, b store.Trouble) int { return a.Since.Compare(b.Since) })
	return lasting, ended
}

// untold tells whether somebody who was told of a trouble was not told yet that it is over.
func (w *watch) untold(one string) bool {
	for k, t := range w.told {
		if k.trouble == one && t.State != alarm.IsOver {
			return true
		}
	}
	return false
}

// calm is how long a trouble must be away to be over.
func (w *watch) calm(t store.Trouble) time.Duration {
	return w.by.Calm(t, w.cfg.Alarms.LookEvery.Std())
}

// over are the troubles that people were told of and that have ended.
func (w *watch) over(ctx context.Context, tx *store.Tx, open []store.Trouble) (all []store.Trouble, err error) {
	seen := map[string]bool{}
	for k := range w.told {
		var id int64
		if _, err := fmt.Sscanf(k.trouble, "T%d", &id); err != nil || seen[k.trouble] || w.told[k].State == alarm.IsOver {
			continue
		}
		seen[k.trouble] = true
		if slices.ContainsFunc(open, func(t store.Trouble) bool { return t.ID == id }) {
			continue
		}
		t, err := tx.Trouble(ctx, id)
		if err != nil {
			return nil, err
		}
		if !t.EndedAt.IsZero() && !slices.ContainsFunc(open, func(o store.Trouble) bool { return trouble.Replaces(o.Kind, t.Kind) }) {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b store.Trouble) int { return int(a.ID - b.ID) })
	return all, nil
}

// stopped is the time in which nothing ran before this process, if people felt it: told once, when what was due then is decided.
func (w *watch) stopped(ctx context.Context, tx *store.Tx) ([]store.Trouble, error) {
	if w.stopTold || len(w.waitsFor()) > 0 {
		return nil, nil
	}
	ended, err := tx.EndedSince(ctx, w.started)
	if err != nil {
		return nil, err
	}
	for _, t := range ended {
		if t.Kind != trouble.KindStopped {
			continue
		}
		what, waits, err := trouble.Stopped(ctx, tx, w.by, t)
		if err != nil || what != "" && waits && time.Since(w.started) < w.cfg.Alarms.UndecidedAfter.Std() {
			return nil, err
		}
		if what != "" {
			t.What = what
			w.stopTold = !w.untoldOn(key(t))
			return []store.Trouble{t}, nil
		}
	}
	w.stopTold = true
	return nil, nil
}

// untoldOn tells whether a way was told nothing of a trouble yet.
func (w *watch) untoldOn(one string) bool {
	return slices.ContainsFunc(w.teller.Names(), func(way string) bool { return w.told[telling{one, way}].State == "" })
}

// tell tells each way what is due on it, and keeps what came of it.
func (w *watch) tell(ctx context.Context, name string, open, over []store.Trouble) {
	now := time.Now()
	due := map[string][]alarm.Trouble{}
	states := map[telling]alarm.State{}
	of := map[telling]store.Trouble{}
	for _, t := range slices.Concat(open, over) {
		if t.Severity == store.Notice && t.EndedAt.IsZero() {
			continue
		}
		for _, way := range w.teller.Names() {
			k := telling{key(t), way}
			if t.Kind == trouble.KindWay && t.About == way && t.EndedAt.IsZero() { // it hears of that once it works again
				w.told[k] = alarm.Told{State: alarm.Begins, At: now, Severity: string(t.Severity)}
				continue
			}
			state, news, is := alarm.Due(w.told[k], standing(t), now, alarm.Pace{Again: w.cfg.Alarms.AgainAfter.Std(), Calm: w.calm(t)})
			if !is {
				continue
			}
			states[k], of[k] = state, t
			due[way] = append(due[way], message(t, state, news))
		}
	}
	if len(due) == 0 {
		return
	}
	results := w.teller.Tell(ctx, name, now, due)
	var kept []store.Telling
	for k, state := range states {
		err, tried := results[k.way]
		if !tried {
			continue
		}
		t := of[k]
		after := w.told[k].After(state, standing(t), now, err)
		w.told[k] = after
		if t.ID != 0 {
			kept = append(kept, store.Telling{
				TroubleID: t.ID, Way: k.way, State: string(after.State), Severity: cmp.Or(store.Severity(after.Severity), t.Severity),
				At: after.At, Size: after.Size, Acked: after.Acked, Fails: after.Fails, FailedAt: after.FailedAt,
			})
		}
	}
	for way, err := range results {
		w.heard(way, err)
	}
	if len(kept) == 0 {
		return
	}
	if err := w.db.Update(ctx, func(tx *store.Tx) error {
		for _, t := range kept {
			if err := tx.NoteTold(ctx, t); err != nil {
				return err
			}
		}
		return nil
	}); err != nil && ctx.Err() == nil {
		w.errs.hear(now, []error{fmt.Errorf("what was told could not be noted, and may be told again: %w", err)})
	}
}

// standing is where a trouble stands, for the ways to tell.
func standing(t store.Trouble) alarm.Standing {
	is := alarm.Standing{Severity: string(t.Severity), Acked: !t.AckedAt.IsZero(), Ended: t.EndedAt, Past: t.Kind == trouble.KindStopped}
	if trouble.Grows(t.Kind) {
		is.Size = t.Size
	}
	return is
}

// message is what is told of a trouble. One that is over is told as it was at its worst, and costs nothing more: what it
// did cost is told by what was missed.
func message(t store.Trouble, state alarm.State, news alarm.News) alarm.Trouble {
	m := alarm.Trouble{
		Kind: t.Kind, About: t.About, Severity: string(t.Severity), What: t.What, Details: t.Details, Since: t.Since, Ended: t.EndedAt,
		Cost: t.Cost, Remedy: t.Remedy, State: state, News: news, Returns: t.Returns,
	}
	if !t.AckedAt.IsZero() {
		m.AckedBy, m.AckedWhy = cmp.Or(t.AckedBy, "somebody"), t.AckedWhy
	}
	if state == alarm.IsOver && t.Kind != trouble.KindStopped {
		m.What, m.Severity = cmp.Or(t.Worst, t.What), string(cmp.Or(t.WorstSeverity, t.Severity))
		m.Cost, m.Remedy = "", ""
	}
	return m
}

// heard keeps whether a way to tell works.
func (w *watch) heard(way string, err error) {
	if err == nil {
		delete(w.failed, way)
		return
	}
	is, failing := w.failed[way]
	if !failing {
		is = trouble.Way{Name: way, Failed: time.Now()}
	}
	is.Error, is.Partly = err.Error(), alarm.Heard(err)
	w.failed[way] = is
}
