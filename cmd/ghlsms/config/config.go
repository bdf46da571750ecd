// Package config is the config file: strict loading, checks that name the line, and what the engine gets of it.
// Rules, reminders, texting hours and how both sides are kept in step are specs of their domains, which check and
// compile them; config tells where in the file a problem stands.
package config

import (
	"fmt"
	"time"

	"ghlsms/cmd/ghlsms/term"
	"ghlsms/sms/parse"
	"ghlsms/sync/hours"
	"ghlsms/sync/merge"
	"ghlsms/sync/record"
	"ghlsms/sync/remind"
	"ghlsms/sync/rule"
	"ghlsms/sync/wording"
)

// Config is what an administrator says about one location and one gateway.
// Load returns it complete: defaults filled in, paths absolute, phone numbers in E.164,
// secrets read. config.example.yaml explains every key.
type Config struct {
	Timezone      string        `yaml:"timezone"`
	Region        string        `yaml:"region"`
	GHL           GHL           `yaml:"ghl"`
	SMS           SMS           `yaml:"sms"`
	Store         Store         `yaml:"store"`
	Backup        Backup        `yaml:"backup"`
	Schedule      Schedule      `yaml:"schedule"`
	Reminders     []remind.Spec `yaml:"reminders"`
	LanguageField string        `yaml:"language_field"`
	Rules         []rule.Spec   `yaml:"rules"`
	Appointments  Appointments  `yaml:"appointments"`
	TextingHours  hours.Spec    `yaml:"texting_hours"`
	Clock         string        `yaml:"clock"`
	Clocks        Clocks        `yaml:"clocks,omitempty"`
	Inbound       Inbound       `yaml:"inbound"`
	Staff         []string      `yaml:"staff"`
	Fields        Fields        `yaml:"fields,omitempty"`
	Sync          merge.Spec    `yaml:"sync"`
	Limits        Limits        `yaml:"limits"`
	Outbox        Outbox        `yaml:"outbox"`
	Alarms        Alarms        `yaml:"alarms"`
	Web           Web           `yaml:"web"`
	Log           Log           `yaml:"log"`

	src      source // where each value was written, for later messages
	warnings []string
}

// GHL is the CRM side. After loading, Token holds the secret wherever it came from, unless
// OAuth is the way in.
type GHL struct {
	BaseURL    string      `yaml:"base_url"`
	LocationID string      `yaml:"location_id"`
	Token      term.Secret `yaml:"token,omitempty"`
	TokenFile  string      `yaml:"token_file,omitempty"`
	OAuth      *OAuth      `yaml:"oauth,omitempty"`

	// ConversationProvider is the id of the provider under which texts are kept in conversations.
	ConversationProvider string `yaml:"conversation_provider,omitempty"`
}

// SMS is the gateway side; only the section of the chosen provider is checked.
type SMS struct {
	Provider string `yaml:"provider"`
	From     string `yaml:"from"`

	// PricePerPart is what one part of a text costs, in Currency; 0 is not known.
	PricePerPart float64 `yaml:"price_per_part"`
	Currency     string  `yaml:"currency"`

	SMSTo SMSTo `yaml:"smsto"`
	Gammu Gammu `yaml:"gammu"`
}

// SMSTo has one URL for each of the three hosts SMS.to spreads its API over.
type SMSTo struct {
	APIURL     string      `yaml:"api_url"`
	AccountURL string      `yaml:"account_url"`
	AuthURL    string      `yaml:"auth_url"`
	APIKey     term.Secret `yaml:"api_key,omitempty"`
	APIKeyFile string      `yaml:"api_key_file,omitempty"`
}

// Gammu points at the SQLite database that gammu-smsd works on.
type Gammu struct {
	Database string `yaml:"database"`
}

// Store says where the mirror lives, where its mark does, and the key that seals OAuth tokens
// in it. After loading, Key holds the key wherever it came from; it is empty while KeyFile does not
// exist.
type Store struct {
	Path    string      `yaml:"path"`
	Mark    string      `yaml:"mark"`
	Key     term.Secret `yaml:"key,omitempty"`
	KeyFile string      `yaml:"key_file,omitempty"`
}

// Backup says where backups of the mirror go, how often the daemon makes one, and how many of them
// are kept. Every 0 is never; after loading, Folder is never empty.
type Backup struct {
	Folder string   `yaml:"folder"`
	Every  Duration `yaml:"every"`
	Keep   int      `yaml:"keep"`
}

// Schedule says when the runner wakes: cron expressions or "@every 1m".
type Schedule struct {
	Texts     string `yaml:"texts"`
	CRM       string `yaml:"crm"`
	Reminders string `yaml:"reminders"`
	Sweep     string `yaml:"sweep"`
}

// Appointments is the window around now in which appointments are read.
type Appointments struct {
	Past  Duration `yaml:"past"`
	Ahead Duration `yaml:"ahead"`
}

// Inbound says what happens when somebody texts. Empty means: the location's name for
// Business, no tag, no welcome, the engine's own words for HelpText. WelcomeTask is made for each
// contact who first came in by text.
type Inbound struct {
	Business      string            `yaml:"business"`
	Tag           string            `yaml:"tag"`
	WelcomeTask   *wording.TaskSpec `yaml:"welcome_task,omitempty"`
	WelcomeText   string            `yaml:"welcome_text"`
	HelpText      string            `yaml:"help_text"`
	Languages     []string          `yaml:"languages"`
	Words         Words             `yaml:"words,omitempty"`
	Cutoff        Duration          `yaml:"cutoff"`
	StaffCommands string            `yaml:"staff_commands"`
	PIN           term.Secret       `yaml:"pin,omitempty"`
}

// Words has words of the owner's own, by what they ask for.
type Words map[string][]string

