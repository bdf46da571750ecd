package ghl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestLenientForms(t *testing.T) {
	noon := at(t, "2026-07-20T10:00:00Z")
	for _, tt := range []struct {
		into any // a pointer to the zero value
		in   string
		want any // nil: an error
	}{
		{new(text), `"a\u00e4\n"`, text("aä\n")},
		{new(text), `"aä"`, text("aä")},
		{new(text), `42`, text("42")},
		{new(text), `true`, text("true")},
		{new(text), `null`, text("")},
		{new(text), `{}`, nil},
		{new(text), `["a"]`, nil},
		{new(flag), `true`, flag(true)},
		{new(flag), `"true"`, flag(true)},
		{new(flag), `1`, flag(true)},
		{new(flag), `null`, flag(false)},
		{new(flag), `""`, flag(false)},
		{new(flag), `"perhaps"`, nil},
		{new(flag), `{}`, nil},
		{new(number), `"12"`, number(12)},
		{new(number), `{}`, number(0)},
		{new(ref), `"u"`, ref("u")},
		{new(ref), `["u","v"]`, ref("u")},
		{new(ref), `[]`, ref("")},
		{new(ref), `{"_id":"u"}`, ref("u")},
		{new(ref), `null`, ref("")},
		{new(words), `["a","",null,1]`, words{"a", "1"}},
		{new(words), `"a"`, words{"a"}},
		{new(words), `null`, words(nil)},
		{new(words), `{}`, nil},
		{new(moment), `"2026-07-20T10:00:00Z"`, moment{noon}},
		{new(moment), `"2026-07-20T12:00:00.000+02:00"`, moment{noon}},
		{new(moment), `"2026-07-20T12:00:00+0200"`, moment{noon}},
		{new(moment), `1784541600000`, moment{noon}},
		{new(moment), `1.7845416e12`, moment{noon}},
		{new(moment), `"1784541600000"`, moment{noon}},
		{new(moment), `null`, moment{}},
		{new(moment), `""`, moment{}},
		{new(moment), `"2026-07-20 10:00:00"`, nil},
		{new(moment), `"NaN"`, nil},
		{new(moment), `[]`, nil},
		{new(stamp), `"soon"`, stamp{}},
		{new(stamp), `"2026-07-20T10:00:00Z"`, stamp{noon}},
		{new(birthday), `"1990-09-25"`, birthday("1990-09-25")},
		{new(birthday), `"1990-09-25T00:00:00.000Z"`, birthday("1990-09-25")},
		{new(birthday), `"1990/09/25"`, birthday("1990-09-25")},
		{new(birthday), `"09.25.1990"`, birthday("1990-09-25")},
		{new(birthday), `"09_25_1990"`, birthday("1990-09-25")},
		{new(birthday), `654220800000`, birthday("1990-09-25")},
		{new(birthday), `-1000`, birthday("1969-12-31")},
		{new(birthday), `null`, birthday("")},
		{new(birthday), `"25 Sept"`, birthday("25 Sept")},
		{new(channels), `{"sms":{"status":"Active"},"SMS":{"status":"inactive"},"RCS":{"status":"inactive"},"FB":null}`,
			channels{"SMS": {Status: "active"}, "RCS": {Status: "inactive"}}},
		{new(channels), `{"whatsApp":{"status":"permanent","message":"m","code":103}}`,
			channels{"WhatsApp": {Status: "permanent", Message: "m", Code: "103"}}},
		{new(channels), `{"Email":"active","Call":false,"GMB":true}`,
			channels{"Email": {Status: "active"}, "Call": {Status: "inactive"}, "GMB": {Status: "active"}}},
		{new(channels), `{}`, channels(nil)},
		{new(channels), `[]`, channels(nil)},
		{new(channels), `null`, channels(nil)},
		{new(channels), `"none"`, nil},
		{new(channels), `{"SMS":7}`, nil},
	} {
		err := json.Unmarshal([]byte(tt.in), tt.into)
		got := reflect.ValueOf(tt.into).Elem().Interface()
		if (err != nil) != (tt.want == nil) || (err == nil && !reflect.DeepEqual(got, tt.want)) {
			t.Errorf("%T of %s: got %#v, %v, want %#v", got, tt.in, got, err, tt.want)
		}
	}
}

