package server_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/server"
)

// What a configuration is refused for, and that no value is told: they may be
// secrets.
func TestCheckConfig(t *testing.T) {
	dir := t.TempDir()
	acl := filepath.Join(dir, "users.acl")
	if err := os.WriteFile(acl, []byte("user alice on >hunter2 +nosuch\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for conf, want := range map[string]string{
		"maxmemory 100mb\nrequirepass \"a b\"":                 "",
		"user alice on >pw ~* +@all\nuser bob off":             "",
		"save 60 1\nsave 300 10\nrename-command FLUSHALL \"\"": "",
		"\nmaxmemory hunter2":                                  "line 2: maxmemory: argument must be a memory value",
		"port 70000":                                           "line 1: port: argument must be between 0 and 65535 inclusive",
		"# x\n\npasswort hunter2":                              "line 3: Bad directive or wrong number of arguments",
		"hunter2":                                              "line 1: Bad directive or wrong number of arguments",
		"requirepass hunter2 3":                                "line 1: requirepass: wrong number of arguments",
		"requirepass \"hunter2":                                "line 1: Unbalanced quotes in configuration line",
		"user alice on hunter2":                                "line 1: user: ",
		"user alice on >hunter2 +nosuch":                       "user: the rules of a user",
		"user alice (hunter2":                                  "line 1: user: its rules cannot be read",
		"user alice on\nuser alice off":                        "line 2: user: Duplicate user found",
		"aclfile " + acl:                                       "user: the rules of a user, or the ACL file, cannot be used",
		"daemonize yes":                                        "daemonize: the server is a part of a program",
		"tls-port 6380":                                        "tls: ",
		"rename-command nosuch x":                              "rename-command: ",
		"slaveof a 1":                                          "line 1: slaveof: ",
	} {
		path := filepath.Join(dir, "user.conf")
		if err := os.WriteFile(path, []byte(conf+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		err := server.CheckConfig([]string{"--port", "1", "--include", path})
		switch {
		case want == "" && err == nil:
		case err == nil || want == "" || !strings.HasPrefix(err.Error(), want):
			t.Errorf("%q: got %v, want %q", conf, err, want)
		case strings.Contains(err.Error(), "hunter2"):
			t.Errorf("%q: the error tells a value: %v", conf, err)
		case strings.HasPrefix(want, "line "):
			var ce *server.ConfigError
			if !errors.As(err, &ce) || ce.File != path || ce.Line == 0 {
				t.Errorf("%q: the place is %+v", conf, ce)
			}
		}
	}
	err := server.CheckConfig([]string{"--maxmemory", "x"})
	var ce *server.ConfigError
	if !errors.As(err, &ce) || ce.File != "" || ce.Directive != "maxmemory" {
		t.Errorf("on the command line: got %+v", ce)
	}
}
