package config

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/merge"
	"ghlsms/sync/record"
	"ghlsms/sync/spec"
)

// Sync says how both sides are kept in step, one kind of record at a time. Without an
// AddressBook the gateway's is left alone.
type Sync struct {
	Contacts     Merge `yaml:"contacts"`
	Tasks        Merge `yaml:"tasks"`
	Appointments Merge `yaml:"appointments"`
	Notes        Notes `yaml:"notes"`
	AddressBook  *Book `yaml:"address_book,omitempty"`
}

// Merge is for one kind of record: what decides where both sides changed a field, and what is
// written to the CRM at all.
type Merge struct {
	Conflicts string   `yaml:"conflicts"`
	Fields    Policies `yaml:"fields,omitempty"`
	ReadOnly  bool     `yaml:"read_only"`
	Deletes   bool     `yaml:"deletes"`
}

// Notes is a MergeConfig, and how often notes are read. Every 0 is never.
type Notes struct {
	Conflicts string   `yaml:"conflicts"`
	ReadOnly  bool     `yaml:"read_only"`
	Deletes   bool     `yaml:"deletes"`
	Every     Duration `yaml:"every"`
	Calls     int      `yaml:"calls"`
}

func (n Notes) merge() Merge {
	return Merge{Conflicts: n.Conflicts, ReadOnly: n.ReadOnly, Deletes: n.Deletes}
}

// Book keeps contacts with a tag and a list of the gateway's address book in step. After
// loading, Tag is in lower case, as the CRM keeps tags.
type Book struct {
	Tag       string   `yaml:"tag"`
	List      string   `yaml:"list"`
	Direction string   `yaml:"direction"`
	Conflicts string   `yaml:"conflicts"`
	Fields    Policies `yaml:"fields,omitempty"`
	Deletes   bool     `yaml:"deletes"`
}

func (b *Book) SetDefaults() { b.Direction, b.Conflicts = bothWays, string(merge.CRMWins) }

// Policies has a policy of its own for single fields, by the mirror's names or the owner's.
type Policies map[string]string

func (Policies) What() string { return "names of fields" }

// CheckKey lets every name pass: the owner's may stand further down in the file.
func (Policies) CheckKey(string) error { return nil }

// The ways in which an address book is kept in step.
const (
	bothWays    = "both"
	toGateway   = "to_gateway"
	fromGateway = "from_gateway"
)

var (
	directions = []string{bothWays, toGateway, fromGateway}
	policies   = policyNames(merge.Policies)
	bookFields = []string{store.FirstName, store.LastName, store.Email}
)

func policyNames(all []merge.Policy) (names []string) {
	for _, p := range all {
		names = append(names, string(p))
	}
	return names
}

func defaultSync() Sync {
	rule := Merge{Conflicts: string(merge.CRMWins)}
	return Sync{
		Contacts: rule, Tasks: rule, Appointments: rule,
		Notes: Notes{Conflicts: rule.Conflicts, Every: Duration(7 * 24 * time.Hour), Calls: 20},
	}
}

// recordKind is what the config says about one kind of record.
type recordKind struct {
	name   string // its key
	entity store.Entity
	rule   Merge
}

func (s Sync) kinds() []recordKind {
	return []recordKind{
		{"contacts", store.Contact, s.Contacts},
		{"tasks", store.Task, s.Tasks},
		{"appointments", store.Appointment, s.Appointments},
		{"notes", store.Note, s.Notes.merge()},
	}
}

func (l *loader) checkSync() {
	for _, k := range l.cfg.Sync.kinds() {
		at := "sync." + k.name
		l.policy(at+".conflicts", k.entity, "", k.rule.Conflicts)
		l.policyFields(at+".fields", k.entity, k.rule.Fields)
		if k.rule.ReadOnly && k.rule.Deletes {
			l.bad(at+".deletes", "set together with read_only, by which nothing is ever written to the CRM; keep one of them")
		}
	}
	if n := l.cfg.Sync.Notes; n.Every < 0 {
		l.bad("sync.notes.every", `"%s" is less than zero; write it like 12h or 7d, or 0 to read no notes`, n.Every)
	} else if n.Calls < 1 {
		l.bad("sync.notes.calls", "%d is less than 1; to read no notes, write every: 0", n.Calls)
	}
	l.checkBook()
}

func (l *loader) checkBook() {
	const at = "sync.address_book"
	b := l.cfg.Sync.AddressBook
	if b == nil {
		return
	}
	if p := l.cfg.SMS.Provider; GatewayNamed(p).Name != "" && !hasBook(p) {
		l.bad(at, "%s has no address book; remove this, or use %s", p, strings.Join(slices.DeleteFunc(GatewayNames(), func(p string) bool { return !hasBook(p) }), ", "))
	}
	b.Tag = strings.ToLower(b.Tag)
	if b.Tag == "" {
		l.bad(at+".tag", "missing; write the tag in the CRM of those who belong on the list")
	}
	if b.List == "" {
		l.bad(at+".list", "missing; write the name of a list in the gateway's address book")
	}
	l.oneOf(at+".direction", b.Direction, directions)
	l.policy(at+".conflicts", store.EntryEntity, "", b.Conflicts)
	l.policyFields(at+".fields", store.EntryEntity, b.Fields)
}

