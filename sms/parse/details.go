package parse

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"ghlsms/sms"
)

// Details is what somebody says about themselves in a text; what they do not say is empty.
type Details struct {
	FirstName string
	LastName  string
	Email     string    // the domain in lower case
	Phone     sms.Phone // another number than the one they text from
}

// Empty tells that nothing was found.
func (d Details) Empty() bool { return d == Details{} }

// Details finds the name, the email address and the phone number by which somebody
// introduces themselves:
//
//	Hi, I'm Jane Doe, jane@example.com
//	name: jane doe, email: jane@example.com
//	Jane Doe <jane@example.com>
//	my name is José Núñez
//
// and a vCard. It would rather miss than invent: outside "name:" a name must be written with
// capitals, in a text that is not all capitals, and end where a name ends, so that "I'm
// running late", "I'm Late" and "this is John's mother" say nothing; and an address must be
// the sender's own, so that "send it to bob@example.com" says nothing. The region reads a
// phone number without country code. Introductions and keys of the
// configured languages count beside the English ones. Details never fails.
func (w *Words) Details(text, region string) Details {
	w, text = w.orEnglish(), sms.Clean(text)
	if len(text) > maxDetails {
		return Details{} // nobody introduces themselves at such length
	}
	if strings.HasPrefix(strings.ToUpper(text), "BEGIN:VCARD") {
		return parseVCard(text, region)
	}
	text = straight.Replace(text)
	var d Details
	d.FirstName, d.LastName = findName(text, w.details())
	d.Email = findEmail(text, w.details().email, d.FirstName+d.LastName != "")
	d.Phone = findPhone(text, region)
	return d
}

const maxDetails = 4096

var straight = strings.NewReplacer("’", "'", "‘", "'", "“", `"`, "”", `"`, "\u00a0", " ", "–", "-", "—", "-")

const emailForm = `[^\s<>()\[\],;:"'@]+@[^\s<>()\[\],;:"'@]+\.[^\s<>()\[\],;:"'@]*[\pL\pN]`

var (
	emailAnywhere = sms.Pattern(emailForm)
	emailKeyed    = sms.Pattern(`(?i)(?:^|[\s,;.(])(?:(my|the) )?e-?mail(?: address| id)?(?: is| ?[:=]| -|)\s*<?(?:mailto:)?(` + emailForm + `)`)
	emailMe       = sms.Pattern(`(?i)(?:(?:reach|email|contact|write|mail) (?:to )?me (?:at|on|via|by)|(?:i'm|i am) (?:at|on)|(?:address|it) is|it's|here(?:'s| is)(?: (?:it|my email))?:?)\s*<?(` + emailForm + `)`)
	emailAlone    = sms.Pattern(`(?i)^(?:(?:hi|hello|hey|thanks|thank you|yes|ok|sure|please)[\s,.!:-]+)*<?(` + emailForm + `)>?[\s,.!]*(?:thanks|thank you|please)?[\s,.!]*$`)
)

// findEmail returns the address that is given as the sender's own: named as such, alone in
// the text, or, in a text that introduces somebody, the only one and not the object of a
// request.
func findEmail(text string, keys *regexp.Regexp, introduced bool) string {
	if m := emailKeyed().FindStringSubmatchIndex(text); m != nil {
		before := strings.ToLower(lastWord(text[:m[0]]))
		if m[2] >= 0 || !asking[before] {
			return checkEmail(text[m[4]:m[5]])
		}
		return ""
	}
	if keys != nil {
		if m := keys.FindStringSubmatch(text); m != nil {
			return checkEmail(m[1])
		}
	}
	for _, re := range []*regexp.Regexp{emailMe(), emailAlone()} {
		if m := re.FindStringSubmatch(text); m != nil {
			return checkEmail(m[1])
		}
	}
	all := emailAnywhere().FindAllStringIndex(text, 2)
	if !introduced || len(all) != 1 {
		return ""
	}
	if asking[strings.ToLower(lastWord(text[:all[0][0]]))] {
		return ""
	}
	return checkEmail(text[all[0][0]:all[0][1]])
}

// asking are the words before an address that make it somebody else's.
var asking = set("to,cc,bcc,for,contact,ask,from,email,mail,write,forward,with,not,of,via,by,than,his,her,their,our,please,can,could,you,just,pls,then,don't,boss,and,or,company,work's,wife's,husband's,mother's")

func lastWord(s string) string {
	words := strings.Fields(s)
	if len(words) == 0 {
		return ""
	}
	return strings.Trim(words[len(words)-1], `.,;:!?<("'`)
}

