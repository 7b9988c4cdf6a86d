package admin

import (
	"strings"

	"github.com/redoubt-kv/redoubt/core/command"
)

// A redoubt seen from above, in profile below.
const drawing = `
             .-----^-----.
            /             \
      .----'   .-------.   '----.
      |       /  o   o  \       |
      <      |     +     |      >
      |       \  o   o  /       |
      '----.   '-------'   .----'
            \             /
             '-----v-----'
  _____        _  _  _  _  _        _____
       \______| || || || || |______/
`

func (f *family) lolwut(c *command.Call) {
	// The versions of Redis drew different things; here there is one.
	if len(c.Args) >= 3 && c.Is(1, "VERSION") {
		if _, ok := c.Int(2); !ok {
			return
		}
	}
	c.Out.Verbatim("txt", strings.TrimPrefix(drawing, "\n")+"\nRedis ver. "+f.Version+"\n")
}
