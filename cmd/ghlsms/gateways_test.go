package main

import (
	"io"
	"maps"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/configtest"
	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/ghl/ghltest"
	"ghlsms/sms"
	"ghlsms/sms/gammu"
	"ghlsms/sms/smsto"
	"ghlsms/store"
	"ghlsms/sync"
	"ghlsms/sync/merge"
	"ghlsms/sync/plan"
)

// What the config says about keeping in step is what the engine goes by.
func TestConfigReachesRules(t *testing.T) {
	r, err := config.Compile(configtest.Load(t, config.Load, configtest.Minimal))
	if err != nil {
		t.Fatal(err)
	}
	if r.Book != nil || r.Notes != (plan.NotesRule{Every: 7 * 24 * time.Hour, Calls: 20}) || r.Limits.GoneMost != 200 || r.Limits.ChangedShare != 0.5 {
		t.Errorf("by default: %+v", r)
	}
	for _, e := range store.Entities {
		if got := r.Merge[e]; got.Policy != merge.CRMWins || len(got.Fields) != 0 || got.ReadOnly || got.Deletes {
			t.Errorf("%s by default: %+v", e, got)
		}
	}
	r, err = config.Compile(configtest.Load(t, config.Load, configtest.Minimal+`
fields: {pet: contact.pet, mail: email}
sync:
  contacts: {conflicts: newest, deletes: true, fields: {mail: ask, first_name: gateway, cf.F9: local, pet: crm}}
  tasks: {read_only: true}
  appointments: {conflicts: ask, fields: {status: local}}
  notes: {conflicts: local, deletes: true, every: 0, calls: 3}
  address_book: {tag: SMS-List, list: Clinic, direction: from_gateway, conflicts: gateway, deletes: true, fields: {mail: ask}}
limits: {gone_most: 7, changed_share: 0.25}
`))
	if err != nil {
		t.Fatal(err)
	}
	wantMerge := map[store.Entity]merge.Rule{
		store.Contact:     {Policy: merge.NewestWins, Deletes: true, Fields: map[string]merge.Policy{"email": merge.Ask, "first_name": merge.GatewayWins, "cf.F9": merge.LocalWins}},
		store.Task:        {Policy: merge.CRMWins, ReadOnly: true, Fields: map[string]merge.Policy{}},
		store.Appointment: {Policy: merge.Ask, Fields: map[string]merge.Policy{"status": merge.LocalWins}},
		store.Note:        {Policy: merge.LocalWins, Deletes: true, Fields: map[string]merge.Policy{}},
	}
	wantBook := &merge.BookRule{Tag: "sms-list", List: "Clinic", In: true, Deletes: true, Merge: merge.Rule{Policy: merge.GatewayWins, Fields: map[string]merge.Policy{"email": merge.Ask}}}
	for _, tt := range []struct{ got, want any }{
		{r.Merge, wantMerge}, {r.Book, wantBook}, {r.Notes, plan.NotesRule{Calls: 3}}, {r.Limits.GoneMost, 7}, {r.Limits.ChangedShare, 0.25},
	} {
		if !reflect.DeepEqual(tt.got, tt.want) {
			t.Errorf("got  %+v\nwant %+v", tt.got, tt.want)
		}
	}
}

func TestDirectionReachesRules(t *testing.T) {
	for direction, want := range map[string][2]bool{"": {true, true}, "both": {true, true}, "to_gateway": {false, true}, "from_gateway": {true, false}} {
		book := config.BookRule(configtest.Load(t, config.Load, configtest.Minimal+"sync: {address_book: {tag: a, list: b, direction: "+direction+"}}\n"))
		if got := [2]bool{book.In, book.Out}; got != want {
			t.Errorf("%q: in, out %v, want %v", direction, got, want)
		}
	}
}

// Whose token it is changes with the token or the app, and with nothing else, and tells neither.
func TestIdentity(t *testing.T) {
	token := func(location, token string) string {
		return daemon.TokenIdentity(configtest.Load(t, config.Load, "sms: {provider: gammu}\nghl: {location_id: "+location+", token: "+token+"}\n"))
	}
	key := store.NewKeyText()
	oauth := func(app, secret, more string) string {
		return daemon.TokenIdentity(configtest.Load(t, config.Load, "sms: {provider: gammu}\nstore: {key: "+key+"}\nghl: {location_id: l, oauth: {client_id: "+app+", client_secret: "+secret+more+"}}\n"))
	}
	mine := token("l", "pit-1f0c-mine")
	app := oauth("app-1", "s1", "")
	for name, tt := range map[string]struct {
		got, than string
		same      bool
	}{
		"the same token":             {token("l", "pit-1f0c-mine"), mine, true},
		"another token":              {token("l", "pit-1f0c-other"), mine, false},
		"another location":           {token("l2", "pit-1f0c-mine"), mine, false},
		"an app":                     {app, mine, false},
		"the same app, a new secret": {oauth("app-1", "s2", ""), app, true},
		"another app":                {oauth("app-2", "s1", ""), app, false},
		"the agency":                 {oauth("app-1", "s1", ", user_type: Company"), app, false},
		"fewer scopes":               {oauth("app-1", "s1", ", scopes: [contacts.readonly]"), app, false},
		"scopes in another order": {
			oauth("app-1", "s1", ", scopes: [contacts.readonly, contacts.write]"), oauth("app-1", "s1", ", scopes: [contacts.write, contacts.readonly]"), true,
		},
	} {
		if tt.got == "" || (tt.got == tt.than) != tt.same {
			t.Errorf("%s: %q and %q, want the same: %t", name, tt.got, tt.than, tt.same)
		}
	}
	if len(mine) != len("token:")+8 || strings.Contains(mine+app, "pit-") || strings.Contains(app, "app-1") {
		t.Errorf("%s and %s tell more than they should", mine, app)
	}
	quiet, err := config.LoadWithoutSecrets(configtest.File(t, "sms: {provider: gammu}\nghl: {location_id: l, token_file: nowhere}\n"))
	if err != nil || daemon.TokenIdentity(quiet) != "" {
		t.Errorf("without secrets: %v, %q", err, daemon.TokenIdentity(quiet))
	}
}

