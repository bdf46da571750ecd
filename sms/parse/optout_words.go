package parse

import (
	"slices"
	"strings"

	"ghlsms/sms"
)

// Opt-outs in other languages than English. They count whatever languages are configured: somebody
// who writes ALTO to an English sender wants the same as somebody who writes STOP. Words that people
// also send as an answer of one word (fr "fin", "annuler", es "quitar") only make a person look.

// foreignStops are whole texts, folded.
var foreignStops = set(strings.Join([]string{
	// Spanish
	"alto,parar,pare,paren,parad,baja,cancelar,detener,detengan,detenganse,salir,basta,no mas,ya no mas,basta ya,desuscribir,desuscribirme,desuscribirse,desuscribeme," +
		"dar de baja,darme de baja,darse de baja,dame de baja,denme de baja,deme de baja,baja por favor,cancelar suscripcion,cancelar mi suscripcion,cancelar la suscripcion",
	// French
	"arret,arreter,arretez,stopper,stoppez,desabonner,desabonnement,desabonnez moi,me desabonner,se desabonner,desinscrire,desinscription,desinscrivez moi,me desinscrire",
	// German
	"stopp,stoppen,abmelden,abmeldung,abbestellen,austragen,mich abmelden,mich austragen,aufhoren,newsletter abbestellen,sms abbestellen",
	// Portuguese
	"sair,parem,descadastrar,descadastre,descadastrar me,desinscrever,cancelar inscricao,cancelar a inscricao,cancelar minha inscricao,cancelar assinatura,chega",
	// Italian
	"ferma,fermare,fermate,fermatevi,disiscrivi,disiscrivimi,disiscrivermi,disiscrivere,disiscriviti,disiscrivetemi,annulla iscrizione,cancella iscrizione,annullare iscrizione," +
		"annulla liscrizione,cancellami,cancellatemi,smettila,smettetela",
	// Dutch
	"afmelden,afmelding,uitschrijven,uitschrijving,me afmelden,mij afmelden,me uitschrijven,mij uitschrijven,stop ermee",
}, ","))

