package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLockDatabase(t *testing.T) {
	db := filepath.Join(t.TempDir(), "ghlsms.db")
	release, err := Lock(db)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Lock(db)
	want := fmt.Sprintf("another ghlsms (pid %d) already runs on %s; stop it first (systemctl stop ghlsms, or kill %[1]d)", os.Getpid(), db)
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	release()

	release, err = Lock(db)
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	defer release()
	if info, err := os.Stat(db + ".lock"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("lock file: %v, %v", info, err)
	}
}

func TestLockWithoutPID(t *testing.T) {
	db := filepath.Join(t.TempDir(), "ghlsms.db")
	release, err := Lock(db)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if err := os.WriteFile(db+".lock", []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Lock(db)
	locked, ok := errors.AsType[*LockedError](err)
	if !ok || locked.PID != 0 || !strings.HasPrefix(err.Error(), "another ghlsms already runs on "+db) {
		t.Errorf("got %v", err)
	}
}

func TestLockFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	db, link := filepath.Join(dir, "ghlsms.db"), filepath.Join(dir, "link.db")
	if err := os.WriteFile(db, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(db, link); err != nil {
		t.Fatal(err)
	}
	release, err := Lock(db)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if _, err := Lock(link); err == nil {
		t.Error("the same database was locked twice under two names")
	}
}

func TestLockMakesDirectory(t *testing.T) {
	dir := t.TempDir()
	release, err := Lock(filepath.Join(dir, "new", "ghlsms.db"))
	if err != nil {
		t.Fatal(err)
	}
	release()
	if _, err := Lock(filepath.Join(dir, "no", "such", "ghlsms.db")); err == nil || !strings.Contains(err.Error(), "mkdir -p") {
		t.Errorf("got %v", err)
	}
}
