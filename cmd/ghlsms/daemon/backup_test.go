package daemon

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/configtest"
	"ghlsms/cmd/ghlsms/health"
	"ghlsms/store"
)

// keeperOf is a keeper of a small mirror, with what it logs.
func keeperOf(t *testing.T, every time.Duration, keep int) (*backupKeeper, *keeperLog) {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(t.Context(), filepath.Join(dir, "clinic2.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	cfg := config.DefaultConfig()
	cfg.Store.Path = db.Path()
	cfg.Backup = config.Backup{Folder: filepath.Join(dir, "backups"), Every: config.Duration(every), Keep: keep}
	var log keeperLog
	return newBackupKeeper(cfg, db, slog.New(slog.NewTextHandler(&log, nil))), &log
}

// age gives the newest backup an older name.
func (k *backupKeeper) age(t *testing.T, by time.Duration) (name string) {
	t.Helper()
	all, err := k.list()
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	name = filepath.Join(k.folder, k.stem()+all[0].at.Add(-by).Format(store.BackupTime)+".db")
	if err := os.Rename(all[0].path, name); err != nil {
		t.Fatal(err)
	}
	return name
}

func (k *backupKeeper) names(t *testing.T) (names []string) {
	t.Helper()
	all, err := os.ReadDir(k.folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		names = append(names, f.Name())
	}
	return names
}

// failed is what status would say.
func (k *backupKeeper) failed(t *testing.T) (why string) {
	t.Helper()
	err := k.db.View(t.Context(), func(tx *store.Tx) (err error) {
		why, err = tx.Meta(t.Context(), store.MetaBackup)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return why
}

// A backup is made when the newest is too old, and of ours so many are kept; whatever else lies there stays.
func TestBackupsAreRotated(t *testing.T) {
	k, log := keeperOf(t, time.Hour, 3)
	began := time.Now()
	if next := k.work(t.Context()); next.Sub(began) < time.Hour-2*time.Second || next.Sub(began) > 2*time.Hour {
		t.Errorf("looks again after %v", next.Sub(began))
	}
	if info, err := os.Stat(k.folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	others := []string{"clinic-20200101T000000Z.db", "clinic2-20200101T000000Z.db.gz", "clinic2-2020.db", "clinic2-20200101T000000Z.db.part7", "notes.txt"}
	for _, name := range others {
		configtest.Write(t, filepath.Join(k.folder, name), "x", 0o600)
	}
	if err := os.Mkdir(filepath.Join(k.folder, "clinic2-20200102T000000Z.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	first := k.age(t, 30*time.Minute)
	k.work(t.Context())
	if n := len(k.names(t)); n != 1+len(others)+1 {
		t.Errorf("made one although the newest is young: %v", k.names(t))
	}
	for i := range 4 { // each time all are two hours older
		all, err := k.list()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range slices.Backward(all) {
			if err := os.Rename(f.path, filepath.Join(k.folder, k.stem()+f.at.Add(-2*time.Hour).Format(store.BackupTime)+".db")); err != nil {
				t.Fatal(err)
			}
		}
		k.work(t.Context())
		if all, err = k.list(); err != nil || len(all) != min(i+2, 3) {
			t.Errorf("%d: %v (%v)", i, all, err)
		}
	}
	if _, err := os.Stat(first); err == nil {
		t.Error("the oldest is still there")
	}
	for _, name := range others {
		if _, err := os.Stat(filepath.Join(k.folder, name)); err != nil {
			t.Errorf("%s is gone", name)
		}
	}
	old := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(filepath.Join(k.folder, others[3]), old, old); err != nil {
		t.Fatal(err)
	}
	k.work(t.Context())
	if slices.Contains(k.names(t), others[3]) {
		t.Error("what was cut off long ago is still there")
	}
	if k.failed(t) != "" || strings.Contains(log.String(), "level=WARN") {
		t.Error(log)
	}
}

// A damaged backup counts as none and one from a time to come tells nothing; neither costs the only good one.
func TestBadBackupsAreNone(t *testing.T) {
	k, log := keeperOf(t, time.Hour, 1)
	k.work(t.Context())
	damaged := k.age(t, time.Minute)
	if err := os.Truncate(damaged, 5000); err != nil {
		t.Fatal(err)
	}
	configtest.Write(t, filepath.Join(k.folder, k.stem()+"20990101T000000Z.db"), "x", 0o600)
	k.work(t.Context())
	if all, err := k.list(); err != nil || len(all) != 1 || all[0].path == damaged {
		t.Errorf("%v %v", all, err)
	}
	if !strings.Contains(log.String(), "a backup is not good") || k.failed(t) != "" {
		t.Error(log)
	}
}

// A failure is told, stands in the mirror, is tried again sooner, and is over when it is over.
func TestBackupThatFailsIsToldAndTriedAgain(t *testing.T) {
	k, log := keeperOf(t, 24*time.Hour, 1)
	k.folder = filepath.Join(filepath.Dir(k.folder), "disk", "backups") // not mounted
	began := time.Now()
	if wait := k.work(t.Context()).Sub(began); wait > time.Hour || wait < 14*time.Minute {
		t.Errorf("tried again after %v", wait)
	}
	if why := k.failed(t); !strings.Contains(why, "backups is not there: make it, mount its disk") || !strings.Contains(log.String(), "level=WARN") {
		t.Errorf("%s\n%s", why, log)
	}
	lines := health.Backup{Folder: k.folder, Failed: k.failed(t)}.Attention(time.Now())
	if len(lines) != 1 {
		t.Errorf("%q", lines)
	}
	if err := os.MkdirAll(k.folder, 0o700); err != nil {
		t.Fatal(err)
	}
	k.work(t.Context())
	if k.failed(t) != "" || len(k.names(t)) != 1 {
		t.Errorf("%s %v", k.failed(t), k.names(t))
	}
}

// keeperLog is what a keeper logs, from wherever it works.
type keeperLog struct {
	mu   gosync.Mutex
	text strings.Builder
}

func (l *keeperLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *keeperLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
