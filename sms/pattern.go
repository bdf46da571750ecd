package sms

import (
	"regexp"
	gosync "sync"
)

// Pattern is an expression that is compiled when first used: most commands use few of them.
func Pattern(expr string) func() *regexp.Regexp {
	return gosync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
