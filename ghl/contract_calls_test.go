package ghl_test

import (
	"context"
	"time"

	"ghlsms/ghl"
	"ghlsms/ghl/ghltest"
)

// The days of the appointment in the rig.
var (
	july  = time.Date(2030, 7, 1, 0, 0, 0, 0, time.UTC)
	due   = time.Date(2030, 1, 5, 10, 0, 0, 0, time.UTC)
	later = time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
)

var fullPatch = ghl.ContactPatch{
	FirstName: new("Cy"), LastName: new("Doe"), Email: new("cy@example.com"), Phone: new("+12025550133"), Address1: new("2 Elm St"),
	City: new("Reno"), State: new("NV"), Country: new("US"), PostalCode: new("89501"), Website: new("https://example.com"),
	DateOfBirth: new("1990-09-25"), Timezone: new("America/Denver"), Source: new("api"), AssignedTo: new("u"), DND: new(false),
	DNDSettings:  map[string]ghl.DNDSetting{"SMS": {Status: "active", Message: "STOP", Code: "101"}},
	CustomFields: []ghl.CustomField{{ID: petField, Value: []byte(`"Tom"`)}},
}

// empty clears what can be cleared.
var empty = ghl.ContactPatch{
	FirstName: new(""), LastName: new(""), Email: new(""), Phone: new(""), Address1: new(""), City: new(""), State: new(""),
	Website: new(""), DateOfBirth: new(""), Timezone: new(""), Source: new(""), AssignedTo: new(""), Country: new(""), PostalCode: new(""),
	CustomFields: []ghl.CustomField{{ID: petField}},
}

func withCompany(p ghl.ContactPatch) ghl.ContactPatch {
	p.CompanyName = new("Acme")
	return p
}

func withTags(p ghl.ContactPatch) ghl.ContactPatch {
	p.Tags = []string{"new"}
	return p
}

var fullVisit = ghl.AppointmentPatch{
	Start: new(july.Add(50 * time.Hour)), End: new(july.Add(51 * time.Hour)), Title: new("Visit"), Status: new("confirmed"),
	AssignedUserID: new(ghl.UserID("u")), Address: new("2 Elm St"), Notes: new("Bring x-rays"), Notify: new(false),
}

var fullBusiness = ghl.BusinessPatch{
	Name: new("Emca"), Phone: new("+12025550199"), Email: new("b@example.com"), Website: new("https://example.com"), Address: new("1 St"),
	City: new("Reno"), State: new("NV"), PostalCode: new("89501"), Country: new("US"), Description: new("nice"),
}

