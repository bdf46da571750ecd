package sync

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"ghlsms/ghl"
	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/scenario"
)

func TestContactFields(t *testing.T) {
	custom := func(id, value string) ghl.CustomField {
		return ghl.CustomField{ID: id, Value: json.RawMessage(value)}
	}
	for _, tt := range []struct {
		name string
		in   ghl.Contact
		want store.Fields
	}{
		{"nothing", ghl.Contact{}, store.Fields{}},
		{"volatile fields are left out", ghl.Contact{
			ID: "c1", DateAdded: scenario.Moment("2026-01-01T00:00:00Z"), DateUpdated: scenario.Moment("2026-01-02T00:00:00Z"), Deleted: true,
		}, store.Fields{}},
		{"everything", ghl.Contact{
			FirstName: "Jane", LastName: "Doe", Email: "Jane@Example.COM", Phone: "(202) 555-0143", CompanyName: "Acme", Address1: "1 Main St",
			City: "Boston", State: "MA", Country: "US", PostalCode: "02108", Website: "https://example.com", DateOfBirth: "1990-02-28",
			Timezone: "America/New_York", Source: "web", AssignedTo: "u1",
		}, store.Fields{
			"first_name": "Jane", "last_name": "Doe", "email": "jane@example.com", "phone": "+12025550143", "company": "Acme", "address": "1 Main St",
			"city": "Boston", "state": "MA", "country": "US", "postal_code": "02108", "website": "https://example.com", "birthday": "1990-02-28",
			"timezone": "America/New_York", "source": "web", "assigned_to": "u1",
		}},
		{"space", ghl.Contact{FirstName: "  Jane\t", LastName: " ", Email: " JANE@x.org ", Phone: "  "}, store.Fields{"first_name": "Jane", "email": "jane@x.org"}},

		{"phone abroad", ghl.Contact{Phone: "+49 170 1234567"}, store.Fields{"phone": "+491701234567"}},
		{"phone that is none", ghl.Contact{Phone: "ask the front desk"}, store.Fields{"phone": "ask the front desk"}},
		{"phone without area code", ghl.Contact{Phone: "555-0143"}, store.Fields{"phone": "555-0143"}},
		{"phone with extension", ghl.Contact{Phone: "202-555-0143 x12"}, store.Fields{"phone": "+12025550143"}},
		{"short code", ghl.Contact{Phone: "22395"}, store.Fields{"phone": "22395"}},

		{"tags are a set", ghl.Contact{Tags: []string{"vip", "new", "", "vip"}}, store.Fields{"tags": `["new","vip"]`}},
		{"empty tags", ghl.Contact{Tags: []string{"", ""}}, store.Fields{}},
		{"tags with odd characters", ghl.Contact{Tags: []string{`a"b`, "a,b", "<é>"}}, store.Fields{"tags": `["\u003cé\u003e","a\"b","a,b"]`}},

		{"dnd", ghl.Contact{DND: true}, store.Fields{"dnd": "true"}},
		{"dnd channels", ghl.Contact{DNDSettings: map[string]ghl.DNDSetting{
			"SMS": {Status: "permanent"}, "Email": {Status: "active", Message: "bounced", Code: "103"}, "Call": {Status: "inactive"}, "WhatsApp": {Status: ""},
			"GMB": {Status: "active"}, "FB": {Status: "active"},
		}}, store.Fields{"dnd_sms": "permanent", "dnd_email": "active", "dnd_gmb": "active", "dnd_fb": "active"}},
		{"dnd of a channel we do not know", ghl.Contact{DNDSettings: map[string]ghl.DNDSetting{"RCS": {Status: "active"}}}, store.Fields{}},

		{"customs", ghl.Contact{CustomFields: []ghl.CustomField{
			custom("text", `"blue"`), custom("number", `3.50`), custom("bool", `true`), custom("many", "[ \"b\",\n\"a\" ]"), custom("object", `{ "b": 1, "a": [ ] }`),
		}}, store.Fields{"cf.text": "blue", "cf.number": "3.50", "cf.bool": "true", "cf.many": `["b","a"]`, "cf.object": `{"b":1,"a":[]}`}},
		{"empty customs", ghl.Contact{CustomFields: []ghl.CustomField{
			custom("nil", ""), custom("null", "null"), custom("empty", `""`), custom("space", `"  "`), custom("bad", `{`), {ID: "none"},
		}}, store.Fields{}},
	} {
		got := contactFields(tt.in, "US")
		if !maps.Equal(got, tt.want) {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, scenario.ShowFields(got), scenario.ShowFields(tt.want))
		}
	}
}

