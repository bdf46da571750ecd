package ghltest

import (
	"cmp"
	"slices"
	"time"
)

// AddContact adds a contact as a person does on the screen: nobody checks for duplicates. Without
// ID and dates it gets some. It returns the contact as the CRM keeps it.
func (s *Sandbox) AddContact(c Contact) Contact {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.enter(&contact{Contact: c.clone()}, clock()).clone()
}

// EditContact changes a contact. It panics if there is none with that id, as do all methods here:
// a test that edits what is not there is wrong.
func (s *Sandbox) EditContact(id string, edit func(*Contact)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.mustFind(id).copy()
	edit(&next.Contact)
	s.touch(next)
}

// RemoveContact deletes a contact. Its tasks, notes and appointments stay.
func (s *Sandbox) RemoveContact(id string) {
	s.EditContact(id, func(c *Contact) { c.Deleted = true })
}

// UndeleteContact brings a deleted contact back under its old id.
func (s *Sandbox) UndeleteContact(id string) {
	s.EditContact(id, func(c *Contact) { c.Deleted = false })
}

// MergeContacts gives all that the absorbed contact has to the other one, where that has nothing
// of its own. The absorbed id is no longer known to the API.
func (s *Sandbox) MergeContacts(keep, absorbed string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, gone := s.mustFind(keep).copy(), s.mustFind(absorbed).copy()
	from, to := gone.Contact.texts(), kept.Contact.texts()
	for i := range to {
		*to[i] = cmp.Or(*to[i], *from[i])
	}
	kept.Tags = append(kept.Tags, gone.Tags...)
	gone.Deleted, gone.merged = true, true
	s.touch(gone)
	s.touch(kept)
	for _, t := range s.tasks.of[absorbed] {
		t.ContactID = keep
	}
	for _, n := range s.notes.of[absorbed] {
		n.ContactID = keep
	}
	for _, a := range s.appointments.of[absorbed] {
		a.ContactID = keep
	}
	s.joinConversations(absorbed, keep)
	s.tasks.move(absorbed, keep)
	s.notes.move(absorbed, keep)
	s.appointments.move(absorbed, keep)
	s.taskOrder = nil
}

func (c *Contact) texts() []*string {
	return []*string{
		&c.FirstName, &c.LastName, &c.Email, &c.Phone, &c.Timezone, &c.Source, &c.CompanyName, &c.Address1,
		&c.City, &c.State, &c.Country, &c.PostalCode, &c.Website, &c.DateOfBirth, &c.AssignedTo,
	}
}

func (s *Sandbox) mustFind(id string) *contact {
	c := s.contacts[id]
	if c == nil || c.merged {
		panic("ghltest: no contact " + id)
	}
	return c
}

// AddTask adds a task. Its contact must be there.
func (s *Sandbox) AddTask(t Task) Task {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustFind(t.ContactID)
	return s.enterTask(t)
}

// EditTask changes a task.
func (s *Sandbox) EditTask(id string, edit func(*Task)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := must(s.tasks.byID, "task", id)
	edit(t)
	s.touchTask(t)
}

// RemoveTask deletes a task.
func (s *Sandbox) RemoveTask(id string) { s.EditTask(id, func(t *Task) { t.Deleted = true }) }

// AddNote adds a note. Its contact must be there.
func (s *Sandbox) AddNote(n Note) Note {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustFind(n.ContactID)
	return s.enterNote(n)
}

// EditNote changes a note.
func (s *Sandbox) EditNote(id string, edit func(*Note)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := must(s.notes.byID, "note", id)
	edit(n)
	n.DateUpdated = clock()
}

// RemoveNote deletes a note.
func (s *Sandbox) RemoveNote(id string) { s.EditNote(id, func(n *Note) { n.Deleted = true }) }

// AddCalendar adds a calendar.
func (s *Sandbox) AddCalendar(c Calendar) Calendar {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.ID == "" {
		c.ID = s.newID("calendar")
	}
	c.Name, c.Type = cmp.Or(c.Name, "Calendar"), cmp.Or(c.Type, "event")
	c.Slot = cmp.Or(c.Slot, defaultSlot)
	c = c.clone()
	s.calendars = append(s.calendars, &c)
	return c.clone()
}

// EditCalendar changes a calendar.
func (s *Sandbox) EditCalendar(id string, edit func(*Calendar)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.calendar(id)
	if c == nil {
		panic("ghltest: no calendar " + id)
	}
	edit(c)
}

// RemoveCalendar deletes a calendar. Its appointments stay.
func (s *Sandbox) RemoveCalendar(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calendars = slices.DeleteFunc(s.calendars, func(c *Calendar) bool { return c.ID == id })
}

// AddAppointment books an appointment, even over another one. Its contact must be there. Without
// a calendar it goes to the first one there is, without an end it lasts as long as a slot.
func (s *Sandbox) AddAppointment(a Appointment) Appointment {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustFind(a.ContactID)
	if a.CalendarID == "" && len(s.calendars) > 0 {
		a.CalendarID = s.calendars[0].ID
	}
	return s.addAppointment(a)
}

// EditAppointment changes an appointment.
func (s *Sandbox) EditAppointment(id string, edit func(*Appointment)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := must(s.appointments.byID, "appointment", id)
	before := *a
	edit(a)
	a.DateUpdated = clock()
	s.tellChange(before, a)
}

