package ghl_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"ghlsms/ghl"
	"ghlsms/ghl/ghltest"
)

// A recorder keeps what goes over the wire.
type recorder struct {
	via   http.RoundTripper
	pairs []pair
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	p := pair{method: req.Method, url: req.URL, header: req.Header.Clone()}
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		p.body = body
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	resp, err := r.via.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	p.status, p.said = resp.StatusCode, resp.Header
	if p.answer, err = io.ReadAll(resp.Body); err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(p.answer))
	r.pairs = append(r.pairs, p)
	return resp, nil
}

// A rig is a client of a sandbox in which there is one of everything.
type rig struct {
	*ghltest.Sandbox
	c        *ghl.Client
	wire     *recorder
	contact  ghl.ContactID
	other    ghl.ContactID
	task     ghl.TaskID
	note     ghl.NoteID
	calendar ghl.CalendarID
	visit    ghl.AppointmentID
	user     ghl.UserID
	business ghl.BusinessID
	message  ghl.MessageID
	talk     ghl.ConversationID
	zone     *time.Location
}

const petField = "fieldPet"

// newRig fills the sandbox over its back door.
func newRig(t *testing.T, o ghltest.Options) *rig {
	t.Helper()
	s := ghltest.New(o)
	pipe := s.Pipe()
	t.Cleanup(pipe.Close)
	r := &rig{Sandbox: s, wire: &recorder{via: pipe.Client.Transport}}
	r.c = clientOf(t, pipe.URL, r.wire, nil)
	r.zone, _ = time.LoadLocation("America/New_York")

	s.AddField(ghltest.Field{ID: petField, Name: "Pet", Key: "contact.pet"})
	b := s.AddBusiness(ghltest.Business{Name: "Acme", Phone: "+12025550111", City: "Reno"})
	u := s.AddUser(ghltest.User{FirstName: "Uma", LastName: "Thor", Email: "uma@example.com", Phone: "+12025550112"})
	c := s.AddContact(ghltest.Contact{
		FirstName: "Ann", LastName: "Lee", Email: "ann@example.com", Phone: "+12025550101", Address1: "1 Main St", City: "Reno",
		State: "NV", Country: "US", PostalCode: "89501", Website: "https://example.com", DateOfBirth: "1990-09-25",
		Timezone: "America/Denver", Source: "walk-in", CompanyName: "Acme", AssignedTo: u.ID, BusinessID: b.ID, Tags: []string{"vip"},
		DNDSettings:  map[string]ghltest.DNDSetting{"Email": {Status: "active", Message: "no", Code: "103"}},
		CustomFields: []ghltest.CustomField{{ID: petField, Value: "Rex"}},
	})
	o2 := s.AddContact(ghltest.Contact{FirstName: "Bo"})
	k := s.AddCalendar(ghltest.Calendar{Name: "Dentist", Members: []string{u.ID}})
	a := s.AddAppointment(ghltest.Appointment{
		ContactID: c.ID, Title: "Check-up", AssignedUserID: u.ID, Address: "1 Main St", Notes: "hello",
		Start: time.Date(2030, 7, 1, 15, 0, 0, 0, time.UTC),
	})
	task := s.AddTask(ghltest.Task{ContactID: c.ID, Title: "Call", Body: "soon", AssignedTo: u.ID, Due: time.Date(2030, 1, 2, 3, 4, 0, 0, time.UTC)})
	n := s.AddNote(ghltest.Note{ContactID: c.ID, Body: "hi", Title: "T", Color: "#FFAA00", UserID: u.ID})
	m := s.AddMessage(ghltest.Message{ContactID: c.ID, Body: "I am late", Attachments: []string{"https://example.com/a.png"}})

	r.contact, r.other, r.task, r.note = ghl.ContactID(c.ID), ghl.ContactID(o2.ID), ghl.TaskID(task.ID), ghl.NoteID(n.ID)
	r.calendar, r.visit, r.user, r.business = ghl.CalendarID(k.ID), ghl.AppointmentID(a.ID), ghl.UserID(u.ID), ghl.BusinessID(b.ID)
	r.message, r.talk = ghl.MessageID(m.ID), ghl.ConversationID(m.ConversationID)
	return r
}

func clientOf(t *testing.T, base string, via http.RoundTripper, versions map[string]string) *ghl.Client {
	t.Helper()
	c, err := ghl.New(ghl.Options{
		BaseURL: base, Location: ghltest.DefaultLocation, HTTP: &http.Client{Transport: via}, Versions: versions,
		Token: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: ghltest.DefaultToken}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// gather reads an enumeration to its end.
func gather[T any](pages iter.Seq2[ghl.Page[T], error]) ([]T, error) {
	var all []T
	for p, err := range pages {
		if err != nil {
			return all, err
		}
		if len(p.Bad) > 0 {
			return all, errors.Join(p.Bad...)
		}
		all = append(all, p.Items...)
	}
	return all, nil
}

// openAPI returns the folder of the API's descriptions, or skips the test.
func openAPI(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("GHLSMS_OPENAPI")
	if folder == "" {
		folder = filepath.Join("..", "..", "shared", "openapi")
	}
	if _, err := os.Stat(filepath.Join(folder, "ghl", "apps")); err == nil {
		return folder
	}
	const missing = "the published descriptions of the API are not there: GHLSMS_OPENAPI names their folder"
	if os.Getenv("GHLSMS_REQUIRE_ALL") == "1" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// offline are the methods of the client that make no request of its own.
var offline = []string{"Usage", "ClockSkew"}

// TestContract has every method of the client speak to the sandbox, and compares what was said
// with the published descriptions of the API. They must differ where we know them to be wrong, and
// nowhere else.
func TestContract(t *testing.T) {
	all := descriptions(t, openAPI(t))
	var pairs []pair
	driven := map[string]bool{}
	for _, d := range slices.Concat(goodCalls, badCalls) {
		t.Run(d.name, func(t *testing.T) {
			r := newRig(t, d.sandbox)
			if err := d.call(t.Context(), r); (err != nil) != d.fails {
				t.Fatalf("error %v, want one: %t", err, d.fails)
			}
			if len(r.wire.pairs) == 0 {
				t.Fatal("no request was made")
			}
			pairs = append(pairs, r.wire.pairs...)
		})
		method, _, _ := strings.Cut(d.name, ":")
		driven[method] = true
	}
	client := reflect.TypeFor[*ghl.Client]()
	for method := range client.Methods() {
		if name := method.Name; !driven[name] && !slices.Contains(offline, name) {
			t.Errorf("no call of Client.%s is compared with its description", name)
		}
	}
	explain(t, all, pairs)
}

// explain holds the differences against the table of known ones, both ways.
func explain(t *testing.T, all []operation, pairs []pair) {
	t.Helper()
	used := make([]bool, len(differences))
	told := map[string]bool{}
	for _, p := range pairs {
		for _, found := range compare(all, p) {
			known := false
			for i, d := range differences {
				if d.covers(found) {
					used[i], known = true, true
				}
			}
			if !known && !told[found] {
				told[found] = true
				t.Errorf("unexplained: %s", found)
			}
		}
	}
	for i, d := range differences {
		if !used[i] {
			t.Errorf("not seen any more: %s (%s)", d.what, d.source)
		}
	}
	t.Logf("%d pairs, %d known differences", len(pairs), len(differences))
}

// A drive is one use of one method.
type drive struct {
	name    string // of the method, with a word after a colon
	call    func(context.Context, *rig) error
	fails   bool
	sandbox ghltest.Options
}
