// Package smstest is a sandbox of the SMS.to API: one account with the texts it sent, the texts
// that came in, a list of people who opted out and an address book, kept in memory and spoken to
// over raw HTTP. It can be made to fail on demand.
//
// It knows nothing of the client that talks to it and needs no *testing.T, so that a
// demonstration can run on it as well as a test.
//
// # Two doors
//
// The API is the one door: [Sandbox.ServeHTTP], mounted by [Sandbox.Serve] on loopback or by
// [Sandbox.Pipe] in memory, where it works inside a testing/synctest bubble. One handler answers
// for all three hosts of the real service (api.sms.to, sms.to, auth.sms.to). What comes through
// it is authorised and written to [Sandbox.Log].
//
// The other door is for the people with telephones: [Sandbox.Text] is a text somebody sends us,
// [Sandbox.Sent] what they got from us; and for those who edit the address book in the vendor's own
// pages: [Sandbox.PutPersonByHand], [Sandbox.People]. It is neither checked nor logged.
//
// # What it imitates
//
//   - POST /sms/send accepts one recipient and answers with a message_id; it knows no reference
//     and sends the same text twice when asked twice.
//   - A text is QUEUED, then SENT, then DELIVERED, by the clock. One to a person who opted out is
//     accepted and becomes UNSUBSCRIBED.
//   - GET /message/{id} and the paginated GET /v2/messages, whose rows mix integers, nulls and
//     two forms of time, and which may lag behind.
//   - GET /v1/recent/inbound-sms shows the newest texts only, times to the second.
//   - GET /v1/recent/optouts, and POST /v1/people/contacts/optout and optin, for the account.
//   - GET and POST /v1/people/lists and contacts: a contact is one row of the account by their
//     number, on any number of lists. It keeps the number without the plus sign and trims names;
//     POST contacts/create with a known number changes what it names and adds to the lists.
//     POST contacts/delete-phone takes a number off the lists it names, or deletes it.
//   - Errors are {"success":false,"message":…} with 400, 401, 402, 404, 415 and 429.
//
// The shape of the inbound list and the zone of the query times are documented nowhere. The
// sandbox can show the list in several shapes, and reads the times as UTC. Nor is documented what
// writing to the address book answers beyond success, what a known number does in contacts/create,
// and whether delete-phone heeds the lists it names: see [Sandbox.TerseWrites] and
// [Sandbox.DeletesWhole].
package smstest
