package parse

import (
	"regexp"
	"slices"
	"strings"
	gosync "sync"
)

// A day or a time in a sentence about a visit is one word of it, whatever it is made of.
const (
	dateWord  = "0date"  // on friday, at 4
	ownerWord = "0dates" // friday's
)

// visitForm are the sentences of one language about a visit, with what may stand around them.
type visitForm struct {
	around, verbs  map[string]bool
	cancels, nouns map[string]bool
	cancel, move   *regexp.Regexp
	moveAlone      *regexp.Regexp
	// Sentences that name no visit but a day, which is masked.
	cancelDay, moveDay *regexp.Regexp
}

// pronouns stand for a visit that was spoken of: move it to the 3rd.
const pronouns = "it,this,that,them,la,lo,le,l,ihn,es,den,het,hem,o,a,ce"

// visitForms are made when first asked for: few texts are about a visit, and the forms are long.
func visitForms(l language) func() *visitForm {
	return gosync.OnceValue(func() *visitForm { return newVisitForm(l) })
}

func newVisitForm(l language) *visitForm {
	alt := func(s string) string { return `(?:` + strings.ReplaceAll(s, ",", "|") + `)` }
	number := `|[0-9]{1,2}|[0-9]{1,2}(?:[ap]m|h|uhr)|[0-9]{1,2}(?:st|nd|rd|th)|` + dateWord + `|` + ownerWord
	behind := `(?: (?:` + alt(l.behind) + number + `))*`
	between := `(?:` + alt(l.between) + `|` + ownerWord + `|` + dateWord + `)`
	sentence := func(verbs string) *regexp.Regexp {
		noun := alt(l.visit)
		return regexp.MustCompile(`^(?:` + alt(verbs) + `(?: ` + between + `)* ` + noun + behind +
			`|(?:` + between + ` )*` + noun + behind + ` ` + alt(verbs) + behind + `)$`)
	}
	form := &visitForm{around: set(l.around), verbs: set(l.cancel + "," + l.move), cancel: sentence(l.cancel), move: sentence(l.move), cancels: set(l.cancel + ",cancelled,canceled"), nouns: set(l.visit)}
	if alone := l.whole[VerbMove]; alone != "" {
		// "reschedule for friday" names no visit and needs none; MOVE does.
		form.moveAlone = regexp.MustCompile(`^` + alt(moveAlone[l.code]) + behind + `$`)
	}
	form.cancelDay = regexp.MustCompile(`^` + alt(l.cancel) + `(?:(?: ` + alt(l.between) + `)+ ` + dateWord + `|(?: ` + alt(l.between) + `)* ` + ownerWord + `)` + behind + `$`)
	form.moveDay = regexp.MustCompile(`^` + alt(l.move) + `(?: (?:` + alt(l.between) + `|` + alt(l.behind) + `))* (?:` + alt(pronouns) + behind + ` ` + dateWord + `|` + ownerWord + `)` + behind + `$`)
	return form
}

// moveAlone are the verbs that are said of visits only.
var moveAlone = map[string]string{
	"en": "reschedule,rescheduling,resched,rebook", "es": "reprogramar,reagendar", "fr": "reprogrammer", "de": "umbuchen",
	"pt": "remarcar,reagendar", "it": "riprogrammare", "nl": "verzetten",
}

// visitVerb tells whether a text asks to cancel or to move a visit. Where the words alone do not say it, the days and
// times that it names may: "cancel thursday's", "move it to the 3rd at 4".
func (w *Words) visitVerb(text, said string) Verb {
	if verb := w.visitSentence(said, false); verb != VerbNone || !w.namesVisitVerb(said) {
		return verb
	}
	masked := w.Dates().Mask(withoutSignOff(text), dateWord, ownerWord)
	if masked == "" {
		return VerbNone
	}
	return w.visitSentence(w.polite(fold(masked)), true)
}

// beforeDates are the words that join a day to a keyword: C for friday.
var beforeDates = set("for,on,the,at,my,after,before,by,until,this,antes,despues,avant,apres,vor,nach,bis,vom,depois,prima,dopo,na,tot,van,el,la,del,de,para,a,le,du,pour,au,am,fur,den,um,no,na,do,da,as,il,per,al,alle,op,voor,om")

