package sync

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-playground/locales"
	"github.com/go-playground/locales/de"
	"github.com/go-playground/locales/es"
	"github.com/go-playground/locales/fr"
	"github.com/go-playground/locales/it"
	"github.com/go-playground/locales/nl"
	"github.com/go-playground/locales/pt"
)

// locale is how dates and times are written in a language. Names of days and months are those of the
// Unicode CLDR.
type locale struct {
	code  string
	names []string // of the language, in English and in itself
	words locales.Translator
	date  string // of a day's short name, its number in the month, and the month's short name
	dots  bool   // short names end with one
	at    string // between date and time
	and   string
}

// english is the default, and is written as Americans do.
var english = locale{code: "en", names: []string{"english"}, at: " at ", and: " and "}

var localesKnown = []locale{
	english,
	{"es", []string{"spanish", "español", "espanol", "castellano"}, es.New(), "%s, %d %s", false, ", ", " y "},
	{"fr", []string{"french", "français", "francais"}, fr.New(), "%s %d %s", true, " à ", " et "},
	{"de", []string{"german", "deutsch"}, de.New(), "%s, %d. %s", true, " um ", " und "},
	{"pt", []string{"portuguese", "português"}, pt.New(), "%s, %d %s", false, " às ", " e "},
	{"it", []string{"italian", "italiano"}, it.New(), "%s %d %s", false, " alle ", " e "},
	{"nl", []string{"dutch", "nederlands"}, nl.New(), "%s %d %s", false, " om ", " en "},
}

// Languages are the codes of those that texts can be in.
func Languages() []string {
	codes := make([]string, len(localesKnown))
	for i, l := range localesKnown {
		codes[i] = l.code
	}
	return codes
}

// localeOf finds a language by its code, with a region or without, or by its name; English else.
func localeOf(language string) *locale {
	said := strings.ToLower(strings.TrimSpace(language))
	code, _, _ := strings.Cut(strings.ReplaceAll(said, "_", "-"), "-")
	for i := range localesKnown {
		if l := &localesKnown[i]; l.code == code || slices.Contains(l.names, said) {
			return l
		}
	}
	return &english
}

// cheap spells what would make a text one of dear characters, in the names of days and months.
var cheap = strings.NewReplacer("á", "a", "û", "u", "\u00a0", " ", "\u202f", " ")

func (l *locale) day(t time.Time) string {
	if l.words == nil {
		return t.Format(dateForm)
	}
	day, month := l.words.WeekdayAbbreviated(t.Weekday()), l.words.MonthAbbreviated(t.Month())
	if !l.dots {
		day, month = strings.TrimSuffix(day, "."), strings.TrimSuffix(month, ".")
	}
	return cheap.Replace(fmt.Sprintf(l.date, day, t.Day(), month))
}

func (l *locale) clock(t time.Time) string {
	if l.words == nil {
		return t.Format(clockForm)
	}
	return t.Format("15:04")
}

func (l *locale) when(t time.Time) string { return l.day(t) + l.at + l.clock(t) }

// moment is a time as a template names its parts.
func (l *locale) moment(t time.Time) TemplateTime {
	if t.IsZero() {
		return TemplateTime{}
	}
	zone, _ := t.Zone()
	m := TemplateTime{
		Date: l.day(t), Time: l.clock(t), Weekday: t.Weekday().String(), Month: t.Month().String(), Day: t.Day(), Year: t.Year(), Zone: zone,
	}
	if l.words != nil {
		m.Weekday, m.Month = cheap.Replace(l.words.WeekdayWide(t.Weekday())), cheap.Replace(l.words.MonthWide(t.Month()))
	}
	return m
}

// list writes words side by side: one, two and three.
func (l *locale) list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + l.and + words[len(words)-1]
}
