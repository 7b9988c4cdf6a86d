package server

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redoubt-kv/redoubt/core/server/settings"
	"github.com/redoubt-kv/redoubt/core/session"
	"github.com/redoubt-kv/redoubt/core/transport"
	"github.com/redoubt-kv/redoubt/core/transport/joint"
	"github.com/redoubt-kv/redoubt/core/transport/portable"
)

// makeTransport makes the loops and what runs on them.
func (s *Server) makeTransport(set *settings.Settings, loops int) (err error) {
	all := loops
	if set.Transport != settings.TransportPortable && bestIsPlain {
		all = 2 * loops // as many again for TLS
	}
	for i := range all {
		figures := s.stats.NewLoop()
		s.crashes.rings = append(s.crashes.rings, figures)
		l := s.clients.NewLoop(s.exec, s.store.NewTx(), figures)
		drain := l.Drain
		l.OnMail(func() { s.transport.Post(i, drain) })
		s.loops = append(s.loops, l)
	}
	config := transport.Config{
		Loops: loops,
		Accept: func(c *transport.Conn) transport.Handler {
			return s.clients.Open(s.loops[c.LoopIndex()], c, &c.Out)
		},
		OnTurn: func(loop int) bool {
			s.loops[loop].EndTurn()
			return s.mayReply() && s.aof.turn(loop)
		},
		Around: func(loop int, body func()) { s.around(fmt.Sprintf("loop %d", loop), loop, body) },
		Error:  func(err error) { s.log.warning("%v", err) },
	}
	switch {
	case set.Transport == settings.TransportPortable:
		s.transportName = "portable"
		s.transport, err = portable.New(config)
	case !bestIsPlain:
		s.transport, s.transportName, _, err = bestTransport(set.Transport, config)
	default:
		s.transport, err = s.beside(set.Transport, config)
	}
	if err != nil {
		return fmt.Errorf("start the event loops: %w", err)
	}
	for i, l := range s.loops {
		l.OnYield(func(d time.Duration) { s.transport.Turn(i, d) }, s.store.NewTx(), s.stats.NewLoop())
	}
	return nil
}

// beside joins the best transport, which takes no TLS, and the portable one.
func (s *Server) beside(kind settings.Transport, config transport.Config) (transport.Server, error) {
	plain, name, note, err := bestTransport(kind, config)
	if err != nil {
		return nil, err
	}
	if note != "" {
		s.log.verbose("%s", note)
	}
	s.transportName = name
	first := config.Loops
	config.FirstLoop = first
	secure, err := portable.New(config)
	if err != nil {
		plain.Close()
		return nil, err
	}
	return joint.New(plain, secure, first), nil
}

// A kind of listeners on addresses of the network, and the directive of its port.
type listenerKind string

const (
	plainTCP  listenerKind = "tcp"
	secureTCP listenerKind = "tls"
)

func (k listenerKind) port(set *settings.Settings) int {
	if k == secureTCP {
		return set.TLSPort
	}
	return set.Port
}

// listen binds everything that the settings name.
func (s *Server) listen(set *settings.Settings) error {
	for _, kind := range []listenerKind{plainTCP, secureTCP} {
		if err := s.listenTCP(set, kind); err != nil {
			s.log.warning("%v", err)
			return fmt.Errorf("Failed listening on port %d (%s), aborting.", kind.port(set), kind)
		}
	}
	if set.UnixSocket != "" {
		l, err := s.transport.Listen(transport.Listen{Network: "unix", Address: set.Path(set.UnixSocket),
			Perm: fileMode(set.UnixSocketPerm), Backlog: set.TCPBacklog})
		if err != nil {
			return fmt.Errorf("Failed opening Unix socket: bind: %w", err)
		}
		s.listeners["unix"] = l
	}
	return nil
}

// listenTCP binds the addresses of the directive bind, unless the kind's port is 0.
// One that starts with a dash may be missing on this machine.
func (s *Server) listenTCP(set *settings.Settings, kind listenerKind) error {
	port := kind.port(set)
	if port == 0 {
		return nil
	}
	bound := 0
	for _, addr := range set.Bind {
		optional := strings.HasPrefix(addr, "-")
		host, network := strings.TrimPrefix(addr, "-"), "tcp"
		switch host {
		case "*":
			host, network = "0.0.0.0", "tcp4"
		case "::*":
			host, network = "::", "tcp6"
		}
		where := net.JoinHostPort(host, strconv.Itoa(port))
		spec := transport.Listen{Network: network, Address: where, Backlog: set.TCPBacklog, KeepAlive: set.TCPKeepalive, Mark: set.SocketMarkID}
		if kind == secureTCP {
			spec.TLS = s.tls.listening()
		}
		l, err := s.transport.Listen(spec)
		if err != nil {
			if optional && isUnavailable(err) {
				continue
			}
			s.closeTCP(kind)
			return fmt.Errorf("Could not create server TCP listening socket %s:%d: %w", addr, port, err)
		}
		s.listeners[string(kind)+" "+where] = l
		bound++
	}
	if bound == 0 && len(set.Bind) > 0 {
		return errors.New("Could not create any server TCP listening socket")
	}
	return nil
}

func isUnavailable(err error) bool {
	for _, e := range []error{syscall.EADDRNOTAVAIL, syscall.EAFNOSUPPORT, syscall.EPROTONOSUPPORT} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func (s *Server) closeTCP(kind listenerKind) {
	for name, l := range s.listeners {
		if strings.HasPrefix(name, string(kind)+" ") {
			l.Close()
			delete(s.listeners, name)
		}
	}
}

// relisten binds anew after CONFIG SET of a port or of bind. If that fails the old
// addresses are bound again by the same function, when the registry takes the
// change back.
func (s *Server) relisten(set *settings.Settings, refusal string, kinds ...listenerKind) error {
	for _, kind := range kinds {
		s.closeTCP(kind)
		if err := s.listenTCP(set, kind); err != nil {
			s.log.warning("%v", err)
			return errors.New(refusal)
		}
	}
	return nil
}

// loopCron has every loop look after its clients, but those for TLS while they have
// none.
func (s *Server) loopCron(hz int) {
	both, _ := s.transport.(*joint.Server)
	for i, l := range s.loops {
		if both != nil && i >= len(s.loops)/2 && both.Idle(i) {
			continue
		}
		s.transport.Post(i, func() { l.Cron(hz) })
	}
}

var _ session.Conn = (*transport.Conn)(nil)

const cronPeriod = 100 * time.Millisecond
