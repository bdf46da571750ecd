package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"ghlsms/cmd/ghlsms/configtest"
	"ghlsms/store"
	"ghlsms/sync/merge"
)

// Lines 1 and 2 are configtest.Minimal, so the text under test begins on line 3.
func TestConfigSyncProblems(t *testing.T) {
	const book = "\n  address_book: {tag: a, list: b"
	const fields = "fields:\n  pet: contact.pet\n  job: companyName\n  mail: email\nsync:\n  "
	for _, tt := range []struct{ name, text, want string }{
		{"unknown key", "sync: {contact: {}}", `c.yaml:3:8: unknown key "contact" in sync; did you mean "contacts"?`},
		{"unknown below", "sync: {tasks: {readonly: true}}", `c.yaml:3:16: unknown key "readonly" in sync.tasks; did you mean "read_only"?`},
		{"no policies for fields of notes", "sync: {notes: {fields: {body: ask}}}", `c.yaml:3:16: unknown key "fields" in sync.notes; did you mean "sync.contacts.fields"?`},
		{"unknown in notes", "sync: {notes: {evry: 1d}}", `c.yaml:3:16: unknown key "evry" in sync.notes; did you mean "every"?`},
		{"unknown in the book", "sync:" + book + ", lists: c}", `c.yaml:4:35: unknown key "lists" in sync.address_book; did you mean "list"?`},
		{"not a section", "sync: crm", `c.yaml:3:7: sync: wants keys below it: contacts, tasks, appointments, notes, address_book`},
		{"policy", "sync: {contacts: {conflicts: crn}}", `c.yaml:3:30: sync.contacts.conflicts: "crn" is none of crm, gateway, local, newest, ask; did you mean "crm"?`},
		{"no policy", `sync: {notes: {conflicts: ""}}`, `c.yaml:3:27: sync.notes.conflicts: missing; write one of crm, gateway, local, newest, ask`},
		{"gateway without a book", "sync: {contacts: {conflicts: gateway}}", `c.yaml:3:30: sync.contacts.conflicts: nothing comes from the gateway without sync.address_book; describe that, or write one of crm, local, newest, ask`},
		{"gateway that is only told", "sync:" + book + ", direction: to_gateway}\n  contacts: {conflicts: gateway}", `c.yaml:5:25: sync.contacts.conflicts: nothing comes from the gateway while sync.address_book.direction is to_gateway; change that, or write one of crm, local, newest, ask`},
		{"gateway on tasks", "sync:" + book + "}\n  tasks: {conflicts: gateway}", `c.yaml:5:22: sync.tasks.conflicts: the gateway has no tasks; write one of crm, local, newest, ask`},
		{"gateway on a field", "sync: {appointments: {fields: {status: gateway}}}", `c.yaml:3:40: sync.appointments.fields.status: the gateway has no appointments; write one of crm, local, newest, ask`},
		{"gateway on a field it has not", "sync:" + book + "}\n  contacts: {fields: {city: gateway, email: gateway}}", `c.yaml:5:29: sync.contacts.fields.city: the gateway's address book has no city; write one of crm, local, newest, ask`},
		{"field", "sync: {contacts: {fields: {emial: newest}}}", `c.yaml:3:35: sync.contacts.fields.emial: no field "emial"; did you mean "email"?`},
		{"field, other spelling", "sync: {contacts: {fields: {First-Name: newest}}}", `c.yaml:3:40: sync.contacts.fields.First-Name: no field "First-Name"; did you mean "first_name"?`},
		{"field, nothing near", "sync: {notes: {}, tasks: {fields: {colour: newest}}}", `c.yaml:3:44: sync.tasks.fields.colour: tasks have no field "colour" that two sides can change: there are title, body, due, completed, assigned_to`},
		{"field of another kind", "sync: {tasks: {fields: {cf.F1: newest}}}", `c.yaml:3:32: sync.tasks.fields.cf.F1: tasks have no field "cf.F1" that two sides can change: there are title, body, due, completed, assigned_to`},
		{"custom field", "sync: {contacts: {fields: {cf.my pet: newest}}}", `c.yaml:3:39: sync.contacts.fields.cf.my pet: "my pet" is not the id of a custom field; it has letters and digits only`},
		{"tags", "sync: {contacts: {fields: {tags: newest}}}", `c.yaml:3:34: sync.contacts.fields.tags: tags merge as a set and need no policy`},
		{"opt-out", "sync: {contacts: {fields: {dnd_sms: local}}}", `c.yaml:3:37: sync.contacts.fields.dnd_sms: dnd_sms needs no policy: an opt-out always wins`},
		{"policy of a field", "sync: {contacts: {fields: {email: latest}}}", `c.yaml:3:35: sync.contacts.fields.email: "latest" is none of crm, gateway, local, newest, ask`},
		{"no policy of a field", "sync:\n  contacts:\n    fields:\n      email:", `c.yaml:6:7: sync.contacts.fields.email: missing; write one of crm, gateway, local, newest, ask`},
		{"fields, not a map", "sync: {contacts: {fields: [email]}}", `c.yaml:3:27: sync.contacts.fields: wants names of fields below it, one a line`},
		{"own name", fields + "contacts: {fields: {pett: ask}}", `c.yaml:8:29: sync.contacts.fields.pett: no field "pett"; did you mean "pet"?`},
		{"own name of what nobody changes", fields + "contacts: {fields: {job: ask}}", `c.yaml:8:28: sync.contacts.fields.job: contacts have no field "company" that two sides can change: there are first_name, last_name, email, phone, address, city, state, country, postal_code, website, birthday, timezone, source, assigned_to, tags`},
		{"own name, the same twice", fields + "contacts: {fields: {mail: ask, email: crm}}", `c.yaml:8:29: sync.contacts.fields.mail: is the same field as email, which has a policy already; keep one of them`},
		{"own name on tasks", fields + "tasks: {fields: {pet: ask}}", `c.yaml:8:25: sync.tasks.fields.pet: tasks have no field "pet" that two sides can change: there are title, body, due, completed, assigned_to`},
		{"own name in the book", fields + "address_book: {tag: a, list: b, fields: {pet: ask, mail: ask}}", `c.yaml:8:49: sync.address_book.fields.pet: the gateway's address book has no such field: there are first_name, last_name, email`},
		{"not a truth", "sync: {contacts: {read_only: yes}}", `c.yaml:3:30: sync.contacts.read_only: "yes" is neither true nor false`},
		{"deletes what is never written", "sync: {notes: {read_only: true, deletes: true}}", `c.yaml:3:42: sync.notes.deletes: set together with read_only, by which nothing is ever written to the CRM; keep one of them`},
		{"often", "sync: {notes: {every: 7}}", `c.yaml:3:23: sync.notes.every: "7" is not a duration; write it like 30s, 15m, 24h or 2d`},
		{"negative", "sync: {notes: {every: -1h}}", `c.yaml:3:23: sync.notes.every: "-1h" is less than zero; write it like 12h or 7d, or 0 to read no notes`},
		{"calls", "sync: {notes: {calls: 0}}", `c.yaml:3:23: sync.notes.calls: 0 is less than 1; to read no notes, write every: 0`},
		{"calls, no number", "sync: {notes: {calls: some}}", `c.yaml:3:23: sync.notes.calls: "some" is not a whole number`},
		{"book, empty", "sync: {address_book: {}}", "c.yaml:3:22: sync.address_book.tag: missing; write the tag in the CRM of those who belong on the list\nc.yaml:3:22: sync.address_book.list: missing; write the name of a list in the gateway's address book"},
		{"book, direction", "sync:" + book + ", direction: in}", `c.yaml:4:46: sync.address_book.direction: "in" is none of both, to_gateway, from_gateway`},
		{"book, policy", "sync:" + book + ", conflicts: mine}", `c.yaml:4:46: sync.address_book.conflicts: "mine" is none of crm, gateway, local, newest, ask`},
		{"book, deletes", "sync:" + book + ", deletes: 1}", `c.yaml:4:44: sync.address_book.deletes: "1" is neither true nor false`},
		{"book, field", "sync:" + book + ", fields: {city: crm}}", `c.yaml:4:50: sync.address_book.fields.city: the gateway's address book has no such field: there are first_name, last_name, email`},
		{"book, misspelt field", "sync:" + book + ", fields: {emil: crm}}", `c.yaml:4:50: sync.address_book.fields.emil: no field "emil"; did you mean "email"?`},
		{"gone", "limits: {gone_most: 0}", `c.yaml:3:21: limits.gone_most: 0 is less than 1; write how many may vanish at once, like 200`},
		{"changed", "limits: {changed_share: 50}", `c.yaml:3:25: limits.changed_share: 50 is not a share; write more than 0 and at most 1, like 0.2 for a fifth`},
		{"no mark", `store: {mark: ""}`, `c.yaml:3:15: store.mark: is empty; write the path of the file`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := problems(t, configtest.Minimal+tt.text+"\n"); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// A gateway without an address book has none to be kept in step, and a mark is no part of the mirror.
func TestConfigSyncPlaces(t *testing.T) {
	const modem = "ghl: {location_id: l, token: t}\nsms: {provider: gammu}\n"
	want := `c.yaml:3:22: sync.address_book: gammu has no address book; remove this, or use smsto`
	if got := problems(t, modem+"sync: {address_book: {tag: a, list: b}}\n"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for path, mark := range map[string]string{"data/m.db": "data/m.mark", "m": "m.mark", "m.d/x": "m.d/x.mark"} {
		c := configtest.Load(t, Load, configtest.Minimal+"store: {path: "+path+"}\n")
		if want := filepath.Join(filepath.Dir(c.src.File), mark); c.Store.Mark != want {
			t.Errorf("the mark of %s is %s, want %s", path, c.Store.Mark, want)
		}
	}
	c := configtest.Load(t, Load, configtest.Minimal+"store: {path: m.db, mark: /elsewhere/m}\n")
	if c.Store.Mark != "/elsewhere/m" {
		t.Errorf("mark %s", c.Store.Mark)
	}
	for _, bad := range []string{"{path: m.mark}", "{path: m.db, mark: m.db}", "{path: m.db, mark: ./m.db-wal}", "{path: m.db, mark: m.db.lock}"} {
		if got := problems(t, configtest.Minimal+"store: "+bad+"\n"); !strings.Contains(got, "is a file of the mirror itself; name another") || !strings.HasPrefix(got, "c.yaml:3:") {
			t.Errorf("%s: %s", bad, got)
		}
	}
}

// What the example shows as comments about both sides loads as well, and has the defaults it names.
func TestConfigExampleSync(t *testing.T) {
	text, err := os.ReadFile("../../../config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	section := regexp.MustCompile(`(?s)\nsync:\n.*?\n\n# ----`).FindString(string(text))
	section = strings.TrimSuffix(section, "# ----")
	var lines []string
	on := false
	for line := range strings.Lines(section) {
		on = on && strings.HasPrefix(line, "  #   ") || strings.HasPrefix(line, "  # address_book:")
		if on || strings.HasPrefix(line, "    # fields: ") {
			line = strings.Replace(line, "# ", "", 1)
		}
		lines = append(lines, line)
	}
	got := configtest.Load(t, Load, configtest.Minimal+strings.Join(lines, ""))
	want := merge.DefaultSpec()
	want.Contacts.Fields = merge.PoliciesSpec{"email": "newest"}
	want.Tasks.Fields = merge.PoliciesSpec{store.Due: "ask"}
	want.Appointments.Fields = merge.PoliciesSpec{store.Status: "local"}
	want.AddressBook = &merge.BookSpec{}
	want.AddressBook.SetDefaults()
	want.AddressBook.Tag, want.AddressBook.List, want.AddressBook.Fields = "sms-list", "Clinic", merge.PoliciesSpec{"email": "gateway"}
	if !reflect.DeepEqual(got.Sync, want) {
		t.Errorf("got  %+v\nwant %+v", got.Sync, want)
	}
	if again := configtest.Load(t, Load, got.Redacted()); !reflect.DeepEqual(again.Sync, got.Sync) {
		t.Errorf("the dump does not load as itself:\n%s", got.Redacted())
	}
}

// What the README shows loads.
func TestReadmeSync(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("../../..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?ms)^```yaml\n(sync:.*?)^```").FindSubmatch(text)
	if block == nil {
		t.Fatal("the README does not show how both sides are kept in step")
	}
	configtest.Load(t, Load, configtest.Minimal+string(block[1]))
}

func TestConfigSummary(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "location loc1, gateway smsto, 2 reminder rules"},
		{"sync: {notes: {every: 0}, tasks: {read_only: true}, contacts: {deletes: true, conflicts: ask}}",
			"location loc1, gateway smsto, 2 reminder rules; conflicts: contacts ask; never written to the CRM: tasks; may be deleted in the CRM: contacts; notes are not read"},
		{"sync: {tasks: {conflicts: newest}, notes: {conflicts: local}, address_book: {tag: VIP, list: Our list, direction: from_gateway}}",
			`location loc1, gateway smsto, 2 reminder rules; conflicts: tasks newest, notes local; address book: tag vip <- list "Our list"`},
	} {
		if got := configtest.Load(t, Load, configtest.Minimal+tt.text+"\n").Summary(); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
