package config

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"github.com/robfig/cron/v3"

	"ghlsms/cmd/ghlsms/term"
	"ghlsms/sms"
	"ghlsms/sms/parse"
	"ghlsms/sync/hours"
	"ghlsms/sync/rule"
	"ghlsms/sync/spec"
)

var (
	logLevels  = []string{"debug", "info", "warn", "error"}
	logFormats = []string{"auto", "text", "json"}

	senderPattern = sms.Pattern(`^[A-Za-z0-9 ._-]{1,11}$`)

	currencyPattern = sms.Pattern(`^[A-Z]{3}$`)
)

// check judges every value and brings it into the one form the program uses.
func (l *loader) check() {
	c := l.cfg
	l.checkPlace()
	l.checkGHL()
	l.checkSMS()
	l.checkStore()
	l.checkBackup()
	l.schedule("schedule.texts", c.Schedule.Texts)
	l.schedule("schedule.crm", c.Schedule.CRM)
	l.schedule("schedule.reminders", c.Schedule.Reminders)
	l.schedule("schedule.sweep", c.Schedule.Sweep)
	l.checkReminders()
	l.positive("appointments.past", c.Appointments.Past)
	l.positive("appointments.ahead", c.Appointments.Ahead)
	l.report("texting_hours", c.TextingHours.Check(place{l.src, "texting_hours"}))
	l.checkInbound()
	for i := range c.Staff {
		l.phone(fmt.Sprintf("staff[%d]", i), &c.Staff[i])
	}
	l.checkFields()
	l.checkSync()
	l.report("rules", rule.Check(c.Rules, c.ruleEnv(l.src)))
	l.checkLimits()
	l.checkOutbox()
	l.checkAlarms()
	l.checkWeb()
	l.oneOf("log.level", c.Log.Level, logLevels)
	l.oneOf("log.format", c.Log.Format, logFormats)
}

func (l *loader) checkLimits() {
	c := l.cfg
	l.atLeastOne("limits.texts_per_hour", c.Limits.TextsPerHour)
	l.atLeastOne("limits.texts_per_person_per_day", c.Limits.TextsPerPersonPerDay)
	l.atLeastOne("limits.texts_per_day", c.Limits.TextsPerDay)
	l.atLeastOne("limits.new_contacts_per_hour", c.Limits.NewContactsPerHour)
	l.atLeastOne("limits.new_contacts_per_day", c.Limits.NewContactsPerDay)
	l.atLeastOne("limits.answers_per_person_per_hour", c.Limits.AnswersPerPersonPerHour)
	l.atLeastOne("limits.tasks_per_person_per_day", c.Limits.TasksPerPersonPerDay)
	l.atLeastOne("limits.tasks_per_hour", c.Limits.TasksPerHour)
	l.share("limits.gone_share", c.Limits.GoneShare)
	if n := c.Limits.GoneMost; n < 1 {
		l.bad("limits.gone_most", "%d is less than 1; write how many may vanish at once, like 200", n)
	}
	l.share("limits.changed_share", c.Limits.ChangedShare)
}

// crmLag is for how long the CRM's lists may not show what was done: seconds as a rule, so a minute is no proof too early.
const crmLag = time.Minute

// checkOutbox refuses to take what the CRM does not show yet for not done. Gateways that lag longer are given their time whatever
// stands here.
func (l *loader) checkOutbox() {
	after := l.cfg.Outbox.SettleAfter
	l.positive("outbox.settle_after", after)
	u, err := url.Parse(l.cfg.GHL.BaseURL)
	if err == nil && !Loopback(u.Hostname()) && after > 0 && after.Std() < crmLag {
		l.bad("outbox.settle_after", "%s is shorter than the CRM's lists may lag, so that what was done would be done again; write %s or more", after, Duration(crmLag))
	}
}

func (l *loader) checkPlace() {
	c := l.cfg
	if _, err := time.LoadLocation(c.Timezone); err != nil || c.Timezone == "" || c.Timezone == "Local" {
		l.bad("timezone", "%s is not a time zone; write one like America/New_York or Europe/Madrid", Show(c.Timezone))
	}
	l.oneOf("clock", c.Clock, spec.Names(hours.Clocks))
	for _, calendar := range slices.Sorted(maps.Keys(c.Clocks)) {
		l.oneOf("clocks."+calendar, c.Clocks[calendar], spec.Names(hours.Clocks))
	}
	c.Region = strings.ToUpper(c.Region)
	if !phonenumbers.GetSupportedRegions()[c.Region] {
		l.bad("region", "%s is not a country; write two letters like US or GB", Show(c.Region))
		c.Region = "US"
	}
}

