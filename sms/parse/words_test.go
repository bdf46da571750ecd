package parse

import (
	"slices"
	"strings"
	"testing"
)

var everyLanguage, _ = NewWords([]string{"en", "es", "fr", "de", "pt", "it", "nl"}, nil)

// Opt-outs count whatever languages are configured, for staff as for everybody.
var foreignOptOuts = []string{
	// Spanish
	"ALTO", "Parar", "PARE", "baja", "BAJA por favor", "Cancelar", "¡Basta!", "darme de baja", "Salir", "no más", "No me envíen más mensajes", "por favor no me manden mensajes", "No me escriban más",
	"dejen de enviarme mensajes", "Quiero darme de baja, gracias", "no quiero recibir más mensajes", "cancelar suscripción", "Bórrenme de la lista", "Hola, ya no me envíen mensajes",
	// French
	"ARRÊT", "arret", "Stopper", "désabonner", "DÉSINSCRIRE", "désabonnez-moi", "STOP s'il vous plaît", "Ne m'envoyez plus de messages", "arrêtez de m'envoyer des messages", "plus de messages svp",
	"Je ne veux plus recevoir de SMS", "Je souhaite me désabonner", "Bonjour, retirez-moi de votre liste", "arrêtez les SMS",
	// German
	"STOPP", "Abmelden", "bitte abmelden", "Abbestellen!", "austragen", "Bitte keine Nachrichten mehr", "Keine SMS mehr bitte", "Schicken Sie mir keine Nachrichten mehr", "Hören Sie auf", "Ich möchte mich abmelden",
	"Ich will keine Nachrichten mehr", "Löschen Sie meine Nummer", "Melden Sie mich ab", "schreibt mir nicht mehr",
	// Portuguese
	"SAIR", "pare", "descadastrar", "Não me mande mais mensagens", "nao me envie mais mensagens por favor", "Não quero mais receber mensagens", "parem de me mandar mensagens", "Chega!", "quero me descadastrar", "cancelar inscrição", "me tire da lista",
	// Italian
	"FERMA", "Disiscrivimi", "annulla iscrizione", "Basta messaggi", "Non mandatemi più messaggi", "per favore non scrivetemi più", "smettetela di scrivermi", "non voglio più ricevere messaggi", "Cancellatemi dalla lista", "vorrei disiscrivermi",
	// Dutch
	"AFMELDEN", "Uitschrijven a.u.b.", "stoppen", "Stop alstublieft", "Stuur mij geen berichten meer", "geen berichten meer", "Ik wil geen sms meer ontvangen", "meld me af", "Schrijf mij uit", "haal me van de lijst", "stop met berichten sturen",
}

func TestForeignOptOuts(t *testing.T) {
	for _, text := range foreignOptOuts {
		for _, w := range []*Words{nil, everyLanguage} {
			if got := w.Command(text); got.Verb != VerbStop {
				t.Errorf("%v: Command(%q) = %+v", w.Languages(), text, got)
			}
			if got := w.StaffCommand(text); got.Verb != VerbStop {
				t.Errorf("%v: StaffCommand(%q) = %+v", w.Languages(), text, got)
			}
		}
	}
}

func TestForeignNearMisses(t *testing.T) {
	for _, text := range []string{
		"no me envíen la factura", "mi hijo es muy alto", "la baja presión", "voy a salir a las 5", "vamos a parar en la tienda", "¿puedo cancelar mi cita?", "no puedo ir", "no", "no quiero molestar", "nos vemos", "basta con una hora",
		"je suis à l'arrêt de bus", "ne m'envoyez pas la facture", "arrêtez-vous à 5h ?", "plus tard", "annuler mon rendez-vous", "je ne peux plus venir", "non merci", "le bus s'arrête ici", "fin",
		"Ich muss meinen Termin absagen", "keine Zeit", "Ich melde mich später", "an", "die", "Kann ich mich für Freitag anmelden?", "nicht mehr heute", "Hören Sie mich?", "keine Nachrichten von Jane?", "Stoppen Sie kurz am Haus",
		"vou sair agora", "não posso ir", "não me lembro", "quero cancelar minha consulta", "pare aqui na esquina", "cheguei", "não",
		"non posso venire", "fermata del bus", "basta così per oggi va bene", "vorrei annullare l'appuntamento", "no grazie", "mi fermo da voi",
		"ik kan niet komen", "stop even bij de winkel", "kan ik mijn afspraak afzeggen", "geen probleem", "geen tijd meer", "nee", "stuur mij de factuur",
	} {
		for _, w := range []*Words{nil, everyLanguage} {
			if got := w.Command(text); got.Verb == VerbStop {
				t.Errorf("%v: Command(%q) = %+v", w.Languages(), text, got)
			}
		}
	}
}