// RemoveAppointment deletes an appointment. The API still shows it by id, with deleted:true.
func (s *Sandbox) RemoveAppointment(id string) {
	s.EditAppointment(id, func(a *Appointment) { a.Deleted = true })
}

// RemoveUser sets a member of staff to deleted.
func (s *Sandbox) RemoveUser(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.user(id).Deleted = true
}

// AddUser adds a member of staff.
func (s *Sandbox) AddUser(u User) User {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.ID == "" {
		u.ID = s.newID("user")
	}
	u.Phone = normalPhone(u.Phone)
	s.users = append(s.users, &u)
	return u
}

// AddField defines a custom field of contacts.
func (s *Sandbox) AddField(f Field) Field {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.ID == "" {
		f.ID = s.newID("field")
	}
	f.DataType = cmp.Or(f.DataType, "TEXT")
	s.fields = append(s.fields, f)
	return f
}

func must[R any](rows map[string]*R, what, id string) *R {
	row := rows[id]
	if row == nil {
		panic("ghltest: no " + what + " " + id)
	}
	return row
}

// Contacts returns all contacts that are not deleted.
func (s *Sandbox) Contacts() []Contact {
	s.mu.Lock()
	defer s.mu.Unlock()
	var rows []Contact
	for _, c := range s.people {
		if !c.Deleted {
			rows = append(rows, c.clone())
		}
	}
	return rows
}

// Contact returns one contact, even if it is deleted.
func (s *Sandbox) Contact(id string) (Contact, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.contacts[id]
	if c == nil {
		return Contact{}, false
	}
	return c.clone(), true
}

// Tasks returns all tasks that people see: those deleted over the API are among them, Unlisted.
func (s *Sandbox) Tasks() []Task {
	return shown(s, &s.tasks, func(t Task) bool { return !t.Deleted })
}

// Task returns one task, even if it is deleted.
func (s *Sandbox) Task(id string) (Task, bool) { return one(s, &s.tasks, id) }

// Notes returns all notes that are not deleted.
func (s *Sandbox) Notes() []Note {
	return shown(s, &s.notes, func(n Note) bool { return !n.Deleted })
}

// Note returns one note, even if it is deleted.
func (s *Sandbox) Note(id string) (Note, bool) { return one(s, &s.notes, id) }

// Appointments returns all appointments that are not deleted, also the cancelled ones.
func (s *Sandbox) Appointments() []Appointment {
	return shown(s, &s.appointments, func(a Appointment) bool { return !a.Deleted })
}

// Appointment returns one appointment, even if it is deleted.
func (s *Sandbox) Appointment(id string) (Appointment, bool) { return one(s, &s.appointments, id) }

// Calendars returns all calendars.
func (s *Sandbox) Calendars() []Calendar {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := make([]Calendar, len(s.calendars))
	for i, c := range s.calendars {
		rows[i] = c.clone()
	}
	return rows
}

// Users returns all members of staff.
func (s *Sandbox) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := make([]User, len(s.users))
	for i, u := range s.users {
		rows[i] = *u
	}
	return rows
}

// Tags returns every tag that a contact has or had, in alphabetical order.
func (s *Sandbox) Tags() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, t := range s.tags {
		names = append(names, t.name)
	}
	return slices.Sorted(slices.Values(names))
}

func shown[R any](s *Sandbox, t *table[R], visible func(R) bool) []R {
	s.mu.Lock()
	defer s.mu.Unlock()
	var rows []R
	for _, row := range t.all {
		if visible(*row) {
			rows = append(rows, *row)
		}
	}
	return rows
}

func one[R any](s *Sandbox, t *table[R], id string) (row R, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if there := t.byID[id]; there != nil {
		return *there, true
	}
	return row, false
}

const defaultSlot = 30 * time.Minute

// AddMessage adds a message, such as one that a contact wrote. Its contact must be there.
func (s *Sandbox) AddMessage(m Message) Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustFind(m.ContactID)
	m.Direction, m.Status = cmp.Or(m.Direction, "inbound"), cmp.Or(m.Status, "delivered")
	return s.say(m)
}

// EditMessage changes a message, such as when its carrier tells that it arrived.
func (s *Sandbox) EditMessage(id string, edit func(*Message)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := must(s.messages.byID, "message", id)
	edit(m)
	m.DateUpdated = clock()
}

// Messages returns all messages, and what happened to contacts, that were not cancelled.
func (s *Sandbox) Messages() []Message {
	return shown(s, &s.messages, func(m Message) bool { return !m.Deleted })
}

// Message returns one message, even if it was cancelled.
func (s *Sandbox) Message(id string) (Message, bool) { return one(s, &s.messages, id) }

// AddBusiness adds a company. Contacts belong to it by their BusinessID.
func (s *Sandbox) AddBusiness(b Business) Business {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.enterBusiness(b)
}

// Businesses returns all companies that are not deleted.
func (s *Sandbox) Businesses() []Business {
	return shown(s, &s.businesses, func(b Business) bool { return !b.Deleted })
}

// AppointmentNotes returns all notes on appointments that are not deleted.
func (s *Sandbox) AppointmentNotes() []AppointmentNote {
	return shown(s, &s.visitNotes, func(n AppointmentNote) bool { return !n.Deleted })
}
