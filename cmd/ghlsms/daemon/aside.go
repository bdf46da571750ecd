package daemon

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"ghlsms/cmd/ghlsms/alarm"
	"ghlsms/store"
	"ghlsms/sync/trouble"
)

// What the mirror cannot keep, as when its disk is full, is kept in a file beside it, so that a restart neither tells it anew nor
// forgets to tell its end. The file has its size from the start: it is written over in place, for which a full disk has room.

// asideSize is the size of the file in bytes.
const asideSize = 4096

// put is a trouble that is put aside, with what each way was told of it.
type put struct {
	Trouble store.Trouble         `json:"trouble"`
	Told    map[string]alarm.Told `json:"told"`
}

func (w *watch) asidePath() string { return w.cfg.Store.Path + ".troubles" }

// remember reads what an earlier process put aside, and makes the file where there is none.
func (w *watch) remember() {
	text, err := os.ReadFile(w.asidePath())
	if errors.Is(err, os.ErrNotExist) {
		w.putAside()
		return
	}
	w.aside = bytes.TrimRight(text, " \n")
	var all map[string]put
	if err == nil && len(w.aside) > 0 {
		err = json.Unmarshal(w.aside, &all)
	}
	if err != nil {
		w.log.Warn("troubles of an earlier process that the mirror could not keep are not known", "err", err)
		return
	}
	for k, p := range all {
		w.blind[k] = p.Trouble
		for way, told := range p.Told {
			w.told[telling{k, way}] = told
		}
		if p.Trouble.Kind == trouble.KindMirror && p.Trouble.EndedAt.IsZero() { // which the first look tries
			w.unwritten, w.since = errors.New("it could not be written before this process began"), p.Trouble.Since
		}
	}
}

// putAside keeps what the mirror does not. Where that fails, a restart tells it again.
func (w *watch) putAside() {
	all := map[string]put{}
	for k, t := range w.blind {
		t.Details = "" // may be long, and is found anew
		p := put{Trouble: t, Told: map[string]alarm.Told{}}
		for of, told := range w.told {
			if of.trouble == k {
				p.Told[of.way] = told
			}
		}
		all[k] = p
	}
	text, err := json.Marshal(all)
	if err != nil || bytes.Equal(text, w.aside) {
		return
	}
	if err := writeOver(w.asidePath(), w.cfg.Store.Path, text); err != nil {
		w.errs.hear(time.Now(), []error{fmt.Errorf("what the mirror cannot keep is not kept beside it either: %w", err)})
		return
	}
	w.aside = text
}

// writeOver puts a text into a file of asideSize, which it makes where there is none. It belongs to whom the mirror belongs.
func writeOver(path, mirror string, text []byte) error {
	if len(text) >= asideSize {
		return fmt.Errorf("%s: %d bytes are too many for it", path, len(text))
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(append(append(text, bytes.Repeat([]byte(" "), asideSize-len(text)-1)...), '\n'), 0)
	if info, serr := os.Stat(mirror); serr == nil {
		err = errors.Join(err, store.SameOwner(f, info))
	}
	return errors.Join(err, f.Sync(), f.Close())
}
