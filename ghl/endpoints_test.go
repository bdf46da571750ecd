package ghl

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"
)

func TestEndpoints(t *testing.T) {
	due := at(t, "2026-07-20T12:00:00+02:00")
	task := Task{ID: "t1", ContactID: "c1", Title: "Call", AssignedTo: "u1", Due: due, Completed: true}
	const taskJSON = `{"id":"t1","title":"Call","assignedTo":"u1","dueDate":"2026-07-20T10:00:00.000Z","completed":true,"contactId":"c1"}`
	const contactJSON = `{"id":"c1","firstName":"Ann","phone":"+15550100"}`
	contact := Contact{ID: "c1", FirstName: "Ann", Phone: "+15550100"}

	for _, tt := range []struct {
		name          string
		call          func(context.Context, *Client) (any, error)
		method, path  string
		query, body   string
		version       string
		answer        string
		want          any
		answersStatus int
	}{
		{
			name:   "Contact",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.Contact(ctx, "c1") },
			method: "GET", path: "/contacts/c1", version: "2021-07-28",
			answer: `{"contact":` + contactJSON + `,"traceId":"x"}`, want: contact,
		},
		{
			name: "CreateContact",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.CreateContact(ctx, ContactPatch{
					FirstName: new("Ann"), Phone: new("+15550100"), Email: new(""), CompanyName: new("Acme"), Tags: []string{"new"},
				})
			},
			method: "POST", path: "/contacts/", version: "2021-07-28", answersStatus: 201,
			body:   `{"locationId":"` + testLocation + `","firstName":"Ann","phone":"+15550100","companyName":"Acme","tags":["new"]}`,
			answer: `{"contact":` + contactJSON + `}`, want: contact,
		},
		{
			name: "UpdateContact",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.UpdateContact(ctx, "c1", ContactPatch{
					LastName: new(""), PostalCode: new(""), DND: new(false),
					DNDSettings: map[string]DNDSetting{
						"SMS": {Status: "active", Message: "STOP"}, "RCS": {Status: "inactive"},
					},
					CustomFields: []CustomField{{ID: "f", Value: []byte(`[1]`)}, {ID: "g"}},
				})
			},
			method: "PUT", path: "/contacts/c1", version: "2021-07-28",
			body: `{"lastName":null,"postalCode":"","dnd":false,"dndSettings":{"SMS":{"status":"active","message":"STOP"}},
				"customFields":[{"id":"f","field_value":[1]},{"id":"g","field_value":""}]}`,
			answer: `{"succeded":true,"succeeded":true,"contact":` + contactJSON + `}`, want: contact,
		},
		{
			name: "AddTags",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.AddTags(ctx, "c1", []string{"vip"})
			},
			method: "POST", path: "/contacts/c1/tags", version: "2021-07-28", answersStatus: 201,
			body: `{"tags":["vip"]}`, answer: `{"tags":["vip"],"tagsAdded":["vip"]}`,
		},
		{
			name: "RemoveTags",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.RemoveTags(ctx, "c1", []string{"vip"})
			},
			method: "DELETE", path: "/contacts/c1/tags", version: "2021-07-28",
			body: `{"tags":["vip"]}`, answer: `{"tags":[],"tagsRemoved":["vip"]}`,
		},
		{
			name:   "ContactTasks",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.ContactTasks(ctx, "c1") },
			method: "GET", path: "/contacts/c1/tasks", version: "2021-07-28",
			answer: `{"tasks":[` + strings.Replace(taskJSON, `,"contactId":"c1"`, "", 1) + `]}`, want: []Task{task},
		},
		{
			name:   "Task",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.Task(ctx, "c1", "t1") },
			method: "GET", path: "/contacts/c1/tasks/t1", version: "2021-07-28",
			answer: `{"task":` + taskJSON + `}`, want: task,
		},
		{
			name: "CreateTask",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.CreateTask(ctx, "c1", TaskPatch{Title: new("Call"), Due: &due, AssignedTo: new("")})
			},
			method: "POST", path: "/contacts/c1/tasks", version: "2021-07-28", answersStatus: 201,
			body:   `{"title":"Call","dueDate":"2026-07-20T10:00:00Z","completed":false}`,
			answer: `{"task":` + taskJSON + `}`, want: task,
		},
		{
			name: "UpdateTask",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.UpdateTask(ctx, "c1", "t1", TaskPatch{Body: new(""), Completed: new(true)})
			},
			method: "PUT", path: "/contacts/c1/tasks/t1", version: "2021-07-28",
			body: `{"body":"","completed":true}`, answer: `{"task":` + taskJSON + `}`, want: task,
		},
		{
			name:   "CompleteTask",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.CompleteTask(ctx, "c1", "t1", true) },
			method: "PUT", path: "/contacts/c1/tasks/t1/completed", version: "2021-07-28",
			body: `{"completed":true}`, answer: `{"task":` + taskJSON + `}`, want: task,
		},
		{
			name:   "ContactNotes",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.ContactNotes(ctx, "c1") },
			method: "GET", path: "/contacts/c1/notes", version: "2021-07-28",
			answer: `{"notes":[{"id":"n1","body":"hi","userId":null,"dateAdded":"2026-07-20T10:00:00.000Z"}]}`,
			want:   []Note{{ID: "n1", ContactID: "c1", Body: "hi", DateAdded: due}},
		},
		{
			name:   "CreateNote",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.CreateNote(ctx, "c1", "hi <b>") },
			method: "POST", path: "/contacts/c1/notes", version: "2021-07-28", answersStatus: 201,
			body: `{"body":"hi <b>"}`, answer: `{"note":{"id":"n1","body":"hi <b>"}}`,
			want: Note{ID: "n1", ContactID: "c1", Body: "hi <b>"},
		},
		{
			name:   "Calendars",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.Calendars(ctx) },
			method: "GET", path: "/calendars/", query: "locationId=" + testLocation, version: "2021-04-15",
			answer: `{"calendars":[{"id":"k","name":"Main","isActive":true,"calendarType":"event"},
				{"id":"l","isActive":false,"allowReschedule":false,"allowCancellation":false},{"id":"m","allowReschedule":true,"allowCancellation":null}]}`,
			want: []Calendar{
				{ID: "k", Name: "Main", Active: true, Type: "event", AllowReschedule: true, AllowCancellation: true}, {ID: "l"},
				{ID: "m", Active: true, AllowReschedule: true, AllowCancellation: true},
			},
		},
		{
			name: "Events",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.Events(ctx, "k", time.UnixMilli(0), time.UnixMilli(4102444800000))
			},
			method: "GET", path: "/calendars/events", version: "2021-04-15",
			query:  "calendarId=k&endTime=4102444800000&locationId=" + testLocation + "&startTime=0",
			answer: `{"events":[{"id":"e","calendarId":"k","contactId":"c1","appoinmentStatus":"Confirmed","startTime":"2026-07-20T12:00:00+02:00"}]}`,
			want:   []Appointment{{ID: "e", CalendarID: "k", ContactID: "c1", Status: "confirmed", Start: due}},
		},
		{
			name:   "Appointment",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.Appointment(ctx, "e") },
			method: "GET", path: "/calendars/events/appointments/e", version: "2021-04-15",
			answer: `{"appointment":{"id":"e","appointmentStatus":"new","deleted":true}}`,
			want:   Appointment{ID: "e", Status: "new", Deleted: true},
		},
		{
			name:   "Appointment as the description has it",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.Appointment(ctx, "e") },
			method: "GET", path: "/calendars/events/appointments/e", version: "2021-04-15",
			answer: `{"event":{"id":"e","startTime":1784541600000}}`, want: Appointment{ID: "e", Start: due},
		},
		{
			name: "CreateAppointment",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.CreateAppointment(ctx, AppointmentPatch{
					CalendarID: new(CalendarID("k")), ContactID: new(ContactID("c1")), Start: &due, Notify: new(false),
				})
			},
			method: "POST", path: "/calendars/events/appointments", version: "2021-04-15",
			body: `{"calendarId":"k","contactId":"c1","locationId":"` + testLocation + `",
				"startTime":"2026-07-20T10:00:00Z","toNotify":false}`,
			answer: `{"id":"e","status":"booked","appointmentStatus":"confirmed"}`, want: Appointment{ID: "e", Status: "confirmed"},
		},
		{
			name: "UpdateAppointment",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.UpdateAppointment(ctx, "e", AppointmentPatch{Status: new("cancelled")})
			},
			method: "PUT", path: "/calendars/events/appointments/e", version: "2021-04-15",
			body: `{"appointmentStatus":"cancelled"}`, answer: `{"id":"e","appoinmentStatus":"cancelled"}`,
			want: Appointment{ID: "e", Status: "cancelled"},
		},
		{
			name:   "Location",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.Location(ctx) },
			method: "GET", path: "/locations/" + testLocation, version: "2021-07-28",
			answer: `{"location":{"id":"L","timezone":"US/Central","settings":{"allowDuplicateContact":false,"contactUniqueIdentifiers":["email","phone"]}}}`,
			want:   Location{ID: "L", Timezone: "US/Central", UniqueIdentifiers: []string{"email", "phone"}},
		},
		{
			name:   "Users",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.Users(ctx) },
			method: "GET", path: "/users/", query: "locationId=" + testLocation, version: "2021-07-28",
			answer: `{"users":[{"id":"u","firstName":"Bo","lastName":"Li","deleted":false}]}`,
			want:   []User{{ID: "u", Name: "Bo Li", FirstName: "Bo", LastName: "Li"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, last := answering(t, max(tt.answersStatus, 200), tt.answer)
			got, err := tt.call(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "result", got, tt.want)
			equal(t, "request", last.method+" "+last.path+"?"+last.query, tt.method+" "+tt.path+"?"+tt.query)
			equal(t, "version", last.header.Get("Version"), tt.version)
			equalJSON(t, last.body, tt.body)
		})
	}
}

