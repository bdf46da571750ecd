package parse

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"ghlsms/sms"
)

var (
	firstKeyed = sms.Pattern(`(?i)(?:^|[\s,;.])(?:first|given) ?name ?[:=]\s*([^\n,;:=@]{1,80})`)
	lastKeyed  = sms.Pattern(`(?i)(?:^|[\s,;.])(?:(?:last|family) ?name|surname) ?[:=]\s*([^\n,;:=@]{1,80})`)
	nameKeyed  = sms.Pattern(`(?i)(?:^|[\n,;.!(]\s*|\b(?:my|full|hi|hello) )name ?[:=]\s*([^\n,;:=@]{1,80})`)
	// Introductions count at the start of a text, a sentence or a clause only.
	nameIntro = sms.Pattern(`(?i)(?:^|[\n,;.!?:-])\s*(?:(?:hi|hello|hey|hiya|hola|good (?:morning|afternoon|evening|day)|thanks|thank you|yes|ok|so|and|there|again|all|everyone|doctor|doc)[ ,!.]+)*` +
		`(?:i'm|i am|im|this is|my name is|my name's|my full name is|name is|call me)\s+`)
	nameFirst = sms.Pattern(`(?m)^[ \t"]*(?:(?i:hi|hello|hey|thanks|thank you|yes|ok|sure)[ ,!.:]+)*([\pL\pM'. -]{2,80}?)["\s]*[,;:<(/|-]*\s*(?:\+?[0-9(][0-9 ().\-]{5,20}[0-9][\s,;:<(/|-]*)?(` + emailForm + `)`)
)

// findName looks for a name in the order of how plainly it is stated.
func findName(text string, forms detailForms) (first, last string) {
	first = cmp.Or(keyed(firstKeyed(), text), keyed(forms.first, text))
	last = cmp.Or(keyed(lastKeyed(), text), keyed(forms.last, text))
	if first != "" || last != "" {
		return cmp.Or(first, keyed(forms.name, text)), last // "nombre: Jane, apellido: Doe"
	}
	if m := nameKeyed().FindStringSubmatch(text); m != nil {
		return splitName(keyedWords(m[1]))
	}
	if s := keyed(forms.name, text); s != "" {
		return splitName(strings.Fields(s))
	}
	if hasCase(text) {
		for _, re := range []*regexp.Regexp{nameIntro(), forms.intro, forms.weak} {
			if words := introduced(re, text); len(words) > 1 || len(words) == 1 && re != forms.weak {
				return splitName(words)
			}
		}
	}
	if m := nameFirst().FindStringSubmatch(text); m != nil {
		words := strings.Fields(strings.Trim(m[1], " .-"))
		shape := words
		if !hasCase(text) { // JANE DOE: capitals say nothing, the place before the address does
			shape = capitalise(words)
		}
		if len(words) >= 2 && isName(shape) && countCapitalised(shape) >= 2 {
			return splitName(words)
		}
	}
	if m := nameOnly().FindStringSubmatch(text); m != nil && isPerson(m[1]) && !slices.ContainsFunc(strings.Fields(m[1]), func(w string) bool { return asking[w] }) {
		return splitName(strings.Fields(m[1]))
	}
	return "", ""
}

// nameOnly is a text of nothing but a first name, a last name and an address, all in small letters.
var nameOnly = sms.Pattern(`^(\p{Ll}{2,} \p{Ll}{2,})[\s,;:-]+` + emailForm + `[\s,.!]*$`)

// introduced is the name behind the first introduction that has one.
func introduced(re *regexp.Regexp, text string) []string {
	if re == nil {
		return nil
	}
	for _, at := range re.FindAllStringIndex(text, -1) {
		if words := leadingName(text[at[1]:]); words != nil {
			return words
		}
	}
	return nil
}

func keyed(re *regexp.Regexp, text string) string {
	if re == nil {
		return ""
	}
	m := re.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return strings.Join(keyedWords(m[1]), " ")
}

