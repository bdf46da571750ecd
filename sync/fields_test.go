package sync_test

import (
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/store"
	"ghlsms/store/storetest"
	"ghlsms/sync/record"
	"ghlsms/sync/remind"
	"ghlsms/sync/wording"
)

func (w *world) listings() (n int) {
	for _, r := range w.crm.Log() {
		if strings.HasSuffix(r.Path, "/customFields") {
			n++
		}
	}
	return n
}

func (w *world) nameFields(m record.OwnNames) {
	w.t.Helper()
	w.rules.Fields = m
	w.restart()
	if err := w.engine.NameFields(w.ctx); err != nil {
		w.t.Fatalf("name fields: %v", err)
	}
}

// A custom field goes by the owner's name from the first cycle on: as a column, and in texts.
func TestFieldsByTheOwnersNames(t *testing.T) {
	reminder, err := wording.ParseReminder("test", "See you {{.When}}{{with .Contact.Fields.insurance}}, bring your {{.}} card{{end}}.", "insurance", "job")
	if err != nil {
		t.Fatal(err)
	}
	inWorld(t, options{}, func(w *world) {
		field := w.crm.AddField(ghltest.Field{Key: "contact.insurance", Name: "Insurance"})
		w.rules.Reminders = []remind.Rule{{Name: "day-before", Before: 24 * time.Hour, Text: reminder}}
		ann := w.person("Ann", "+12025550101")
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) {
			c.CompanyName, c.CustomFields = "[Acme]", []ghltest.CustomField{{ID: field.ID, Value: "[AOK]"}}
		})
		w.nameFields(record.OwnNames{"insurance": "contact.insurance", "job": "companyName"})
		w.book(ann, 24*time.Hour+30*time.Second)
		w.full()
		w.want("Ann Doe|[AOK]|[Acme]", `SELECT name, insurance, job FROM v1_contact_fields`)
		w.run(time.Minute)
		w.wantTexts(ann.Phone, "bring your [AOK] card.")
		w.edit(store.Contact, ann.ID, store.Fields{"cf." + field.ID: "TK"})
		w.want("TK", `SELECT insurance FROM v1_contact_fields`)
		w.run(2 * time.Minute)
		if c, _ := w.crm.Contact(ann.ID); len(c.CustomFields) != 1 || c.CustomFields[0].Value != "TK" {
			t.Errorf("the CRM has %+v", c.CustomFields)
		}
		w.edit(store.Contact, ann.ID, store.Fields{"cf." + field.ID: ""})
		w.want("", `SELECT insurance FROM v1_contact_fields`)
	})
}

// The list of custom fields is read once an hour, and only where it is needed.
func TestCustomFieldsAreListedHourlyIfTheyHaveNames(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	inWorld(t, options{}, func(w *world) {
		w.run(time.Hour)
		w.nameFields(record.OwnNames{"job": "companyName"})
		w.run(time.Hour)
		if n := w.listings(); n != 0 {
			t.Errorf("%d listings for nothing", n)
		}
		w.want("0", `SELECT count(*) FROM cursors WHERE source = 'crm.fields'`)
		w.nameFields(record.OwnNames{"pet": "contact.pet"})
		w.run(3*time.Hour - time.Minute)
		if n := w.listings(); n != 3 {
			t.Errorf("%d listings in three hours", n)
		}
		w.want("id|crm_id|name|pet", `SELECT group_concat(name, '|') FROM pragma_table_info('v1_contact_fields')`)

		// A field that was made just now is looked for at the next start, not in an hour.
		w.crm.AddField(ghltest.Field{ID: "P", Key: "contact.pet", Name: "Pet"})
		w.nameFields(record.OwnNames{"pet": "contact.pet"})
		ann := w.person("Ann", "+12025550101")
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.CustomFields = []ghltest.CustomField{{ID: "P", Value: "Tom"}} })
		w.full()
		w.want("Tom", `SELECT pet FROM v1_contact_fields`)
		w.nameFields(nil)
		w.want("0", `SELECT count(*) FROM cursors WHERE source = 'crm.fields'`)
		w.want("id|crm_id|name", `SELECT group_concat(name, '|') FROM pragma_table_info('v1_contact_fields')`)
	})
}

// Without the scope, names stand for nothing and everything else goes on.
func TestFieldsWithoutTheScope(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		w.crm.AddField(ghltest.Field{Key: "contact.pet"})
		w.crm.SetScopes("contacts.readonly", "contacts.write", "calendars.readonly", "calendars/events.readonly", "locations.readonly", "locations/tasks.readonly", "users.readonly")
		w.nameFields(record.OwnNames{"pet": "contact.pet"})
		ann := w.person("Ann", "+12025550101")
		w.gate.Text(ann.Phone, "TASK call me")
		w.run(2 * time.Minute)
		if len(w.crm.Tasks()) != 1 {
			t.Errorf("tasks: %+v", w.crm.Tasks())
		}
		w.want("Ann Doe|", `SELECT name, pet FROM v1_contact_fields`)
		w.crm.SetScopes()
		w.run(2 * time.Minute)
		w.want("", `SELECT error FROM cursors WHERE source = 'crm.fields'`)
	})
}