func TestFindContact(t *testing.T) {
	c, last := answering(t, 200, `{"contact":{"id":"c1"},"matchingField":"phone"}`)
	got, ok, err := c.FindContact(t.Context(), "+15550100", "a@b.c")
	if err != nil || !ok || got.ID != "c1" {
		t.Fatalf("got %+v, %t, %v", got, ok, err)
	}
	equal(t, "query", last.query, "email=a%40b.c&locationId="+testLocation+"&number=%2B15550100")

	for status, answer := range map[int]string{200: `{"contact":null}`, 400: `{"message":"Contact not found"}`} {
		c, _ := answering(t, status, answer)
		if _, ok, err := c.FindContact(t.Context(), "+15550100", ""); ok || err != nil {
			t.Errorf("%d %s: got %t, %v", status, answer, ok, err)
		}
	}
	c, _ = answering(t, 200, `{"contact":{}}`)
	_, _, err = c.FindContact(t.Context(), "+15550100", "")
	wantVerdict(t, err, ErrUnavailable)
}

func first[T any](pages iter.Seq2[Page[T], error]) error {
	for _, err := range pages {
		return err
	}
	return nil
}

func TestCallsThatMakeNoSense(t *testing.T) {
	c, last := answering(t, 200, `{}`)
	ctx := t.Context()
	zero := time.Time{}
	for name, call := range map[string]func() error{
		"no contact id":     func() error { _, err := c.Contact(ctx, ""); return err },
		"dots for an id":    func() error { _, err := c.Task(ctx, "..", "t"); return err },
		"find nobody":       func() error { _, _, err := c.FindContact(ctx, "", ""); return err },
		"create nobody":     func() error { _, err := c.CreateContact(ctx, ContactPatch{}); return err },
		"update nothing":    func() error { _, err := c.UpdateContact(ctx, "c", ContactPatch{}); return err },
		"update tags":       func() error { _, err := c.UpdateContact(ctx, "c", ContactPatch{Tags: []string{}}); return err },
		"update company":    func() error { _, err := c.UpdateContact(ctx, "c", ContactPatch{CompanyName: new("x")}); return err },
		"no tags":           func() error { return c.AddTags(ctx, "c", nil) },
		"empty tag":         func() error { return c.RemoveTags(ctx, "c", []string{""}) },
		"task without due":  func() error { _, err := c.CreateTask(ctx, "c", TaskPatch{Title: new("x")}); return err },
		"task to no due":    func() error { _, err := c.UpdateTask(ctx, "c", "t", TaskPatch{Due: &zero}); return err },
		"task unchanged":    func() error { _, err := c.UpdateTask(ctx, "c", "t", TaskPatch{}); return err },
		"empty note":        func() error { _, err := c.CreateNote(ctx, "c", " "); return err },
		"events of nowhere": func() error { _, err := c.Events(ctx, "", zero, zero); return err },
		"book nothing":      func() error { _, err := c.CreateAppointment(ctx, AppointmentPatch{}); return err },
		"list from nowhere": func() error { return first(c.ListContacts(ctx, PageQuery{After: []byte(`7`)})) },
		"skip backwards":    func() error { return first(c.Businesses(ctx, PageQuery{After: []byte(`-1`)})) },
		"go on after {}":    func() error { return first(c.ExportMessages(ctx, ExportQuery{After: []byte(`{}`)})) },
		"talks after {}":    func() error { return first(c.SearchConversations(ctx, ConversationQuery{After: []byte(`{}`)})) },
		"users of nobody":   func() error { return first(c.SearchUsers(ctx, UserQuery{})) },
		"upsert nobody":     func() error { _, _, err := c.UpsertContact(ctx, ContactPatch{City: new("")}); return err },
		"bulk tag nobody":   func() error { _, err := c.AddTagsToMany(ctx, nil, []string{"x"}); return err },
		"bulk empty tag":    func() error { _, err := c.RemoveTagsFromMany(ctx, []ContactID{"c"}, []string{""}); return err },
		"business of many":  func() error { return c.SetBusiness(ctx, make([]ContactID, 51), "b") },
		"nameless business": func() error { _, err := c.CreateBusiness(ctx, BusinessPatch{}); return err },
		"business unnamed":  func() error { _, err := c.UpdateBusiness(ctx, "b", BusinessPatch{Name: new("")}); return err },
		"business as it is": func() error { _, err := c.UpdateBusiness(ctx, "b", BusinessPatch{}); return err },
		"note as it is":     func() error { _, err := c.UpdateNote(ctx, "c", "n", NotePatch{}); return err },
		"note wiped":        func() error { _, err := c.UpdateNote(ctx, "c", "n", NotePatch{Body: new(" ")}); return err },
		"long note": func() error {
			_, err := c.CreateAppointmentNote(ctx, "a", strings.Repeat("x", 5001))
			return err
		},
		"tag of no name":  func() error { _, err := c.CreateTag(ctx, " "); return err },
		"local time":      func() error { _, err := c.ContactAppointments(ctx, "c", nil); return err },
		"slots of a year": func() error { _, err := c.FreeSlots(ctx, "k", SlotQuery{To: time.Now()}); return err },
		"silent message":  func() error { _, err := c.SendMessage(ctx, NewMessage{ContactID: "c", Text: " "}); return err },
		"message to talk": func() error {
			_, err := c.SendMessage(ctx, NewMessage{ContactID: "c", Text: "x", ConversationID: "t"})
			return err
		},
		"inbound by none":   func() error { _, err := c.AddInbound(ctx, NewMessage{Text: "x"}); return err },
		"inbound to a tel":  func() error { _, err := c.AddInbound(ctx, NewMessage{ContactID: "c", Text: "x", To: "1"}); return err },
		"appointment as is": func() error { _, err := c.UpdateAppointment(ctx, "e", AppointmentPatch{}); return err },
		"appointment's body": func() error {
			_, err := c.UpdateAppointment(ctx, "e", AppointmentPatch{ContactID: new(ContactID("c"))})
			return err
		},
	} {
		if err := call(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	equal(t, "requests", *last, request{})
}
