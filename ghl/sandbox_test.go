package ghl_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ghlsms/ghl"
	"ghlsms/ghl/ghltest"
)

// The tests below are one for each thing that the API does and nobody expects.

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func TestVersionRefusedIsNoDeadToken(t *testing.T) {
	r := newRig(t, ghltest.Options{})
	c := clientOf(t, "http://ghl.sandbox", r.wire, map[string]string{"contacts": "2020-01-01", "conversations": "2021-07-28"})
	_, err := c.Contact(t.Context(), r.contact)
	if _, ok := errors.AsType[*ghl.VersionError](err); !ok {
		t.Errorf("got %v", err)
	}
	if _, ok := errors.AsType[*ghl.AuthError](err); ok {
		t.Errorf("%v blames the token", err)
	}
	_, err = c.Message(t.Context(), r.message) // the other date works, whatever is described
	if err != nil {
		t.Error(err)
	}
}

func TestScopeRefusedIsNoDeadToken(t *testing.T) {
	r := newRig(t, ghltest.Options{Scopes: []string{"contacts.readonly"}})
	_, err := r.c.Tags(t.Context())
	if auth, ok := errors.AsType[*ghl.AuthError](err); !ok || !auth.Scope {
		t.Errorf("got %v", err)
	}
}

func TestMissingIsNotFound(t *testing.T) {
	r := newRig(t, ghltest.Options{})
	ctx := t.Context()
	_, err := r.c.Contact(ctx, "gone")
	wantErr(t, err, ghl.ErrNotFound)
	_, err = r.c.Task(ctx, r.contact, "gone")
	wantErr(t, err, ghl.ErrNotFound)
	_, err = r.c.Note(ctx, r.other, r.note)
	wantErr(t, err, ghl.ErrNotFound)
	_, err = r.c.Appointment(ctx, "gone")
	wantErr(t, err, ghl.ErrNotFound)
	_, err = gather(r.c.Messages(ctx, "gone", ghl.PageQuery{}))
	wantErr(t, err, ghl.ErrNotFound)
	wantErr(t, r.c.DeleteBusiness(ctx, "gone"), ghl.ErrNotFound)
	wantErr(t, r.c.DeleteTag(ctx, "gone"), ghl.ErrNotFound)
	wantErr(t, r.c.DeleteContact(ctx, "gone"), ghl.ErrNotFound)
	if n := len(r.Writes()); n != 0 {
		t.Errorf("%d writes", n)
	}
}

func TestDuplicateIsNamed(t *testing.T) {
	r := newRig(t, ghltest.Options{})
	_, err := r.c.CreateContact(t.Context(), ghl.ContactPatch{Phone: new("202 555 0101")})
	if dup, ok := errors.AsType[*ghl.DuplicateError](err); !ok || dup.ContactID != r.contact || dup.MatchingField != "phone" {
		t.Errorf("got %v", err)
	}
}

func TestRefusedInWordsCreatedInDeed(t *testing.T) {
	for name, call := range map[string]func(*rig) error{
		"create": func(r *rig) error {
			_, err := r.c.CreateContact(t.Context(), ghl.ContactPatch{Email: new("cy@example.com")})
			return err
		},
		"upsert": func(r *rig) error {
			_, _, err := r.c.UpsertContact(t.Context(), ghl.ContactPatch{Email: new("cy@example.com")})
			return err
		},
	} {
		r := newRig(t, ghltest.Options{})
		r.AddFault(ghltest.Fault{Method: "POST", Kind: ghltest.CreateThenReject})
		wantErr(t, call(r), ghl.ErrUnknown)
		if _, found, err := r.c.FindContact(t.Context(), "", "cy@example.com"); !found || err != nil {
			t.Errorf("%s: %t, %v", name, found, err)
		}
	}
}

func TestSearchLagsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, ghltest.Options{IndexLag: 3 * time.Second})
		time.Sleep(time.Minute)
		ctx := t.Context()
		fresh := must[ghl.Contact](t)(r.c.CreateContact(ctx, ghl.ContactPatch{Email: new("cy@example.com")}))
		must[ghl.Contact](t)(r.c.UpdateContact(ctx, r.contact, ghl.ContactPatch{City: new("Elko")}))
		if err := r.c.DeleteContact(ctx, r.other); err != nil {
			t.Fatal(err)
		}
		cities := func() map[ghl.ContactID]string {
			seen := map[ghl.ContactID]string{}
			for _, c := range must[[]ghl.Contact](t)(gather(r.c.SearchContacts(ctx, ghl.ContactQuery{}))) {
				seen[c.ID] = c.City
			}
			return seen
		}
		before := map[ghl.ContactID]string{r.contact: "Reno", r.other: ""}
		if got := cities(); !reflect.DeepEqual(got, before) {
			t.Errorf("at once: %v", got)
		}
		_, found, err := r.c.FindContact(ctx, "", "cy@example.com")
		if found || err != nil {
			t.Errorf("found at once: %t, %v", found, err)
		}
		if c := must[ghl.Contact](t)(r.c.Contact(ctx, r.contact)); c.City != "Elko" {
			t.Errorf("the record itself says %s", c.City)
		}
		_, err = r.c.Contact(ctx, r.other)
		wantErr(t, err, ghl.ErrNotFound)
		time.Sleep(3 * time.Second)
		after := map[ghl.ContactID]string{r.contact: "Elko", fresh.ID: ""}
		if got := cities(); !reflect.DeepEqual(got, after) {
			t.Errorf("later: %v", got)
		}
	})
}

// What the search shows is what the record says, but for its own date and for empty values, of
// which one sends null where the other is silent.
func TestSearchRowEqualsRecord(t *testing.T) {
	r := newRig(t, ghltest.Options{})
	for _, row := range must[[]ghl.Contact](t)(gather(r.c.SearchContacts(t.Context(), ghl.ContactQuery{}))) {
		record := must[ghl.Contact](t)(r.c.Contact(t.Context(), row.ID))
		if !row.DateUpdated.After(record.DateUpdated) {
			t.Errorf("%s and %s are not told apart", row.DateUpdated, record.DateUpdated)
		}
		row.DateUpdated = record.DateUpdated
		if !reflect.DeepEqual(row, record) {
			t.Errorf("search %+v\nrecord %+v", row, record)
		}
	}
	listed := must[[]ghl.Contact](t)(gather(r.c.ListContacts(t.Context(), ghl.PageQuery{PageLimit: 1})))
	if len(listed) != 2 || listed[0].ID == listed[1].ID {
		t.Errorf("listed %+v", listed)
	}
}

func TestSearchPastTenThousand(t *testing.T) {
	if testing.Short() {
		t.Skip("many contacts")
	}
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, ghltest.Options{})
		for i := range 10_050 {
			r.AddContact(ghltest.Contact{FirstName: fmt.Sprint(i)})
		}
		all := must[[]ghl.Contact](t)(gather(r.c.SearchContacts(t.Context(), ghl.ContactQuery{PageLimit: 500})))
		ids := map[ghl.ContactID]bool{}
		for _, c := range all {
			ids[c.ID] = true
		}
		if len(all) != 10_052 || len(ids) != len(all) {
			t.Errorf("%d contacts, %d ids", len(all), len(ids))
		}
	})
}

func TestTaskSearchAnswersCreated(t *testing.T) {
	r := newRig(t, ghltest.Options{})
	tasks := must[[]ghl.Task](t)(gather(r.c.SearchTasks(t.Context(), ghl.TaskQuery{})))
	if len(tasks) != 1 || tasks[0].ID != r.task || tasks[0].DateUpdated.IsZero() {
		t.Errorf("got %+v", tasks)
	}
	if got := r.wire.pairs[0].status; got != http.StatusCreated {
		t.Errorf("status %d", got)
	}
}

