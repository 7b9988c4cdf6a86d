//go:build linux

package boottest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redoubt-kv/redoubt/appliance/image"
	"github.com/redoubt-kv/redoubt/appliance/slot"
)

// A power cut here is a SIGKILL of QEMU, which has the disk in a file with its default
// cache mode, writeback: what the guest has written to its disk is in this host's page
// cache, which outlives QEMU; what was still in the guest's memory, its page cache
// included, is gone. So these tests show that an acknowledged write has left the guest
// (with appendfsync no it has not, and they fail), that file system, boot state and
// append-only file are usable at whatever point they were left, and that all is there
// again. They do not show that the disk was told to flush before the reply: that is what
// core/server's TestCrashAtEveryFileOperation is about.
type plug struct {
	t       *testing.T
	usrImg  string
	args    []string
	pidFile string
	rng     *rand.Rand
	client  *redis.Client // of the machine that serves
	usual   time.Duration // the last time from QEMU's start to serving
}

// environmentNumber is a number from the environment.
func environmentNumber(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// newPlug makes a machine with a password that syncs every write before it answers.
func newPlug(t *testing.T, usrImg string, args ...string) *plug {
	t.Helper()
	seed := environmentNumber(t, "REDOUBT_CUTS_SEED", rand.Uint64())
	t.Logf("REDOUBT_CUTS_SEED=%d", seed)
	userData := seedFolder(t, "#redoubt\nrequirepass \""+testPassword+"\"\nappendonly yes\nappendfsync always\nauto-aof-rewrite-min-size 1mb\n")
	pidFile := filepath.Join(t.TempDir(), "pid")
	return &plug{
		t: t, usrImg: usrImg, pidFile: pidFile, rng: rand.New(rand.NewPCG(seed, 0)), usual: 10 * time.Second,
		args: append([]string{"-b", "bios", "-s", userData, "--pidfile", pidFile}, args...),
	}
}

// between draws a duration.
func (p *plug) between(least, most time.Duration) time.Duration {
	return least + time.Duration(p.rng.Int64N(int64(most-least)))
}

// on starts the machine, and returns when QEMU runs.
func (p *plug) on() *machine {
	p.t.Helper()
	if err := os.RemoveAll(p.pidFile); err != nil { // of a QEMU that was killed
		p.t.Fatal(err)
	}
	m := start(p.t, p.usrImg, p.args...)
	m.wait("QEMU's start", func() bool { _, err := p.pid(); return err == nil })
	return m
}

func (p *plug) pid() (int, error) {
	text, err := os.ReadFile(p.pidFile)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// pull cuts the machine's power, and has e2fsck judge what the cut has left.
func (p *plug) pull(m *machine) {
	p.t.Helper()
	pid, err := p.pid()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		p.t.Fatalf("kill QEMU: %v\n%s", err, m.log())
	}
	<-m.done
	checkConsole(m)
	p.checkFileSystem()
}

// checkConsole looks for what a kernel says of a file system or disk it has trouble with.
func checkConsole(m *machine) {
	m.t.Helper()
	for line := range strings.Lines(m.log()) {
		for _, complaint := range []string{"EXT4-fs error", "EXT4-fs warning", "JBD2: ", "Aborting journal", "I/O error", "did not end orderly", "panic:"} {
			if strings.Contains(line, complaint) {
				m.t.Errorf("the console says: %s", line)
			}
		}
	}
}

// countsInSuperblock is what e2fsck asks about the two counts of the whole file system,
// which ext4 does not keep in the journal: a mount adds them up from the groups.
var countsInSuperblock = regexp.MustCompile(`Free (blocks|inodes) count wrong \(\d+, counted=\d+\)\.\s+Fix\? yes`)

// checkFileSystem plays back the journal of a copy of the data partition: then e2fsck
// must have nothing to ask.
func (p *plug) checkFileSystem() {
	p.t.Helper()
	table, _ := openSlots(p.t, p.usrImg)
	data, ok := table.Partition(slot.PartData)
	if !ok {
		p.t.Fatal("there is no data partition")
	}
	copied := filepath.Join(p.t.TempDir(), "data.img")
	defer os.Remove(copied)
	if out, err := exec.Command("dd", "if="+ownDisk(p.usrImg), "of="+copied, "bs=1M", "conv=sparse", "iflag=skip_bytes,count_bytes",
		fmt.Sprintf("skip=%d", data.Offset()), fmt.Sprintf("count=%d", data.Size())).CombinedOutput(); err != nil {
		p.t.Fatalf("dd: %v\n%s", err, out)
	}
	if err := os.Truncate(copied, data.Size()); err != nil { // dd leaves out a hole at the end
		p.t.Fatal(err)
	}
	out, err := exec.Command("/usr/sbin/e2fsck", "-f", "-y", copied).CombinedOutput()
	exit := (*exec.ExitError)(nil) // code 1 is that something was written
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) || bytes.Contains(countsInSuperblock.ReplaceAll(out, nil), []byte("? yes")) {
		p.t.Errorf("e2fsck: %v\n%s", err, out)
	}
}

