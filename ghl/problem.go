package ghl

import (
	"encoding/json"
	"slices"
	"strings"
)

// A problem is what the API says about a call that it refuses, redacted.
type problem struct {
	messages      []string
	traceID       string
	contactID     string // of the contact that stands in the way of a new one
	matchingField string
}

func (p problem) text() string { return redact(strings.Join(p.messages, "; ")) }

// readProblem makes the best of any body.
func readProblem(a answer) problem {
	var said struct {
		Message prose           `json:"message"`
		Error   prose           `json:"error"`
		TraceID prose           `json:"traceId"`
		Meta    json.RawMessage `json:"meta"`
	}
	if a.isHTML() {
		return problem{messages: []string{"HTML instead of JSON"}}
	}
	_ = json.Unmarshal(a.body, &said) // a body that says nothing leaves the status to speak
	var meta struct {
		ContactID     text `json:"contactId"`
		MatchingField text `json:"matchingField"`
	}
	_ = json.Unmarshal(said.Meta, &meta)
	p := problem{
		messages:      said.Message,
		traceID:       strings.Join(said.TraceID, " "),
		contactID:     string(meta.ContactID),
		matchingField: string(meta.MatchingField),
	}
	if len(p.messages) == 0 {
		p.messages = said.Error
	}
	for i := range p.messages {
		p.messages[i] = redact(p.messages[i])
	}
	return p
}

// prose reads a message in whatever form: a string, an array of them, an object of them.
type prose []string

func (p *prose) UnmarshalJSON(b []byte) error {
	var form any
	if err := json.Unmarshal(b, &form); err != nil {
		return err
	}
	*p = flatten(form)
	return nil
}

func flatten(form any) []string {
	switch form := form.(type) {
	case string:
		if form != "" {
			return []string{form}
		}
	case []any:
		var all []string
		for _, one := range form {
			all = append(all, flatten(one)...)
		}
		return all
	case map[string]any:
		var all []string
		for _, one := range form {
			all = append(all, flatten(one)...)
		}
		slices.Sort(all) // no map order in an error text
		return all
	}
	return nil
}
