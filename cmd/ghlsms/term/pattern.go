package term

import (
	"regexp"
	gosync "sync"
)

// pattern is an expression that is compiled when first used: most commands use few of them.
func pattern(expr string) func() *regexp.Regexp {
	return gosync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
