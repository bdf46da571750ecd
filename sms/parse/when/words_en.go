package when

var enDates = `
weekday 0: sunday
weekday~ 0: sun
weekday 1: monday, mon
weekday 2: tuesday, tue, tues, teusday
weekday 3: wednesday, weds, wensday, wednsday, wedsday, wendsday
weekday~ 3: wed
weekday 4: thursday, thu, thur, thurs, thrs, thirsday
weekday 5: friday, fri
weekday 6: saturday
weekday~ 6: sat
every: sundays, mondays, tuesdays, wednesdays, thursdays, fridays, saturdays, weekdays, weekends, nights, evenings, mornings, afternoons
month 1: january, jan
month 2: february, feb, febuary
month~ 3: march, mar
month 4: april, apr
month~ 5: may
month 6: june, jun
month 7: july, jul
month 8: august, aug
month 9: september, sept, sep
month 10: october, oct
month 11: november, nov
month 12: december, dec
day 0: today, 2day, tdy
day 1: tomorrow, tmr, tmrw, tmw, tmrrw, tomoz, tomo, tomorow, tommorow, tommorrow, tomorro, tomorrrow, 2morrow, 2morow, 2moro, 2mrw, 2mro, tmorrow, tommorw, 2mro, morrow
day 2: day after tomorrow, the day after tomorrow, overmorrow, day after tmrw, day after tmr
day -1: yesterday, yday, yest
day -2: day before yesterday, the day before yesterday
day -1 + part 20: last night, last evening
day 0 + part 20: tonight, tonite, 2nite, 2night, tnite
day 0 + part 20: this night
day 0 + part 9: this morning
day 0 + part 15: this afternoon, this arvo
day 0 + part 18: this evening
part 9: in the am, morning, in the morning, morn, mornin, early morning, early, first thing, first thing in the morning, before lunch, before work, before school, after breakfast, in the a m, mid morning, midmorning, late morning
part 15: pm, in the pm, after lunch, afternoon, in the afternoon, arvo, in the arvo, aft, afternon, late afternoon, early afternoon, mid afternoon
part 18: after work, before dinner, evening, in the evening, eve, early evening
part 20: after dinner, night, at night, nite, late evening, late night
clock 720: noonish, lunchtime, lunch time, at lunch, at lunchtime, at lunch time, around lunch, around lunchtime, over lunch, during lunch, noon, midday, noontime, 12 noon, high noon
clock 1440: midnight
clock 1020: end of day, eod, cob, end of business, close of business, end of the business day, end of the day, end of play, eob, close of play, end of today, the end of the day, the end of day, end of the work day
day 0: later today, later on today
unit minute: minute, minutes, min, mins, mn
unit hour: hour, hours, hr, hrs
unit day: day, days
unit week: week, weeks, wk, wks
unit 2 week: fortnight
unit month: month, months, mth, mths
unit year: year, years, yr, yrs
num 0: zero
num 1: one
num 2: two, a couple of, couple of, a couple, couple
num 3: three
num 4: four
num 5: five
num 6: six
num 7: seven
num 8: eight
num 9: nine
num 10: ten
num 11: eleven
num 12: twelve, a dozen
num 13: thirteen
num 14: fourteen
num 15: fifteen
num 16: sixteen
num 17: seventeen
num 18: eighteen
num 19: nineteen
num 20: twenty
num 21: twenty one
num 22: twenty two
num 23: twenty three
num 24: twenty four
num 25: twenty five
num 26: twenty six
num 27: twenty seven
num 28: twenty eight
num 29: twenty nine
num 30: thirty
num 31: thirty one
num 35: thirty five
num 40: forty
num 45: forty five
num 50: fifty
num 55: fifty five
num 60: sixty
num 90: ninety
decimal 150: one and a half, a and a half, 1 and a half
ord 1: first
ord 2: second
ord 3: third
ord 4: fourth
ord 5: fifth
ord 6: sixth
ord 7: seventh
ord 8: eighth
ord 9: ninth
ord 10: tenth
ord 11: eleventh
ord 12: twelfth
ord 13: thirteenth
ord 14: fourteenth
ord 15: fifteenth
ord 16: sixteenth
ord 17: seventeenth
ord 18: eighteenth
ord 19: nineteenth
ord 20: twentieth
ord 21: twenty first
ord 22: twenty second
ord 23: twenty third
ord 24: twenty fourth
ord 25: twenty fifth
ord 26: twenty sixth
ord 27: twenty seventh
ord 28: twenty eighth
ord 29: twenty ninth
ord 30: thirtieth
ord 31: thirty first
one: a, an
half: half
quarter 15: quarter, a quarter
quarter 45: three quarters
ahead 2: week after next, the week after next
weekend: weekend, wkend, wknd
zone 0: pst, pdt, pacific, pacific time
zone 1: mst, mdt, mountain time
zone 2: cst, cdt, central, central time, ct
zone 3: est, edt, eastern, eastern time
zone 15: gmt
zone 4: bst, uk time, london time
zone 5: cet, cest, central european time
zone 6: utc, zulu
zone 7: akst, akdt, alaska time
zone 8: hst, hawaii time
zone 9: eet, eest
zone 10: wet
zone 11: new york time, ny time, et
zone 12: la time, pt
zone 13: chicago time
zone 14: denver time, mt
zone 99: ist, aest, aedt, jst, sgt, your time, ur time, nzst, nzdt, acst, awst, ast, adt, hkt, msk, their time, his time, her time
mine: my time, local time, our time
in: in, within, w in, inside, in about, in around, in the next, within the next, in another
within: within, inside, in the next, within the next
ago: ago, back, earlier
hence: from now, hence, from today, from this moment
from: from
next: next, nxt, following, the following
coming: coming, this coming, the coming, upcoming
this: this
last: last, past, previous
on: on, for
at: at, around, arround
approx: about, abt, circa, approximately, approx, roughly, say, maybe around, sometime, anytime, any time, some time
by: prior to, ahead of, in advance of, by, before, b4, until, till, til, due, not later than, no later than, at the latest, latest, untill, due by, due on, not before, not until, no earlier than, starting, as of, deadline, on or before, wait until, wait till
since: since
after: after
to: to, thru, through
less: to, before, til, till, until, untill, of
over: past, after
the: the
of: of, in
and: and, n
or: or
not: any day but, any time but, every day but, not, dont, don t, doesnt, doesn t, cant, can t, cannot, wont, won t, never, isnt, isn t, no, nope, unless, unable, except, but not, instead of, rather than, apart from, other than, anything but, wouldnt, wouldn t, couldnt, couldn t, didnt, didn t, avoid, arent, aren t, skip
break: but, because, if, when, while, so, as, then, otherwise, though, although, cause, cuz, cos, and then, lets, let s, else, where, who, which, that
past: called, was, were, came, missed, had, did, went, saw, paid, spoke, talked, left, tried, been, happened, visited, texted, emailed, since, waited, told, said, arrived, received, ordered, bought, sent, visited, passed, met, took, made, started, fell, broke, ended, asked
ask: please, pls, plz, call, ring, phone, send, remind, text, email, mail, pay, bring, book, schedule, move, come, pick, meet
every: every, each, daily, weekly, monthly, everyday, nightly
away: away, busy, closed, unavailable, not available, out of town, out of office, on vacation, on holiday
drop: cancel, cancelled, canceled, cancelling, canceling, expires, expire, exp, expiration, expired
vague: few, a few, several, some, couple few, another, later
oclock: o clock, oclock, oclk, sharp, hundred hours
hourly: h, hrs, hours
end: end of, the end of, end, last day of, the last day of
begin: beginning of, the beginning of, start of, the start of, begining of
mid: middle of, the middle of, mid
poss: s
my: my, our, your, his, her, their
measure: inch, inches, cup, cups, price, off, full, size, mile, miles, lb, lbs, oz, hour, hours, way, teaspoon, tsp, tbsp, acre, ton, pound, pounds, mm, cm, of, done, scale, people
follow: lunch, work, school, dinner, breakfast, class, practice, church, to, about, for, with, and, please, on, by, at, call, send, in, pls, plz, thanks, thank, thx, if, or, so, when, tho, though, today, instead, works, work, ok, okay, sharp, is, because, but, i, we, you, ty, can, would, will, might, may, latest, local, from, regarding, re, my, that, good, fine
firm: at o clock
between: between, btwn, btw, from
meet: appointment, appt, apt, booking, reservation, visit, session, meeting, appointments, appts, checkup, slot
phrase: good morning, good afternoon, good evening, good night, good day, dont forget, don t forget, do not forget, never mind, nevermind, no problem, no rush, no hurry, not sure, day to day, night out, one day, some day, to day basis, all day, happy friday, happy monday, if not, why not, day care, the other day, look after, looks after, looking after, go after, new year, the same day, each other, once a day, twice a day, per day, per week, hours a day, this time, next time, last time, next door, next to, next step, next visit, this number, sunday school, as soon as, no one, 9 to 5, not yet, does not matter, on the second floor, second opinion, may i, may we, may you, may be, may have, may not, may need, march on, march to, mon ami, night shift, night guard, day pass, hour long, second hand, on second thought, second thought, first aid, first name, first visit, last name, no longer, last one, don t worry, dont worry, no worries, won t take, do not call back, no more, no later, at all, for now, to go, to do, not able, quarter pounder
fix: i mean, i meant, no wait, wait no, sorry, actually, make that, scratch that, correction, oops, or rather, rather, meant, better, i mean to say, no sorry, oops i mean
move: move, moved, reschedule, rescheduled, change, changed, push, pushed, shift, shifted, postpone, postponed, switch, resched, bump, rebook, swap
before: before, b4, prior to, ahead of, in advance of
near: the other, any, some, week of, the week of, month of, same time, the same time, this time, this same time, eve of, the eve of, night before, the night before, day before, the day before, evening before, the evening before, morning before, the morning before, afternoon before, the afternoon before, week before, the week before, day after, the day after, night after, the night after, morning after, the morning after, evening after, the evening after, week after, the week after, month before, month after
nay: no, nope
numbered: room, suite, unit, apt, apartment, invoice, task, number, no, nr, gate, table, bus, floor, chair, station, bed, ward, lot, box, version, chapter, page, item, step, route, highway, bay, phase, grade, level, ticket, door, building, channel, rm, ste, po
feast 12 24: christmas eve, xmas eve
feast 12 25: christmas day, xmas day
feast~ 12 25: christmas, xmas
feast 12 26: boxing day
feast 12 31: new year s eve, new years eve, new year eve, nye
feast 1 1: new year s day, new years day, new year day
feast 2 14: valentine s day, valentines day, valentine day
feast~ 10 31: halloween
feast 3 17: st patrick s day, st patricks day
feast 6 19: juneteenth
feast 11 11: veterans day, veteran s day
feast 7 4: independence day, 4th of july, the 4th of july, fourth of july, the fourth of july
feast 0 0: easter, easter sunday, easter monday, easter day, good friday, black friday, cyber monday, giving tuesday, thanksgiving, thanksgiving day, mother s day, mothers day, father s day, fathers day, memorial day, labor day, labour day, mlk day, martin luther king day, presidents day, president s day, columbus day, indigenous peoples day, bank holiday, bank holiday monday, the bank holiday, pancake day, shrove tuesday, fat tuesday, pancake tuesday, mardi gras, ash wednesday, palm sunday, maundy thursday, holy thursday, super bowl sunday, election day, whit monday, whit sunday, pentecost, canada day, victoria day, australia day, anzac day, eid, diwali, hanukkah, passover, yom kippur, rosh hashanah
open: until, till, untill
guess: probably, hopefully, likely, most likely, possibly, earliest, at least, at the earliest, i think, i guess, i believe, i suppose, i hope, i reckon, ish
else: sooner, earlier, whenever, later, anytime, any time, any day
things: times, time, items, miles, people, pcs, pieces, boxes, tickets, copies, pairs, bags, sets, reps, laps, units, persons, kids, packs
past: charged, billed, discussed, agreed, lost, owed, cost, forgot
numbered: chart, fax, order, file, extension, ext, code, pin, flight, ticket, ref, account, acct, phone, tel, record, policy, case, bus, line, train, cell, mobile
phrase: ruby tuesday, ruby tuesdays, ruby tuesday s, monday night football, sunday night football, thursday night football, super tuesday, saturday night live, friday night lights, taco tuesday, manic monday
`
