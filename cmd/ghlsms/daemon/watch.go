package daemon

import (
	"context"
	"errors"
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
	"ghlsms/sync"
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
	errs   complaints
	teller *alarm.Teller
	beat   *alarm.Heartbeat

	mu        gosync.Mutex
	working   time.Time       // since when the cycle that runs now does; zero: none does
	alive     time.Time       // when anything of this process ran last
	pauses    []store.Trouble // in which nothing of it did, and which the mirror does not have yet
	woken     bool            // nothing was read since the last of them
	unwritten error           // the mirror could not be written
	since     time.Time       // since then
	beyond    []store.Trouble // what the mirror cannot keep

	noFolder time.Time // since when the folder of backups is not there

	doing func() string // what the cycle is at

	aside  []byte                   // what is kept of them beside the mirror
	blind  map[string]store.Trouble // that the mirror did not keep, by key; ended or not
	told   map[telling]alarm.Told   // what people were told; the mirror has it too, if it can be written
	failed map[string]trouble.Way   // ways to tell that do not work
	loaded bool

	started  time.Time
	fresh    time.Time // since then cycles can do their work: when this began, or the mirror could be written again
	cycled   bool      // one has ended since
	stopTold bool      // what the time cost in which nothing ran before that, or there is nothing to tell
}

// telling is one trouble on one way.
type telling struct {
	trouble, way string
}

func newWatch(d *Daemon) *watch {
	o := d.Alarms
	w := &watch{
		cfg: d.Config, by: d.Config.TroubleLook(), db: d.Engine.DB, free: d.Free, log: d.log, errs: complaints{log: d.log}, teller: alarm.New(d.Config, o), beat: alarm.NewHeartbeat(d.Config, o),
		doing: d.Engine.Doing, alive: time.Now().Round(0),
		blind: map[string]store.Trouble{}, told: map[telling]alarm.Told{}, failed: map[string]trouble.Way{}, started: time.Now(), fresh: time.Now(),
	}
	w.remember()
	return w
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

// begins and ends say where the runner is. After a pause there is more to do: what both sides have is read before anything is
// decided.
func (w *watch) begins() (more sync.Work) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.runs()
	w.working = time.Now()
	if w.woken {
		w.woken, more = false, sync.PollTexts|sync.PollCRM
	}
	return more
}

func (w *watch) ends(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.runs()
	w.cycled = w.cycled || w.working.After(w.fresh)
	w.working = time.Time{}
	w.noteWriting(err)
}

// runs notes that this process does. Where nothing of it did for long, since the machine slept or was held, that was a stop like any
// other. w.mu is held.
func (w *watch) runs() {
	now := time.Now().Round(0) // Linux's other clock stands still while a machine sleeps
	if most := w.cfg.Alarms.StaleAfter.Std(); most > 0 && now.Sub(w.alive) >= most {
		w.pauses = append(w.pauses, trouble.Stop(w.alive, now))
		w.fresh, w.cycled, w.woken = now, false, true
		if !w.working.IsZero() {
			w.working = now
		}
	}
	w.alive = now
}

// keepPauses keeps in the mirror that this process did not run for a while.
func (w *watch) keepPauses(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.runs()
	for len(w.pauses) > 0 {
		err := w.db.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.BeginTrouble(ctx, w.pauses[0])
			return err
		})
		if err != nil {
			return err
		}
		w.started, w.stopTold = w.pauses[0].EndedAt, false
		w.pauses = w.pauses[1:]
	}
	return nil
}

// waitsFor are the kinds of troubles that are not looked for before a first cycle has ended, since a daemon that has only
// just begun, or could not write, finds them in what it has not done yet.
func (w *watch) waitsFor() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cycled || time.Since(w.fresh) > w.cfg.Alarms.StaleAfter.Std()/2 {
		return nil
	}
	return []string{trouble.KindStandstill, trouble.KindOverdue, trouble.KindHangs}
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
		w.since, w.fresh, w.cycled = time.Time{}, time.Now(), false
	}
}

