package sync

import "ghlsms/store"

type Wording struct{ *Template }

func (w *Wording) in(language string) (*Template, string) { return w.Template, "en" }

func (w World) language(contact *store.Record) string { return "" }

type visit struct{ contact, appointment *store.Record }

type telling struct {
	language, nameless string
	shared, late       bool
}