func (l *loader) checkGHL() {
	g := &l.cfg.GHL
	l.url("ghl.base_url", &g.BaseURL)
	switch {
	case g.LocationID == "":
		l.bad("ghl.location_id", "missing; it is in the address of the sub-account's dashboard, after /location/")
	case !spec.IsID(g.LocationID):
		l.bad("ghl.location_id", "%s is not an id; it has letters and digits only", Show(g.LocationID))
	}
	if p := g.ConversationProvider; p != "" && !spec.IsID(p) {
		l.bad("ghl.conversation_provider", "%s is not an id; it has letters and digits only", Show(p))
	}
	if g.OAuth != nil {
		l.checkOAuth()
	}
}

func (l *loader) checkSMS() {
	s := &l.cfg.SMS
	l.oneOf("sms.provider", s.Provider, GatewayNames())
	if check := GatewayNamed(s.Provider).check; check != nil {
		check(l)
	}
	if !(s.PricePerPart >= 0 && s.PricePerPart < 1000) {
		l.bad("sms.price_per_part", "%g is no price; write that of one part, like 0.0079, or 0", s.PricePerPart)
	}
	if !currencyPattern().MatchString(s.Currency) {
		l.bad("sms.currency", "%s is no currency; write three letters like USD", Show(s.Currency))
	}
	isName := strings.IndexFunc(s.From, unicode.IsLetter) >= 0
	switch {
	case s.From == "":
	case isName && !senderPattern().MatchString(s.From):
		l.bad("sms.from", "%s is no sender name; it has at most 11 plain letters and digits", Show(s.From))
	case !isName:
		l.phone("sms.from", &s.From)
	}
}

func (l *loader) checkInbound() {
	in := &l.cfg.Inbound
	if in.Cutoff < 0 {
		l.bad("inbound.cutoff", `"%s" is less than zero; write it like 2h, or 0 for none`, in.Cutoff)
	}
	l.oneOf("inbound.staff_commands", in.StaffCommands, staffCommands)
	if pin := in.PIN.Reveal(); pin != "" && !pinPattern().MatchString(pin) {
		l.bad("inbound.pin", "must have 4 to 12 digits")
	}
	l.checkWords()
	if t := l.cfg.Inbound.WelcomeTask; t != nil {
		if t.Title == "" {
			l.bad("inbound.welcome_task.title", "missing; write the title of the task, or remove welcome_task")
		}
		l.positive("inbound.welcome_task.due", t.Due)
	}
}

// pinPattern is what a PIN looks like: digits are told from words.
var pinPattern = sms.Pattern(`^[0-9]{4,12}$`)

func (l *loader) checkWords() {
	in := l.cfg.Inbound
	for i, language := range in.Languages {
		if _, err := parse.NewWords([]string{language}, nil); err != nil {
			l.bad(fmt.Sprintf("inbound.languages[%d]", i), "%v", err)
			return
		}
	}
	for _, verb := range slices.Sorted(maps.Keys(in.Words)) {
		if _, err := parse.NewWords(in.Languages, map[parse.Verb][]string{parse.Verb(verb): in.Words[verb]}); err != nil {
			l.bad("inbound.words."+verb, "%v", err)
			return
		}
	}
	if _, err := in.vocabulary(); err != nil { // two verbs with one word
		l.bad("inbound.words", "%v", err)
	}
}

// vocabulary are the words by which texts are understood.
func (in Inbound) vocabulary() (*parse.Words, error) {
	own := map[parse.Verb][]string{}
	for verb, words := range in.Words {
		own[parse.Verb(verb)] = words
	}
	return parse.NewWords(in.Languages, own)
}

// mostFields is how many columns a view can have and still be looked at.
const mostFields = 500

