package when

var frDates = `
weekday 0: dimanche
weekday~ 0: dim
weekday 1: lundi
weekday~ 1: lun
weekday 2: mardi
weekday~ 2: mar
weekday 3: mercredi
weekday~ 3: mer, merc
weekday 4: jeudi
weekday~ 4: jeu
weekday 5: vendredi
weekday~ 5: ven, vend
weekday 6: samedi
weekday~ 6: sam
every: les dimanches, les lundis, les mardis, les mercredis, les jeudis, les vendredis, les samedis, lundis, mardis, mercredis, jeudis, vendredis, samedis, dimanches
month 1: janvier, janv
month 2: fevrier, fev, fevr
month 3: mars
month 4: avril, avr
month 5: mai
month 6: juin
month 7: juillet, juil
month 8: aout
month 9: septembre, sept
month 10: octobre, oct
month 11: novembre, nov
month 12: decembre, dec
day 0: aujourd hui, aujourdhui, auj, ajd, ce jour, aujourd
day 1: demain, 2m1, dm1, 2min, dmain, 2main, dem1, dmn
day 2: apres demain, surlendemain, apres dmain
day -1: hier
day -2: avant hier
day -1 + part 18: hier soir
day 0 + part 9: ce matin
day 0 + part 15: cet apres midi, cette apres midi, cet aprem, cet apm, cette aprem
day 0 + part 18: ce soir, c soir
day 0 + part 20: cette nuit
part 9: avant le dejeuner, avant midi, matin, le matin, du matin, au matin, dans la matinee, matinee, en matinee
part 15: apres le dejeuner, apres manger, apres midi, l apres midi, de l apres midi, dans l apres midi, aprem, apm, en apres midi, l aprem
part 18: soir, le soir, du soir, en soiree, dans la soiree, soiree, au soir
part 20: nuit, la nuit, dans la nuit
clock 720: midi, a midi, ce midi
clock 1440: minuit, a minuit
clock 1020: fin de journee, en fin de journee, la fin de journee, fin de la journee, la fin de la journee
unit minute: minute, minutes, min, mn
unit hour: heure, heures
unit day: jour, jours
unit week: semaine, semaines, sem
unit 7 day: huitaine
unit 2 week: quinzaine
unit month: mois
unit year: an, ans, annee, annees
num 0: zero
num 1: une
num 2: deux
num 3: trois
num 4: quatre
num 5: cinq
num 6: six
num 7: sept
num 8: huit
num 9: neuf
num 10: dix
num 11: onze
num 12: douze
num 13: treize
num 14: quatorze
num 15: quinze
num 16: seize
num 17: dix sept
num 18: dix huit
num 19: dix neuf
num 20: vingt
num 21: vingt et un, vingt et une, vingt un
num 22: vingt deux
num 23: vingt trois
num 24: vingt quatre
num 25: vingt cinq
num 26: vingt six
num 27: vingt sept
num 28: vingt huit
num 29: vingt neuf
num 30: trente
num 31: trente et un
num 35: trente cinq
num 40: quarante
num 45: quarante cinq
num 48: quarante huit
num 50: cinquante
num 55: cinquante cinq
num 60: soixante
ord 1: premier, 1er
ord 2: second
one: un, une
half: demi, demie
unit 30 minute: demi heure
quarter 15: quart d, un quart d, quart de
quarter 45: trois quarts d, trois quarts de, 3 quarts d
plus 30: et demi, et demie
plus 15: et quart, et un quart
plus -15: moins le quart, moins quart, moins un quart
shift 1: en huit
shift 2: en quinze
ahead 2: la semaine d apres, la semaine suivant la prochaine
weekend: week end, weekend
zone 5: cet, cest, heure de paris, heure francaise
zone 3: est, edt, heure de l est, heure de new york
zone 4: heure de londres
zone 6: utc
zone 99: votre heure
mine: heure locale
in: dans, ds, d ici, sous, dans les prochaines, dans les prochains
within: d ici, sous, dans les prochaines, dans les prochains
ago: plus tot
back: il y a, y a, ya
hence: a partir de maintenant
next: prochain, prochaine, proch
coming: qui vient, a venir
this: ce, cet, cette
last: dernier, derniere, passe, passee
on: le, pour, pour le, ce, au, du
at: a, vers, vers les, pour, aux alentours de, autour de, aux environs de, des
by: avant, avant le, jusqu a, jusqu au, d ici, d ici le, au plus tard, au plus tard le, jusqua, jusqu, pour le, a partir de, a partir du, des le, echeance le
after: apres, apres le
since: depuis, depuis le
from: de, du
to: a, au
approx: environ, env, plus ou moins, dans les
the: le, la, les, l
of: de, du, d
and: et
or: ou, soit
less: moins
not: pas, a moins que, a moins de, non, ne, jamais, sauf, aucun, impossible, plutot que, au lieu de
break: mais, car, parce, si, quand, puis, sinon, alors, que, plutot, or
past: etait, etais, avait, avais, ai appele, ai eu, ete, venu, venue, appele, ai, avez, a ete, est venu, est passe, suis venu, suis venue, recu, envoye, paye, rate, manque, a appele
ask: merci de, svp, rappeler, appeler, rappelez, appelez, rappelle, appelle, envoyer, envoyez, stp
every: chaque, tous les, toutes les, quotidien, par
vague: quelques, plusieurs, debut, plus tard
oclock: heure, heures, heures pile, h pile, pile
hourly: h, heures, heure
end: fin, fin de, la fin de, la fin du, fin du, la fin de l, fin de l
begin: debut, debut de, debut du
mid: mi, milieu de, milieu du
my: mon, ma, mes, notre, votre, son, sa
follow: pour, svp, stp, merci, et, ou, si, au, chez, avec, me, nous, de, le, la, ce, est, ca, c, par, s, on, je, vous, mais, possible, rappeler, rappelez, demain, car, en, du, ok
between: entre, de, entre les
meet: rendez vous, rdv, visite, consultation, reservation, seance
phrase: bonne journee, bonne soiree, bonne nuit, bonne apres midi, bon apres midi, bon week end, bonjour, bonsoir, n oubliez pas, noubliez pas, ne pas oublier, pas oublier, n oublie pas, pas de probleme, pas de souci, toute la journee, un jour, pas de soucis, pas encore, tout a l heure, tous les deux, si non, pas mal, n hesitez pas, par mail, par sms, par telephone, par message, par courrier, par email, par la poste, par cheque
fix: je veux dire, je voulais dire, pardon, plutot, enfin, non pardon, ou plutot, erreur, desole, finalement
move: deplacer, decaler, reporter, changer, avancer, deplacez, reportez, decalez, reporte, deplace
to: pour, pour le
away: absent, absente, indisponible, en vacances, ferme
drop: annuler, annulez, annule
street: rue, avenue, av, place, bd, boulevard
before: avant, avant le, avant la
near: la semaine du, semaine du, la semaine de, meme heure, a la meme heure, la veille de, la veille du, veille de, veille du, la veille d, le lendemain de, le lendemain du, lendemain de, lendemain du, le jour avant, jour avant, la nuit avant, le soir avant, la nuit d avant, le jour d avant, le jour d apres, le jour apres, jour apres, la semaine avant, la semaine apres
nay: non
numbered: salle, chambre, facture, tache, numero, porte, table, page, bus, etage, ligne, dossier
feast 12 24: reveillon de noel, le reveillon de noel, veille de noel, la veille de noel
feast 12 25: jour de noel, le jour de noel
feast~ 12 25: noel
feast 12 31: saint sylvestre, la saint sylvestre, reveillon du nouvel an, le reveillon du nouvel an, reveillon du jour de l an
feast 1 1: jour de l an, le jour de l an, nouvel an, le nouvel an
feast 2 14: saint valentin, la saint valentin
feast 7 14: fete nationale, la fete nationale
feast 11 1: toussaint, la toussaint
feast 8 15: assomption, l assomption
feast 0 0: paques, lundi de paques, le lundi de paques, dimanche de paques, vendredi saint, le vendredi saint, ascension, l ascension, jeudi de l ascension, le jeudi de l ascension, pentecote, la pentecote, lundi de pentecote, le lundi de pentecote, fete des meres, la fete des meres, fete des peres, la fete des peres, mardi gras, mercredi des cendres
near: n importe quel, l autre, un autre
clock 720: pause dejeuner, a la pause dejeuner, pendant la pause dejeuner
minus: moins
ofhour: du matin, de l apres midi, du soir
guess: probablement, surement, au moins, je crois, je pense, au plus tot
else: avant, plus tot, plus tard, apres, quand vous voulez, quand tu veux
open: a partir de, a partir du, des le
numbered: fax, code, telephone, tel, commande, vol, train, compte
`