// keyedWords are the words after "name:", up to the next key or sentence. What was asked for
// by its key is taken in any case.
func keyedWords(s string) []string {
	var words []string
	for w := range strings.FieldsSeq(s) {
		bare := strings.Trim(w, `"().!?`)
		if nextKeys[strings.ToLower(bare)] || !isNameShape(bare) || len(words) == maxNameWords {
			break
		}
		words = append(words, bare)
		if strings.ContainsAny(w[len(w)-1:], ".!?)") && len(bare) > 2 {
			break
		}
	}
	return words
}

var nextKeys = set("email,e-mail,mail,phone,cell,mobile,tel,telephone,number,address,dob,born,first,last,surname,company,and,my,i,i'm,is,the,please,thanks,thank,from,at,here,n/a,na,none,unknown")

const maxNameWords = 5

// leadingName takes the name off the front of a text, or nil if what is there does not read as
// one: it must be followed by the end of a clause or by a word that can follow a name.
func leadingName(text string) []string {
	var words []string
	for text != "" {
		word := text
		if i := strings.IndexFunc(text, unicode.IsSpace); i >= 0 {
			word = text[:i]
		}
		after := text[len(word):]
		bare := strings.TrimRight(word, `,;:!?)("<>-`)
		initial := len(bare) == 2 && bare[1] == '.'
		if !initial && !titles[strings.ToLower(strings.TrimRight(bare, "."))] {
			bare = strings.TrimRight(bare, ".")
		}
		if !isNameWord(bare) && (len(words) == 0 || !particles[strings.ToLower(bare)]) {
			if strings.Contains(word, "@") || followers[strings.ToLower(bare)] || startsClause(word) {
				break
			}
			return nil
		}
		words = append(words, bare)
		text = strings.TrimLeft(after, " \t")
		if bare != word || strings.HasPrefix(text, "\n") {
			break
		}
	}
	if n := len(words); n > 1 && (words[n-1] == "y" || words[n-1] == "e") {
		words = words[:n-1] // "and", when no name follows
	}
	if !isName(words) {
		return nil
	}
	return words
}

// startsClause tells a word that cannot belong to what stands before it: a dash, a bracket, a
// number.
func startsClause(word string) bool {
	return strings.ContainsAny(word[:1], "-(<+&/0123456789")
}

// followers are the words a name may be followed by.
var followers = set("and,from,here,now,with,at,my,i,i'm,the,again,writing,calling,texting,email,mail,phone,cell,number,your,checking,just,replying,about,regarding,re,what,when,can,could,is,but,who,we,for,on,in,please," +
	"mi,mon,mein,meine,minha,meu,il,mijn,und,et,en,ich,ik,je,yo,eu,io,con,mit,avec,com,met,de,del,correo,e,y,necesito,quiero,gracias,danke,merci,grazie,obrigado,bedankt")

var (
	titles    = set("mr,mrs,ms,miss,dr,prof,professor,doctor,sir,madam")
	particles = set("de,del,della,der,den,di,da,dos,das,du,la,le,van,von,zu,bin,bint,ibn,ben,al,el,st,ter,ten,y,e")
)