func (l *loader) checkFields() {
	first := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(l.cfg.Fields)) {
		at, ref := "fields."+name, l.cfg.Fields[name]
		switch other, twice := first[ref]; {
		case ref == "":
			l.bad(at, "missing; write the CRM's field: the key of a custom field like contact.pet, or a standard one like companyName")
		case twice:
			l.bad(at, "%s is %s already; one name is enough", Show(ref), other)
		}
		first[ref] = name
	}
	if len(first) > mostFields {
		l.bad("fields", "names more than %d fields", mostFields)
	}
}

func (l *loader) checkWeb() {
	listen := l.cfg.Web.Listen
	if listen == "" {
		return
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		l.bad("web.listen", "%s is not an address; write host:port, like 127.0.0.1:8480", Show(listen))
		return
	}
	if !Loopback(host) {
		l.bad("web.listen", "%s can be reached from outside; the page has no password, so write 127.0.0.1:%s and forward the port over ssh", Show(listen), port)
		return
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		l.bad("web.listen", "%s has no port between 0 and 65535", Show(listen))
	}
}

// Loopback tells whether a host is this machine and no other.
func Loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (l *loader) atLeastOne(path string, n int) {
	if n < 1 {
		l.bad(path, "%d is less than 1; to send nothing at all, stop the daemon", n)
	}
}

func (l *loader) share(path string, s float64) {
	if !(s > 0 && s <= 1) {
		l.bad(path, "%v is not a share; write more than 0 and at most 1, like 0.2 for a fifth", s)
	}
}

// url accepts plain http only where nobody can listen in.
func (l *loader) url(path string, value *string) {
	u, err := url.Parse(*value)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		l.bad(path, "%s is not an address; write one like https://example.com", Show(*value))
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		l.bad(path, "has more than host and path in it; write one like https://example.com")
	case u.Scheme == "http" && !Loopback(u.Hostname()):
		l.bad(path, "%s would send the token in the clear; write https://", Show(*value))
	}
	*value = strings.TrimRight(*value, "/")
}

func (l *loader) path(path string, value *string) {
	if *value == "" {
		l.bad(path, "is empty; write the path of the file")
		return
	}
	*value = l.abs(*value)
}

// abs resolves name against the directory of the configuration file.
func (l *loader) abs(name string) string {
	if !filepath.IsAbs(name) {
		name = filepath.Join(l.dir, name)
	}
	if full, err := filepath.Abs(name); err == nil {
		return full
	}
	return name
}

func (l *loader) schedule(path, when string) {
	if err := checkSchedule(when); err != nil {
		l.bad(path, `%s %v; write "@every 1m" or five cron fields like "0 3 * * *"`, Show(when), err)
	}
}

func checkSchedule(when string) error {
	if strings.HasPrefix(when, "TZ=") || strings.HasPrefix(when, "CRON_TZ=") {
		return errors.New("names a time zone of its own, but timezone decides") // cron panics on "TZ=x"
	}
	if every, ok := strings.CutPrefix(when, "@every "); ok {
		if d, err := time.ParseDuration(every); err != nil || d < time.Second {
			return errors.New("is not an interval of a second or more")
		}
	}
	s, err := cron.ParseStandard(when)
	if err != nil {
		return fmt.Errorf("is not a schedule (%w)", err)
	}
	if s.Next(time.Now()).IsZero() {
		return errors.New("never comes")
	}
	return nil
}

// secrets reads the secrets of the sides in use.
func (l *loader) secrets() {
	l.crmSecrets()
	if secrets := GatewayNamed(l.cfg.SMS.Provider).secrets; secrets != nil {
		secrets(l)
	}
	l.alarmSecrets()
}

// MaxSecretSize is how many bytes a file with a secret may have.
const MaxSecretSize = 16 << 10

// secret takes the value from exactly one of path and path_file.
func (l *loader) secret(path string, value *term.Secret, file *string) {
	key := path[strings.LastIndex(path, ".")+1:]
	switch {
	case *value != "" && *file != "":
		l.bad(path+"_file", "set together with %s; keep one of them", key)
	case *value == "" && *file == "":
		if !l.blamed[path+"_file"] {
			l.bad(path, "missing; put it alone in a file and name that with %s_file, or write %s: ${NAME} to take it from the environment%s", key, key, otherWays[path])
		}
	case *file != "":
		*file = l.credential(*file)
		text, err := ReadSecret(*file)
		if err != nil {
			l.bad(path+"_file", "%s %v", *file, err)
		}
		*value = term.Secret(text)
	default:
		if problem := SecretShape(value.Reveal()); problem != nil {
			l.bad(path, "%v", problem)
		}
		l.warnInline(path)
	}
}

