package ghltest_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ghlsms/ghl/ghltest"
)

func TestContactRefusals(t *testing.T) {
	tests := []struct {
		name         string
		method, path string
		body         any
		status       int
		says         string
	}{
		{"missing", "GET", "/contacts/nobody", nil, 400, "Contact not found for id:nobody"},
		{"missing on update", "PUT", "/contacts/nobody", m{}, 400, "Contact not found for id:nobody"},
		{"missing on delete", "DELETE", "/contacts/nobody", nil, 400, "Contact not found for id:nobody"},
		{"missing for tags", "POST", "/contacts/nobody/tags", m{"tags": []string{"x"}}, 400, "Contact not found"},
		{"create without location", "POST", "/contacts/", m{"firstName": "A"}, 422, `["locationId should not be empty",`},
		{"create elsewhere", "POST", "/contacts/", m{"locationId": "other"}, 403, "does not have access"},
		{"unknown property", "POST", "/contacts/", m{"locationId": loc, "additionalEmails": []string{}}, 422,
			`["property additionalEmails should not exist"]`},
		{"wrong type", "POST", "/contacts/", m{"locationId": loc, "firstName": 1}, 422, `["firstName must be a string"]`},
		{"bad email", "POST", "/contacts/", m{"locationId": loc, "email": "nope"}, 422, `["email must be an email"]`},
		{"location on update", "PUT", "/contacts/ADA", m{"locationId": loc}, 422, "property locationId should not exist"},
		{"company on update", "PUT", "/contacts/ADA", m{"companyName": "x"}, 422, "property companyName should not exist"},
		{"dnd in lower case", "PUT", "/contacts/ADA", m{"dndSettings": m{"email": m{"status": "active"}}}, 422,
			"dndSettings.property email should not exist"},
		{"dnd status", "PUT", "/contacts/ADA", m{"dndSettings": m{"SMS": m{"status": "on"}}}, 422, "dndSettings.SMS.status"},
		{"custom field with value", "PUT", "/contacts/ADA", m{"customFields": []m{{"id": "f", "value": "v"}}}, 422,
			"customFields.property value should not exist"},
		{"bad birthday", "PUT", "/contacts/ADA", m{"dateOfBirth": "soon"}, 422, "dateOfBirth"},
		{"no json", "PUT", "/contacts/ADA", "{", 400, "JSON"},
		{"tags missing", "POST", "/contacts/ADA/tags", m{}, 422, "tags should not be empty"},
		{"duplicate without key", "GET", "/contacts/search/duplicate?locationId=" + loc, nil, 400, "required"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := ghltest.New(ghltest.Options{})
			w := newWire(t, s)
			s.AddContact(ghltest.Contact{ID: "ADA", FirstName: "Ada"})
			a := w.do(tt.status, tt.method, tt.path, tt.body)
			if !strings.Contains(a.raw, tt.says) {
				t.Errorf("does not say %s: %s", tt.says, a.raw)
			}
			if len(s.Writes()) != 0 {
				t.Error("a refusal with an effect")
			}
		})
	}
}

func TestCreateAndReadContact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ghltest.New(ghltest.Options{})
		w := newWire(t, s)
		f := s.AddField(ghltest.Field{Name: "Pet", Key: "contact.pet"})
		a := w.do(201, "POST", "/contacts/", m{
			"locationId": loc, "firstName": " Ada ", "phone": "(202) 555-0143", "email": "Ada@Example.com",
			"tags": []string{" VIP", "vip", "New"}, "dateOfBirth": "09/25/1990", "companyName": "X", "gender": "female",
			"customFields": []m{{"key": "pet", "field_value": "cat"}, {"key": "unknown", "field_value": 1}},
		})
		a.has(t, "contact.firstName", "Ada")
		a.has(t, "contact.phone", "+12025550143")
		a.has(t, "contact.tags", []string{"vip", "new"})
		a.has(t, "contact.dateOfBirth", "1990-09-25T00:00:00.000Z")
		a.has(t, "contact.deleted", false)
		a.has(t, "contact.lastUpdatedBy.source", "INTEGRATION")
		a.has(t, "contact.dateAdded", "2000-01-01T00:00:00.000Z")

		a = w.do(200, "GET", "/contacts/"+a.str("contact.id"), nil)
		a.has(t, "contact.dateOfBirth", "1990-09-25")
		a.has(t, "contact.emailLowerCase", "ada@example.com")
		a.has(t, "contact.customFields", []m{{"id": f.ID, "value": "cat"}})
		a.lacks(t, "contact", "lastName", "dnd", "dndSettings", "address1", "lastUpdatedBy", "address")

		c := s.Contacts()[0]
		if c.Phone != "+12025550143" || c.Email != "Ada@Example.com" || !c.DateAdded.Equal(time.Now()) {
			t.Errorf("%+v", c)
		}
	})
}

