//go:build unix

package store

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// SameOwner gives a file the owner and the group of another. Where the two are the same already nobody's leave is
// needed; and who owns both may not be let give a file to that group, which then does not matter.
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
	err = f.Chown(int(want.Uid), int(want.Gid))
	if ok && have.Uid == want.Uid && errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return err
}
