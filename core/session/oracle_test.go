package session_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/transport"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// scripts are connections' whole input, each ended by QUIT or by what makes the
// server close; both servers must reply the same bytes. ports and versions
// differ and are masked.
var scripts = map[string]string{
	"ping":         "PING\r\nPING a\r\nPING a b\r\nping \"a b\"\r\nECHO x\r\nECHO\r\nECHO a b\r\n",
	"select":       "SELECT 0\r\nSELECT 15\r\nSELECT 16\r\nSELECT -1\r\nSELECT x\r\nSELECT 99999999999\r\nSELECT 01\r\nSELECT\r\nSELECT 3\r\nSET a 1\r\nGET a\r\nSELECT 0\r\nGET a\r\n",
	"auth":         "AUTH\r\nAUTH x\r\nAUTH default x\r\nAUTH other x\r\nAUTH default x y\r\nAUTH a b c d\r\n",
	"hello":        "HELLO 1\r\nHELLO 4\r\nHELLO x\r\nHELLO 3 FOO\r\nHELLO 3 AUTH a\r\nHELLO 3 AUTH nobody b\r\nHELLO 3 SETNAME\r\nHELLO 3 SETNAME \"a b\"\r\nCLIENT GETNAME\r\nHELLO 2 AUTH default b SETNAME me\r\nCLIENT GETNAME\r\nHELLO 3 SETNAME a foo\r\nCLIENT GETNAME\r\nHELLO 2 x\r\nHELLO 3\r\nCLIENT TRACKINGINFO\r\nGET none\r\nHELLO\r\nHELLO 2\r\nGET none\r\n",
	"reset":        "HELLO 3\r\nSELECT 5\r\nCLIENT SETNAME x\r\nRESET\r\nGET none\r\nCLIENT GETNAME\r\nRESET a\r\nCLIENT REPLY OFF\r\nPING\r\nRESET\r\nPING\r\n",
	"quit":         "QUIT\r\nPING\r\n",
	"quit args":    "QUIT a b\r\nPING\r\n",
	"names":        "CLIENT GETNAME\r\nCLIENT SETNAME a\r\nCLIENT GETNAME\r\nCLIENT SETNAME \"a b\"\r\nCLIENT SETNAME \"a\\nb\"\r\nCLIENT SETNAME \"\"\r\nCLIENT GETNAME\r\nCLIENT SETNAME\r\nCLIENT GETNAME x\r\nCLIENT SETNAME \"\\xc3\\xa9\"\r\nCLIENT SETNAME \"\\xff\"\r\n",
	"reply":        "CLIENT REPLY SKIP\r\nPING a\r\nPING b\r\nCLIENT REPLY OFF\r\nPING c\r\nCLIENT REPLY SKIP\r\nPING d\r\nCLIENT REPLY x\r\nCLIENT REPLY ON\r\nPING e\r\nCLIENT REPLY x\r\nCLIENT REPLY SKIP\r\nCLIENT REPLY SKIP\r\nPING f\r\nPING g\r\nCLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\nPING h\r\nCLIENT REPLY SKIP\r\nNOSUCH\r\nPING i\r\n",
	"flags":        "CLIENT NO-EVICT\r\nCLIENT NO-EVICT on\r\nCLIENT NO-EVICT x\r\nCLIENT NO-EVICT OFF\r\n",
	"tracking":     "CLIENT TRACKING\r\nCLIENT TRACKING x\r\nCLIENT TRACKING OFF\r\nCLIENT TRACKING off redirect x\r\nCLIENT TRACKING off redirect 999999\r\nCLIENT TRACKING off redirect -5\r\nCLIENT TRACKING off prefix\r\nCLIENT TRACKING off prefix a prefix b bcast optin optout noloop\r\nCLIENT TRACKING off x\r\nCLIENT TRACKINGINFO\r\nCLIENT GETREDIR\r\nCLIENT CACHING YES\r\nCLIENT CACHING x\r\nCLIENT CACHING\r\n",
	"kill errors":  "CLIENT KILL\r\nCLIENT KILL 1.2.3.4:5\r\nCLIENT KILL \"\"\r\nCLIENT KILL ID\r\nCLIENT KILL ID x\r\nCLIENT KILL ID 0\r\nCLIENT KILL ID -1\r\nCLIENT KILL ID 99999\r\nCLIENT KILL TYPE x\r\nCLIENT KILL TYPE master\r\nCLIENT KILL TYPE slave SKIPME no\r\nCLIENT KILL TYPE PUBSUB\r\nCLIENT KILL USER nobody\r\nCLIENT KILL ADDR \"\"\r\nCLIENT KILL LADDR \"\"\r\nCLIENT KILL SKIPME x\r\nCLIENT KILL ID 1 x\r\nCLIENT KILL x y\r\nCLIENT KILL ID 99999 SKIPME yes ADDR 1.2.3.4:5\r\nPING\r\n",
	"kill oneself": "PING\r\nCLIENT KILL USER default SKIPME no ADDR 9.9.9.9:9\r\nCLIENT KILL SKIPME no LADDR 9.9.9.9:1\r\nPING\r\n",
	"list errors":  "CLIENT LIST x\r\nCLIENT LIST TYPE\r\nCLIENT LIST TYPE x\r\nCLIENT LIST TYPE master\r\nCLIENT LIST TYPE normal x\r\nCLIENT LIST ID\r\nCLIENT LIST ID x\r\nCLIENT LIST ID 1 x\r\nCLIENT LIST ID 9999 -1 0\r\nCLIENT INFO x\r\nCLIENT ID x\r\n",
	"pause":        "CLIENT PAUSE\r\nCLIENT PAUSE x\r\nCLIENT PAUSE -1\r\nCLIENT PAUSE 1.5\r\nCLIENT PAUSE 5 x\r\nCLIENT PAUSE 0\r\nCLIENT PAUSE 5 WRITE\r\nCLIENT PAUSE 5 ALL x\r\nPING\r\nCLIENT UNPAUSE\r\nSET a b\r\nCLIENT PAUSE 20\r\nPING\r\nCLIENT UNPAUSE x\r\nCLIENT UNPAUSE\r\n",
	"pause ends":   "CLIENT PAUSE 30 WRITE\r\nGET a\r\nNOSUCH\r\nSET a b\r\nGET a\r\nCLIENT PAUSE 30 ALL\r\nNOSUCH\r\nGET\r\nGET a\r\nPING\r\n",
	"unblock":      "CLIENT UNBLOCK\r\nCLIENT UNBLOCK x\r\nCLIENT UNBLOCK 1\r\nCLIENT UNBLOCK 99 TIMEOUT\r\nCLIENT UNBLOCK 99 ERROR\r\nCLIENT UNBLOCK x y\r\nCLIENT UNBLOCK 99 y\r\nCLIENT UNBLOCK 1 ERROR x\r\n",
	"client":       "CLIENT\r\nCLIENT NOSUCH\r\nCLIENT HELP x\r\n",
	"unknown":      "NOSUCH\r\nNOSUCH a \"b c\"\r\nget\r\nGET a b\r\n",
	"empty":        "\r\n\n   \r\n*0\r\n*-1\r\nPING\r\n",
	"bad count":    "PING\r\n*x\r\nPING\r\n",
	"bad bulk":     "*1\r\n$x\r\nPING\r\n",
	"no dollar":    "*1\r\nPING\r\n",
	"unbalanced":   "PING\r\nSET \"a\r\nPING\r\n",
	"binary":       "*2\r\n$4\r\nECHO\r\n$5\r\na\x00\r\nb\r\n*1\r\n$4\r\nPING\r\n",
	"post":         "PING\r\nPOST / HTTP/1.1\r\nPING\r\n",
	"host":         "host: localhost\r\nPING\r\n",
}

