package plan

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/record"
)

// PanicError is a panic that was caught.
type PanicError struct {
	About string // what was worked on
	Value string // what it panicked with
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("%s: a mistake in ghlsms, please report it with the stack in the log: %s", e.About, e.Value)
}

// IsPanic tells whether an error comes from a caught panic, and so says nothing about the side that was called.
func IsPanic(err error) bool {
	_, ok := errors.AsType[*PanicError](err)
	return ok
}

// Catch calls do and turns a panic in it into a [PanicError]. The next process would panic on the same record
// again, so ending this one would only keep the other records from being worked on. The stack is logged.
func Catch(log *slog.Logger, about string, do func() error) (err error) {
	log = cmp.Or(log, slog.New(slog.DiscardHandler))
	defer func() {
		if v := recover(); v != nil {
			p := &PanicError{About: about, Value: record.Shorten(sms.Clean(fmt.Sprint(v)), 200)}
			log.Error("a mistake in ghlsms was caught, and the rest goes on", "about", p.About, "panic", p.Value, "stack", stack())
			err = p
		}
	}()
	return do()
}

// stack is where a panic came from, in one line and without the arguments of the calls.
func stack() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)]) // from the panic on
	var all []string
	for {
		f, more := frames.Next()
		all = append(all, fmt.Sprintf("%s (%s:%d)", f.Function, filepath.Base(f.File), f.Line))
		if !more || strings.HasSuffix(f.Function, ".(*Engine).Cycle") {
			return strings.Join(all, " < ")
		}
	}
}

const (
	// PanicPause is how long a record that a planner failed or panicked on is excluded before it is tried again.
	PanicPause = time.Hour
	// panicMost is how many records may be excluded. What fails on more is not due to single records.
	panicMost = 50
)

// Excluded are the records that planners failed or panicked on. They are excluded from planning for a while, so that all others
// can be planned. The zero value is ready; it is kept from one plan to the next.
type Excluded struct {
	records map[excludedKey]excludedRecord
}

// Any tells whether any record is excluded now.
func (l *Excluded) Any() bool { return len(l.records) > 0 }

// excludedKey names a record for a planner.
type excludedKey struct {
	what string
	id   int64
}

type excludedRecord struct {
	until time.Time
	err   error
}

// errExcluded says that a record was just excluded, and the others are to be planned again.
var errExcluded = errors.New("planned again without it")

// one plans one record, unless it is excluded because that failed or panicked a short while ago: then nothing about it
// is decided.
func (p *planning) one(what string, id int64, do func() error) (excluded bool, err error) {
	key := excludedKey{what, id}
	if r, ok := p.excluded.records[key]; ok {
		if p.tx.Now.Before(r.until) {
			p.plan.Excluded = append(p.plan.Excluded, r.err)
			return true, nil
		}
		delete(p.excluded.records, key)
	}
	about := fmt.Sprint(what, " ", id)
	if err = Catch(p.log, about, do); store.IsOfOne(err) && !IsPanic(err) {
		err = fmt.Errorf("%s cannot be planned, and waits an hour while the rest goes on: %w", about, err)
	}
	if store.IsOfOne(err) && len(p.excluded.records) < panicMost {
		if p.excluded.records == nil {
			p.excluded.records = map[excludedKey]excludedRecord{}
		}
		p.excluded.records[key] = excludedRecord{p.tx.Now.Add(PanicPause), err}
		err = errors.Join(errExcluded, err)
	}
	return false, err
}

// Within plans in a transaction. If a planner fails or panics on a record, it rolls back and plans again without that record.
func (p Planner) Within(transact func(func(*store.Tx) error) error, plan func(*store.Tx) error) error {
	for {
		if err := Catch(p.Log, "the plan", func() error { return transact(plan) }); !errors.Is(err, errExcluded) {
			return err
		}
	}
}
