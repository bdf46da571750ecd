package ghltest

import (
	"maps"
	"slices"
	"time"
)

// Contact is a contact as the location keeps it.
type Contact struct {
	ID           string
	FirstName    string
	LastName     string
	Email        string
	Phone        string // E.164
	Timezone     string
	Source       string
	CompanyName  string
	Address1     string
	City         string
	State        string
	Country      string
	PostalCode   string
	Website      string
	DateOfBirth  string // YYYY-MM-DD
	AssignedTo   string
	BusinessID   string
	Tags         []string // lower case
	DND          bool
	DNDSettings  map[string]DNDSetting // by channel: SMS, Email, Call, WhatsApp, GMB, FB, RCS
	CustomFields []CustomField
	DateAdded    time.Time
	DateUpdated  time.Time
	Deleted      bool
}

// DNDSetting is one channel's do-not-disturb state. Active means opted out.
type DNDSetting struct {
	Status  string `json:"status"` // active, inactive, permanent
	Message string `json:"message,omitempty"`
	Code    string `json:"code,omitempty"`
}

// CustomField is the value of one custom field of a contact.
type CustomField struct {
	ID    string `json:"id"`
	Value any    `json:"value"`
}

// Field is a custom field that the location defines. Key is what a write may use instead of ID.
type Field struct {
	ID       string
	Name     string
	Key      string // such as contact.pet_name
	DataType string // default TEXT
}

// Task is a task of a contact.
type Task struct {
	ID          string
	ContactID   string
	Title       string
	Body        string
	AssignedTo  string
	Due         time.Time
	Completed   bool
	Deleted     bool // removed by a person
	Unlisted    bool // deleted over the API: in none of its answers, yet still on the screen
	DateAdded   time.Time
	DateUpdated time.Time
}

// Note is a note on a contact.
type Note struct {
	ID          string
	ContactID   string
	Body        string
	Title       string
	Color       string
	UserID      string
	Pinned      bool
	Deleted     bool
	DateAdded   time.Time
	DateUpdated time.Time // never shown by the API
}

// Calendar is a calendar of the location.
type Calendar struct {
	ID       string
	Name     string
	Type     string        // default event
	Slot     time.Duration // default 30 minutes
	Members  []string      // user ids
	Inactive bool

	NoReschedule, NoCancellation bool // people may not do that themselves
}

// Appointment is a booked event of a calendar.
type Appointment struct {
	ID             string
	CalendarID     string
	ContactID      string
	Title          string
	Status         string // new, confirmed, cancelled, showed, noshow, invalid
	AssignedUserID string
	Address        string
	Notes          string
	Start, End     time.Time
	Deleted        bool
	DateAdded      time.Time
	DateUpdated    time.Time
}

// AppointmentNote is a note on an appointment.
type AppointmentNote struct {
	ID            string
	AppointmentID string
	Body          string
	UserID        string
	Deleted       bool
	DateAdded     time.Time
}

// Business is a company that contacts belong to.
type Business struct {
	ID          string
	Name        string
	Phone       string
	Email       string
	Website     string
	Address     string
	City        string
	State       string
	PostalCode  string
	Country     string
	Description string
	Deleted     bool
	DateAdded   time.Time
	DateUpdated time.Time
}

// Message is a message of a contact's conversation, or, with Activity, something that happened.
type Message struct {
	ID             string
	ConversationID string
	ContactID      string
	Type           string // default TYPE_SMS
	Body           string
	Direction      string // inbound or outbound
	Status         string // pending, scheduled, sent, delivered, failed, read
	Source         string
	ProviderID     string
	Attachments    []string
	Activity       string    // such as appointment_created
	AppointmentID  string    // what it is about
	Scheduled      time.Time // when it is to be sent
	Deleted        bool      // cancelled before it was sent
	DateAdded      time.Time
	DateUpdated    time.Time
}

// User is a member of staff.
type User struct {
	ID        string
	FirstName string
	LastName  string
	Email     string
	Phone     string
	Deleted   bool
}

func (c Contact) clone() Contact {
	c.Tags = slices.Clone(c.Tags)
	c.DNDSettings = maps.Clone(c.DNDSettings)
	c.CustomFields = slices.Clone(c.CustomFields)
	return c
}

func (c Contact) fullName() string { return join(c.FirstName, c.LastName) }

func (u User) fullName() string { return join(u.FirstName, u.LastName) }

func (c Calendar) clone() Calendar {
	c.Members = slices.Clone(c.Members)
	return c
}

// A table keeps rows in order of creation, and by what they belong to. Rows are never
// dropped: what is deleted stays behind with its mark.
type table[R any] struct {
	byID map[string]*R
	all  []*R
	of   map[string][]*R
}

func (t *table[R]) add(id, owner string, row *R) {
	if t.byID == nil {
		t.byID, t.of = map[string]*R{}, map[string][]*R{}
	}
	t.byID[id] = row
	t.all = append(t.all, row)
	t.of[owner] = append(t.of[owner], row)
}

// move gives all rows of one contact to another.
func (t *table[R]) move(from, to string) {
	if rows := t.of[from]; len(rows) > 0 {
		t.of[to] = append(t.of[to], rows...)
		delete(t.of, from)
	}
}
