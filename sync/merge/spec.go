package merge

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/spec"
)

// Spec says how both sides are kept in step as the owner writes it, one kind of record at a time. Without an
// AddressBook the gateway's is left alone.
type Spec struct {
	Contacts     KindSpec  `yaml:"contacts"`
	Tasks        KindSpec  `yaml:"tasks"`
	Appointments KindSpec  `yaml:"appointments"`
	Notes        NotesSpec `yaml:"notes"`
	AddressBook  *BookSpec `yaml:"address_book,omitempty"`
}

// KindSpec is for one kind of record: what decides where both sides changed a field, and what is
// written to the CRM at all.
type KindSpec struct {
	Conflicts string       `yaml:"conflicts"`
	Fields    PoliciesSpec `yaml:"fields,omitempty"`
	ReadOnly  bool         `yaml:"read_only"`
	Deletes   bool         `yaml:"deletes"`
}

// NotesSpec is a KindSpec without fields, and how often notes are read. Every 0 is never.
type NotesSpec struct {
	Conflicts string        `yaml:"conflicts"`
	ReadOnly  bool          `yaml:"read_only"`
	Deletes   bool          `yaml:"deletes"`
	Every     spec.Duration `yaml:"every"`
	Calls     int           `yaml:"calls"`
}

// PoliciesSpec has a policy of its own for single fields, by the mirror's names or the owner's.
type PoliciesSpec map[string]string

// What are the keys of the map, for people.
func (PoliciesSpec) What() string { return "names of fields" }

// CheckKey lets every name pass: the owner's may stand further down in the file.
func (PoliciesSpec) CheckKey(string) error { return nil }

// DefaultSpec is that of an owner who writes none.
func DefaultSpec() Spec {
	kind := KindSpec{Conflicts: string(CRMWins)}
	return Spec{
		Contacts: kind, Tasks: kind, Appointments: kind,
		Notes: NotesSpec{Conflicts: kind.Conflicts, Every: spec.Duration(7 * 24 * time.Hour), Calls: 20},
	}
}

// NamedKind is what a spec says about one kind of record.
type NamedKind struct {
	KindSpec

	Key    string
	Entity store.Entity
}

// Kinds are all kinds of records.
func (s Spec) Kinds() []NamedKind {
	n := s.Notes
	return []NamedKind{
		{s.Contacts, "contacts", store.Contact},
		{s.Tasks, "tasks", store.Task},
		{s.Appointments, "appointments", store.Appointment},
		{KindSpec{Conflicts: n.Conflicts, ReadOnly: n.ReadOnly, Deletes: n.Deletes}, "notes", store.Note},
	}
}

// Env is what a spec is checked with.
type Env struct {
	spec.Source

	Own record.Names // fields of contacts by the owner's names
}

// ownFields tells for each of the owner's names which field of an entity it stands for; "" for a custom one,
// which the CRM is yet to list.
func ownFields(e store.Entity, own record.Names) record.Names {
	if e != store.Contact && e != store.EntryEntity {
		return nil // the names are for fields of contacts
	}
	return own
}

// checker checks one spec.
type checker struct {
	spec.Checker

	own  record.Names
	book *BookSpec
}

// Check tells what is wrong with a spec, and brings the tag of the address book into lower case.
func (s Spec) Check(env Env) []spec.Problem {
	c := checker{Checker: spec.Checker{Source: env.Source}, own: env.Own, book: s.AddressBook}
	for _, k := range s.Kinds() {
		at := "." + k.Key
		c.policy(at+".conflicts", k.Entity, "", k.Conflicts)
		c.fields(at+".fields", k.Entity, k.Fields)
		if k.ReadOnly && k.Deletes {
			c.Bad(at+".deletes", "set together with read_only, by which nothing is ever written to the CRM; keep one of them")
		}
	}
	if n := s.Notes; n.Every < 0 {
		c.Bad(".notes.every", `"%s" is less than zero; write it like 12h or 7d, or 0 to read no notes`, n.Every)
	} else if n.Calls < 1 {
		c.Bad(".notes.calls", "%d is less than 1; to read no notes, write every: 0", n.Calls)
	}
	if s.AddressBook != nil {
		c.addressBook(".address_book", s.AddressBook)
	}
	return c.Problems
}

