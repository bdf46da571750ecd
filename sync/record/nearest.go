package record

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hbollon/go-edlib"
)

// longestWord bounds how long a word may be to be taken for a misspelling.
const longestWord = 100

// Nearest returns the word of others that a person who wrote word most likely meant, and how many
// single-letter edits lie between them (two swapped letters are one), case and punctuation aside;
// "" if nothing is near.
func Nearest(word string, others []string) (best string, edits int) {
	if len(word) > longestWord {
		return "", 0
	}
	most := max(2, utf8.RuneCountInString(word)/3)
	edits = most + 1
	for _, other := range others {
		if n := utf8.RuneCountInString(other); n > longestWord {
			continue
		} else if d := edlib.OSADamerauLevenshteinDistance(plainWord(word), plainWord(other)); d < edits && d < n {
			best, edits = other, d
		}
	}
	return best, edits
}

// NoneOf says of a value that it is none of those that are known, and which of them was most likely meant.
func NoneOf(value string, known []string) string {
	said := "is none of " + strings.Join(known, ", ")
	if near, _ := Nearest(value, known); near != "" {
		said += fmt.Sprintf("; did you mean %q?", near)
	}
	return said
}

// alikeFrom is how similar two names are that can be one: Jon and John, Kate and Katherine.
const alikeFrom = 0.85

// Alike tells whether two names can be one, spelt in two ways. No name is like none.
func Alike(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	return a != "" && b != "" && (a == b || edlib.JaroWinklerSimilarity(a, b) >= alikeFrom)
}

// plainWord folds case and drops punctuation, which people write inconsistently.
func plainWord(s string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
}
