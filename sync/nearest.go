package sync

import (
	"strings"
	"unicode/utf8"
)

// longestWord bounds how long a word may be to be taken for a misspelling.
const longestWord = 100

// Nearest returns the word of others that a person who wrote word most likely meant, and how many
// single-letter edits lie between them, case and punctuation aside; "" if nothing is near.
func Nearest(word string, others []string) (best string, edits int) {
	if len(word) > longestWord {
		return "", 0
	}
	most := max(2, utf8.RuneCountInString(word)/3)
	edits = most + 1
	for _, other := range others {
		if n := utf8.RuneCountInString(other); n > longestWord {
			continue
		} else if d := distance(plainWord(word), plainWord(other)); d < edits && d < n {
			best, edits = other, d
		}
	}
	return best, edits
}

// plainWord leaves out what people write now so, now so.
func plainWord(s string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
}

// distance is the number of single-letter edits between a and b; two swapped letters are one.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	d := make([][]int, len(s)+1)
	for i := range d {
		d[i] = make([]int, len(t)+1)
		d[i][0] = i
	}
	for j := range t {
		d[0][j+1] = j + 1
	}
	for i := range s {
		for j := range t {
			cost := 1
			if s[i] == t[j] {
				cost = 0
			}
			d[i+1][j+1] = min(d[i][j+1]+1, d[i+1][j]+1, d[i][j]+cost)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				d[i+1][j+1] = min(d[i+1][j+1], d[i-1][j-1]+1)
			}
		}
	}
	return d[len(s)][len(t)]
}
