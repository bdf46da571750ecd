package inbound

import (
	"time"

	"ghlsms/sms/parse"
	"ghlsms/store"
	"ghlsms/sync/wording"
)

// Config is what texts that come in are decided by.
type Config struct {
	Words       *parse.Words      // by which texts are understood; nil: English
	WelcomeTask *wording.Task     // made for a contact that came by text; nil: none
	WelcomeText *wording.Template // nil: none
	HelpText    *wording.Template // nil: a text of our own
	Tag         string            // put on contacts made from a text; empty: none
	StaffUsers  bool              // the CRM's users are staff as well, by their phones
	StaffActs   bool              // staff may act on others by text
	PIN         string            // what staff must begin such a text with; empty: nothing
	Cutoff      time.Duration     // how long before an appointment people may still change it by text

	ReadOnly map[store.Entity]bool // kinds of records of which nothing is written to the CRM
}

// Quota bound what follows from texts. A zero limit is none.
type Quota struct {
	AnswersPerPersonPerHour int
	TasksPerPersonPerDay    int
	TasksPerHour            int // of all together
}
