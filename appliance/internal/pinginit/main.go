//go:build linux

// Pinginit is a machine for the boot test: the appliance around a program that
// answers PING, CONFIG GET (from its arguments), SHUTDOWN and "CRASH kind", and
// nothing else. It shows how a machine ends in ways that a good server never
// gives an occasion for; the product's init is cmd/redoubt-init.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"

	"github.com/redoubt-kv/redoubt/appliance"
	"github.com/redoubt-kv/redoubt/core/server"
)

func main() {
	if err := appliance.Main(serve); err != nil {
		fmt.Fprintln(os.Stderr, "pinginit:", err)
		os.Exit(1)
	}
}

// pinger is the running program.
type pinger struct {
	args     []string
	log      io.Writer
	shutdown func()
	code     int
}

// serve is the appliance.Program. A directive "fail" makes it refuse to start, as
// a server does with a directive it does not know.
func serve(ctx context.Context, args []string, log io.Writer, _ server.Embedding) int {
	if value := lastDirective(args, "fail"); value != "" {
		fmt.Fprintf(log, "*** FATAL CONFIG ERROR: fail %q\n", value)
		return 1
	}
	listener, err := net.Listen("tcp", ":6379")
	if err != nil {
		fmt.Fprintln(log, err)
		return 1
	}
	fmt.Fprintln(log, "pinginit: arguments", args)
	done := make(chan struct{})
	s := &pinger{args: args, log: log, shutdown: sync.OnceFunc(func() { close(done) })}
	go s.accept(listener)
	select {
	case <-ctx.Done():
		fmt.Fprintln(log, "pinginit: told to end")
	case <-done:
	}
	return s.code
}

func (s *pinger) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go s.talk(conn)
	}
}

// talk answers inline commands, one a line.
func (s *pinger) talk(conn net.Conn) {
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) == 0 {
			continue
		}
		fmt.Fprint(conn, s.reply(words))
	}
}

func (s *pinger) reply(words []string) string {
	switch strings.ToUpper(words[0]) {
	case "PING":
		return "+PONG\r\n"
	case "CONFIG":
		return "+" + lastDirective(s.args, words[len(words)-1]) + "\r\n"
	case "SHUTDOWN":
		s.shutdown()
	case "CRASH":
		s.crash(words[len(words)-1])
	}
	return "-ERR unknown command\r\n"
}

// crash ends the program in a disorderly way.
func (s *pinger) crash(kind string) {
	switch kind {
	case "exit":
		s.code = 3
		s.shutdown()
	case "panic":
		panic("asked for")
	}
}

// lastDirective returns the value that counts of "--name value".
func lastDirective(args []string, name string) (value string) {
	for i := 0; i+1 < len(args); i++ {
		if args[i] == "--"+name {
			value = args[i+1]
		}
	}
	return value
}
