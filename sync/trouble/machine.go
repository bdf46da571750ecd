package trouble

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
)

// The kinds of troubles that only the daemon sees.
const (
	KindHangs    = "cycle-hangs"      // one cycle does not end
	KindMirror   = "mirror-unwritten" // the mirror cannot be written
	KindDisk     = "disk"             // the mirror's disk is nearly full
	KindOld      = "backup-old"       // the newest backup is too old
	KindFolder   = "backup-folder"    // the folder of backups is not there
	KindTokenOld = "token-old"        // the token will end soon
	KindWay      = "alarm-way"        // a way to tell people does not work
)

// Machine is what the daemon knows of itself and of the machine it runs on.
type Machine struct {
	Working    time.Time     // since when the cycle that runs now does; zero: none does
	Doing      string        // what it is at; empty: not known
	Longest    time.Duration // a cycle may take
	Unwritten  error         // why the mirror could not be written the last time; nil: it could
	Since      time.Time     // since when that is
	Free       uint64        // bytes on the mirror's disk; 0: not known
	FreeLeast  uint64        // bytes that should be free
	Folder     string        // of the backups; empty: none are made
	NoFolder   time.Time     // since when it is not there, or cannot be read; zero: it can, or the next backup makes it
	Unread     error         // why it cannot be read; nil: it can, or it is not there
	Newest     time.Time     // backup; zero: none
	BackupMost time.Duration // age of the newest backup
	TokenMade  time.Time     // when the token was first seen; zero: it renews itself
	Ways       []Way         // to tell people
}

// Way is how a way to tell people works.
type Way struct {
	Name   string
	Failed time.Time // since when; zero: it works
	Partly bool      // some hear it all the same
	Error  string
}

// A private integration token should be made anew after 90 days; the CRM keeps the old one for a week.
const (
	tokenLife = 90 * 24 * time.Hour
	tokenSoon = 7 * 24 * time.Hour
)

// OnMachine finds what only the daemon sees.
var OnMachine = []Detector{
	{Kinds: []string{KindHangs}, Find: findHanging},
	{Kinds: []string{KindMirror}, Find: findUnwritable, Blind: true},
	{Kinds: []string{KindDisk}, Find: findDisk},
	{Kinds: []string{KindFolder}, Find: findNoFolder},
	{Kinds: []string{KindOld}, Find: findOldBackup},
	{Kinds: []string{KindTokenOld}, Find: findOldToken},
	{Kinds: []string{KindWay}, Find: findWays},
}

func findHanging(ctx context.Context, tx *store.Tx, l Look) ([]store.Trouble, error) {
	m := l.Machine
	if m.Working.IsZero() || m.Longest == 0 || tx.Now.Sub(m.Working) < m.Longest {
		return nil, nil
	}
	cost, err := l.stakes(ctx, tx)
	t := store.Trouble{
		Kind: KindHangs, Severity: store.Urgent, Since: m.Working, What: "one cycle does not end: it should take less than " + spanOf(m.Longest),
		Cost: cost, Remedy: "restart ghlsms: systemctl restart ghlsms; if it happens again, report it with the log",
	}
	if m.Doing != "" {
		t.What += ", and is at " + m.Doing
	}
	return []store.Trouble{t}, err
}

// reasonOf says what keeps SQLite from a file, without its path, and what to do about it.
func reasonOf(err error) (reason, remedy string) {
	switch {
	case store.IsFull(err):
		return "its disk is full", "make room on its disk; it goes on by itself"
	case store.IsReadOnly(err):
		return "it is read-only", "let the user that ghlsms runs as write the file, its folder and its disk; it goes on by itself"
	case store.IsDamaged(err):
		return "the file is damaged", "put a backup back: ghlsms restore"
	}
	return "the disk gives an error", "look at the disk and at the system's log; it goes on by itself"
}

