package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"ghlsms/store"
	"ghlsms/sync/merge"
	"ghlsms/sync/plan"
	"ghlsms/sync/record"
)

// mergeRules says how each kind of record is kept in step. names tells what the owner's names for
// fields of contacts stand for, as far as is known.
func mergeRules(cfg *Config, names record.Names) map[store.Entity]merge.Rule {
	rules := map[store.Entity]merge.Rule{}
	for _, k := range cfg.Sync.kinds() {
		rules[k.entity] = merge.Rule{
			Policy: merge.Policy(k.rule.Conflicts), Fields: k.rule.Fields.named(names), ReadOnly: k.rule.ReadOnly, Deletes: k.rule.Deletes,
		}
	}
	return rules
}

// named are the policies by the mirror's names. A field that has one under its id as well goes by
// that.
func (p PolicyConfig) named(names record.Names) map[string]merge.Policy {
	fields := map[string]merge.Policy{}
	for _, name := range slices.Sorted(maps.Keys(p)) {
		field, own := names[name]
		if _, twice := p[field]; !own {
			fields[name] = merge.Policy(p[name])
		} else if _, given := fields[field]; field != "" && !twice && !given {
			fields[field] = merge.Policy(p[name])
		}
	}
	return fields
}

// bookRule says how the gateway's address book is kept in step; nil: not at all.
func bookRule(cfg *Config) *merge.BookRule {
	b := cfg.Sync.AddressBook
	if b == nil {
		return nil
	}
	return &merge.BookRule{
		Tag: b.Tag, List: b.List, In: b.Direction != toGateway, Out: b.Direction != fromGateway, Deletes: b.Deletes,
		Merge: merge.Rule{Policy: merge.Policy(b.Conflicts), Fields: b.Fields.named(cfg.ownFields(store.EntryEntity))},
	}
}

// namePolicies makes the policies of custom fields follow the owner's names for them. What those
// stand for is known once the CRM has listed its fields, and may change when it lists them again:
// ask for it before every cycle.
func namePolicies(ctx context.Context, cfg *Config, db *store.DB, r *plan.Config) error {
	if len(cfg.Sync.Contacts.Fields) == 0 || !r.Fields.Custom() {
		return nil
	}
	return db.View(ctx, func(tx *store.Tx) error {
		names, _, err := fieldNames(ctx, cfg, tx)
		if err == nil {
			r.Merge = mergeRules(cfg, names)
		}
		return err
	})
}

// identity tells one owner of a token from another, whom the CRM may show less; empty where the
// secrets were not loaded. It lies in the mirror, which more people may read than the token, so it
// is eight digits of a keyed hash: too few to prove a guess by, and no way back.
//
// A private token has no owner that could be read from it, so another token counts as another
// owner. `auth rotate` therefore changes the identity, and that is wanted: the engine compares
// everything at once, finds what it knew, and the doubt ends by itself. The access tokens
// of OAuth change by the day and tell nothing; who was let in, and to what, does.
func identity(cfg *Config) string {
	g := cfg.GHL
	switch {
	case g.OAuth != nil:
		return fingerprint("oauth", g.LocationID, append([]string{g.OAuth.ClientID, g.OAuth.UserType}, slices.Sorted(slices.Values(g.OAuth.Scopes))...)...)
	case g.Token != "":
		if now, err := (&privateToken{cfg: cfg}).Token(); err == nil { // the file may hold another one by now
			return fingerprint("token", g.LocationID, now.AccessToken)
		}
	}
	return ""
}

func fingerprint(kind, key string, parts ...string) string {
	h := hmac.New(sha256.New, []byte("ghlsms identity "+key))
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p) // no two lists of parts read the same
	}
	return kind + ":" + hex.EncodeToString(h.Sum(nil)[:4])
}
