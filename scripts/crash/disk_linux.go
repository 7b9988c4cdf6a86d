package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// disk is the mode of that name: a server with appendfsync always whose disk becomes
// full, whose directory becomes read-only and whose directory vanishes, with kills
// meanwhile. The server runs as a user to whom permissions mean something.
type disk struct {
	out  io.Writer
	p    *process
	c    *redistest.Client
	sent int          // the numbers pushed, from 1 on
	must map[int]bool // acknowledged ones
	not  map[int]bool // refused ones
}

// nobody is the user that the server runs as.
const nobody = 65534

func diskMode(o options, out io.Writer) error {
	if os.Getuid() != 0 {
		fmt.Fprintln(out, "skipped: mode disk mounts a small tmpfs, for which it has to be root")
		return nil
	}
	p, err := newProcess(o.server, o.dir)
	if err != nil {
		return err
	}
	if err := syscall.Mount("tmpfs", p.dir, "tmpfs", 0, "size=8m"); err != nil {
		fmt.Fprintf(out, "skipped: mode disk needs a small tmpfs, and mounting one is refused: %v\n", err)
		return nil
	}
	defer syscall.Unmount(p.dir, syscall.MNT_DETACH)
	if err := p.copyProgram(filepath.Join(o.dir, "server")); err != nil {
		return err
	}
	for _, dir := range []string{o.dir, p.dir} {
		if err := os.Chown(dir, nobody, nobody); err != nil {
			return err
		}
	}
	p.prepare = func(cmd *exec.Cmd) {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	d := &disk{out: out, p: p, must: map[int]bool{}, not: map[int]bool{}}
	defer p.kill()
	for _, step := range []struct {
		name string
		play func() error
	}{
		{"first start", d.restart},
		{"full disk", d.full},
		{"read-only directory", d.readOnly},
		{"vanished directory", d.vanished},
	} {
		if err := step.play(); err != nil {
			return fmt.Errorf("%s: %w\nthe end of the server's log:\n%s", step.name, err, p.logTail())
		}
		fmt.Fprintf(out, "%s: as it must be; %d writes acknowledged, %d refused, none lost\n", step.name, len(d.must), len(d.not))
	}
	return nil
}

// copyProgram puts the server's program where anybody may run it.
func (p *process) copyProgram(to string) error {
	program, err := exec.LookPath(p.command[0])
	if err == nil {
		err = copyFile(program, to)
	}
	if err == nil {
		err = os.Chmod(to, 0o755)
	}
	if err != nil {
		return fmt.Errorf("copy the server's program: %w", err)
	}
	p.command[0] = to
	return nil
}

// restart kills the server, starts it again and looks whether everything is there.
func (d *disk) restart() error {
	d.p.kill()
	d.c = nil
	if err := d.p.start("--save", "", "--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0"); err != nil {
		return err
	}
	if err := d.p.ready(); err != nil {
		return fmt.Errorf("THE RESTART FAILED: %w", err)
	}
	reply, err := d.do("LRANGE", "log", 0, -1)
	if err != nil {
		return err
	}
	there, last := map[int]bool{}, 0
	for _, text := range reply.([]any) {
		number, _, _ := strings.Cut(text.(string), " ")
		n, _ := strconv.Atoi(number)
		if n <= last || n > d.sent || d.not[n] {
			return fmt.Errorf("%d stands behind %d; %d were sent, refused it was: %v", n, last, d.sent, d.not[n])
		}
		there[n], last = true, n
	}
	for n := range d.must {
		if !there[n] {
			return fmt.Errorf("ACKNOWLEDGED WRITE %d IS LOST", n)
		}
	}
	return nil
}

// do sends a command; a connection that breaks is opened anew by the next one.
func (d *disk) do(args ...any) (reply any, err error) {
	if d.c == nil {
		if d.c, err = d.p.dial(); err != nil {
			return nil, err
		}
	}
	if reply, err = d.c.Do(args...); err != nil {
		d.c.Close()
		d.c = nil
	}
	return reply, err
}

// push does the next write, of some size, and returns the error reply, "" if it was
// acknowledged, "-" if the connection was closed instead.
func (d *disk) push(size int) string {
	d.sent++
	reply, err := d.do("RPUSH", "log", fmt.Sprint(d.sent, " ", strings.Repeat("x", size)))
	e, refused := reply.(redistest.Error)
	switch {
	case err != nil:
		return "-"
	case refused:
		d.not[d.sent] = true
		return string(e)
	}
	d.must[d.sent] = true
	return ""
}

// until pushes until the outcome is wanted.
func (d *disk) until(what string, size int, wanted func(outcome string) bool) error {
	outcome := ""
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if outcome = d.push(size); wanted(outcome) {
			return nil
		}
		if outcome != "" {
			time.Sleep(20 * time.Millisecond)
		}
	}
	return fmt.Errorf("%s; the last write got %q", what, outcome)
}

