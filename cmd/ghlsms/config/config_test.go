package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"ghlsms/cmd/ghlsms/configtest"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/sync/rule"
	"ghlsms/sync/wording"
)

// problems loads text, which must be bad, and returns the error with the directory cut off.
func problems(t *testing.T, text string) string {
	t.Helper()
	path := configtest.File(t, text)
	c, err := Load(path)
	if err == nil {
		t.Fatalf("loaded:\n%s", c.Redacted())
	}
	if _, ok := errors.AsType[*Error](err); !ok {
		t.Errorf("error is a %T", err)
	}
	return strings.ReplaceAll(err.Error(), filepath.Dir(path)+"/", "")
}

func TestConfigMinimal(t *testing.T) {
	got := configtest.Load(t, Load, configtest.Minimal)
	want := DefaultConfig()
	want.GHL.LocationID, want.GHL.Token = "loc1", "tok-1234"
	want.SMS.Provider, want.SMS.From, want.SMS.SMSTo.APIKey = "smsto", "+15550100", "key-1234"
	got.src = source{}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestConfigExample(t *testing.T) {
	text, err := os.ReadFile("../../../config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	configtest.Write(t, filepath.Join(dir, "ghl.token"), "pit-real\n", 0o600)
	configtest.Write(t, filepath.Join(dir, "smsto.key"), "key-real\n", 0o600)
	got := configtest.Load(t, Load, strings.ReplaceAll(string(text), "/etc/ghlsms/", dir+"/"))

	for _, path := range pathsOf(reflect.TypeFor[Config](), "") {
		if _, ok := got.src.At[path]; !ok && path != "ghl.token" && path != "sms.smsto.api_key" && !shownAsComment(string(text), path) {
			t.Errorf("the example does not show %s", path)
		}
	}
	err = got.Check()
	for _, path := range []string{"ghl.location_id", "sms.from"} {
		if err == nil || !strings.Contains(err.Error(), path+": ") {
			t.Errorf("Check lets the placeholder %s pass: %v", path, err)
		}
	}

	if again := configtest.Load(t, Load, got.Redacted()); again.Redacted() != got.Redacted() {
		t.Errorf("the dump does not load as itself:\n%s", got.Redacted())
	}

	want := DefaultConfig() // and what the example says has no default
	want.GHL.LocationID = "ve9EPM428h8vShlRW1KT"
	want.GHL.TokenFile, want.GHL.Token = filepath.Join(dir, "ghl.token"), "pit-real"
	want.SMS.Provider, want.SMS.From = "smsto", "+15550100"
	want.SMS.SMSTo.APIKeyFile, want.SMS.SMSTo.APIKey = filepath.Join(dir, "smsto.key"), "key-real"
	want.Inbound.WelcomeTask = &wording.TaskSpec{Title: "Welcome {{.Contact.FirstName}}", Due: Duration(Day)}
	want.Inbound.WelcomeText = "Thanks {{.Contact.FirstName}}, we have your details."
	want.Staff, want.Rules = []string{}, []rule.Spec{}
	got.src = source{}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// Lines 1 and 2 are configtest.Minimal, so the text under test begins on line 3.
func TestConfigProblems(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"unknown key", "limts: {texts_per_hour: 1}", `c.yaml:3:1: unknown key "limts"; did you mean "limits"?`},
		{"unknown below", "web:\n  lisen: x", `c.yaml:4:3: unknown key "lisen" in web; did you mean "listen"?`},
		{"wrong case", "log: {Level: info}", `c.yaml:3:7: unknown key "Level" in log; did you mean "level"?`},
		{"dash", "outbox: {settle-after: 1m}", `c.yaml:3:10: unknown key "settle-after" in outbox; did you mean "settle_after"?`},
		{"tab", "log:\n\tlevel: info", `c.yaml:4:1: a tab; indent with spaces`},
		{"wrong place", "welcome_text: hi", `c.yaml:3:1: unknown key "welcome_text"; did you mean "inbound.welcome_text"?`},
		{"nothing near", "store: {compression: 1}", `c.yaml:3:9: unknown key "compression" in store; known are path, mark, key, key_file`},
		{"in a list", "reminders:\n- {name: a, before: 1h, txt: x}", `c.yaml:4:25: unknown key "txt" in reminders[0]; did you mean "text"?`},
		{"merge key", "<<: {timezone: UTC}", `c.yaml:3:1: unknown key "<<"; known are timezone, region, ghl, sms, store, backup, schedule, reminders, language_field, rules, appointments, texting_hours, clock, clocks, inbound, staff, fields, sync, limits, outbox, alarms, web, log`},
		{"backup too often", "backup: {every: 10s}", `c.yaml:3:17: backup.every: "10s" is less than a minute; write it like 12h or 1d, or 0 for no backups`},
		{"backup less than never", "backup: {every: -1h}", `c.yaml:3:17: backup.every: "-1h" is less than a minute; write it like 12h or 1d, or 0 for no backups`},
		{"backup of none", "backup:\n  keep: 0", `c.yaml:4:9: backup.keep: 0 is less than 1; for no backups write every: 0`},
		{"backup into a file", "backup: {folder: /dev/null}", `c.yaml:3:18: backup.folder: "/dev/null" is a file; name a folder`},
		{"not a section", "store: /var", `c.yaml:3:8: store: wants keys below it: path, mark, key, key_file`},
		{"not a list", "staff: 5", `c.yaml:3:8: staff: wants a list: [a, b], or one "- item" per line`},
		{"not a value", "timezone: [UTC]", `c.yaml:3:11: timezone: wants a single value`},
		{"alias", "timezone: &z UTC\nregion: *z", "c.yaml:3:11: timezone: anchors, aliases and tags are not understood here; write the value out\nc.yaml:4:9: region: anchors, aliases and tags are not understood here; write the value out"},
		{"second document", "---\nregion: GB", "c.yaml:4:1: a second document; remove the --- and what follows"},
		{"duplicate", "region: GB\nregion: US", `c.yaml:4:1: mapping key "region" already defined at [3:1]`},
		{"syntax", "staff: [1", `c.yaml:3:8: sequence end token ']' not found`},
		{"timezone", "timezone: Mars/Olympus", `c.yaml:3:11: timezone: "Mars/Olympus" is not a time zone; write one like America/New_York or Europe/Madrid`},
		{"local time", "timezone: Local", `c.yaml:3:11: timezone: "Local" is not a time zone; write one like America/New_York or Europe/Madrid`},
		{"region", "region: USA", `c.yaml:3:9: region: "USA" is not a country; write two letters like US or GB`},
		{"schedule", "schedule: {crm: hourly}", `c.yaml:3:17: schedule.crm: "hourly" is not a schedule (expected exactly 5 fields, found 1: [hourly]); write "@every 1m" or five cron fields like "0 3 * * *"`},
		{"schedule zone", "schedule: {crm: TZ=x}", `c.yaml:3:17: schedule.crm: "TZ=x" names a time zone of its own, but timezone decides; write "@every 1m" or five cron fields like "0 3 * * *"`},
		{"schedule unit", `schedule: {crm: "@every 15"}`, `c.yaml:3:17: schedule.crm: "@every 15" is not an interval of a second or more; write "@every 1m" or five cron fields like "0 3 * * *"`},
		{"schedule never", `schedule: {sweep: "0 0 31 2 *"}`, `c.yaml:3:19: schedule.sweep: "0 0 31 2 *" never comes; write "@every 1m" or five cron fields like "0 3 * * *"`},
		{"no time at all", "alarms: {undecided_after: 0s}", `c.yaml:3:27: alarms.undecided_after: "0s" is not more than zero; write it like 30s, 15m, 24h or 2d`},
		{"too soon to know", "outbox: {settle_after: 5s}", `c.yaml:3:24: outbox.settle_after: 5s is shorter than the CRM's lists may lag, so that what was done would be done again; write 1m or more`},
		{"clock", "clock: mine", `c.yaml:3:8: clock: "mine" is none of recipient, location`},
		{"calendar's clock", "clocks: {Dr. Lee: locaton}", `c.yaml:3:19: clocks.Dr. Lee: "locaton" is none of recipient, location; did you mean "location"?`},
		{"duration", "outbox: {settle_after: 2}", `c.yaml:3:24: outbox.settle_after: "2" is not a duration; write it like 30s, 15m, 24h or 2d`},
		{"negative", "appointments: {past: -1h}", `c.yaml:3:22: appointments.past: "-1h" is not more than zero; write it like 30s, 15m, 24h or 2d`},
		{"number", "limits: {texts_per_hour: many}", `c.yaml:3:26: limits.texts_per_hour: "many" is not a whole number`},
		{"zero", "limits: {new_contacts_per_hour: 0}", `c.yaml:3:33: limits.new_contacts_per_hour: 0 is less than 1; to send nothing at all, stop the daemon`},
		{"share", "limits: {gone_share: 20}", `c.yaml:3:22: limits.gone_share: 20 is not a share; write more than 0 and at most 1, like 0.2 for a fifth`},
		{"not a share", "limits: {gone_share: NaN}", `c.yaml:3:22: limits.gone_share: NaN is not a share; write more than 0 and at most 1, like 0.2 for a fifth`},
		{"local number", "staff: [5550111]", `c.yaml:3:9: staff[0]: "5550111": phone number lacks its area code; write it like +15550100`},
		{"reminder empty", "reminders:\n- name: a", "c.yaml:4:3: reminders[0].before: missing; say how long before the appointment, like 24h, or write after or at\nc.yaml:4:3: reminders[0].text: missing; write what to text"},
		{"reminder twice", "reminders:\n- {name: a, before: 1h, text: x}\n- {name: a, before: 2h, text: y}", `c.yaml:5:10: reminders[1].name: "a" is used twice; each reminder needs a name of its own`},
		{"reminder at two times", "reminders: [{name: a, before: 1h, at: '18:00', text: x}]", `c.yaml:3:39: reminders[0].at: set together with before; keep one of them`},
		{"reminder at no time of day", "reminders: [{name: a, at: '25:00', text: x}]", `c.yaml:3:27: reminders[0].at: "25:00" is no time of day; write it like "09:00"`},
		{"reminder days before nothing", "reminders: [{name: a, before: 1h, days_before: 2, text: x}]", `c.yaml:3:48: reminders[0].days_before: goes with at, such as  at: "18:00"; remove it`},
		{"reminder so many days before", "reminders: [{name: a, at: '18:00', days_before: 400, text: x}]", `c.yaml:3:49: reminders[0].days_before: 400 is not a number of days; write 1 for the day before, 0 for the same day`},
		{"reminder follows none", "reminders: [{name: a, unanswered: b, after: 1h, text: x}]", `c.yaml:3:35: reminders[0].unanswered: "b" is no reminder above this one; write the name of the one that it follows`},
		{"reminder follows at once", "reminders: [{name: b, before: 1d, text: x}, {name: a, unanswered: b, text: x}]", `c.yaml:3:45: reminders[1].after: missing; say how long after the text that nobody answered, like 4h`},
		{"reminder of two kinds", "reminders: [{name: a, before: 1h, text: x, task: {title: y}}]", `c.yaml:3:50: reminders[0].task: set together with text; keep one of them, and make another reminder of the other`},
		{"reminder task with a text's key", "reminders: [{name: a, before: 1h, retry: 5m, task: {title: y}}]", `c.yaml:3:42: reminders[0].retry: is about a text, and this reminder makes a task; remove it`},
		{"reminder in no language", "reminders: [{name: a, before: 1h, text: x, texts: {xx: y}}]", `c.yaml:3:52: reminders[0].texts: "xx" is no language that texts can be in; there are en, es, fr, de, pt, it, nl`},
		{"reminder in a language by its name", "reminders: [{name: a, before: 1h, text: x, texts: {spanish: y}}]", `c.yaml:3:52: reminders[0].texts: "spanish" is no language that texts can be in; did you mean "es"?`},
		{"reminder for no field", "reminders: [{name: a, before: 1h, text: x, if: {field: {citty: x}}}]", `c.yaml:3:64: reminders[0].if.field.citty: no field "citty"; did you mean "city"?`},
		{"reminder for a sender", "reminders: [{name: a, before: 1h, text: x, if: {from: staff}}]", `c.yaml:3:55: reminders[0].if.from: goes with "text received" only; remove it`},
		{"reminder for no status", "reminders: [{name: a, before: 1h, text: x, if: {status: gone}}]", `c.yaml:3:57: reminders[0].if.status[0]: "gone" is none of new, confirmed, cancelled, showed, noshow, invalid`},
		{"reminder for nobody", "reminders: [{name: a, before: 1h, text: x, if: {tag: []}}]", `c.yaml:3:54: reminders[0].if.tag: lists nothing, so it would ask for nothing; write a value, or remove it`},
		{"reminder if null", "reminders:\n- name: a\n  before: 1h\n  text: x\n  if: null", `c.yaml:7:3: reminders[0].if: asks for nothing, so it would always hold; write what it asks for below it (calendar, staff, status, not_status, tag, not_tag, field), or remove it`},
		{"reminder if a list", "reminders: [{name: a, before: 1h, text: x, if: []}]", `c.yaml:3:48: reminders[0].if: asks for nothing, so it would always hold; write what it asks for below it (calendar, staff, status, not_status, tag, not_tag, field), or remove it`},
		{"reminder if a list of words", "reminders: [{name: a, before: 1h, text: x, if: [vip]}]", `c.yaml:3:48: reminders[0].if: wants keys below it: calendar, staff, status, not_status, tag, not_tag, field`},
		{"reminder if who knows", "reminders: [{name: a, before: 1h, text: x, if: {weather: x}}]", `c.yaml:3:49: unknown key "weather" in reminders[0].if; known are calendar, staff, status, not_status, tag, not_tag, field`},
		{"reminder for calendars", "reminders: [{name: a, before: 1h, text: x, calendars: [b]}]", `c.yaml:3:44: unknown key "calendars" in reminders[0]; did you mean "if.calendar"?`},
		{"reminder for a status", "reminders: [{name: a, before: 1h, text: x, status: new}]", `c.yaml:3:44: unknown key "status" in reminders[0]; did you mean "if.status"?`},
		{"reminder for nearly a status", "reminders: [{name: a, before: 1h, text: x, if: {status: confirmet}}]", `c.yaml:3:57: reminders[0].if.status[0]: "confirmet" is none of new, confirmed, cancelled, showed, noshow, invalid; did you mean "confirmed"?`},
		{"reminder quietly", "reminders: [{name: a, before: 1h, text: x, quiet: nearst}]", `c.yaml:3:51: reminders[0].quiet: "nearst" is none of later, earlier, nearest, ignore; did you mean "nearest"?`},
		{"reminder quiet", "reminders: [{name: a, before: 1h, text: x, quiet: never}]", `c.yaml:3:51: reminders[0].quiet: "never" is none of later, earlier, nearest, ignore`},
		{"reminder missed and late", "reminders: [{name: a, before: 1h, text: x, missed: skip, late: 1h}]", `c.yaml:3:64: reminders[0].late: set together with missed: skip, which sends nothing late; keep one of them`},
		{"language of no field", "language_field: citi", `c.yaml:3:17: language_field: no field "citi"; did you mean "city"?`},
		{"reminder name", "reminders: [{name: a b, before: 1h, text: x}]", `c.yaml:3:20: reminders[0].name: "a b" is not a name; use letters, digits, - and _`},
		{"task title", "inbound: {welcome_task: {due: 1h}}", `c.yaml:3:25: inbound.welcome_task.title: missing; write the title of the task, or remove welcome_task`},
		{"staff", "staff: [boss]", `c.yaml:3:9: staff[0]: "boss": not a phone number; write it like +15550100`},
		{"open page", "web: {listen: 0.0.0.0:8480}", `c.yaml:3:15: web.listen: "0.0.0.0:8480" can be reached from outside; the page has no password, so write 127.0.0.1:8480 and forward the port over ssh`},
		{"every interface", `web: {listen: ":8480"}`, `c.yaml:3:15: web.listen: ":8480" can be reached from outside; the page has no password, so write 127.0.0.1:8480 and forward the port over ssh`},
		{"port", "web: {listen: 127.0.0.1:99999}", `c.yaml:3:15: web.listen: "127.0.0.1:99999" has no port between 0 and 65535`},
		{"no port", "web: {listen: 127.0.0.1}", `c.yaml:3:15: web.listen: "127.0.0.1" is not an address; write host:port, like 127.0.0.1:8480`},
		{"log level", "log: {level: loud}", `c.yaml:3:14: log.level: "loud" is none of debug, info, warn, error`},
		{"log format", "log: {format: xml}", `c.yaml:3:15: log.format: "xml" is none of auto, text, json`},
		{"fields, not a map", "fields: [a]", `c.yaml:3:9: fields: wants names of your own below it, one a line`},
		{"fields, a word", "fields: pet", `c.yaml:3:9: fields: wants names of your own below it, one a line`},
		{"fields, bad name", "fields: {Pet-name: contact.pet}", `c.yaml:3:10: fields: "Pet-name" is not a name; use lower-case letters, digits and _, with a letter first`},
		{"fields, name of ours", "fields:\n  pet: contact.pet\n  city: contact.town", `c.yaml:5:3: fields: "city" is what the mirror calls a field of its own; take another name`},
		{"fields, column of ours", "fields: {crm_id: x}", `c.yaml:3:10: fields: "crm_id" is what the mirror calls a field of its own; take another name`},
		{"fields, empty", "fields:\n  pet: contact.pet\n  job:", `c.yaml:5:3: fields.job: missing; write the CRM's field: the key of a custom field like contact.pet, or a standard one like companyName`},
		{"fields, not a value", "fields:\n  pet: {key: contact.pet}", `c.yaml:4:8: fields.pet: wants a single value`},
		{"fields, merge key", "fields:\n  <<: {a: b}", `c.yaml:4:3: fields: "<<" is not a name; use lower-case letters, digits and _, with a letter first`},
		{"fields, twice the name", "fields:\n  pet: a\n  pet: b", `c.yaml:5:3: mapping key "pet" already defined at [4:3]`},
		{"fields, twice the field", "fields:\n  pet: contact.pet\n  cat: contact.pet", `c.yaml:4:8: fields.pet: "contact.pet" is cat already; one name is enough`},
		{"field", "field: {a: b}", `c.yaml:3:1: unknown key "field"; did you mean "fields"?`},
		{"unset variable", "inbound: {business: '${GHLSMS_NOT_SET}'}", `c.yaml:3:21: inbound.business: the environment variable GHLSMS_NOT_SET is not set; set it, or write $${GHLSMS_NOT_SET} to mean the text itself`},
		{"no variable", "inbound: {business: '${a-b}'}", `c.yaml:3:21: inbound.business: "${a-b}" is not a variable; write ${NAME}, or $$ for a dollar sign`},
		{"open variable", "inbound: {business: '${PATH'}", `c.yaml:3:21: inbound.business: "${PATH" is not a variable; write ${NAME}, or $$ for a dollar sign`},
		{"a secret shown", "timezone: pit-12345678", `c.yaml:3:11: timezone: "pit-***" is not a time zone; write one like America/New_York or Europe/Madrid`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := problems(t, configtest.Minimal+tt.text+"\n"); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestConfigSides(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "# nothing\n", `c.yaml: ghl.location_id: missing; it is in the address of the sub-account's dashboard, after /location/
c.yaml: sms.provider: missing; write one of smsto, gammu
c.yaml: ghl.token: missing; put it alone in a file and name that with token_file, or write token: ${NAME} to take it from the environment; or describe a marketplace app under oauth`},
		{"a word", "hello\n", `c.yaml:1:1: wants keys below it: timezone, region, ghl, sms, store, backup, schedule, reminders, language_field, rules, appointments, texting_hours, clock, clocks, inbound, staff, fields, sync, limits, outbox, alarms, web, log
c.yaml: ghl.location_id: missing; it is in the address of the sub-account's dashboard, after /location/
c.yaml: sms.provider: missing; write one of smsto, gammu
c.yaml: ghl.token: missing; put it alone in a file and name that with token_file, or write token: ${NAME} to take it from the environment; or describe a marketplace app under oauth`},
		{"provider", "ghl: {location_id: l, token: t}\nsms: {provider: pigeon}\n", `c.yaml:2:17: sms.provider: "pigeon" is none of smsto, gammu`},
		{"typo is not missing as well", "ghl: {location: l, token: t}\nsms: {provder: gammu}\n", `c.yaml:1:7: unknown key "location" in ghl; did you mean "location_id"?
c.yaml:2:7: unknown key "provder" in sms; did you mean "provider"?`},
		{"conversation provider", "ghl: {location_id: l, token: t, conversation_provider: 'a b'}\nsms: {provider: gammu}\n", `c.yaml:1:56: ghl.conversation_provider: "a b" is not an id; it has letters and digits only`},
		{"both tokens", "ghl: {location_id: l, token: t, token_file: f}\nsms: {provider: gammu}\n", `c.yaml:1:45: ghl.token_file: set together with token; keep one of them`},
		{"everything at once", "ghl: {location_id: a/b, base_url: 'http://example.com', token_file: nowhere}\nsms: {provider: smsto, smsto: {api_url: ftp://x, api_key: 'two words'}}\n", `c.yaml:1:20: ghl.location_id: "a/b" is not an id; it has letters and digits only
c.yaml:1:35: ghl.base_url: "http://example.com" would send the token in the clear; write https://
c.yaml:1:69: ghl.token_file: nowhere does not exist; create it with the secret as its only line, then chmod 600 it
c.yaml:2:6: sms.from: missing; write the number or sender name your texts come from
c.yaml:2:41: sms.smsto.api_url: "ftp://x" is not an address; write one like https://example.com
c.yaml:2:59: sms.smsto.api_key: holds spaces, lines or unusual characters; it should be the secret and nothing else`},
		{"long sender", "ghl: {location_id: l, token: t}\nsms: {provider: gammu, from: Smile Dental Clinic}\n", `c.yaml:2:30: sms.from: "Smile Dental Clinic" is no sender name; it has at most 11 plain letters and digits`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := problems(t, tt.text); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestConfigFile(t *testing.T) {
	dir := t.TempDir()
	configtest.Write(t, filepath.Join(dir, "big"), strings.Repeat("#", maxConfigSize+1), 0o600)
	configtest.Write(t, filepath.Join(dir, "binary"), "a: \xff\n", 0o600)
	for name, want := range map[string]string{
		"none":   "no such file; copy config.example.yaml there, or name another with --config or GHLSMS_CONFIG",
		".":      "is a directory; name the file in it",
		"big":    "is larger than 64 KiB; this is not a configuration",
		"binary": "is not UTF-8 text",
	} {
		_, err := Load(filepath.Join(dir, name))
		if err == nil || !strings.HasSuffix(err.Error(), ": "+want) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}

func TestConfigNormalises(t *testing.T) {
	t.Setenv("CLINIC", "Smile: {x: 1}\ntimezone: Mars")
	t.Setenv("PER_HOUR", "7")
	c := configtest.Load(t, Load, "\ufeff"+`timezone: Europe/Madrid
region: es
ghl: {location_id: 12345, token: " tok-1234 ", base_url: "http://127.0.0.1:99/x/"}
sms: {provider: gammu, from: +34 600 100 200, gammu: {database: smsd.db}}
store: {path: data/mirror.db}
staff: [+15550111, 600100201, "+1 (212) 555-0143"]
inbound: {business: "${CLINIC} for $$5"}
limits: {texts_per_hour: "${PER_HOUR}"}
appointments: {past: 12h, ahead: 1d12h}
schedule:
web: {listen: ""}
`)
	dir := filepath.Dir(c.src.File)
	for _, tt := range []struct{ got, want any }{
		{c.Location().String(), "Europe/Madrid"},
		{c.Region, "ES"},
		{c.GHL.LocationID, "12345"},
		{c.GHL.Token.Reveal(), "tok-1234"},
		{c.GHL.BaseURL, "http://127.0.0.1:99/x"},
		{c.SMS.From, "+34600100200"},
		{c.SMS.Gammu.Database, filepath.Join(dir, "smsd.db")},
		{c.Store.Path, filepath.Join(dir, "data/mirror.db")},
		{c.Backup.Folder, filepath.Join(dir, "data/backups")},
		{strings.Join(c.Staff, " "), "+15550111 +34600100201 +12125550143"},
		{c.Inbound.Business, "Smile: {x: 1}\ntimezone: Mars for $5"},
		{c.Limits.TextsPerHour, 7},
		{c.Appointments.Ahead.Std(), 36 * time.Hour},
		{c.Schedule.CRM, "@every 1m"},
		{c.Web.Listen, ""},
	} {
		if tt.got != tt.want {
			t.Errorf("got %#v, want %#v", tt.got, tt.want)
		}
	}
}

func TestConfigSecretFiles(t *testing.T) {
	dir := t.TempDir()
	credentials := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", credentials)
	configtest.Write(t, filepath.Join(credentials, "cred"), "from-systemd\n", 0o400)
	configtest.Write(t, filepath.Join(dir, "cred"), "beside-the-file\n", 0o600)
	configtest.Write(t, filepath.Join(dir, "good"), "  s3cret \n", 0o640)
	configtest.Write(t, filepath.Join(dir, "open"), "s3cret\n", 0o644)
	configtest.Write(t, filepath.Join(dir, "empty"), "\n", 0o600)
	configtest.Write(t, filepath.Join(dir, "two"), "first\nsecond\n", 0o600)
	for _, tt := range []struct{ file, token, problem string }{
		{file: "good", token: "s3cret"},
		{file: "cred", token: "from-systemd"},
		{file: "./cred", token: "beside-the-file"},
		{file: "open", problem: "DIR/open can be read by everybody; run: chmod 600 DIR/open"},
		{file: "empty", problem: "DIR/empty is empty; put the secret in as its only line"},
		{file: "two", problem: "DIR/two holds spaces, lines or unusual characters; it should be the secret and nothing else"},
		{file: "none", problem: "DIR/none does not exist; create it with the secret as its only line, then chmod 600 it"},
		{file: ".", problem: "DIR is not a file"},
	} {
		path := filepath.Join(dir, "c.yaml")
		configtest.Write(t, path, "sms: {provider: gammu}\nghl: {location_id: l, token_file: "+tt.file+"}\n", 0o600)
		c, err := Load(path)
		switch {
		case tt.problem == "" && err != nil:
			t.Errorf("%s: %v", tt.file, err)
		case tt.problem == "" && c.GHL.Token.Reveal() != tt.token:
			t.Errorf("%s: got %q", tt.file, c.GHL.Token.Reveal())
		case tt.problem != "":
			want := "DIR/c.yaml:2:35: ghl.token_file: " + tt.problem
			if got := strings.ReplaceAll(fmt.Sprint(err), dir, "DIR"); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if c, err := LoadWithoutSecrets(path); err != nil || c.GHL.Token != "" {
				t.Errorf("%s: a report needs no secret, got %v", tt.file, err)
			}
		}
	}
}

func TestConfigWarnsOfReadableSecret(t *testing.T) {
	path := configtest.File(t, configtest.Minimal)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	want := path + ":1:33: ghl.token: is set in a file that everybody can read; use token_file, or run: chmod 600 " + path
	if got := c.Warnings(); len(got) != 2 || got[0] != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestConfigCheck(t *testing.T) {
	const placeholders = `ghl: {location_id: ve9EPM428h8vShlRW1KT, token: pit-xxxx, base_url: "BASE"}
sms: {provider: smsto, from: "+15550100", smsto: {api_key: changeme, api_url: "API"}}
`
	fill := func(base, api string) *Config {
		return configtest.Load(t, Load, strings.NewReplacer("BASE", base, "API", api).Replace(placeholders))
	}
	if err := fill("http://127.0.0.1:1", "http://127.0.0.1:2").Check(); err != nil {
		t.Errorf("a sandbox may expect placeholders: %v", err)
	}
	c := fill("https://services.leadconnectorhq.com", "https://api.sms.to")
	err := c.Check()
	if err == nil {
		t.Fatal("placeholders passed")
	}
	want := `c.yaml:1:20: ghl.location_id: "ve9EPM428h8vShlRW1KT" is the placeholder of the example; write the id of your location
c.yaml:1:49: ghl.token: "pit-xxxx" is the placeholder of the example; create a private integration token in the location's settings
c.yaml:2:30: sms.from: "+15550100" is the placeholder of the example; write the number or sender name your texts come from
c.yaml:2:60: sms.smsto.api_key: "changeme" is the placeholder of the example; create an API key in your SMS.to account`
	if got := strings.ReplaceAll(err.Error(), filepath.Dir(c.src.File)+"/", ""); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if err := configtest.Load(t, Load, strings.ReplaceAll(configtest.Minimal, "+15550100", "Clinic")).Check(); err != nil {
		t.Errorf("real values: %v", err)
	}
}

func TestConfigProblem(t *testing.T) {
	c := configtest.Load(t, Load, configtest.Minimal+"inbound:\n  help_text: H\n  welcome_text: Hello {{.Oops}}\n  welcome_task: {title: T}\n")
	got := c.Problem("inbound.welcome_text", "no field %s", "Oops").Error()
	if want := c.src.File + ":5:17: inbound.welcome_text: no field Oops"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A text that is wrong is found in its own line, in each language.
func TestTextsOfAReminder(t *testing.T) {
	cfg := configtest.Load(t, Load, configtest.Minimal+`reminders:
- name: a
  before: 1h
  text: Hi {{.Oops}}
  texts:
    es: Hola {{.Contact.LastName}}, hasta {{.When}}
    fr: Bonjour {{.Contact.FirstName}}
    de: Hallo {Name}
`)
	_, err := Compile(cfg)
	if err == nil {
		t.Fatal("they pass")
	}
	got := strings.Split(err.Error(), "\n")
	want := []string{
		":6:9: reminders[0].text: template", ":10:9: reminders[0].texts.de: template: {Name} would stand",
		":8:9: reminders[0].texts.es: template: .Contact.LastName may be empty",
	}
	if len(got) != len(want) {
		t.Fatalf("got\n%v", err)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], cfg.src.File+want[i]) {
			t.Errorf("got %s, want %s", got[i], want[i])
		}
	}
}

func TestConfigRedacted(t *testing.T) {
	c := configtest.Load(t, Load, configtest.Minimal)
	dump := c.Redacted()
	for _, s := range append(c.Secrets(), "tok-1234", "key-1234") {
		if strings.Contains(dump, s) {
			t.Errorf("the dump shows %s:\n%s", s, dump)
		}
	}
	again := configtest.Load(t, Load, dump)
	if again.Redacted() != dump {
		t.Errorf("the dump does not load as itself:\n%s\n%s", dump, again.Redacted())
	}
}

func TestSecretNeverPrints(t *testing.T) {
	const planted = "pl4nted"
	type nest struct {
		S term.Secret
		P *term.Secret
		M map[string]term.Secret
	}
	s := term.Secret(planted)
	n := nest{S: s, P: &s, M: map[string]term.Secret{"k": s}}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%t"} {
		fmt.Fprintf(&out, verb+" "+verb+"\n", s, n)
	}
	fmt.Fprint(&out, errors.New(fmt.Sprint(s)))
	if err := json.NewEncoder(&out).Encode(n); err != nil {
		t.Fatal(err)
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "s", s, "n", n)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "s", s, "n", n)
	for _, leak := range []string{planted, fmt.Sprintf("%x", planted), fmt.Sprintf("%X", planted)} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("leaks %s:\n%s", leak, out.String())
		}
	}
	if s.Reveal() != planted {
		t.Error("Reveal does not")
	}
}

func FuzzLoadConfig(f *testing.F) {
	example, err := os.ReadFile("../../../config.example.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	for _, seed := range []string{configtest.Minimal, "", "a", "- a", "? a\n: b", "a: &x [*x]", "schedule: {crm: TZ=}", "staff: [\"${\", $$]", "reminders: [{before: 1d}]", "---\n---\n", "\t", "a: !!int {}", "{[}]", configtest.Minimal + "fields: {true: x, \"null\": '{{ a }}', y: 1}", configtest.Minimal + "sync: {contacts: {fields: {cf.F1: ask}}, notes: {every: 0}, address_book: {tag: ': #', list: 'a\nb', fields: {email: gateway}}}"} {
		f.Add([]byte(seed))
	}
	f.Add([]byte(configtest.Minimal + `alarms: {staff: false, webhook: "https://a.example/x?y=$$z", webhook_secret: s, ntfy: "http://a.lan/t", email: {smtp: "m:25", tls: tls, from: a@b.c, to: [d@e.f], user: "u: #", password: "p w"}, heartbeat: "***"}`))
	path := filepath.Join(f.TempDir(), "c.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		configtest.Write(t, path, string(text), 0o600)
		c, err := Load(path)
		if (c == nil) == (err == nil) {
			t.Fatalf("got %v and %v", c, err)
		}
		if err != nil {
			e, ok := errors.AsType[*Error](err)
			if !ok || len(e.Problems) == 0 {
				t.Fatalf("an error without a problem: %v", err)
			}
			return
		}
		if again := configtest.Load(t, Load, strings.ReplaceAll(c.Redacted(), "$", "$$")); again.Redacted() != c.Redacted() {
			t.Errorf("what was loaded does not load again:\n%s\n%s", c.Redacted(), again.Redacted())
		}
	})
}
