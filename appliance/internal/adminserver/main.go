// Adminserver is a server and its administration in one process, without a machine
// around them: for work on the status page, and for tests of what scrapes it.
//
//	go run ./appliance/internal/adminserver -port 6390 -admin 127.0.0.1:8090
//
// Arguments after the flags are the server's: -- --requirepass secret --appendonly yes
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redoubt-kv/redoubt/appliance/admin"
	"github.com/redoubt-kv/redoubt/core/server"
)

func main() {
	port := flag.Int("port", 6390, "port of the server")
	at := flag.String("admin", "127.0.0.1:8090", "address of the endpoint")
	dir := flag.String("dir", "", "folder of the server's files (default: a new one)")
	config := admin.Config{}
	flag.StringVar(&config.Password, "password", "", "admin-password")
	flag.StringVar(&config.Token, "token", "", "admin-token")
	flag.BoolVar(&config.Open, "open", true, "admin-open")
	flag.StringVar(&config.CertFile, "cert", "", "admin-tls-cert")
	flag.StringVar(&config.KeyFile, "key", "", "admin-tls-key")
	locked := flag.String("locked", "", "lock the machine, for this reason")
	flag.Parse()
	config.Listen = *at
	if *dir == "" {
		temp, err := os.MkdirTemp("", "adminserver")
		if err != nil {
			fmt.Fprintln(os.Stderr, "adminserver:", err)
			os.Exit(1)
		}
		defer os.RemoveAll(temp)
		*dir = temp
	}
	args := append([]string{"--port", strconv.Itoa(*port), "--dir", *dir, "--save", ""}, flag.Args()...)
	os.Exit(run(config, args, *locked))
}

// run serves until a signal, or until somebody asks the machine to end.
func run(config admin.Config, args []string, locked string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	m := &process{started: time.Now(), log: admin.NewLog(64 << 10), end: stop, locked: locked}
	out := io.MultiWriter(os.Stdout, m.log)
	m.mark("start")
	embed := server.Embedding{Locked: locked, Started: func(h *server.Handle) {
		m.mark("listening")
		e := admin.New(config, m, h, nil, func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) })
		l, err := e.Listen()
		if err != nil {
			fmt.Fprintln(os.Stderr, "adminserver:", err)
			stop()
			return
		}
		m.mark("admin")
		go func() {
			if err := e.Serve(l); err != nil {
				fmt.Fprintln(os.Stderr, "adminserver:", err)
			}
		}()
	}}
	return server.RunEmbedded(ctx, args, strings.NewReader(""), out, out, embed)
}

// process stands for a machine.
type process struct {
	started time.Time
	log     *admin.Log
	phases  []admin.Phase // complete before the endpoint serves
	end     func()
	locked  string
}

func (p *process) mark(name string) {
	p.phases = append(p.phases, admin.Phase{Name: name, At: time.Since(p.started)})
}

func (p *process) About() admin.About {
	host, _ := os.Hostname()
	about := admin.About{Version: server.Version, Profile: "process", Arch: runtime.GOARCH, Kernel: runtime.GOOS, Hostname: host, Locked: p.locked}
	addresses, _ := net.InterfaceAddrs()
	for _, a := range addresses {
		about.Addresses = append(about.Addresses, a.String())
	}
	return about
}

func (p *process) Uptime() time.Duration { return time.Since(p.started) }
func (p *process) Phases() []admin.Phase { return p.phases }
func (p *process) Log() *admin.Log       { return p.log }
func (p *process) Reboot(by string)      { p.leave("reboot", by) }
func (p *process) PowerOff(by string)    { p.leave("power off", by) }
func (p *process) leave(what, by string) {
	fmt.Fprintf(p.log, "%s, asked for by %s\n", what, by)
	p.end()
}
