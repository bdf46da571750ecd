package smsto

import (
	"maps"
	gosync "sync"
	"time"

	"ghlsms/sms"
)

// rememberFor is how long a list that was read in full answers for who is on it. SMS.to has no
// question for one number of a list, so without a memory each new person costs reading it all.
const rememberFor = time.Minute

// book remembers lists that were read in full, and what was written to them since. The zero value
// remembers nothing.
type book struct {
	mu    gosync.Mutex
	lists map[string]*leaf
	epoch int // counts what makes a reading that is under way old
}

type leaf struct {
	read   time.Time
	people map[sms.Phone]sms.Person
}

// now is to be asked before a list is read, for keep.
func (b *book) now() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.epoch
}

// keep remembers a list that was read since epoch, unless something was written meanwhile.
func (b *book) keep(listID string, people map[sms.Phone]sms.Person, epoch int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.epoch != epoch {
		return
	}
	if b.lists == nil {
		b.lists = map[string]*leaf{}
	}
	b.lists[listID] = &leaf{read: time.Now(), people: people}
}

// find tells whether somebody is on a list; ok is false if the list is not remembered.
func (b *book) find(listID string, phone sms.Phone) (p sms.Person, found, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(b.lists, func(_ string, l *leaf) bool { return time.Since(l.read) >= rememberFor })
	l := b.lists[listID]
	if l == nil {
		return sms.Person{}, false, false
	}
	p, found = l.people[phone]
	return p, found, true
}

// put notes that somebody was written to a list, remove that they were taken off it. Their row on
// other lists, which is the same, is then unknown.
func (b *book) put(listID string, p sms.Person) {
	b.change(listID, p.Phone, func(people map[sms.Phone]sms.Person) { people[p.Phone] = p })
}

func (b *book) remove(listID string, phone sms.Phone) {
	b.change(listID, phone, func(people map[sms.Phone]sms.Person) { delete(people, phone) })
}

func (b *book) change(listID string, phone sms.Phone, change func(map[sms.Phone]sms.Person)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.epoch++
	maps.DeleteFunc(b.lists, func(id string, l *leaf) bool {
		_, there := l.people[phone]
		return id != listID && there
	})
	if l := b.lists[listID]; l != nil {
		change(l.people)
	}
}

// forget is for when nobody knows what a write has done.
func (b *book) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.epoch++
	clear(b.lists)
}
