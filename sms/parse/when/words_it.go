package when

var itDates = `
weekday 0: domenica
weekday~ 0: dom
weekday 1: lunedi
weekday~ 1: lun
weekday 2: martedi
weekday~ 2: mar, mart
weekday 3: mercoledi
weekday~ 3: mer
weekday 4: giovedi
weekday~ 4: gio
weekday 5: venerdi
weekday~ 5: ven
weekday 6: sabato
weekday~ 6: sab
every: quotidianamente, i lunedi
month 1: gennaio, genn, gen
month 2: febbraio, febb, feb
month 3: marzo
month 4: aprile, apr
month 5: maggio
month 6: giugno, giu
month 7: luglio, lug
month 8: agosto
month 9: settembre, sett
month 10: ottobre, ott
month 11: novembre, nov
month 12: dicembre, dic
day 0: oggi
day 1 + part 9: domattina, domani mattina
day 1: domani, dmn, doman
day 2: dopodomani, dopo domani
day -1: ieri
day -2: l altro ieri, ieri l altro, altroieri
day -1 + part 18: ieri sera
day 0 + part 9: stamattina, stamane, questa mattina, stamani
day 0 + part 15: oggi pomeriggio, questo pomeriggio
day 0 + part 18: stasera, questa sera
day 0 + part 20: stanotte, questa notte
part 9: prima di pranzo, mattina, di mattina, la mattina, in mattinata, del mattino, mattino, al mattino, della mattina, mattinata
part 15: dopo pranzo, pomeriggio, nel pomeriggio, del pomeriggio, di pomeriggio, al pomeriggio
part 18: dopo il lavoro, sera, di sera, la sera, in serata, della sera, alla sera, serata
part 20: dopo cena, notte, di notte, della notte
clock 720: mezzogiorno, a mezzogiorno, di mezzogiorno
clock 1440: mezzanotte, a mezzanotte
clock 1020: fine giornata, fine della giornata, in giornata, la fine della giornata
unit minute: minuto, minuti, min
unit hour: ora, ore
unit day: giorno, giorni, gg
unit week: settimana, settimane
unit month: mese, mesi
unit year: anno, anni
unit 30 minute: mezz ora, mezzora, mezza ora
unit 45 minute: tre quarti d ora
unit 15 minute: quarto d ora
num 0: zero
num 1: una, uno
num 2: due, un paio di, un paio d, paio di
num 3: tre
num 4: quattro
num 5: cinque
num 6: sei
num 7: sette
num 8: otto
num 9: nove
num 10: dieci
num 11: undici
num 12: dodici
num 13: tredici
num 14: quattordici
num 15: quindici
num 16: sedici
num 17: diciassette
num 18: diciotto
num 19: diciannove
num 20: venti
num 21: ventuno
num 22: ventidue
num 23: ventitre
num 24: ventiquattro
num 25: venticinque
num 26: ventisei
num 27: ventisette
num 28: ventotto
num 29: ventinove
num 30: trenta
num 31: trentuno
num 40: quaranta
num 45: quarantacinque
num 48: quarantotto
num 50: cinquanta
ord 1: primo
ord 2: secondo
ord 3: terzo
one: un, una, uno
half: mezza, mezzo
plus 30: e mezza, e mezzo, e trenta
plus 15: e un quarto, e quarto, e quindici
plus 45: e tre quarti
plus -15: meno un quarto, meno quarto
shift 1: a otto
shift 2: a quindici
weekend: fine settimana, weekend, week end
zone 5: cet, cest, ora italiana
zone 4: ora di londra
zone 6: utc
zone 3: ora di new york
zone 99: vostra ora
in: tra, fra, entro, in, nelle prossime, nei prossimi, entro le prossime, tra circa, fra circa
within: entro, nelle prossime, nei prossimi, entro le prossime
ago: fa, or sono
hence: da adesso, da ora, a partire da adesso
next: prossimo, prossima, pross
coming: che viene, venturo
this: questo, questa
last: scorso, scorsa, passato, passata, ultimo, ultima
on: il giorno, giorno, il, per, per il, di, l, al, nel, del, lo
at: alle, all, verso le, verso l, per le, intorno alle, attorno alle, circa alle, ore, alle ore, dalle, h
firm: alle, verso le, intorno alle, attorno alle, ore, alle ore, per le, dalle
by: entro, entro il, entro le, entro l, prima di, prima del, prima delle, fino a, fino al, fino alle, al piu tardi, non oltre, dopo le, dalle ore, a partire da, a partire dal, a partire dalle, scade, scade il, entro e non oltre
after: dopo, dopo il, dopo le
since: da, dal
from: da, dal, dalle
to: a, al, alle
approx: circa, piu o meno
the: il, la, le, lo, i, l, gli
of: di, del, d
and: e, ed
or: o, oppure
not: non, a meno che, salvo, mai, tranne, eccetto, no, invece di, anziche, impossibile
less: meno
break: ma, perche, se, quando, bensi, poi, allora, che, pero, quindi, altrimenti, meglio
past: ho, era, ero, abbiamo, sono venuto, sono venuta, ha chiamato, ha detto, chiamato, stato, stata, avevo, avevamo, aveva, hanno, e stato, telefonato, ricevuto, mandato, pagato
ask: per favore, chiamare, chiamatemi, chiamami, richiamare, richiamatemi, mandare, inviare, perfavore, cortesemente
every: ogni, tutti i, tutte le
vague: qualche, alcuni, alcune, diversi, piu tardi, inizio, altro, altra
oclock: in punto, ore
hourly: h
end: fine, fine del, fine della, la fine del, la fine di, fine di, la fine della, la fine dell, fine dell, a fine
begin: inizio, inizio di, inizio del
mid: meta, meta di
my: mio, mia, miei, nostro, nostra, suo, vostro, il mio, la mia
follow: per, e, o, grazie, con, il, la, chiamare, se, mi, al, in, di, a, da, del, della, va, chiamatemi, ok, perche, ma, siamo, sono, vi, ci, possibile, circa
between: tra, fra, tra le, fra le, dalle, dal
meet: appuntamento, l appuntamento, visita, prenotazione
phrase: buona giornata, buona serata, buona notte, buon giorno, buon pomeriggio, buona sera, non dimenticare, non dimenticate, non dimenticarti, non c e problema, nessun problema, tutto il giorno, piu tardi, se no, un giorno, giorno per giorno, ancora non, non ancora, per ora, di nuovo, a piu tardi, un altra volta, ho bisogno, ho una, ho un, che ora, a che ora
fix: anzi, cioe, volevo dire, scusa, meglio, scusi, intendevo, piuttosto
move: spostare, sposta, cambiare, rimandare, spostiamo, anticipare, spostate, posticipare
away: via, in ferie, chiuso, occupato, occupata
drop: annullare, disdire, cancellare, annulla, disdico
street: via, viale, piazza, corso
before: prima di, prima del, prima delle, prima della, prima dell
near: la settimana del, settimana del, stessa ora, alla stessa ora, la vigilia di, la vigilia del, vigilia di, vigilia del, alla vigilia di, la sera prima di, la sera prima del, sera prima di, la notte prima di, il giorno prima di, il giorno prima del, giorno prima di, giorno prima del, il giorno dopo, giorno dopo, la sera dopo, la settimana prima di, la settimana prima del, la settimana dopo
nay: no
numbered: stanza, sala, camera, fattura, compito, numero, tavolo, pagina, piano, porta
feast 12 24: vigilia di natale, la vigilia di natale, alla vigilia di natale
feast 12 25: giorno di natale, il giorno di natale
feast~ 12 25: natale
feast 12 26: santo stefano
feast 12 31: san silvestro, ultimo dell anno, l ultimo dell anno
feast 1 1: capodanno, primo dell anno
feast 1 6: epifania, l epifania, befana
feast 8 15: ferragosto
feast 2 14: san valentino
feast 11 1: ognissanti
feast 4 25: festa della liberazione
feast 5 1: festa del lavoro, primo maggio
feast 0 0: pasqua, domenica di pasqua, lunedi di pasqua, pasquetta, lunedi dell angelo, venerdi santo, giovedi santo, domenica delle palme, festa della mamma, carnevale, martedi grasso, giovedi grasso, mercoledi delle ceneri
near: qualsiasi, qualunque, l altro, un altro
part 15: in pausa pranzo, all ora di pranzo
at: verso
of: della, dello, dell
minus: meno
ofhour: del mattino, della mattina, di mattina, del pomeriggio, di pomeriggio, di sera, della sera, di notte, della notte
guess: probabilmente, possibilmente, almeno, come minimo, credo, penso
else: prima, dopo, quando puoi, quando vuole
open: a partire da, a partire dal, a partire dalle
numbered: fax, codice, ordine, pratica, telefono, tel, conto, volo, treno, bus
`
