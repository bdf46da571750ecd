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

// PanicError is a mistake of ours that was caught: something panicked.
type PanicError struct {
	About string // what was worked on
	Value string // what it panicked with
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("%s: a mistake in ghlsms, please report it with the stack in the log: %s", e.About, e.Value)
}

// IsPanic tells whether an error is a mistake of ours. It says nothing of the side that was asked.
func IsPanic(err error) bool {
	_, ok := errors.AsType[*PanicError](err)
	return ok
}

// Catch does something, and makes a [PanicError] of a panic in it. What panics on one record would do so again
// in the next process, so ending this one would only keep all others from being worked on. The log has the
// stack.
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
	// PanicPause is how long what a planner panicked on is left as it is before it is tried again.
	PanicPause = time.Hour
	// panicMost is how many records may be left so. A mistake that meets more is no single record's.
	panicMost = 50
)

// LeftOut are the records that planners panicked on, which are left as they are for a while so that all others
// can be planned. The zero value is ready; it is kept from one plan to the next.
type LeftOut struct{ records map[leftKey]leftRecord }

// Any tells whether there are some now.
func (l *LeftOut) Any() bool { return len(l.records) > 0 }

// leftKey names a record for a planner.
type leftKey struct {
	what string
	id   int64
}

type leftRecord struct {
	until time.Time
	err   error
}

// errLeftOut says that a record is left as it is from now on, so that the others can be planned.
var errLeftOut = errors.New("planned again without it")

// one plans one record, unless that was tried a short while ago and panicked: then it is left as it is, and
// nothing about it is decided.
func (p *planning) one(what string, id int64, do func() error) (left bool, err error) {
	key := leftKey{what, id}
	if r, ok := p.left.records[key]; ok {
		if p.tx.Now.Before(r.until) {
			p.plan.LeftOut = append(p.plan.LeftOut, r.err)
			return true, nil
		}
		delete(p.left.records, key)
	}
	err = Catch(p.log, fmt.Sprint(what, " ", id), do)
	if IsPanic(err) && len(p.left.records) < panicMost {
		if p.left.records == nil {
			p.left.records = map[leftKey]leftRecord{}
		}
		p.left.records[key] = leftRecord{p.tx.Now.Add(PanicPause), err}
		err = errors.Join(errLeftOut, err)
	}
	return false, err
}

// Within plans in a transaction. If a planner panics on a record, it rolls back and plans again without that record.
func (p Planner) Within(transact func(func(*store.Tx) error) error, plan func(*store.Tx) error) error {
	for {
		if err := Catch(p.Log, "the plan", func() error { return transact(plan) }); !errors.Is(err, errLeftOut) {
			return err
		}
	}
}