// One contact as the search, the GET and the create show it.
func TestContactForms(t *testing.T) {
	want := Contact{
		ID: "c", FirstName: "Ann", Address1: "1 Main St", DateOfBirth: "1990-09-25", AssignedTo: "u",
		Tags: []string{"vip"}, CustomFields: []CustomField{{ID: "f", Value: json.RawMessage(`["x"]`)}, {ID: "g"}},
		DateAdded: time.Date(2026, 7, 17, 10, 26, 20, 635e6, time.UTC),
	}
	for name, in := range map[string]string{
		"search": `{"id":"c","firstName":"Ann","lastName":null,"address":"1 Main St","dateOfBirth":654220800000,"assignedTo":"u","tags":["vip"],
			"dnd":false,"dndSettings":{},"customFields":[{"id":"f","value":["x"]},{"id":"g","value":null}],"opportunities":[],
			"dateAdded":"2026-07-17T10:26:20.635Z","searchAfter":[1,"c"],"additionalEmails":null}`,
		"get": `{"id":"c","firstName":"Ann","address1":"1 Main St","dateOfBirth":"1990-09-25","assignedTo":"u","tags":["vip"],
			"customFields":[{"id":"f","value":["x"]},{"id":"g"}],"dateAdded":"2026-07-17T10:26:20.635Z","createdBy":{"source":"x"}}`,
		"create": `{"_id":"c","firstName":"Ann","address1":"1 Main St","dateOfBirth":"1990-09-25T00:00:00.000Z","assignedTo":["u"],"tags":"vip",
			"customFields":[{"id":"f","fieldValue":["x"]},{"id":"g"}],"dateAdded":1784283980635,"deleted":false}`,
	} {
		got, err := decodeOne[contactRow]([]byte(`{"contact":`+in+`}`), "contact")
		if err != nil {
			t.Fatal(err)
		}
		equal(t, name, got, want)
	}
}

func TestTaskForms(t *testing.T) {
	for in, want := range map[string]Task{
		`{"_id":"t","assignedTo":["u"],"status":"completed","updatedAt":"1970-01-01T00:00:01Z","deleted":true}`: {ID: "t", AssignedTo: "u", Completed: true, Deleted: true, DateUpdated: time.Unix(1, 0).UTC()},
		`{"id":"t","completed":false,"statusGroup":"completed"}`:                                                {ID: "t"},
		`{"id":7,"completed":"true","dueDate":1000}`:                                                            {ID: "7", Completed: true, Due: time.Unix(1, 0).UTC()},
	} {
		got, err := decodeOne[taskRow]([]byte(`{"task":`+in+`}`), "task")
		if err != nil {
			t.Fatal(err)
		}
		equal(t, in, got, want)
	}
}

