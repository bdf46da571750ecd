//go:build unix

package store

import (
	"io/fs"
	"os"
	"syscall"
)

// SameOwner gives a file the owner of another. Where the two are the same already nobody's leave
// is needed.
func SameOwner(f *os.File, as fs.FileInfo) error {
	want, ok := as.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	have, ok := info.Sys().(*syscall.Stat_t)
	if ok && have.Uid == want.Uid && have.Gid == want.Gid {
		return nil
	}
	return f.Chown(int(want.Uid), int(want.Gid))
}
