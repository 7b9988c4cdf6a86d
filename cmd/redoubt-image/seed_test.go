package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/appliance/metadata"
	"github.com/redoubt-kv/redoubt/core/server"
)

// A seed disk says to the machine what the files said, whatever is in the password.
func TestSeed(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const password = "p \"w' \\x41 $é#"
	output := filepath.Join(dir, "seed.iso")
	read := func(stdin string, args ...string) *metadata.Config {
		t.Helper()
		if err := seed(append([]string{"-o", output}, args...), strings.NewReader(stdin), io.Discard); err != nil {
			t.Fatal(err)
		}
		disk, err := os.ReadFile(output)
		if err != nil {
			t.Fatal(err)
		}
		a, err := metadata.ReadDisk(metadata.Plan{Kind: metadata.NoCloud, Disk: "vdb"}, bytes.NewReader(disk), t.Errorf)
		if err != nil {
			t.Fatal(err)
		}
		c, err := metadata.Parse(a)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := read("", "-password-file", write("password", password+"\r\nnot this\n"))
	words, ok := server.SplitLine(c.Server[0].Text)
	if !ok || len(words) != 2 || words[0] != "requirepass" || words[1] != password || !strings.HasPrefix(c.InstanceID, "seed-") {
		t.Errorf("got %q, instance %q", words, c.InstanceID)
	}
	if info, err := os.Stat(output); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: others can read the password", info.Mode(), err)
	}
	c = read("port 1\n", "-user-data", "-", "-meta-data", write("meta", "instance-id: i-1\n"), "-network-config", write("net", "version: 2\nethernets: {eth0: {dhcp4: true}}\n"))
	if c.InstanceID != "i-1" || len(c.Network.Interfaces) != 1 || c.Server[0].Text != "port 1" {
		t.Errorf("got %+v", c)
	}
	for _, args := range [][]string{
		{"-user-data", "x"}, {"-o", output}, {"-o", output, "-user-data", "x", "-password-file", "y"},
		{"-o", output, "-user-data", filepath.Join(dir, "nosuch")}, {"-o", output, "-password-file", write("empty", "\nx\n")},
	} {
		if err := seed(args, strings.NewReader(""), io.Discard); err == nil {
			t.Errorf("%q was accepted", args)
		}
	}
}