// freeLeast is how much room the mirror's disk should have.
const freeLeast = 200 << 20

// machine is what can be seen from here.
func (w *watch) machine(ctx context.Context) *trouble.Machine {
	w.mu.Lock()
	m := &trouble.Machine{Working: w.working, Doing: w.doing(), Longest: w.cfg.Alarms.StaleAfter.Std() / 2, Unwritten: w.unwritten, Since: w.since}
	w.mu.Unlock()
	m.Free, m.FreeLeast = w.free(filepath.Dir(w.cfg.Store.Path)), freeLeast
	if every := w.cfg.Backup.Every.Std(); every > 0 {
		var unread error
		m.Folder, _, m.Newest, unread = NewestBackup(w.cfg)
		m.BackupMost = 2*every + time.Hour
		switch {
		case unread == nil && !backupsOf(w.cfg).missing():
			w.noFolder = time.Time{}
		case w.noFolder.IsZero():
			w.noFolder = time.Now()
		}
		m.NoFolder, m.Unread = w.noFolder, unread
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
	defer func() { w.errs.hear(time.Now(), nil) }()
	w.tryWriting(ctx)
	l := w.by
	err := errors.Join(w.keepPauses(ctx), w.db.View(ctx, func(tx *store.Tx) error { return w.load(ctx, tx) }))
	if err != nil && ctx.Err() == nil {
		w.errs.hear(time.Now(), []error{fmt.Errorf("look for trouble: %w", err)})
	}
	l.Machine = w.machine(ctx)
	early := w.waitsFor()
	change, err := trouble.Note(ctx, w.db, l, trouble.Without(trouble.Kept(), early...))
	w.logChange(change)
	var open, over []store.Trouble
	var name string
	if err == nil {
		err = w.db.View(ctx, func(tx *store.Tx) error {
			if open, err = trouble.Open(ctx, tx, l); err != nil {
				return err
			}
			if open, err = withKept(ctx, tx, open, early); err != nil {
				return err
			}
			if name, err = tx.Meta(ctx, store.MetaName); err != nil {
				return err
			}
			if over, err = w.over(ctx, tx, open); err != nil {
				return err
			}
			stopped, err := w.stopped(ctx, tx)
			over = append(over, stopped...)
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
			w.errs.hear(time.Now(), []error{fmt.Errorf("look for trouble: %w", err)})
			return
		}
	}
	lasting, ended := w.blindNow(trouble.Blind(ctx, l))
	w.setBeyond(lasting)
	open = slices.DeleteFunc(open, func(t store.Trouble) bool { return t.ID == 0 }) // found just now: told when it is kept
	well := !slices.ContainsFunc(slices.Concat(open, lasting), func(t store.Trouble) bool { return t.Severity == store.Urgent })
	open = slices.DeleteFunc(open, func(t store.Trouble) bool { return slices.Contains(early, t.Kind) })
	open = trouble.Sorted(append(open, lasting...))
	w.tell(ctx, name, open, append(over, ended...))
	w.putAside()
	if well {
		w.heard(beatWay, w.beat.Beat(ctx))
	}
}

// withKept adds to what is open the troubles of some kinds that were when they were looked for last.
func withKept(ctx context.Context, tx *store.Tx, open []store.Trouble, kinds []string) ([]store.Trouble, error) {
	kept, err := tx.OpenTroubles(ctx)
	for _, k := range kept {
		if slices.Contains(kinds, k.Kind) && !slices.ContainsFunc(open, func(o store.Trouble) bool { return o.ID == k.ID }) {
			open = append(open, k)
		}
	}
	return open, err
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
	for _, t := range slices.Concat(c.Begun, c.Back) {
		if trouble.Loud(t) {
			w.log.Warn("trouble", "what", t.What, "cost", t.Cost, "remedy", t.Remedy, "came_back", t.Returns)
		}
	}
	for _, t := range c.Ended {
		if trouble.Loud(t) {
			w.log.Info("trouble is over", "what", t.What)
		}
	}
}
