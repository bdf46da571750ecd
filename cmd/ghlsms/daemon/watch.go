package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	gosync "sync"
	"time"

	"ghlsms/cmd/ghlsms/alarm"
	"ghlsms/cmd/ghlsms/config"
	"ghlsms/store"
	"ghlsms/sync/trouble"
)

// watch looks at the mirror and the machine beside the runner, so that it also sees that the runner hangs, and tells
// people of trouble.
type watch struct {
	cfg    *config.Config
	by     trouble.Look
	db     *store.DB
	free   func(path string) uint64
	log    *slog.Logger
	teller *alarm.Teller
	beat   *alarm.Heartbeat

	mu        gosync.Mutex
	working   time.Time       // since when the cycle that runs now does; zero: none does
	unwritten error           // the mirror could not be written
	since     time.Time       // since then
	beyond    []store.Trouble // what the mirror cannot keep

	noFolder time.Time // since when the folder of backups is not there

	blind  map[string]store.Trouble // that the mirror did not keep and people were told of, by key; ended or not
	told   map[telling]told         // what people were told; the mirror has it too, if it can be written
	failed map[string]trouble.Way   // ways to tell that do not work
	loaded bool
}

// telling is one trouble on one way.
type telling struct {
	trouble, way string
}

type told struct {
	alarm.Told
	severity store.Severity
}

func newWatch(d *Daemon) *watch {
	o := d.Alarms
	return &watch{
		cfg: d.Config, by: d.Config.TroubleLook(), db: d.Engine.DB, free: d.Free, log: d.log, teller: alarm.New(d.Config, o), beat: alarm.NewHeartbeat(d.Config, o),
		blind: map[string]store.Trouble{}, told: map[telling]told{}, failed: map[string]trouble.Way{},
	}
}

// run looks again and again until ctx ends.
func (w *watch) run(ctx context.Context) {
	tick := time.NewTicker(w.cfg.Alarms.LookEvery.Std())
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.look(ctx)
		}
	}
}

// begins and ends say where the runner is.
func (w *watch) begins() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.working = time.Now()
}

func (w *watch) ends(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.working = time.Time{}
	w.noteWriting(err)
}

// noteWriting keeps that the mirror could not be written. That a cycle went well does not show that it can be: it may
// have had nothing to write. w.mu is held.
func (w *watch) noteWriting(err error) {
	switch {
	case !store.IsUnwritable(err) && !store.IsFull(err):
	case w.unwritten == nil:
		w.unwritten, w.since = err, time.Now()
	default:
		w.unwritten = err
	}
}

// tryWriting writes to a mirror that could not be written, to see whether it can be now.
func (w *watch) tryWriting(ctx context.Context) {
	w.mu.Lock()
	failed := w.unwritten != nil
	w.mu.Unlock()
	if !failed {
		return
	}
	err := w.db.Update(ctx, func(tx *store.Tx) error {
		return tx.SetMeta(ctx, store.MetaWritten, tx.Now.UTC().Format(time.RFC3339Nano))
	})
	if ctx.Err() != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.unwritten = err; err == nil {
		w.since = time.Time{}
	}
}

// freeLeast is how much room the mirror's disk should have.
const freeLeast = 200 << 20

// machine is what can be seen from here.
func (w *watch) machine(ctx context.Context) *trouble.Machine {
	w.mu.Lock()
	m := &trouble.Machine{Working: w.working, Longest: w.cfg.Alarms.StaleAfter.Std() / 2, Unwritten: w.unwritten, Since: w.since}
	w.mu.Unlock()
	m.Free, m.FreeLeast = w.free(filepath.Dir(w.cfg.Store.Path)), freeLeast
	if every := w.cfg.Backup.Every.Std(); every > 0 {
		m.Folder, _, m.Newest, _ = NewestBackup(w.cfg) // that it cannot be read is told as having none
		m.BackupMost = 2*every + time.Hour
		switch missing := backupsOf(w.cfg).missing(); {
		case !missing:
			w.noFolder = time.Time{}
		case w.noFolder.IsZero():
			w.noFolder = time.Now()
		}
		m.NoFolder = w.noFolder
	}
	if w.cfg.GHL.OAuth == nil {
		m.TokenMade = w.tokenMade(ctx)
	}
	for _, name := range slices.Sorted(maps.Keys(w.failed)) {
		m.Ways = append(m.Ways, w.failed[name])
	}
	return m
}

// tokenMade is when the private token in use was first seen here.
func (w *watch) tokenMade(ctx context.Context) (made time.Time) {
	now := TokenIdentity(w.cfg)
	if now == "" {
		return made
	}
	read := func(tx *store.Tx) error {
		had, err := tx.Meta(ctx, store.MetaToken)
		id, at, _ := strings.Cut(had, " ")
		made = time.Time{}
		if id == now {
			made, err = time.Parse(time.RFC3339, at)
		}
		return err
	}
	if err := w.db.View(ctx, read); err == nil && made.IsZero() {
		made = time.Now()
		_ = w.db.Update(ctx, func(tx *store.Tx) error { // if it cannot be kept now, then the next time
			return tx.SetMeta(ctx, store.MetaToken, now+" "+made.UTC().Format(time.RFC3339))
		})
	}
	return made
}