// goodCalls use each method as much as it can be used.
var goodCalls = []drive{
	{name: "SearchContacts", call: func(ctx context.Context, r *rig) error {
		_, err := gather(r.c.SearchContacts(ctx, ghl.ContactQuery{UpdatedSince: time.Unix(1, 0)}))
		return err
	}},
	{name: "ListContacts", call: func(ctx context.Context, r *rig) error {
		_, err := gather(r.c.ListContacts(ctx, ghl.PageQuery{PageLimit: 1}))
		return err
	}},
	{name: "BusinessContacts", call: func(ctx context.Context, r *rig) error {
		_, err := gather(r.c.BusinessContacts(ctx, r.business, ghl.PageQuery{}))
		return err
	}},
	{name: "Contact", call: func(ctx context.Context, r *rig) error { _, err := r.c.Contact(ctx, r.contact); return err }},
	{name: "FindContact", call: func(ctx context.Context, r *rig) error {
		_, _, err := r.c.FindContact(ctx, "+12025550101", "ann@example.com")
		return err
	}},
	{name: "CreateContact", call: func(ctx context.Context, r *rig) error {
		_, err := r.c.CreateContact(ctx, withTags(withCompany(fullPatch)))
		return err
	}},
	{name: "UpsertContact", call: func(ctx context.Context, r *rig) error {
		_, _, err := r.c.UpsertContact(ctx, withCompany(fullPatch))
		return err
	}},
	{name: "UpdateContact", call: func(ctx context.Context, r *rig) error {
		_, err := r.c.UpdateContact(ctx, r.contact, fullPatch)
		return err
	}},
	{name: "UpdateContact: clear", call: func(ctx context.Context, r *rig) error {
		_, err := r.c.UpdateContact(ctx, r.contact, empty)
		return err
	}},
	{name: "DeleteContact", call: func(ctx context.Context, r *rig) error { return r.c.DeleteContact(ctx, r.contact) }},
	{name: "AddTags", call: func(ctx context.Context, r *rig) error { return r.c.AddTags(ctx, r.contact, []string{"x"}) }},
	{name: "RemoveTags", call: func(ctx context.Context, r *rig) error { return r.c.RemoveTags(ctx, r.contact, []string{"vip"}) }},
	{name: "AddTagsToMany", call: func(ctx context.Context, r *rig) error {
		_, err := r.c.AddTagsToMany(ctx, []ghl.ContactID{r.contact, r.other}, []string{"x"})
		return err
	}},
	{name: "RemoveTagsFromMany", call: func(ctx context.Context, r *rig) error {
		_, err := r.c.RemoveTagsFromMany(ctx, []ghl.ContactID{r.contact, "gone"}, []string{"vip"})
		return err
	}},
	{name: "SetBusiness", call: func(ctx context.Context, r *rig) error {
		return r.c.SetBusiness(ctx, []ghl.ContactID{r.other}, r.business)
	}},
	{name: "SetBusiness: none", call: func(ctx context.Context, r *rig) error {
		return r.c.SetBusiness(ctx, []ghl.ContactID{r.contact}, "")
	}},

	{name: "SearchTasks", call: func(ctx context.Context, r *rig) error {
		_, err := gather(r.c.SearchTasks(ctx, ghl.TaskQuery{PageLimit: 1, Completed: new(false), Contacts: []ghl.ContactID{r.contact}}))
		return err
	}},
	{name: "ContactTasks", call: func(ctx context.Context, r *rig) error { _, err := r.c.ContactTasks(ctx, r.contact); return err }},
	{name: "Task", call: func(ctx context.Context, r *rig) error { _, err := r.c.Task(ctx, r.contact, r.task); return err }},
	{name: "CreateTask", call: func(ctx context.Context, r *rig) error {
		_, err := r.c.CreateTask(ctx, r.contact, ghl.TaskPatch{Title: new("x"), Body: new("y"), AssignedTo: new("u"), Due: &due})
		return err
	}},
	{name: "UpdateTask", call: func(ctx context.Context, r *rig) error {
		_, err := r.c.UpdateTask(ctx, r.contact, r.task, ghl.TaskPatch{Title: new("x"), Body: new(""), AssignedTo: new(""), Due: &due, Completed: new(true)})
		return err
	}},
	{name: "CompleteTask", call: func(ctx context.Context, r *rig) error {
		_, err := r.c.CompleteTask(ctx, r.contact, r.task, true)
		return err
	}},
	{name: "DeleteTask", call: func(ctx context.Context, r *rig) error { return r.c.DeleteTask(ctx, r.contact, r.task) }},

	{name: "ContactNotes", call: func(ctx context.Context, r *rig) error { _, err := r.c.ContactNotes(ctx, r.contact); return err }},
	{name: "Note", call: func(ctx context.Context, r *rig) error { _, err := r.c.Note(ctx, r.contact, r.note); return err }},
	{name: "CreateNote", call: func(ctx context.Context, r *rig) error { _, err := r.c.CreateNote(ctx, r.contact, "x"); return err }},
	{name: "UpdateNote", call: func(ctx context.Context, r *rig) error {
		_, err := r.c.UpdateNote(ctx, r.contact, r.note, ghl.NotePatch{
			Title: new("x"), Body: new("y"), Color: new("#000000"), Pinned: new(true), UserID: new(r.user),
		})
		return err
	}},
	{name: "DeleteNote", call: func(ctx context.Context, r *rig) error { return r.c.DeleteNote(ctx, r.contact, r.note) }},

	{name: "Calendars", call: func(ctx context.Context, r *rig) error { _, err := r.c.Calendars(ctx); return err }},
	{name: "Calendar", call: func(ctx context.Context, r *rig) error { _, err := r.c.Calendar(ctx, r.calendar); return err }},
	{name: "Events", call: func(ctx context.Context, r *rig) error {
		_, err := r.c.Events(ctx, r.calendar, july, july.AddDate(0, 1, 0))
		return err
	}},
	{name: "Appointment", call: func(ctx context.Context, r *rig) error { _, err := r.c.Appointment(ctx, r.visit); return err }},
	{name: "ContactAppointments", call: func(ctx context.Context, r *rig) error {
		_, err := r.c.ContactAppointments(ctx, r.contact, r.zone)
		return err
	}},
	{name: "CreateAppointment", call: func(ctx context.Context, r *rig) error {
		p := fullVisit
		p.CalendarID, p.ContactID = &r.calendar, &r.contact
		_, err := r.c.CreateAppointment(ctx, p)
		return err
	}},
	{name: "UpdateAppointment", call: func(ctx context.Context, r *rig) error {
		p := fullVisit
		p.CalendarID = &r.calendar
		_, err := r.c.UpdateAppointment(ctx, r.visit, p)
		return err
	}},
	{name: "DeleteAppointment", call: func(ctx context.Context, r *rig) error { return r.c.DeleteAppointment(ctx, r.visit) }},
	{name: "FreeSlots", call: func(ctx context.Context, r *rig) error {
		_, err := r.c.FreeSlots(ctx, r.calendar, ghl.SlotQuery{From: july, To: july.AddDate(0, 0, 7), Timezone: "America/Denver", User: r.user})
		return err
	}},
	{name: "AppointmentNotes", call: func(ctx context.Context, r *rig) error {
		if _, err := r.c.CreateAppointmentNote(ctx, r.visit, "one"); err != nil {
			return err
		}
		_, err := gather(r.c.AppointmentNotes(ctx, r.visit, ghl.PageQuery{}))
		return err
	}},
	{name: "CreateAppointmentNote", call: func(ctx context.Context, r *rig) error {
		_, err := r.c.CreateAppointmentNote(ctx, r.visit, "one")
		return err
	}},
	{name: "UpdateAppointmentNote", call: func(ctx context.Context, r *rig) error {
		n, err := r.c.CreateAppointmentNote(ctx, r.visit, "one")
		if err != nil {
			return err
		}
		_, err = r.c.UpdateAppointmentNote(ctx, r.visit, n.ID, "two")
		return err
	}},
	{name: "DeleteAppointmentNote", call: func(ctx context.Context, r *rig) error {
		n, err := r.c.CreateAppointmentNote(ctx, r.visit, "one")
		if err != nil {
			return err
		}
		return r.c.DeleteAppointmentNote(ctx, r.visit, n.ID)
	}},

	{name: "Location", call: func(ctx context.Context, r *rig) error { _, err := r.c.Location(ctx); return err }},
	{name: "Tags", call: func(ctx context.Context, r *rig) error { _, err := r.c.Tags(ctx); return err }},
	{name: "Tag", call: func(ctx context.Context, r *rig) error {
		tags, err := r.c.Tags(ctx)
		if err != nil {
			return err
		}
		_, err = r.c.Tag(ctx, tags[0].ID)
		return err
	}},
	{name: "CreateTag", call: func(ctx context.Context, r *rig) error { _, err := r.c.CreateTag(ctx, "new"); return err }},
	{name: "RenameTag", call: func(ctx context.Context, r *rig) error {
		tags, err := r.c.Tags(ctx)
		if err != nil {
			return err
		}
		_, err = r.c.RenameTag(ctx, tags[0].ID, "other")
		return err
	}},
	{name: "DeleteTag", call: func(ctx context.Context, r *rig) error {
		tags, err := r.c.Tags(ctx)
		if err != nil {
			return err
		}
		return r.c.DeleteTag(ctx, tags[0].ID)
	}},
	{name: "FieldDefinitions", call: func(ctx context.Context, r *rig) error { _, err := r.c.FieldDefinitions(ctx); return err }},
	{name: "Users", call: func(ctx context.Context, r *rig) error { _, err := r.c.Users(ctx); return err }},
	{name: "SearchUsers", call: func(ctx context.Context, r *rig) error {
		l, err := r.c.Location(ctx)
		if err != nil {
			return err
		}
		_, err = gather(r.c.SearchUsers(ctx, ghl.UserQuery{CompanyID: l.CompanyID, Text: "uma", IDs: []ghl.UserID{r.user}}))
		return err
	}},
	{name: "User", call: func(ctx context.Context, r *rig) error { _, err := r.c.User(ctx, r.user); return err }},

	{name: "Businesses", call: func(ctx context.Context, r *rig) error {
		_, err := gather(r.c.Businesses(ctx, ghl.PageQuery{}))
		return err
	}},
	{name: "Business", call: func(ctx context.Context, r *rig) error { _, err := r.c.Business(ctx, r.business); return err }},
	{name: "CreateBusiness", call: func(ctx context.Context, r *rig) error { _, err := r.c.CreateBusiness(ctx, fullBusiness); return err }},
	{name: "UpdateBusiness", call: func(ctx context.Context, r *rig) error {
		_, err := r.c.UpdateBusiness(ctx, r.business, fullBusiness)
		return err
	}},
	{name: "DeleteBusiness", call: func(ctx context.Context, r *rig) error { return r.c.DeleteBusiness(ctx, r.business) }},

	{name: "SearchConversations", call: func(ctx context.Context, r *rig) error {
		_, err := gather(r.c.SearchConversations(ctx, ghl.ConversationQuery{Contact: r.contact, Since: time.Unix(1, 0)}))
		return err
	}},
	{name: "Messages", call: func(ctx context.Context, r *rig) error {
		_, err := gather(r.c.Messages(ctx, r.talk, ghl.PageQuery{PageLimit: 1}))
		return err
	}},
	{name: "Message", call: func(ctx context.Context, r *rig) error { _, err := r.c.Message(ctx, r.message); return err }},
	{name: "ExportMessages", call: func(ctx context.Context, r *rig) error {
		for range 12 {
			r.AddMessage(ghltest.Message{ContactID: string(r.contact), Body: "x"})
		}
		_, err := gather(r.c.ExportMessages(ctx, ghl.ExportQuery{
			ByUpdate: true, Since: time.Unix(1, 0), Until: later, Contact: r.contact, Conversation: r.talk, PageLimit: 10,
		}))
		return err
	}},
	{name: "ExportMessages: of a channel", call: func(ctx context.Context, r *rig) error {
		_, err := gather(r.c.ExportMessages(ctx, ghl.ExportQuery{Channel: "SMS"}))
		return err
	}},
	{name: "SendMessage", call: func(ctx context.Context, r *rig) error {
		_, err := r.c.SendMessage(ctx, ghl.NewMessage{
			ContactID: r.contact, Text: "hi", Attachments: []string{"https://example.com/a.png"}, ProviderID: "p", AppointmentID: r.visit,
			From: "+12025550100", To: "+12025550101", At: later,
		})
		return err
	}},
	{name: "AddInbound", call: func(ctx context.Context, r *rig) error {
		_, err := r.c.AddInbound(ctx, ghl.NewMessage{
			ContactID: r.contact, ConversationID: r.talk, Text: "hi", Attachments: []string{"https://example.com/a.png"},
			ProviderID: ghltest.DefaultProvider, At: july,
		})
		return err
	}},
	{name: "AddInbound: by contact alone", call: func(ctx context.Context, r *rig) error {
		_, err := r.c.AddInbound(ctx, ghl.NewMessage{Type: "Custom", ContactID: r.contact, Text: "hi", ProviderID: ghltest.DefaultProvider})
		return err
	}},
	{name: "CancelScheduled", call: func(ctx context.Context, r *rig) error {
		m, err := r.c.SendMessage(ctx, ghl.NewMessage{ContactID: r.contact, Text: "hi", At: later})
		if err != nil {
			return err
		}
		return r.c.CancelScheduled(ctx, m.ID)
	}},
}
