package when

var ptDates = `
weekday 0: domingo
weekday~ 0: dom
weekday 1: segunda feira, 2a feira, segundafeira
weekday~ 1: segunda, seg
weekday 2: terca feira, 3a feira, tercafeira
weekday~ 2: terca, ter
weekday 3: quarta feira, 4a feira, quartafeira
weekday~ 3: quarta, qua
weekday 4: quinta feira, 5a feira, quintafeira
weekday~ 4: quinta, qui
weekday 5: sexta feira, 6a feira, sextafeira
weekday~ 5: sexta, sex
weekday 6: sabado
weekday~ 6: sab
every: as segundas, as tercas, as quartas, as quintas, as sextas, aos sabados, aos domingos, domingos, sabados
month 1: janeiro, jan
month 2: fevereiro, fev
month 3: marco
month 4: abril, abr
month 5: maio
month 6: junho, jun
month 7: julho, jul
month 8: agosto
month 9: setembro
month 10: outubro
month 11: novembro, nov
month 12: dezembro, dez
day 0: hoje, hj
day 1: amanha, amnh, amanhan, amnha
day 2: depois de amanha, depois d amanha
day -1: ontem
day -2: anteontem, antes de ontem
day -1 + part 20: ontem a noite, ontem de noite
day 0 + part 9: hoje de manha, hoje pela manha, esta manha
day 0 + part 15: hoje a tarde, esta tarde, hoje de tarde
day 0 + part 20: hoje a noite, esta noite, hoje de noite
part 9: antes do almoco, de manha, da manha, pela manha, na parte da manha, manha, cedo, de manhazinha, logo cedo
part 15: depois do almoco, a tarde, da tarde, de tarde, pela tarde, na parte da tarde, tarde, de tardinha
part 20: a noite, da noite, de noite, pela noite, noite
part 3: da madrugada, de madrugada
clock 720: meio dia, ao meio dia, meiodia, do meio dia
clock 1440: meia noite, a meia noite, meianoite
clock 1020: fim do dia, final do dia, o fim do dia, o final do dia, fim do expediente, no fim do dia, no final do dia
unit minute: minuto, minutos, min, mins
unit hour: hora, horas, hrs
unit day: dia, dias
unit week: semana, semanas
unit month: mes, meses
unit year: ano, anos
unit 2 week: quinzena
num 0: zero
num 1: uma
num 2: dois, duas, um par de
num 3: tres
num 4: quatro
num 5: cinco
num 6: seis
num 7: sete
num 8: oito
num 9: nove
num 10: dez
num 11: onze
num 12: doze
num 13: treze
num 14: catorze, quatorze
num 15: quinze
num 16: dezesseis, dezasseis
num 17: dezessete, dezassete
num 18: dezoito
num 19: dezenove, dezanove
num 20: vinte
num 21: vinte e um, vinte e uma
num 22: vinte e dois
num 23: vinte e tres
num 24: vinte e quatro
num 25: vinte e cinco
num 26: vinte e seis
num 27: vinte e sete
num 28: vinte e oito
num 29: vinte e nove
num 30: trinta
num 31: trinta e um
num 40: quarenta
num 45: quarenta e cinco
num 48: quarenta e oito
num 50: cinquenta
ord 1: primeiro
ord 2: segundo
ord 3: terceiro
one: um, uma
half: meia, meio
quarter 15: um quarto de, quarto de
quarter 45: tres quartos de
plus 30: e meia
plus 15: e um quarto, e quinze
plus -15: menos um quarto, menos quinze
shift 1: a oito dias
weekend: fim de semana, final de semana, fds
zone 10: wet, hora de lisboa
zone 6: utc, gmt
zone 99: brt, brst, horario de brasilia, hora de brasilia, seu horario
in: em, daqui a, dentro de, daqui, daqui ha, nas proximas, nos proximos, em ate
within: nas proximas, nos proximos, em ate
back: ha, faz
ago: atras
hence: a partir de agora
next: proximo, proxima, prox, seguinte
coming: que vem, que entra
this: este, esta, essa, esse, nesta, neste, nessa, desta
last: passado, passada, ultimo, ultima
on: em, no, na, para, para o, para a, pra, pro, dia, no dia, para o dia, ao, a, o, do dia, pro dia
at: as, a, pelas, la pelas, por volta das, por volta da, para as, pras, perto das, tipo, umas, ao
firm: as, pelas, por volta das, perto das, la pelas
by: ate, ate as, ate a, ate o, ate ao, antes de, antes das, antes da, antes do, a partir de, a partir das, a partir da, ate dia, ate o dia, no maximo ate, no maximo, vence, vence dia
after: depois de, depois das, apos, depois do, apos as
since: desde, desde o, desde a
from: de, das, da
to: a, as, ate
less: para as, pras, para a
approx: aproximadamente, cerca de, mais ou menos, aprox
the: o, a, os, as
of: de, do, da, das
and: e
or: ou
not: nao, a menos que, a nao ser que, salvo, nunca, exceto, menos, n, em vez de, sem
break: mas, porque, se, quando, entao, que, pois, sim, ou seja, senao, melhor
past: foi, fui, liguei, ligou, estive, esteve, tive, teve, vim, veio, era, paguei, mandei, enviei, perdi, passou, disse, falei, vi, cheguei, ligaram, recebi, estava, tinha, tentei, marcou
ask: por favor, ligar, favor, me ligar, enviar, ligue, me ligue, pfv
every: cada, todos os, todas as, todo, toda, diariamente
vague: uns, alguns, algumas, varios, varias, mais tarde, outro, outra, inicio de, comeco de
oclock: em ponto, horas, hrs, h
hourly: h, hrs, hs
end: fim de, fim do, final de, final do, fim da, final da, o fim do, o final do, finais de
begin: inicio de, comeco de, inicio do, comeco do, inicio da
mid: meados de, meio de, meados do
my: minha, meu, meus, nossa, nosso, sua, seu
follow: por, para, e, ou, com, obrigado, obrigada, ligar, me, se, pf, pfv, em, na, no, do, da, de, que, esta, pode, hoje, amanha, favor, o, a, mas, eu, seria, tudo, ok, pra, porque
between: entre, entre as, das, de
meet: consulta, visita, horario, reserva, marcacao
phrase: bom dia, boa tarde, boa noite, nao esqueca, nao se esqueca, nao esquecer, nao ha problema, sem problema, todo o dia, o dia todo, mais tarde, chegar tarde, muito tarde, ainda nao, dia a dia, de nada, um dia desses, o dia inteiro, de novo, tarde demais, segunda via, segunda opiniao, segunda dose, segunda parcela, quarta parcela
fix: quer dizer, digo, alias, melhor, desculpa, ou melhor, desculpe, corrigindo, na verdade
move: mudar, remarcar, reagendar, passar, alterar, adiar, mude, remarque, trocar
to: para, pra, para as, pro, para o
away: viajando, de ferias, fechado, ocupado, ocupada
drop: cancelar, desmarcar, cancele, desmarque
street: rua, avenida, av, praca, r
before: antes de, antes das, antes da, antes do
near: a semana de, a semana do, semana do, mesma hora, na mesma hora, no mesmo horario, vespera de, vespera do, na vespera de, na vespera do, a vespera de, vespera da, na vespera da, a noite antes de, a noite antes da, noite antes de, noite antes da, o dia antes de, o dia antes da, dia antes de, dia antes da, dia antes do, no dia antes de, no dia antes da, dia anterior a, o dia depois de, o dia depois da, dia depois de, dia depois da, no dia seguinte a, a semana antes da, a semana depois da
nay: nao
numbered: sala, quarto, fatura, tarefa, numero, mesa, porta, pagina, andar, apartamento, apto
feast 12 24: vespera de natal, na vespera de natal, noite de natal
feast 12 25: dia de natal, no dia de natal
feast~ 12 25: natal
feast 12 31: vespera de ano novo, na vespera de ano novo, reveillon, passagem de ano
feast 1 1: ano novo, dia de ano novo, no ano novo
feast 6 12: dia dos namorados
feast 0 0: pascoa, domingo de pascoa, segunda de pascoa, sexta feira santa, sexta santa, carnaval, terca de carnaval, quarta feira de cinzas, quarta de cinzas, dia das maes, no dia das maes, dia dos pais, no dia dos pais, corpus christi
near: qualquer, algum, o outro, outro
part 15: na hora do almoco
at: por volta do, perto do
weekday~ 1: 2a
weekday~ 2: 3a
weekday~ 3: 4a
weekday~ 4: 5a
weekday~ 5: 6a
ofhour: da manha, da tarde, da noite, da madrugada
guess: provavelmente, possivelmente, tomara, pelo menos, no minimo, acho, eu acho, acho eu, acredito
else: antes, depois, quando puder, quando der
open: a partir de, a partir das, a partir da
numbered: fax, onibus, codigo, pedido, telefone, tel, conta, voo, processo
`
