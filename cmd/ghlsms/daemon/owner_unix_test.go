//go:build unix

package daemon

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A command that root runs leaves the lock to whom the mirror belongs: the daemon must be able to take it.
func TestTheLockBelongsToWhomTheMirrorBelongs(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	const uid, gid = 12345, 12346
	path := filepath.Join(t.TempDir(), "ghlsms.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, uid, gid); err != nil {
		t.Fatal(err)
	}
	release, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	release()
	info, err := os.Stat(path + ".lock")
	if err != nil {
		t.Fatal(err)
	}
	if have, is := info.Sys().(*syscall.Stat_t); !is || have.Uid != uid || have.Gid != gid {
		t.Errorf("%+v", have)
	}
}
