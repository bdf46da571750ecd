package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/store"
	"ghlsms/sync/plan"
)

// backups is the folder of backups. A backup of this mirror is named after it and has a time; other files are ignored.
type backups struct {
	mirror, folder string
	keep           int
}

func backupsOf(cfg *config.Config) backups {
	return backups{mirror: cfg.Store.Path, folder: cfg.Backup.Folder, keep: cfg.Backup.Keep}
}

// AddBackup makes a backup of the mirror in the folder that the config names.
func AddBackup(ctx context.Context, cfg *config.Config, now time.Time) (store.Summary, error) {
	b := backupsOf(cfg)
	s, err := b.Add(ctx, now)
	if err != nil {
		return s, err
	}
	noteBackedUp(ctx, cfg.Store.Path)
	if err := b.prune(s.Path, now); err != nil {
		return s, fmt.Errorf("the mirror is backed up in %s, but older backups could not be removed: %w", s.Path, err)
	}
	return s, nil
}

// noteBackedUp takes back that the last backup failed. That it cannot be noted, as by who may not write the mirror, is no
// failure of the backup.
func noteBackedUp(ctx context.Context, mirror string) {
	db, err := store.OpenEditor(ctx, mirror)
	if err != nil {
		return
	}
	defer db.Close()
	_ = db.Update(ctx, func(tx *store.Tx) error { return tx.SetMeta(ctx, store.MetaBackup, "") })
}

// NewestBackup is the newest in the folder that the config names.
func NewestBackup(cfg *config.Config) (folder, path string, at time.Time, err error) {
	b := backupsOf(cfg)
	all, err := b.list()
	if len(all) > 0 {
		path, at = all[0].path, all[0].at
	}
	return b.folder, path, at, err
}

// stem is the prefix of the names of our backups.
func (b backups) stem() string {
	base := filepath.Base(b.mirror)
	return strings.TrimSuffix(base, filepath.Ext(base)) + "-"
}

// backupFile is a backup of this mirror.
type backupFile struct {
	path string
	at   time.Time
}

