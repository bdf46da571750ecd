package parse

import (
	"ghlsms/sms"
)

// AutoReply tells a text that a machine sent: an out-of-office note, a phone in driving mode. It
// looks for set phrases in all our languages, and opt-outs are not its business.
func AutoReply(text string) bool {
	text = sms.Clean(text)
	return len(text) <= maxDetails && autoReply().MatchString(fold(text))
}

var autoReply = sms.Pattern(`\b(?:this is an (?:automated|automatic|auto) (?:message|reply|response|text)|(?:automatic|automated) (?:reply|response|message)|autoreply|autoresponse|auto (?:reply|response|responder)|` +
	`im driving with (?:do not disturb|focus)|i am driving with|ill see your message when i get where im going|(?:i am|im) (?:currently )?out of (?:the )?office|^out of office|(?:i am|im) (?:currently )?away from (?:my|the) (?:desk|office|phone) until|` +
	`do not reply to this (?:message|text)|this (?:number|mailbox|inbox) is not monitored|` +
	`abwesenheitsnotiz|automatische (?:antwort|nachricht)|abwesenheitsmeldung|diese nachricht wurde automatisch|` +
	`respuesta automatica|mensaje automatico|fuera de la oficina|reponse automatique|message automatique|absence du bureau|absent du bureau|` +
	`resposta automatica|mensagem automatica|fora do escritorio|risposta automatica|messaggio automatico|fuori sede|fuori ufficio|` +
	`automatisch (?:antwoord|bericht)|afwezigheidsbericht|niet op kantoor)\b`)
