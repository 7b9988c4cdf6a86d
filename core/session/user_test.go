package session_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

const (
	wrongPass = "-WRONGPASS invalid username-password pair or user is disabled.\r\n"
	noAuth    = "-NOAUTH Authentication required.\r\n"
)

func (k *core) setUser(name, rules string) {
	k.t.Helper()
	if _, err := k.users.Set(name, strings.Fields(rules)); err != nil {
		k.t.Fatal(err)
	}
}

// TestUserOfAClient: AUTH, HELLO and RESET make a client another user, and a failed
// one leaves it who it is.
func TestUserOfAClient(t *testing.T) {
	k := newCore(t, defaultLimits)
	k.setUser("u", "on >p +@all -echo ~* &*")
	c := k.connect(k.newLoop())
	expect(t, c.send("AUTH u q\r\nECHO a\r\nAUTH u p\r\nECHO a\r\n"),
		wrongPass+"$1\r\na\r\n+OK\r\n-NOPERM this user has no permissions to run the 'echo' command\r\n")
	if line := c.send("CLIENT INFO\r\n"); !strings.Contains(line, " user=u ") {
		t.Errorf("%s", line)
	}
	expect(t, c.send("AUTH u q\r\nECHO a\r\nRESET\r\nECHO a\r\n"),
		wrongPass+"-NOPERM this user has no permissions to run the 'echo' command\r\n+RESET\r\n$1\r\na\r\n")
	if reply := c.send("HELLO 2 AUTH u p SETNAME x\r\nECHO a\r\n"); !strings.HasSuffix(reply, "'echo' command\r\n") {
		t.Errorf("%q", reply)
	}
	log := k.users.Log().Newest(10)
	if len(log) != 2 || log[1].Username != "u" || log[1].Object != "AUTH" || log[0].Object != "echo" || !strings.Contains(log[0].Client, " cmd=echo user=u ") {
		t.Errorf("%+v", log)
	}
}

// TestQueuedCommandsAreAskedTwice: rules that change between MULTI and EXEC hold for
// what was queued.
func TestQueuedCommandsAreAskedTwice(t *testing.T) {
	k := newCore(t, defaultLimits)
	k.setUser("u", "on nopass +@all ~a ~b &*")
	c := k.connect(k.newLoop())
	expect(t, c.send("AUTH u x\r\nMULTI\r\nSET a 1\r\nSET b 2\r\n"), "+OK\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n")
	k.setUser("u", "resetkeys ~a")
	expect(t, c.send("EXEC\r\nMULTI\r\nSET b 1\r\nSET a 1\r\nEXEC\r\n"), "*2\r\n+OK\r\n-NOPERM ACLs rules changed between the moment the "+
		"transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: no permission to touch the specified keys\r\n"+
		"+OK\r\n-NOPERM this user has no permissions to access one of the keys used as arguments\r\n+QUEUED\r\n-EXECABORT Transaction discarded because of previous errors.\r\n")
}

// TestRemovedUser: a client whose user was removed may do nothing, even before its loop
// hears of it.
func TestRemovedUser(t *testing.T) {
	k := newCore(t, defaultLimits)
	k.users.SetPassword("x")
	k.setUser("u", "on nopass +@all ~* &*")
	l := k.newLoop()
	c, other, me := k.connect(l), k.connect(l), k.connect(l)
	expect(t, c.send("AUTH u x\r\nPING\r\n"), "+OK\r\n+PONG\r\n")
	expect(t, other.send("AUTH u x\r\n"), "+OK\r\n")
	expect(t, me.send("AUTH x\r\n"), "+OK\r\n")
	u := k.users.Delete("u")
	expect(t, other.send("PING\r\nGET a\r\n"), noAuth+noAuth)
	if itself := k.clients.KillUser(u, me.s.ID()); itself || k.clients.Len() != 1 {
		t.Errorf("itself %v, %d clients left", itself, k.clients.Len())
	}
	if c.runPosts(); !c.closed {
		t.Error("not closed")
	}
	k.setUser("u", "on nopass +@all ~* &*") // another one of the same name
	expect(t, me.send("PING\r\nAUTH u x\r\nPING\r\n"), "+PONG\r\n+OK\r\n+PONG\r\n")
}

// TestDeniedDoesNotWaitForThePause: what would fail anyway fails at once.
func TestDeniedDoesNotWaitForThePause(t *testing.T) {
	k := newCore(t, defaultLimits)
	k.setUser("u", "on nopass +@all ~a &*")
	l := k.newLoop()
	c := k.connect(l)
	expect(t, c.send("AUTH u x\r\nCLIENT PAUSE 100000 WRITE\r\nSET b 1\r\n"), "+OK\r\n+OK\r\n-NOPERM this user has no permissions to access one of the keys used as arguments\r\n")
	expect(t, c.send("SET a 1\r\n"), "")
	if k.users.Log().Len() != 1 {
		t.Errorf("%d denials", k.users.Log().Len())
	}
	k.clients.Unpause()
}

// TestUsersChangeMeanwhile has clients of several loops log in and run commands while
// their users change and go. The race detector looks on.
func TestUsersChangeMeanwhile(t *testing.T) {
	k := newCore(t, defaultLimits)
	var group sync.WaitGroup
	for i := range 3 {
		c := k.connect(k.newLoop())
		group.Go(func() {
			for range 200 {
				c.send(fmt.Sprintf("AUTH u%d x\r\nSET a 1\r\nGET b\r\nCLIENT LIST\r\nRESET\r\n", i))
			}
		})
	}
	for n := range 200 {
		name := fmt.Sprint("u", n%3)
		k.setUser(name, "on nopass +@all ~a &*")
		k.users.Lines()
		k.setUser(name, "-get allkeys (+get %R~b)")
		if u := k.users.Delete(name); n%5 == 0 && u != nil {
			k.clients.KillUser(u, 0)
		}
		k.users.Log().Newest(5)
	}
	group.Wait()
}
