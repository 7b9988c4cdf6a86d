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
	dir    string
	log    bytes.Buffer // written until exited is closed
	exited chan struct{}
}

// ensure starts the server if it does not run.
func (p *process) ensure() error {
	if len(p.command) == 0 || p.addr != "" && p.cmd == nil {
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
	port, err := redistest.FreePort()
	if err != nil {
		return err
	}
	if p.dir, err = os.MkdirTemp("", "differential"); err != nil {
		return fmt.Errorf("directory of the server: %w", err)
	}
	args := append(append([]string{}, p.command[1:]...), "--port", strconv.Itoa(port), "--bind", "127.0.0.1",
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
	p.addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
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
	p.cmd.Process.Kill()
	<-p.exited
	os.RemoveAll(p.dir)
	p.cmd = nil
}