// What a driver says of its gateways before one is opened is what an open one says of itself, and a driver says
// where each thing is done that its gateways can do, and of nothing else.
func TestGatewayDrivers(t *testing.T) {
	opened := map[string]sms.Gateway{"smsto": new(smsto.Gateway), "gammu": new(gammu.Gateway)}
	for _, d := range config.GatewayDrivers {
		g := opened[d.Name]
		if g == nil {
			t.Errorf("%s: put one of its gateways into this test", d.Name)
			continue
		}
		if d.Planned() != plan.GatewayOf(g) {
			t.Errorf("%s: planned %+v, is %+v", d.Name, d.Planned(), plan.GatewayOf(g))
		}
		ways := maps.Clone(d.Ways)
		for _, a := range gatewayAbilities(d) {
			if ways[a.name] == "" {
				t.Errorf("%s can %s, and does not say where", d.Name, a.name)
			}
			delete(ways, a.name)
		}
		if len(ways) > 0 {
			t.Errorf("%s says where it does what it cannot: %v", d.Name, ways)
		}
	}
}

// A preview knows what the daemon knows of the gateway: who is to be put on its list, and that it is
// to be told of an opt-out. With a gateway that has neither there is nothing to be done.
func TestPlanKnowsTheGateway(t *testing.T) {
	s := setStage(t, "sync: {address_book: {tag: vip, list: Clinic}}\n")
	s.gateway.AddList("Clinic")
	s.crm.AddContact(ghltest.Contact{ID: "tom", FirstName: "Tom", Phone: "+12025550101"})
	s.crm.AddContact(ghltest.Contact{ID: "ann", FirstName: "Ann", Phone: "+12025550102"})
	s.must("once")
	s.must("contact", "set", "tom", "tags=vip")
	s.must("contact", "opt-out", "ann")
	p := s.must("plan", "--format", "json")
	for _, kind := range []store.Kind{store.PutEntry, store.TellOptOut, store.TagContact} {
		if !strings.Contains(p, `"`+string(kind)+`"`) {
			t.Errorf("no %s in the plan:\n%s", kind, p)
		}
	}
	s.writeConfig("sms: {provider: gammu, gammu: {database: " + filepath.Join(s.dir, "smsd.db") + "}}\n")
	if p := s.must("plan", "--format", "json"); strings.Contains(p, string(store.PutEntry)) || strings.Contains(p, string(store.TellOptOut)) {
		t.Errorf("a modem has neither:\n%s", p)
	}
}

// The mark is where the config says; a policy under a name of the owner's own reaches the custom
// field once the CRM has listed it, and goes by the field's id where that has one too.
func TestPolicyOfCustomField(t *testing.T) {
	s := setStage(t, `fields: {pet: contact.pet, hobby: contact.hobby}
sync: {contacts: {fields: {pet: newest, hobby: ask, cf.F2: local}}}
`)
	s.crm.AddField(ghltest.Field{ID: "F1", Key: "contact.pet", Name: "Pet"})
	s.crm.AddField(ghltest.Field{ID: "F2", Key: "contact.hobby", Name: "Hobby"})
	cfg, err := config.Load(s.config)
	if err != nil {
		t.Fatal(err)
	}
	d, err := daemon.Open(t.Context(), cfg, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if want := filepath.Join(s.dir, "ghlsms.mark"); d.Engine.Watermark != want {
		t.Errorf("the mark is %q, want %q", d.Engine.Watermark, want)
	}
	for cycle, want := range []map[string]merge.Policy{
		{"cf.F2": merge.LocalWins}, // before it no list was read
		{"cf.F1": merge.NewestWins, "cf.F2": merge.LocalWins},
	} {
		if err := d.Step(t.Context(), sync.PollCRM); err != nil {
			t.Fatal(err)
		}
		if got := d.Engine.Config.Merge[store.Contact].Fields; !reflect.DeepEqual(got, want) {
			t.Errorf("cycle %d: got %v, want %v", cycle+1, got, want)
		}
	}
	if !config.IsFile(d.Engine.Watermark) {
		t.Error("no mark was written")
	}
}