// serving waits until the machine serves all of its data.
func (p *plug) serving(m *machine) {
	p.t.Helper()
	m.waitServing()
	if p.client != nil {
		p.client.Close()
	}
	// A command is sent once: a second time it would be counted twice.
	p.client = redis.NewClient(&redis.Options{Addr: m.address, Password: testPassword, MaxRetries: -1, ReadTimeout: patience, WriteTimeout: patience})
	m.wait("the end of loading", func() bool { return p.client.Ping(context.Background()).Err() == nil })
}

// audit checks the ledger on the machine that serves, and returns what is lost.
func (p *plug) audit(l *ledger) int {
	p.t.Helper()
	lost, wrong, err := l.audit(context.Background(), p.client)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, w := range wrong {
		p.t.Error(w)
	}
	return lost
}

// TestPowerCuts cuts the power REDOUBT_CUTS times (20) on the same disk, under load or,
// every fifth time, while the machine boots and loads: no acknowledged write may be
// missing, the file system must be sound, and the machine must come back by itself. In the
// end something acknowledged is taken away, which must be noticed.
func TestPowerCuts(t *testing.T) {
	requireBootAll(t)
	requireQEMU(t)
	p, l := newPlug(t, build(t, "redis-persistent", "amd64", "")), newLedger()
	if err := os.Truncate(p.usrImg, 512<<20); err != nil { // the first boot also grows it
		t.Fatal(err)
	}
	cuts, lost := int(environmentNumber(t, "REDOUBT_CUTS", 20)), 0
	for cut := 1; cut <= cuts; cut++ {
		m := p.on()
		begun := time.Now()
		if cut%5 == 0 {
			after := p.between(p.usual*3/10, p.usual)
			time.Sleep(after)
			p.pull(m)
			t.Logf("cut %d: %v after power-on", cut, after)
			continue
		}
		p.serving(m)
		p.usual = time.Since(begun)
		lost += p.audit(l)
		before := l.acked.Load()
		s := l.begin(p.client, p.rng.Uint64())
		after := p.between(200*time.Millisecond, 3*time.Second)
		time.Sleep(after)
		s.over.Store(true)
		p.pull(m)
		if err := s.end(); err != nil {
			t.Errorf("before the cut: %v", err)
		}
		t.Logf("cut %d: %v after ready (boot %v), %d writes acknowledged", cut, after, p.usual, l.acked.Load()-before)
	}
	m := p.on()
	p.serving(m)
	lost += p.audit(l)
	t.Logf("%d cuts, %d writes acknowledged, %d lost", cuts, l.acked.Load(), lost)
	if config(t, p.client, "appendfsync") != "always" || l.acked.Load() < int64(cuts) {
		t.Error("this was no test: hardly a write, or not with appendfsync always")
	}
	p.checkNoticed(l)
	m.shutDown()
	checkConsole(m)
	checkData(t, p.usrImg, 128<<20)
}

