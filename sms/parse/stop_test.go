package parse

import (
	"testing"
)

// TestStopSentences tells what reads as an opt-out from what only contains its words.
func TestStopSentences(t *testing.T) {
	stop, look, none := Command{Verb: VerbStop}, Command{MaybeStop: true}, Command{}
	for text, want := range map[string]Command{
		"I no longer wish to receive these messages":     stop,
		"I don't want these texts anymore":               stop,
		"i really dont need any more reminders":          stop,
		"I don't want to wear contacts anymore":          none,
		"I don't want to miss your texts":                none,
		"I no longer need the crown":                     none,
		"lose my number":                                 stop,
		"I lost my number":                               none,
		"take me off ur list":                            stop,
		"remove me from your texting list":               stop,
		"unsubscribe me from everything":                 stop,
		"remove everything from my chart":                look,
		"could you guys stop texting me":                 stop,
		"stop sending me messages please and thank you":  stop,
		"Thank you, please stop":                         stop,
		"i already said stop":                            stop,
		"Wrong number, please stop texting me":           stop,
		"STOP WRONG NUMBER":                              stop,
		"Who is this? Stop texting me":                   stop,
		"this is not Jane stop texting":                  stop,
		"You have the wrong number. Remove me.":          stop,
		"There is no Jane here, stop texting":            stop,
		"You are so annoying. Stop texting me!":          stop,
		"Thanks but no thanks. Unsubscribe":              stop,
		"Not interested! Please take me off your list.":  stop,
		"Stop texting me!!! You idiots":                  stop,
		"TASK: ask Bob. Remove my number":                {Verb: VerbTask, Arg: "ask Bob. Remove my number"},
		"Stop! You are killing me":                       look,
		"Don't text me. I am driving":                    look,
		"I quit. The job I mean":                         look,
		"Stop it. I am blushing":                         look,
		"stop calling or texting me":                     stop,
		"do not call or text":                            stop,
		"stop calling me":                                look,
		"I want off this list":                           stop,
		"I want off work at noon":                        none,
		"turn off these reminders":                       stop,
		"turn off the lights":                            none,
		"sotp":                                           stop,
		"DNC":                                            stop,
		"wrong number":                                   look,
		"Who is this? Cancel":                            look, // the appointment, perhaps
		"wrong number, I meant to stop by the store":     look,
		"this is not funny stop by the office":           look,
		"stop by, this is not urgent":                    look,
		"Can you guys stop the bleeding":                 look,
		"borren mi número":                               stop,
		"Elimine mi número de la lista por favor":        stop,
		"Merci de ne plus m'envoyer de SMS":              stop,
		"Stop aux sms":                                   stop,
		"Bitte keine weiteren Nachrichten":               stop,
		"keine Nachrichten bekommen":                     look,
		"Geen sms meer graag":                            stop,
		"Voglio annullare l'ordine":                      look,
		"Ne plus fumer":                                  none,
		"Non ho ricevuto il messaggio":                   none,
		"Ik heb geen afspraak meer nodig dit jaar":       none,
		"Nachrichten bitte auch an meine Frau schicken":  none,
		"no quiero más caries":                           none,
		"¿Pueden mandarme la dirección?":                 none,
		"Eu não quero faltar, mas estou doente hoje":     none,
		"Je ne veux plus de café":                        none,
		"Pouvez-vous m'envoyer l'adresse ? Merci encore": none,
	} {
		if got := english().Command(text); got != want {
			t.Errorf("Command(%q) = %+v, want %+v", text, got, want)
		}
	}
}