// credential finds a file among the credentials that systemd hands to the service, by its name
// without folders, and else where the path says. One that begins with a dot is only looked for
// beside the configuration.
func (l *loader) credential(name string) string {
	if dir := os.Getenv("CREDENTIALS_DIRECTORY"); dir != "" && name != "" && name[0] != '.' {
		if full := filepath.Join(dir, filepath.Base(name)); IsFile(full) {
			return full
		}
	}
	return l.abs(name)
}

// IsFile tells whether there is something to read a secret from.
func IsFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// ReadSecret reads a file that holds one secret and nothing else.
func ReadSecret(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", errors.New("does not exist; create it with the secret as its only line, then chmod 600 it")
	case err != nil:
		return "", fmt.Errorf("cannot be read (%w); make it readable for the user that runs ghlsms", Bare(err))
	case !info.Mode().IsRegular():
		return "", errors.New("is not a file")
	case info.Mode().Perm()&0o004 != 0:
		return "", fmt.Errorf("can be read by everybody; run: chmod 600 %s", path)
	case info.Size() > MaxSecretSize:
		return "", errors.New("is too large for a secret; it should hold the secret as its only line")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("cannot be read (%w); make it readable for the user that runs ghlsms", Bare(err))
	}
	secret := strings.TrimSpace(string(text))
	if secret == "" {
		return "", errors.New("is empty; put the secret in as its only line")
	}
	return secret, SecretShape(secret)
}

// SecretShape catches what would break a request header, without showing it.
func SecretShape(secret string) error {
	if strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return errors.New("holds spaces, lines or unusual characters; it should be the secret and nothing else")
	}
	return nil
}

// warnInline speaks up when a secret stands in a file that everybody may read.
func (l *loader) warnInline(path string) {
	info, err := os.Stat(l.src.File)
	if err != nil || info.Mode().Perm()&0o004 == 0 {
		return
	}
	key := path[strings.LastIndex(path, ".")+1:]
	l.cfg.warnings = append(l.cfg.warnings,
		l.src.Problem(path, fmt.Sprintf("is set in a file that everybody can read; use %s_file, or run: chmod 600 %s", key, l.src.File)).Error())
}

var placeholders = sms.Pattern(`(?i)^(ve9EPM428h8vShlRW1KT|\+155501\d\d|pit-x+(-x+)*|x+|change-?me|your[-_].*|<.*>|placeholder|example|secret|token|todo)$`)

// Check refuses values that were copied from the example. Load lets them pass, since they
// do no harm until the real services are called; whatever calls them should ask Check first.
// Hosts other than the real ones are sandboxes, and may expect just these values.
func (c *Config) Check() error {
	var found []ValueError
	refuse := func(path, value string, hidden bool, remedy string) {
		if !placeholders().MatchString(value) {
			return
		}
		shown := strconv.Quote(value)
		if _, ok := c.src.At[path]; !ok && hidden {
			path += "_file"
		}
		found = append(found, c.src.Problem(path, shown+" is the placeholder of the example; "+remedy))
	}
	if hostUnder(c.GHL.BaseURL, "leadconnectorhq.com") {
		refuse("ghl.location_id", c.GHL.LocationID, false, "write the id of your location")
		refuse("ghl.token", c.GHL.Token.Reveal(), true, "create a private integration token in the location's settings")
		if o := c.GHL.OAuth; o != nil {
			refuse("ghl.oauth.client_id", o.ClientID, false, "write the client id of your marketplace app")
			refuse("ghl.oauth.client_secret", o.ClientSecret.Reveal(), true, "create a client key in your marketplace app")
		}
	}
	if placeholders := GatewayNamed(c.SMS.Provider).placeholders; placeholders != nil {
		placeholders(c, refuse)
	}
	for _, path := range c.Alarms.shownWays() {
		found = append(found, c.src.Problem(path, "stands for a secret that was not shown; write the URL itself"))
	}
	if len(found) == 0 {
		return nil
	}
	return &Error{Problems: found}
}

func hostUnder(address, domain string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Hostname() == domain || strings.HasSuffix(u.Hostname(), "."+domain))
}
