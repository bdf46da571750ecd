package plan

import (
	"slices"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/hours"
	"ghlsms/sync/inbound"
	"ghlsms/sync/merge"
	"ghlsms/sync/record"
	"ghlsms/sync/remind"
	"ghlsms/sync/rule"
	"ghlsms/sync/trouble"
)

// Config are what the owner wants.
type Config struct {
	Location      string          // the CRM's id
	Timezone      *time.Location  // where neither contact nor location has one
	Region        string          // ISO 3166 country for numbers without +
	From          string          // sender number or name
	Business      string          // how we call ourselves; empty: the location's name
	Language      string          // the owner's, by its code; empty: English
	LanguageField string          // the field of a contact that names their language, the owner's name or the mirror's; empty: none
	Fields        record.OwnNames // the owner's names for fields of contacts
	Staff         []sms.Phone
	Inbound       inbound.Config // what people text
	Reminders     []remind.Rule
	Rules         []rule.Rule            // what happens when something happens
	TextingHours  *hours.Texting         // when people may be texted, by their clock; nil: always
	Clock         hours.Whose            // that texts keep; empty: the recipient's
	Clocks        map[string]hours.Whose // those of texts about appointments, by the calendar's id or name

	// ConversationProvider is whom the CRM takes texts from that are kept in their contact's
	// conversation; empty: they are kept as notes.
	ConversationProvider string

	Past, Ahead time.Duration // the window of appointments that is mirrored
	SettleAfter time.Duration // how long to wait before asking about an unknown outcome
	Limits      Limits
	StaleAfter  time.Duration // a source unread for longer is an alarm; 0: none is
	// UndecidedAfter is how long a reminder that is due may wait for its decision before that is an alarm;
	// 0: as long as it likes.
	UndecidedAfter time.Duration
	AgainAfter     time.Duration // trouble that goes on is told again after that
	StaffUntold    bool          // staff get no text about either; it is trouble all the same
	Merge          map[store.Entity]merge.Rule
	Notes          NotesRule
	Book           *merge.BookRule // nil: the gateway's address book is left alone
	LowBalance     float64         // less in the gateway's account is a trouble; 0: none is
	OAuth          bool            // the CRM lets us in by OAuth
	Identity       string          // tells one token's owner from another's; empty: not known
}

// TroubleLook is what troubles are looked for by.
func (r *Config) TroubleLook() trouble.Look {
	l := trouble.Look{StaleAfter: r.StaleAfter, UndecidedAfter: r.UndecidedAfter, LowBalance: r.LowBalance, OAuth: r.OAuth, Zone: r.Timezone, AgainAfter: r.AgainAfter}
	for i := range r.Reminders {
		l.Calendars = append(l.Calendars, r.Reminders[i].If.Calendar...)
	}
	for i := range r.Rules {
		l.Calendars = append(l.Calendars, r.Rules[i].If.Calendar...)
	}
	slices.Sort(l.Calendars)
	l.Calendars = slices.Compact(l.Calendars)
	return l
}

// inbound is what texts are decided by.
func (r *Config) inbound() *inbound.Config {
	in := r.Inbound
	in.ReadOnly = map[store.Entity]bool{}
	for e, one := range r.Merge {
		in.ReadOnly[e] = one.ReadOnly
	}
	return &in
}

// rule is what the owner's rules are decided by.
func (r *Config) rule() *rule.Config { return &rule.Config{Staff: r.Staff, Ahead: r.Ahead} }

// NotesRule says how often notes are read, which the CRM shows for one contact at a time only.
type NotesRule struct {
	Every time.Duration // each contact's at least that often; 0: never
	Calls int           // at most so many calls a cycle
}

// Longest is how long before an appointment its first reminder may leave.
func (r *Config) Longest() (d time.Duration) {
	const day = 24 * time.Hour
	for _, one := range r.Reminders {
		if one.At != nil {
			d = max(d, time.Duration(one.DaysBefore+1)*day)
		}
		d = max(d, one.Before)
	}
	if r.TextingHours != nil {
		d += day
	}
	return d
}

// Limits are the brakes. A zero limit is none.
type Limits struct {
	TextsPerHour         int
	TextsPerDay          int
	TextsPerPersonPerDay int
	NewContactsPerHour   int
	NewContactsPerDay    int
	inbound.Quota
	GoneShare    float64 // of one kind of record that may vanish at once
	GoneMost     int     // so many of one kind may vanish at once
	ChangedShare float64 // of one kind of record that may change at once
}
