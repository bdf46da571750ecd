package ghl_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// A pair is a request and its answer.
type pair struct {
	method string
	url    *url.URL
	header http.Header
	body   []byte
	status int
	said   http.Header
	answer []byte
}

// An operation is what the API's description says of one method of one path.
type operation struct {
	method, path string
	segments     []string
	of           *openapi3.Operation
}

// described are the files that describe what the client uses, named for where their paths begin.
var described = []string{"contacts", "calendars", "conversations", "locations", "users", "businesses"}

// descriptions loads the descriptions. They are not valid, so that
// nothing validates them.
func descriptions(t *testing.T, folder string) []operation {
	t.Helper()
	var all []operation
	for _, name := range described {
		loader := openapi3.NewLoader()
		loader.IsExternalRefsAllowed = true // to ../common
		loader.ReadFromURIFunc = readWithoutExamples
		doc, err := loader.LoadFromFile(filepath.Join(folder, "ghl", "apps", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		for path, item := range doc.Paths.Map() {
			for method, op := range item.Operations() {
				op.Parameters = append(op.Parameters, item.Parameters...)
				all = append(all, operation{method, path, segments(path), op})
			}
		}
	}
	return all
}

// readWithoutExamples spares the loader the examples, some of which stand where none may.
func readWithoutExamples(_ *openapi3.Loader, u *url.URL) ([]byte, error) {
	raw, err := os.ReadFile(filepath.FromSlash(u.Path))
	if err != nil {
		return nil, err
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	dropExamples(v)
	return json.Marshal(v)
}

func dropExamples(v any) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "examples")
		for _, member := range v {
			dropExamples(member)
		}
	case []any:
		for _, member := range v {
			dropExamples(member)
		}
	}
}

func segments(path string) []string { return strings.Split(strings.Trim(path, "/"), "/") }

// describing returns the operation that a request is, the one with the fewest parameters.
func describing(all []operation, method, path string) (operation, bool) {
	var best operation
	for _, op := range all {
		if op.method == method && op.matches(segments(path)) && (best.of == nil || op.open() < best.open()) {
			best = op
		}
	}
	return best, best.of != nil
}

func (o operation) open() int { return strings.Count(o.path, "{") }

func (o operation) matches(path []string) bool {
	return slices.EqualFunc(o.segments, path, func(want, have string) bool { return want == have || strings.HasPrefix(want, "{") })
}

// A findings list is how a pair differs from its description.
type findings struct {
	where string
	all   []string
}

func (f *findings) add(where, what string) {
	f.all = append(f.all, f.where+" "+where+": "+what)
}

// compare returns how a pair differs from what is described.
func compare(all []operation, p pair) []string {
	op, known := describing(all, p.method, p.url.Path)
	f := &findings{where: p.method + " " + op.path}
	if !known {
		return []string{p.method + " " + p.url.Path + " is not described"}
	}
	op.checkParameters(f, p)
	op.checkBody(f, p)
	op.checkAnswer(f, p)
	return f.all
}

func (o operation) checkParameters(f *findings, p pair) {
	described := map[string]bool{}
	for _, ref := range o.of.Parameters {
		param := ref.Value
		given := p.url.Query()[param.Name]
		switch param.In {
		case "header":
			given = p.header[http.CanonicalHeaderKey(param.Name)]
		case "path":
			continue // the path would not match
		case "query":
			described[param.Name] = true
		}
		if len(given) == 0 {
			if param.Required {
				f.add(param.In+" "+param.Name, "required")
			}
			continue
		}
		f.value(param.In+" "+param.Name, param.Schema.Value, parameter(param.Schema.Value, given))
	}
	for name := range p.url.Query() {
		if !described[name] {
			f.add("query "+name, "not described")
		}
	}
}

// parameter is what the text of a parameter means.
func parameter(s *openapi3.Schema, given []string) any {
	switch {
	case s.Type.Is("array"):
		var list []any
		for _, one := range given {
			list = append(list, one)
		}
		return list
	case s.Type.Is("number"):
		if n, err := strconv.ParseFloat(given[0], 64); err == nil {
			return n
		}
	case s.Type.Is("boolean"):
		if b, err := strconv.ParseBool(given[0]); err == nil {
			return b
		}
	}
	return given[0]
}

func (o operation) checkBody(f *findings, p pair) {
	if o.of.RequestBody == nil {
		if len(p.body) > 0 {
			f.add("body", "not described")
		}
		return
	}
	content := o.of.RequestBody.Value.Content.Get(p.header.Get("Content-Type"))
	if content == nil {
		f.add("body", "required")
		return
	}
	f.json("body", content.Schema, p.body)
}