// foreignSentences are what a reasonable person reads as an opt-out; any other word in them
// leaves them to a person, as in stopSentence.
var foreignSentences = sms.Pattern(`^(?:` + strings.Join([]string{
	// Spanish
	`(?:ya )?no (?:me |nos )?(?:enviar|mandar|escribir|envien?|manden?|escriban?|contacten?|molesten?|envies|mandes|escribas|contactes|molestes)(?:me|nos)?(?: ` + esMore + `)*`,
	`(?:ya )?no (?:quiero|deseo|queremos) (?:recibir )?(?:mas |sus |estos |tus |ningun )*` + esTexts + `(?: ` + esMore + `)*`,
	`(?:no mas|basta de) ` + esTexts + `(?: ` + esMore + `)*`,
	`(?:dejen?|deja|dejar|paren?|para) de (?:enviar|mandar|escribir|molestar|contactar)(?:me|nos)?(?: ` + esMore + `)*`,
	`(?:quitenme|saquenme|borrenme|eliminenme|quiteme|saqueme|borreme|elimineme|eliminame|borrame|quitame|sacame)(?: (?:de|la|su|esta|tu|lista))*|(?:borren?|eliminen?|borra|elimina|quiten?|saquen?) mi numero(?: (?:de|la|su|esta|tu|lista))*`,
	`(?:quiero|deseo|quisiera) (?:darme de baja|desuscribirme|cancelar (?:la|mi) suscripcion)(?: ` + esMore + `)*`,
	// French
	`(?:ne )?(?:m|me |nous )?(?:envoyez|envoie|envoyer|contactez|contacter|ecrivez|ecrire|derangez)(?: moi)? plus(?: ` + frMore + `)*`,
	`(?:de )?ne plus (?:m|me |nous )?(?:envoyer|contacter|ecrire|deranger)(?: ` + frMore + `)*`,
	`(?:arretez|arrete|arreter|cessez) (?:de |d)(?:m|me |nous )?(?:envoyer|ecrire|contacter|deranger|spammer)(?: ` + frMore + `)*`,
	`(?:arretez|arrete|stop|stoppez) (?:les|aux|vos|ces|tous les) (?:messages?|sms|textos?)(?: ` + frMore + `)*`,
	`plus (?:de|aucun) (?:messages?|sms|textos?)(?: ` + frMore + `)*`,
	`je ne (?:veux|souhaite|desire) plus (?:recevoir (?:de |vos |ces |aucun )*(?:messages?|sms|textos?)|de (?:messages?|sms|textos?)|etre contactee?)(?: ` + frMore + `)*`,
	`je (?:veux|souhaite|voudrais|desire) me (?:desabonner|desinscrire)(?: ` + frMore + `)*`,
	`(?:retirez|supprimez|enlevez) moi(?: de (?:la|votre|cette|vos) listes?)?`,
	// German
	`keine (?:(?:weiteren? )?` + deTexts + ` mehr|weiteren? ` + deTexts + `)(?: ` + deMore + `)*`,
	`(?:senden|schicken|schreiben|sendet|schickt|schreibt|schick|schreib|sende|schreibe|schicke)(?: sie)? (?:mir|uns) (?:bitte )?(?:keine (?:weiteren? )?` + deTexts + `(?: mehr)?|nicht mehr|nichts mehr|nie wieder)(?: ` + deMore + `)*`,
	`(?:horen sie|hor|hore|hort) (?:bitte )?(?:damit )?auf(?: (?:mir|uns|zu|damit|schreiben|texten|bitte|nachrichten|sms|schicken|senden))*`,
	`ich (?:will|mochte|wunsche) (?:bitte )?(?:mich (?:abmelden|austragen)|keine (?:weiteren? )?` + deTexts + `(?: mehr)?(?: von ihnen| von euch)?(?: (?:bekommen|erhalten))?)`,
	`(?:losche|loscht|loschen)(?: sie)? (?:bitte )?meine (?:nummer|telefonnummer|handynummer)`,
	`(?:melden|meldet|melde|tragen|tragt|trag)(?: sie)? mich (?:bitte )?(?:ab|aus)(?: ` + deMore + `)*`,
	`(?:kontaktieren|kontaktiert)(?: sie)? mich (?:bitte )?nicht mehr|(?:mir |mich )?nicht mehr (?:schreiben|kontaktieren|anschreiben)|lassen sie mich in ruhe|lasst mich in ruhe`,
	// Portuguese
	`nao (?:me |nos )?(?:mande|mandem|envie|enviem|escreva|escrevam|contate|contatem|perturbe|perturbem|mandar|enviar|manda)(?: ` + ptMore + `)*`,
	`nao quero (?:mais )?(?:receber )?(?:mais )?(?:suas |essas |estas )?(?:mensagens|mensagem|sms|textos)(?: ` + ptMore + `)*`,
	`(?:chega de|sem mais) (?:mensagens|sms)(?: ` + ptMore + `)*`,
	`(?:pare|parem|para) de (?:me )?(?:mandar|enviar|escrever|incomodar|perturbar|contatar)(?: ` + ptMore + `)*`,
	`(?:me (?:remova|remove|remover|tire|tira|retire|descadastre)|(?:remova|remover|tire|retire)(?: me| meu numero| meu telefone))(?: (?:da|de|dessa|desta|sua|lista))*`,
	`quero (?:me descadastrar|sair da lista|cancelar (?:a |minha )?(?:inscricao|assinatura))`,
	// Italian
	`non (?:mi |ci )?(?:mandate|inviate|scrivete|contattate|mandare|inviare|scrivere|contattare|disturbate)(?:mi|ci)?(?: ` + itMore + `)*`,
	`non (?:scrivermi|mandarmi|inviarmi|contattarmi|disturbarmi)(?: ` + itMore + `)*`,
	`(?:smettetela|smettila|smettete|smetti|basta)(?: di (?:scrivermi|mandarmi|mandare|inviare|inviarmi|contattarmi|disturbarmi))(?: ` + itMore + `)*`,
	`(?:basta|niente piu|stop ai|stop) (?:messaggi|messaggio|notifiche)(?: ` + itMore + `)*`,
	`non voglio (?:piu )?(?:ricevere )?(?:piu )?(?:altri |i vostri )?(?:messaggi|sms|messaggio)(?: ` + itMore + `)*`,
	`(?:toglietemi|rimuovetemi|cancellatemi|rimuovimi|cancellami|toglimi|disiscrivetemi)(?: (?:dalla|dalle|vostra|lista|liste|tua))*`,
	`(?:voglio|vorrei) (?:disiscrivermi|cancellarmi|cancellare liscrizione)`,
	// Dutch
	`(?:stuur|stuurt|zend) (?:mij |me |ons )?(?:alstublieft )?(?:geen ` + nlTexts + `(?: meer)?|niets meer|niks meer)(?: ` + nlMore + `)*`,
	`geen ` + nlTexts + ` meer(?: ` + nlMore + `)*`,
	`ik wil geen ` + nlTexts + ` meer(?: van (?:jullie|u))?(?: (?:ontvangen|krijgen))?`,
	`(?:stop|stoppen) (?:met|de) (?:` + nlTexts + `|sturen|appen|sms en|smsen)(?: (?:sturen|aan|naar|mij|me|van))*`,
	`(?:ik wil )?(?:mij|me) (?:graag )?(?:afmelden|uitschrijven)(?: ` + nlMore + `)*`,
	`(?:meld|schrijf) (?:mij|me) (?:alstublieft )?(?:af|uit)(?: ` + nlMore + `)*`,
	`haal (?:mij|me) van (?:de|jullie|uw) lijst(?: af)?|niet meer (?:sturen|appen)|laat (?:mij|me) met rust`,
}, "|") + `)$`)

