package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redoubt-kv/redoubt/bench/load"
)

const (
	startTimeout = 30 * time.Second
	stopTimeout  = 10 * time.Second
	startPoll    = 5 * time.Millisecond
)

// Peer is a running server.
type Peer struct {
	Spec
	Addr string   // host:port
	Args []string // the whole command line, with pinning
	Dir  string   // its working files; the caller removes it
	PID  int
	// Ready is the time from the start of the process to its first +PONG. A
	// server that loads its data answers LOADING until it has.
	Ready time.Duration

	began time.Time
	cmd   *exec.Cmd
	out   *os.File
	wait  chan error
	from  cpuSample
}

// Start starts spec on the processors cpus (as taskset takes them, "" for no
// pinning) and returns when it answers PING. Its output goes to a file in dir.
// Port 0 means any free one.
func Start(spec Spec, cpus string, port int, dir string) (*Peer, error) {
	return StartWithin(startTimeout, spec, cpus, port, dir)
}

// StartWithin is Start of a server that may load its data for as long as limit
// before it answers PING.
func StartWithin(limit time.Duration, spec Spec, cpus string, port int, dir string) (*Peer, error) {
	if port == 0 {
		var err error
		if port, err = freePort(); err != nil {
			return nil, err
		}
	}
	p := &Peer{Spec: spec, Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), Dir: dir, wait: make(chan error, 1)}
	p.Args = pinned(cpus, spec.With(port, dir))
	if c, err := net.DialTimeout("tcp", p.Addr, time.Second); err == nil {
		_ = c.Close()
		return nil, fmt.Errorf("start %s: something listens on %s already", spec.Name, p.Addr)
	}
	if err := p.exec(); err != nil {
		return nil, err
	}
	if err := p.awaitPong(limit); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

func pinned(cpus string, args []string) []string {
	if cpus == "" {
		return args
	}
	return append([]string{"taskset", "-c", cpus}, args...)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// exec starts the process. taskset replaces itself by the server, so the id
// of the process is the server's.
func (p *Peer) exec() error {
	out, err := os.Create(filepath.Join(p.Dir, "output.txt"))
	if err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	p.out = out
	p.cmd = exec.Command(p.Args[0], p.Args[1:]...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.began = time.Now()
	if err := p.cmd.Start(); err != nil {
		_ = out.Close()
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	p.PID = p.cmd.Process.Pid
	go func() { p.wait <- p.cmd.Wait() }()
	return nil
}

func (p *Peer) awaitPong(limit time.Duration) error {
	deadline := p.began.Add(limit)
	var last error
	for time.Now().Before(deadline) {
		select {
		case err := <-p.wait:
			p.wait <- err
			return fmt.Errorf("%s ended at start (%v); its output ends:\n%s", p.Name, err, p.tail())
		case <-time.After(startPoll):
		}
		if last = p.ping(); last == nil {
			p.Ready = time.Since(p.began)
			return nil
		}
	}
	return fmt.Errorf("%s did not answer PING within %v: %w", p.Name, limit, last)
}

func (p *Peer) ping() error {
	c, err := load.Dial(p.Addr)
	if err != nil {
		return err
	}
	defer c.Close()
	c.Timeout = time.Second
	_, err = c.Do("PING")
	return err
}

// tail returns the end of the server's output.
func (p *Peer) tail() string {
	b, err := os.ReadFile(p.out.Name())
	if err != nil {
		return err.Error()
	}
	return string(bytes.TrimSpace(b[max(0, len(b)-2000):]))
}

// Stop ends the server without saving, by force if it takes too long.
func (p *Peer) Stop() error {
	defer p.out.Close()
	if c, err := load.Dial(p.Addr); err == nil {
		c.Timeout = stopTimeout
		_, _ = c.Do("SHUTDOWN", "NOSAVE") // success is a closed connection
		_ = c.Close()
	}
	select {
	case <-p.wait:
		return nil
	case <-time.After(stopTimeout):
	}
	if err := p.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("stop %s: %w", p.Name, err)
	}
	<-p.wait
	return nil
}

// Dial opens a control connection.
func (p *Peer) Dial() (*load.Conn, error) { return load.Dial(p.Addr) }

// Version returns what the server says of itself.
func (p *Peer) Version() (string, error) {
	c, err := p.Dial()
	if err != nil {
		return "", err
	}
	defer c.Close()
	return Version(c)
}

// Version returns what the server behind c says of itself.
func Version(c *load.Conn) (string, error) {
	info, err := Info(c, "server")
	if err != nil {
		return "", err
	}
	v := "redis_version " + info["redis_version"]
	if own := info["redoubt_version"]; own != "" {
		v = "redoubt_version " + own + " (" + v + ")"
	}
	return v, nil
}

// Info returns the fields of a section of INFO.
func Info(c *load.Conn, section string) (map[string]string, error) {
	rep, err := c.Do("INFO", section)
	if err != nil {
		return nil, err
	}
	return ParseInfo(rep.Str), nil
}

// ParseInfo returns the fields of a reply to INFO. Headings and empty lines
// are no fields; a value may hold colons.
func ParseInfo(text string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if k, v, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, "#") {
			out[k] = v
		}
	}
	return out
}

