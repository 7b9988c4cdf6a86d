package pubsub

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands: what COMMAND DOCS of Redis 7.0 replies.

func docs(since, summary, complexity string, args ...command.Arg) command.Docs {
	return command.Docs{Summary: summary, Since: since, Complexity: complexity, Args: args}
}

// words is an argument that may come several times, or not at all.
func words(name, kind string, flags ...string) command.Arg {
	return command.Arg{Name: name, Type: kind, Flags: flags}
}

func subscribeDocs() command.Docs {
	return docs("2.0.0", "Listen for messages published to the given channels",
		"O(N) where N is the number of channels to subscribe to.", words("channel", "string", "multiple"))
}

func unsubscribeDocs() command.Docs {
	return docs("2.0.0", "Stop listening for messages posted to the given channels",
		"O(N) where N is the number of clients already subscribed to a channel.",
		words("channel", "string", "optional", "multiple"))
}

func psubscribeDocs() command.Docs {
	pattern := words("pattern", "block", "multiple")
	pattern.Args = []command.Arg{words("pattern", "pattern")}
	return docs("2.0.0", "Listen for messages published to channels matching the given patterns",
		"O(N) where N is the number of patterns the client is already subscribed to.", pattern)
}

func punsubscribeDocs() command.Docs {
	return docs("2.0.0", "Stop listening for messages posted to channels matching the given patterns",
		"O(N+M) where N is the number of patterns the client is already subscribed and M is the number of total patterns subscribed in the system (by any client).",
		words("pattern", "pattern", "optional", "multiple"))
}

func ssubscribeDocs() command.Docs {
	return docs("7.0.0", "Listen for messages published to the given shard channels",
		"O(N) where N is the number of shard channels to subscribe to.", words("shardchannel", "string", "multiple"))
}

func sunsubscribeDocs() command.Docs {
	return docs("7.0.0", "Stop listening for messages posted to the given shard channels",
		"O(N) where N is the number of clients already subscribed to a shard channel.",
		words("shardchannel", "string", "optional", "multiple"))
}

func publishDocs() command.Docs {
	return docs("2.0.0", "Post a message to a channel",
		"O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of subscribed patterns (by any client).",
		words("channel", "string"), words("message", "string"))
}

func spublishDocs() command.Docs {
	return docs("7.0.0", "Post a message to a shard channel",
		"O(N) where N is the number of clients subscribed to the receiving shard channel.",
		words("shardchannel", "string"), words("message", "string"))
}

func pubsubDocs() command.Docs {
	return docs("2.8.0", "A container for Pub/Sub commands", "Depends on subcommand.")
}

func channelsDocs() command.Docs {
	return docs("2.8.0", "List active channels",
		"O(N) where N is the number of active channels, and assuming constant time pattern matching (relatively short channels and patterns)",
		words("pattern", "pattern", "optional"))
}

func helpDocs() command.Docs {
	return docs("6.2.0", "Show helpful text about the different subcommands", "O(1)")
}

func numpatDocs() command.Docs {
	return docs("2.8.0", "Get the count of unique patterns pattern subscriptions", "O(1)")
}

func numsubDocs() command.Docs {
	return docs("2.8.0", "Get the count of subscribers for channels",
		"O(N) for the NUMSUB subcommand, where N is the number of requested channels",
		words("channel", "string", "optional", "multiple"))
}

func shardChannelsDocs() command.Docs {
	return docs("7.0.0", "List active shard channels",
		"O(N) where N is the number of active shard channels, and assuming constant time pattern matching (relatively short shard channels).",
		words("pattern", "pattern", "optional"))
}

func shardNumsubDocs() command.Docs {
	return docs("7.0.0", "Get the count of subscribers for shard channels",
		"O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels",
		words("shardchannel", "string", "optional", "multiple"))
}