func TestDeletedTaskStaysOnTheScreen(t *testing.T) {
	r := newRig(t, ghltest.Options{})
	if err := r.c.DeleteTask(t.Context(), r.contact, r.task); err != nil {
		t.Fatal(err)
	}
	_, err := r.c.Task(t.Context(), r.contact, r.task)
	wantErr(t, err, ghl.ErrNotFound)
	if n := len(r.Tasks()); n != 1 {
		t.Errorf("people see %d tasks", n)
	}
}

func TestAppointmentIsToldWithoutTimes(t *testing.T) {
	r := newRig(t, ghltest.Options{})
	ctx := t.Context()
	p := ghl.AppointmentPatch{CalendarID: &r.calendar, ContactID: &r.contact, Start: new(july.Add(40 * time.Hour))}
	made := must[ghl.Appointment](t)(r.c.CreateAppointment(ctx, p))
	if !made.Start.IsZero() || made.Status != "confirmed" {
		t.Errorf("made %+v", made)
	}
	read := must[ghl.Appointment](t)(r.c.Appointment(ctx, made.ID))
	if !read.Start.Equal(*p.Start) || read.Start.Location() != time.UTC {
		t.Errorf("read %+v", read)
	}
	mine := must[[]ghl.Appointment](t)(r.c.ContactAppointments(ctx, r.contact, r.zone))
	if i := slices.IndexFunc(mine, func(a ghl.Appointment) bool { return a.ID == made.ID }); i < 0 || !mine[i].Start.Equal(read.Start) {
		t.Errorf("the contact's are %+v", mine)
	}
	if err := r.c.DeleteAppointment(ctx, made.ID); err != nil {
		t.Fatal(err)
	}
	if gone := must[ghl.Appointment](t)(r.c.Appointment(ctx, made.ID)); !gone.Deleted || gone.Start.IsZero() {
		t.Errorf("no tombstone: %+v", gone)
	}
	for _, a := range must[[]ghl.Appointment](t)(r.c.Events(ctx, r.calendar, july, july.AddDate(0, 1, 0))) {
		if a.ID == made.ID {
			t.Error("still listed")
		}
	}
}

func TestLimitWithoutRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, ghltest.Options{BurstMax: 5})
		for range 5 { // others share the token
			other := clientOf(t, "http://ghl.sandbox", r.wire, nil)
			if _, err := other.Location(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		_, err := r.c.Location(t.Context())
		limited, ok := errors.AsType[*ghl.RateLimitError](err)
		if !ok || limited.Daily || limited.RetryAfter < 5*time.Second || limited.RetryAfter > 30*time.Second {
			t.Fatalf("got %v", err)
		}
		time.Sleep(limited.RetryAfter)
		if _, err := r.c.Location(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestDayUsedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, ghltest.Options{DailyMax: 3})
		for range 3 {
			if _, err := r.c.Location(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		_, err := r.c.Location(t.Context())
		if limited, ok := errors.AsType[*ghl.RateLimitError](err); !ok || !limited.Daily || limited.RetryAfter < 23*time.Hour {
			t.Errorf("got %v", err)
		}
	})
}

// One channel is written, in capitals and alone; the others stay.
func TestOptOutMerges(t *testing.T) {
	r := newRig(t, ghltest.Options{})
	p := ghl.ContactPatch{DNDSettings: map[string]ghl.DNDSetting{
		"SMS": {Status: "active", Message: "STOP"}, "sms": {Status: "inactive"}, "RCS": {Status: "active"},
	}}
	must[ghl.Contact](t)(r.c.UpdateContact(t.Context(), r.contact, p))
	got := must[ghl.Contact](t)(r.c.Contact(t.Context(), r.contact))
	if got.DNDSettings["SMS"].Status != "active" || got.DNDSettings["Email"].Status != "active" || len(got.DNDSettings) != 2 || got.DND {
		t.Errorf("got %+v", got.DNDSettings)
	}
}

// No way to write a contact overwrites its tags; to change them is to say which.
func TestTagsAreNotOverwritten(t *testing.T) {
	r := newRig(t, ghltest.Options{})
	ctx := t.Context()
	_, err := r.c.UpdateContact(ctx, r.contact, ghl.ContactPatch{Tags: []string{"x"}})
	wantErr(t, err, ghl.ErrInvalid)
	_, _, err = r.c.UpsertContact(ctx, ghl.ContactPatch{Email: new("ann@example.com"), Tags: []string{"x"}})
	wantErr(t, err, ghl.ErrInvalid)
	must[ghl.Contact](t)(r.c.UpdateContact(ctx, r.contact, ghl.ContactPatch{City: new("Elko")}))
	same, created, err := r.c.UpsertContact(ctx, ghl.ContactPatch{Email: new("ann@example.com"), City: new("Ely")})
	if err != nil || created || same.ID != r.contact {
		t.Errorf("upsert: %+v, %t, %v", same, created, err)
	}
	bulk, err := r.c.AddTagsToMany(ctx, []ghl.ContactID{r.contact, "gone"}, []string{"x"})
	if err != nil || bulk.Errors != 1 || len(bulk.Responses) != 2 {
		t.Errorf("%+v, %v", bulk, err)
	}
	if got := must[ghl.Contact](t)(r.c.Contact(ctx, r.contact)); !slices.Equal(got.Tags, []string{"vip", "x"}) {
		t.Errorf("tags %v", got.Tags)
	}
}

func TestMessageOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, ghltest.Options{})
		ctx := t.Context()
		sent := must[ghl.SentMessage](t)(r.c.SendMessage(ctx, ghl.NewMessage{ContactID: r.contact, Text: "hi"}))
		if m := must[ghl.Message](t)(r.c.Message(ctx, sent.ID)); m.Status != "pending" || m.Direction != "outbound" || m.Body != "hi" {
			t.Errorf("sent %+v", m)
		}
		at := time.Now().Add(time.Hour)
		first := must[ghl.SentMessage](t)(r.c.SendMessage(ctx, ghl.NewMessage{ContactID: r.contact, Text: "1", At: at}))
		second := must[ghl.SentMessage](t)(r.c.SendMessage(ctx, ghl.NewMessage{ContactID: r.contact, Text: "2", At: at}))
		if err := r.c.CancelScheduled(ctx, first.ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		// The answer is a 200 whose body says otherwise.
		wantErr(t, r.c.CancelScheduled(ctx, second.ID), ghl.ErrNotFound)
		_, err := r.c.Message(ctx, first.ID)
		wantErr(t, err, ghl.ErrNotFound)
		if m := must[ghl.Message](t)(r.c.Message(ctx, second.ID)); m.Status != "pending" {
			t.Errorf("scheduled %+v", m)
		}
	})
}

func TestInboundThatIsLost(t *testing.T) {
	r := newRig(t, ghltest.Options{})
	ctx := t.Context()
	had := len(r.Messages())
	for _, provider := range []ghl.ProviderID{"", "wrong"} {
		_, err := r.c.AddInbound(ctx, ghl.NewMessage{ContactID: r.contact, Text: "hi", ProviderID: provider})
		wantErr(t, err, ghl.ErrUnknown)
	}
	if len(r.Messages()) != had {
		t.Error("something was stored")
	}
	in := must[ghl.SentMessage](t)(r.c.AddInbound(ctx, ghl.NewMessage{ContactID: r.contact, Text: "hi", ProviderID: ghltest.DefaultProvider, At: july}))
	m := must[ghl.Message](t)(r.c.Message(ctx, in.ID))
	if m.Direction != "inbound" || !m.DateAdded.Equal(july) || m.ConversationID != r.talk || in.ConversationID != r.talk {
		t.Errorf("got %+v", m)
	}
}

func TestConversationIsOneLevelDeeper(t *testing.T) {
	r := newRig(t, ghltest.Options{})
	for i := range 5 {
		r.AddMessage(ghltest.Message{ContactID: string(r.contact), Body: fmt.Sprint(i), DateAdded: time.Now().Add(time.Duration(i+1) * time.Minute)})
	}
	var bodies []string
	for _, m := range must[[]ghl.Message](t)(gather(r.c.Messages(t.Context(), r.talk, ghl.PageQuery{PageLimit: 2}))) {
		if m.Activity == nil {
			bodies = append(bodies, m.Body)
		}
	}
	if got := strings.Join(bodies, ","); got != "4,3,2,1,0,I am late" {
		t.Error(got)
	}
	talks := must[[]ghl.Conversation](t)(gather(r.c.SearchConversations(t.Context(), ghl.ConversationQuery{PageLimit: 1})))
	if len(talks) != 1 || talks[0].ID != r.talk || talks[0].LastMessage != "4" || talks[0].LastMessageAt.IsZero() {
		t.Errorf("conversations %+v", talks)
	}
}

