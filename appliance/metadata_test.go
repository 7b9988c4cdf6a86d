package appliance

import (
	"errors"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/appliance/metadata"
	"github.com/redoubt-kv/redoubt/core/server"
)

// What is wrong is told by the line of the user data, on one line of the protocol.
func TestProblem(t *testing.T) {
	lines := []metadata.Line{{Where: "line 3", Text: "port 1"}, {Where: "part 2: line 7", Text: "maxmemory x"}}
	for _, test := range []struct {
		err  error
		want string
	}{
		{&server.ConfigError{File: userConf, Line: 2, Directive: "maxmemory", Reason: "no"}, "part 2: line 7: maxmemory: no"},
		{&server.ConfigError{File: userConf, Line: 1, Reason: "Bad directive"}, "line 3: there is no such directive, or its values are not as it wants them"},
		{&server.ConfigError{Directive: "tls", Reason: "no"}, "tls: no"},
		{&server.ConfigError{File: userConf, Line: 9, Directive: "port", Reason: "no"}, "port: no"},
		{errors.New("else"), "else"},
	} {
		if got := problem(test.err, lines); got != test.want {
			t.Errorf("%+v: got %q, want %q", test.err, got, test.want)
		}
	}
	if got := lockedText("EC2", "a\r\nb\xff"); got != "this machine's user data (EC2) cannot be used: a b?" {
		t.Errorf("got %q", got)
	}
	if got := lockedText("", strings.Repeat("x", 1000)); len(got) != 400 {
		t.Errorf("%d bytes", len(got))
	}
	if got := serverText(lines); got != "port 1\nmaxmemory x\n" {
		t.Errorf("got %q", got)
	}
}

// The image's settings lie below those of user data, these below the command line's.
func TestSettingsOfUserData(t *testing.T) {
	user := []metadata.Setting{{Where: "line 1", Name: "oncrash", Value: "halt"}, {Where: "line 2", Name: "crash-limit", Value: "7"}, {Where: "line 3", Name: "hostname", Value: "box"}}
	s, err := ParseSettings("oncrash reboot\ncrash-limit 1\n", user, "redoubt.crash-limit=9")
	if err != nil || s.OnCrash != Halt || s.CrashLimit != 9 || s.UserNetwork.Hostname != "box" || s.Network.Hostname != "" {
		t.Errorf("%+v, %v", s, err)
	}
	for _, test := range []struct{ name, value, want string }{
		{"nosuch", "hunter2", `line 5: the machine has no setting "redoubt.nosuch"`},
		{"metadata", "none", "line 5: redoubt.metadata cannot be set here"},
		{"metadata-wait", "1s", "line 5: redoubt.metadata-wait cannot be set here"},
		{"oncrash", "x", "line 5: oncrash: want reboot"},
		{"maxmemory", "1", "has no setting"}, // a directive: without the prefix
	} {
		_, err := ParseSettings("", []metadata.Setting{{Where: "line 5", Name: test.name, Value: test.value}}, "")
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%+v: got %v", test, err)
		}
	}
	for _, bad := range []string{"redoubt.metadata=aws", "redoubt.metadata=nocloud:https://a/", "redoubt.metadata-wait=x"} {
		if _, err := ParseSettings("", nil, bad); err == nil {
			t.Errorf("accepted %s", bad)
		}
	}
}
