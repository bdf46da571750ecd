package smsto

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"ghlsms/sms"
)

// list is a list of people as the API shows it.
type list struct {
	ID   loose `json:"id"`
	UID  loose `json:"_id"`
	Name loose `json:"name"`
}

func (l list) id() string { return string(first(l.ID, l.UID)) }

// contact is somebody as the API shows them. Documented are phone, firstname, lastname and email;
// the opt-out flag goes by the name it has on texts, or by what else it may be called.
type contact struct {
	ID       loose `json:"id"`
	UID      loose `json:"_id"`
	Phone    loose `json:"phone"`
	First    loose `json:"firstname"`
	First2   loose `json:"first_name"`
	Last     loose `json:"lastname"`
	Last2    loose `json:"last_name"`
	Email    loose `json:"email"`
	Updated  loose `json:"updated_at"`
	OptOut   loose `json:"optout"`
	OptOut2  loose `json:"opt_out"`
	OptOut3  loose `json:"is_optout"`
	OptedOut loose `json:"opted_out"`
}

func (c contact) person() (sms.Person, error) {
	phone, err := c.Phone.phone()
	return sms.Person{
		ID: string(first(c.ID, c.UID)), Phone: phone,
		FirstName: first(c.First, c.First2).clean(), LastName: first(c.Last, c.Last2).clean(),
		Email: c.Email.clean(), UpdatedAt: c.Updated.time(),
		OptedOut: c.OptOut.yes() || c.OptOut2.yes() || c.OptOut3.yes() || c.OptedOut.yes(),
	}, err
}

func (l loose) clean() string { return sms.Clean(string(l)) }

// yes reads a flag, which may be the time at which it was raised.
func (l loose) yes() bool {
	switch strings.ToLower(strings.TrimSpace(string(l))) {
	case "", "0", "false", "no", "null":
		return false
	}
	return true
}

// phone reads a number with its country code, with or without the plus sign.
func (l loose) phone() (sms.Phone, error) {
	s := strings.TrimSpace(string(l))
	if s != "" && '0' <= s[0] && s[0] <= '9' {
		s = "+" + strings.TrimPrefix(s, "00")
	}
	return sms.ParsePhone(s, "")
}

// people reads the rows of a page.
func (s sheet) people() (sms.DirectoryPage, error) {
	page := sms.DirectoryPage{Total: s.total}
	phones := false
	for _, raw := range s.rows {
		var row contact
		if json.Unmarshal(raw, &row) != nil {
			page.Bad = append(page.Bad, errors.New("a contact that is no object"))
			continue
		}
		phones = phones || row.Phone != ""
		p, err := row.person()
		if err != nil {
			page.Bad = append(page.Bad, fmt.Errorf("contact %s: %w", row.name(), err))
			continue
		}
		page.People = append(page.People, p)
	}
	if !phones {
		return sms.DirectoryPage{}, s.call.Refused(sms.ErrUnavailable, "contacts have an unknown shape")
	}
	return page, nil
}

// name is what a contact may be called in an error: its id, unless that looks like a number that
// can be rung.
func (c contact) name() string {
	id := string(first(c.ID, c.UID))
	if id == "" || len(digits(id)) >= 9 {
		return "without a plain id"
	}
	return id
}

// PutPerson looks for the number on the list, as read at most a minute ago, and creates the
// contact, or creates them again with what is to be changed: that a known number changes instead
// of becoming a second contact is not documented beyond "one contact (or phone number) can be on
// one or more lists" (support.sms.to 43000591960). If the answer shows a second contact of a known
// number, that is ErrUnknown, for a person to look at.
func (g *Gateway) PutPerson(ctx context.Context, listID string, p sms.Person) (sms.Person, error) {
	if p.Phone == "" {
		return sms.Person{}, fmt.Errorf("%w: a person needs a phone", sms.ErrRejected)
	}
	known, found, err := g.Person(ctx, listID, p.Phone)
	if err != nil || found && same(known, p) {
		return known, err
	}
	// The SDK names the lists list_ids, a program in use names the one list list_id.
	in, err := g.write(ctx, "/v1/people/contacts/create", map[string]any{
		"phone": p.Phone, "firstname": p.FirstName, "lastname": p.LastName, "email": p.Email,
		"list_ids": number(listID), "list_id": number(listID),
	}, string(p.Phone), p.FirstName, p.LastName, p.Email)
	if err != nil {
		if errors.Is(err, sms.ErrUnknown) {
			g.book.forget()
		}
		return sms.Person{}, err
	}
	now := in.person(p, known)
	if found && known.ID != "" && now.ID != known.ID {
		g.book.forget()
		return sms.Person{}, in.call.Refused(sms.ErrUnknown, "the gateway made a second contact of a known number")
	}
	g.book.put(listID, now)
	return now, nil
}

// Person looks for a number on a list, from memory if the list is remembered.
func (g *Gateway) Person(ctx context.Context, listID string, phone sms.Phone) (sms.Person, bool, error) {
	if p, found, ok := g.book.find(listID, phone); ok {
		return p, found, nil
	}
	var p sms.Person
	var found bool
	for page, err := range g.People(ctx, listID) {
		if err != nil {
			return sms.Person{}, false, err
		}
		for _, q := range page.People {
			if q.Phone == phone {
				p, found = q, true
			}
		}
	}
	return p, found, nil
}

func same(a, b sms.Person) bool {
	return sms.Clean(a.FirstName) == sms.Clean(b.FirstName) &&
		sms.Clean(a.LastName) == sms.Clean(b.LastName) && sms.Clean(a.Email) == sms.Clean(b.Email)
}

// number is an id as the SDK sends it: a number, if it is one.
func number(id string) any {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && strconv.FormatInt(n, 10) == id {
		return n
	}
	return id
}

// RemovePerson asks to delete a number from one list, as the vendor's SDK can (deleteByPhone with a
// list_id). Whether SMS.to heeds the list, or deletes the contact from all of them, is not
// documented: Caps().RemovesWhole. It looks at the list first, as read at most a minute ago, so
// that nobody is deleted who is not on it.
func (g *Gateway) RemovePerson(ctx context.Context, listID string, phone sms.Phone) error {
	_, found, err := g.Person(ctx, listID, phone)
	if err != nil || !found {
		return err
	}
	_, err = g.write(ctx, "/v1/people/contacts/delete-phone", map[string]any{
		"phone": phone, "list_id": []any{number(listID)},
	}, string(phone))
	e, ok := errors.AsType[*sms.HTTPError](err)
	switch {
	case err == nil || ok && e.Code == http.StatusNotFound: // somebody else was quicker
		g.book.remove(listID, phone)
		return nil
	case errors.Is(err, sms.ErrUnknown):
		g.book.forget()
	}
	return err
}