var version = regexp.MustCompile(`(\$7\r\nversion\r\n)\$\d+\r\n[^\r]*`)
var clientID = regexp.MustCompile(`(\$2\r\nid\r\n):\d+`)

func masked(reply string) string {
	reply = version.ReplaceAllString(reply, "${1}V")
	return clientID.ReplaceAllString(reply, "${1}:N")
}

// talk sends all of in and returns all that the server replies until it closes.
func talk(t *testing.T, addr, in string) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := conn.Write([]byte(in)); err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	if _, err := io.Copy(&all, conn); err != nil && !strings.Contains(err.Error(), "reset by peer") {
		t.Fatalf("after %q: %v", all.String(), err)
	}
	return masked(all.String())
}

func testReplies(t *testing.T, newServer func(transport.Config) (transport.Server, error)) {
	for name, password := range map[string]string{"open": "", "password": "secret word"} {
		t.Run(name, func(t *testing.T) {
			redis := redistest.Start(t)
			k := newCore(t, defaultLimits)
			ours := k.listen(newServer, 1)
			if password != "" {
				redis.Must(t, "CONFIG", "SET", "requirepass", password)
				k.users.SetPassword(password)
			}
			for name, script := range scripts {
				compare(t, name, redis.Addr, ours, script+"QUIT\r\n")
				if password != "" {
					compare(t, name+" authenticated", redis.Addr, ours, "AUTH \""+password+"\"\r\n"+script+"QUIT\r\n")
				}
			}
			if password != "" {
				for _, script := range []string{
					"AUTH \"secret word\"\r\nPING\r\nRESET\r\nPING\r\n", "AUTH default \"secret word\"\r\nPING\r\n", "AUTH secret\r\nPING\r\n",
					"HELLO\r\nHELLO 3\r\nHELLO 3 AUTH default x\r\nHELLO 3 AUTH default \"secret word\"\r\nPING\r\n", "HELLO 9\r\n",
					"*11\r\n", "*2\r\n$4\r\nECHO\r\n$20000\r\n", "AUTH \"secret word\"\r\n*11\r\n$4\r\nPING\r\n" + strings.Repeat("$1\r\na\r\n", 10),
				} {
					compare(t, "password", redis.Addr, ours, script+"QUIT\r\n")
				}
			}
		})
	}
}

