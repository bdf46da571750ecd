package store

const MetaRestored = "restored"

// MetaList is the gateway's id of the list that is kept in step.
const MetaList = "book.list"