// datedVerb tells what a keyword alone asks for with which only a day or a time stands: C friday, X monday 3pm. Everyday
// words are answers, and say nothing of a day.
func (w *Words) datedVerb(text, said string) Verb {
	first, _, more := strings.Cut(said, " ")
	if !more || !w.beginsKeyword[first] {
		return VerbNone
	}
	keyword, ok := w.withoutDates(text)
	verb := w.whole[keyword]
	if verb == VerbNone { // R from friday; X from friday may be all that follow too
		if keyword, ok = strings.CutSuffix(keyword, " from"); ok && w.whole[keyword] == VerbMove {
			verb = VerbMove
		}
	}
	if !ok || w.everyday[keyword] || strings.Count(keyword, " ") > 1 || verb != VerbConfirm && verb != VerbCancel && verb != VerbMove {
		return VerbNone
	}
	return verb
}

// withoutDates is what a text says before the days and times that it ends with, folded; ok tells that it has any.
func (w *Words) withoutDates(text string) (said string, ok bool) {
	words := strings.Fields(w.polite(fold(w.Dates().Mask(withoutSignOff(text), dateWord, ownerWord))))
	n := len(words)
	for n > 0 && (words[n-1] == dateWord || words[n-1] == ownerWord || ok && w.joins(words[n-1])) {
		n--
		ok = true
	}
	return strings.Join(words[:n], " "), ok
}

// joins tells the words between a keyword and a day. "No" is one in Portuguese, and takes back what stands before it elsewhere.
func (w *Words) joins(word string) bool {
	says := slices.ContainsFunc(w.languages, func(code string) bool { return code == "en" || code == "es" || code == "it" })
	return beforeDates[word] && (word != "no" || !says)
}

// ourTexts are what an opt-out may be about, even where it speaks of visits: cancel the appointment reminders.
var ourTexts = set("reminder,reminders,text,texts,message,messages,sms,notification,notifications,alert,alerts,update,updates,newsletter,subscription,list,email,emails,mails,membership," +
	"recordatorio,recordatorios,mensaje,mensajes,suscripcion,lista,rappel,rappels,messages,abonnement,erinnerung,erinnerungen,nachricht,nachrichten,abo,lembrete,lembretes,mensagem,mensagens,assinatura," +
	"promemoria,messaggio,messaggi,iscrizione,herinnering,herinneringen,bericht,berichten")

// cancels is what a text speaks of cancelling.
type cancels int

const (
	cancelsNothing cancels = iota
	cancelsVisit
	cancelsDay // what is on a day, which may be anything
)

// saysCancel tells whether a text speaks of cancelling a visit, or what is on a day, and has no other word that may be an
// opt-out.
func (w *Words) saysCancel(text, all string) cancels {
	for _, form := range w.visits {
		form := form()
		var rest []string
		cancel, visit := false, false
		for word := range strings.FieldsSeq(all) {
			if form.cancels[word] {
				cancel = true
				continue
			}
			if ourTexts[word] {
				return cancelsNothing
			}
			visit = visit || form.nouns[word]
			rest = append(rest, word)
		}
		switch {
		case !cancel, maybeStop(strings.Join(rest, " ")):
		case visit:
			return cancelsVisit
		case w.namesDay(text):
			return cancelsDay
		}
	}
	return cancelsNothing
}

func (w *Words) namesVisitVerb(said string) bool {
	for _, form := range w.visits {
		verbs := form().verbs
		for word := range strings.FieldsSeq(said) {
			if verbs[word] {
				return true
			}
		}
	}
	return false
}

func (w *Words) visitSentence(said string, masked bool) Verb {
	for _, form := range w.visits {
		form := form()
		words := strings.Fields(said)
		for len(words) > 0 && form.around[words[0]] {
			words = words[1:]
		}
		for len(words) > 0 {
			asked := strings.Join(words, " ")
			switch {
			case form.cancel.MatchString(asked), masked && form.cancelDay.MatchString(asked):
				return VerbCancel
			case form.move.MatchString(asked), form.moveAlone != nil && form.moveAlone.MatchString(asked), masked && form.moveDay.MatchString(asked):
				return VerbMove
			}
			if !form.around[words[len(words)-1]] { // "rendez-vous" ends in a word that may also be around it
				break
			}
			words = words[:len(words)-1]
		}
	}
	return VerbNone
}
