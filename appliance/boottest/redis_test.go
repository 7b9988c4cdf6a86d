//go:build linux

package boottest

import (
	"context"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// TestRedisMemonly boots the image that users get, and uses it as they do: with
// go-redis and with redis-cli.
func TestRedisMemonly(t *testing.T) {
	requireQEMU(t)
	usrImg := buildImage(t, "")
	for _, test := range []struct {
		name string
		run  func(*testing.T, string)
	}{
		{"memory only", memoryOnly},
		{"data stays on the data disk", dataStays},
		{"an unknown directive stops it with the server's words", unknownDirective},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, usrImg)
		})
	}
}

// client returns a go-redis client of the machine.
func (m *machine) client() *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: m.address, ReadTimeout: time.Minute, WriteTimeout: time.Minute})
	m.t.Cleanup(func() { c.Close() })
	return c
}

// redisCLI runs redis-cli and returns what it prints.
func (m *machine) redisCLI(args ...string) string {
	m.t.Helper()
	_, port, _ := strings.Cut(m.address, ":")
	out, err := exec.Command("redis-cli", append([]string{"-p", port}, args...)...).CombinedOutput()
	if err != nil {
		m.t.Fatalf("redis-cli %s: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// config returns a directive's value.
func config(t *testing.T, c *redis.Client, name string) string {
	t.Helper()
	values, err := c.ConfigGet(context.Background(), name).Result()
	if err != nil {
		t.Fatal(err)
	}
	return values[name]
}

// memoryOnly: no data disk; the machine limits itself, a save says why not, and it is
// administrated over HTTP.
func memoryOnly(t *testing.T, usrImg string) {
	admin := freePort(t)
	m := start(t, usrImg, withAdmin(admin, "-e", "maxmemory-policy noeviction")...)
	m.waitPong()
	ctx, c := context.Background(), m.client()
	pipe := c.Pipeline()
	for i := range 1000 {
		pipe.Set(ctx, "key:"+strconv.Itoa(i), i, 0)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		t.Fatal(err)
	}
	if n, err := c.DBSize(ctx).Result(); err != nil || n != 1000 {
		t.Errorf("%d keys, %v", n, err)
	}
	if got := m.redisCLI("get", "key:999"); got != "999" {
		t.Errorf("redis-cli gets %q", got)
	}
	if got := config(t, c, "maxmemory-policy"); got != "noeviction" {
		t.Errorf("maxmemory-policy is %q", got)
	}
	limit, err := strconv.Atoi(config(t, c, "maxmemory"))
	if err != nil || limit < 200<<20 || limit > 400<<20 {
		t.Errorf("maxmemory of a machine of 512 MiB is %d, %v", limit, err)
	}
	if got := config(t, c, "dir"); got != "/no-data-disk" {
		t.Errorf("dir is %q", got)
	}
	if err := c.Save(ctx).Err(); err == nil {
		t.Error("SAVE without a data disk says OK")
	}
	m.checkAdministration(admin)
	m.powerOffByAdmin(admin)
}

// dataStays: what one machine saves, the next one has, whichever way they boot.
func dataStays(t *testing.T, usrImg string) {
	data := filepath.Join(t.TempDir(), "data.img")
	m := start(t, usrImg, "-d", data+":64M", "-e", "maxmemory 100mb")
	m.waitPong()
	ctx, c := context.Background(), m.client()
	if got := config(t, c, "maxmemory"); got != "104857600" {
		t.Errorf("maxmemory is %q", got)
	}
	if err := c.Set(ctx, "saved by", "BGSAVE", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := c.BgSave(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	m.wait("the end of BGSAVE", func() bool {
		info, err := c.Info(ctx, "persistence").Result()
		return err == nil && strings.Contains(info, "rdb_bgsave_in_progress:0")
	})
	if info := c.Info(ctx, "persistence").Val(); !strings.Contains(info, "rdb_last_bgsave_status:ok") {
		t.Errorf("BGSAVE failed:\n%s", info)
	}
	if err := c.Set(ctx, "saved at", "SHUTDOWN", 0).Err(); err != nil {
		t.Fatal(err)
	}
	_ = c.Shutdown(ctx) // there is no reply
	m.waitOff()

	m = start(t, usrImg, "-d", data, "-b", "disk")
	m.waitPong()
	for key, want := range map[string]string{"saved by": "BGSAVE", "saved at": "SHUTDOWN"} {
		if got := m.redisCLI("get", key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	m.pressPowerButton()
	m.waitOff()
}

func unknownDirective(t *testing.T, usrImg string) {
	m := start(t, usrImg, "-e", "no-such-directive 1 oncrash halt")
	m.waitLog("no-such-directive")
	m.waitLog("SERVER FAILED: exit code 1")
	m.waitLog("redoubt: halted")
	m.pressPowerButton()
	m.waitEnd()
}