func TestUpdateContact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ghltest.New(ghltest.Options{})
		w := newWire(t, s)
		c := s.AddContact(ghltest.Contact{FirstName: "Ada", LastName: "L", City: "Bath", Tags: []string{"A", "b"}})
		put := func(body m) answer { t.Helper(); return w.do(200, "PUT", "/contacts/"+c.ID, body) }

		time.Sleep(time.Minute)
		a := put(m{"firstName": "Eve", "city": nil})
		a.has(t, "succeded", true)
		a.has(t, "succeeded", true)
		a.has(t, "contact.firstName", "Eve")
		a.has(t, "contact.lastName", "L")
		a.has(t, "contact.tags", []string{"a", "b"})
		a.has(t, "contact.dateUpdated", "2000-01-01T00:01:00.000Z")
		a.lacks(t, "contact", "city")

		put(m{"tags": []string{"C"}}).has(t, "contact.tags", []string{"c"})

		put(m{"dndSettings": m{"SMS": m{"status": "active", "message": "STOP", "code": "103"}}})
		a = put(m{"dndSettings": m{"Email": m{"status": "inactive"}}})
		a.has(t, "contact.dndSettings", m{
			"SMS":   m{"status": "active", "message": "STOP", "code": "103"},
			"Email": m{"status": "inactive"},
		})
		a.has(t, "contact.dnd", false)
		put(m{"dnd": true}).has(t, "contact.dnd", true)

		s.EditContact(c.ID, func(c *ghltest.Contact) {
			c.DNDSettings["SMS"] = ghltest.DNDSetting{Status: "permanent"}
		})
		put(m{"dndSettings": m{"SMS": m{"status": "inactive"}}}).has(t, "contact.dndSettings.SMS.status", "permanent")
	})
}

func TestTags(t *testing.T) {
	s := ghltest.New(ghltest.Options{})
	w := newWire(t, s)
	c := s.AddContact(ghltest.Contact{FirstName: "Ada", Tags: []string{"a"}})
	tags := "/contacts/" + c.ID + "/tags"
	a := w.do(201, "POST", tags, m{"tags": []string{"A", "B"}})
	a.has(t, "tags", []string{"a", "b"})
	a.has(t, "tagsAdded", []string{"b"})
	a = w.do(200, "DELETE", tags, m{"tags": []string{"a", "zzz"}})
	a.has(t, "tags", []string{"b"})
	a.has(t, "tagsRemoved", []string{"a"})
	w.do(200, "GET", "/locations/"+loc+"/tags", nil).has(t, "tags.1.name", "b")
}

func TestDuplicates(t *testing.T) {
	s := ghltest.New(ghltest.Options{})
	w := newWire(t, s)
	ada := s.AddContact(ghltest.Contact{FirstName: "Ada", LastName: "L", Email: "Ada@example.com", Phone: "2025550143"})
	bob := s.AddContact(ghltest.Contact{FirstName: "Bob", Phone: "2025550199"})

	create := func(body m) answer {
		body["locationId"] = loc
		return w.do(400, "POST", "/contacts/", body)
	}
	a := create(m{"email": "ADA@example.com", "phone": bob.Phone})
	a.has(t, "message", "This location does not allow duplicated contacts.")
	a.has(t, "meta", m{"contactId": ada.ID, "contactName": "Ada L", "matchingField": "email"})
	create(m{"phone": "+1 202-555-0199"}).has(t, "meta.contactId", bob.ID)
	w.do(400, "PUT", "/contacts/"+bob.ID, m{"email": "ada@EXAMPLE.com"}).has(t, "meta.contactId", ada.ID)
	w.do(200, "PUT", "/contacts/"+ada.ID, m{"email": "ada@EXAMPLE.com"})

	find := func(query string) answer {
		return w.do(200, "GET", "/contacts/search/duplicate?locationId="+loc+"&"+query, nil)
	}
	a = find("number=%2B12025550143")
	a.has(t, "contact.id", ada.ID)
	a.has(t, "matchingField", "phone")
	find("email=ada%40example.com&number=%2B12025550199").has(t, "contact.id", ada.ID)
	find("email=nobody%40example.com").has(t, "contact", nil)

	s.RemoveContact(bob.ID)
	find("number=%2B12025550199").has(t, "contact", nil)
	w.do(201, "POST", "/contacts/", m{"locationId": loc, "phone": bob.Phone})
}

