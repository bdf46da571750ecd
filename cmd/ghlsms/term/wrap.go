package term

import (
	"strings"
	"unicode/utf8"
)

// Wrap breaks a text between words into lines of at most width characters; 0 leaves it whole. A word that is longer
// stays whole. There is always a line.
func Wrap(s string, width int) []string {
	if width == 0 {
		return []string{s}
	}
	lines := []string{""}
	for word := range strings.FieldsSeq(s) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case utf8.RuneCountInString(*last)+1+utf8.RuneCountInString(word) > width:
			lines = append(lines, word)
		default:
			*last += " " + word
		}
	}
	return lines
}