// What says what the keys are, for the loader.
func (Words) What() string { return "what words ask for" }

// CheckKey refuses a key that is no command, for the loader.
func (Words) CheckKey(verb string) error {
	if _, err := parse.NewWords(nil, map[parse.Verb][]string{parse.Verb(verb): nil}); err != nil {
		return err
	}
	return nil
}

// Who of staff may act on others by text.
const (
	staffListed = "listed"
	staffUsers  = "users"
	staffNobody = "nobody"
)

var staffCommands = []string{staffListed, staffUsers, staffNobody}

// Fields gives fields of contacts in the CRM names of the owner's own. What a name stands for
// is known once the CRM has listed its custom fields.
type Fields map[string]string

// What says what the keys are, for the loader.
func (Fields) What() string { return "names of your own" }

// CheckKey refuses a key that cannot be a name, for the loader.
func (Fields) CheckKey(name string) error { return record.CheckName(name) }

// Clocks say whose clock texts about the appointments in a calendar keep, by its name or id.
type Clocks map[string]string

// What says what the keys are, for the loader.
func (Clocks) What() string { return "names or ids of calendars" }

// CheckKey takes any name.
func (Clocks) CheckKey(string) error { return nil }

// Limits is where the brake holds back what looks like a mistake.
type Limits struct {
	TextsPerHour         int `yaml:"texts_per_hour"`
	TextsPerDay          int `yaml:"texts_per_day"`
	TextsPerPersonPerDay int `yaml:"texts_per_person_per_day"`
	NewContactsPerHour   int `yaml:"new_contacts_per_hour"`
	NewContactsPerDay    int `yaml:"new_contacts_per_day"`

	// AnswersPerPersonPerHour, TasksPerPersonPerDay and TasksPerHour are for what people text.
	AnswersPerPersonPerHour int `yaml:"answers_per_person_per_hour"`
	TasksPerPersonPerDay    int `yaml:"tasks_per_person_per_day"`
	TasksPerHour            int `yaml:"tasks_per_hour"`

	// GoneShare and GoneMost are how much of one kind of record may vanish at once and be believed,
	// ChangedShare how much of it may change at once.
	GoneShare    float64 `yaml:"gone_share"`
	GoneMost     int     `yaml:"gone_most"`
	ChangedShare float64 `yaml:"changed_share"`
}

// Outbox tunes delivery.
type Outbox struct {
	SettleAfter Duration `yaml:"settle_after"`
}

// Web is the read-only status page. An empty Listen means no page.
type Web struct {
	Listen string `yaml:"listen"`
}

// Log says how much is logged, and in which form.
type Log struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// DefaultConfig is what an empty file means. What has a spec in the package of its domain has its defaults
// there.
func DefaultConfig() *Config {
	return &Config{
		Timezone: "America/New_York",
		Region:   "US",
		GHL:      GHL{BaseURL: "https://services.leadconnectorhq.com"},
		SMS: SMS{
			Currency: "USD",
			SMSTo: SMSTo{
				APIURL:     "https://api.sms.to",
				AccountURL: "https://sms.to",
				AuthURL:    "https://auth.sms.to",
			},
			Gammu: Gammu{Database: "/var/lib/gammu/smsd.db"},
		},
		Store:  Store{Path: "/var/lib/ghlsms/ghlsms.db", Mark: "/var/lib/ghlsms/ghlsms.mark"},
		Backup: Backup{Folder: "/var/lib/ghlsms/backups", Every: Duration(Day), Keep: 7},
		Schedule: Schedule{
			Texts:     "@every 15s",
			CRM:       "@every 1m",
			Reminders: "@every 30s",
			Sweep:     "0 3 * * *",
		},
		Reminders:    remind.Defaults(),
		Appointments: Appointments{Past: Duration(24 * time.Hour), Ahead: Duration(60 * 24 * time.Hour)},
		TextingHours: hours.DefaultSpec(), Clock: string(hours.Recipient), Clocks: Clocks{},
		Inbound: Inbound{Tag: "via-sms", Languages: []string{"en"}, StaffCommands: staffListed},
		Sync:    merge.DefaultSpec(),
		Limits: Limits{
			TextsPerHour: 600, TextsPerDay: 3000, TextsPerPersonPerDay: 10, NewContactsPerHour: 50, NewContactsPerDay: 200,
			AnswersPerPersonPerHour: 10, TasksPerPersonPerDay: 20, TasksPerHour: 60, GoneShare: 0.2, GoneMost: 200, ChangedShare: 0.5,
		},
		Outbox: Outbox{SettleAfter: Duration(2 * time.Minute)},
		Alarms: Alarms{
			StaleAfter: Duration(30 * time.Minute), UndecidedAfter: Duration(10 * time.Minute), LookEvery: Duration(30 * time.Second), LowBalance: 5,
			Staff: true, AgainAfter: Duration(4 * time.Hour), Email: Email{TLS: StartTLS},
		},
		Web: Web{Listen: "127.0.0.1:8480"},
		Log: Log{Level: "info", Format: "auto"},
	}
}

// Location is the time zone for people and places that have none of their own.
func (c *Config) Location() *time.Location {
	loc, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return time.UTC // a loaded Config has a zone that exists
	}
	return loc
}

// Problem is an error about the value at path, with the file and line it was written at.
func (c *Config) Problem(path, format string, args ...any) error {
	return &Error{Problems: []ValueError{c.src.Problem(path, fmt.Sprintf(format, args...))}}
}

// File is where the config was read from.
func (c *Config) File() string { return c.src.File }

// Written tells whether a value stands in the file.
func (c *Config) Written(path string) bool {
	_, written := c.src.At[path]
	return written
}

// Warnings are things that work but should not stay so.
func (c *Config) Warnings() []string { return c.warnings }
