package smstest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Person is a contact of the address book, as the account keeps them.
type Person struct {
	ID        string
	Phone     string // with a plus sign and nothing but digits
	FirstName string
	LastName  string
	Email     string
	UpdatedAt time.Time
}

type list struct {
	id   int
	name string
}

type contact struct {
	id                 int
	phone              string // digits
	first, last, email string
	created, updated   time.Time
	lists              map[int]time.Time // since when
}

// AddList is a list that somebody makes in the vendor's own pages. It returns its id.
func (s *Sandbox) AddList(name string) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strconv.Itoa(s.makeList(name).id)
}

// RemoveListByHand deletes a list, as somebody does in the vendor's own pages. Its people stay on
// others.
func (s *Sandbox) RemoveListByHand(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists = slices.DeleteFunc(s.lists, func(l *list) bool { return strconv.Itoa(l.id) == id })
	for _, c := range s.contacts {
		delete(c.lists, idOf(id))
	}
}

// People returns who is on a list, in order of their ids, without any lag.
func (s *Sandbox) People(list string) []Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Person
	for _, c := range s.contacts {
		if _, on := c.lists[idOf(list)]; on {
			out = append(out, c.person())
		}
	}
	return out
}

// PutPersonByHand adds somebody to a list, or changes them, as somebody does in the vendor's own
// pages. It returns their id. ID and UpdatedAt of p are not heeded.
func (s *Sandbox) PutPersonByHand(list string, p Person) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.contact(p.Phone)
	s.change(c, p)
	c.join(idOf(list))
	return strconv.Itoa(c.id)
}

// RemovePersonByHand takes somebody off a list; they stay on others.
func (s *Sandbox) RemovePersonByHand(list, phone string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.take(phone, []int{idOf(list)})
}

// EditPerson lets somebody edit a contact in the vendor's own pages, on whatever lists they are. It
// tells whether there is such a contact. A changed Phone is another number of the same contact.
func (s *Sandbox) EditPerson(phone string, edit func(*Person)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.byPhone[digits(phone)]
	if c == nil {
		return false
	}
	p := c.person()
	edit(&p)
	s.change(c, p)
	return true
}

// OptOutByHand is somebody who opts out past the API: by a link, or by a hand in the vendor's own
// pages.
func (s *Sandbox) OptOutByHand(phone string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.optedOut[digits(phone)] = clock()
}

// OptInByHand undoes an opt-out past the API.
func (s *Sandbox) OptInByHand(phone string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.optedOut, digits(phone))
}

// TerseWrites lets calls that write to the address book answer with nothing but success.
func (s *Sandbox) TerseWrites(on bool) { s.set(&s.terse, on) }

// DeletesWhole lets contacts/delete-phone delete a contact from all lists, whichever it names.
func (s *Sandbox) DeletesWhole(on bool) { s.set(&s.deletesWhole, on) }

func (s *Sandbox) makeList(name string) *list {
	s.lastID++
	l := &list{id: s.lastID, name: strings.TrimSpace(name)}
	s.lists = append(s.lists, l)
	return l
}

func (s *Sandbox) hasList(id int) bool {
	return slices.ContainsFunc(s.lists, func(l *list) bool { return l.id == id })
}

// contact returns the one of a number, made if need be.
func (s *Sandbox) contact(phone string) *contact {
	if c := s.byPhone[digits(phone)]; c != nil {
		return c
	}
	s.lastID++
	c := &contact{id: s.lastID, phone: digits(phone), created: clock(), updated: clock(), lists: map[int]time.Time{}}
	s.contacts = append(s.contacts, c)
	s.byPhone[c.phone] = c
	return c
}

func (s *Sandbox) change(c *contact, p Person) {
	delete(s.byPhone, c.phone)
	c.phone = digits(p.Phone)
	s.byPhone[c.phone] = c
	c.first, c.last, c.email = strings.TrimSpace(p.FirstName), strings.TrimSpace(p.LastName), strings.TrimSpace(p.Email)
	c.updated = clock()
}

func (c *contact) join(list int) {
	if _, on := c.lists[list]; !on {
		c.lists[list] = clock()
	}
}

func (c *contact) person() Person {
	return Person{
		ID: strconv.Itoa(c.id), Phone: "+" + c.phone, FirstName: c.first, LastName: c.last, Email: c.email, UpdatedAt: c.updated,
	}
}

// take takes a number off lists, or, if none is named, deletes it. It returns the lists it was on.
func (s *Sandbox) take(phone string, lists []int) (was []int) {
	c := s.byPhone[digits(phone)]
	if c == nil {
		return nil
	}
	for id := range c.lists {
		if lists == nil || slices.Contains(lists, id) {
			was = append(was, id)
			delete(c.lists, id)
		}
	}
	if lists == nil {
		delete(s.byPhone, c.phone)
		s.contacts = slices.DeleteFunc(s.contacts, func(other *contact) bool { return other == c })
	}
	slices.Sort(was)
	return was
}

// idOf is 0, which no list has, for what is no number.
func idOf(id string) int {
	n, err := strconv.Atoi(strings.TrimSpace(id))
	if err != nil {
		return 0
	}
	return n
}