func checkEmail(s string) string {
	s = strings.TrimRight(s, ".!?")
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 {
		return ""
	}
	local, domain, _ := strings.Cut(s, "@")
	domain = strings.ToLower(domain)
	labels := strings.Split(domain, ".")
	if slices.Contains(labels, "") || len(labels[len(labels)-1]) < 2 {
		return ""
	}
	return local + "@" + domain
}

var phoneKeyed = sms.Pattern(`(?i)(?:^|[\s,;.(])(?:my )?(?:(?:cell|mobile|phone|tel|telephone)(?: ?(?:number|no\.?|#))?|my number)(?: is|'s| ?[:=])\s*(\+?[0-9(][0-9 ().\-/]{5,20}[0-9])`)

func findPhone(text, region string) sms.Phone {
	m := phoneKeyed().FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	p, err := sms.ParsePhone(m[1], region)
	if err != nil {
		return ""
	}
	return p
}

// parseVCard reads the four properties we have a place for. N, which tells the family name
// from the given one, wins over FN.
func parseVCard(text, region string) Details {
	var d Details
	var full string
	text = strings.NewReplacer("\n ", "", "\n\t", "").Replace(text) // unfold
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		key, _, _ = strings.Cut(key, ";")
		if i := strings.LastIndexByte(key, '.'); i >= 0 {
			key = key[i+1:] // item1.EMAIL
		}
		value = strings.TrimSpace(vCardEscapes.Replace(value))
		switch strings.ToUpper(key) {
		case "N":
			parts := strings.Split(value, ";")
			d.LastName = strings.TrimSpace(parts[0])
			if len(parts) > 1 {
				d.FirstName = strings.TrimSpace(parts[1])
			}
		case "FN":
			full = value
		case "EMAIL":
			if d.Email == "" {
				d.Email = checkEmail(value)
			}
		case "TEL":
			if p, err := sms.ParsePhone(value, region); err == nil && d.Phone == "" {
				d.Phone = p
			}
		}
	}
	if d.FirstName+d.LastName == "" {
		d.FirstName, d.LastName = splitName(strings.Fields(full))
	}
	return d
}

var vCardEscapes = strings.NewReplacer(`\,`, ",", `\n`, " ", `\N`, " ", `\\`, `\`)

// hasCase tells whether capitals mean something in a text: in one that is all capitals, or has
// none, they do not.
func hasCase(text string) bool {
	text = emailAnywhere().ReplaceAllString(text, "")
	return strings.ContainsFunc(text, unicode.IsLower) && strings.ContainsFunc(text, unicode.IsUpper)
}

// detailForms are the introductions and keys of other languages than English; nil ones match nothing.
type detailForms struct {
	intro, weak, name, first, last, email *regexp.Regexp
}

// newDetailForms puts the forms of several languages together.
func newDetailForms(spoken []language) detailForms {
	join := func(pick func(language) string, comma bool) string {
		var all []string
		for _, l := range spoken {
			s := pick(l)
			if comma {
				s = strings.ReplaceAll(s, ",", "|")
			}
			if s != "" {
				all = append(all, s)
			}
		}
		return strings.Join(all, "|")
	}
	form := func(before, words, after string) *regexp.Regexp {
		if words == "" {
			return nil
		}
		return regexp.MustCompile(before + `(?:` + words + `)` + after)
	}
	const start = `(?i)(?:^|[\n,;.!?:-])\s*(?:(?:hola|buenos d[ií]as|buenas tardes|bonjour|salut|hallo|guten (?:tag|morgen)|ol[aá]|oi|bom dia|boa tarde|ciao|buongiorno|hoi|ja|si|s[ií]|oui|sim|hi|hello)[ ,!.]+)*`
	const key, value = `(?i)(?:^|[\s,;.])`, ` ?[:=]\s*([^\n,;:=@]{1,80})`
	return detailForms{
		intro: form(start, join(func(l language) string { return l.intro }, false), `\s+`),
		weak:  form(start, join(func(l language) string { return l.weak }, false), `\s+`),
		name:  form(key, join(func(l language) string { return l.name }, true), value),
		first: form(key, join(func(l language) string { return l.first }, true), value),
		last:  form(key, join(func(l language) string { return l.last }, true), value),
		email: form(key, join(func(l language) string { return l.email }, true), `(?: ?[:=])?\s*<?(`+emailForm+`)`),
	}
}
