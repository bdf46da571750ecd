package when

var esDates = `
weekday 0: domingo, dgo
weekday~ 0: dom
weekday 1: lunes
weekday~ 1: lun
weekday 2: martes
weekday~ 2: mar
weekday 3: miercoles
weekday~ 3: mie, mier
weekday 4: jueves
weekday~ 4: jue
weekday 5: viernes
weekday~ 5: vie
weekday 6: sabado
weekday~ 6: sab
every: los domingos, los lunes, los martes, los miercoles, los jueves, los viernes, los sabados, domingos, sabados
month 1: enero, ene
month 2: febrero, feb
month 3: marzo
month 4: abril, abr
month 5: mayo
month 6: junio, jun
month 7: julio, jul
month 8: agosto
month 9: septiembre, setiembre, sept, sep
month 10: octubre, oct
month 11: noviembre, nov
month 12: diciembre, dic
day 0: hoy, el dia de hoy, hoy mismo
day 1 morning: manana
day 1: mñn, el dia de manana
day 2: pasado manana
day -1: ayer
day -2: anteayer, antier, antes de ayer
day -1 + part 20: anoche
day 0 + part 9: esta manana, hoy en la manana, hoy por la manana
day 0 + part 15: esta tarde
day 0 + part 20: esta noche, hoy noche, esta nochecita
part 9: antes de comer, antes del almuerzo, por la manana, en la manana, de la manana, a la manana, a primera hora, temprano, por las mananas
part 15: despues de comer, despues del almuerzo, por la tarde, en la tarde, de la tarde, a la tarde, tarde
part 20: por la noche, en la noche, de la noche, a la noche, noche
part 3: de la madrugada, de madrugada, por la madrugada
clock 720: mediodia, medio dia, al mediodia, a mediodia, del mediodia, al medio dia
clock 1440: medianoche, a medianoche, media noche, a la medianoche
clock 1020: final del dia, fin del dia, al final del dia, cierre, fin de dia, el final del dia
unit minute: minuto, minutos, min, mins
unit hour: hora, horas, hrs, hr
unit day: dia, dias
unit week: semana, semanas
unit month: mes, meses
unit year: ano, anos
unit 2 week: quincena
num 0: cero
num 1: una, uno
num 2: dos, un par de, par de
num 3: tres
num 4: cuatro
num 5: cinco
num 6: seis
num 7: siete
num 8: ocho
num 9: nueve
num 10: diez
num 11: once
num 12: doce
num 13: trece
num 14: catorce
num 15: quince
num 16: dieciseis
num 17: diecisiete
num 18: dieciocho
num 19: diecinueve
num 20: veinte
num 21: veintiuno, veintiun, veintiuna
num 22: veintidos
num 23: veintitres
num 24: veinticuatro
num 25: veinticinco
num 26: veintiseis
num 27: veintisiete
num 28: veintiocho
num 29: veintinueve
num 30: treinta
num 31: treinta y uno
num 35: treinta y cinco
num 40: cuarenta
num 45: cuarenta y cinco
num 48: cuarenta y ocho
num 50: cincuenta
num 55: cincuenta y cinco
num 90: noventa
ord 1: primero, primer, primera
ord 2: segundo
ord 3: tercero, tercer
ord 4: cuarto
ord 5: quinto
one: un, una
half: media, medio
quarter 15: un cuarto de, cuarto de, un cuarto
quarter 45: tres cuartos de
plus 30: y media
plus 15: y cuarto
plus -15: menos cuarto, menos un cuarto
shift 1: en ocho, en ocho dias
shift 2: en quince, en quince dias
ahead 2: la semana despues de la proxima
weekend: fin de semana, finde
zone 5: cet, cest, hora peninsular
zone 3: est, edt, hora del este
zone 0: pst, pdt, hora del pacifico
zone 2: hora del centro, hora central
zone 6: utc
zone 99: hora de alla, su hora
in: en, dentro de, de aqui a, dentro de unas, en unas, en los proximos, en las proximas
within: en los proximos, en las proximas
back: hace
ago: atras
hence: a partir de ahora, desde ahora
next: proximo, proxima, prox, siguiente
coming: que viene, que entra, entrante
this: este, esta
last: pasado, pasada, ultimo, ultima
on: el dia, dia, el, para, para el, al, del, este
at: a las, a la, hacia las, hacia la, sobre las, sobre la, como a las, tipo, a eso de las, a eso de la, para las, tipo las, a
firm: a las, a la, hacia las, sobre las, a eso de las, para las, como a las
by: antes de, antes de las, antes del, hasta, hasta el, hasta las, a mas tardar, a mas tardar el, a partir de, a partir del, a partir de las, para antes del, no mas tarde de, no mas tarde del, desde las, vence, vence el
after: despues de, despues del, tras, despues de las
since: desde, desde el
from: de, desde
to less: a, al
approx: aproximadamente, como, mas o menos, aprox, alrededor de, alrededor de las, cerca de las
the: el, la, los, las, lo
of: de, del
and: y, e
or: o, u
not: no, a menos que, salvo, nunca, excepto, menos, tampoco, en vez de, en lugar de, imposible
less: menos, para las, para la
break: pero, porque, si, cuando, sino, que, entonces, mejor, sino que, ya que
past: fui, fue, estuve, estuvo, tuve, tuvo, vine, vino, era, perdi, dije, dijo, dijeron, vi, llamaron, llamaste, recibi, estaba, tenia
ask: llame me, por favor, porfavor, favor, llamar, llamarme, enviar, llamenme, llameme, llamame
every: cada, todos los, todas las, diario, diariamente, semanal
vague: unos, unas, unos cuantos, varios, varias, algunos, algunas, pronto, principios de, mediados de, otro, otra, otro dia
oclock: en punto, horas, hrs, hs
hourly: h, hs, hrs
end: fin de, final de, finales de, fines de, a fin de, a finales de, a final de, fin del, finales del
begin: principio de, principios de, comienzo de, inicio de, a principios de
mid: mediados de, a mediados de
my: mi, mis, su, nuestra, nuestro, tu
follow: por, para, y, o, porfa, gracias, llamar, llamarme, si, me, con, en, el, de, del, que, porfavor, favor, esta, hoy, manana, tal, como, pero, es, puede, pueden, podemos, se, al, estoy, seria, le, les
between: entre, entre las, de
meet: cita, citas, visita, reserva, consulta, turno
phrase: buenos dias, buenas tardes, buenas noches, no olvide, no olvides, no olvidar, no se olvide, si no, no hay problema, todo el dia, dia a dia, que tarde, mas tarde, llegar tarde, llego tarde, tarde o temprano, por si, no importa, buen dia, al dia, tarde para, el mar, la mar, ya no, la segunda, un dia de estos, de nuevo, no se preocupe, a la brevedad
fix: perdon, digo, quiero decir, mejor, quise decir, corrijo, o mejor, no perdon, o sea
move: mover, cambiar, cambie, cambien, mueva, reprogramar, reagendar, pasar, aplazar, posponer, cambio, pasarla, moverla, cambiarla
to: para, para el, para las, al, a las
away: de viaje, de vacaciones, cerrado, ocupado, ocupada
drop: cancelar, cancele, cancela, anular, cancelen
street: calle, avenida, av, c, plaza
before: antes de, antes de las, antes del, antes de la
near: la semana del, semana del, la semana de, a la misma hora, misma hora, la vispera de, la vispera del, vispera de, vispera del, la noche antes de, la noche antes del, la noche anterior a, la noche anterior al, noche antes de, noche antes del, el dia antes de, el dia antes del, dia antes del, dia antes de, el dia anterior al, el dia anterior a, el dia despues de, el dia despues del, dia despues del, dia despues de, el dia siguiente a, el dia siguiente al, la semana antes del, la semana despues del, la semana anterior al
nay: no
numbered: sala, habitacion, cuarto, piso, factura, tarea, numero, num, mesa, puerta, local, pagina, unidad
feast 12 24: nochebuena, noche buena
feast 12 25: dia de navidad, el dia de navidad
feast~ 12 25: navidad
feast 12 31: nochevieja, fin de ano, noche vieja
feast 1 1: ano nuevo, dia de ano nuevo, el dia de ano nuevo
feast 1 6: dia de reyes, el dia de reyes
feast 2 14: san valentin, dia de san valentin, el dia de san valentin
feast 11 2: dia de muertos, el dia de muertos, dia de los muertos, el dia de los muertos
feast 0 0: pascua, domingo de pascua, lunes de pascua, viernes santo, jueves santo, domingo de ramos, semana santa, dia de la madre, dia de las madres, el dia de la madre, el dia de las madres, dia del padre, el dia del padre, accion de gracias, dia de accion de gracias, carnaval, martes de carnaval, miercoles de ceniza, lunes santo, martes santo, sabado santo
near: cualquier, algun, el otro, otro
part 15: a la hora de comer, a la hora de la comida, a la hora del almuerzo
minus: menos
ofhour: de la manana, de la tarde, de la noche, de la madrugada
guess: probablemente, posiblemente, ojala, seguramente, como minimo, al menos, creo
else: antes, despues, cuando sea, cuando puedas, cuando pueda
open: a partir de, a partir del, desde las
numbered: fax, bus, codigo, pedido, expediente, telefono, tel, cuenta, vuelo
`
