package ghl

import (
	"encoding/json"
	"time"
)

// Named ids, so that mixing them does not compile.
type (
	ContactID      string
	TaskID         string
	NoteID         string
	CalendarID     string
	AppointmentID  string
	UserID         string
	LocationID     string
	TagID          string
	BusinessID     string
	ConversationID string
	MessageID      string
	ProviderID     string // of whom a conversation's messages go through
)

// Contact is a contact as the API shows it, from whichever endpoint. Keys the API leaves out
// and nulls both read as the zero value.
type Contact struct {
	ID           ContactID
	FirstName    string
	LastName     string
	Email        string
	Phone        string
	CompanyName  string
	Address1     string
	City         string
	State        string
	Country      string
	PostalCode   string
	Website      string
	DateOfBirth  string // YYYY-MM-DD, whatever the endpoint's own form is
	Timezone     string // IANA name
	Source       string
	AssignedTo   UserID
	BusinessID   BusinessID
	Tags         []string
	DND          bool
	DNDSettings  map[string]DNDSetting // by channel: SMS, Email, Call, WhatsApp, GMB, FB
	CustomFields []CustomField
	DateAdded    time.Time
	DateUpdated  time.Time // the search index's is a few ms later than the record's
	Deleted      bool
}

// DNDSetting is one channel's do-not-disturb state. Active means opted out.
type DNDSetting struct {
	Status  string `json:"status"` // active, inactive, permanent
	Message string `json:"message,omitempty"`
	Code    string `json:"code,omitempty"`
}

// CustomField is the value of one custom field; its form depends on the field's type.
type CustomField struct {
	ID    string
	Value json.RawMessage
}

// ContactPatch is what a create or an update sends: only the fields that are not nil.
// An empty string clears a field.
type ContactPatch struct {
	FirstName    *string
	LastName     *string
	Email        *string
	Phone        *string
	CompanyName  *string // create only: the update endpoint refuses it
	Address1     *string
	City         *string
	State        *string
	Country      *string
	PostalCode   *string
	Website      *string
	DateOfBirth  *string
	Timezone     *string
	Source       *string
	AssignedTo   *string
	Tags         []string // create only: an update would overwrite all tags
	DND          *bool
	DNDSettings  map[string]DNDSetting
	CustomFields []CustomField
}

// Task is a task of a contact.
type Task struct {
	ID          TaskID
	ContactID   ContactID
	Title       string
	Body        string
	AssignedTo  UserID
	Due         time.Time
	Completed   bool
	Deleted     bool      // only the location-wide search tells
	DateUpdated time.Time // only the location-wide search tells
}

// TaskPatch is what a create or an update of a task sends. A create needs Title and Due.
type TaskPatch struct {
	Title      *string
	Body       *string
	AssignedTo *string
	Due        *time.Time
	Completed  *bool
}

// Note is a note on a contact.
type Note struct {
	ID        NoteID
	ContactID ContactID
	Title     string
	Body      string
	Color     string // such as #FFAA00
	Pinned    bool
	UserID    UserID
	DateAdded time.Time // nothing tells when a note was changed
}

// NotePatch is what an update of a note sends: only the fields that are not nil.
type NotePatch struct {
	Title  *string
	Body   *string
	Color  *string
	Pinned *bool
	UserID *UserID
}

// AppointmentNote is a note on an appointment.
type AppointmentNote struct {
	ID            NoteID
	ContactID     ContactID
	Body          string
	UserID        UserID
	CreatedBy     UserID
	CreatedByName string
	DateAdded     time.Time
}

// Calendar is a calendar of the location.
type Calendar struct {
	ID     CalendarID
	Name   string
	Active bool
	Type   string // round_robin, event, class_booking, collective, service_booking, personal
	Slot   time.Duration

	// What the calendar lets people do with their own appointments. Where it does not say, it does.
	AllowReschedule, AllowCancellation bool
}

// DaySlots are the times of one day at which an appointment may start.
type DaySlots struct {
	Day    string // YYYY-MM-DD in the time zone asked for
	Starts []time.Time
}

// Appointment is a booked event of a calendar.
type Appointment struct {
	ID             AppointmentID
	CalendarID     CalendarID
	ContactID      ContactID
	Title          string
	Status         string // new, confirmed, cancelled, showed, noshow, invalid, active, completed
	Start, End     time.Time
	AssignedUserID UserID
	Address        string
	Notes          string // or the description, where there are none
	Deleted        bool   // a deleted appointment stays readable by id
	DateAdded      time.Time
	DateUpdated    time.Time
}

// AppointmentPatch is what a create or an update of an appointment sends.
type AppointmentPatch struct {
	CalendarID     *CalendarID
	ContactID      *ContactID // create only
	Start, End     *time.Time
	Title          *string
	Status         *string
	AssignedUserID *UserID
	Address        *string
	Notes          *string // the API takes them as the description only
	Notify         *bool   // toNotify; false keeps the CRM's own automations silent
}

// Location is the sub-account everything belongs to.
type Location struct {
	ID                LocationID
	CompanyID         string
	Name              string
	Timezone          string // IANA name; the API also sends old ones such as US/Central
	Phone             string
	Email             string
	Country           string // ISO 3166 alpha-2
	AllowDuplicates   bool
	UniqueIdentifiers []string // in the order in which the CRM matches: email, phone
}

// User is a member of staff.
type User struct {
	ID        UserID
	Name      string
	FirstName string
	LastName  string
	Email     string
	Phone     string
	Deleted   bool
}

// Tag is a tag that the location knows, whether or not a contact has it.
type Tag struct {
	ID   TagID
	Name string
}

// FieldDefinition is a custom field that the location defines for its contacts.
type FieldDefinition struct {
	ID          string
	Name        string
	Key         string // such as contact.pet_name
	DataType    string // such as TEXT, DATE, SINGLE_OPTIONS
	Placeholder string
	Options     []string // to choose from
	Position    int
}

// Business is a company that contacts belong to.
type Business struct {
	ID          BusinessID
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
	DateAdded   time.Time
	DateUpdated time.Time
}

// BusinessPatch is what a create or an update of a business sends. A create needs Name.
type BusinessPatch struct {
	Name        *string
	Phone       *string
	Email       *string
	Website     *string
	Address     *string
	City        *string
	State       *string
	PostalCode  *string
	Country     *string
	Description *string
}
