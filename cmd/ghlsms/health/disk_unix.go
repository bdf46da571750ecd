//go:build unix

package health

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// FreeSpace is how many bytes we may still write on the disk of a path, 1 at least; 0: not known.
func FreeSpace(path string) uint64 {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil || s.Bsize <= 0 {
		return 0
	}
	free := s.Bavail
	if os.Geteuid() == 0 {
		free = s.Bfree // the rest is kept for root
	}
	return max(free*uint64(s.Bsize), 1)
}

// readOnly is the flag of a disk that is mounted so, everywhere.
const readOnly = 1

// writeLeast is how many bytes SQLite needs to write anything.
const writeLeast = 16 << 10

// unwritable is why nothing can be written on the disk of a path, as far as can be seen without writing there.
func unwritable(path string) error {
	var s unix.Statfs_t
	switch err := unix.Statfs(path, &s); {
	case err != nil:
		return nil //nolint:nilerr // nothing is known
	case uint64(s.Flags)&readOnly != 0:
		return syscall.EROFS
	}
	if free := FreeSpace(path); free > 0 && free < writeLeast {
		return syscall.ENOSPC
	}
	return nil
}
