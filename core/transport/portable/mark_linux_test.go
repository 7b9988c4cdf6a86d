package portable

import (
	"errors"
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/redoubt-kv/redoubt/core/transport"
)

func TestMark(t *testing.T) {
	s, err := New(transport.Config{Loops: 1, Accept: func(*transport.Conn) transport.Handler { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	l, err := s.Listen(transport.Listen{Network: "tcp", Address: "127.0.0.1:0", Mark: 77})
	if errors.Is(err, unix.EPERM) {
		t.Skip("marks are for the privileged")
	}
	if err != nil {
		t.Fatal(err)
	}
	raw, err := l.(*listener).ln.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		if mark, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_MARK); err != nil || mark != 77 {
			t.Errorf("mark %d, %v", mark, err)
		}
	})
}