// The order in which the CRM lists things is no change.
func TestContactFieldsOrder(t *testing.T) {
	a := ghl.Contact{Tags: []string{"b", "a"}, CustomFields: []ghl.CustomField{{ID: "1", Value: []byte(`"x"`)}, {ID: "2", Value: []byte(`"y"`)}}}
	b := ghl.Contact{Tags: []string{"a", "b"}, CustomFields: []ghl.CustomField{{ID: "2", Value: []byte(` "y"`)}, {ID: "1", Value: []byte(`"x"`)}}}
	if !record.SameFields(contactFields(a, "US"), contactFields(b, "US")) {
		t.Errorf("%s and %s", scenario.ShowFields(contactFields(a, "US")), scenario.ShowFields(contactFields(b, "US")))
	}
	if !slices.Equal(a.Tags, []string{"b", "a"}) {
		t.Errorf("the contact's tags were sorted in place: %v", a.Tags)
	}
}

func TestTaskFields(t *testing.T) {
	for _, tt := range []struct {
		in   ghl.Task
		want store.Fields
	}{
		{ghl.Task{}, store.Fields{"completed": "false"}},
		{ghl.Task{ID: "t1", ContactID: "c1", Title: " Call ", Body: "\n", AssignedTo: "u1", Completed: true, DateUpdated: scenario.Moment("2026-01-01T00:00:00Z")},
			store.Fields{"title": "Call", "assigned_to": "u1", "completed": "true"}},
		{ghl.Task{Due: scenario.Moment("2026-11-24T15:00:00.750+01:00")}, store.Fields{"due": "2026-11-24T14:00:00Z", "completed": "false"}},
	} {
		if got := taskFields(tt.in); !maps.Equal(got, tt.want) {
			t.Errorf("%+v: %s, want %s", tt.in, scenario.ShowFields(got), scenario.ShowFields(tt.want))
		}
	}
}

func TestAppointmentFields(t *testing.T) {
	got := appointmentFields(ghl.Appointment{
		ID: "a1", CalendarID: "cal1", ContactID: "c1", Title: " Check-up", Status: "confirmed", Start: scenario.Moment("2026-11-24T15:00:00-05:00"), End: scenario.Moment("2026-11-24T15:30:00-05:00"),
		AssignedUserID: "u1", Address: "1 Main St", Notes: "bring\nx-rays ", DateAdded: scenario.Moment("2026-11-01T00:00:00Z"), DateUpdated: scenario.Moment("2026-11-02T00:00:00Z"),
	})
	want := store.Fields{
		"calendar": "cal1", "title": "Check-up", "status": "confirmed", "start": "2026-11-24T20:00:00Z", "end": "2026-11-24T20:30:00Z",
		"assigned_to": "u1", "address": "1 Main St", "notes": "bring\nx-rays", "added": "2026-11-01T00:00:00Z",
	}
	if !maps.Equal(got, want) {
		t.Errorf("%s, want %s", scenario.ShowFields(got), scenario.ShowFields(want))
	}
	if got := appointmentFields(ghl.Appointment{}); len(got) != 0 {
		t.Errorf("an empty one: %s", scenario.ShowFields(got))
	}
}

// A patch holds what a change needs and nothing else.
func TestContactPatch(t *testing.T) {
	channels := func(sms, email string) map[string]ghl.DNDSetting {
		return map[string]ghl.DNDSetting{"SMS": {Status: sms}, "Email": {Status: email}}
	}
	value := store.Fields{"first_name": "Jane", "phone": "+12025550143", "tags": `["vip"]`, "dnd_email": "permanent", "cf.a": "x"}
	for _, tt := range []struct {
		changed store.Fields
		want    ghl.ContactPatch
	}{
		{nil, ghl.ContactPatch{}},
		{store.Fields{"first_name": "Janet"}, ghl.ContactPatch{FirstName: new("Janet")}},
		{store.Fields{"email": ""}, ghl.ContactPatch{Email: new("")}},
		{store.Fields{"company": "Acme", "address": "1 Main St", "birthday": "1990-02-28"}, ghl.ContactPatch{CompanyName: new("Acme"), Address1: new("1 Main St"), DateOfBirth: new("1990-02-28")}},
		{store.Fields{"tags": `["new"]`}, ghl.ContactPatch{}}, // they have calls of their own
		{store.Fields{"no such field": "x"}, ghl.ContactPatch{}},
		{store.Fields{"dnd": "true"}, ghl.ContactPatch{DND: new(true)}},
		{store.Fields{"dnd": ""}, ghl.ContactPatch{DND: new(false)}},
		{store.Fields{"dnd_sms": "active"}, ghl.ContactPatch{DNDSettings: channels("active", "permanent")}},
		{store.Fields{"dnd_sms": ""}, ghl.ContactPatch{DNDSettings: channels("inactive", "permanent")}},
		{store.Fields{"dnd_sms": "active", "dnd_email": ""}, ghl.ContactPatch{DNDSettings: channels("active", "inactive")}},
		{store.Fields{"cf.b": `["x","y"]`, "cf.a": "", "cf.c": `say "hi"`, "cf.d": "[draft", "cf.e": "12"}, ghl.ContactPatch{CustomFields: []ghl.CustomField{
			{ID: "a", Value: json.RawMessage(`""`)}, {ID: "b", Value: json.RawMessage(`["x","y"]`)}, {ID: "c", Value: json.RawMessage(`"say \"hi\""`)},
			{ID: "d", Value: json.RawMessage(`"[draft"`)}, {ID: "e", Value: json.RawMessage(`"12"`)},
		}}},
	} {
		before := maps.Clone(value)
		if got := contactPatch(tt.changed, value); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s:\n got %s\nwant %s", scenario.ShowFields(tt.changed), asJSON(got), asJSON(tt.want))
		}
		if !maps.Equal(value, before) {
			t.Fatalf("%s changed the contact to %s", scenario.ShowFields(tt.changed), scenario.ShowFields(value))
		}
	}
}

