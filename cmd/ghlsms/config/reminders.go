package config

import (
	"ghlsms/sync/condition"
	"ghlsms/sync/remind"
)

// reminderEnv is what reminders are checked and compiled with.
func (c *Config) reminderEnv(src source) remind.Env {
	return remind.Env{Source: place{src, "reminders"}, Own: c.ownFields(), Past: c.Appointments.Past, Ahead: c.Appointments.Ahead}
}

func (l *loader) checkReminders() {
	if l.cfg.LanguageField != "" {
		if err := condition.CheckField(l.cfg.LanguageField, l.cfg.ownFields()); err != nil {
			l.bad("language_field", "%v", err)
		}
	}
	l.report("reminders", remind.Check(l.cfg.Reminders, l.cfg.reminderEnv(l.src)))
}

// language is the owner's, in which texts are that name no other: the first of those that people may text
// in.
func (c *Config) language() string {
	if len(c.Inbound.Languages) == 0 {
		return ""
	}
	return c.Inbound.Languages[0]
}
