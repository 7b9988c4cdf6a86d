package page

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// startMachine boots the image redis-memonly in QEMU, until the test ends.
func startMachine(t *testing.T) (url, addr, token string) {
	t.Helper()
	var ports [2]int
	for i := range ports {
		port, err := redistest.FreePort()
		if err != nil {
			t.Fatal(err)
		}
		ports[i] = port
	}
	token, pidfile := "photographer", filepath.Join(t.TempDir(), "pid")
	run := exec.Command("./run.sh", "-p", fmt.Sprint(ports[0]), "-f", fmt.Sprintf("%d:6379", ports[1]), "-e", "admin-token "+token,
		"--daemonize", "--pidfile", pidfile, "--log", filepath.Join(t.TempDir(), "log"))
	run.Dir = "../../.."
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("run.sh: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		pid := 0
		if text, err := os.ReadFile(pidfile); err == nil {
			fmt.Sscan(string(text), &pid)
		}
		if pid > 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
		}
	})
	url = fmt.Sprintf("http://127.0.0.1:%d", ports[0])
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		r, err := http.Get(url + "/readyz")
		if err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return url, fmt.Sprintf("127.0.0.1:%d", ports[1]), token
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("the machine is not ready: %v", err)
		}
	}
}

const loadKeys = 120_000

// use uses a machine as a cache is used, now more and now less. It returns after a
// time, but goes on until the test ends.
func use(t *testing.T, addr string, until time.Duration) {
	t.Helper()
	stop, workers := make(chan struct{}), sync.WaitGroup{}
	t.Cleanup(func() { close(stop); workers.Wait() })
	began := time.Now()
	const parts = 4
	for worker := range parts {
		workers.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			c, err := redistest.Dial(addr)
			for turn := 0; err == nil; turn++ {
				select {
				case <-stop:
					c.Close()
					return
				case <-time.After(20 * time.Millisecond):
				}
				n := wave(time.Since(began).Seconds(), float64(*loadRate), 0.5, 1) / parts / 40
				err = pipeline(c, random, int(n)+1)
			}
			t.Errorf("use: %v", err)
		})
	}
	for range 40 {
		redistest.MustDial(t, addr).Must(t, "ping") // clients that are there and idle
	}
	for range 3 {
		if err := redistest.MustDial(t, addr).Send("blpop", "queue", 0); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-time.After(until):
	case <-t.Context().Done():
	}
}

// pipeline sends n commands at one time.
func pipeline(c *redistest.Client, random *rand.Rand, n int) error {
	value := strings.Repeat("v", 40+random.IntN(400))
	for range n {
		key := int(random.ExpFloat64()*loadKeys/6) % loadKeys
		var err error
		switch p := random.IntN(100); {
		case p < 52:
			err = c.Send("get", fmt.Sprintf("page:%d", key))
		case p < 70:
			err = c.Send("set", fmt.Sprintf("page:%d", key), value)
		case p < 76:
			err = c.Send("set", fmt.Sprintf("session:%d", key), value, "ex", 20+random.IntN(60))
		case p < 84:
			err = c.Send("hgetall", fmt.Sprintf("user:%d", key%5000))
		case p < 88:
			err = c.Send("hset", fmt.Sprintf("user:%d", key%5000), fmt.Sprintf("field%d", key%7), value)
		case p < 92:
			err = c.Send("zadd", "scores", key, fmt.Sprintf("player:%d", key%3000))
		case p < 95:
			err = c.Send("zrange", "scores", 0, 9)
		default:
			err = c.Send("incr", fmt.Sprintf("visits:%d", key%900))
		}
		if err != nil {
			return err
		}
	}
	for range n {
		if _, err := c.Receive(); err != nil {
			return err
		}
	}
	return nil
}
