package merge

import (
	"strings"

	"ghlsms/store"
	"ghlsms/sync/record"
)

// BookSpec keeps contacts with a tag and a list of the gateway's address book in step, as the owner writes it.
// Once it was checked, Tag is in lower case, as the CRM keeps tags.
type BookSpec struct {
	Tag       string       `yaml:"tag"`
	List      string       `yaml:"list"`
	Direction string       `yaml:"direction"`
	Conflicts string       `yaml:"conflicts"`
	Fields    PoliciesSpec `yaml:"fields,omitempty"`
	Deletes   bool         `yaml:"deletes"`
}

// SetDefaults is what an address book of which no more is said does.
func (b *BookSpec) SetDefaults() { b.Direction, b.Conflicts = bothWays, string(CRMWins) }

// The ways in which an address book is kept in step.
const (
	bothWays    = "both"
	toGateway   = "to_gateway"
	fromGateway = "from_gateway"
)

func (c *checker) addressBook(at string, b *BookSpec) {
	b.Tag = strings.ToLower(b.Tag)
	if b.Tag == "" {
		c.Bad(at+".tag", "missing; write the tag in the CRM of those who belong on the list")
	}
	if b.List == "" {
		c.Bad(at+".list", "missing; write the name of a list in the gateway's address book")
	}
	c.OneOf(at+".direction", b.Direction, []string{bothWays, toGateway, fromGateway})
	c.policy(at+".conflicts", store.EntryEntity, "", b.Conflicts)
	c.fields(at+".fields", store.EntryEntity, b.Fields)
}

// Compile says how the gateway's address book is kept in step; nil: not at all.
func (b *BookSpec) Compile(own record.Names) *BookRule {
	if b == nil {
		return nil
	}
	return &BookRule{
		Tag: b.Tag, List: b.List, In: b.Direction != toGateway, Out: b.Direction != fromGateway, Deletes: b.Deletes,
		Merge: Rule{Policy: Policy(b.Conflicts), Fields: b.Fields.compile(own)},
	}
}
