package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"ghlsms/store"
	"ghlsms/sync/condition"
	"ghlsms/sync/plan"
)

// Doubts tells which calendars and users of rules and reminders the mirror has never heard of: they would
// wait for ever, or make tasks for nobody. The mirror may be behind, so it is only said. Without one
// nothing is.
func Doubts(ctx context.Context, cfg *Config) (doubts []string, err error) {
	if _, err := os.Stat(cfg.Store.Path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	db, err := store.OpenReader(ctx, cfg.Store.Path)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	err = db.View(ctx, func(tx *store.Tx) error {
		calendars, err1 := tx.Calendars(ctx)
		people, err2 := tx.UserIDs(ctx)
		users, err3 := tx.Users(ctx)
		var listed, staff []listing
		for _, c := range calendars {
			listed = append(listed, listing{c.CRMID, c.Name})
		}
		for _, u := range users {
			staff = append(staff, listing{u.CRMID, u.Name})
		}
		asked := func(at string, by *condition.Condition) {
			for _, c := range doubtful(by.Asks("calendar"), listed) {
				doubts = append(doubts, cfg.Problem(at+".if.calendar", "%s", "the CRM listed no calendar "+c).Error())
			}
			for _, u := range doubtful(by.Asks("staff"), staff) {
				doubts = append(doubts, cfg.Problem(at+".if.staff", "%s", "the CRM listed no user "+u).Error())
			}
		}
		assigned := func(at, user string) {
			if user != "" && len(people) > 0 && !slices.Contains(people, user) {
				doubts = append(doubts, cfg.Problem(at, "%s", "the CRM listed no user with the id "+Show(user)).Error())
			}
		}
		for _, calendar := range slices.Sorted(maps.Keys(cfg.Clocks)) {
			for _, c := range doubtful([]string{calendar}, listed) {
				doubts = append(doubts, cfg.Problem("clocks", "%s", "the CRM listed no calendar "+c).Error())
			}
		}
		for i := range cfg.Reminders {
			at, r := fmt.Sprintf("reminders[%d]", i), &cfg.Reminders[i]
			asked(at, r.If)
			if r.Task != nil {
				assigned(at+".task.assign_to", r.Task.AssignTo)
			}
		}
		for i := range cfg.Rules {
			at, r := fmt.Sprintf("rules[%d]", i), &cfg.Rules[i]
			asked(at, r.If)
			for j, user := range r.Users() {
				assigned(fmt.Sprintf("%s.do[%d]", at, j), user)
			}
		}
		if t := cfg.Inbound.WelcomeTask; t != nil {
			assigned("inbound.welcome_task.assign_to", t.AssignTo)
		}
		swallowed, err4 := swallowed(ctx, cfg, tx)
		if swallowed != "" {
			doubts = append(doubts, cfg.Problem("texting_hours", "within a week %s", swallowed).Error())
		}
		return errors.Join(err1, err2, err3, err4)
	})
	return doubts, err
}

// swallowed is what hours make of the reminders of a week.
func swallowed(ctx context.Context, cfg *Config, tx *store.Tx) (string, error) {
	rules, err := Compile(cfg)
	if err != nil {
		return "", err
	}
	all, err := plan.Planner{Config: &rules, Gateway: GatewayNamed(cfg.SMS.Provider).Planned()}.Forecast(ctx, tx, tx.Now.Add(7*24*time.Hour))
	return plan.Swallowed(all), err
}

// listing is what the CRM listed under an id.
type listing struct{ id, name string }

// doubtful are those of some names or ids that the CRM did not list, with the nearest; none where it listed
// nothing.
func doubtful(wanted []string, listed []listing) (all []string) {
	var names []string
	for _, l := range listed {
		names = append(names, l.name)
	}
	for _, want := range wanted {
		known := slices.ContainsFunc(listed, func(l listing) bool { return l.id == want || strings.EqualFold(l.name, want) })
		if !known && len(listed) > 0 {
			all = append(all, Show(want)+NearOr(want, names))
		}
	}
	return all
}