func TestWordsOfLanguages(t *testing.T) {
	tests := []struct {
		language, text string
		want           Command
	}{
		{"es", "Sí", Command{Verb: VerbConfirm, Yes: true}}, {"es", "no, gracias", Command{Verb: VerbCancel, Loose: true}}, {"es", "Quiero cancelar mi cita", Command{Verb: VerbCancel}},
		{"es", "¿Puedo cambiar mi cita para el viernes?", Command{Verb: VerbMove, Arg: "el viernes?"}}, {"es", "TAREA: llámame", Command{Verb: VerbTask, Arg: "llámame"}}, {"es", "tareas", Command{Verb: VerbTasks}},
		{"es", "¿Cuándo es mi cita?", Command{Verb: VerbNext}}, {"es", "ayuda", Command{Verb: VerbHelp}}, {"es", "hecho 2", Command{Verb: VerbDone, N: 2}}, {"es", "opción 2", Command{Verb: VerbChoice, N: 2}},
		{"fr", "Oui", Command{Verb: VerbConfirm, Yes: true}}, {"fr", "Je voudrais annuler mon rendez-vous", Command{Verb: VerbCancel}}, {"fr", "tâche : rappeler", Command{Verb: VerbTask, Arg: "rappeler"}}, {"fr", "aide svp", Command{Verb: VerbHelp}},
		{"fr", "déplacer mon rdv", Command{Verb: VerbMove}}, {"de", "Ja, danke", Command{Verb: VerbConfirm, Yes: true}}, {"de", "Nein danke", Command{Verb: VerbCancel, Loose: true}},
		{"de", "Ich möchte meinen Termin am Montag absagen", Command{Verb: VerbCancel}}, {"de", "Kann ich meinen Termin verschieben?", Command{Verb: VerbMove}}, {"de", "Erledigt: Rechnung", Command{Verb: VerbDone, Arg: "Rechnung"}},
		{"de", "Wann ist mein Termin?", Command{Verb: VerbNext}}, {"de", "rückgängig", Command{Verb: VerbUndo}}, {"de", "an", Command{}}, {"de", "die", Command{}},
		{"pt", "Sim", Command{Verb: VerbConfirm, Yes: true}}, {"pt", "Não", Command{Verb: VerbCancel, Loose: true}}, {"pt", "quero remarcar minha consulta", Command{Verb: VerbMove}}, {"pt", "nota: gosta de manhã", Command{Verb: VerbNote, Arg: "gosta de manhã"}},
		{"it", "sì", Command{Verb: VerbConfirm, Yes: true}}, {"it", "Vorrei annullare il mio appuntamento", Command{Verb: VerbCancel}}, {"it", "aiuto", Command{Verb: VerbHelp}}, {"it", "fatto", Command{Verb: VerbDone}},
		{"nl", "ja", Command{Verb: VerbConfirm, Yes: true}}, {"nl", "Ik wil mijn afspraak afzeggen", Command{Verb: VerbCancel}}, {"nl", "taken", Command{Verb: VerbTasks}}, {"nl", "mijn afspraak verzetten", Command{Verb: VerbMove}},
		{"en", "ayuda", Command{}}, {"en", "ja", Command{}}, {"en", "oui", Command{}}, {"en", "cancelar mi cita", Command{MaybeStop: true}},
		{"en", "R", Command{Verb: VerbMove}}, {"en", "reschedule", Command{Verb: VerbMove}}, {"en", "Can I reschedule my appointment?", Command{Verb: VerbMove}}, {"en", "move my appointment to Friday 3pm", Command{Verb: VerbMove, Arg: "Friday 3pm"}},
		{"en", "reschedule for friday", Command{Verb: VerbMove, Arg: "friday"}}, {"en", "move the couch to friday", Command{}}, {"en", "NEXT", Command{Verb: VerbNext}}, {"en", "When is my next appointment?", Command{Verb: VerbNext}}, {"en", "what's next", Command{}},
		{"en", "NOTE: likes mornings", Command{Verb: VerbNote, Arg: "likes mornings"}}, {"en", "noted", Command{}}, {"en", "Undo that please", Command{Verb: VerbUndo}}, {"en", "confirm my appointment", Command{Verb: VerbConfirm}},
		{"en", "2", Command{Verb: VerbChoice, N: 2}}, {"en", "#2", Command{Verb: VerbChoice, N: 2}}, {"en", "2.", Command{Verb: VerbChoice, N: 2}}, {"en", "0", Command{Verb: VerbChoice}}, {"en", "2 please", Command{Verb: VerbChoice, N: 2}},
		{"en", "option 99", Command{Verb: VerbChoice, N: 99}}, {"en", "100", Command{}}, {"en", "$5", Command{}}, {"en", "5pm", Command{}}, {"en", "1/2", Command{}}, {"en", "2 and 3", Command{}}, {"en", "WHO Jane", Command{}},
	}
	for _, tt := range tests {
		w, err := NewWords([]string{tt.language}, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := tt.want
		want.Arg = strings.TrimRight(want.Arg, "?")
		if got := w.Command(tt.text); got != want {
			t.Errorf("%s: Command(%q) = %+v, want %+v", tt.language, tt.text, got, want)
		}
	}
}

func TestStaffCommand(t *testing.T) {
	tests := []struct {
		text string
		want Command
	}{
		{"TASK Jane Doe: call back fri 10am", Command{Verb: VerbTask, Who: "Jane Doe", What: "call back fri 10am", Arg: "Jane Doe: call back fri 10am"}},
		{"TASK +15551234567 call back", Command{Verb: VerbTask, Who: "+15551234567", What: "call back", Arg: "+15551234567 call back"}},
		{"task (202) 555-0143: call back", Command{Verb: VerbTask, Who: "(202) 555-0143", What: "call back", Arg: "(202) 555-0143: call back"}},
		{"TASK: call Jane back", Command{Verb: VerbTask, Arg: "call Jane back"}},
		{"TASK call Jane: about the invoice", Command{Verb: VerbTask, Arg: "call Jane: about the invoice"}},
		{"TASK buy milk 10:30", Command{Verb: VerbTask, Arg: "buy milk 10:30"}},
		{"TASK 12 boxes", Command{Verb: VerbTask, Arg: "12 boxes"}},
		{"NOTE Jane: prefers mornings", Command{Verb: VerbNote, Who: "Jane", What: "prefers mornings", Arg: "Jane: prefers mornings"}},
		{"NOTE +15551234567 text", Command{Verb: VerbNote, Who: "+15551234567", What: "text", Arg: "+15551234567 text"}},
		{"TASKS Jane", Command{Verb: VerbTasks, Who: "Jane", Arg: "Jane"}}, {"TASKS", Command{Verb: VerbTasks}},
		{"DONE 12", Command{Verb: VerbDone, N: 12}}, {"DONE Jane: invoice", Command{Verb: VerbDone, Who: "Jane", What: "invoice", Arg: "Jane: invoice"}},
		{"DONE Jane: 3", Command{Verb: VerbDone, Who: "Jane", What: "3", Arg: "Jane: 3", N: 3}},
		{"NEXT", Command{Verb: VerbNext}}, {"NEXT Jane", Command{Verb: VerbNext, Who: "Jane", Arg: "Jane"}}, {"next week", Command{}},
		{"WHO 01551234567", Command{Verb: VerbWho, Who: "01551234567", Arg: "01551234567"}}, {"WHO Jane?", Command{Verb: VerbWho, Who: "Jane", Arg: "Jane?"}}, {"WHO", Command{Verb: VerbWho}},
		{"who is this", Command{}}, {"who are you", Command{}}, {"WHO is Jane Doe?", Command{Verb: VerbWho, Who: "Jane Doe", Arg: "Jane Doe?"}},
		{"CONFIRM Jane", Command{Verb: VerbConfirm, Who: "Jane", Arg: "Jane"}}, {"X Jane", Command{Verb: VerbCancel, Who: "Jane", Arg: "Jane"}}, {"CANCEL Jane Doe", Command{Verb: VerbCancel, Who: "Jane Doe", Arg: "Jane Doe"}},
		{"CANCEL", Command{Verb: VerbStop}}, {"cancel all texts", Command{Verb: VerbStop}}, {"cancel my appointment", Command{Verb: VerbCancel}},
		{"R Jane", Command{Verb: VerbMove, Who: "Jane", Arg: "Jane"}}, {"MOVE Jane to friday 3pm", Command{Verb: VerbMove, Who: "Jane", What: "friday 3pm", Arg: "Jane to friday 3pm"}},
		{"R +12025550143 friday 3pm", Command{Verb: VerbMove, Who: "+12025550143", What: "friday 3pm", Arg: "+12025550143 friday 3pm"}},
		{"stop Jane", Command{MaybeStop: true}}, {"Liked “X Jane”", Command{Reaction: true}},
	}
	for _, tt := range tests {
		if got := english().StaffCommand(tt.text); got != tt.want {
			t.Errorf("StaffCommand(%q) = %+v, want %+v", tt.text, got, tt.want)
		}
	}
}

func TestNewWords(t *testing.T) {
	for _, tt := range []struct {
		languages []string
		own       map[Verb][]string
		want      string // in the error
	}{
		{[]string{"xx"}, nil, `language "xx" is not known: use some of en, es, fr`},
		{nil, map[Verb][]string{"dance": {"x"}}, `verb "dance"`},
		{nil, map[Verb][]string{VerbChoice: {"x"}}, `verb "choice"`},
		{nil, map[Verb][]string{VerbHelp: {"Parar"}}, `word "Parar" for "help" is an opt-out word`},
		{nil, map[Verb][]string{VerbHelp: {"Cancel!"}}, `is an opt-out word`},
		{nil, map[Verb][]string{VerbHelp: {"tasks"}}, `means "tasks" already`},
		{nil, map[Verb][]string{VerbStop: {"yes"}}, `means "confirm" already`},
		{nil, map[Verb][]string{VerbHelp: {"12"}}, `needs a letter`},
		{nil, map[Verb][]string{VerbHelp: {"!"}}, `needs a letter`},
	} {
		_, err := NewWords(tt.languages, tt.own)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("NewWords(%v, %v) = %v, want %q", tt.languages, tt.own, err, tt.want)
		}
	}
	w, err := NewWords([]string{"en", "de"}, map[Verb][]string{VerbTask: {"To-do"}, VerbStop: {"Schluss"}, VerbHelp: {"Wer seid ihr"}, VerbConfirm: {"yes"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.Languages(); !slices.Equal(got, []string{"en", "de"}) {
		t.Errorf("Languages() = %v", got)
	}
	for text, want := range map[string]Command{
		"TO-DO: call": {Verb: VerbTask, Arg: "call"}, "schluss!": {Verb: VerbStop}, "wer seid ihr?": {Verb: VerbHelp}, "erledigt": {Verb: VerbDone}, "done": {Verb: VerbDone},
	} {
		if got := w.Command(text); got != want {
			t.Errorf("Command(%q) = %+v, want %+v", text, got, want)
		}
	}
}

// No word of the table may be an opt-out: it could never be heard.
func TestTableHasNoOptOuts(t *testing.T) {
	for _, l := range languages {
		for _, verb := range configurable {
			for _, texts := range []string{l.whole[verb], l.leading[verb]} {
				for text := range list(texts) {
					if isStop(text) || fold(text) != text {
						t.Errorf("%s %s: %q is an opt-out, or not folded", l.code, verb, text)
					}
				}
			}
		}
	}
}

func TestDetailsInOtherLanguages(t *testing.T) {
	jane := Details{FirstName: "Jane", LastName: "Doe", Email: "jane@example.com"}
	name := Details{FirstName: "Jane", LastName: "Doe"}
	for text, want := range map[string]Details{
		"Hola, me llamo Jane Doe y mi correo es jane@example.com": jane, "Soy Jane Doe": name, "nombre: Jane Doe, correo: jane@example.com": jane, "Nombre: jane, apellido: doe": {FirstName: "jane", LastName: "doe"},
		"Bonjour, je m'appelle Jane Doe": name, "Prénom: Jane, Nom: Doe": name, "Hallo, ich heiße Jane Doe": name, "Mein Name ist Jane Doe": name, "Ich bin Jane Doe": name, "Vorname: Jane\nNachname: Doe": name,
		"Meu nome é Jane Doe": name, "Mi chiamo Jane Doe": name, "Ik heet Jane Doe": name, "mijn naam is Jane": {FirstName: "Jane"},
		"Ich bin Arzt": {}, "Ich bin Krank": {}, "Soy alto": {}, "je suis en retard": {}, "Ik ben ziek": {}, "sono in ritardo": {}, "Ich bin Unterwegs": {},
	} {
		if got := everyLanguage.Details(text, "US"); got != want {
			t.Errorf("Details(%q) = %+v, want %+v", text, got, want)
		}
	}
	if got := english().Details("me llamo Jane Doe", "US"); !got.Empty() {
		t.Errorf("Spanish without Spanish: %+v", got)
	}
}

func TestAutoReply(t *testing.T) {
	for text, want := range map[string]bool{
		"This is an automated message. We are closed.": true, "Auto-Reply: I am away": true, "I'm driving with Do Not Disturb While Driving turned on. I'll see your message when I get where I'm going.": true,
		"Abwesenheitsnotiz: bis Montag": true, "Respuesta automática: no estoy": true, "Réponse automatique": true, "Resposta automática": true, "Risposta automatica": true, "Automatisch antwoord": true, "Out of office until May": true,
		"I'm driving, see you soon": false, "Is this an automated number?": false, "": false, "my reply is yes": false, "the car is automatic": false, "I'm at the office": false,
	} {
		if got := AutoReply(text); got != want {
			t.Errorf("AutoReply(%q) = %v", text, got)
		}
	}
}

// FuzzForeignStop wraps an opt-out in marks, courtesies and other case.
func FuzzForeignStop(f *testing.F) {
	f.Add(uint(0), uint(3), uint64(0x5555), "¡", "!!")
	f.Add(uint(30), uint(9), uint64(7), "“", "”\n\n")
	f.Fuzz(func(t *testing.T, which, courtesy uint, caps uint64, before, after string) {
		stop := foreignOptOuts[which%uint(len(foreignOptOuts))]
		polite := courtesies[courtesy%uint(len(courtesies))]
		for _, text := range []string{stop, polite + ", " + stop, stop + " " + polite} {
			text = onlyMarks(before) + swapCase(text, caps) + onlyMarks(after)
			for _, w := range []*Words{nil, everyLanguage} {
				if got := w.Command(text); got.Verb != VerbStop {
					t.Errorf("Command(%q) = %+v", text, got)
				}
				if got := w.StaffCommand(text); got.Verb != VerbStop {
					t.Errorf("StaffCommand(%q) = %+v", text, got)
				}
			}
		}
	})
}
