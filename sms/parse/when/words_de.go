package when

var deDates = `
weekday 0: sonntag
weekday~ 0: so
weekday 1: montag
weekday~ 1: mo
weekday 2: dienstag
weekday~ 2: di, die
weekday 3: mittwoch
weekday~ 3: mi, mit
weekday 4: donnerstag
weekday~ 4: do
weekday 5: freitag
weekday~ 5: fr
weekday 6: samstag, sonnabend
weekday~ 6: sa
every: sonntags, montags, dienstags, mittwochs, donnerstags, freitags, samstags, werktags, wochentags
month 1: januar, janner, jaenner, jan
month 2: februar, feb
month 3: marz, maerz, mrz
month 4: april, apr
month 5: mai
month 6: juni, jun
month 7: juli, jul
month 8: august, aug
month 9: september, sept, sep
month 10: oktober, okt
month 11: november, nov
month 12: dezember, dez
day 0: heute, heut
day 1 morning: morgen
day 1: morgn
day 2: ubermorgen, uebermorgen, ubermorgn
day -1: gestern
day -2: vorgestern
day 0 + part 9: heute morgen, heute fruh, heute vormittag
day 0 + part 18: heute abend, heut abend, heut abnd
day 0 + part 20: heute nacht
day -1 + part 18: gestern abend
day 1 + part 9: morgen fruh, morgen frueh, morgen vormittag
day 1 + part 15: morgen nachmittag
day 1 + part 18: morgen abend
part 9: vor dem mittagessen, vor der arbeit, nach dem fruhstuck, morgens, am morgen, vormittag, vormittags, am vormittag, fruh, frueh, in der fruh, in der fruhe, fruhmorgens, am fruhen morgen, am fruhen vormittag
part 15: nach dem mittagessen, nachmittag, nachmittags, am nachmittag, am fruhen nachmittag, am spaten nachmittag
part 18: nach der arbeit, abend, abends, am abend
part 20: nacht, nachts, in der nacht
clock 720: mittag, mittags, am mittag, zu mittag, zwolf uhr mittags
clock 1440: mitternacht, um mitternacht
clock 1020: feierabend, zum feierabend, dienstschluss, geschaftsschluss, tagesende, ende des tages, buroschluss
unit minute: minute, minuten, min
unit hour: stunde, stunden, std, stdn
unit 15 minute: viertelstunde
unit 30 minute: halben stunde, halbe stunde, halbstunde
unit 45 minute: dreiviertelstunde, drei viertelstunden
unit day: tag, tage, tagen
unit week: woche, wochen
unit month: monat, monate, monaten, monats
unit year: jahr, jahre, jahren, jahres
num 0: null
num 1: eins
num 2: zwei, zwo
num 3: drei
num 4: vier
num 5: funf, fuenf
num 6: sechs
num 7: sieben
num 8: acht
num 9: neun
num 10: zehn
num 11: elf
num 12: zwolf, zwoelf
num 13: dreizehn
num 14: vierzehn
num 15: funfzehn, fuenfzehn
num 16: sechzehn
num 17: siebzehn
num 18: achtzehn
num 19: neunzehn
num 20: zwanzig
num 21: einundzwanzig
num 22: zweiundzwanzig
num 23: dreiundzwanzig
num 24: vierundzwanzig
num 25: funfundzwanzig
num 28: achtundzwanzig
num 30: dreissig, dreißig
num 35: funfunddreissig, funfunddreißig
num 40: vierzig
num 45: funfundvierzig
num 50: funfzig
num 55: funfundfunfzig
num 90: neunzig
decimal 150: eineinhalb, anderthalb, anderthalben, einundeinhalb, ein einhalb
decimal 250: zweieinhalb
decimal 350: dreieinhalb
ord 1: erste, ersten, erster
ord 2: zweite, zweiten, zweiter
ord 3: dritte, dritten, dritter
ord 4: vierte, vierten
ord 5: funfte, funften, fuenften
ord 6: sechste, sechsten
ord 7: siebte, siebten, siebente
ord 8: achte, achten
ord 9: neunte, neunten
ord 10: zehnte, zehnten
ord 11: elfte, elften
ord 12: zwolfte, zwolften
ord 13: dreizehnte, dreizehnten
ord 14: vierzehnte, vierzehnten
ord 15: funfzehnte, funfzehnten
ord 16: sechzehnte, sechzehnten
ord 17: siebzehnte, siebzehnten
ord 18: achtzehnte, achtzehnten
ord 19: neunzehnte, neunzehnten
ord 20: zwanzigste, zwanzigsten
ord 21: einundzwanzigste, einundzwanzigsten
ord 22: zweiundzwanzigsten
ord 23: dreiundzwanzigsten
ord 24: vierundzwanzigste, vierundzwanzigsten
ord 25: funfundzwanzigsten
ord 26: sechsundzwanzigsten
ord 27: siebenundzwanzigsten
ord 28: achtundzwanzigsten
ord 29: neunundzwanzigsten
ord 30: dreissigsten, dreißigsten
ord 31: einunddreissigsten, einunddreißigsten
one: ein, eine, einen, einem, einer
half halfof: halb
half: halbe, halben
quarter 15: viertel
quarter 45: dreiviertel
ahead 2: ubernachste woche, ubernachster woche, uebernachste woche, in der ubernachsten woche
weekend: wochenende, we
zone 5: mez, mesz, cet, cest, deutscher zeit, deutsche zeit
zone 15: gmt
zone 4: bst, britischer zeit
zone 6: utc
zone 3: est, edt
zone 0: pst, pdt
zone 99: ortszeit, ihrer zeit
in: in, innerhalb von, binnen, in den nachsten, in circa, in ca, in etwa
within: innerhalb von, binnen, in den nachsten
back by less: vor
ago: her
hence: ab jetzt, von jetzt an
next: nachste, nachsten, nachster, nachstes, nachstem, naechste, naechsten, naechster, nachste s
coming: kommende, kommenden, kommender, kommendem, diesen kommenden
this: diese, diesen, dieser, diesem, dieses
last: letzte, letzten, letzter, letztem, letztes, vorige, vorigen, voriger, vergangene, vergangenen
on: am, fur, auf, zum, den, an
at: um, gegen, so um, so gegen
by: bis, bis zum, bis spatestens, spatestens, spatestens am, spatestens bis, bis am, nicht spater als, ab, ab dem, fallig, fallig am, bis um
since: seit, seit dem, seitdem
after over: nach
from: von, vom
to: bis
approx: ca, circa, etwa, ungefahr, irgendwann
the: der, die, das, dem, den, des
of: des, der, von, im
and: und, u
or: oder
not: nicht, kein, keine, keinen, nie, ausser, außer, statt, anstatt, ohne, es sei denn
break: aber, weil, wenn, falls, dass, da, sondern, dann, sonst, denn, lieber, stattdessen
past: war, waren, hatte, hatten, wurde, wurden, habe angerufen, angerufen, gewesen, kam, kamen, ging, sah, bekam, schrieb, sagte, sagten, rief, verpasst, gemacht, gekommen, erhalten, bekommen, geschickt, gesendet, gesagt, versucht
ask: bitte, anrufen, zuruckrufen, melden, rufen, ruf, schicken, senden
every: jeden, jede, jedes, jeder, taglich, wochentlich, monatlich
vague: ein paar, paar, einige, einigen, mehrere, mehreren, fruhestens, spater, anfang, wenigen
oclock: uhr
hourly: h
end: ende, ende des, ende der, ende von, bis ende
begin: beginn, anfang, anfang der, anfang des, beginn der
mid: mitte, mitte der, mitte des
my: mein, meine, meinen, meinem, meiner, unser, unseren, ihren, ihr, seinen
measure: prozent, euro, liter, zoll
follow: bitte, anrufen, zuruckrufen, ruckruf, wegen, mit, und, oder, am, in, im, danke, zu, beim, fur, passt, geht, ist, ware, bei, melden, wieder, kommen, komme, treffen, moglich, sind, wir, ich, nach, abholen, vorbei, vor, hier, gerne, gern, telefonieren, ok, an, auf, aber, zur, zum
mine: meine zeit, unserer zeit
between: zwischen, von
meet: termin, termine, besuch, sitzung, buchung
phrase: guten morgen, guten abend, guten tag, gute nacht, nicht vergessen, kein problem, nichts, im moment, zum einen, vor ort, am besten, fur den fall, so schnell, so gut, so viel, mit freundlichen, mit dem, die rechnung, am telefon, in ordnung, vor allem, auf jeden fall, jeden fall, auf keinen fall, ein mal, eines tages, nach hause, ein termin, keine ahnung, keine eile
fix: ich meine, ich meinte, quatsch, sorry, lieber, doch lieber, besser, nein, korrektur, beziehungsweise, ach nein, vielmehr, doch
firm: um, gegen, um ca
away: verhindert, verreist, im urlaub, geschlossen, weg
drop: absagen, storniere, stornieren
street: strasse, straße
move: verschieben, verschiebe, verschoben, verlegen, verlegt, umbuchen, andern, verschiebt
to: auf
before: vor, vor dem
near: woche vom, die woche vom, woche ab, in der woche vom, gleiche zeit, selbe zeit, zur gleichen zeit, zur selben zeit, gleiche uhrzeit, am vorabend von, am vorabend des, am vorabend vom, vorabend von, vorabend des, am tag vor, am tag vor dem, der tag vor, tag vor, tag vor dem, am abend vor, abend vor, abend vor dem, am abend vor dem, in der nacht vor, die nacht vor, nacht vor, nacht vor dem, in der nacht vor dem, am morgen vor, am tag nach, am tag nach dem, tag nach, tag nach dem, am morgen nach, in der nacht nach, die woche vor, woche vor, woche nach, in der woche vor, in der woche nach, in der nacht auf, in der nacht zum, die nacht auf, nacht auf, nacht zum
near: ubernachsten, ubernachster, ubernachste, uebernachsten, uebernachster, uebernachste, ubernachstes, vorletzten
numbered: zimmer, raum, rechnung, aufgabe, nummer, nr, tor, tisch, seite, bus, linie, etage, stock, gleis, haus
feast 12 24: heiligabend, heilig abend, heiliger abend, heiligen abend, weihnachtsabend
feast 12 25: erster weihnachtstag, ersten weihnachtstag, erster weihnachtsfeiertag, ersten weihnachtsfeiertag, 1 weihnachtstag, 1 weihnachtsfeiertag
feast 12 26: zweiter weihnachtstag, zweiten weihnachtstag, zweiter weihnachtsfeiertag, zweiten weihnachtsfeiertag, 2 weihnachtstag, 2 weihnachtsfeiertag, stephanstag, stefanitag
feast 12 31: silvester, sylvester, silvesterabend
feast 1 1: neujahr, neujahrstag
feast 1 6: dreikonigstag, heilige drei konige
feast 12 6: nikolaus, nikolaustag
feast 2 14: valentinstag
feast 10 3: tag der deutschen einheit
feast 5 1: tag der arbeit
feast 11 1: allerheiligen
feast 0 0: weihnachten, weihnacht, ostern, ostersonntag, ostermontag, karfreitag, pfingsten, pfingstsonntag, pfingstmontag, himmelfahrt, christi himmelfahrt, vatertag, muttertag, fronleichnam, rosenmontag, faschingsdienstag, aschermittwoch, grundonnerstag, fasching, karneval, busstag, buss und bettag, weiberfastnacht
near: irgendeinen, irgendein, irgendeinem, irgendeiner
clock 720: mittagspause, in der mittagspause, um die mittagszeit, zur mittagszeit, mittagszeit
guess: wahrscheinlich, hoffentlich, vermutlich, eventuell, evtl, moglicherweise, mindestens, fruhestens, glaube ich, denke ich, schatze ich
else: fruher, spater, eher, irgendwann
past: telefoniert, gezahlt, bezahlt, gekauft, bestellt, verloren, vergessen, besprochen, abgeholt, gebucht, uberwiesen
numbered: fax, akte, telefon, tel, code, bestellung, auftrag, zug, flug, konto
`
