package parse

import (
	"regexp"
	"slices"
	"strings"
	gosync "sync"

	"ghlsms/sms"
)

// stopTexts are the opt-out words, folded. Which ones is not for us to choose: they are those
// of 47 CFR 64.1200(a)(10), of the CTIA and of the large providers.
var stopTexts = set("stop,stopall,stop all,unsubscribe,cancel,end,quit,revoke,opt out,optout,remove,arret")

// unambiguousStop are those that mean nothing else even when a signature follows.
var unambiguousStop = set("stop,stopall,stop all,unsubscribe,opt out,optout,arret")

func set(list string) map[string]bool {
	m := make(map[string]bool)
	for s := range strings.SplitSeq(list, ",") {
		m[s] = true
	}
	return m
}

// isStop tells whether a folded text opts out.
func isStop(said string) bool {
	if stopTexts[said] {
		return true
	}
	if stopTexts[polite(said)] {
		return true
	}
	whole := said
	said = politeStop(said)
	if unambiguousStop[said] || stopSentence().MatchString(said) {
		return true
	}
	for _, asked := range []string{withoutOpening(said), politeStop(withoutStranger(said))} {
		if asked != said && (unambiguousStop[asked] || stopSentence().MatchString(asked)) {
			return true
		}
	}
	return isForeignStop(whole)
}

// plainStops are sentences that ask for no more texts whatever is said beside them.
var plainStops = []string{
	`(?:stop|cease|quit|end|halt|discontinue|cancel)(?: ` + about + `)* ` + texting + `(?: ` + more + `)*`,
	`(?:unsubscribe|unsubscribed|unsub|unsuscribe|unsubcribe|unsubscibe|be unsubscribed)(?: ` + whence + `)*`,
	`(?:remove|delete) ` + myself + `(?: (?:off|out|from)(?: ` + whence + `)*)?`,
	`(?:take|opt) ` + myself + ` (?:off|out)(?: ` + whence + `)*`,
	`(?:opt|opting|opted) out(?: ` + whence + `)*`,
	`(?:lose|forget|erase) (?:my|this) (?:phone )?number|cease and desist`,
}

// stopSentences count where they are all of a text; as a part of it they may mean something else.
var stopSentences = []string{
	`(?:stop|stopp|s(?:tpo|otp|stop|tahp)|stopstop|stopit|cease|quit|end|halt|discontinue)(?: (?:it|this|that|now|all|everything|already|right|to|messages|and|unsubscribe|end|quit|cancel))*|dnc`,
	`(?:do not|dont|never|no more)(?: (?:ever|send))*(?: ` + about + `)* ` + texting + `(?: ` + more + `)*`,
	`be (?:removed|taken off|opted out)(?: ` + whence + `)*|off (?:this|the|your|ur)(?: ` + whence + `)* lists?|(?:turn|switch|shut) off(?: ` + about + `)* ` + texts + `(?: ` + more + `)*`,
	`(?:i )?(?:really )?(?:do not|dont|no longer) (?:want|wish|care|need)(?: to)?(?: (?:get|getting|receive|receiving|have|be))*(?: ` + about + `)* ` + texts + `(?: ` + more + `)*`,
	`(?:i )?revoke (?:my )?consent|leave me alone`,
}

// A sentence with any other word in it is left for a person to read.
var (
	plainStop    = sentences(func() []string { return plainStops })
	stopSentence = sentences(func() []string { return slices.Concat(plainStops, stopSentences) })
)