// asJSON shows what pointers point at.
func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%+v", v)
	}
	return string(b)
}

// A channel that did not change is sent where it is blocked, and never as "inactive".
func TestContactPatchChannels(t *testing.T) {
	for field, channel := range record.DNDChannels {
		p := contactPatch(store.Fields{field: "active"}, store.Fields{"dnd_call": "permanent", "dnd_fb": "active"})
		want := map[string]ghl.DNDSetting{"Call": {Status: "permanent"}, "FB": {Status: "active"}}
		want[channel] = ghl.DNDSetting{Status: "active"}
		if !maps.Equal(p.DNDSettings, want) || p.DND != nil {
			t.Errorf("%s: %s", field, asJSON(p))
		}
	}
}

func TestTaskPatch(t *testing.T) {
	due := scenario.Moment("2026-11-24T20:00:00Z")
	for _, tt := range []struct {
		changed store.Fields
		want    ghl.TaskPatch
	}{
		{nil, ghl.TaskPatch{}},
		{store.Fields{"title": "Call", "body": "", "assigned_to": ""}, ghl.TaskPatch{Title: new("Call"), Body: new(""), AssignedTo: new("")}},
		{store.Fields{"completed": "true"}, ghl.TaskPatch{Completed: new(true)}},
		{store.Fields{"completed": "false"}, ghl.TaskPatch{Completed: new(false)}},
		{store.Fields{"due": "2026-11-24T20:00:00Z"}, ghl.TaskPatch{Due: &due}},
	} {
		if got := taskPatch(tt.changed); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %s, want %s", scenario.ShowFields(tt.changed), asJSON(got), asJSON(tt.want))
		}
	}
}

func TestAppointmentPatch(t *testing.T) {
	start, end := scenario.Moment("2026-11-24T20:00:00Z"), scenario.Moment("2026-11-24T20:30:00Z")
	for _, tt := range []struct {
		changed store.Fields
		want    ghl.AppointmentPatch
	}{
		{nil, ghl.AppointmentPatch{}},
		{store.Fields{"status": "cancelled"}, ghl.AppointmentPatch{Status: new("cancelled")}},
		{store.Fields{"start": "2026-11-24T20:00:00Z", "end": "2026-11-24T20:30:00Z"}, ghl.AppointmentPatch{Start: &start, End: &end}},
		{store.Fields{"title": "Check-up", "address": "", "assigned_to": "u1"}, ghl.AppointmentPatch{Title: new("Check-up"), Address: new(""), AssignedUserID: new(ghl.UserID("u1"))}},
		{store.Fields{"notes": "x"}, ghl.AppointmentPatch{Notes: new("x")}},
		{store.Fields{"calendar": "cal2", "added": "2026-11-24T20:00:00Z"}, ghl.AppointmentPatch{}}, // not ours to change
	} {
		if got := appointmentPatch(tt.changed); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %s, want %s", scenario.ShowFields(tt.changed), asJSON(got), asJSON(tt.want))
		}
	}
}

// What can be edited reaches the CRM: a field without a place in the patch would be sent for ever.
func TestEveryEditIsSent(t *testing.T) {
	const at = "2026-11-24T20:00:00Z"
	for e, fields := range record.Editable {
		for _, field := range fields {
			var patch any
			switch e {
			case store.Contact:
				if field == store.Tags {
					continue
				}
				patch = contactPatch(store.Fields{field: at}, nil)
			case store.Task:
				patch = taskPatch(store.Fields{field: at})
			case store.Appointment:
				patch = appointmentPatch(store.Fields{field: at})
			case store.Note:
				patch = notePatch(store.Fields{field: at})
			}
			if reflect.ValueOf(patch).IsZero() {
				t.Errorf("%s %s is in no patch", e, field)
			}
		}
	}
}
