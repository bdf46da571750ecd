//go:build !unix

package health

// FreeSpace is how many bytes we may still write on the disk of a path; 0: not known.
func FreeSpace(string) uint64 { return 0 }

func unwritable(string) error { return nil }
