package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// process is one server. With an empty command it is somebody else's, found
// at addr.
type process struct {
	command []string
	addr    string

	cmd    *exec.Cmd
	port   int // chosen at the first start
	dir    string
	log    bytes.Buffer // written until exited is closed
	exited chan struct{}
}

// ensure starts the server if it does not run.
func (p *process) ensure() error {
	if len(p.command) == 0 {
		return nil
	}
	if p.cmd != nil {
		select {
		case <-p.exited:
			p.stop()
		default:
			return nil
		}
	}
	return p.start()
}

func (p *process) start() error {
	if p.port == 0 {
		port, err := redistest.FreePort()
		if err != nil {
			return err
		}
		p.port, p.addr = port, net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	}
	if p.dir == "" {
		dir, err := os.MkdirTemp("", "differential")
		if err != nil {
			return fmt.Errorf("directory of the server: %w", err)
		}
		p.dir = dir
	}
	args := append(append([]string{}, p.command[1:]...), "--port", strconv.Itoa(p.port), "--bind", "127.0.0.1",
		"--dir", p.dir, "--save", "", "--enable-debug-command", "yes")
	p.log.Reset()
	p.cmd = exec.Command(p.command[0], args...)
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		p.cmd = nil
		return fmt.Errorf("start the server: %w", err)
	}
	p.exited = make(chan struct{})
	go func(cmd *exec.Cmd, exited chan struct{}) {
		cmd.Wait()
		close(exited)
	}(p.cmd, p.exited)
	return p.await()
}

func (p *process) await() error {
	for deadline := time.Now().Add(silence); time.Now().Before(deadline); {
		select {
		case <-p.exited:
			return fmt.Errorf("%s exited during start:\n%s", p.command[0], p.log.String())
		case <-time.After(10 * time.Millisecond):
		}
		c, err := dial(p.addr)
		if err != nil {
			continue
		}
		v, err := c.do("PING")
		c.Close()
		if err == nil && v.kind == '+' {
			return nil
		}
	}
	return errors.New(p.command[0] + " does not answer PING")
}

// stop kills the server if this process started it: nothing in it is worth
// keeping.
func (p *process) stop() {
	if p.cmd == nil {
		return
	}
	p.kill()
	os.RemoveAll(p.dir)
	p.dir = ""
}

func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.exited
	p.cmd = nil
}

// restart has the server save, ends it at once, and starts it in the same
// directory.
func (p *process) restart() error {
	if p.cmd == nil {
		return errors.New("restart: the server is not this program's")
	}
	c, err := dial(p.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := save(c); err != nil {
		return err
	}
	p.kill()
	return p.start()
}

// save runs SAVE, as soon as no BGSAVE stands in its way.
func save(c *conn) error {
	for deadline := time.Now().Add(silence); ; time.Sleep(10 * time.Millisecond) {
		v, err := c.do("SAVE")
		if err != nil {
			return fmt.Errorf("SAVE before the restart: %w", err)
		}
		if v.kind == '+' {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("SAVE before the restart: %s", v.text)
		}
	}
}

// keepSaving runs BGSAVE again and again until stop is closed.
func (p *process) keepSaving(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(20 * time.Millisecond):
		}
		c, err := dial(p.addr)
		if err != nil {
			continue // the server is being restarted
		}
		c.do("BGSAVE") // refused while the last one runs; what matters is that one does
		c.Close()
	}
}