// FuzzDecode: whatever comes in, nothing panics, and every row is either good and known by its
// id, or reported.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"contacts":[{"id":"c","phone":1,"tags":null,"dndSettings":{"sms":{"status":"active"}},"searchAfter":[1,"c"]}],"total":1}`,
		`{"contacts":[{"_id":"c","dateOfBirth":"1990/09/25","customFields":[{"id":"f","value":1}]},{},null,1,"x",[]]}`,
		`{"contacts":[{"id":"\ud800","firstName":"\u0000","assignedTo":{"id":["x"]}}`,
		`{"contacts":null,"contacts":[]}`, `{"contacts":{}}`, `{`, ``, `[]`,
		`{"2024-10-28":{"slots":["2024-10-28T10:00:00-05:00",null]},"2024-10-29":{"slots":{}},"2024-10-30":{},"traceId":"x"}`,
		`{"messages":{"lastMessageId":"m","nextPage":true,"messages":[{"id":"m","activity":{"data":{"id":1}},"dateAdded":"x"}]}}`,
		`{"contacts":[{"id":"v","sort":["1"],"picklistOptions":[{"k":1},"x"],"createdBy":null,"startTime":"2021-07-16 11:00:00"}]}`,
		`{"new":1,"contact":{"id":"c"},"errorCount":"1","responses":[[],{}],"status":"404","messageId":1}`,
		`{"contacts":[{"id":"t","dueDate":1e308,"completed":"x","startTime":"2026-07-20T10:00:00Z"}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		checkList[contactRow](t, body, func(c Contact) string { return string(c.ID) + c.FirstName + c.Phone })
		checkList[taskRow](t, body, func(v Task) string { return string(v.ID) + v.Title })
		checkList[eventRow](t, body, func(a Appointment) string { return string(a.ID) + a.Title })
		checkList[noteRow](t, body, func(n Note) string { return string(n.ID) + n.Body })
		checkList[messageRow](t, body, func(m Message) string { return string(m.ID) + m.Body })
		checkList[conversationRow](t, body, func(c Conversation) string { return string(c.ID) + c.LastMessage })
		checkList[businessRow](t, body, func(b Business) string { return string(b.ID) + b.Name })
		checkList[appointmentNoteRow](t, body, func(n AppointmentNote) string { return string(n.ID) + n.Body })
		checkList[fieldRow](t, body, func(d FieldDefinition) string { return d.ID + d.Name })
		checkList[tagRow](t, body, func(v Tag) string { return string(v.ID) + v.Name })
		checkList[localRow](t, body, func(e localEvent) string {
			_, _ = e.in(time.UTC)
			return string(e.ID) + e.Title
		})
		checkSlots(t, body)
		_, _ = decodeMessages(body)
		_, _ = decodeOne[locationRow](body, "location", "")
		_, _ = decodeOne[calendarRow](body, "calendar", "")
		_, _ = decodeOne[upsertRow](body, "")
		_, _ = decodeOne[bulkRow](body, "")
		_, _ = decodeOne[sentRow](body, "")
		_, _ = decodeOne[cancelRow](body, "")
		_ = readProblem(answer{body: body}).text()
	})
}

func checkList[W row[T], T any](t *testing.T, body []byte, words func(T) string) {
	p, err := decodeList[W](body, "contacts")
	again, errAgain := decodeList[W](body, "contacts")
	if !reflect.DeepEqual(p.Items, again.Items) || fmt.Sprint(p.Bad, err) != fmt.Sprint(again.Bad, errAgain) {
		t.Fatal("two readings differ")
	}
	if first := new(json.RawMessage); err == nil && json.NewDecoder(bytes.NewReader(body)).Decode(first) != nil {
		t.Fatalf("read a list from broken JSON %q", body)
	}
	for _, v := range p.Items {
		if s := words(v); s == "" || !utf8.ValidString(s) {
			t.Fatalf("row %+v", v)
		}
	}
	for _, bad := range p.Bad {
		if bad.Error() == "" {
			t.Fatal("silent error")
		}
	}
}

func checkSlots(t *testing.T, body []byte) {
	days, bad, err := decodeSlots(body)
	if err != nil && len(days)+len(bad) > 0 {
		t.Fatal("slots of an answer that is none")
	}
	for _, d := range days {
		if _, err := time.Parse(time.DateOnly, d.Day); err != nil || len(d.Starts) == 0 {
			t.Fatalf("day %+v", d)
		}
	}
}

// FuzzPassedThrough: what is only handed on is handed on as it came, whatever is in it.
func FuzzPassedThrough(f *testing.F) {
	for _, seed := range []string{`"x"`, `[1,2.50]`, `{"a":{"b":[null]},"a":1}`, `1e400`, `"\u00e4\ud800"`, `true`, ` {} `} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		if !json.Valid(value) || isNull(bytes.TrimSpace(value)) {
			return
		}
		want := string(bytes.TrimSpace(value))
		for _, key := range []string{"value", "fieldValue"} {
			c, err := decodeOne[contactRow](fmt.Appendf(nil, `{"contact":{"id":"c","customFields":[{"id":"f",%q:%s}]}}`, key, value), "contact")
			if err != nil || string(c.CustomFields[0].Value) != want {
				t.Fatalf("%s: got %+v, %v", want, c.CustomFields, err)
			}
		}
		m, err := decodeOne[messageRow](fmt.Appendf(nil, `{"message":{"id":"m","activity":{"data":%s}}}`, value), "message")
		if err != nil || string(m.Activity.Data) != want {
			t.Fatalf("%s: got %+v, %v", want, m.Activity, err)
		}
		_ = m.Activity.AppointmentID()
	})
}

// DST: the hour that does not exist and the hour that is twice are times all the same.
func TestLocalTimes(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"2021-07-16 11:00:00":       "2021-07-16T15:00:00Z",
		"2021-07-16T11:00:00":       "2021-07-16T15:00:00Z",
		"2021-07-16T11:00:00+02:00": "2021-07-16T09:00:00Z",
		"2021-12-16 11:00:00":       "2021-12-16T16:00:00Z",
		"2026-11-01 01:30:00":       "2026-11-01T05:30:00Z", // or an hour later
	} {
		got, ok := parseLocal(in, zone)
		if !ok || !got.Equal(at(t, want)) || got.Location() != time.UTC {
			t.Errorf("%s: got %s, %t", in, got, ok)
		}
	}
	if _, ok := parseLocal("tomorrow", zone); ok {
		t.Error("read tomorrow")
	}
	c, _ := answering(t, 200, `{"events":[{"id":"a","startTime":"2021-07-16 11:00:00"},{"id":"b","startTime":"soon"},{"id":"c"}]}`)
	good, err := c.ContactAppointments(t.Context(), "c", zone)
	if rows, ok := errors.AsType[*RowsError](err); !ok || len(rows.Bad) != 2 || len(good) != 1 || good[0].ID != "a" {
		t.Errorf("got %+v, %v", good, err)
	}
}

func BenchmarkDecodeContacts(b *testing.B) {
	const one = `{"id":"ocQHyuzHvysMo5N5VsXc","phoneLabel":null,"country":"US","address":"1 Main St","source":"api","type":"lead","locationId":"ve9EPM428h8vShlRW1KT",
		"website":null,"dnd":false,"state":"NY","businessName":null,"customFields":[{"id":"f","value":"x"}],"tags":["a","b"],"dateAdded":"2026-07-17T10:26:20.635Z",
		"additionalEmails":[],"phone":"+15550100","companyName":"Acme","additionalPhones":[],"dateUpdated":"2026-07-17T10:26:20.635Z","city":"New York",
		"firstNameLowerCase":"ann","lastNameLowerCase":"li","firstName":"Ann","lastName":"Li","contactName":"Ann Li","email":"ann@example.com","assignedTo":null,
		"followers":[],"validEmail":null,"dndSettings":{},"inboundDndSettings":{},"opportunities":[],"postalCode":"10001","businessId":null,"timezone":"America/New_York",
		"searchAfter":[1784283980635,"ocQHyuzHvysMo5N5VsXc"]}`
	body := []byte(`{"contacts":[` + strings.Repeat(one+",", 99) + one + `],"total":100}`)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if p, err := decodeList[contactRow](body, "contacts"); err != nil || len(p.Items) != 100 {
			b.Fatal(err)
		}
	}
}
