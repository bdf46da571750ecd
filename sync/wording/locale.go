package wording

import (
	"fmt"
	"slices"
	"strings"
	gosync "sync"
	"time"
	"unicode"

	"github.com/go-playground/locales"
	"github.com/go-playground/locales/de"
	"github.com/go-playground/locales/es"
	"github.com/go-playground/locales/fr"
	"github.com/go-playground/locales/it"
	"github.com/go-playground/locales/nl"
	"github.com/go-playground/locales/pt"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"

	"ghlsms/sync/record"
)

// locale is how dates and times are written in a language. Names of days and months are those of the
// Unicode CLDR.
type locale struct {
	code     string
	words    locales.Translator
	date     string // of a day's short name, its number in the month, and the month's short name
	dots     bool   // short names end with one
	at       string // between date and time
	and      string
	nameless string // stands for a name that is not known
}

// missingName stands for a name that is not known where a language has no word for that. [Template.Render]
// takes it out, with the space before it.
const missingName = "\ue000"

// english is the default, and is written as Americans do.
var english = locale{code: "en", at: " at ", and: " and ", nameless: "there"}

var localesKnown = []locale{
	english,
	{"es", es.New(), "%s, %d %s", false, ", ", " y ", missingName},
	{"fr", fr.New(), "%s %d %s", true, " à ", " et ", missingName},
	{"de", de.New(), "%s, %d. %s", true, " um ", " und ", missingName},
	{"pt", pt.New(), "%s, %d %s", false, " às ", " e ", missingName},
	{"it", it.New(), "%s %d %s", false, " alle ", " e ", missingName},
	{"nl", nl.New(), "%s %d %s", false, " om ", " en ", missingName},
}

// Languages are the codes of those that texts can be in.
func Languages() []string {
	codes := make([]string, len(localesKnown))
	for i, l := range localesKnown {
		codes[i] = l.code
	}
	return codes
}

// LanguageCode is the code of a language that texts can be in, by what people call it: es, es-MX, spa,
// Spanish, español or "Spanish (Mexico)". Of several the first that is known counts; ok is false if none
// is.
func LanguageCode(said string) (code string, ok bool) {
	known := Languages()
	for choice := range strings.FieldsFuncSeq(said, func(r rune) bool { return strings.ContainsRune(",;/|&+", r) }) {
		// A code counts alone only: "lengua de señas" is no German.
		if tag, err := language.Parse(strings.TrimSpace(choice)); err == nil {
			if base, sure := tag.Base(); sure == language.Exact && slices.Contains(known, base.String()) {
				return base.String(), true
			}
			continue
		}
		words := record.PlainWords(withoutAccents(choice))
		if len(words) == 0 {
			continue
		}
		for _, word := range []string{words[0], words[len(words)-1]} { // Spanish (Mexico); Mexican Spanish
			if code := languageNames()[word]; code != "" {
				return code, true
			}
		}
	}
	return "", false
}

// languageNames are the codes by the names that languages have in each other, without accents.
var languageNames = gosync.OnceValue(func() map[string]string {
	names := map[string]string{"castellano": "es", "castilian": "es", "flemish": "nl", "vlaams": "nl"}
	for _, in := range Languages() {
		namer := display.Languages(language.MustParse(in))
		for _, code := range Languages() {
			names[withoutAccents(strings.ToLower(namer.Name(language.MustParse(code))))] = code
		}
	}
	return names
})

func withoutAccents(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(s))
}

// localeOf is that of a language by its code; English else.
func localeOf(code string) *locale {
	for i := range localesKnown {
		if localesKnown[i].code == code {
			return &localesKnown[i]
		}
	}
	return &english
}

// cheap respells characters outside GSM-7 in the names of days and months, since one of them would make a text UCS-2.
var cheap = strings.NewReplacer("á", "a", "û", "u", "ç", "c", "\u00a0", " ", "\u202f", " ")

func (l *locale) day(t time.Time) string {
	if l.words == nil {
		return t.Format(DateForm)
	}
	day, month := l.short(t)
	return fmt.Sprintf(l.date, day, t.Day(), month)
}

// short are the short names of a day and its month, where the language has any of its own.
func (l *locale) short(t time.Time) (day, month string) {
	day, month = l.words.WeekdayAbbreviated(t.Weekday()), l.words.MonthAbbreviated(t.Month())
	if !l.dots {
		day, month = strings.TrimSuffix(day, "."), strings.TrimSuffix(month, ".")
	}
	return cheap.Replace(day), cheap.Replace(month)
}

func (l *locale) clock(t time.Time) string {
	if l.words == nil {
		return t.Format(ClockForm)
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
		at: t, in: l,
		Date: l.day(t), Time: l.clock(t), Weekday: t.Weekday().String(), Month: t.Month().String(), Day: t.Day(), Year: t.Year(), Zone: zone,
	}
	if l.words != nil {
		m.Weekday, m.Month = cheap.Replace(l.words.WeekdayWide(t.Weekday())), cheap.Replace(l.words.MonthWide(t.Month()))
	}
	return m
}

// layoutNames are what names of days and months are written for in a layout; names stand there in the
// same order.
var layoutNames = strings.NewReplacer("January", "\ue001", "Monday", "\ue002", "Jan", "\ue003", "Mon", "\ue004")

// Format writes the time in a layout of Go's, such as "Monday 2 January 15:04", with the names of days and
// months in the text's language. No time is written as nothing.
func (m TemplateTime) Format(layout string) string {
	if m.at.IsZero() {
		return ""
	}
	if m.in.words == nil {
		return m.at.Format(layout)
	}
	day, month := m.in.short(m.at)
	names := strings.NewReplacer("\ue001", m.Month, "\ue002", m.Weekday, "\ue003", month, "\ue004", day)
	return names.Replace(m.at.Format(layoutNames.Replace(layout)))
}

// list writes words side by side: one, two and three.
func (l *locale) list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + l.and + words[len(words)-1]
}
