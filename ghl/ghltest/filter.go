package ghltest

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// A filter is one element of the search's filters: a comparison, or a group of filters.
type filter struct {
	Field    string          `json:"field"`
	Operator string          `json:"operator"`
	Value    json.RawMessage `json:"value"`
	Group    string          `json:"group"`
	Filters  []filter        `json:"filters"`

	values []string // lower case, for all operators but range
	span   span     // for range
}

// A span is a closed range of epoch milliseconds.
type span struct{ from, to int64 }

func everything() span { return span{math.MinInt64, math.MaxInt64} }

func (p span) holds(ms int64) bool { return p.from <= ms && ms <= p.to }

func (p span) and(q span) span { return span{max(p.from, q.from), min(p.to, q.to)} }

var dateFields = []string{"dateAdded", "dateUpdated", "dateOfBirth", "lastAppointment"}

const maxFilterValue = 75

// prepare checks a filter and reads its value.
func (f *filter) prepare() error {
	if f.Group != "" {
		if f.Group != "AND" && f.Group != "OR" {
			return badRequest("Invalid group %s", f.Group)
		}
		for i := range f.Filters {
			if err := f.Filters[i].prepare(); err != nil {
				return err
			}
		}
		return nil
	}
	if !f.fieldKnown() {
		return badRequest("Invalid field %s", f.Field)
	}
	switch f.Operator {
	case "exists", "not_exists":
		return nil
	case "range":
		return f.prepareRange()
	case "contains", "not_contains":
		if f.Field == "email" || f.Field == "website" {
			return badRequest("Operator %s is not supported for field %s", f.Operator, f.Field)
		}
	case "eq", "not_eq":
	default:
		return badRequest("Invalid operator %s", f.Operator)
	}
	return f.prepareValues()
}

func (f *filter) prepareValues() error {
	var value any
	if err := json.Unmarshal(f.Value, &value); err != nil {
		return badRequest("value of %s should not be empty", f.Field)
	}
	many, isList := value.([]any)
	if !isList {
		many = []any{value}
	}
	for _, v := range many {
		word := strings.ToLower(fmt.Sprint(v))
		if len(word) > maxFilterValue {
			return badRequest("value of %s must not be longer than %d", f.Field, maxFilterValue)
		}
		f.values = append(f.values, word)
	}
	return nil
}

func (f *filter) prepareRange() error {
	var bounds map[string]any
	if !slices.Contains(dateFields, f.Field) || json.Unmarshal(f.Value, &bounds) != nil || len(bounds) == 0 {
		return badRequest("Invalid range for field %s", f.Field)
	}
	f.span = everything()
	for key, bound := range bounds {
		ms, good := millis(bound)
		if !good {
			return badRequest("Invalid date in range for field %s", f.Field)
		}
		switch key {
		case "gt":
			f.span.from = ms + 1
		case "gte":
			f.span.from = ms
		case "lt":
			f.span.to = ms - 1
		case "lte":
			f.span.to = ms
		default:
			return badRequest("Invalid range key %s", key)
		}
	}
	return nil
}

func millis(v any) (int64, bool) {
	switch v := v.(type) {
	case float64:
		return int64(v), true
	case string:
		t, good := parseTime(v, time.UTC)
		return t.UnixMilli(), good
	}
	return 0, false
}

var plainFields = []string{
	"id", "contactName", "firstNameLowerCase", "lastNameLowerCase", "email", "phone", "tags", "dnd", "source",
	"city", "state", "country", "postalCode", "address", "companyName", "businessName", "timezone", "website",
	"type", "assignedTo", "followers", "isValidWhatsapp", "lastEmailClickedDate", "lastEmailOpenedDate",
	"validEmail", "activeWorkflows", "finishedWorkflows", "opportunities", "inboundDndSettings.all.status",
	"dndSettings.Email.status", "dndSettings.SMS.status", "dndSettings.Call.status",
}

func (f *filter) fieldKnown() bool {
	return slices.Contains(plainFields, f.Field) || slices.Contains(dateFields, f.Field) ||
		strings.HasPrefix(f.Field, "customFields.")
}

func (f *filter) match(c *contact) bool {
	switch {
	case f.Group == "OR":
		return slices.ContainsFunc(f.Filters, func(sub filter) bool { return sub.match(c) })
	case f.Group != "":
		return !slices.ContainsFunc(f.Filters, func(sub filter) bool { return !sub.match(c) })
	case f.Operator == "range":
		t, there := f.date(c)
		return there && f.span.holds(t.UnixMilli())
	}
	found := f.of(c)
	switch f.Operator {
	case "exists":
		return len(found) > 0
	case "not_exists":
		return len(found) == 0
	case "eq":
		return anyOf(found, f.values, func(have, want string) bool { return have == want })
	case "not_eq":
		return !anyOf(found, f.values, func(have, want string) bool { return have == want })
	case "contains":
		return anyOf(found, f.values, strings.Contains)
	}
	return !anyOf(found, f.values, strings.Contains)
}

func anyOf(found, wanted []string, fits func(have, want string) bool) bool {
	return slices.ContainsFunc(found, func(have string) bool {
		return slices.ContainsFunc(wanted, func(want string) bool { return fits(strings.ToLower(have), want) })
	})
}

func (f *filter) date(c *contact) (time.Time, bool) {
	switch f.Field {
	case "dateAdded":
		return c.DateAdded, true
	case "dateUpdated":
		return c.indexed(), true
	case "dateOfBirth":
		return parseTime(c.DateOfBirth, time.UTC)
	}
	return time.Time{}, false
}

// of returns the values a contact has in the filter's field, none if it is empty.
func (f *filter) of(c *contact) []string {
	if id, isCustom := strings.CutPrefix(f.Field, "customFields."); isCustom {
		for _, field := range c.CustomFields {
			if field.ID == id {
				return []string{fmt.Sprint(field.Value)}
			}
		}
		return nil
	}
	if rest, isDND := strings.CutPrefix(f.Field, "dndSettings."); isDND {
		channel, _, _ := strings.Cut(rest, ".")
		return some(c.DNDSettings[channel].Status)
	}
	switch f.Field {
	case "tags":
		return c.Tags
	case "dnd":
		return []string{fmt.Sprint(c.DND)}
	case "type":
		return []string{"lead"}
	}
	return some(c.field(f.Field))
}

// field returns a text by the name the search has for it.
func (c *contact) field(name string) string {
	switch name {
	case "id":
		return c.ID
	case "contactName":
		return c.fullName()
	case "firstNameLowerCase":
		return c.FirstName
	case "lastNameLowerCase":
		return c.LastName
	case "email":
		return c.Email
	case "phone":
		return c.Phone
	case "source":
		return c.Source
	case "city":
		return c.City
	case "state":
		return c.State
	case "country":
		return c.Country
	case "postalCode":
		return c.PostalCode
	case "address":
		return c.Address1
	case "companyName", "businessName":
		return c.CompanyName
	case "timezone":
		return c.Timezone
	case "website":
		return c.Website
	case "assignedTo":
		return c.AssignedTo
	case "dateOfBirth":
		return c.DateOfBirth
	}
	return "" // known, but the sandbox has no such thing
}

func some(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
