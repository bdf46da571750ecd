package plan

import (
	"context"
	"errors"
	"slices"
	"time"

	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/remind"
	"ghlsms/sync/rule"
	"ghlsms/sync/wording"
)

// LoadWorld gathers what the mirror and the config know of the place.
func LoadWorld(ctx context.Context, tx *store.Tx, cfg *Config) (wording.World, error) {
	name, err1 := tx.Meta(ctx, store.MetaName)
	zone, err2 := tx.Meta(ctx, store.MetaTimezone)
	born, err3 := tx.Meta(ctx, store.MetaBorn)
	if err := errors.Join(err1, err2, err3); err != nil {
		return wording.World{}, err
	}
	calendars, err := tx.Calendars(ctx)
	if err != nil {
		return wording.World{}, err
	}
	fields, _, err := LoadFieldNames(ctx, tx, cfg.Fields)
	if err != nil {
		return wording.World{}, err
	}
	w := wording.World{
		Zone: cfg.Timezone, Region: cfg.Region, ZoneFrom: "config", Business: cfg.Business, Fields: fields, Hours: cfg.TextingHours, Clock: cfg.Clock, Clocks: cfg.Clocks, Language: cfg.Language, LanguageField: cfg.LanguageField,
		Calendars: map[string]string{}, NoMove: map[string]bool{}, NoCancel: map[string]bool{}, Users: map[string]string{},
	}
	if slices.ContainsFunc(cfg.Reminders, func(r remind.Rule) bool { return len(r.If.Staff) > 0 }) ||
		slices.ContainsFunc(cfg.Rules, func(r rule.Rule) bool { return len(r.If.Staff) > 0 }) {
		users, err := tx.Users(ctx)
		if err != nil {
			return wording.World{}, err
		}
		for _, u := range users {
			w.Users[u.CRMID] = u.Name
		}
	}
	for _, k := range calendars {
		w.Calendars[k.CRMID], w.NoMove[k.CRMID], w.NoCancel[k.CRMID] = k.Name, !k.Moves, !k.Cancels
	}
	if loc, err := time.LoadLocation(zone); err == nil && zone != "" {
		w.Zone, w.ZoneFrom = loc, "location"
	}
	if w.Business == "" {
		w.Business = name
	}
	restored, err := tx.Meta(ctx, store.MetaRestored)
	if err == nil && restored != "" {
		w.Restored, err = time.Parse(time.RFC3339Nano, restored)
	}
	if err != nil {
		return w, err
	}
	noticed, err := tx.Meta(ctx, store.MetaNoticed)
	if err == nil && noticed != "" {
		w.Noticed, err = time.Parse(time.RFC3339Nano, noticed)
	}
	if err != nil {
		return w, err
	}
	heard, err := tx.Meta(ctx, store.MetaHeard)
	if err == nil && heard != "" {
		w.Heard, err = time.Parse(time.RFC3339Nano, heard)
	}
	if err != nil {
		return w, err
	}
	w.Born, err = time.Parse(time.RFC3339, born)
	return w, err
}

// LoadFieldNames resolves the owner's names by what the mirror knows. While the custom fields were not listed yet,
// the names of such stand for nothing, and nothing is said against them.
func LoadFieldNames(ctx context.Context, tx *store.Tx, m record.OwnNames) (record.Names, []record.NameProblem, error) {
	if !m.Custom() {
		names, problems := m.Resolve(nil)
		return names, problems, nil
	}
	read, err1 := tx.Cursor(ctx, store.SourceFields)
	listed, err2 := tx.ListedFields(ctx)
	names, problems := m.Resolve(listed)
	if read.ReadAt.IsZero() {
		problems = nil
	}
	return names, problems, errors.Join(err1, err2)
}
