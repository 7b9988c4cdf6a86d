package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// process is the server under test. Its directory outlives it.
type process struct {
	command []string // program and first arguments
	dir     string   // of its data
	socket  string
	logFile string
	prepare func(*exec.Cmd) // called before each start, if not nil

	cmd    *exec.Cmd
	exited chan struct{}
}

// startLimit is how long a start may take, on a machine that does other things.
const startLimit = 2 * time.Minute

// newProcess prepares a server below dir.
func newProcess(command, dir string) (*process, error) {
	p := &process{command: strings.Fields(command), dir: filepath.Join(dir, "data"), socket: filepath.Join(dir, "s"), logFile: filepath.Join(dir, "log")}
	if err := os.MkdirAll(p.dir, 0o755); err != nil {
		return nil, fmt.Errorf("directory of the data: %w", err)
	}
	if len(p.socket) > 100 {
		return nil, fmt.Errorf("the path %s is too long for a Unix socket; choose another with -dir", p.socket)
	}
	return p, nil
}

// start runs the server and returns at once.
func (p *process) start(args ...string) error {
	os.Remove(p.socket)
	log, err := os.Create(p.logFile)
	if err != nil {
		return fmt.Errorf("log of the server: %w", err)
	}
	defer log.Close()
	all := append([]string{}, p.command[1:]...)
	all = append(all, "--port", "0", "--unixsocket", p.socket, "--dir", p.dir, "--enable-debug-command", "yes")
	p.cmd = exec.Command(p.command[0], append(all, args...)...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if p.prepare != nil {
		p.prepare(p.cmd)
	}
	if err := p.cmd.Start(); err != nil {
		p.cmd = nil
		return fmt.Errorf("start %s: %w", p.command[0], err)
	}
	p.exited = make(chan struct{})
	go func(cmd *exec.Cmd, exited chan struct{}) {
		cmd.Wait()
		close(exited)
	}(p.cmd, p.exited)
	return nil
}

var errLimit = errors.New("it is not ready after " + startLimit.String())

// ready waits until the server has loaded its data.
func (p *process) ready() error {
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); time.Sleep(3 * time.Millisecond) {
		if p.ended() {
			return fmt.Errorf("it ended by itself (%v)", p.cmd.ProcessState)
		}
		c, err := p.dial()
		if err != nil {
			continue
		}
		reply, err := c.Do("PING")
		c.Close()
		if err == nil && reply == "PONG" {
			return nil
		}
	}
	return errLimit
}

func (p *process) ended() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

func (p *process) dial() (*redistest.Client, error) {
	conn, err := net.Dial("unix", p.socket)
	if err != nil {
		return nil, fmt.Errorf("dial the server: %w", err)
	}
	return redistest.NewClient(conn), nil
}

// kill ends the server at once and waits for its end.
func (p *process) kill() {
	if p.cmd == nil {
		return
	}
	p.cmd.Process.Kill()
	<-p.exited
}

// terminate asks the server to end, and fails if it does not, or not well.
func (p *process) terminate() error {
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(startLimit):
		p.kill()
		return errors.New("SIGTERM does not end the server")
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("after SIGTERM the server ended with code %d", code)
	}
	return nil
}

// logTail is the end of the server's log.
func (p *process) logTail() string {
	b, err := os.ReadFile(p.logFile)
	if err != nil {
		return err.Error()
	}
	const most = 6000
	if len(b) > most {
		b = b[len(b)-most:]
	}
	return string(b)
}

// copyTree copies a directory and what is in it.
func copyTree(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, e := range entries {
		source, target := filepath.Join(from, e.Name()), filepath.Join(to, e.Name())
		if e.IsDir() {
			err = copyTree(source, target)
		} else {
			err = copyFile(source, target)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