func TestRepliesPortable(t *testing.T) { testReplies(t, newPortable) }

func compare(t *testing.T, name, redis, ours, script string) {
	t.Helper()
	want, got := talk(t, redis, script), talk(t, ours, script)
	if got != want {
		t.Errorf("%s: %q\n got %q\nwant %q", name, script, got, want)
	}
}

// Every field that Redis 7.0 shows is there, in its order; those of 7.2 and
// 7.4 are added in their places.
func TestListFields(t *testing.T) {
	redis := redistest.Start(t)
	k := newCore(t, defaultLimits)
	ours := redistest.MustDial(t, k.listen(newPortable, 1))
	fields := func(c *redistest.Client) (names []string) {
		for _, f := range strings.Fields(fmt.Sprint(c.Must(t, "CLIENT", "INFO"))) {
			name, _, _ := strings.Cut(f, "=")
			names = append(names, name)
		}
		return names
	}
	want := strings.Join(fields(redis.Client), " ")
	want = strings.Replace(want, "multi ", "multi watch ", 1) + " lib-name lib-ver"
	if got := strings.Join(fields(ours), " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	ours.Must(t, "CLIENT", "SETNAME", "me")
	ours.Must(t, "CLIENT", "SETINFO", "LIB-NAME", "lib")
	ours.Must(t, "CLIENT", "SETINFO", "lib-ver", "1.2")
	ours.Must(t, "CLIENT", "NO-TOUCH", "on")
	ours.Must(t, "CLIENT", "NO-EVICT", "on")
	ours.Must(t, "SELECT", 4)
	ours.Must(t, "HELLO", 3)
	line := fmt.Sprint(ours.Must(t, "CLIENT", "LIST"))
	for _, part := range []string{
		"id=1 addr=127.0.0.1:", " name=me ", " flags=eT ", " db=4 ", " multi=-1 watch=0 ", " cmd=client|list user=default redir=-1 resp=3 lib-name=lib lib-ver=1.2\n", " qbuf=26 ", " argv-mem=10 ",
	} {
		if !strings.Contains(line, part) {
			t.Errorf("no %q in %q", part, line)
		}
	}
}
