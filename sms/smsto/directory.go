package smsto

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"ghlsms/sms"
)

// The address book. The requests are those of the vendor's SDK (intergo/sms.to-php
// src/Intergo/SmsTo/Module/Contact/Contact.php and contact.php @9cb0bc3). Of the answers only what
// a program in use reads is known (emnik/tuitionweb application/controllers/Communication.php and
// application/libraries/SMSto_lib.php @a3fadd5):
//
//	GET  lists            {"success":true,"data":[{"id":…,"list_contacts_count":…}]}
//	POST lists/create     {"success":true,"data":{"id":…}}
//	GET  contacts         {"success":true,"data":[{"firstname":…,"phone":…,"list_contacts":[{"name":…}]}]}
//	POST contacts/create  {"success":true}, or {"errors":{"phone":…}} without success

var errNoList = fmt.Errorf("%w: the list has no id", sms.ErrRejected)

// Lists returns all lists of the account. A list without an id is an error.
func (g *Gateway) Lists(ctx context.Context) ([]sms.DirectoryList, error) {
	var out []sms.DirectoryList
	for s, err := range g.pages(ctx, "/v1/people/lists", url.Values{"direction": {"ASC"}}, untilNo) {
		if err != nil {
			return nil, err
		}
		for _, raw := range s.rows {
			var in list
			if json.Unmarshal(raw, &in) != nil || in.id() == "" {
				return nil, s.call.Refused(sms.ErrUnavailable, "lists have an unknown shape")
			}
			out = append(out, sms.DirectoryList{ID: in.id(), Name: in.Name.clean()})
		}
	}
	return out, nil
}

// CreateList makes a list that the team does not share.
func (g *Gateway) CreateList(ctx context.Context, name string) (sms.DirectoryList, error) {
	if strings.TrimSpace(name) == "" {
		return sms.DirectoryList{}, fmt.Errorf("%w: a list needs a name", sms.ErrRejected)
	}
	const path = "/v1/people/lists/create"
	in, err := g.write(ctx, path, map[string]any{"name": name, "description": "", "share_with_team": 0})
	if err != nil {
		return sms.DirectoryList{}, err
	}
	var made list
	if json.Unmarshal(in.row, &made) != nil || made.id() == "" {
		return sms.DirectoryList{}, in.call.Refused(sms.ErrUnknown, "answer without the id of the list")
	}
	return sms.DirectoryList{ID: made.id(), Name: first(made.Name, loose(name)).clean()}, nil
}

// People goes through a list in pages of a hundred. A page on which nobody has a phone is an
// error, and so is an empty list that is not, or no longer, among Lists.
func (g *Gateway) People(ctx context.Context, listID string) iter.Seq2[sms.DirectoryPage, error] {
	return func(yield func(sms.DirectoryPage, error) bool) {
		epoch, all := g.book.now(), map[sms.Phone]sms.Person{}
		for s, err := range g.contacts(ctx, listID) {
			var page sms.DirectoryPage
			if err == nil {
				page, err = s.people()
			}
			if err != nil {
				yield(sms.DirectoryPage{}, err)
				return
			}
			for _, p := range page.People {
				all[p.Phone] = p
			}
			if !yield(page, nil) {
				return
			}
		}
		g.book.keep(listID, all, epoch)
	}
}

// contacts asks for the people of a list, and believes that there are none only if there is a list.
func (g *Gateway) contacts(ctx context.Context, listID string) iter.Seq2[sheet, error] {
	return func(yield func(sheet, error) bool) {
		if listID == "" { // would be the people of all lists
			yield(sheet{}, errNoList)
			return
		}
		some := false
		for s, err := range g.ordered(ctx, listID) {
			some = true
			if !yield(s, err) {
				return
			}
		}
		if some {
			return
		}
		if err := g.mustHave(ctx, listID); err != nil {
			yield(sheet{}, err)
		}
	}
}

// ordered reads in the order of ids, since rows of equal names may change places between two
// pages. Only the order by firstname is documented: it is the second choice, if the first is
// refused.
func (g *Gateway) ordered(ctx context.Context, listID string) iter.Seq2[sheet, error] {
	by := func(order string) iter.Seq2[sheet, error] {
		return g.pages(ctx, "/v1/people/contacts", url.Values{
			"list_ids": {listID}, "limit": {strconv.Itoa(pageSize)}, "order_by": {order}, "direction": {"ASC"},
		}, untilNo)
	}
	return func(yield func(sheet, error) bool) {
		begun := false
		for s, err := range by("id") {
			if !begun && refusesQuery(err) {
				by("firstname")(yield)
				return
			}
			begun = true
			if !yield(s, err) {
				return
			}
		}
	}
}

// refusesQuery tells of an error that a column nobody knows may have caused.
func refusesQuery(err error) bool {
	e, ok := errors.AsType[*sms.HTTPError](err)
	return ok && (e.Code == http.StatusBadRequest || e.Code == http.StatusUnprocessableEntity || e.Code == http.StatusInternalServerError)
}

func (g *Gateway) mustHave(ctx context.Context, listID string) error {
	lists, err := g.Lists(ctx)
	if err != nil {
		return err
	}
	for _, l := range lists {
		if l.ID == listID {
			return nil
		}
	}
	return fmt.Errorf("%w: list %s", sms.ErrNotFound, listID)
}