// InfoInt returns one number of INFO.
func InfoInt(c *load.Conn, section, field string) (int64, error) {
	info, err := Info(c, section)
	if err != nil {
		return 0, err
	}
	v, ok := info[field]
	if !ok {
		return 0, fmt.Errorf("INFO %s has no %s", section, field)
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("INFO %s %s: %w", section, field, err)
	}
	return n, nil
}

// MarkCPU begins an account of processor time; SinceMark returns what the
// server has used since. One account at a time.
func (p *Peer) MarkCPU() error {
	var err error
	p.from, err = readCPU(p.PID)
	return err
}

// SinceMark returns the processor time (user and system, all threads) since
// MarkCPU.
func (p *Peer) SinceMark() (time.Duration, error) {
	now, err := readCPU(p.PID)
	if err != nil {
		return 0, err
	}
	return between(p.from, now), nil
}

// UsedCPU returns the processor time of the server since its start.
func (p *Peer) UsedCPU() (time.Duration, error) {
	now, err := readCPU(p.PID)
	if err != nil {
		return 0, err
	}
	return between(cpuSample{}, now), nil
}

// Memory returns what the server and its children occupy now.
func (p *Peer) Memory() (Memory, error) { return readMemory(p.PID) }

// Watch samples Memory until ctx is done.
type Watch struct {
	mu   sync.Mutex
	peak Memory
	n    int
	err  error
	done chan struct{}
}

// WatchMemory starts to sample every interval, until ctx is done.
func (p *Peer) WatchMemory(ctx context.Context, interval time.Duration) *Watch {
	w := &Watch{done: make(chan struct{})}
	go func() {
		defer close(w.done)
		for ctx.Err() == nil {
			w.add(p.Memory())
			select {
			case <-ctx.Done():
			case <-time.After(interval):
			}
		}
	}()
	return w
}

func (w *Watch) add(m Memory, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.err = err
		return
	}
	w.n++
	w.peak.RSS = max(w.peak.RSS, m.RSS)
	w.peak.PSS = max(w.peak.PSS, m.PSS)
}

// Peak waits for the end of the watch and returns the largest figures seen
// and the number of samples.
func (w *Watch) Peak() (Memory, int, error) {
	<-w.done
	return w.peak, w.n, w.err
}

// NiceSelf gives all threads of this program, and those that they start later,
// the niceness n. Below zero it takes a privilege.
func NiceSelf(n int) error {
	tasks, err := filepath.Glob("/proc/self/task/*")
	if err != nil {
		return fmt.Errorf("set the niceness of the client: %w", err)
	}
	args := []string{"-n", strconv.Itoa(n), "-p"}
	for _, t := range tasks {
		args = append(args, filepath.Base(t))
	}
	out, err := exec.Command("renice", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("set the niceness of the client to %d: %w: %s", n, err, bytes.TrimSpace(out))
	}
	return nil
}

// PinSelf moves all threads of this program, and those it starts later, to
// cpus; "" leaves them where they are.
func PinSelf(cpus string) error {
	if cpus == "" {
		return nil
	}
	out, err := exec.Command("taskset", "-acp", cpus, strconv.Itoa(os.Getpid())).CombinedOutput()
	if err != nil {
		return fmt.Errorf("pin the client to processor %s: %w: %s", cpus, err, bytes.TrimSpace(out))
	}
	return nil
}
