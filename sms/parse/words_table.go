package parse

// A language is what texts in one language are understood by. All of it is folded: lower case, no
// accents, no apostrophes. An opt-out word never stands here; see optout_words.go.
type language struct {
	code string
	// whole are texts that ask for something when they say nothing else.
	whole map[Verb]string
	// leading are keywords that something may follow: TASK, NOTE, DONE.
	leading map[Verb]string
	// everyday are those of whole that people also say when nobody asked; yes is the word YES.
	everyday, yes string
	// A sentence about a visit is made of these: verb, noun, what may stand between and behind, and
	// what may stand before and after the whole.
	cancel, move, visit, between, behind, around string
	// intro are the words, as regular expressions, after which somebody says their name; weak are those
	// that also begin other sentences, so that a first and a last name must follow.
	intro, weak string
	// Keys of "key: value".
	name, first, last, email string
}

const (
	enDays = "monday,tuesday,wednesday,thursday,friday,saturday,sunday,mon,tue,tues,wed,thu,thur,thurs,fri,sat,sun"
	esDays = "lunes,martes,miercoles,jueves,viernes,sabado,domingo"
	frDays = "lundi,mardi,mercredi,jeudi,vendredi,samedi,dimanche"
	deDays = "montag,dienstag,mittwoch,donnerstag,freitag,samstag,sonntag"
	ptDays = "segunda,terca,quarta,quinta,sexta,feira,sabado,domingo"
	itDays = "lunedi,martedi,mercoledi,giovedi,venerdi,sabato,domenica"
	nlDays = "maandag,dinsdag,woensdag,donderdag,vrijdag,zaterdag,zondag"
)

// standard are the words that carriers and our own answers tell people to send. They count in all
// languages, unless one has the word for something else.
var standard = language{
	whole: map[Verb]string{
		VerbStart: "start,unstop,opt in,optin", VerbHelp: "help,info", VerbConfirm: "c,yes", VerbCancel: "x,no", VerbMove: "r", VerbNext: "next", VerbTasks: "tasks", VerbUndo: "undo",
	},
	leading:  map[Verb]string{VerbTask: "task", VerbDone: "done", VerbNote: "note"},
	everyday: "no", yes: "yes",
}