func TestDuplicatesAllowed(t *testing.T) {
	s := ghltest.New(ghltest.Options{AllowDuplicates: true})
	w := newWire(t, s)
	for range 2 {
		w.do(201, "POST", "/contacts/", m{"locationId": loc, "phone": "2025550143"})
	}
	body := m{"locationId": loc, "phone": "2025550143", "createNewIfDuplicateAllowed": true}
	w.do(200, "POST", "/contacts/upsert", body).has(t, "new", true)
	w.do(200, "GET", "/locations/"+loc, nil).has(t, "location.settings.allowDuplicateContact", true)
}

func TestUpsert(t *testing.T) {
	s := ghltest.New(ghltest.Options{})
	w := newWire(t, s)
	upsert := func(body m) answer {
		t.Helper()
		body["locationId"] = loc
		return w.do(200, "POST", "/contacts/upsert", body)
	}
	a := upsert(m{"email": "a@example.com", "name": "Ada Love Lace", "tags": []string{"x"}})
	a.has(t, "new", true)
	a.has(t, "succeded", true)
	a.has(t, "contact.lastName", "Love Lace")
	bob := s.AddContact(ghltest.Contact{Phone: "2025550199"})
	b := upsert(m{"email": "A@example.com", "phone": bob.Phone, "tags": []string{"y"}})
	b.has(t, "new", false)
	b.has(t, "contact.id", a.str("contact.id"))
	b.has(t, "contact.tags", []string{"y"})
	b.lacks(t, "contact", "phone") // it is Bob's: silently ignored
	upsert(m{"phone": bob.Phone, "email": "bob@example.com"}).has(t, "contact.id", bob.ID)
	if writes := s.Writes(); writes[1].Effect != "contact.update "+a.str("contact.id") {
		t.Errorf("%+v", writes[1])
	}
}

func TestContactList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ghltest.New(ghltest.Options{})
		w := newWire(t, s)
		for range 25 {
			s.AddContact(ghltest.Contact{FirstName: "N"})
			time.Sleep(time.Second)
		}
		path := "/contacts/?locationId=" + loc
		a := w.do(200, "GET", path, nil)
		a.has(t, "contacts.0.id", s.Contacts()[24].ID)
		a.has(t, "meta.total", 25)
		a.has(t, "meta.startAfterId", s.Contacts()[5].ID)
		b := w.do(200, "GET", path+"&startAfter=946684805000&startAfterId="+a.str("meta.startAfterId"), nil)
		if a.len("contacts") != 20 || b.len("contacts") != 5 || b.str("contacts.0.id") != s.Contacts()[4].ID {
			t.Error(b.raw)
		}
		w.do(422, "GET", path+"&limit=101", nil)
	})
}

func TestDeleteUndeleteMerge(t *testing.T) {
	s := ghltest.New(ghltest.Options{})
	w := newWire(t, s)
	ada := s.AddContact(ghltest.Contact{FirstName: "Ada", Tags: []string{"a"}})
	bob := s.AddContact(ghltest.Contact{LastName: "B", Phone: "2025550199", Tags: []string{"b"}})
	task := s.AddTask(ghltest.Task{ContactID: bob.ID, Title: "Call"})

	a := w.do(200, "DELETE", "/contacts/"+ada.ID, nil)
	a.has(t, "succeded", true)
	a.has(t, "succeeded", true)
	w.do(400, "GET", "/contacts/"+ada.ID, nil)
	if c, there := s.Contact(ada.ID); !there || !c.Deleted || len(s.Contacts()) != 1 {
		t.Errorf("%+v", c)
	}
	s.UndeleteContact(ada.ID)
	w.do(200, "GET", "/contacts/"+ada.ID, nil)

	s.MergeContacts(ada.ID, bob.ID)
	w.do(400, "GET", "/contacts/"+bob.ID, nil)
	a = w.do(200, "GET", "/contacts/"+ada.ID, nil)
	a.has(t, "contact.name", "Ada B")
	a.has(t, "contact.tags", []string{"a", "b"})
	a.has(t, "contact.phone", "+12025550199")
	w.do(200, "GET", "/contacts/"+ada.ID+"/tasks", nil).has(t, "tasks.0.id", task.ID)
}