// look finds, keeps and tells trouble once.
func (w *watch) look(ctx context.Context) {
	w.tryWriting(ctx)
	l := w.by
	l.Machine = w.machine(ctx)
	change, err := trouble.Note(ctx, w.db, l, trouble.Kept())
	w.logChange(change)
	var open, over []store.Trouble
	var name string
	if err == nil {
		err = w.db.View(ctx, func(tx *store.Tx) error {
			if err := w.load(ctx, tx); err != nil {
				return err
			}
			if open, err = trouble.Open(ctx, tx, l); err != nil {
				return err
			}
			if name, err = tx.Meta(ctx, store.MetaName); err != nil {
				return err
			}
			over, err = w.over(ctx, tx, open)
			return err
		})
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil { // what the mirror cannot keep is told all the same
		w.mu.Lock()
		w.noteWriting(err)
		l.Machine = &trouble.Machine{Unwritten: w.unwritten, Since: w.since}
		w.mu.Unlock()
		open = trouble.Blind(ctx, l)
		if len(open) == 0 {
			w.log.Error("trouble cannot be looked for", "error", err)
			return
		}
	}
	unkept := trouble.Blind(ctx, l)
	w.setBeyond(unkept)
	open = slices.DeleteFunc(open, func(t store.Trouble) bool { return t.ID == 0 }) // found just now: told when it is kept
	open = append(open, unkept...)
	w.tell(ctx, name, open, append(over, w.blindOver(unkept)...))
	if !slices.ContainsFunc(open, func(t store.Trouble) bool { return t.Severity == store.Urgent }) {
		w.heard("heartbeat", w.beat.Beat(ctx))
	}
}

func (w *watch) setBeyond(all []store.Trouble) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.beyond = all
}

// unkept are the troubles that the mirror could not keep at the last look.
func (w *watch) unkept() []store.Trouble {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.beyond)
}

func (w *watch) logChange(c trouble.Change) {
	for _, t := range c.Begun {
		w.log.Warn("trouble", "what", t.What, "cost", t.Cost, "remedy", t.Remedy)
	}
	for _, t := range c.Ended {
		w.log.Info("trouble is over", "what", t.What)
	}
}

// load reads once what people were told by earlier processes.
func (w *watch) load(ctx context.Context, tx *store.Tx) error {
	if w.loaded {
		return nil
	}
	all, err := tx.Tellings(ctx)
	for _, t := range all {
		w.told[telling{idOf(t.TroubleID), t.Way}] = told{alarm.Told{State: alarm.State(t.State), At: t.At, Fails: t.Fails, FailedAt: t.FailedAt}, t.Severity}
	}
	w.loaded = err == nil
	return err
}

func idOf(id int64) string { return fmt.Sprintf("T%d", id) }

// key is by what a trouble is known while this process runs.
func key(t store.Trouble) string {
	if t.ID == 0 {
		return fmt.Sprintf("%s@%d", t.Kind, t.Since.UnixMilli())
	}
	return idOf(t.ID)
}

// blindOver are the troubles that the mirror did not keep and that have ended, given those that last.
func (w *watch) blindOver(last []store.Trouble) (over []store.Trouble) {
	now := time.Now()
	for k, t := range w.blind {
		if t.EndedAt.IsZero() {
			t.EndedAt = now
			w.blind[k] = t
		}
	}
	for _, t := range last {
		w.blind[key(t)] = t
	}
	for k, t := range w.blind {
		switch {
		case t.EndedAt.IsZero():
		case now.Sub(t.EndedAt) > w.cfg.Alarms.AgainAfter.Std():
			delete(w.blind, k) // nobody could be told for so long
		default:
			over = append(over, t)
		}
	}
	slices.SortFunc(over, func(a, b store.Trouble) int { return a.Since.Compare(b.Since) })
	return over
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
		if !t.EndedAt.IsZero() {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b store.Trouble) int { return int(a.ID - b.ID) })
	return all, nil
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
			was := w.told[k]
			if was.severity == store.Warning && t.Severity == store.Urgent {
				was.State = "" // it got worse: that is a beginning
			}
			if !t.AckedAt.IsZero() && t.EndedAt.IsZero() {
				continue
			}
			state, is := alarm.Due(was.Told, t.EndedAt, now, w.cfg.Alarms.AgainAfter.Std())
			if !is {
				continue
			}
			states[k], of[k] = state, t
			due[way] = append(due[way], alarm.Trouble{
				Kind: t.Kind, About: t.About, Severity: string(t.Severity), What: t.What, Details: t.Details, Since: t.Since, Ended: t.EndedAt,
				Cost: t.Cost, Remedy: t.Remedy, State: state,
			})
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
		after := told{w.told[k].After(state, now, err), of[k].Severity}
		w.told[k] = after
		if t := of[k]; t.ID != 0 {
			kept = append(kept, store.Telling{TroubleID: t.ID, Way: k.way, State: string(after.State), Severity: after.severity, At: after.At, Fails: after.Fails, FailedAt: after.FailedAt})
		}
	}
	for way, err := range results {
		w.heard(way, err)
	}
	if err := w.db.Update(ctx, func(tx *store.Tx) error {
		for _, t := range kept {
			if err := tx.NoteTold(ctx, t); err != nil {
				return err
			}
		}
		return nil
	}); err != nil && ctx.Err() == nil {
		w.log.Warn("what was told could not be noted, and may be told again", "error", err)
	}
}

// heard keeps whether a way to tell works.
func (w *watch) heard(way string, err error) {
	was, failing := w.failed[way]
	switch {
	case err == nil && failing:
		delete(w.failed, way)
	case err != nil && !failing:
		w.failed[way] = trouble.Way{Name: way, Failed: time.Now(), Error: err.Error()}
	case err != nil:
		was.Error = err.Error()
		w.failed[way] = was
	}
}
