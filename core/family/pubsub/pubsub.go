// Package pubsub has the commands of Redis's group "pubsub". Who has subscribed to what,
// and how messages come to their clients, is in core/pubsub.
package pubsub

import (
	"strings"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/pubsub"
)

// Client is what these commands need of the client of a call, beyond command.Client. What
// the methods mean is said where they are implemented (package session).
type Client interface {
	command.Client
	Subscribe(kind pubsub.Kind, what string, name []byte)
	Unsubscribe(kind pubsub.Kind, what string, names [][]byte)
	Mailbox() *pubsub.Box
	Published()
	Throttle(full *pubsub.Box)
}

// family has what the commands drive.
type family struct{ channels *pubsub.Registry }

// subscribe is SUBSCRIBE, PSUBSCRIBE and SSUBSCRIBE. A sharded channel cannot be
// subscribed to in a transaction; the others can since they always could.
func subscribe(kind pubsub.Kind) command.Handler {
	return func(c *command.Call) {
		client, ok := c.Client.(Client)
		if !ok || c.Nested && (kind == pubsub.Sharded || c.Requested() == c.Row) {
			c.Out.Errorf("ERR %s isn't allowed for a DENY BLOCKING client", strings.ToUpper(c.Row.Name))
			return
		}
		for _, name := range c.Args[1:] {
			client.Subscribe(kind, c.Row.Name, name)
		}
	}
}

// unsubscribe is UNSUBSCRIBE, PUNSUBSCRIBE and SUNSUBSCRIBE.
func unsubscribe(kind pubsub.Kind) command.Handler {
	return func(c *command.Call) {
		if client, ok := c.Client.(Client); ok {
			client.Unsubscribe(kind, c.Row.Name, c.Args[1:])
		}
	}
}

// publish is PUBLISH and SPUBLISH.
func (f *family) publish(kind pubsub.Kind) command.Handler {
	return func(c *command.Call) {
		client, ok := c.Client.(Client)
		var here *pubsub.Box
		if ok {
			here = client.Mailbox()
		}
		n, full := f.channels.Publish(kind, c.Args[1], c.Args[2], here)
		if ok {
			client.Published()
		}
		c.Out.Int(int64(n))
		if full != nil && ok {
			client.Throttle(full)
		}
	}
}

// list is PUBSUB CHANNELS and SHARDCHANNELS.
func (f *family) list(kind pubsub.Kind) command.Handler {
	return func(c *command.Call) {
		var pattern []byte
		switch len(c.Args) {
		case 2:
		case 3:
			pattern = c.Args[2]
		default:
			c.SubcommandError()
			return
		}
		names := f.channels.Channels(kind, pattern)
		c.Out.Array(len(names))
		for _, name := range names {
			c.Out.BulkString(name)
		}
	}
}

// count is PUBSUB NUMSUB and SHARDNUMSUB.
func (f *family) count(kind pubsub.Kind) command.Handler {
	return func(c *command.Call) {
		c.Out.Array(2 * (len(c.Args) - 2))
		for _, channel := range c.Args[2:] {
			c.Out.Bulk(channel)
			c.Out.Int(int64(f.channels.Subscribers(kind, channel)))
		}
	}
}

func (f *family) patterns(c *command.Call) {
	c.Out.Int(int64(f.channels.Topics(pubsub.Pattern)))
}

func help(c *command.Call) {
	c.Help(
		"CHANNELS [<pattern>]",
		"    Return the currently active channels matching a <pattern> (default: '*').",
		"NUMPAT",
		"    Return number of subscriptions to patterns.",
		"NUMSUB [<channel> ...]",
		"    Return the number of subscribers for the specified channels, excluding",
		"    pattern subscriptions(default: no channels).",
		"SHARDCHANNELS [<pattern>]",
		"    Return the currently active shard level channels matching a <pattern> (default: '*').",
		"SHARDNUMSUB [<shardchannel> ...]",
		"    Return the number of subscribers for the specified shard level channel(s)",
	)
}
