package store

// The sources that are read, by the names their cursors have.
const (
	SourceContacts     = "crm.contacts"
	SourceTasks        = "crm.tasks"
	SourceAppointments = "crm.appointments"
	SourceLocation     = "crm.location"
	SourceCalendars    = "crm.calendars"
	SourceUsers        = "crm.users"
	SourceNotes        = "crm.notes"
	SourceFields       = "crm.fields"
	SourceSlots        = "crm.slots"
	SourceSweep        = "crm.sweep"
	SourceInbound      = "sms.inbound"
	SourceDelivery     = "sms.delivery"
	SourceOptOuts      = "sms.optouts"
	SourceBook         = "sms.book"
	SourceBalance      = "sms.balance"

	// SourcePlanning is listed as a failing source while there are records that cannot be planned.
	SourcePlanning = "planning"
	// SourceCycle stands for what is no source's: it failed if a cycle did for another reason. It is not among [Tx.Sources].
	SourceCycle = "plan.cycle"
)

// Watched are the sources that people depend on: staff are told when they fall silent.
var Watched = []string{SourceContacts, SourceTasks, SourceAppointments, SourceInbound}
