// Package cluster holds the commands of Redis's group "cluster". This server is no
// node of a cluster, and replies to them what Redis does with cluster-enabled no.
package cluster

import "github.com/redoubt-kv/redoubt/core/command"

func disabled(c *command.Call) { c.Out.Error("ERR This instance has cluster support disabled") }
