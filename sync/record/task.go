package record

import (
	"slices"
	"strings"
	"time"

	"ghlsms/store"
)

// Shorten cuts at n characters, at the end of a word where there is one.
func Shorten(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	cut := string(r[:n-1])
	if i := strings.LastIndexByte(cut, ' '); i > len(cut)/2 {
		cut = cut[:i]
	}
	return cut + "…"
}

// ByID is a record of several by its id; nil if it is not among them.
func ByID(all []store.Record, id int64) *store.Record {
	if i := slices.IndexFunc(all, func(r store.Record) bool { return r.ID == id }); i >= 0 && id != 0 {
		return &all[i]
	}
	return nil
}

// TaskTime is how long a task that names no time may take; the CRM wants a due date.
const TaskTime = 24 * time.Hour

// TitleLength is how long the title of a task may be.
const TitleLength = 200

// NewTask is an open task in canonical form. The CRM wants a title and a due time.
func NewTask(title, body string, due time.Time, assigned string) store.Fields {
	return Tidy(store.Fields{
		store.Title: Shorten(title, TitleLength), store.Body: body, store.Due: Time(due.Truncate(time.Minute)),
		store.Completed: "false", store.Assigned: assigned,
	})
}
