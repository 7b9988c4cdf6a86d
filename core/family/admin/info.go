package admin

import (
	"strings"

	"github.com/redoubt-kv/redoubt/core/command"
)

// Section is a set of sections of INFO.
type Section uint16

// The sections, in INFO's order.
const (
	ServerSection Section = 1 << iota
	ClientsSection
	MemorySection
	PersistenceSection
	StatsSection
	ReplicationSection
	CPUSection
	ModulesSection
	CommandStatsSection
	ErrorStatsSection
	LatencyStatsSection
	ClusterSection
	KeyspaceSection
	ApplianceSection // of the machine around the server, if there is one

	allSections     = ApplianceSection<<1 - 1
	defaultSections = allSections &^ (CommandStatsSection | LatencyStatsSection)
)

var sectionNames = [...]string{
	"server", "clients", "memory", "persistence", "stats", "replication",
	"cpu", "modules", "commandstats", "errorstats", "latencystats", "cluster",
	"keyspace", "appliance",
}

// sectionOf returns the sections that a word of INFO's asks for, none if it is
// not known: Redis replies nothing about it then.
func sectionOf(word []byte) Section {
	switch {
	case command.EqualFold(word, "default"):
		return defaultSections
	case command.EqualFold(word, "all"), command.EqualFold(word, "everything"):
		return allSections
	case command.EqualFold(word, "module_list"):
		return ModulesSection
	}
	for i, name := range sectionNames {
		if command.EqualFold(word, name) {
			return 1 << i
		}
	}
	return 0
}

// Sections are the sections, each by itself, in INFO's order.
func Sections() (all []Section) {
	for i := range sectionNames {
		all = append(all, 1<<i)
	}
	return all
}

// Informer knows the state of the server.
type Informer interface {
	// Info fills the parts of the snapshot that belong to the sections.
	Info(c *command.Call, want Section) *Info
	// Memory is that part alone.
	Memory(c *command.Call) *Memory
	// ResetStats is CONFIG RESETSTAT.
	ResetStats(c *command.Call)
}

func (f *family) info(c *command.Call) {
	want := SectionsNamed(texts(c.Args[1:])...)
	c.Out.Verbatim("txt", Render(f.Info.Info(c, want), want))
}

// SectionsNamed are the sections that words of INFO's ask for; without words those that
// it shows by default.
func SectionsNamed(words ...string) (want Section) {
	if len(words) == 0 {
		return defaultSections
	}
	for _, word := range words {
		want |= sectionOf([]byte(word))
	}
	return want
}

// Render is the text of INFO for some sections.
func Render(info *Info, want Section) string {
	var r report
	for i, render := range renderers {
		if want&(1<<i) == 0 || 1<<i == ApplianceSection && info.Appliance == "" {
			continue
		}
		if r.Len() > 0 {
			r.WriteString("\r\n")
		}
		render(&r, info)
	}
	return r.String()
}

// renderers are by section, in INFO's order.
var renderers = [...]func(*report, *Info){
	(*report).server, (*report).clients, (*report).memory, (*report).persistence,
	(*report).stats, (*report).replication, (*report).cpu, (*report).modules,
	(*report).commandStats, (*report).errorStats, (*report).latencyStats,
	(*report).cluster, (*report).keyspace, (*report).appliance,
}

// safe replaces what would break INFO's lines in a name that clients chose.
func safe(name string) string {
	return strings.NewReplacer("#", "_", ":", "_", "\n", "_", "\r", "_").Replace(name)
}
