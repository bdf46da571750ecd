package store_test

import (
	"fmt"
	"testing"

	"ghlsms/store"
)

const pageSize = 100

// contacts makes pages of contacts as the CRM would list them.
func contacts(from, until int) (pages [][]store.Observation) {
	for i := from; i < until; i += pageSize {
		page := make([]store.Observation, 0, pageSize)
		for n := i; n < min(i+pageSize, until); n++ {
			page = append(page, store.Observation{CRMID: fmt.Sprintf("crm%020d", n), Value: store.Fields{
				store.FirstName: "First", store.LastName: fmt.Sprint("Last", n), store.Phone: fmt.Sprintf("+1555%07d", n),
				store.Email: fmt.Sprintf("p%d@example.org", n), store.Tags: `["a","b"]`, store.Source: "import",
			}})
		}
		pages = append(pages, page)
	}
	return pages
}

// observe stores each page in a transaction of its own, as a poll does.
func observe(m *mirror, pages [][]store.Observation) {
	for _, page := range pages {
		m.do(func(tx *store.Tx) error { _, err := tx.Observe(m.ctx, store.Contact, page); return err })
	}
}

func BenchmarkImport10000Contacts(b *testing.B) {
	m := open(b)
	n := 0
	for b.Loop() {
		b.StopTimer()
		pages := contacts(n, n+10_000)
		n += 10_000
		b.StartTimer()
		observe(m, pages)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/contact")
}

func BenchmarkObserve10000UnchangedContacts(b *testing.B) {
	m := open(b)
	pages := contacts(0, 10_000)
	observe(m, pages)
	for b.Loop() {
		observe(m, pages)
	}
}

func BenchmarkDirtyOnAQuietMirror(b *testing.B) {
	for _, size := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			m := open(b)
			observe(m, contacts(0, size))
			for b.Loop() {
				ok(b, m.View(m.ctx, func(tx *store.Tx) error {
					_, err := tx.Dirty(m.ctx, store.Contact, 0, 100)
					return err
				}))
			}
		})
	}
}
