package config

import (
	"errors"

	"ghlsms/sync/spec"
)

// place is where a spec stands in the file: its paths lead on from there.
type place struct {
	src source
	at  string
}

func (p place) Written(path string) bool {
	_, written := p.src.At[p.at+path]
	return written
}

func (p place) Line(path string) int { return p.src.At[p.at+path].line }

func (place) Show(value string) string { return Show(value) }

// report reports what a domain found wrong with its spec.
func (l *loader) report(at string, found []spec.Problem) {
	for _, p := range found {
		l.bad(at+p.Path, "%s", p.Msg)
	}
}

// problems are what a domain found wrong with its spec, as one error.
func (c *Config) problems(at string, found []spec.Problem) error {
	var errs []error
	for _, p := range found {
		errs = append(errs, c.Problem(at+p.Path, "%s", p.Msg))
	}
	return errors.Join(errs...)
}

// checked reports what a check of one value finds.
func (l *loader) checked(check func(c *spec.Checker)) {
	c := spec.Checker{Source: place{src: l.src}}
	check(&c)
	l.report("", c.Problems)
}

func (l *loader) oneOf(path, value string, known []string) {
	l.checked(func(c *spec.Checker) { c.OneOf(path, value, known) })
}

func (l *loader) positive(path string, d Duration) {
	l.checked(func(c *spec.Checker) { c.Positive(path, d) })
}

func (l *loader) phone(path string, number *string) {
	l.checked(func(c *spec.Checker) { c.Phone(path, number, l.cfg.Region) })
}