// notNames are the words people write with a capital after "I'm" or "this is", or before an
// address, and that are no names. Any of them makes the whole no name.
var notNames = set("late,happy,sad,sorry,sick,ill,fine,good,great,ok,okay,okey,well,here,there,home,back,busy,free,ready,done,sure,not," +
	"running,coming,going,leaving,driving,waiting,looking,trying,interested,available,unavailable,unable,able,outside,inside,stuck,lost,late,early," +
	"confirmed,confirming,cancelling,canceling,cancelled,canceled,booked,scheduled,new,existing,pregnant,allergic,married,single,tired,excited,glad,grateful,thankful," +
	"so,very,really,too,still,just,also,only,now,today,tomorrow,tonight,yesterday,soon,about,almost,always,never,maybe,probably," +
	"the,a,an,my,your,our,his,her,their,this,that,these,those,it,its,what,when,where,why,how,who,which,if,as,at,in,on,to,for,from,with,without,and,or,but,by,of,off,out,up,down," +
	"monday,tuesday,wednesday,thursday,friday,saturday,sunday,january,february,march,april,june,july,august,september,october,november,december,christmas,easter,thanksgiving,halloween," +
	"hi,hello,hey,dear,thanks,thank,you,please,yes,no,none,nobody,nothing,everything,someone,somebody,anyone," +
	"urgent,important,spam,correct,incorrect,wrong,right,true,false,awesome,amazing,terrible,ridiculous,crazy,perfect,wonderful,beautiful,bad,better,best,worse,worst,nice,cool," +
	"info,fyi,asap,eta,ceo,usa,covid,email,mail,contact,send,call,text,reply,forward,subject,name,address,phone,invoice,order,appointment,meeting,reminder,confirmation,question,test," +
	"american,german,french,spanish,italian,british,english,irish,mexican,canadian,chinese,japanese,indian,christian,catholic,jewish,muslim,vegan,vegetarian," +
	"dental,dentist,clinic,office,hospital,center,centre,inc,llc,ltd,gmbh,corp,company,team,support,service,services,bank,church,school,university,restaurant,salon,store,shop," +
	"mom,mum,mother,dad,father,wife,husband,sister,brother,god,jesus,i,i'm,me,he,she,we,they,us," +
	"patient,patientin,kunde,kundin,arzt,lehrer,lehrerin,krank,deutsche,deutscher,nuevo,nueva,cliente,paciente,enfermo,tarde,zu,spat")

// isName tells whether words that have the shape of a name can be one.
func isName(words []string) bool {
	if len(words) == 0 || len(words) > maxNameWords {
		return false
	}
	named := false
	for i, w := range words {
		lower := strings.ToLower(strings.TrimRight(w, "."))
		switch {
		case particles[lower] && i > 0 && i < len(words)-1, titles[lower] && i == 0:
			continue
		case notNames[lower] || strings.HasSuffix(lower, "'s") || !isNameWord(w):
			return false
		case len([]rune(lower)) > 1:
			named = true // one initial alone is none
		}
	}
	return named
}

// capitalise gives words that are all capitals the form of names.
func capitalise(words []string) []string {
	out := slices.Clone(words)
	for i, w := range out {
		if r := []rune(w); w == strings.ToUpper(w) {
			out[i] = string(r[:1]) + strings.ToLower(string(r[1:]))
		}
	}
	return out
}

func countCapitalised(words []string) int {
	n := 0
	for _, w := range words {
		if isNameWord(w) && !titles[strings.ToLower(strings.TrimRight(w, "."))] {
			n++
		}
	}
	return n
}

// isNameWord wants a capital first and the shape of a name.
func isNameWord(w string) bool {
	if !isNameShape(w) {
		return false
	}
	r := []rune(w)
	if !unicode.IsUpper(r[0]) && !unicode.IsTitle(r[0]) {
		return false
	}
	// All capitals and short is an abbreviation: OK, ASAP, CEO. Initials (J.) pass.
	return len(r) == 1 || r[1] == '.' || len(r) > 3 || strings.ContainsFunc(w, unicode.IsLower)
}

func isNameShape(w string) bool {
	letters := 0
	for i, r := range w {
		switch {
		case unicode.IsLetter(r):
			letters++
		case unicode.Is(unicode.M, r) && letters > 0:
		case (r == '\'' || r == '-') && i > 0 && i < len(w)-1:
		case r == '.' && i > 0:
		default:
			return false
		}
	}
	return letters > 0 && len(w) <= 60
}

// splitName gives the first word to the first name and the rest to the last; a title goes to
// neither, and one name behind a title is a last name.
func splitName(words []string) (first, last string) {
	titled := false
	for len(words) > 0 && titles[strings.ToLower(strings.TrimRight(words[0], "."))] {
		words, titled = words[1:], true
	}
	switch {
	case len(words) == 0:
		return "", ""
	case len(words) == 1 && titled:
		return "", words[0]
	}
	return words[0], strings.Join(words[1:], " ")
}
