// Package ghltest is a sandbox of the HighLevel API v2: one location with contacts, tasks, notes,
// calendars, appointments, businesses and conversations, kept in memory and spoken to over raw
// HTTP. It imitates the API as it behaves, not as it is documented, and it can be made to fail on
// demand.
//
// It knows nothing of the client that talks to it and needs no *testing.T, so that a demonstration
// can run on it as well as a test.
//
// # Two doors
//
// The API is the one door: [Sandbox.ServeHTTP], mounted by [Sandbox.Serve] on loopback or by
// [Sandbox.Pipe] in memory, where it works inside a testing/synctest bubble. What comes through it
// is authorised, counted against the rate limits and written to [Sandbox.Log].
//
// The other door is for the people who work in the CRM's own screens: AddContact, EditTask,
// RemoveAppointment and so on. It is not checked, not counted and not logged.
//
// # What is there
//
// Lists such as [Sandbox.Contacts] hold what a person sees on the screen now, in order of
// creation. Single records such as [Sandbox.Contact] are also found after their deletion, with
// Deleted set. All are copies.
//
// # What it imitates
//
//   - A missing or unknown Version header is a 401, and so is a missing scope.
//   - A missing record is a 400, an unknown property a 422, a duplicate contact a 400 that names
//     the contact that is already there.
//   - The contact search runs [Options].IndexLag behind, shows a dateUpdated of its own that is a
//     few milliseconds later than the record's, pages by the searchAfter inside each row, and
//     refuses to page by number past 10 000 rows.
//   - Search rows have explicit nulls where the record leaves keys out.
//   - The task search answers 201, with _id instead of id and without a total.
//   - A task deleted over the API is gone from every answer and still on people's screens.
//   - A deleted appointment stays readable by its id. Creating or changing one answers without
//     its times.
//   - Free slots are those of working hours that nobody has booked or blocked, and booking another, or
//     one that has begun, is a 400.
//   - What happens to an appointment leaves a trace in its contact's conversation, save its deletion.
//   - The messages of a conversation are one level deeper than documented.
//   - An inbound message without its provider is a 201 with nothing in it, and is lost; with a wrong
//     one it is a 500.
//   - Cancelling a message that is on its way already answers 200, with a 404 in the body.
//   - Six rate-limit headers, two fixed windows, and a 429 without Retry-After.
//   - A refresh token works once, and once more within 30 seconds.
//
// Where nobody outside HighLevel knows what the API does, the sandbox does what is harder for a
// client: writing a task, a note or an appointment does not move its contact's dateUpdated, and
// neither does renaming or deleting a tag that it has. A text to a contact that opted out is
// refused.
package ghltest
