package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/store"
)

// doubtRules tells which calendars and users of rules the mirror has never heard of: such a rule would
// wait for ever, or make tasks for nobody. The mirror may be behind, so it is only said. Without one
// nothing is.
func doubtRules(ctx context.Context, cfg *config.Config) (doubts []string, err error) {
	if _, err := os.Stat(cfg.Store.Path); errors.Is(err, fs.ErrNotExist) || len(cfg.Rules) == 0 {
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
		var ids, names []string
		for _, c := range calendars {
			ids, names = append(ids, c.CRMID, strings.ToLower(c.Name)), append(names, c.Name)
		}
		for i := range cfg.Rules {
			at, r := fmt.Sprintf("rules[%d]", i), &cfg.Rules[i]
			if c := r.Calendar(); c != "" && len(ids) > 0 && !slices.Contains(ids, c) && !slices.Contains(ids, strings.ToLower(c)) {
				doubts = append(doubts, cfg.Problem(at+".if.calendar", "%s", "the CRM listed no calendar "+config.Show(c)+config.NearOr(c, names)).Error())
			}
			for j, user := range r.Users() {
				if user != "" && len(people) > 0 && !slices.Contains(people, user) {
					doubts = append(doubts, cfg.Problem(fmt.Sprintf("%s.do[%d]", at, j), "%s", "the CRM listed no user with the id "+config.Show(user)).Error())
				}
			}
		}
		return errors.Join(err1, err2)
	})
	return doubts, err
}
