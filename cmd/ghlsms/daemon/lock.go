package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"ghlsms/cmd/ghlsms/config"
)

// LockedError says that another process owns the database. PID is zero when it could not be read.
type LockedError struct {
	DB  string
	PID int
}

func (e *LockedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("another ghlsms already runs on %s; stop it first (systemctl stop ghlsms)", e.DB)
	}
	return fmt.Sprintf("another ghlsms (pid %d) already runs on %s; stop it first (systemctl stop ghlsms, or kill %d)", e.PID, e.DB, e.PID)
}

// Lock makes this process the only writer of the database at path until release is
// called. If another process has the lock, the error is a *LockedError; it waits a moment
// only, since Locked may hold the lock for an instant.
//
// The lock is on <path>.lock and belongs to the process, so the kernel lifts it however the
// process ends. The file itself stays: removing it would let two processes lock two files.
func Lock(path string) (release func(), err error) {
	path, err = realPath(path)
	if err != nil {
		return nil, err
	}
	name := path + ".lock"
	lock := flock.New(name, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	moment, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	got, err := lock.TryLockContext(moment, 20*time.Millisecond)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("lock %s: %w; run ghlsms as the user that owns the database", name, config.Bare(err))
	}
	if !got {
		return nil, &LockedError{DB: path, PID: readPID(name)}
	}
	if err := os.WriteFile(name, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("write pid: %w", err), lock.Close())
	}
	if err := ownedLike(name, path); err != nil && !errors.Is(err, os.ErrNotExist) { // a command of root's must not keep the daemon out
		return nil, errors.Join(fmt.Errorf("lock %s: %w; run ghlsms as the user that owns the database", name, config.Bare(err)), lock.Close())
	}
	return func() {
		_ = os.Truncate(name, 0) // nobody should be told the pid of a process that is gone
		_ = lock.Close()
	}, nil
}

// Locked tells whether a process owns the database at path now.
func Locked(path string) bool {
	path, err := realPath(path)
	if err != nil {
		return false
	}
	if _, err := os.Stat(path + ".lock"); err != nil {
		return false // no daemon ever ran on it
	}
	lock := flock.New(path+".lock", flock.SetFlag(os.O_RDONLY))
	defer lock.Close()
	free, err := lock.TryRLock()
	return err == nil && !free
}

// realPath follows symbolic links, so that two names of one database share one lock.
func realPath(path string) (string, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return filepath.Abs(real)
	}
	dir := filepath.Dir(path) // the database is yet to be created
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("create the database directory: %w; run: mkdir -p %s", err, dir)
	}
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", fmt.Errorf("find the database directory: %w", err)
	}
	return filepath.Abs(filepath.Join(dir, filepath.Base(path)))
}

func readPID(name string) int {
	text, err := os.ReadFile(name)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid < 1 {
		return 0
	}
	return pid
}
