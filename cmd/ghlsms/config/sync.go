package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ghlsms/sms"
	"ghlsms/sync/merge"
	"ghlsms/sync/record"
)

func (l *loader) checkSync() {
	c := l.cfg
	if p := c.SMS.Provider; c.Sync.AddressBook != nil && GatewayNamed(p).Name != "" && !hasBook(p) {
		l.bad("sync.address_book", "%s has no address book; remove this, or use %s", p, strings.Join(slices.DeleteFunc(GatewayNames(), func(p string) bool { return !hasBook(p) }), ", "))
	}
	l.report("sync", c.Sync.Check(merge.Env{Source: place{l.src, "sync"}, Own: c.ownFields()}))
}

func hasBook(provider string) bool {
	return Can[sms.Directory](GatewayNamed(provider))
}

// ownFields tells for each of the owner's names which field of contacts it stands for; "" for a custom one,
// which the CRM is yet to list.
func (c *Config) ownFields() record.Names {
	names, _ := record.OwnNames(c.Fields).Resolve(nil)
	return names
}

// checkStore finds the mark a place beside the mirror, if it was given none.
func (l *loader) checkStore() {
	s := &l.cfg.Store
	l.path("store.path", &s.Path)
	if _, written := l.src.At["store.mark"]; !written {
		s.Mark = strings.TrimSuffix(s.Path, filepath.Ext(s.Path)) + ".mark"
	}
	l.path("store.mark", &s.Mark)
	if rest, same := strings.CutPrefix(s.Mark, s.Path); same && slices.Contains([]string{"", "-wal", "-shm", "-journal", ".lock", ".troubles"}, rest) {
		l.bad("store.mark", "%s is a file of the mirror itself; name another", Show(s.Mark))
	}
}

// checkBackup finds backups a folder beside the mirror, if they were given none.
func (l *loader) checkBackup() {
	b := &l.cfg.Backup
	if _, written := l.src.At["backup.folder"]; !written || b.Folder == "" {
		b.Folder = filepath.Join(filepath.Dir(l.cfg.Store.Path), "backups")
	}
	l.path("backup.folder", &b.Folder)
	if info, err := os.Stat(b.Folder); err == nil && !info.IsDir() {
		l.bad("backup.folder", "%s is a file; name a folder", Show(b.Folder))
	}
	if b.Every != 0 && b.Every < Duration(time.Minute) {
		l.bad("backup.every", `"%s" is less than a minute; write it like 12h or 1d, or 0 for no backups`, b.Every)
	}
	if b.Keep < 1 {
		l.bad("backup.keep", "%d is less than 1; for no backups write every: 0", b.Keep)
	}
}

// Summary tells in one line what the config comes to. What is as everywhere is not told.
func (c *Config) Summary() string {
	first := fmt.Sprintf("location %s, gateway %s, %d reminder rules", c.GHL.LocationID, c.SMS.Provider, len(c.Reminders))
	return strings.Join(append([]string{first}, c.Sync.Summary()...), "; ")
}
