package store

// MetaRestored is until when a mirror that was put back from a copy missed what happened.
const MetaRestored = "restored"

// MetaList is the gateway's id of the list that is kept in step.
const MetaList = "book.list"
