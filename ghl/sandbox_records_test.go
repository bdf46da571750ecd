package ghl_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"ghlsms/ghl"
	"ghlsms/ghl/ghltest"
)

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func TestBusinesses(t *testing.T) {
	r := newRig(t, ghltest.Options{})
	ctx := t.Context()
	made := must[ghl.Business](t)(r.c.CreateBusiness(ctx, fullBusiness))
	want := ghl.Business{
		ID: made.ID, Name: "Emca", Phone: "+12025550199", Email: "b@example.com", Website: "https://example.com", Address: "1 St",
		City: "Reno", State: "NV", PostalCode: "89501", Country: "US", Description: "nice", DateAdded: made.DateAdded, DateUpdated: made.DateUpdated,
	}
	same(t, "created", made, want)
	same(t, "read", must[ghl.Business](t)(r.c.Business(ctx, made.ID)), want)
	changed := must[ghl.Business](t)(r.c.UpdateBusiness(ctx, made.ID, ghl.BusinessPatch{City: new("")}))
	want.City, want.DateUpdated = "", changed.DateUpdated
	same(t, "changed", changed, want)

	if err := r.c.SetBusiness(ctx, []ghl.ContactID{r.contact, r.other}, made.ID); err != nil {
		t.Fatal(err)
	}
	if c := must[ghl.Contact](t)(r.c.Contact(ctx, r.other)); c.BusinessID != made.ID {
		t.Errorf("contact %+v", c)
	}
	if err := r.c.SetBusiness(ctx, []ghl.ContactID{r.contact}, ""); err != nil {
		t.Fatal(err)
	}
	staff := must[[]ghl.Contact](t)(gather(r.c.BusinessContacts(ctx, made.ID, ghl.PageQuery{})))
	if len(staff) != 1 || staff[0].ID != r.other {
		t.Errorf("contacts %+v", staff)
	}
	if err := r.c.DeleteBusiness(ctx, made.ID); err != nil {
		t.Fatal(err)
	}
	if n := len(r.Businesses()); n != 1 {
		t.Errorf("%d are left", n)
	}
}

func TestNotes(t *testing.T) {
	r := newRig(t, ghltest.Options{})
	ctx := t.Context()
	n := must[ghl.Note](t)(r.c.UpdateNote(ctx, r.contact, r.note, ghl.NotePatch{Body: new("bye"), Pinned: new(true)}))
	same(t, "note", n, ghl.Note{
		ID: r.note, ContactID: r.contact, Title: "T", Body: "bye", Color: "#FFAA00", Pinned: true, UserID: r.user, DateAdded: n.DateAdded,
	})
	same(t, "read", must[ghl.Note](t)(r.c.Note(ctx, r.contact, r.note)), n)
	if err := r.c.DeleteNote(ctx, r.contact, r.note); err != nil || len(r.Notes()) != 0 {
		t.Errorf("%v, %d are left", err, len(r.Notes()))
	}
	a := must[ghl.AppointmentNote](t)(r.c.CreateAppointmentNote(ctx, r.visit, "one"))
	a = must[ghl.AppointmentNote](t)(r.c.UpdateAppointmentNote(ctx, r.visit, a.ID, "two"))
	if a.Body != "two" || a.ContactID != r.contact || a.CreatedByName == "" || a.CreatedBy == "" {
		t.Errorf("note %+v", a)
	}
	if err := r.c.DeleteAppointmentNote(ctx, r.visit, a.ID); err != nil || len(r.AppointmentNotes()) != 0 {
		t.Errorf("%v, %d are left", err, len(r.AppointmentNotes()))
	}
}

func TestLocationsThings(t *testing.T) {
	r := newRig(t, ghltest.Options{})
	ctx := t.Context()
	tag := must[ghl.Tag](t)(r.c.CreateTag(ctx, "Gold"))
	same(t, "tag", must[ghl.Tag](t)(r.c.RenameTag(ctx, tag.ID, "silver")), ghl.Tag{ID: tag.ID, Name: "silver"})
	same(t, "tags", r.Tags(), []string{"silver", "vip"})
	if err := r.c.DeleteTag(ctx, tag.ID); err != nil {
		t.Fatal(err)
	}
	left := must[[]ghl.Tag](t)(r.c.Tags(ctx))
	if len(left) != 1 || must[ghl.Tag](t)(r.c.Tag(ctx, left[0].ID)).Name != "vip" {
		t.Errorf("tags %+v", left)
	}
	same(t, "fields", must[[]ghl.FieldDefinition](t)(r.c.FieldDefinitions(ctx)),
		[]ghl.FieldDefinition{{ID: petField, Name: "Pet", Key: "contact.pet", DataType: "TEXT", Position: 50}})
	same(t, "calendar", must[ghl.Calendar](t)(r.c.Calendar(ctx, r.calendar)),
		ghl.Calendar{ID: r.calendar, Name: "Dentist", Active: true, Type: "event", Slot: 30 * time.Minute, AllowReschedule: true, AllowCancellation: true})
	same(t, "user", must[ghl.User](t)(r.c.User(ctx, r.user)),
		ghl.User{ID: r.user, Name: "Uma Thor", FirstName: "Uma", LastName: "Thor", Email: "uma@example.com", Phone: "+12025550112"})
}

// A merged contact's conversation goes on under the other's name.
func TestMergedConversation(t *testing.T) {
	r := newRig(t, ghltest.Options{})
	r.MergeContacts(string(r.other), string(r.contact))
	talks := must[[]ghl.Conversation](t)(gather(r.c.SearchConversations(t.Context(), ghl.ConversationQuery{})))
	if len(talks) != 1 || talks[0].ContactID != r.other {
		t.Fatalf("conversations %+v", talks)
	}
	said := must[[]ghl.Message](t)(gather(r.c.Messages(t.Context(), talks[0].ID, ghl.PageQuery{})))
	if !slices.ContainsFunc(said, func(m ghl.Message) bool { return m.ID == r.message }) {
		t.Errorf("messages %+v", said)
	}
}
