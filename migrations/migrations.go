// Package migrations holds the schema of the mirror as numbered SQL steps, applied in order
// and never taken back. A released file is never edited.
package migrations

import "embed"

// FS holds the steps, named NNNN_what.up.sql.
//
//go:embed *.up.sql
var FS embed.FS
