//go:build unix

package daemon

import "golang.org/x/sys/unix"

// freeSpace is how many bytes we may still write on the disk of a path; 0: not known.
func freeSpace(path string) uint64 {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil || s.Bsize <= 0 {
		return 0
	}
	return s.Bavail * uint64(s.Bsize)
}
