package sms

import (
	"context"
	"iter"
	"time"
)

// An OptOuter is a gateway that keeps a list of people who opted out. Telling it is an extra
// lock on the door; what decides is our own list.
type OptOuter interface {
	// OptOut enters a number into the list. Doing so again does no harm.
	OptOut(ctx context.Context, p Phone) error
}

// An OptInner is an [OptOuter] whose list can be left again.
type OptInner interface {
	// OptIn takes a number off the list; one that is not on it is no error. After ErrUnknown it
	// must not be repeated blindly: the person may have opted out again in between.
	OptIn(ctx context.Context, p Phone) error
}

// An OptOutLister is a gateway that shows who opted out there, past us: by a link, by a word that
// the gateway itself understood, or by a hand in its own pages.
type OptOutLister interface {
	// RecentOptOuts returns the numbers that opted out lately, each once, oldest first. How far
	// back they go is for the gateway to say, and somebody missing has not opted in again. Beside
	// an error come the numbers that could be read all the same: heed them.
	RecentOptOuts(ctx context.Context) ([]OptedOutNumber, error)
}

// OptedOutNumber is somebody who opted out at the gateway.
type OptedOutNumber struct {
	Phone Phone
	At    time.Time // zero if the gateway does not tell
}

// A Directory is a gateway with an address book: lists, and people on them.
//
// What changes the book answers [ErrUnknown] where it may or may not have done so, as Send does.
// PutPerson and RemovePerson look before they write, so that calling them again is safe, at the
// latest when the gateway shows what it has.
type Directory interface {
	// Lists returns all lists.
	Lists(ctx context.Context) ([]DirectoryList, error)
	// CreateList makes a list. Two calls may make two lists of one name: look at Lists first, and
	// again after ErrUnknown.
	CreateList(ctx context.Context, name string) (DirectoryList, error)
	// People goes through a list, page by page. It ends with the first error, and ends without
	// one only after everybody, as far as the gateway's own counts tell; a list that changed while
	// it was read, or that is gone, is an error. Somebody missing from a complete list is not
	// proof that they were removed: a list may lag.
	People(ctx context.Context, listID string) iter.Seq2[DirectoryPage, error]
	// Person looks for somebody on a list by their phone. It may answer from what was read a minute ago.
	Person(ctx context.Context, listID string, p Phone) (person Person, found bool, err error)
	// PutPerson adds somebody to a list, or changes them, by their phone. Of p it writes phone,
	// names and email, an empty one as empty, and makes no call that changes anything if the
	// gateway has them just so. It returns what the gateway then has, and p with
	// the ID that is known where the gateway does not tell.
	PutPerson(ctx context.Context, listID string, p Person) (Person, error)
	// RemovePerson takes somebody off a list; one who is not on it is no error, and no call that
	// changes anything. See [Caps].RemovesWhole for what else it may take.
	RemovePerson(ctx context.Context, listID string, p Phone) error
}

// DirectoryList is a list of people at the gateway.
type DirectoryList struct {
	ID   string // the gateway's, never empty
	Name string
}

// DirectoryPage is a part of a list.
type DirectoryPage struct {
	People []Person
	Total  int     // how many the list has in all, with those in Bad; 0 if the gateway does not tell
	Bad    []error // one for each row that cannot be read; none shows a number
}

// Person is somebody in a gateway's address book.
type Person struct {
	ID        string // the gateway's, empty if it does not tell
	Phone     Phone  // E.164, by which a person is known; a gateway may have two rows of one
	FirstName string
	LastName  string
	Email     string
	UpdatedAt time.Time // zero if the gateway does not tell
	OptedOut  bool      // the gateway says so; false says nothing
}

// A Balancer is a gateway whose account has a balance.
type Balancer interface {
	Balance(ctx context.Context) (Balance, error)
}

// Balance is what is left in an account.
type Balance struct {
	Amount   float64
	Currency string // as the gateway writes it, such as EUR; may be empty
}
