package server

import (
	"fmt"
	"os"
	"strings"

	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// logo is what always-show-logo puts into the log: a redoubt seen from above, and
// what an administrator looks for first.
func logo(set *settings.Settings) string {
	facts := []string{
		fmt.Sprintf("Redoubt %s (Redis %s compatible)", Version, RedisVersion),
		"Running in standalone mode",
		fmt.Sprintf("Port: %d  TLS port: %d", set.Port, set.TLSPort),
		fmt.Sprintf("PID: %d", os.Getpid()),
	}
	plan := []string{
		"       .-----^-----.",
		"      /  .-------.  \\",
		"     <   |   +   |   >",
		"      \\  '-------'  /",
		"       '-----v-----'",
	}
	var b strings.Builder
	for i, line := range plan {
		fact := ""
		if i < len(facts) {
			fact = facts[i]
		}
		b.WriteString("\n" + strings.TrimRight(fmt.Sprintf("%-26s%s", line, fact), " "))
	}
	return b.String() + "\n"
}
