package main

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/ghl"
	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync"
	"ghlsms/sync/rule"
)

func operationsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "operations", Short: "List everything the program can do, where, with which scope, with an example", Args: cobra.NoArgs,
		Long: `List everything that the program knows: what triggers rules and what rules can do, what people
can text, what you can type, what is carried outside, and what the token must allow for it. The list
is made of the tables that the program goes by.`,
	}
	format := term.FormatFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return term.PrintTable(cmd.OutOrStdout(), operations(cmd.Root()), *format, time.UTC)
	}
	return cmd
}

// operations is everything the program can do, one row each.
func operations(root *cobra.Command) store.Table {
	t := store.Table{Columns: []string{"kind", "name", "what", "endpoint", "scope", "example"}}
	add := func(kind, name, what string, calls []string, where, example string) {
		t.Rows = append(t.Rows, []any{kind, name, what, cmp.Or(strings.Join(calls, ", "), where), strings.Join(scopes(calls), ", "), example})
	}
	for _, tr := range rule.Triggers {
		add("trigger", tr.Name, tr.Means, tr.Calls, tr.Source, tr.Example)
	}
	for _, a := range rule.Actions {
		calls, where := callsOf(a.Effects)
		add("action", a.Name, a.Means, calls, where, a.Example)
	}
	for _, c := range sync.TextCommands {
		calls, where := callsOf(c.Effects)
		add("text", cmp.Or(string(c.Verb), "talk"), c.Means, calls, where, c.Example)
	}
	for _, c := range leaves(root) {
		calls, where := callsOf(edits[strings.TrimPrefix(c.CommandPath(), root.Name()+" ")])
		add("command", strings.TrimPrefix(c.CommandPath(), root.Name()+" "), c.Short, calls, where, c.UseLine())
	}
	for _, k := range store.Kinds {
		op := sync.EffectOf(k)
		calls, where := callsOf([]store.Kind{k})
		add("effect", string(k), op.Means, calls, where, op.Example)
	}
	for _, f := range ghl.Functions() {
		t.Rows = append(t.Rows, []any{"function", f.Name, "what a token may be allowed to do in the CRM", strings.Join(f.Calls(), ", "), strings.Join(f.Scopes, ", "), "ghlsms auth status"})
	}
	for _, d := range config.GatewayDrivers {
		for _, g := range gatewayAbilities(d) {
			add("gateway", d.Name+": "+g.name, g.means, nil, d.Ways[g.name], "sms: {provider: "+d.Name+"}")
		}
	}
	return t
}

// callsOf are the calls of the CRM that effects make, and where the others go.
func callsOf(kinds []store.Kind) (calls []string, where string) {
	for _, k := range kinds {
		op := sync.EffectOf(k)
		if len(op.Calls) == 0 {
			where = "the gateway"
		}
		calls = append(calls, op.Calls...)
	}
	return calls, where
}

// scopes are those that calls of the CRM need, each once.
func scopes(calls []string) (all []string) {
	for _, call := range calls {
		method, path, _ := strings.Cut(call, " ")
		f, _ := ghl.FunctionOf(method, strings.ReplaceAll(path, "{id}", "id"))
		for _, s := range f.Scopes {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

// leaves are the commands without subcommands.
func leaves(cmd *cobra.Command) (all []*cobra.Command) {
	for _, sub := range cmd.Commands() {
		switch {
		case sub.Hidden || sub.Name() == "help" || sub.Name() == "completion":
		case sub.HasSubCommands():
			all = append(all, leaves(sub)...)
		default:
			all = append(all, sub)
		}
	}
	return all
}

// edits are the commands by which people change records, with what becomes of it.
var edits = map[string][]store.Kind{
	"contact set": {store.UpdateContact, store.TagContact, store.UntagContact}, "contact delete": {store.DeleteContact},
	"contact opt-out": {store.UpdateContact, store.TellOptOut}, "contact opt-in": {store.UpdateContact, store.TellOptIn},
	"task set": {store.UpdateTask, store.CompleteTask}, "task add": {store.CreateTask}, "task done": {store.CompleteTask}, "task reopen": {store.CompleteTask}, "task delete": {store.DeleteTask},
	"note set": {store.UpdateNote}, "note add": {store.CreateNote}, "note delete": {store.DeleteNote},
	"appointment set": {store.UpdateAppointment}, "appointment confirm": {store.UpdateAppointment}, "appointment cancel": {store.UpdateAppointment},
	"appointment delete": {store.DeleteAppointment},
}

// ability is something that a gateway may be able to do.
type ability struct {
	name, means string
	can         func(config.GatewayDriver) bool
}

var abilities = []ability{
	{"send", "send a text", config.Can[sms.Gateway]},
	{"receive", "read the texts that came in", config.Can[sms.Gateway]},
	{"status", "ask what became of a text", config.Can[sms.Gateway]},
	{"find", "look for a text whose sending got no clear answer", config.Can[sms.Gateway]},
	{"opt-outs", "read who opted out at the gateway", config.Can[sms.OptOutLister]},
	{"opt out", "tell the gateway's own list of an opt-out", config.Can[sms.OptOuter]},
	{"opt in", "tell it of an opt-in", config.Can[sms.OptInner]},
	{"address book", "keep a list of its address book in step", config.Can[sms.Directory]},
}

// gatewayAbilities are what a driver's gateways can do.
func gatewayAbilities(d config.GatewayDriver) (all []ability) {
	for _, a := range abilities {
		if a.can(d) {
			all = append(all, a)
		}
	}
	return all
}