func accepted(outcome string) bool { return outcome == "" }

const misconf = "MISCONF Errors writing to the AOF file: No space left on device"

func (d *disk) full() error {
	filler := filepath.Join(d.p.dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 3<<20), 0o644); err != nil {
		return err
	}
	if err := d.until("the disk does not become full", 20_000, func(s string) bool { return s == misconf }); err != nil {
		return err
	}
	for range 5 {
		if s := d.push(10); s != misconf {
			return fmt.Errorf("a write to a full disk got %q", s)
		}
		if n, err := d.do("LLEN", "log"); err != nil || n == int64(0) {
			return fmt.Errorf("a read while the disk is full: %v, %v", n, err)
		}
	}
	if err := os.Remove(filler); err != nil {
		return err
	}
	if err := d.until("writes do not go on after space has returned", 1000, accepted); err != nil {
		return err
	}
	for range 20 {
		d.push(1000)
	}
	if err := d.restart(); err != nil {
		return err
	}
	if err := d.until("the disk does not become full again", 50_000, func(s string) bool { return s == misconf }); err != nil {
		return err
	}
	if err := d.restart(); err != nil { // on a full disk
		return fmt.Errorf("while the disk is full: %w", err)
	}
	if err := d.enlarge(); err != nil {
		return err
	}
	return d.until("writes do not go on after the disk has been enlarged", 1000, accepted)
}

func (d *disk) enlarge() error {
	if err := syscall.Mount("tmpfs", d.p.dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		return fmt.Errorf("enlarge the tmpfs: %w", err)
	}
	return nil
}

// rewrite asks for a rewrite and waits for its end.
func (d *disk) rewrite() (ok bool, err error) {
	reply, err := d.do("BGREWRITEAOF")
	if err != nil {
		return false, err
	}
	if _, refused := reply.(redistest.Error); refused {
		return false, nil
	}
	s := &stage{c: d.c}
	if err := s.until("aof_rewrite_in_progress"); err != nil {
		return false, err
	}
	status, err := infoField(d.c, "aof_last_bgrewrite_status")
	return status == "ok", err
}

// readOnly makes the directories read-only: rewrites fail, writes go on in the file
// that is open.
func (d *disk) readOnly() error {
	aof := filepath.Join(d.p.dir, "appendonlydir")
	set := func(mode os.FileMode) error { return errors.Join(os.Chmod(d.p.dir, mode), os.Chmod(aof, mode)) }
	if err := set(0o555); err != nil {
		return err
	}
	if ok, err := d.rewrite(); ok || err != nil {
		return fmt.Errorf("a rewrite in a read-only directory: %v, %v", ok, err)
	}
	for range 20 {
		if s := d.push(100); s != "" {
			return fmt.Errorf("a write to the file that is open got %q", s)
		}
	}
	if err := set(0o755); err != nil {
		return err
	}
	if ok, err := d.rewrite(); !ok || err != nil {
		return fmt.Errorf("a rewrite after the directory has become writable: %v, %v", ok, err)
	}
	for range 20 {
		d.push(100)
	}
	return d.restart()
}

// vanished removes the directory of the AOF. The server must notice, and write all
// data anew.
func (d *disk) vanished() error {
	aof := filepath.Join(d.p.dir, "appendonlydir")
	if err := os.RemoveAll(aof); err != nil {
		return err
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		d.push(100)
		if entries, err := os.ReadDir(aof); err == nil && d.c != nil && contains(entries, "appendonly.aof.manifest") {
			break
		}
		if time.Now().After(end) {
			return errors.New("nobody has made the directory anew")
		}
	}
	if err := d.until("writes do not go on after the directory was made anew", 100, accepted); err != nil {
		return err
	}
	for range 20 {
		d.push(100)
	}
	return d.restart()
}

func contains(entries []os.DirEntry, name string) bool {
	for _, e := range entries {
		if e.Name() == name {
			return true
		}
	}
	return false
}
