package server

// Embedding is what a program around the server, such as the init of a machine,
// adds to it. The zero value adds nothing.
type Embedding struct {
	// Appliance returns INFO's section of that name: lines "name:value\r\n".
	// Any goroutine calls it.
	Appliance func() string
	// Reserve is how much address space the data may have, in bytes; 0 for as much
	// as there is. What one server has reserved is not given back when it ends.
	Reserve int64
	// Locked is the reason for which all clients from other hosts are refused, as
	// in protected mode; "" refuses none.
	Locked string
	// Started is called once, when the server listens and before it loads. It
	// must not wait.
	Started func(*Handle)
	// Ready is called once, when the data has been loaded and clients are served.
	// It must not wait.
	Ready func()
}

// info is the text of INFO's section appliance, "" without one.
func (e *Embedding) info() string {
	if e.Appliance == nil {
		return ""
	}
	return e.Appliance()
}

// Handle is a running server, for the program around it. Any goroutine may call
// its methods, also once the server has stopped.
type Handle struct{ s *Server }

// Protected tells whether clients from other hosts are refused for want of a
// password.
func (h *Handle) Protected() bool {
	return h.s.live.Load().ProtectedMode && h.s.users.Default().Rules().NoPass
}

// Ready tells whether clients are served: data has been loaded, and the server is
// not about to stop.
func (h *Handle) Ready() bool { return !h.s.loading.Load() && !h.s.stopped.Load() }

// Port returns the port for TCP without TLS, 0 if there is none.
func (h *Handle) Port() int { return h.s.live.Load().Port }
