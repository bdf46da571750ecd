package when

var nlDates = `
weekday 0: zondag
weekday~ 0: zo, zon
weekday 1: maandag
weekday~ 1: ma
weekday 2: dinsdag
weekday~ 2: di
weekday 3: woensdag
weekday~ 3: wo, woe
weekday 4: donderdag
weekday~ 4: do
weekday 5: vrijdag
weekday~ 5: vr, vri, vrij
weekday 6: zaterdag
weekday~ 6: za
every: s zondags, s maandags, dinsdags, s woensdags, donderdags, vrijdags, zaterdags, maandags, zondags, woensdags
month 1: januari, jan
month 2: februari, feb
month 3: maart, mrt
month 4: april, apr
month 5: mei
month 6: juni, jun
month 7: juli, jul
month 8: augustus, aug
month 9: september, sept, sep
month 10: oktober, okt
month 11: november, nov
month 12: december, dec
day 0: vandaag, vandaag nog, vndg
day 1: morgen, mrgn, morge
day 2: overmorgen
day -1: gisteren, gister
day -2: eergisteren
day -1 + part 18: gisteravond
day 0 + part 9: vanmorgen, vanochtend
day 0 + part 15: vanmiddag
day 0 + part 18: vanavond
day 0 + part 20: vannacht
day 1 + part 9: morgenochtend, morgen vroeg, morgenvroeg, morgen ochtend
day 1 + part 15: morgenmiddag
day 1 + part 18: morgenavond
part 9: voor de lunch, ochtend, s ochtends, s morgens, in de ochtend, ochtends, vroeg in de ochtend, s ochtens
part 15: na de lunch, middag, s middags, in de middag, namiddag, middags, in de namiddag
part 18: na het werk, avond, s avonds, in de avond, avonds
part 20: nacht, s nachts
clock 720: twaalf uur s middags, tussen de middag
clock 1440: middernacht, om middernacht
clock 1020: einde van de dag, eind van de dag, het einde van de dag, einde dag, eind van de werkdag, einde werkdag, het eind van de dag
unit minute: minuut, minuten, min, minuutjes, minuutje
unit hour: uur, uren, uurtje
unit day: dag, dagen
unit week: week, weken
unit month: maand, maanden
unit year: jaar, jaren
unit 15 minute: kwartier, kwartiertje
unit 30 minute: half uur, half uurtje, halfuur
unit 45 minute: drie kwartier
num 0: nul
num 1: een
num 2: twee
num 3: drie
num 4: vier
num 5: vijf
num 6: zes
num 7: zeven
num 8: acht
num 9: negen
num 10: tien
num 11: elf
num 12: twaalf
num 13: dertien
num 14: veertien
num 15: vijftien
num 16: zestien
num 17: zeventien
num 18: achttien
num 19: negentien
num 20: twintig
num 21: eenentwintig
num 22: tweeentwintig
num 23: drieentwintig
num 24: vierentwintig
num 25: vijfentwintig
num 28: achtentwintig
num 30: dertig
num 40: veertig
num 45: vijfenveertig
num 50: vijftig
decimal 150: anderhalf, anderhalve, een en een half
decimal 250: twee en een half, tweeenhalf, tweeeneenhalf
ord 1: eerste, 1ste
ord 2: tweede
ord 3: derde
ord 4: vierde
ord 5: vijfde
ord 6: zesde
ord 7: zevende
ord 8: achtste
ord 9: negende
ord 10: tiende
ord 11: elfde
ord 12: twaalfde
ord 13: dertiende
ord 14: veertiende
ord 15: vijftiende
ord 16: zestiende
ord 17: zeventiende
ord 18: achttiende
ord 19: negentiende
ord 20: twintigste
ord 21: eenentwintigste
ord 22: tweeentwintigste
ord 23: drieentwintigste
ord 24: vierentwintigste
ord 25: vijfentwintigste
ord 30: dertigste
ord 31: eenendertigste
one: een, n
half halfof: half
half: halve
quarter 15: kwart
ahead 2: de week erna, de week daarop
weekend: weekend, weekeinde
zone 5: cet, cest, nederlandse tijd
zone 4: engelse tijd
zone 6: utc
zone 99: jullie tijd, uw tijd
in over: over
in: binnen, in
within: binnen
ago: geleden, terug
hence: vanaf nu
next: volgende, volgend
coming: komende, komend, aanstaande, aankomende, aanstaand, as
this: deze, dit
last: vorige, afgelopen, vorig, laatste, jongstleden, jl
on: op, voor, de
at: om, rond, tegen, omstreeks
by: voor, tot, uiterlijk, uiterlijk op, tot uiterlijk, tot en met, niet later dan, vanaf, ten laatste, vervalt op, tot aan
less: voor
after: na
since: sinds, sedert
from: van
to: tot
approx: ongeveer, circa, ca, plm, rond de
the: de, het, t, den
of: van, in, de
and: en
or: of
not: niet, tenzij, geen, nooit, behalve, in plaats van, zonder
break: maar, omdat, want, als, dat, dan, toen, anders, doch, liever
past: was, waren, had, hadden, heb gebeld, gebeld, gekomen, geweest, kwam, ging, zag, kreeg, belde, belden, zei, gestuurd, gemist, betaald, ontvangen, geprobeerd
ask: graag, bel, bellen, terugbellen, stuur, sturen, aub, svp, alstublieft
every: elke, iedere, elk, ieder, dagelijks, wekelijks
vague: paar, enkele, een paar, enige, later, begin, nog een
oclock: uur, u, uurtjes, uur precies
hourly: u, h, uur
end: eind, einde, einde van, eind van, het einde van, het eind van
begin: begin, begin van
mid: half, midden, medio
my: mijn, onze, ons, uw, jouw, jullie
follow: bellen, terugbellen, graag, aub, svp, en, of, met, bij, voor, bedankt, in, op, is, kan, ik, we, alstublieft, mij, me, over, dank, naar, komen, kom, wij, past, als, maar, goed, ok, langs
between: tussen, van
meet: afspraak, afspraken, bezoek, boeking, reservering
phrase: goede morgen, goede middag, goede avond, goedenavond, niet vergeten, vergeet niet, geen probleem, hele dag, de hele dag, op tijd, dag in dag uit, ooit een dag, nog niet, geen haast, fijne dag, fijn weekend, prettige dag, in orde, in de war, een keer, eens een keer
fix: ik bedoel, ik bedoelde, sorry, of nee, liever, toch liever, nee, correctie, beter, nee wacht, toch
move: verzetten, verplaatsen, wijzigen, verzet, verplaatst, verplaats, verschuiven, verschuif
to: naar
firm: om
away: weg, verhinderd, op vakantie, gesloten, afwezig
drop: afzeggen, annuleren, annuleer
street: straat
before: voor
near: de week van, week van, zelfde tijd, dezelfde tijd, vooravond van, de vooravond van, de dag voor, dag voor, de avond voor, avond voor, de nacht voor, de ochtend voor, de dag na, dag na, de avond na, de ochtend na, de week voor, de week na, dag ervoor, dag erna
nay: nee
numbered: kamer, zaal, factuur, taak, nummer, nr, tafel, pagina, lijn, bus, verdieping
feast 12 24: kerstavond
feast 12 25: eerste kerstdag, 1e kerstdag
feast 12 26: tweede kerstdag, 2e kerstdag
feast 12 31: oudejaarsavond, oudjaarsavond, oudjaar, oudejaarsdag, oud en nieuw
feast 1 1: nieuwjaarsdag, nieuwjaar
feast 12 5: sinterklaasavond, pakjesavond
feast 4 27: koningsdag
feast 5 5: bevrijdingsdag
feast 2 14: valentijnsdag
feast 0 0: kerst, kerstmis, kerstdag, pasen, eerste paasdag, tweede paasdag, paasmaandag, paaszondag, goede vrijdag, hemelvaart, hemelvaartsdag, pinksteren, pinkstermaandag, tweede pinksterdag, moederdag, vaderdag, carnaval, aswoensdag
near: een andere, een of andere, willekeurige
clock 720: lunchpauze, in de lunchpauze, tijdens de lunch, lunchtijd
guess: waarschijnlijk, hopelijk, mogelijk, vermoedelijk, minstens, op zijn vroegst, ten vroegste, denk ik, geloof ik
else: eerder, later, wanneer dan ook
open: vanaf
past: geprobeerd, gekocht, besteld, verloren, vergeten, besproken, opgehaald, gesproken, gezegd
numbered: fax, dossier, code, bestelling, telefoon, tel, trein, vlucht
`
