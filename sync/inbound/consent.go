package inbound

import (
	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/wording"
)

// Texts about consent.

func (d *Decision) optOut(c Case, w wording.World) {
	d.OptOut, d.Purpose = true, store.ForOptOut
	if c.OptOut != nil {
		d.say("opted out", "was opted out already", "")
		return
	}
	d.say("opted out", "asked to stop", replyStopped(w.Business))
}

// optIn lifts what the person may lift: their own opt-out, not one that staff set in the CRM.
func (d *Decision) optIn(c Case, w wording.World) {
	switch {
	case c.OptOut != nil && ownWord(c.OptOut) && barred(c.Contact):
		d.OptIn = true
		d.say("opted in", "lifted the own opt-out; the CRM still forbids texts, and only staff can lift that", "")
	case c.OptOut != nil && ownWord(c.OptOut):
		d.OptIn = true
		d.say("opted in", "lifted the own opt-out", replyStarted(w.Business))
	case c.OptOut != nil || record.Blocked(c.Contact):
		d.say("opt-in refused", "the opt-out was not set by text: staff must lift it", "")
	default:
		d.say("opted in", "was not opted out", replyStarted(w.Business))
	}
}

// ownWord tells whether an opt-out came from the person: by a text to us or to the gateway.
func ownWord(o *store.OptOut) bool { return o.Source == "text" || o.Source == "gateway" }

// barred tells whether a contact's record forbids texts in a way that a START cannot lift.
func barred(contact *store.Record) bool {
	return contact != nil && (contact.Get(store.DND) == "true" || contact.Get(store.DNDSMS) == "permanent")
}
