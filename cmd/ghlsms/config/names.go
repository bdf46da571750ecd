package config

import (
	"context"
	"strings"

	"ghlsms/store"
	"ghlsms/sync/plan"
	"ghlsms/sync/record"
)

// FieldNames tells which fields of the mirror the config's names stand for, as far as is known.
func FieldNames(ctx context.Context, cfg *Config, tx *store.Tx) (record.Names, []record.NameProblem, error) {
	return plan.LoadFieldNames(ctx, tx, record.OwnNames(cfg.Fields))
}

// NearOr names what was most likely meant, else what there is.
func NearOr(word string, known []string) string {
	if near, _ := record.Nearest(word, known); near != "" {
		return "; did you mean " + Show(near) + "?"
	}
	return "; there are " + strings.Join(known, ", ")
}