// policy checks what decides about a field; field is empty for a whole kind of record. That the
// gateway decides makes sense only about what it can have an opinion on.
func (c *checker) policy(at string, e store.Entity, field, policy string) {
	c.OneOf(at, policy, spec.Names(Policies))
	if policy != string(GatewayWins) || e == store.EntryEntity {
		return
	}
	const remedy = "write one of crm, local, newest, ask"
	switch {
	case e != store.Contact:
		c.Bad(at, "the gateway has no %ss; %s", e, remedy)
	case c.book == nil:
		c.Bad(at, "nothing comes from the gateway without sync.address_book; describe that, or %s", remedy)
	case c.book.Direction == toGateway:
		c.Bad(at, "nothing comes from the gateway while sync.address_book.direction is %s; change that, or %s", toGateway, remedy)
	case field != "" && !slices.Contains(BookFields, field):
		c.Bad(at, "the gateway's address book has no %s; %s", field, remedy)
	}
}

// fields checks the policies of single fields.
func (c *checker) fields(at string, e store.Entity, fields PoliciesSpec) {
	own := ownFields(e, c.own)
	first := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		path := at + "." + name
		field, mine := own[name]
		if !mine {
			field = name
		}
		if err := c.field(e, field); err != nil {
			c.Bad(path, "%v", nearField(e, name, own, err))
		}
		if other, twice := first[field]; twice && field != "" {
			c.Bad(path, "is the same field as %s, which has a policy already; keep one of them", other)
		}
		first[field] = name
		c.policy(path, e, cmp.Or(field, name), fields[name])
	}
}

// field tells why a policy cannot be set for a field. An empty one is custom.
func (c *checker) field(e store.Entity, field string) error {
	switch {
	case e == store.EntryEntity && !slices.Contains(BookFields, field):
		return fmt.Errorf("the gateway's address book has no such field: there are %s", strings.Join(BookFields, ", "))
	case e == store.EntryEntity, field == "":
		return nil
	}
	if id, custom := strings.CutPrefix(field, record.CustomPrefix); custom && e == store.Contact && !spec.IsID(id) {
		return fmt.Errorf("%s is not the id of a custom field; it has letters and digits only", c.Show(id))
	}
	return CheckField(e, field)
}

// nearField is the error about a name, or what was most likely meant by it.
func nearField(e store.Entity, name string, own record.Names, err error) error {
	if name == store.Tags || strings.HasPrefix(name, store.DND) {
		return err // such a field there is
	}
	words := BookFields
	if e != store.EntryEntity {
		words = slices.DeleteFunc(Fields(e), func(f string) bool { return f == store.Tags })
	}
	words = slices.Concat(words, slices.Sorted(maps.Keys(own)))
	if near, _ := record.Nearest(name, words); near != "" && near != name {
		return fmt.Errorf("no field %q; did you mean %q?", name, near)
	}
	return err
}

// Compile says how each kind of record is kept in step. own tells what the owner's names for fields of contacts
// stand for, as far as is known.
func (s Spec) Compile(own record.Names) map[store.Entity]Rule {
	rules := map[store.Entity]Rule{}
	for _, k := range s.Kinds() {
		rules[k.Entity] = Rule{Policy: Policy(k.Conflicts), Fields: k.Fields.compile(own), ReadOnly: k.ReadOnly, Deletes: k.Deletes}
	}
	return rules
}

// compile makes policies by the mirror's names. A field that has one under its id as well goes by that.
func (p PoliciesSpec) compile(own record.Names) map[string]Policy {
	fields := map[string]Policy{}
	for _, name := range slices.Sorted(maps.Keys(p)) {
		field, mine := own[name]
		if _, twice := p[field]; !mine {
			fields[name] = Policy(p[name])
		} else if _, given := fields[field]; field != "" && !twice && !given {
			fields[field] = Policy(p[name])
		}
	}
	return fields
}

// Summary tells what a spec comes to, in a few words each. What is as everywhere is not told.
func (s Spec) Summary() (parts []string) {
	var decide, readOnly, deletes []string
	for _, k := range s.Kinds() {
		if k.Conflicts != string(CRMWins) {
			decide = append(decide, k.Key+" "+k.Conflicts)
		}
		if k.ReadOnly {
			readOnly = append(readOnly, k.Key)
		}
		if k.Deletes {
			deletes = append(deletes, k.Key)
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
	if s.Notes.Every == 0 {
		parts = append(parts, "notes are not read")
	}
	if b := s.AddressBook; b != nil {
		arrow := map[string]string{bothWays: "<->", toGateway: "->", fromGateway: "<-"}[b.Direction]
		parts = append(parts, fmt.Sprintf("address book: tag %s %s list %q", b.Tag, arrow, b.List))
	}
	return parts
}
