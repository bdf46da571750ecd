package merge

import (
	"fmt"
	"slices"
	"strings"

	"ghlsms/store"
	"ghlsms/sync/record"
)

// Policy decides about a field that two sides changed to different values.
type Policy string

// The policies. Tags merge as a set and an opt-out beats its end, whatever the policy.
const (
	CRMWins     Policy = "crm"
	GatewayWins Policy = "gateway" // what the gateway's address book says
	LocalWins   Policy = "local"   // what people edited here or texted
	NewestWins  Policy = "newest"
	Ask         Policy = "ask" // the CRM keeps its value until a person chooses
)

// Policies are all of them.
var Policies = []Policy{CRMWins, GatewayWins, LocalWins, NewestWins, Ask}

// Rule is how records of one kind are kept in step.
type Rule struct {
	Policy   Policy            // empty: crm
	Fields   map[string]Policy // for single fields
	ReadOnly bool              // nothing of this kind is ever written to the CRM; edits wait here
	Deletes  bool              // people here may have records of this kind deleted in the CRM
}

// policy is what decides about a field. What the CRM says of an opt-out is never overruled.
func (r Rule) policy(field string) Policy {
	if record.IsDND(field) {
		return CRMWins
	}
	if p, ok := r.Fields[field]; ok {
		return p
	}
	if r.Policy == "" {
		return CRMWins
	}
	return r.Policy
}

// Fields are the fields of an entity that two sides can change, custom ones left out.
func Fields(e store.Entity) []string { return slices.Clone(record.Editable[e]) }

// CheckField tells why a policy cannot be set for a field; nil: it can.
func CheckField(e store.Entity, field string) error {
	custom := e == store.Contact && strings.HasPrefix(field, record.CustomPrefix) && field != record.CustomPrefix
	switch {
	case field == store.Tags:
		return fmt.Errorf("%s merge as a set and need no policy", field)
	case record.IsDND(field):
		return fmt.Errorf("%s needs no policy: an opt-out always wins", field)
	case !custom && !slices.Contains(record.Editable[e], field):
		return fmt.Errorf("%ss have no field %q that two sides can change: there are %s", e, field, strings.Join(record.Editable[e], ", "))
	}
	return nil
}

// localWins tells whether a local value goes before the CRM's.
func localWins(p Policy, info store.EditInfo, r *store.Record) bool {
	switch p {
	case LocalWins:
		return info.By != store.ByGateway
	case GatewayWins:
		return info.By == store.ByGateway
	case NewestWins:
		return info.At > r.SeenAt.UnixMilli()
	case CRMWins, Ask:
	}
	return false
}
