//go:build !unix

package daemon

// freeSpace is how many bytes we may still write on the disk of a path; 0: not known.
func freeSpace(string) uint64 { return 0 }