// findUnwritable is also asked where the mirror cannot be.
func findUnwritable(_ context.Context, _ *store.Tx, l Look) ([]store.Trouble, error) {
	m := l.Machine
	if m.Unwritten == nil {
		return nil, nil
	}
	reason, remedy := reasonOf(m.Unwritten)
	return []store.Trouble{{
		Kind: KindMirror, Severity: store.Urgent, Since: m.Since, What: "the mirror cannot be written: " + reason, Details: sms.Clean(m.Unwritten.Error()),
		Cost: "nothing is read, decided or sent", Remedy: remedy,
	}}, nil
}

func findDisk(_ context.Context, tx *store.Tx, l Look) ([]store.Trouble, error) {
	m := l.Machine
	if m.Free == 0 || m.Free >= m.FreeLeast {
		return nil, nil
	}
	return []store.Trouble{{
		Kind: KindDisk, Severity: store.Warning, Since: tx.Now, What: fmt.Sprintf("the mirror's disk is nearly full: less than %d MB are free", m.FreeLeast>>20),
		Cost: "when it is full nothing is read, decided or sent", Remedy: "make room on it",
	}}, nil
}

// findNoFolder finds that the folder of backups is not there or cannot be read, as when its disk is not mounted: long before the next is due.
func findNoFolder(_ context.Context, _ *store.Tx, l Look) ([]store.Trouble, error) {
	m := l.Machine
	if m.NoFolder.IsZero() {
		return nil, nil
	}
	t := store.Trouble{
		Kind: KindFolder, Severity: store.Warning, Since: m.NoFolder, What: "the folder of backups is not there", Details: "folder: " + m.Folder,
		Cost: "no backup can be made", Remedy: "mount its disk, make it, or name another in backup.folder",
	}
	if m.Unread != nil {
		t.What, t.Details = "the folder of backups cannot be read", sms.Clean(m.Unread.Error())
		t.Remedy = "let the user that ghlsms runs as read and write it, or name another in backup.folder"
	}
	return []store.Trouble{t}, nil
}

func findOldBackup(ctx context.Context, tx *store.Tx, l Look) ([]store.Trouble, error) {
	m := l.Machine
	if m.Folder == "" || m.BackupMost == 0 {
		return nil, nil
	}
	newest := m.Newest
	if newest.IsZero() {
		born, err := bornAt(ctx, tx)
		if err != nil {
			return nil, err
		}
		newest = born
	}
	if tx.Now.Sub(newest) < m.BackupMost {
		return nil, nil
	}
	return []store.Trouble{{
		Kind: KindOld, Severity: store.Warning, Since: newest.Add(m.BackupMost), What: "the newest backup is too old, or there is none",
		Details: "folder: " + m.Folder, Cost: "if this disk breaks, what is not in it is lost", Remedy: "see why: ghlsms backup",
	}}, nil
}

func findOldToken(_ context.Context, tx *store.Tx, l Look) ([]store.Trouble, error) {
	made := l.Machine.TokenMade
	if made.IsZero() || tx.Now.Sub(made) < tokenLife-tokenSoon {
		return nil, nil
	}
	return []store.Trouble{{
		Kind: KindTokenOld, Severity: store.Warning, Since: made.Add(tokenLife - tokenSoon), What: "the CRM's token is nearly 90 days old, or older",
		Cost: "the CRM asks for a new one after 90 days", Remedy: "make a new one in the CRM and put it in: ghlsms auth rotate",
	}}, nil
}

func findWays(_ context.Context, _ *store.Tx, l Look) (found []store.Trouble, err error) {
	for _, w := range slices.Clone(l.Machine.Ways) {
		if w.Failed.IsZero() {
			continue
		}
		t := store.Trouble{
			Kind: KindWay, About: w.Name, Severity: store.Warning, Since: w.Failed, What: "alarms cannot be told by " + w.Name, Details: sms.Clean(w.Error),
			Cost: "nobody hears of troubles on that way", Remedy: "try it: ghlsms alarms test",
		}
		if w.Partly {
			t.What, t.Cost = "alarms do not reach everybody by "+w.Name, "who is left out hears of no trouble on that way"
		}
		found = append(found, t)
	}
	return found, nil
}
