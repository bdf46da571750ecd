package storetest

import (
	"bytes"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
)

// A Disk is where the databases below a folder lie. It sees every write and every fsync of theirs, tells
// what would be found after the process was killed or the power failed, and fails when it is told to. The
// files themselves are real ones; any SQLite of this process may use them.
type Disk struct {
	dir   string
	mu    sync.Mutex
	files map[string]*file // by path
	watch func(Event)
	fault func(Op) Fault
}

// An Op is what SQLite asks of a file.
type Op struct {
	Path string
	Kind OpKind
	Size int // of a write, in bytes
}

// OpKind is a kind of request to a file.
type OpKind int

// The kinds.
const (
	Write OpKind = iota
	Truncate
	Sync
	Delete
)

// An Event is an Op that was carried out, or, for Sync, is about to be: what it makes durable is in no
// image of a power failure yet.
type Event struct{ Op }

// A Fault is how a disk fails.
type Fault int

// The faults.
const (
	None     Fault = iota
	Full           // no space is left
	ReadOnly       // the file system was remounted read-only, as Linux does after an error
	Broken         // the device does not answer
)

// file is one file: what is safe on it, and what was written since, in order.
type file struct {
	durable []byte
	pending []change
	handles int // 0: nobody has it open, and it may have been replaced
	there   bool
}

// change is a write (data at off) or, with data nil, a cut to the size off.
type change struct {
	off  int64
	data []byte
}

// NewDisk watches all databases below dir that are opened from now on, until it is closed.
func NewDisk(dir string) (*Disk, error) {
	d := &Disk{dir: dir, files: map[string]*file{}}
	return d, mount(d)
}

// Close ends the watch. The databases must be closed.
func (d *Disk) Close() { unmount(d) }

// Watch has f told of everything that is written; nil: nobody. f is called while SQLite waits.
// It may take images, and must not use the database.
func (d *Disk) Watch(f func(Event)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watch = f
}

// Fail lets f decide which requests fail; nil: none does.
func (d *Disk) Fail(f func(Op) Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = f
}

// An Image is what the files of one database hold at a moment, by what their names add to the database's:
// "" is the database itself.
type Image map[string][]byte

// Killed is what the next process finds of the database at path if this one is killed now: the kernel keeps
// what was written.
func (d *Disk) Killed(path string) Image {
	return d.image(path, func(f *file) []byte { return apply(f.durable, f.pending) })
}

// PowerLost is what is found of the database at path if the power fails now. Of what was not synced, anything
// may be there and anything may be missing, sector by sector; r draws what. nil: nothing of it is there.
func (d *Disk) PowerLost(path string, r *rand.Rand) Image {
	return d.image(path, func(f *file) []byte {
		if r == nil {
			return slices.Clone(f.durable)
		}
		return apply(f.durable, tear(r, f.pending))
	})
}

func (d *Disk) image(path string, content func(*file) []byte) Image {
	d.mu.Lock()
	defer d.mu.Unlock()
	img := Image{}
	for _, suffix := range []string{"", "-wal", "-journal"} {
		f := d.files[path+suffix]
		if f != nil && f.handles == 0 {
			f.load(path + suffix)
		}
		if f != nil && f.there {
			img[suffix] = content(f)
		}
	}
	return img
}

// Write makes a database at path of an image.
func (i Image) Write(path string) error {
	for suffix, content := range i {
		if err := os.WriteFile(path+suffix, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// sector is the most that a disk writes as a whole.
const sector = 512

// tear leaves out some of what was not synced: whole writes, and of others some sectors.
func tear(r *rand.Rand, pending []change) []change {
	var kept []change
	for _, c := range pending {
		switch r.IntN(3) {
		case 0: // it never came to the disk
		case 1:
			kept = append(kept, c)
		default:
			for from := 0; from < len(c.data); from += sector {
				if r.IntN(2) == 0 {
					kept = append(kept, change{c.off + int64(from), c.data[from:min(from+sector, len(c.data))]})
				}
			}
		}
	}
	return kept
}

// apply is what a file holds after changes, as a copy.
func apply(content []byte, changes []change) []byte {
	content = slices.Clone(content)
	for _, c := range changes {
		content = c.apply(content)
	}
	return content
}

func (c change) apply(content []byte) []byte {
	if c.data == nil {
		if int64(len(content)) > c.off {
			return content[:c.off]
		}
		return append(content, make([]byte, c.off-int64(len(content)))...)
	}
	if grow := c.off + int64(len(c.data)) - int64(len(content)); grow > 0 {
		content = append(content, make([]byte, grow)...)
	}
	copy(content[c.off:], c.data)
	return content
}

// opened takes note of a file. What is in it when nobody has it open counts as safe.
func (d *Disk) opened(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.files[path]
	if f == nil {
		f = &file{}
		d.files[path] = f
	}
	if f.handles == 0 {
		f.load(path)
	}
	f.handles++
}

// load reads a file that SQLite does not have open: closing it would let go of SQLite's locks.
func (f *file) load(path string) {
	content, err := os.ReadFile(path)
	*f = file{durable: content, there: err == nil}
}

func (d *Disk) closed(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files[path].handles--
}

// begin is asked before a request: how it fails.
func (d *Disk) begin(op Op) Fault {
	d.mu.Lock()
	fault, watch := d.fault, d.watch
	d.mu.Unlock()
	if fault != nil {
		if f := fault(op); f != None {
			return f
		}
	}
	if op.Kind == Sync && watch != nil {
		watch(Event{op})
	}
	return None
}

// done takes note of a request that was carried out.
func (d *Disk) done(op Op, c change) {
	d.mu.Lock()
	watch := d.watch
	if f := d.files[op.Path]; f != nil {
		switch op.Kind {
		case Write, Truncate:
			f.pending = append(f.pending, c)
		case Sync:
			for _, c := range f.pending {
				f.durable = c.apply(f.durable)
			}
			f.pending = nil
		case Delete:
			f.durable, f.pending, f.there = nil, nil, false
		}
	}
	d.mu.Unlock()
	if op.Kind != Sync && watch != nil {
		watch(Event{op})
	}
}

// Corrupt changes one page of the database to rubbish, as a dying disk does, and tells whether there was such
// a page.
func (i Image) Corrupt(page int) bool {
	const size = 4096
	content := i[""]
	if len(content) < (page+1)*size {
		return false
	}
	copy(content[page*size:], bytes.Repeat([]byte{0xdb}, size))
	return true
}
