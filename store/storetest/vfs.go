package storetest

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// The disks stand between SQLite and its own way to files: a VFS that hands everything on, and
// sees what goes by. https://sqlite.org/vfs.html

var disks struct {
	mu   sync.Mutex
	all  []*Disk
	open map[uintptr]*openFile // by SQLite's handle

	vfs    sqlite3.Tsqlite3_vfs                     // SQLite's own
	known  map[uintptr]uintptr                      // its methods of a file, to ours
	theirs map[uintptr]*sqlite3.Tsqlite3_io_methods // our methods, to the ones behind them
	err    error
	once   sync.Once
}

type openFile struct {
	disk    *Disk
	path    string
	methods *sqlite3.Tsqlite3_io_methods // behind ours
}

// mount routes the files that are opened from now on through a disk.
func mount(d *Disk) error {
	disks.once.Do(func() { disks.err = register() })
	disks.mu.Lock()
	defer disks.mu.Unlock()
	disks.all = append(disks.all, d)
	return disks.err
}

func unmount(d *Disk) {
	disks.mu.Lock()
	defer disks.mu.Unlock()
	for i, one := range disks.all {
		if one == d {
			disks.all = append(disks.all[:i:i], disks.all[i+1:]...)
			return
		}
	}
}

// register makes the VFS the default of this process.
func register() error {
	disks.open = map[uintptr]*openFile{}
	disks.known, disks.theirs = map[uintptr]uintptr{}, map[uintptr]*sqlite3.Tsqlite3_io_methods{}
	tls := libc.NewTLS()
	defer tls.Close()
	if rc := sqlite3.Xsqlite3_initialize(tls); rc != sqlite3.SQLITE_OK {
		return errors.New("SQLite does not start")
	}
	own := sqlite3.Xsqlite3_vfs_find(tls, 0)
	name, err := libc.CString("storetest")
	if own == 0 || err != nil {
		return errors.New("SQLite has no way to files")
	}
	disks.vfs = *at[sqlite3.Tsqlite3_vfs](own)
	ours := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(disks.vfs)))
	if ours == 0 {
		return errors.New("no memory")
	}
	v := at[sqlite3.Tsqlite3_vfs](ours)
	*v = disks.vfs
	v.FpNext, v.FzName = 0, name
	v.FxOpen, v.FxDelete = address(vfsOpen), address(vfsDelete)
	if rc := sqlite3.Xsqlite3_vfs_register(tls, ours, 1); rc != sqlite3.SQLITE_OK {
		return errors.New("SQLite does not take another way to files")
	}
	return nil
}

// at reads a value at an address in SQLite's memory.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// address is a function pointer for SQLite. f must be a top-level function.
func address(f any) uintptr { return (*[2]uintptr)(unsafe.Pointer(&f))[1] }

// function is a function that SQLite knows by its address.
func function[F any](address uintptr) F {
	return *(*F)(unsafe.Pointer(&struct{ address uintptr }{address}))
}

// diskOf finds the disk that a file lies on; nil: none.
func diskOf(path string) *Disk {
	disks.mu.Lock()
	defer disks.mu.Unlock()
	for _, d := range disks.all {
		if strings.HasPrefix(path, d.dir+"/") {
			return d
		}
	}
	return nil
}

