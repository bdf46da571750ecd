package store

// Kinds are all kinds of intents, in the order in which they are told.
var Kinds = []Kind{
	SendText, CreateContact, UpdateContact, TagContact, UntagContact, DeleteContact,
	CreateTask, UpdateTask, CompleteTask, DeleteTask, CreateNote, UpdateNote, AddMessage, DeleteNote,
	UpdateAppointment, DeleteAppointment, PutEntry, RemoveEntry, TellOptOut, TellOptIn,
}