func sentences(forms func() []string) func() *regexp.Regexp {
	return gosync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:` + strings.Join(forms(), "|") + `)$`) })
}

// saysStop tells whether a sentence of a text, as written, is a plain stop.
func saysStop(text string) bool {
	for sentence := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(".!?\n", r) }) {
		said := fold(sentence)
		if plainStop().MatchString(politeStop(said)) || plainStop().MatchString(withoutOpening(politeStop(said))) {
			return true
		}
	}
	return false
}

const (
	about   = `(?:with|calling and|calling or|call and|call or|fucking|fuckin|damn|goddamn|bloody|all|of|the|these|those|this|your|any|my|me|us|sending|getting|receiving|more|automated|future|further)`
	texting = `(?:texts?|texting|txts?|txting|messages?|messaging|msgs?|msging|sms|sending|contact|contacting|spam|spamming|bothering|harassing|notifications?|reminders?|alerts?|subscription|communications?)`
	texts   = `(?:texts?|txts?|messages?|msgs?|sms|spam|notifications?|reminders?|alerts?|communications?)`
	myself  = `(?:me|us|(?:my|this)(?: (?:phone|cell|mobile))? (?:number|phone|cell)|my name)`
	whence  = `(?:me|us|my|number|phone|from|of|off|the|your|ur|this|these|all|any|list|lists|mailing|contacts?|database|system|texts?|texting|messages?|messaging|sms|everything|now|and|stop|please)`
	more    = `(?:me|us|this|my|number|phone|cell|to|these|those|the|your|any|all|more|anymore|again|ever|from|you|now|here|at|on|and|or call|or calling|and call|and calling|unsubscribe|immediately|` + texting + `)`
)

var (
	politeWords = set("please,pls,plz,plse,thanks,thank,thx,ty,hi,hello,hey,kindly,sir,madam,maam")
	stopFillers = set("please,pls,plz,plse,thanks,thank,thx,ty,hi,hello,hey,kindly,sir,madam,maam,ok,okay,yes,and,just,now,already,immediately,asap,again")
)

// polite takes courtesies off both ends of a folded text.
func polite(said string) string {
	return strings.Join(trimWords(strings.Fields(said), politeWords), " ")
}

// politeStop takes off more, since a stop must be heard among many words, and says each word
// that is repeated (STOP STOP STOP) once.
func politeStop(said string) string {
	words := slices.Compact(strings.Fields(said))
	if len(words) > 1 && words[0] == "no" && words[1] != "more" {
		words = words[1:]
	}
	return strings.Join(trimWords(words, stopFillers), " ")
}

func trimWords(words []string, fillers map[string]bool) []string {
	for len(words) > 0 && fillers[words[0]] {
		thankYou := words[0] == "thank" && len(words) > 1 && words[1] == "you"
		if words = words[1:]; thankYou {
			words = words[1:]
		}
	}
	for len(words) > 0 {
		last := words[len(words)-1]
		afterThank := last == "you" && len(words) > 1 && words[len(words)-2] == "thank"
		if !fillers[last] && !afterThank {
			break
		}
		words = words[:len(words)-1]
	}
	return words
}

var opening = sms.Pattern(`^(?:(?:please|kindly|just|hi|hello) )*(?:(?:can|could|would|will) (?:you|u|i|we|yall)(?: (?:guys|all|people))?(?: please)?(?: just)?|` +
	`(?:i|we|id|wed)(?: (?:would|really|just))* (?:want|need|wish|like|have)(?: (?:you|u))?(?: to)?|i (?:already )?said|i wanna|im trying to|i am trying to|how do i|how can i)` +
	`(?: please)? `)

// withoutOpening takes off "could you please", "I want to" and the like.
func withoutOpening(said string) string {
	return opening().ReplaceAllString(said, "")
}

// stranger is what people who do not know us say beside a stop.
var stranger = `(?:(?:sorry )?(?:(?:i think )?(?:you|u|youve|you guys) (?:have |got |have got )?(?:the |a )?|(?:you|u|youve|you have) texted (?:the |a )|this is (?:the |a )|its (?:the |a )|the )?wrong (?:number|person)|who is this|whos this|who are you|who r u|` +
	`i dont know (?:you|who (?:this|you|u) (?:is|are|r)|this number)|i do not know (?:you|who (?:this|you) (?:is|are)|this number)|(?:this is not|this isnt|im not|i am not) [^ ]+|(?:there is )?no [^ ]+ here)`

var strangerFirst, strangerLast = sms.Pattern(`^` + stranger + ` `), sms.Pattern(` ` + stranger + `$`)

// withoutStranger takes "wrong number", "who is this" and the like off either end.
func withoutStranger(said string) string {
	return strangerLast().ReplaceAllString(strangerFirst().ReplaceAllString(said, ""), "")
}

// harmless are the everyday uses of opt-out words that are too common to bother a person with.
var harmless = sms.Pattern(`\b(?:(?:the|this|next|week|weeks|month|months|year|day) end|end of (?:the|this|next|my|our|day|week|month|year)|(?:bus|non|one|short|train|pit) stop)\b`)

// alarming are the words and phrases that make a person look at a text.
var alarming = sms.Pattern(`\b(?:stop|stopall|unsubscribed?|unsub|unsuscribe|unsubcribe|cancel|end|quit|revoke|opt out|opt me out|optout|remove me|remove|arret|` +
	`(?:do not|dont) (?:text|message|contact)|take me off|no more (?:texts?|messages?)|leave me alone|wrong number|wrong person|` +
	`alto|parar|pare|detener|no mas|` + foreignAlarms + `)\b`)

func maybeStop(said string) bool {
	return alarming().MatchString(harmless().ReplaceAllString(said, " "))
}