// What happens to appointments can be followed in the export, in the order in which it happens.
func TestExportTellsOfAppointments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, ghltest.Options{})
		ctx := t.Context()
		time.Sleep(time.Minute)
		var cursor json.RawMessage
		follow := func() (told []string) {
			q := ghl.ExportQuery{ByUpdate: true, PageLimit: 10, After: cursor}
			for p, err := range r.c.ExportMessages(ctx, q) {
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range p.Items {
					if m.Activity != nil && m.Activity.AppointmentID() == r.visit {
						told = append(told, m.Activity.Type)
					}
				}
			}
			return told
		}
		must[ghl.Appointment](t)(r.c.UpdateAppointment(ctx, r.visit, ghl.AppointmentPatch{Title: new("x")}))
		for i := range 30 {
			time.Sleep(time.Second)
			r.AddMessage(ghltest.Message{ContactID: string(r.contact), Body: fmt.Sprint(i)})
		}
		r.EditAppointment(string(r.visit), func(a *ghltest.Appointment) { a.Status = "cancelled" })
		if got := strings.Join(follow(), " "); got != "appointment_created appointment_updated appointment_cancelled" {
			t.Error(got)
		}
	})
}

func TestFreeSlotsAreDays(t *testing.T) {
	r := newRig(t, ghltest.Options{})
	q := ghl.SlotQuery{From: july, To: july.Add(24 * time.Hour), Timezone: "UTC"}
	days := must[[]ghl.DaySlots](t)(r.c.FreeSlots(t.Context(), r.calendar, q))
	if len(days) != 1 || days[0].Day != "2030-07-01" || len(days[0].Starts) != 15 || days[0].Starts[0] != july.Add(13*time.Hour) {
		t.Errorf("got %+v", days)
	}
	q.To = july.AddDate(0, 0, 32)
	_, err := r.c.FreeSlots(t.Context(), r.calendar, q)
	wantErr(t, err, ghl.ErrInvalid)
}

// Lists that page by a number of rows end where the rows end.
func TestLongLists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, ghltest.Options{})
		ctx := t.Context()
		for i := range 50 {
			r.AddBusiness(ghltest.Business{Name: fmt.Sprint(i)})
			r.AddContact(ghltest.Contact{BusinessID: string(r.business)})
			r.AddUser(ghltest.User{FirstName: fmt.Sprint(i)})
			must[ghl.AppointmentNote](t)(r.c.CreateAppointmentNote(ctx, r.visit, fmt.Sprint(i)))
		}
		l := must[ghl.Location](t)(r.c.Location(ctx))
		if n := len(must[[]ghl.Business](t)(gather(r.c.Businesses(ctx, ghl.PageQuery{PageLimit: 17})))); n != 51 {
			t.Errorf("%d businesses", n)
		}
		if n := len(must[[]ghl.Contact](t)(gather(r.c.BusinessContacts(ctx, r.business, ghl.PageQuery{PageLimit: 51})))); n != 51 {
			t.Errorf("%d contacts", n)
		}
		if n := len(must[[]ghl.User](t)(gather(r.c.SearchUsers(ctx, ghl.UserQuery{CompanyID: l.CompanyID, PageLimit: 25})))); n != 51 {
			t.Errorf("%d users", n)
		}
		if n := len(must[[]ghl.AppointmentNote](t)(gather(r.c.AppointmentNotes(ctx, r.visit, ghl.PageQuery{})))); n != 50 {
			t.Errorf("%d notes", n)
		}
	})
}
