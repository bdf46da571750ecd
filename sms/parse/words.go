// Package parse reads what people text: commands in seven languages, opt-outs, and what they tell of themselves. It is
// pure, and knows nothing of who texts. Package when below it reads the days and times that they name.
package parse

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	gosync "sync"

	"ghlsms/sms"
	"ghlsms/sms/parse/when"
)

// Words are the keywords by which texts are understood, in one language or several. Opt-out words
// count in all languages whatever Words say. Words do not change once made; a nil *Words is English.
type Words struct {
	languages     []string
	whole         map[string]Verb
	leading       map[string]Verb
	everyday      map[string]bool
	yes           map[string]bool
	beginsKeyword map[string]bool // the first words of whole
	own           map[string]bool // further opt-out words
	foreign       bool            // courtesies of other languages than English are taken off too
	visits        []func() *visitForm
	details       func() detailForms
}

var english = gosync.OnceValue(func() *Words { return mustWords("en") })

func mustWords(code string) *Words {
	w, err := NewWords([]string{code}, nil)
	if err != nil {
		panic(err) // the table is ours
	}
	return w
}

func (w *Words) orEnglish() *Words {
	if w == nil {
		return english()
	}
	return w
}

// configurable are the verbs that may be given further words. Choices are numbers.
var configurable = []Verb{VerbStop, VerbStart, VerbHelp, VerbConfirm, VerbCancel, VerbTask, VerbTasks, VerbDone, VerbMove, VerbNext, VerbNote, VerbUndo, VerbWho}

// takesRest tells the verbs whose keyword something may follow.
func takesRest(v Verb) bool { return v == VerbTask || v == VerbDone || v == VerbNote }

// NewWords makes the keywords of these languages (en, es, fr, de, pt, it, nl; none is English), and
// adds the own ones, texts of a word or a few. START, HELP and the other words that our answers
// tell people to send count in all of them. Where two languages disagree about a word the
// language named first wins. An error names the language, verb or word and the remedy.
func NewWords(codes []string, own map[Verb][]string) (*Words, error) {
	if len(codes) == 0 {
		codes = []string{"en"}
	}
	w := &Words{
		languages: slices.Clone(codes), whole: map[string]Verb{}, leading: map[string]Verb{},
		everyday: map[string]bool{}, yes: map[string]bool{}, own: map[string]bool{},
	}
	var spoken []language
	for _, code := range codes {
		i := slices.IndexFunc(languages, func(l language) bool { return l.code == code })
		if i < 0 {
			return nil, fmt.Errorf("language %q is not known: use some of %s", code, strings.Join(knownLanguages(), ", "))
		}
		spoken = append(spoken, languages[i])
		w.foreign = w.foreign || code != "en"
		w.speak(languages[i])
		w.visits = append(w.visits, visitForms(languages[i]))
	}
	w.speak(standard)
	for _, verb := range slices.Sorted(maps.Keys(own)) {
		if !slices.Contains(configurable, verb) {
			return nil, fmt.Errorf("verb %q cannot be given words: use some of %v", string(verb), configurable)
		}
		for _, word := range own[verb] {
			if err := w.add(verb, word); err != nil {
				return nil, err
			}
		}
	}
	w.beginsKeyword = map[string]bool{}
	for text := range w.whole {
		first, _, _ := strings.Cut(text, " ")
		w.beginsKeyword[first] = true
	}
	w.details = gosync.OnceValue(func() detailForms { return newDetailForms(spoken) })
	return w, nil
}

func knownLanguages() []string {
	var codes []string
	for _, l := range languages {
		codes = append(codes, l.code)
	}
	return codes
}

// Languages are the languages the words were made for, as given.
func (w *Words) Languages() []string { return slices.Clone(w.orEnglish().languages) }

// Dates reads days and times in those languages.
func (w *Words) Dates() when.Languages { return w.orEnglish().languages }

func (w *Words) speak(l language) {
	for _, verb := range configurable {
		for text := range list(l.whole[verb]) {
			if _, taken := w.whole[text]; !taken {
				w.whole[text] = verb
			}
		}
		for text := range list(l.leading[verb]) {
			if _, taken := w.leading[text]; !taken {
				w.leading[text] = verb
			}
		}
	}
	for text := range list(l.everyday) {
		w.everyday[text] = true
	}
	for text := range list(l.yes) {
		w.yes[text] = true
	}
}

func list(s string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for item := range strings.SplitSeq(s, ",") {
			if item != "" && !yield(item) {
				return
			}
		}
	}
}

// add gives a verb a word of the operator's own.
func (w *Words) add(verb Verb, word string) error {
	said := fold(sms.Clean(word))
	switch {
	case strings.Trim(said, "0123456789 ") == "":
		return fmt.Errorf("word %q for %q: it needs a letter; bare numbers are choices", word, verb)
	case len(strings.Fields(said)) > mostKeywords:
		return fmt.Errorf("word %q for %q: use at most %d words", word, verb, mostKeywords)
	case verb == VerbStop:
		if other, taken := w.meaning(said); taken {
			return fmt.Errorf("word %q for %q means %q already: use another word", word, verb, other)
		}
		w.own[said] = true
		return nil
	case isStop(said) || w.own[said]:
		return fmt.Errorf("word %q for %q is an opt-out word, and those keep their meaning: use another word", word, verb)
	}
	if other, taken := w.meaning(said); taken && other != verb {
		return fmt.Errorf("word %q for %q means %q already: use another word", word, verb, other)
	}
	if takesRest(verb) {
		w.leading[said] = verb
	} else {
		w.whole[said] = verb
	}
	return nil
}

const mostKeywords = 4

func (w *Words) meaning(said string) (Verb, bool) {
	if verb, ok := w.whole[said]; ok {
		return verb, true
	}
	verb, ok := w.leading[said]
	return verb, ok
}

// polite takes off courtesies: English ones, and those of all languages if others are spoken.
func (w *Words) polite(said string) string {
	said = polite(said)
	if w.foreign {
		said = polite(withoutCourtesies(said))
	}
	return said
}
