package epoll

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/redoubt-kv/redoubt/core/transport"
)

// listener is one listening socket, registered with loop 0.
type listener struct {
	server *Server
	spec   transport.Listen
	name   string // for errors
	path   string // of a Unix socket
	addr   net.Addr
	id     int

	mu sync.Mutex
	fd int // -1 once closed
}

// Listen implements transport.Server.
func (s *Server) Listen(spec transport.Listen) (transport.Listener, error) {
	name := spec.Network + " " + spec.Address
	if spec.TLS != nil {
		return nil, fmt.Errorf("listen on %s: TLS needs the portable transport", name)
	}
	family, sa, err := socketAddress(spec)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", name, err)
	}
	ls := &listener{server: s, spec: spec, name: name, fd: -1}
	if spec.Network == "unix" {
		ls.path = spec.Address
	}
	if err := ls.open(family, sa); err != nil {
		return nil, fmt.Errorf("listen on %s: %w", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		ls.close()
		return nil, transport.ErrClosed
	}
	ls.id = s.nextID
	s.nextID++
	s.listeners[ls.id] = ls
	if err := ls.watch(true); err != nil {
		delete(s.listeners, ls.id)
		ls.close()
		return nil, fmt.Errorf("listen on %s: %w", name, err)
	}
	return ls, nil
}

// socketAddress finds the address family and the address of spec.
func socketAddress(spec transport.Listen) (family int, sa unix.Sockaddr, err error) {
	switch spec.Network {
	case "unix":
		if spec.Address == "" {
			return 0, nil, errors.New("empty path")
		}
		return unix.AF_UNIX, &unix.SockaddrUnix{Name: spec.Address}, nil
	case "tcp", "tcp4", "tcp6":
	default:
		return 0, nil, net.UnknownNetworkError(spec.Network)
	}
	tcp, err := net.ResolveTCPAddr(spec.Network, spec.Address)
	if err != nil {
		return 0, nil, err
	}
	if ip4 := tcp.IP.To4(); ip4 != nil || tcp.IP == nil && spec.Network != "tcp6" {
		in := &unix.SockaddrInet4{Port: tcp.Port}
		copy(in.Addr[:], ip4)
		return unix.AF_INET, in, nil
	}
	in := &unix.SockaddrInet6{Port: tcp.Port}
	copy(in.Addr[:], tcp.IP)
	if tcp.Zone != "" {
		ifi, err := net.InterfaceByName(tcp.Zone)
		if err != nil {
			return 0, nil, err
		}
		in.ZoneId = uint32(ifi.Index)
	}
	return unix.AF_INET6, in, nil
}

// open binds the socket and begins to listen.
func (ls *listener) open(family int, sa unix.Sockaddr) error {
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	bound := false
	fail := func(what string, err error) error {
		unix.Close(fd)
		if bound && ls.path != "" {
			os.Remove(ls.path)
		}
		return fmt.Errorf("%s: %w", what, err)
	}
	if family == unix.AF_UNIX {
		// What a process that died left behind; only ever a socket.
		if st, err := os.Lstat(ls.path); err == nil && st.Mode().Type() == os.ModeSocket {
			os.Remove(ls.path)
		}
	} else if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return fail("set SO_REUSEADDR", err)
	}
	if mark := ls.spec.Mark; mark != 0 && family != unix.AF_UNIX {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MARK, int(mark)); err != nil {
			return fail("set SO_MARK", err)
		}
	}
	if family == unix.AF_INET6 {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
			return fail("set IPV6_V6ONLY", err)
		}
	}
	if err := unix.Bind(fd, sa); err != nil {
		return fail("bind", err)
	}
	bound = true
	if ls.path != "" && ls.spec.Perm != 0 {
		if err := os.Chmod(ls.path, ls.spec.Perm); err != nil {
			return fail("set permissions", err)
		}
	}
	backlog := ls.spec.Backlog
	if backlog <= 0 {
		backlog = transport.DefaultBacklog
	}
	if err := unix.Listen(fd, backlog); err != nil {
		return fail("listen", err)
	}
	if ls.addr, err = boundAddr(fd, ls.path); err != nil {
		return fail("getsockname", err)
	}
	ls.fd = fd
	return nil
}

// boundAddr is the address that the kernel chose.
func boundAddr(fd int, path string) (net.Addr, error) {
	if path != "" {
		return &net.UnixAddr{Net: "unix", Name: path}, nil
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return nil, err
	}
	return net.ResolveTCPAddr("tcp", addrText(sa, ""))
}

// watch registers the socket with loop 0, or takes it off.
func (ls *listener) watch(on bool) error {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.fd < 0 {
		return nil
	}
	op := unix.EPOLL_CTL_DEL
	if on {
		op = unix.EPOLL_CTL_ADD
	}
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: slotListen, Pad: int32(ls.id)}
	if err := unix.EpollCtl(ls.server.loops[0].epfd, op, ls.fd, &ev); err != nil {
		return fmt.Errorf("epoll_ctl: %w", err)
	}
	return nil
}

// accept takes one connection. The lock keeps the descriptor from being closed,
// and its number used again, in the meantime.
func (ls *listener) accept() (int, unix.Sockaddr, error) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.fd < 0 {
		return 0, nil, transport.ErrClosed
	}
	return unix.Accept4(ls.fd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
}

// Addr implements transport.Listener.
func (ls *listener) Addr() net.Addr { return ls.addr }

// Close implements transport.Listener.
func (ls *listener) Close() error {
	ls.server.mu.Lock()
	delete(ls.server.listeners, ls.id)
	ls.server.mu.Unlock()
	return ls.close()
}

// close ends it without taking it off the server's list.
func (ls *listener) close() error {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.fd < 0 {
		return nil
	}
	if ls.path != "" {
		os.Remove(ls.path) // first, so that nobody finds a socket that is dead
	}
	err := unix.Close(ls.fd)
	ls.fd = -1
	if err != nil {
		return fmt.Errorf("close listener %s: %w", ls.name, err)
	}
	return nil
}