func hasBook(provider string) bool {
	return Can[sms.Directory](GatewayNamed(provider))
}

// policy checks what decides about a field; field is empty for a whole kind of record. That the
// gateway decides makes sense only about what it can have an opinion on.
func (l *loader) policy(at string, e store.Entity, field, policy string) {
	l.oneOf(at, policy, policies)
	if policy != string(merge.GatewayWins) || e == store.EntryEntity {
		return
	}
	const remedy = "write one of crm, local, newest, ask"
	book := l.cfg.Sync.AddressBook
	switch {
	case e != store.Contact:
		l.bad(at, "the gateway has no %ss; %s", e, remedy)
	case book == nil:
		l.bad(at, "nothing comes from the gateway without sync.address_book; describe that, or %s", remedy)
	case book.Direction == toGateway:
		l.bad(at, "nothing comes from the gateway while sync.address_book.direction is %s; change that, or %s", toGateway, remedy)
	case field != "" && !slices.Contains(bookFields, field):
		l.bad(at, "the gateway's address book has no %s; %s", field, remedy)
	}
}

// policyFields checks the policies of single fields.
func (l *loader) policyFields(at string, e store.Entity, fields Policies) {
	own := l.cfg.ownFields(e)
	first := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		path := at + "." + name
		field, mine := own[name]
		if !mine {
			field = name
		}
		if err := checkPolicyField(e, field); err != nil {
			l.bad(path, "%v", nearField(e, name, own, err))
		}
		if other, twice := first[field]; twice && field != "" {
			l.bad(path, "is the same field as %s, which has a policy already; keep one of them", other)
		}
		first[field] = name
		l.policy(path, e, cmp.Or(field, name), fields[name])
	}
}

// ownFields tells for each of the owner's names which field of the mirror it stands for; "" for a
// custom one, which the CRM is yet to list.
func (c *Config) ownFields(e store.Entity) record.Names {
	if e != store.Contact && e != store.EntryEntity {
		return nil // the names are for fields of contacts
	}
	names, _ := record.OwnNames(c.Fields).Resolve(nil)
	return names
}

// checkPolicyField tells why a policy cannot be set for a field. An empty one is custom.
func checkPolicyField(e store.Entity, field string) error {
	switch {
	case e == store.EntryEntity && !slices.Contains(bookFields, field):
		return fmt.Errorf("the gateway's address book has no such field: there are %s", strings.Join(bookFields, ", "))
	case e == store.EntryEntity, field == "":
		return nil
	}
	if id, custom := strings.CutPrefix(field, "cf."); custom && e == store.Contact && !spec.IsID(id) {
		return fmt.Errorf("%s is not the id of a custom field; it has letters and digits only", Show(id))
	}
	return merge.CheckField(e, field)
}

// nearField is the error about a name, or what was most likely meant by it.
func nearField(e store.Entity, name string, own record.Names, err error) error {
	if name == store.Tags || strings.HasPrefix(name, store.DND) {
		return err // such a field there is
	}
	words := bookFields
	if e != store.EntryEntity {
		words = slices.DeleteFunc(merge.Fields(e), func(f string) bool { return f == store.Tags })
	}
	words = slices.Concat(words, slices.Sorted(maps.Keys(own)))
	if near, _ := record.Nearest(name, words); near != "" && near != name {
		return fmt.Errorf("no field %q; did you mean %q?", name, near)
	}
	return err
}

// checkStore finds the mark a place beside the mirror, if it was given none.
func (l *loader) checkStore() {
	s := &l.cfg.Store
	l.path("store.path", &s.Path)
	if _, written := l.src.At["store.mark"]; !written {
		s.Mark = strings.TrimSuffix(s.Path, filepath.Ext(s.Path)) + ".mark"
	}
	l.path("store.mark", &s.Mark)
	if rest, same := strings.CutPrefix(s.Mark, s.Path); same && slices.Contains([]string{"", "-wal", "-shm", "-journal", ".lock"}, rest) {
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
	parts := []string{fmt.Sprintf("location %s, gateway %s, %d reminder rules", c.GHL.LocationID, c.SMS.Provider, len(c.Reminders))}
	var decide, readOnly, deletes []string
	for _, k := range c.Sync.kinds() {
		if k.rule.Conflicts != string(merge.CRMWins) {
			decide = append(decide, k.name+" "+k.rule.Conflicts)
		}
		if k.rule.ReadOnly {
			readOnly = append(readOnly, k.name)
		}
		if k.rule.Deletes {
			deletes = append(deletes, k.name)
		}
	}
	for _, told := range []struct {
		what string
		of   []string
	}{{"conflicts", decide}, {"never written to the CRM", readOnly}, {"may be deleted in the CRM", deletes}} {
		if len(told.of) > 0 {
			parts = append(parts, told.what+": "+strings.Join(told.of, ", "))
		}
	}
	if c.Sync.Notes.Every == 0 {
		parts = append(parts, "notes are not read")
	}
	if b := c.Sync.AddressBook; b != nil {
		arrow := map[string]string{bothWays: "<->", toGateway: "->", fromGateway: "<-"}[b.Direction]
		parts = append(parts, fmt.Sprintf("address book: tag %s %s list %q", b.Tag, arrow, b.List))
	}
	return strings.Join(parts, "; ")
}