var languages = []language{
	{
		code: "en",
		whole: map[Verb]string{
			VerbStart: "start,unstop,opt in,optin,opt me in,opt me back in,opt back in,start again",
			VerbHelp:  "help,info,help me,information",
			VerbConfirm: "c,y,yes,ok,okay,confirm,confirmed,confirming,i confirm,yes confirm,yes i confirm,yes confirmed,c confirm,yep,yeah,yup,yes i will be there,yes ill be there,ill be there,i will be there," +
				"confirm my appointment,confirm appointment,confirm my appt,confirm the appointment,confirming my appointment,i confirm my appointment,yes confirm my appointment,confirm my visit,confirm my booking," +
				"yea,yess,yesss,sure,sure thing,for sure,sounds good,perfect,absolutely,definitely,of course,correct,will do,i will,yes i will,that works,yes that works,works for me," +
				"see you,see you then,see you there,see you soon,yes see you then,yes see you there,we will be there,well be there,yes we will be there,yes well be there," +
				"id like to confirm my appointment,i would like to confirm my appointment,i want to confirm my appointment,can i confirm my appointment",
			VerbCancel: "x,n,no,nope,x cancel",
			VerbTasks:  "tasks,list,task list,list tasks,my tasks,show tasks,list my tasks,show my tasks",
			VerbMove:   "r,move",
			VerbNext: "next,next appointment,next appt,my next appointment,my appointment,when is my appointment,when is my next appointment,whens my appointment,whens my next appointment,when is my appt,when is my next appt,whens my appt," +
				"what time is my appointment,what time is my next appointment,what time is my appt," +
				"when is my appointment again,when is my appt again,what time is my appointment again,what time is my appt again,whats my next appointment,what is my next appointment,when is my next visit,when do i come in,next visit",
			VerbUndo: "undo,undo that,undo it,undo this,undo last,undo the last,undo my last",
		},
		leading:  map[Verb]string{VerbTask: "task", VerbDone: "done", VerbNote: "note"},
		everyday: "y,ok,okay,yep,yeah,yup,n,no,nope,yea,sure,sure thing,for sure,sounds good,perfect,absolutely,definitely,of course,correct,will do,i will,that works,works for me,see you,see you then,see you there,see you soon", yes: "yes",
		cancel: "cancel,cancelling,canceling", move: "reschedule,rescheduling,resched,move,change,postpone,rebook,shift",
		visit:   "appointment,appointments,appt,appts,apt,apts,booking,bookings,reservation,reservations,visit,visits,session,sessions,meeting,meetings",
		between: "my,the,our,this,that,todays,tomorrows,next,upcoming,mondays,tuesdays,wednesdays,thursdays,fridays,saturdays,sundays," + enDays,
		behind:  "for,on,at,to,from,before,after,by,until,till,today,tomorrow,tonight,this,next,week,morning,afternoon,evening,noon,am,pm,another,other,different,later,earlier,day,time,please,a,an,some,in,the," + enDays,
		around:  "id,i,we,would,like,want,need,have,to,can,could,may,you,please,just,kindly,is,it,possible,hi,hello,hey,how,do,sorry,unfortunately,actually,im,gonna,gotta",
		weak:    `it'?s`,
	},
	{
		code: "es",
		whole: map[Verb]string{
			VerbStart:   "empezar,iniciar,comenzar,reanudar,alta,darme de alta",
			VerbHelp:    "ayuda,informacion",
			VerbConfirm: "si,vale,claro,claro que si,confirmo,confirmar,confirmado,confirmada,si confirmo,confirmo mi cita,confirmar cita,confirmar mi cita,si confirmo mi cita,ahi estare,alli estare,si ahi estare",
			VerbCancel:  "no",
			VerbTasks:   "tareas,mis tareas,lista,ver tareas",
			VerbMove:    "reprogramar,cambiar cita,reagendar",
			VerbNext:    "proxima,proxima cita,mi proxima cita,mi cita,cuando es mi cita,cuando es mi proxima cita,a que hora es mi cita",
			VerbUndo:    "deshacer,deshacer eso",
		},
		leading:  map[Verb]string{VerbTask: "tarea", VerbDone: "hecho,hecha,listo", VerbNote: "nota"},
		everyday: "vale,claro,claro que si,no", yes: "si",
		cancel: "cancelar,cancele,cancelen,cancela,anular", move: "reprogramar,cambiar,mover,reagendar,aplazar,posponer",
		visit: "cita,citas,reserva,visita,consulta,turno", between: "mi,la,esta,de,una,nuestra,proxima",
		behind: "de,del,al,desde,antes,despues,para,el,la,a,las,hoy,manana,otro,otra,dia,hora,semana,proxima,proximo,por,favor,tarde," + esDays,
		around: "quiero,quisiera,necesito,puedo,podria,podriamos,me,gustaria,deseo,tengo,que,por,favor,hola,gracias,pueden,puede",
		intro:  `me llamo|mi nombre es|mi nombre completo es|aqu[ií] habla`, weak: `soy|yo soy|habla`,
		name: "nombre completo,nombre", first: "primer nombre", last: "apellido,apellidos", email: "correo,correo electronico,correo electrónico,mi correo es",
	},
	{
		code: "fr",
		whole: map[Verb]string{
			VerbStart:   "demarrer,reprendre,recommencer,inscription",
			VerbHelp:    "aide,infos,information",
			VerbConfirm: "oui,daccord,confirmer,confirme,je confirme,oui je confirme,je confirme mon rendez vous,je confirme mon rdv,confirmer mon rendez vous,confirmer mon rdv,je serai la",
			VerbCancel:  "non",
			VerbTasks:   "taches,mes taches,liste",
			VerbMove:    "deplacer,reporter,reprogrammer",
			VerbNext:    "prochain,prochain rendez vous,prochain rdv,mon rendez vous,mon rdv,mon prochain rendez vous,mon prochain rdv,quand est mon rendez vous,quand est mon rdv,quand est mon prochain rendez vous,a quelle heure est mon rendez vous",
			VerbUndo:    "retablir,defaire",
		},
		leading:  map[Verb]string{VerbTask: "tache", VerbDone: "fait,termine", VerbNote: "note"},
		everyday: "daccord,non", yes: "oui",
		cancel: "annuler,annulez,annule", move: "deplacer,reporter,changer,decaler,reprogrammer",
		visit: "rendez vous,rdv,reservation,visite,consultation", between: "mon,le,ce,ma,la,notre,prochain",
		behind: "de,du,avant,apres,pour,a,au,le,la,demain,aujourdhui,un,une,autre,jour,heure,semaine,prochaine,prochain,matin,soir," + frDays,
		around: "je,veux,voudrais,souhaite,dois,puis,peux,est,ce,que,on,peut,jaimerais,il,possible,de,bonjour,merci,svp,pouvez,pourrais",
		intro:  `je m'appelle|mon nom est|je me nomme|mon nom complet est`, weak: `je suis|c'est|ici`,
		name: "nom complet", first: "prénom,prenom", last: "nom de famille,nom", email: "courriel,adresse mail,adresse email,adresse e-mail,mél",
	},
	{
		code: "de",
		whole: map[Verb]string{
			VerbStart:   "starten,anmelden,fortsetzen,wieder anmelden",
			VerbHelp:    "hilfe,informationen",
			VerbConfirm: "ja,jawohl,in ordnung,passt,bestatigen,bestatigt,bestatige,ich bestatige,ja ich bestatige,termin bestatigen,ich bestatige den termin,ich bestatige meinen termin,ich komme,ja ich komme,zusage",
			VerbCancel:  "nein,absagen,absage",
			VerbTasks:   "aufgaben,meine aufgaben,liste",
			VerbMove:    "verschieben,verlegen,umbuchen",
			VerbNext:    "nachster,nachster termin,mein termin,mein nachster termin,wann ist mein termin,wann ist mein nachster termin,wann habe ich meinen termin,um wie viel uhr ist mein termin",
			VerbUndo:    "ruckgangig,ruckgangig machen",
		},
		leading:  map[Verb]string{VerbTask: "aufgabe", VerbDone: "erledigt,fertig", VerbNote: "notiz"},
		everyday: "in ordnung,passt,nein", yes: "ja",
		cancel: "absagen,stornieren,storniere,sage,sagen,streichen", move: "verschieben,verlegen,umbuchen,andern,verschiebe",
		visit: "termin,termine,buchung,reservierung,besuch,sitzung", between: "meinen,den,mein,unseren,diesen,nachsten,bitte,sie",
		behind: "am,auf,um,fur,von,vom,vor,nach,bis,dem,zum,heute,morgen,nachste,nachsten,woche,uhr,einen,anderen,tag,spater,fruher,bitte,leider,ab,mittag,vormittag,nachmittag," + deDays,
		around: "ich,wir,mochte,mochten,wurde,gerne,gern,will,muss,mussen,kann,konnte,konnten,konnen,sie,man,leider,bitte,hallo,guten,danke,den",
		intro:  `ich hei(?:ß|ss)e|mein name ist|mein name lautet`, weak: `ich bin|hier ist|hier spricht`,
		name: "vollständiger name", first: "vorname", last: "nachname,familienname", email: "e-mail-adresse,emailadresse,mailadresse,meine e-mail ist",
	},
	{
		code: "pt",
		whole: map[Verb]string{
			VerbStart:   "iniciar,comecar,voltar,recomecar",
			VerbHelp:    "ajuda,informacao,informacoes",
			VerbConfirm: "sim,confirmo,confirmar,confirmado,confirmada,sim confirmo,confirmo minha consulta,confirmar consulta,confirmar minha consulta,estarei la",
			VerbCancel:  "nao",
			VerbTasks:   "tarefas,minhas tarefas,lista",
			VerbMove:    "remarcar,reagendar",
			VerbNext:    "proxima,proxima consulta,minha consulta,minha proxima consulta,quando e minha consulta,quando e a minha consulta,quando e minha proxima consulta,que horas e minha consulta",
			VerbUndo:    "desfazer",
		},
		leading:  map[Verb]string{VerbTask: "tarefa", VerbDone: "feito,feita,pronto", VerbNote: "nota"},
		everyday: "nao", yes: "sim",
		cancel: "cancelar,cancele,desmarcar,desmarque,cancela", move: "remarcar,reagendar,mudar,alterar,adiar",
		visit: "consulta,consultas,horario,visita,reserva,marcacao", between: "minha,meu,a,o,esta,essa,nossa,proxima",
		behind: "de,da,do,das,antes,depois,para,no,na,a,as,hoje,amanha,outro,outra,dia,hora,semana,proxima,por,favor,tarde," + ptDays,
		around: "eu,quero,queria,gostaria,preciso,posso,poderia,de,por,favor,ola,obrigado,obrigada,podem,pode,tenho,que",
		intro:  `meu nome [eé]|o meu nome [eé]|me chamo|chamo-me|eu me chamo`, weak: `eu sou|sou|aqui [eé]`,
		name: "nome completo,nome", first: "primeiro nome", last: "sobrenome,apelido", email: "correio,endereço de email,meu email é",
	},
	{
		code: "it",
		whole: map[Verb]string{
			VerbStart:   "inizia,iniziare,riprendi,iscrivimi",
			VerbHelp:    "aiuto,informazioni",
			VerbConfirm: "si,va bene,daccordo,confermo,conferma,confermato,si confermo,confermo lappuntamento,confermo il mio appuntamento,confermo appuntamento,conferma appuntamento,ci saro",
			VerbCancel:  "no",
			VerbTasks:   "compiti,i miei compiti,lista,elenco",
			VerbMove:    "spostare,sposta,riprogrammare",
			VerbNext:    "prossimo,prossimo appuntamento,il mio appuntamento,il mio prossimo appuntamento,quando e il mio appuntamento,quando e il mio prossimo appuntamento,a che ora e il mio appuntamento",
			VerbUndo:    "ripristina,ripristinare",
		},
		leading:  map[Verb]string{VerbTask: "compito", VerbDone: "fatto,fatta", VerbNote: "nota"},
		everyday: "va bene,daccordo,no", yes: "si",
		cancel: "annullare,annulla,annullate,cancellare,disdire,disdici,annullo", move: "spostare,sposta,rimandare,cambiare,riprogrammare",
		visit: "appuntamento,lappuntamento,prenotazione,visita", between: "il,mio,la,mia,questo,lo,prossimo,nostro",
		behind: "di,del,da,dal,dalle,prima,dopo,per,a,al,alle,oggi,domani,un,altro,giorno,ora,settimana,prossima,prossimo,mattina,pomeriggio," + itDays,
		around: "vorrei,voglio,devo,posso,potrei,dobbiamo,possiamo,per,favore,buongiorno,ciao,grazie,potete,puo",
		intro:  `mi chiamo|il mio nome [eè]`, weak: `sono|io sono|qui [eè]`,
		name: "nome e cognome,nome completo", first: "nome", last: "cognome", email: "posta elettronica,posta,indirizzo email,la mia email è",
	},
	{
		code: "nl",
		whole: map[Verb]string{
			VerbStart:   "starten,aanmelden,hervatten",
			VerbHelp:    "hulp,informatie",
			VerbConfirm: "ja,ja hoor,prima,akkoord,bevestig,bevestigen,bevestigd,ik bevestig,ja ik bevestig,ik bevestig mijn afspraak,afspraak bevestigen,ik kom,ja ik kom,ik ben er",
			VerbCancel:  "nee,afzeggen",
			VerbTasks:   "taken,mijn taken,lijst",
			VerbMove:    "verzetten,verplaatsen",
			VerbNext:    "volgende,volgende afspraak,mijn afspraak,mijn volgende afspraak,wanneer is mijn afspraak,wanneer is mijn volgende afspraak,hoe laat is mijn afspraak",
			VerbUndo:    "ongedaan maken,herstel,herstellen",
		},
		leading:  map[Verb]string{VerbTask: "taak", VerbDone: "klaar,gedaan", VerbNote: "notitie"},
		everyday: "prima,akkoord,nee", yes: "ja",
		cancel: "afzeggen,annuleren,annuleer,zeg", move: "verzetten,verplaatsen,wijzigen,verzet",
		visit: "afspraak,afspraken,reservering,bezoek,boeking", between: "mijn,de,deze,onze,volgende",
		behind: "van,voor,na,tot,op,om,naar,vandaag,morgen,volgende,week,uur,een,andere,dag,later,eerder,af,ochtend,middag," + nlDays,
		around: "ik,wij,we,wil,willen,graag,moet,moeten,kan,kunnen,mag,u,jullie,zou,hallo,bedankt,alstublieft,helaas",
		intro:  `ik heet|mijn naam is`, weak: `ik ben|hier is|dit is|u spreekt met`,
		name: "volledige naam,naam", first: "voornaam", last: "achternaam", email: "e-mailadres,emailadres,mijn e-mail is",
	},
}