func (o operation) checkAnswer(f *findings, p pair) {
	where := "answer " + strconv.Itoa(p.status)
	described := o.of.Responses.Value(strconv.Itoa(p.status))
	if described == nil {
		f.add(where, "not described")
		if p.status > 299 {
			return
		}
		for status, other := range o.of.Responses.Map() { // the answer may yet be what another status has
			if strings.HasPrefix(status, "2") {
				described = other
			}
		}
	}
	content := described.Value.Content.Get("application/json")
	if p.status < 300 {
		p.answer = putBack(f, p.answer)
	}
	switch {
	case content == nil && len(p.answer) > 0:
		f.add(where, "without a description")
	case content != nil:
		f.json(where, content.Schema, p.answer)
	}
}

// putBack moves what is elsewhere than described, so that the rest of it is compared all the same.
func putBack(f *findings, answer []byte) []byte {
	for _, m := range misplaced {
		var have map[string]json.RawMessage
		if f.where != m.operation || json.Unmarshal(answer, &have) != nil || have[m.have] == nil {
			continue
		}
		f.add("answer", m.what())
		if m.want == "" {
			return have[m.have]
		}
		have[m.want] = have[m.have]
		delete(have, m.have)
		answer, _ = json.Marshal(have) // it was JSON before
	}
	return answer
}

func (f *findings) json(where string, s *openapi3.SchemaRef, raw []byte) {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		f.add(where, "is no JSON")
		return
	}
	if o, isObject := v.(map[string]any); isObject && len(o) > 0 && isFree(s.Value) {
		f.add(where, "without a description")
		return
	}
	f.value(where, s.Value, v)
	f.undescribed(where, s.Value, v)
}

// isFree: an object of which nothing is said.
func isFree(s *openapi3.Schema) bool {
	keys, open := members(s)
	return len(keys) == 0 && open && s.AdditionalProperties.Schema == nil
}

// value reports where a value does not fit.
func (f *findings) value(where string, s *openapi3.Schema, v any) {
	var visit func(error)
	visit = func(err error) {
		if many, ok := errors.AsType[openapi3.MultiError](err); ok {
			for _, one := range many {
				visit(one)
			}
			return
		}
		wrong, ok := errors.AsType[*openapi3.SchemaError](err)
		if !ok {
			f.add(where, err.Error())
			return
		}
		f.add(where+pointer(wrong.JSONPointer()), wrongness(wrong))
	}
	if err := s.VisitJSON(v, openapi3.MultiErrors()); err != nil {
		visit(err)
	}
}

func wrongness(e *openapi3.SchemaError) string {
	switch e.SchemaField {
	case "required":
		return "required"
	case "nullable":
		return "null"
	case "type":
		return fmt.Sprintf("%s, not %s", jsonType(e.Value), strings.Join(e.Schema.Type.Slice(), " or "))
	}
	return e.SchemaField
}

func jsonType(v any) string {
	switch v.(type) {
	case map[string]any:
		return "object"
	case []any:
		return "array"
	case float64:
		return "number"
	case bool:
		return "boolean"
	}
	return "string"
}

// pointer is a place in a value, whatever the index.
func pointer(path []string) string {
	var out strings.Builder
	for _, p := range path {
		if _, err := strconv.Atoi(p); err == nil {
			p = "*"
		}
		out.WriteString("/" + p)
	}
	return out.String()
}

// undescribed reports keys of which the description says nothing.
func (f *findings) undescribed(where string, s *openapi3.Schema, v any) {
	switch v := v.(type) {
	case []any:
		if s.Items == nil || s.Items.Value == nil {
			return
		}
		for _, one := range v {
			f.undescribed(where+"/*", s.Items.Value, one)
		}
	case map[string]any:
		keys, open := members(s)
		for key, member := range v {
			known := keys[key]
			for _, one := range known {
				f.undescribed(where+"/"+key, one, member)
			}
			if len(known) == 0 && !open {
				f.add(where+"/"+key, "not described")
			}
		}
	}
}

// members are the keys that an object may have, and whether it may have any others.
func members(s *openapi3.Schema) (keys map[string][]*openapi3.Schema, open bool) {
	keys = map[string][]*openapi3.Schema{}
	parts := slices.Concat(s.AllOf, s.AnyOf, s.OneOf)
	for key, member := range s.Properties {
		keys[key] = append(keys[key], member.Value)
	}
	extra := s.AdditionalProperties
	open = extra.Schema != nil || (extra.Has != nil && *extra.Has) || (len(s.Properties) == 0 && len(parts) == 0)
	for _, part := range parts {
		more, alsoOpen := members(part.Value)
		open = open || alsoOpen
		for key, all := range more {
			keys[key] = append(keys[key], all...)
		}
	}
	return keys, open
}
