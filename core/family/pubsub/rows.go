package pubsub

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/pubsub"
)

// Commands returns the rows of the group, for the channels of a server.
func Commands(channels *pubsub.Registry) []command.Row {
	f := &family{channels}
	const (
		shown = command.PubSub | command.Loading | command.Stale
		own   = shown | command.NoScript | command.WhileSubscribed
		send  = shown | command.Fast | command.MayReplicate
		ask   = command.Loading | command.Stale
	)
	return []command.Row{
		{Name: "subscribe", Arity: -2, Flags: own, Group: "pubsub", Docs: subscribeDocs, Handler: subscribe(pubsub.Channel)},
		{Name: "unsubscribe", Arity: -1, Flags: own, Group: "pubsub", Docs: unsubscribeDocs, Handler: unsubscribe(pubsub.Channel)},
		{Name: "psubscribe", Arity: -2, Flags: own, Group: "pubsub", Docs: psubscribeDocs, Handler: subscribe(pubsub.Pattern)},
		{Name: "punsubscribe", Arity: -1, Flags: own, Group: "pubsub", Docs: punsubscribeDocs, Handler: unsubscribe(pubsub.Pattern)},
		{Name: "ssubscribe", Arity: -2, Flags: own, Keys: shardChannels(-1), Group: "pubsub", Docs: ssubscribeDocs, Handler: subscribe(pubsub.Sharded)},
		{Name: "sunsubscribe", Arity: -1, Flags: own, Keys: shardChannels(-1), Group: "pubsub", Docs: sunsubscribeDocs, Handler: unsubscribe(pubsub.Sharded)},
		{Name: "publish", Arity: 3, Flags: send, Group: "pubsub", Docs: publishDocs, Handler: f.publish(pubsub.Channel)},
		{Name: "spublish", Arity: 3, Flags: send, Keys: shardChannels(0), Group: "pubsub", Docs: spublishDocs, Handler: f.publish(pubsub.Sharded)},
		{Name: "pubsub", Arity: -2, Group: "pubsub", Docs: pubsubDocs, Subcommands: []command.Row{
			{Name: "channels", Arity: -2, Flags: shown, Group: "pubsub", Docs: channelsDocs, Handler: f.list(pubsub.Channel)},
			{Name: "help", Arity: 2, Flags: ask, ACL: []string{"-pubsub"}, Group: "pubsub", Docs: helpDocs, Handler: help},
			{Name: "numpat", Arity: 2, Flags: shown, Group: "pubsub", Docs: numpatDocs, Handler: f.patterns},
			{Name: "numsub", Arity: -2, Flags: shown, Group: "pubsub", Docs: numsubDocs, Handler: f.count(pubsub.Channel)},
			{Name: "shardchannels", Arity: -2, Flags: shown, Group: "pubsub", Docs: shardChannelsDocs, Handler: f.list(pubsub.Sharded)},
			{Name: "shardnumsub", Arity: -2, Flags: shown, Group: "pubsub", Docs: shardNumsubDocs, Handler: f.count(pubsub.Sharded)},
		}},
	}
}

// shardChannels says where the names of sharded channels are, which are no keys but
// belong to slots.
func shardChannels(last int) []command.KeySpec {
	return []command.KeySpec{{Flags: []string{"not_key"}, Index: 1, LastKey: last, Step: 1}}
}