const (
	esTexts = `(?:mensajes?|textos?|sms|recordatorios|notificaciones|avisos)`
	esMore  = `(?:mas|otro|otros|ningun|nada|nunca|jamas|ya|me|a|al|este|mi|numero|telefono|de|estos|sus|tus|` + esTexts + `)`
	frMore  = `(?:de|des|vos|ces|aucun|messages?|sms|textos?|plus|jamais|a|ce|sur|mon|numero|moi|maintenant|votre|la|liste)`
	deTexts = `(?:nachrichten?|sms|texte|mitteilungen|erinnerungen|werbung|meldungen)`
	deMore  = `(?:mehr|an|diese|meine|nummer|senden|schicken|schreiben|bitte|von|ihnen|euch|mir|uns|sofort|der|ihrer|eurer|liste)`
	ptMore  = `(?:mais|nunca|nada|me|para|mim|este|esse|meu|numero|mensagens?|sms|textos?|nenhuma|de|por|voces|essas|estas)`
	itMore  = `(?:piu|mai|altri|altro|niente|messaggi|messaggio|sms|a|questo|mio|numero|di|i|vostri)`
	nlTexts = `(?:berichten|berichtjes|sms|smsjes|appjes|herinneringen|reclame)`
	nlMore  = `(?:meer|naar|op|dit|mijn|nummer|van|jullie|uw|de|lijst|sturen|voor|graag)`
)

// foreignAlarms make a person look, wherever they stand in a text.
const foreignAlarms = `cancelar|desuscribir(?:me|se)?|(?:darme|dar|deme|denme) de baja|basta|desabonner|desabonnez|desinscrire|desinscrivez|arreter|arretez|annuler|resilier|` +
	`stopp|stoppen|abmelden|abbestellen|austragen|kundigen|descadastrar|desinscrever|` +
	`disiscriver(?:e|mi)|disiscrivimi|disiscrivetemi|annulla|annullare|cancellami|cancellare|afmelden|uitschrijven|annuleren|` +
	`(?:no me (?:envien|manden|escriban)|nao me (?:mande|mandem|envie|enviem)|ne menvoyez|keine (?:nachrichten|sms)|geen berichten|non (?:mandatemi|scrivetemi))`

// courtesies are what people wrap a request in, in any language, folded. Longer ones stand before
// those they begin or end with.
var courtesies = strings.Split("por favor,porfavor,porfa,muchas gracias,gracias,hola,buenos dias,buenas tardes,"+
	"sil vous plait,sil te plait,svp,stp,merci beaucoup,merci,bonjour,bonsoir,salut,"+
	"bitte,vielen dank,danke schon,danke,hallo,guten tag,guten morgen,sofort,"+
	"muito obrigado,muito obrigada,obrigado,obrigada,ola,oi,bom dia,boa tarde,"+
	"per favore,per piacere,per cortesia,grazie mille,grazie,ciao,buongiorno,buonasera,"+
	"alstublieft,alsjeblieft,aub,a u b,dank u wel,dank je wel,dank u,dank je,bedankt,hoi,"+
	"please,pls,plz,thanks,thank you,thx,hi,hello,hey", ",")

// withoutCourtesies takes courtesies of any language off both ends of a folded text.
func withoutCourtesies(said string) string {
	for {
		before := said
		for _, c := range courtesies {
			if rest, ok := strings.CutPrefix(said, c+" "); ok {
				said = rest
			}
			if rest, ok := strings.CutSuffix(said, " "+c); ok {
				said = rest
			}
		}
		if said == before {
			return said
		}
	}
}

// isForeignStop tells whether a folded text opts out in another language than English.
func isForeignStop(said string) bool {
	said = strings.Join(slices.Compact(strings.Fields(withoutCourtesies(said))), " ")
	return foreignStops[said] || foreignSentences().MatchString(said) || stopTexts[said]
}
