package command

import "slices"

// categories are the ACL categories in the order of COMMAND INFO.
var categories = [...]string{
	"keyspace", "read", "write", "set", "sortedset", "list", "hash", "string",
	"bitmap", "hyperloglog", "geo", "stream", "pubsub", "admin", "fast",
	"slow", "blocking", "dangerous", "connection", "transaction", "scripting",
}

// CategoryNames are the ACL categories in the order of COMMAND INFO, without the
// @. They are not to be changed.
func CategoryNames() []string { return categories[:] }

// ofGroup gives the category that belongs to a group of commands where the
// two have different names.
func ofGroup(group string) string {
	switch group {
	case "generic":
		return "keyspace"
	case "sorted-set":
		return "sortedset"
	case "transactions":
		return "transaction"
	}
	return group // "server" and "cluster" are no categories
}

// Categories returns the row's ACL categories without the @, in the order of
// COMMAND INFO: those that its flags imply, that of its group (containers,
// which do nothing themselves, have none), and those of Row.ACL, where a
// leading minus takes one away.
func (r *Row) Categories() []string {
	var names []string
	for _, name := range categories {
		if r.inCategory(name) {
			names = append(names, name)
		}
	}
	return names
}

func (r *Row) inCategory(name string) bool {
	switch {
	case slices.Contains(r.ACL, "-"+name):
		return false
	case slices.Contains(r.ACL, name):
		return true
	case name == ofGroup(r.Group) && len(r.Subcommands) == 0:
		return true
	}
	return r.flagsImply(name)
}

func (r *Row) flagsImply(category string) bool {
	switch category {
	case "write":
		return r.Flags&Write != 0
	case "read":
		// Scripts read, and may be anything else too.
		return r.Flags&ReadOnly != 0 && r.Group != "scripting"
	case "admin", "dangerous":
		return r.Flags&Admin != 0
	case "pubsub":
		return r.Flags&PubSub != 0
	case "fast":
		return r.Flags&Fast != 0
	case "slow":
		return r.Flags&Fast == 0
	case "blocking":
		return r.Flags&Blocking != 0
	}
	return false
}