func vfsOpen(tls *libc.TLS, vfs, name, handle uintptr, flags int32, out uintptr) int32 {
	open := function[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](disks.vfs.FxOpen)
	rc := open(tls, vfs, name, handle, flags, out)
	if rc != sqlite3.SQLITE_OK || name == 0 {
		return rc
	}
	path := libc.GoString(name)
	d := diskOf(path)
	if d == nil {
		return rc
	}
	d.opened(path)
	h := at[sqlite3.Tsqlite3_file](handle)
	disks.mu.Lock()
	defer disks.mu.Unlock()
	ours, known := disks.known[h.FpMethods]
	if !known {
		theirs := *at[sqlite3.Tsqlite3_io_methods](h.FpMethods)
		ours = libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(theirs)))
		if ours == 0 {
			return sqlite3.SQLITE_NOMEM
		}
		m := at[sqlite3.Tsqlite3_io_methods](ours)
		*m = theirs
		m.FxWrite, m.FxTruncate, m.FxSync, m.FxClose = address(fileWrite), address(fileTruncate), address(fileSync), address(fileClose)
		disks.known[h.FpMethods], disks.theirs[ours] = ours, &theirs
	}
	disks.open[handle] = &openFile{d, path, disks.theirs[ours]}
	h.FpMethods = ours
	return rc
}

func vfsDelete(tls *libc.TLS, vfs, name uintptr, syncDir int32) int32 {
	path := libc.GoString(name)
	d := diskOf(path)
	if d != nil {
		if f := d.begin(Op{Path: path, Kind: Delete}); f != None {
			return f.code(Delete)
		}
	}
	rc := function[func(*libc.TLS, uintptr, uintptr, int32) int32](disks.vfs.FxDelete)(tls, vfs, name, syncDir)
	if d != nil && rc == sqlite3.SQLITE_OK {
		d.done(Op{Path: path, Kind: Delete}, change{})
	}
	return rc
}

func openOf(handle uintptr) *openFile {
	disks.mu.Lock()
	defer disks.mu.Unlock()
	return disks.open[handle]
}

func fileWrite(tls *libc.TLS, handle, from uintptr, n int32, off int64) int32 {
	f := openOf(handle)
	op := Op{f.path, Write, int(n)}
	if fault := f.disk.begin(op); fault != None {
		return fault.code(Write)
	}
	rc := function[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](f.methods.FxWrite)(tls, handle, from, n, off)
	if rc == sqlite3.SQLITE_OK {
		f.disk.done(op, change{off, slices.Clone(libc.GoBytes(from, int(n)))})
	}
	return rc
}

func fileTruncate(tls *libc.TLS, handle uintptr, size int64) int32 {
	f := openOf(handle)
	op := Op{Path: f.path, Kind: Truncate}
	if fault := f.disk.begin(op); fault != None {
		return fault.code(Truncate)
	}
	rc := function[func(*libc.TLS, uintptr, int64) int32](f.methods.FxTruncate)(tls, handle, size)
	if rc == sqlite3.SQLITE_OK {
		f.disk.done(op, change{off: size})
	}
	return rc
}

func fileSync(tls *libc.TLS, handle uintptr, flags int32) int32 {
	f := openOf(handle)
	op := Op{Path: f.path, Kind: Sync}
	if fault := f.disk.begin(op); fault != None {
		return fault.code(Sync)
	}
	rc := function[func(*libc.TLS, uintptr, int32) int32](f.methods.FxSync)(tls, handle, flags)
	if rc == sqlite3.SQLITE_OK {
		f.disk.done(op, change{})
	}
	return rc
}

func fileClose(tls *libc.TLS, handle uintptr) int32 {
	f := openOf(handle)
	rc := function[func(*libc.TLS, uintptr) int32](f.methods.FxClose)(tls, handle)
	disks.mu.Lock()
	delete(disks.open, handle)
	disks.mu.Unlock()
	f.disk.closed(f.path)
	return rc
}

// code is what SQLite is told of a fault.
func (f Fault) code(k OpKind) int32 {
	switch {
	case f == Full && k == Sync:
		return sqlite3.SQLITE_IOERR_FSYNC
	case f == Full && k != Delete:
		return sqlite3.SQLITE_FULL
	case k == Write:
		return sqlite3.SQLITE_IOERR_WRITE
	case k == Truncate:
		return sqlite3.SQLITE_IOERR_TRUNCATE
	case k == Delete:
		return sqlite3.SQLITE_IOERR_DELETE
	}
	return sqlite3.SQLITE_IOERR_FSYNC
}