// list lists the backups of this mirror, the newest first; none if there is no folder.
func (b backups) list() (all []backupFile, err error) {
	dir, err := os.ReadDir(b.folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	for _, f := range dir {
		name, ours := strings.CutPrefix(f.Name(), b.stem())
		at, err := time.Parse(store.BackupTime+".db", name)
		if ours && err == nil && f.Type().IsRegular() {
			all = append(all, backupFile{filepath.Join(b.folder, f.Name()), at})
		}
	}
	slices.SortFunc(all, func(a, b backupFile) int { return b.at.Compare(a.at) })
	return all, err
}

// beside tells a folder beside the mirror, which is made when it is needed.
func (b backups) beside() bool { return filepath.Dir(b.folder) == filepath.Dir(b.mirror) }

// missing tells whether a folder that ought to be there is not, such as when its disk is not mounted.
func (b backups) missing() bool {
	info, err := os.Stat(b.folder)
	return !b.beside() && (err != nil || !info.IsDir())
}

// Add makes one. The folder beside the mirror is made for it; another must be there, since its disk
// may not be mounted.
func (b backups) Add(ctx context.Context, now time.Time) (store.Summary, error) {
	if b.beside() {
		err := os.Mkdir(b.folder, 0o700)
		if err == nil {
			err = ownedLike(b.folder, filepath.Dir(b.mirror))
		}
		if err != nil && !errors.Is(err, os.ErrExist) {
			return store.Summary{}, fmt.Errorf("make the folder of backups: %w", err)
		}
	} else if b.missing() {
		return store.Summary{}, fmt.Errorf("the folder of backups %s is not there: make it, mount its disk, or name another in backup.folder", b.folder)
	}
	return store.Backup(ctx, b.mirror, filepath.Join(b.folder, b.stem()+now.UTC().Format(store.BackupTime)+".db"), false)
}

// ownedLike gives a folder or a file the owner of another: root may have made it, and the daemon is to write there.
func ownedLike(dir, other string) error {
	info, err := os.Stat(other)
	if err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(store.SameOwner(d, info), d.Close())
}

// prune removes the oldest backups beyond those to keep, but never the newest good one, and unfinished files of
// earlier tries.
func (b backups) prune(good string, now time.Time) error {
	all, err := b.list()
	if err != nil {
		return err
	}
	var errs []error
	all = slices.DeleteFunc(all, func(f backupFile) bool { return f.path == good })
	for _, f := range all[min(b.keep-1, len(all)):] {
		errs = append(errs, os.Remove(f.path))
	}
	dir, err := os.ReadDir(b.folder)
	part := regexp.MustCompile(`^` + regexp.QuoteMeta(b.stem()) + `\d{8}T\d{6}Z\.db\.part\d+$`)
	for _, f := range dir {
		if info, err := f.Info(); err == nil && part.MatchString(f.Name()) && now.Sub(info.ModTime()) > time.Hour {
			errs = append(errs, os.Remove(filepath.Join(b.folder, f.Name())))
		}
	}
	return errors.Join(append(errs, err)...)
}

// newestGood is the newest backup that can be restored. One dated in the future is ignored.
func (b backups) newestGood(ctx context.Context, now time.Time, log *slog.Logger) (f backupFile, found bool, err error) {
	all, err := b.list()
	for _, f := range all {
		if f.at.After(now) {
			continue
		}
		if _, err := store.Verify(ctx, f.path); err != nil {
			log.Warn("a backup is not good and counts as none", "error", err)
			continue
		}
		return f, true, nil
	}
	return f, false, err
}

// backupRetry is how long after a failure the next try is made, if not sooner.
const backupRetry = 15 * time.Minute

// backupKeeper makes backups beside the cycles, which go on meanwhile. The runner owns it.
type backupKeeper struct {
	backups
	every time.Duration
	db    *store.DB
	log   *slog.Logger

	next    time.Time      // when to look at the folder again
	working bool           // one is being made
	done    chan time.Time // when to look again, once it is
}

func newBackupKeeper(cfg *config.Config, db *store.DB, log *slog.Logger) *backupKeeper {
	return &backupKeeper{backups: backupsOf(cfg), every: cfg.Backup.Every.Std(), db: db, log: log, done: make(chan time.Time, 1)}
}

// look begins to make a backup if it is time, and returns at once.
func (k *backupKeeper) look(ctx context.Context) {
	select {
	case k.next = <-k.done:
		k.working = false
	default:
	}
	if k.every == 0 || k.working || time.Now().Before(k.next) {
		return
	}
	k.working = true
	go func() { k.done <- k.outlived(ctx) }()
}

// wait waits for one that is being made.
func (k *backupKeeper) wait() {
	if k.working {
		<-k.done
		k.working = false
	}
}

// outlived works, and looks again a while after a mistake of ours: whatever goes wrong with a backup, the cycles go on.
func (k *backupKeeper) outlived(ctx context.Context) (next time.Time) {
	next = time.Now().Add(min(k.every, backupRetry))
	_ = plan.Catch(k.log, "the backup", func() error { // it stands in the log
		next = k.work(ctx)
		return nil
	})
	return next
}

// work makes a backup if the newest good one is too old, and returns when to look again. That it failed is
// told, and stands in the mirror for status.
func (k *backupKeeper) work(ctx context.Context) (next time.Time) {
	began := time.Now()
	var newest backupFile
	err := plan.Catch(k.log, "the backup", func() (err error) {
		newest, err = k.kept(ctx, began)
		return err
	})
	if ctx.Err() != nil {
		return began // the daemon ends
	}
	next, why := newest.at.Add(k.every), ""
	if err != nil {
		next = began.Add(min(k.every, backupRetry))
		why = began.UTC().Format(time.RFC3339) + " " + err.Error()
		k.log.Warn("the mirror could not be backed up; it will be tried again", "error", err)
	}
	err = k.db.Update(ctx, func(tx *store.Tx) error { return tx.SetMeta(ctx, store.MetaBackup, why) })
	if err != nil && ctx.Err() == nil {
		k.log.Warn("what became of the backup could not be noted", "error", err)
	}
	return next
}

// kept is the newest good one, which is made if that is too old; of the others those are removed that are too many.
func (k *backupKeeper) kept(ctx context.Context, now time.Time) (backupFile, error) {
	newest, found, err := k.newestGood(ctx, now, k.log)
	if err == nil && (!found || now.Sub(newest.at) >= k.every) {
		newest, err = k.fresh(ctx, now)
	}
	if err == nil {
		err = k.prune(newest.path, now)
	}
	return newest, err
}

// fresh makes one.
func (k *backupKeeper) fresh(ctx context.Context, now time.Time) (backupFile, error) {
	s, err := k.Add(ctx, now)
	if err == nil {
		k.log.Info("backed up the mirror", "file", s.Path, "size", s.Size, "took", time.Since(now).Round(time.Millisecond))
	}
	return backupFile{s.Path, now}, err
}
