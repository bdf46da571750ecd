package ghl

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

var (
	// ErrNotFound: the API knows no such record (404, or a 400 that says so).
	ErrNotFound = errors.New("not found")
	// ErrUnavailable: nothing was done. The request was certainly not written, or it was a read
	// that got no usable answer.
	ErrUnavailable = errors.New("unavailable")
	// ErrUnknown: a write may or may not have been done: a timeout or reset once there was a
	// connection, a 5xx, an unreadable 2xx, or the 422 with which GHL has created contacts.
	ErrUnknown = errors.New("outcome unknown")
	// ErrInvalid: the caller asked for something that cannot be right. No request was made.
	ErrInvalid = errors.New("invalid call")
)

// Error is a call that failed. Err is the verdict; see the package comment.
type Error struct {
	Method  string
	Path    string // relative to the base URL, without query
	Status  int    // 0 if there was no answer
	Message string // what the API said, redacted
	TraceID string // what GHL's support asks for
	Err     error
}

func (e *Error) Error() string {
	what := e.Message
	switch {
	case what == "":
		what = e.Err.Error()
	case errors.Is(e.Err, ErrUnknown):
		what += " (" + ErrUnknown.Error() + ")"
	}
	if e.Status != 0 {
		what = fmt.Sprintf("%d %s", e.Status, what)
	}
	return "ghl: " + e.Method + " " + e.Path + ": " + what
}

func (e *Error) Unwrap() error { return e.Err }

// RateLimitError says that the location's calls are used up, either by a 429 or known before the
// wire. Nothing was done.
type RateLimitError struct {
	RetryAfter time.Duration
	Daily      bool // the day's calls are used up, not just the burst
}

func (e *RateLimitError) Error() string {
	kind := "rate limit"
	if e.Daily {
		kind = "daily rate limit"
	}
	return fmt.Sprintf("%s, retry after %s", kind, e.RetryAfter.Round(time.Millisecond))
}

// AuthError says that the token is refused, or, with Scope, that it lacks the right for this one
// endpoint while others may go on, or, with Location, that it is another location's. Status is 0 if the token source
// had no token to give.
type AuthError struct {
	Status   int
	Message  string
	Scope    bool
	Location bool
}

func (e *AuthError) Error() string {
	if e.Scope && e.Status == 403 {
		return "forbidden to the token: " + e.Message
	}
	if e.Scope {
		return "token lacks the scope: " + e.Message
	}
	if e.Location {
		return "token is not for this location: " + e.Message
	}
	return "token refused: " + e.Message
}

// VersionError says that the API refuses our Version header, for which it uses a 401.
type VersionError struct {
	Version string
	Message string
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("API version %q refused: %s", e.Version, e.Message)
}

// ValidationError says that the API refuses what was sent. Sending it again will not help.
type ValidationError struct {
	Messages []string
}

func (e *ValidationError) Error() string { return strings.Join(e.Messages, "; ") }

// DuplicateError says that a contact was not created as the location already has it.
type DuplicateError struct {
	ContactID     ContactID // never empty
	MatchingField string    // email or phone
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("duplicate of contact %s by %s", e.ContactID, e.MatchingField)
}

// RowError is one row of an answer that could not be read. ID is empty if not even that could.
type RowError struct {
	List string // the key of the answer, such as contacts
	ID   string
	Err  error
}

func (e *RowError) Error() string {
	if e.ID == "" {
		return fmt.Sprintf("row of %s: %v", e.List, e.Err)
	}
	return fmt.Sprintf("row %s of %s: %v", e.ID, e.List, e.Err)
}

func (e *RowError) Unwrap() error { return e.Err }

// RowsError comes with a list that is right but not complete.
type RowsError struct {
	Bad []error // each a *RowError
}

func (e *RowsError) Error() string {
	return fmt.Sprintf("%d unreadable: %v", len(e.Bad), errors.Join(e.Bad...))
}

func (e *RowsError) Unwrap() []error { return e.Bad }

// invalid is a call refused before the wire.
func invalid(cl call, why string) error {
	return cl.fail(fmt.Errorf("%w: %s", ErrInvalid, why))
}

// lost is the error of a call without a usable answer: ErrUnknown for a write, else ErrUnavailable.
func (cl call) lost() error {
	if cl.write {
		return ErrUnknown
	}
	return ErrUnavailable
}

func (cl call) fail(err error) *Error {
	return &Error{Method: cl.method, Path: cl.shownPath(), Err: err}
}

// unreadable is a 2xx from which the result could not be had.
func (cl call) unreadable(status int, why error) error {
	e := cl.fail(fmt.Errorf("%w: %w", cl.lost(), why))
	e.Status = status
	return e
}

// refused turns an answer that is neither 2xx nor 429 into an error.
func (cl call) refused(a answer) error {
	said := readProblem(a)
	e := cl.fail(cl.verdict(a, said))
	e.Status, e.TraceID = a.status, said.traceID
	e.Message = said.text()
	if e.Message == "" {
		e.Message = http.StatusText(a.status)
	}
	return e
}

func (cl call) verdict(a answer, said problem) error {
	text := strings.ToLower(said.text())
	switch status := a.status; {
	case (status == 401 || status == 400) && strings.Contains(text, "version") && strings.Contains(text, "header"):
		return &VersionError{Version: cl.version, Message: said.text()}
	case status < 400, status >= 500, status == http.StatusRequestTimeout, a.isHTML():
		// An HTML page is some proxy's; even its 401 or 404 says nothing about our records.
		return cl.lost()
	case status == 401, status == 403:
		scope := strings.Contains(text, "scope")
		location := !scope && strings.Contains(text, "access") && strings.Contains(text, "location")
		return &AuthError{
			Status: status, Message: said.text(), Location: location,
			Scope: scope || status == 403 && !location, // it knows the token, and forbids this endpoint
		}
	case cl.newContact && said.contactID != "":
		return &DuplicateError{ContactID: ContactID(said.contactID), MatchingField: said.matchingField}
	case cl.newContact && status == http.StatusUnprocessableEntity:
		return ErrUnknown // highlevel-api-docs#64: refused in words, created in deed
	case status == 404 && strings.Contains(text, "cannot "+strings.ToLower(cl.method)):
		return ErrUnavailable // no such endpoint: nothing was done, and no record is proven absent
	case status == 404, status == 400 && recordNotFound(text):
		return ErrNotFound
	case !cl.write && len(said.messages) == 0:
		return ErrUnavailable // refused without a word, or the words were cut off
	}
	return &ValidationError{Messages: said.messages}
}

// recordNotFound leaves out the location, whose absence proves nothing about a record.
func recordNotFound(text string) bool {
	return strings.Contains(text, "not found") && !strings.Contains(text, "location")
}