// checkNoticed takes away one write of each kind; an audit must find it out.
func (p *plug) checkNoticed(l *ledger) {
	p.t.Helper()
	ctx := context.Background()
	_, err := p.client.Pipelined(ctx, func(c redis.Pipeliner) error {
		c.Decr(ctx, "counter:0")
		c.RPop(ctx, "list:1")
		c.Decr(ctx, "moves:2")
		c.SetRange(ctx, "blob:3", 5000, "x")
		c.Incr(ctx, account(0))
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	if lost, wrong, err := l.audit(ctx, p.client); err != nil || lost != 3 || len(wrong) != 5 {
		p.t.Errorf("of 3 writes taken away and 2 changed, the audit finds %d: %q, %v", lost, wrong, err)
	}
}

// TestPowerCutsInUpdate: a cut while a new version is received leaves the old one; one
// during the new version's trial leaves either; and nothing acknowledged is lost.
func TestPowerCutsInUpdate(t *testing.T) {
	requireBootAll(t)
	requireQEMU(t)
	first := buildVersion(t, "1.0", "quiet")
	update, err := os.ReadFile(filepath.Join(buildVersion(t, "2.0", "quiet"), image.UpdateFile))
	if err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	p, l := newPlug(t, filepath.Join(first, image.DiskFile), "-p", fmt.Sprint(port)), newLedger()

	m := p.on()
	p.serving(m)
	s := l.begin(p.client, p.rng.Uint64())
	arrived, all := io.Pipe()
	sent := make(chan error, 1)
	go func() { sent <- sendUpdate(port, arrived, len(update)) }()
	half := len(update)/4 + p.rng.IntN(len(update)/2)
	if _, err := all.Write(update[:half]); err != nil {
		t.Fatal(err)
	}
	m.waitLog("update: receiving version 2.0")
	s.over.Store(true)
	p.pull(m)
	all.CloseWithError(io.ErrUnexpectedEOF)
	t.Logf("cut after %d of %d bytes of the update (%v), %d writes acknowledged", half, len(update), <-sent, l.acked.Load())
	if err := s.end(); err != nil {
		t.Errorf("before the cut: %v", err)
	}

	m = p.on()
	p.serving(m)
	lost := p.audit(l)
	m.expectVersion("1.0", "a", "idle")
	s = l.begin(p.client, p.rng.Uint64())
	time.Sleep(time.Second)
	s.over.Store(true) // the machine reboots when it has the update
	if err := sendUpdate(port, bytes.NewReader(update), len(update)); err != nil {
		t.Fatal(err)
	}
	m.waitLog("version 2.0 in slot b (trial)")
	after := p.between(0, 5*time.Second)
	time.Sleep(after)
	p.pull(m)
	if err := s.end(); err != nil {
		t.Errorf("before the reboot: %v", err)
	}

	m = p.on()
	p.serving(m)
	lost += p.audit(l)
	var info map[string]string
	m.wait("the end of the trial", func() bool {
		info = m.info(testPassword)
		return info["appliance_update_state"] == "confirmed" || info["appliance_update_state"] == "rolled back"
	})
	t.Logf("cut %v into the trial: version %s, %s; %d writes acknowledged, %d lost", after,
		info["appliance_version"], info["appliance_update_state"], l.acked.Load(), lost)
	p.checkNoticed(l)
	m.shutDown()
	checkConsole(m)
	checkData(t, p.usrImg, 128<<20)
}

// sendUpdate sends what `redoubt-image update` sends.
func sendUpdate(port int, body io.Reader, size int) error {
	request, err := http.NewRequest(http.MethodPut, fmt.Sprintf("http://127.0.0.1:%d/update?reboot=1", port), body)
	if err != nil {
		return err
	}
	request.ContentLength = int64(size)
	request.SetBasicAuth("admin", testPassword)
	response, err := (&http.Client{Timeout: patience}).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if response.StatusCode >= 300 {
		return fmt.Errorf("%s: %s", response.Status, text)
	}
	return err
}
