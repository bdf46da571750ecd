package sms

// A dateWord is what a word means in a date.
type dateWord struct {
	kind dateKind
	n    int
}

type dateKind int

const (
	dayName  dateKind = iota + 1 // n: time.Weekday
	weakDay                      // the same, a word people also use otherwise ("sat")
	month                        // n: time.Month
	dayAhead                     // n: days from today
	partOf                       // n: the hour it stands for
	minutes                      // units, n: how many of the unit
	days
	months
	number
	within // before a span: "in 2 hours"
	clock  // before a time of day: "at"
	on     // before a date: "on", "by", "due", an article
	next
)

// dateWords are the words of dates, folded, of the languages in use.
type dateWords map[string]dateWord

func newDateWords(codes []string) dateWords {
	w := dateWords{}
	for _, code := range codes {
		for _, g := range dateTable[code] {
			n := g.first
			for text := range list(g.words) {
				if _, taken := w[text]; !taken {
					w[text] = dateWord{g.kind, n}
				}
				n += g.step
			}
		}
	}
	return w
}

// dateGroup gives the words of a list the meanings first, first+step, and so on.
type dateGroup struct {
	kind        dateKind
	first, step int
	words       string
}

var dateTable = map[string][]dateGroup{
	"en": {
		{dayName, 0, 1, "sunday,monday,tuesday,wednesday,thursday,friday,saturday"},
		{dayName, 1, 1, "mon,tue,wed,thu,fri"}, {dayName, 2, 2, "tues,thurs"}, {dayName, 4, 0, "thur"}, {weakDay, 0, 6, "sun,sat"},
		{month, 1, 1, "january,february,march,april,may,june,july,august,september,october,november,december"},
		{month, 1, 1, "jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec"}, {month, 9, 0, "sept"},
		{dayAhead, 0, 1, "today,tomorrow,overmorrow"}, {dayAhead, 1, 0, "tmrw,tomorow"}, {dayAhead, 2, 0, "day after tomorrow"},
		{partOf, 9, 0, "morning"}, {partOf, 12, 0, "noon,midday"}, {partOf, 15, 0, "afternoon"}, {partOf, 18, 0, "evening"}, {partOf, 20, 0, "tonight"},
		{minutes, 1, 0, "minute,minutes,min,mins"}, {minutes, 60, 0, "hour,hours,hr,hrs"}, {days, 1, 0, "day,days"}, {days, 7, 0, "week,weeks"}, {months, 1, 0, "month,months"}, {months, 12, 0, "year,years"},
		{number, 1, 0, "a,an"}, {number, 1, 1, "one,two,three,four,five,six,seven,eight,nine,ten"},
		{within, 0, 0, "in,within"}, {clock, 0, 0, "at"}, {on, 0, 0, "on,by,before,until,till,due,this,the,of"}, {next, 0, 0, "next"},
	},
	"es": {
		{dayName, 0, 1, "domingo,lunes,martes,miercoles,jueves,viernes,sabado"},
		{month, 1, 1, "enero,febrero,marzo,abril,mayo,junio,julio,agosto,septiembre,octubre,noviembre,diciembre"},
		{dayAhead, 0, 1, "hoy,manana,pasado manana"}, {partOf, 9, 0, "de la manana,por la manana"}, {partOf, 12, 0, "mediodia"}, {partOf, 15, 0, "de la tarde,por la tarde"}, {partOf, 20, 0, "de la noche,esta noche"},
		{minutes, 1, 0, "minuto,minutos"}, {minutes, 60, 0, "hora,horas"}, {days, 1, 0, "dia,dias"}, {days, 7, 0, "semana,semanas"}, {months, 1, 0, "mes,meses"},
		{number, 1, 0, "un,una"}, {number, 2, 1, "dos,tres,cuatro,cinco,seis,siete,ocho,nueve,diez"},
		{within, 0, 0, "en,dentro de"}, {clock, 0, 0, "a las,a la"}, {on, 0, 0, "el,para el,antes del,de,este"}, {next, 0, 0, "proximo,proxima"},
	},
	"fr": {
		{dayName, 0, 1, "dimanche,lundi,mardi,mercredi,jeudi,vendredi,samedi"},
		{month, 1, 1, "janvier,fevrier,mars,avril,mai,juin,juillet,aout,septembre,octobre,novembre,decembre"},
		{dayAhead, 0, 1, "aujourdhui,demain,apres demain"}, {partOf, 9, 0, "matin"}, {partOf, 12, 0, "midi"}, {partOf, 15, 0, "apres midi"}, {partOf, 18, 0, "soir,ce soir"},
		{minutes, 1, 0, "minute,minutes"}, {minutes, 60, 0, "heure,heures"}, {days, 1, 0, "jour,jours"}, {days, 7, 0, "semaine,semaines"}, {months, 1, 0, "mois"},
		{number, 1, 0, "un,une"}, {number, 2, 1, "deux,trois,quatre,cinq,six,sept,huit,neuf,dix"},
		{within, 0, 0, "dans"}, {clock, 0, 0, "à,a"}, {on, 0, 0, "le,ce,avant le"}, {next, 0, 0, "prochain,prochaine"},
	},
	"de": {
		{dayName, 0, 1, "sonntag,montag,dienstag,mittwoch,donnerstag,freitag,samstag"}, {dayName, 6, 0, "sonnabend"},
		{month, 1, 1, "januar,februar,marz,april,mai,juni,juli,august,september,oktober,november,dezember"},
		{dayAhead, 0, 1, "heute,morgen,ubermorgen"}, {partOf, 9, 0, "fruh,vormittag"}, {partOf, 12, 0, "mittag"}, {partOf, 15, 0, "nachmittag"}, {partOf, 18, 0, "abend"},
		{minutes, 1, 0, "minute,minuten"}, {minutes, 60, 0, "stunde,stunden"}, {days, 1, 0, "tag,tagen"}, {days, 7, 0, "woche,wochen"}, {months, 1, 0, "monat,monaten"},
		{number, 1, 0, "ein,eine,einem,einer"}, {number, 2, 1, "zwei,drei,vier,funf,sechs,sieben,acht,neun,zehn"},
		{within, 0, 0, "in"}, {clock, 0, 0, "um"}, {on, 0, 0, "am,bis,bis zum,den,vor dem,diesen"}, {next, 0, 0, "nachsten,nachster,nachste,kommenden"},
	},
	"pt": {
		{dayName, 0, 1, "domingo,segunda feira,terca feira,quarta feira,quinta feira,sexta feira,sabado"}, {weakDay, 1, 1, "segunda,terca,quarta,quinta,sexta"},
		{month, 1, 1, "janeiro,fevereiro,marco,abril,maio,junho,julho,agosto,setembro,outubro,novembro,dezembro"},
		{dayAhead, 0, 1, "hoje,amanha,depois de amanha"}, {partOf, 9, 0, "da manha,de manha"}, {partOf, 12, 0, "meio dia"}, {partOf, 15, 0, "da tarde,a tarde"}, {partOf, 20, 0, "da noite,hoje a noite"},
		{minutes, 1, 0, "minuto,minutos"}, {minutes, 60, 0, "hora,horas"}, {days, 1, 0, "dia,dias"}, {days, 7, 0, "semana,semanas"}, {months, 1, 0, "mes,meses"},
		{number, 1, 0, "um,uma"}, {number, 2, 1, "dois,tres,quatro,cinco,seis,sete,oito,nove,dez"}, {number, 2, 0, "duas"},
		{within, 0, 0, "em,daqui a"}, {clock, 0, 0, "as"}, {on, 0, 0, "na,no,ate,de,dia,esta"}, {next, 0, 0, "proximo,proxima"},
	},
	"it": {
		{dayName, 0, 1, "domenica,lunedi,martedi,mercoledi,giovedi,venerdi,sabato"},
		{month, 1, 1, "gennaio,febbraio,marzo,aprile,maggio,giugno,luglio,agosto,settembre,ottobre,novembre,dicembre"},
		{dayAhead, 0, 1, "oggi,domani,dopodomani"}, {partOf, 9, 0, "mattina"}, {partOf, 12, 0, "mezzogiorno"}, {partOf, 15, 0, "pomeriggio"}, {partOf, 18, 0, "sera,stasera"},
		{minutes, 1, 0, "minuto,minuti"}, {minutes, 60, 0, "ora,ore"}, {days, 1, 0, "giorno,giorni"}, {days, 7, 0, "settimana,settimane"}, {months, 1, 0, "mese,mesi"},
		{number, 1, 0, "un,una"}, {number, 2, 1, "due,tre,quattro,cinque,sei,sette,otto,nove,dieci"},
		{within, 0, 0, "tra,fra,entro"}, {clock, 0, 0, "alle"}, {on, 0, 0, "il,per,questo"}, {next, 0, 0, "prossimo,prossima"},
	},
	"nl": {
		{dayName, 0, 1, "zondag,maandag,dinsdag,woensdag,donderdag,vrijdag,zaterdag"},
		{month, 1, 1, "januari,februari,maart,april,mei,juni,juli,augustus,september,oktober,november,december"},
		{dayAhead, 0, 1, "vandaag,morgen,overmorgen"}, {partOf, 9, 0, "ochtend,vroeg"}, {partOf, 12, 0, "middag"}, {partOf, 18, 0, "avond,vanavond"}, {partOf, 15, 0, "vanmiddag,namiddag"},
		{minutes, 1, 0, "minuut,minuten"}, {minutes, 60, 0, "uur"}, {days, 1, 0, "dag,dagen"}, {days, 7, 0, "week,weken"}, {months, 1, 0, "maand,maanden"},
		{number, 1, 0, "een"}, {number, 2, 1, "twee,drie,vier,vijf,zes,zeven,acht,negen,tien"},
		{within, 0, 0, "over"}, {clock, 0, 0, "om"}, {on, 0, 0, "op,voor,tot,deze"}, {next, 0, 0, "volgende,komende"},
	},
}
