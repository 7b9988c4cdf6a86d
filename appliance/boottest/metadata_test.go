//go:build linux

package boottest

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/redoubt-kv/redoubt/appliance/metadata/volume"
)

// hardPassword has everything that a notation could get wrong.
const hardPassword = `p "w' \x41 $é#`

// seedDisk writes a NoCloud disk with this user data.
func seedDisk(t *testing.T, userData string) string {
	t.Helper()
	var disk bytes.Buffer
	files := []volume.File{{Name: "user-data", Content: []byte(userData)}, {Name: "meta-data", Content: []byte("instance-id: i-seed\nlocal-hostname: seeded\n")}}
	if err := volume.WriteISO(&disk, "cidata", files); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "seed.iso")
	if err := os.WriteFile(path, disk.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// withPassword returns a go-redis client that logs in.
func (m *machine) withPassword(password string) *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: m.address, Password: password, ReadTimeout: patience, WriteTimeout: patience})
	m.t.Cleanup(func() { c.Close() })
	return c
}

// waitReply waits until the machine answers PING with a reply that begins so.
func (m *machine) waitReply(begin string) string {
	m.t.Helper()
	var reply string
	m.wait("the reply "+begin, func() bool {
		var err error
		reply, err = m.try("PING")
		return err == nil && strings.HasPrefix(reply, begin)
	})
	return reply
}

// TestMetadata gives machines their configuration from outside.
func TestMetadata(t *testing.T) {
	requireQEMU(t)
	usrImg := buildImage(t, "")
	t.Run("a NoCloud disk sets a password", func(t *testing.T) { t.Parallel(); noCloudDisk(t, usrImg) })
}

// noCloudDisk: the password of a #cloud-config, a file, a setting of the machine.
func noCloudDisk(t *testing.T, usrImg string) {
	m := start(t, usrImg, "-d", seedDisk(t, `#cloud-config
write_files:
  - path: /run/redoubt/users.acl
    permissions: '0600'
    content: |
      user default on nopass ~* +@all
redoubt:
  password: `+"'"+strings.ReplaceAll(hardPassword, "'", "''")+"'"+`
  users:
    - alice on >wonderland ~* +@all
  settings:
    maxmemory-share: 0.5
  config: |
    maxmemory-policy noeviction
packages: [htop]
`))
	m.waitReply("-NOAUTH")
	ctx, c := context.Background(), m.withPassword(hardPassword)
	if err := c.Set(ctx, "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if got := config(t, c, "maxmemory-policy"); got != "noeviction" {
		t.Errorf("maxmemory-policy is %q", got)
	}
	if who, err := c.Do(ctx, "AUTH", "alice", "wonderland").Text(); err != nil || who != "OK" {
		t.Errorf("alice: %q, %v", who, err)
	}
	info := c.Info(ctx, "appliance").Val()
	for _, want := range []string{"appliance_metadata:NoCloud\r\n", "appliance_instance_id:i-seed\r\n", "appliance_locked:\r\n"} {
		if !strings.Contains(info, want) {
			t.Errorf("INFO lacks %q:\n%s", want, info)
		}
	}
	m.waitLog("metadata: line 15: packages means nothing to this machine")
	for _, secret := range []string{"wonderland", hardPassword, hardPassword[:4]} {
		if strings.Contains(m.log(), secret) {
			t.Errorf("the console shows %q", secret)
		}
	}
	m.pressPowerButton()
	m.waitOff()
}
