// Package spec is what the specs of the domains share. A spec is a part of the config as the owner writes it: plain
// values with yaml keys. It stands in the package of its domain, beside its check and what it compiles to. All of
// it is pure: whoever reads the file knows where a value stands in it, and a domain asks that of a [Source].
package spec

import (
	"fmt"
	"slices"
	"strings"

	"ghlsms/sms"
	"ghlsms/sync/record"
)

// Problem is one thing wrong with a spec. Path leads from the spec, or from the list of them, to the value, such
// as [2].do[0].task.title.
type Problem struct{ Path, Msg string }

// Source is the file that a spec was read from. Its paths are those of problems.
type Source interface {
	Written(path string) bool // whether the value stands in the file
	Line(path string) int
	Show(value string) string // a value as messages quote it, with secrets starred out
}

// Checker collects what is wrong with a spec.
type Checker struct {
	Source

	Problems []Problem
}

// Bad reports the value at path, once.
func (c *Checker) Bad(path, format string, args ...any) {
	if slices.ContainsFunc(c.Problems, func(p Problem) bool { return p.Path == path }) {
		return
	}
	c.Problems = append(c.Problems, Problem{Path: path, Msg: fmt.Sprintf(format, args...)})
}

// OneOf wants one of the known values.
func (c *Checker) OneOf(path, value string, known []string) {
	switch {
	case value == "":
		c.Bad(path, "missing; write one of %s", strings.Join(known, ", "))
	case !slices.Contains(known, value):
		c.Bad(path, "%s %s", c.Show(value), record.NoneOf(value, known))
	}
}

// Positive wants some time.
func (c *Checker) Positive(path string, d Duration) {
	if d <= 0 {
		c.Bad(path, `"%s" is not more than zero; write it like 30s, 15m, 24h or 2d`, d)
	}
}

// PositiveIfWritten wants some time where the file says any.
func (c *Checker) PositiveIfWritten(path string, d Duration) {
	if c.Written(path) {
		c.Positive(path, d)
	}
}

// Name wants a name that is not taken by another of its kind.
func (c *Checker) Name(path, name, kind string, taken map[string]bool) {
	switch {
	case name == "":
		c.Bad(path, "missing; each %s needs a name of its own", kind)
	case !IsID(name):
		c.Bad(path, "%s is not a name; use letters, digits, - and _", c.Show(name))
	case taken[name]:
		c.Bad(path, "%s is used twice; each %s needs a name of its own", c.Show(name), kind)
	}
}

// Phone wants a phone number, and puts it into its one form.
func (c *Checker) Phone(path string, number *string, region string) {
	n, err := sms.ParsePhone(*number, region)
	if err != nil {
		c.Bad(path, "%s: %v; write it like +15550100", c.Show(*number), err)
		return
	}
	*number = string(n)
}

var idPattern = sms.Pattern(`^[A-Za-z0-9_-]+$`)

// IsID tells whether s looks like an id: letters, digits, - and _.
func IsID(s string) bool { return idPattern().MatchString(s) }

// Names are values by their names.
func Names[T ~string](all []T) []string {
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = string(one)
	}
	return names
}
