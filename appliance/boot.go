//go:build linux

package appliance

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/appliance/metadata"
	"github.com/redoubt-kv/redoubt/appliance/network"
	"github.com/redoubt-kv/redoubt/appliance/timesync"
	"github.com/redoubt-kv/redoubt/appliance/update"
	"github.com/redoubt-kv/redoubt/core/server"
)

// Files of the image, see images/NAME/profile.
const (
	machineConf = "/etc/machine.conf"
	serverConf  = "/etc/redis.conf"
)

// flushTime is how long a slow console may keep the machine from stopping.
const flushTime = 2 * time.Second

// machine is the state of a boot: each step adds what it found.
type machine struct {
	console     *Console
	settings    *Settings
	dataDisk    string                        // device that is mounted on dataDir, or ""
	crashes     int                           // runs in a row before this one that ended in a crash
	maxmem      uint64                        // bytes for data; 0: not limited by us
	maxResident uint64                        // bytes for the server in all
	outside     outside                       // configuration from outside, see metadata.go
	started     atomic.Bool                   // the server has listened
	handle      atomic.Pointer[server.Handle] // of the server that runs now
	served      atomic.Bool                   // the server has loaded its data
	power       chan powerEvent
	network     *network.Manager // nil until it has been started
	clock       *timesync.Syncer
	id          machineID
	release     release
	updater     *update.Updater // nil without two slots
	gate        sync.Once
	rescued     bool        // the data of a checkpoint were put back after a failed start
	confined    atomic.Bool // the process has been confined
	hardened    sync.Once   // what follows a boot has been begun
	phases      phases
	admin       atomic.Pointer[administration] // of the server's run; nil without
}

// bootStep is one step of a boot.
type bootStep struct {
	name string
	run  func(*machine) error
}

// bootSteps is the whole boot, in order. The network step returns at once: the
// address comes while the server is already there.
var bootSteps = []bootStep{
	{"mount file systems", (*machine).mountEarly},
	{"read settings", (*machine).readSettings},
	{"open the slots", (*machine).openSlots},
	{"arm the crash rule", (*machine).armCrashRule},
	{"tune the kernel", (*machine).tuneKernel},
	{"restrict the process", (*machine).restrictProcess},
	{"watch the power button", (*machine).watchPower},
	{"look for metadata", (*machine).findMetadata},
	{"bring up loopback", (*machine).startLoopback},
	{"start the network", (*machine).startNetwork},
	{"set the clock", (*machine).startClock},
	{"gather entropy", (*machine).gatherEntropy},
	{"ask for metadata", (*machine).fetchMetadata},
	{"size memory", (*machine).sizeMemory},
	{"mount the data disk", (*machine).mountData},
	{"restore the data", (*machine).restoreData},
	{"identify the machine", (*machine).identify},
	{"keep the instance id", (*machine).keepInstance},
	{"check the user data", (*machine).checkServer},
	{"confine the process", (*machine).confineProcess}, // the last one
}

// Main is PID 1: it boots the machine, runs the program and stops the machine.
// It returns only if it is not PID 1, with an error.
func Main(program Program) error {
	if os.Getpid() != 1 {
		return fmt.Errorf("this program is the init of a machine image; it must be PID 1 (see docs/appliance.md)")
	}
	m := &machine{
		console:  NewConsole(os.Stderr, bootTime()),
		settings: &Settings{OnCrash: Reboot, CrashPause: 3 * time.Second},
		power:    make(chan powerEvent, 8),
	}
	m.phases.mark("init")
	// Nothing of a boot is worth collecting; it has passed when the server listens.
	debug.SetGCPercent(-1)
	if err := m.boot(); err != nil {
		m.console.Printf("BOOT FAILED: %v", err)
		m.stopFailed("its boot failed: " + err.Error())
	}
	m.stop(m.serve(program))
	panic("unreachable: the machine has stopped")
}

// boot runs the steps. A panic in one is a failure like any other.
func (m *machine) boot() (err error) {
	var step bootStep
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: panic: %v", step.name, p)
		}
	}()
	for _, step = range bootSteps {
		if err := step.run(m); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		m.phases.mark(step.name)
	}
	return nil
}

// readSettings reads machine.conf and the kernel's command line.
func (m *machine) readSettings() error { return m.readSettingsWith(nil) }

// readSettingsWith reads them anew, with the settings of user data between them.
func (m *machine) readSettingsWith(userData []metadata.Setting) error {
	conf, err := os.ReadFile(machineConf)
	if err != nil {
		return err
	}
	cmdline, err := os.ReadFile("/proc/cmdline")
	if err != nil {
		return err
	}
	m.console.Hide(cmdlineSecrets(string(cmdline))...)
	s, err := ParseSettings(string(conf), userData, string(cmdline))
	if err != nil {
		return err
	}
	m.settings = s
	return nil
}

// sizeMemory derives the memory for data.
func (m *machine) sizeMemory() error {
	if m.settings.MaxmemoryShare == 0 {
		return nil
	}
	meminfo, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return err
	}
	total, err := memTotal(string(meminfo))
	if err != nil {
		return err
	}
	m.maxmem, err = Maxmemory(total, m.settings.MaxmemoryShare, m.settings.MaxmemoryReserve)
	if err != nil {
		return err
	}
	m.maxResident = MaxResident(total, m.settings.MaxmemoryReserve)
	m.console.Printf("memory: %d MiB, of which %d MiB for data", total>>20, m.maxmem>>20)
	return nil
}

// serverArgs returns the server's arguments. Those of a locked machine leave out
// the user data, and keep away from the data.
func (m *machine) serverArgs() []string {
	s, include := *m.settings, ""
	switch {
	case m.outside.locked() != "":
		s.Directives = append(slices.Clone(s.Directives), lockedDirectives()...)
	case m.outside.config != nil && len(m.outside.config.Server) > 0:
		include = userConf
	}
	return serverArgs(&s, m.maxmem, m.maxResident, m.dataDisk != "", include)
}

// serverArgs returns the server's arguments: what the image says, then what was
// derived from the machine, then the file userData (if it is not ""), then what
// the kernel's command line says; the last one wins.
func serverArgs(s *Settings, maxmem, maxResident uint64, hasDisk bool, userData string) []string {
	args := []string{serverConf}
	add := func(name, value string) { args = append(args, "--"+name, value) }
	if maxmem > 0 {
		add("maxmemory", strconv.FormatUint(maxmem, 10))
		add("maxmemory-resident", strconv.FormatUint(maxResident, 10))
	}
	if hasDisk {
		add("dir", dataDir)
		if s.DataSave != "" {
			add("save", s.DataSave)
		}
	} else {
		add("dir", noDataDir)
	}
	if userData != "" {
		add("include", userData)
	}
	for _, d := range s.Directives {
		add(d.Name, d.Value)
	}
	return args
}

// ending is how a run of the server came to its end.
type ending struct {
	code     int
	panicked any
	then     Action           // what a power event asked for; "" if none did
	forced   bool             // the server was not waited for
	answer   *metadata.Answer // that ended a locked machine's run, or nil
}

// serve runs the program until the machine is to stop. A locked machine's server
// gives way to a proper one when its metadata have come; a server that does not
// start with the user data gives way to a locked one, which says so.
func (m *machine) serve(program Program) ending {
	for {
		e := m.run(program)
		switch {
		case e.then != "" || e.panicked != nil:
			return e
		case e.answer != nil:
			m.console.Printf("metadata: they have come; the server starts anew")
			if err := m.restartWith(e.answer); err != nil {
				m.console.Printf("BOOT FAILED: %v", err)
				return ending{code: 1}
			}
		case e.code != 0 && !m.served.Load() && m.rescueData():
		case e.code != 0 && !m.started.Load() && m.outside.config != nil && m.outside.locked() == "":
			m.lock(lockedText(m.outside.config.Source, "the server does not start with it; the console says why"))
		default:
			return e
		}
	}
}

// run runs the program once and, when the power button or Ctrl-Alt-Del says so,
// ends it. A second press does not wait for it.
func (m *machine) run(program Program) ending {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	args := m.serverArgs()
	m.console.Printf("server: starting")
	done := make(chan ending, 1)
	go func() { done <- runProgram(ctx, program, args, m.console, m.embedding()) }()
	healthy := time.NewTimer(healthyAfter)
	defer healthy.Stop()

	var then Action
	var answer *metadata.Answer
	for {
		select {
		case e := <-done:
			m.stopAdmin()
			e.then, e.answer = then, answer
			return e
		case answer = <-m.outside.answers:
			cancel()
		case <-healthy.C:
			m.forgetCrashes()
		case event := <-m.power:
			if then != "" {
				m.console.Printf("%s again: not waiting for the server", event.name)
				return ending{then: event.then, forced: true}
			}
			then = event.then
			m.console.Printf("%s: ending the server", event.name)
			cancel()
		}
	}
}

// runProgram runs the program and turns a panic on its own goroutine into an
// ending. A panic on another goroutine ends the process, see crash.go.
func runProgram(ctx context.Context, program Program, args []string, log io.Writer, embed server.Embedding) (e ending) {
	defer func() {
		if p := recover(); p != nil {
			e = ending{code: 2, panicked: p}
		}
	}()
	return ending{code: program(ctx, args, log, embed)}
}

// embedding is what the machine adds to the server.
func (m *machine) embedding() server.Embedding {
	return server.Embedding{
		Appliance: m.info,
		Locked:    m.outside.locked(),
		Started:   m.serverStarted,
		Ready:     m.serverReady,
	}
}

// serverStarted hears of the server when it listens; its data may still be loaded.
// It hears of another one when a locked machine's server gives way to a proper one.
func (m *machine) serverStarted(h *server.Handle) {
	m.started.Store(true)
	debug.SetGCPercent(100)
	m.handle.Store(h)
	m.phases.mark("listening")
	m.console.Printf("server: listening")
	m.startAdmin(h)
	m.reportReady()
	if m.onTrial() {
		m.gate.Do(func() { go m.passGate() })
	}
	if m.outside.locked() == "" && h.Protected() {
		m.console.Printf("server: there is no password, so clients from other hosts are refused; set one with user data (requirepass, see docs/metadata.md) or redoubt.requirepass on the kernel's command line")
	}
}

// serverReady hears of the server when its data has been loaded.
func (m *machine) serverReady() {
	m.served.Store(true)
	m.phases.mark("ready")
	m.console.Printf("boot: %s", &m.phases)
	m.hardened.Do(func() { go m.finishHardening() })
}

// info is the section of INFO.
func (m *machine) info() string {
	return fmt.Sprintf("appliance_uptime_seconds:%d\r\nappliance_crashes_in_a_row:%d\r\nappliance_data_disk:%s\r\n",
		int64(uptime().Seconds()), m.crashes, m.dataDisk) + m.updateInfo() + m.outside.info() + m.phases.info() + m.networkInfo() + m.identityInfo() + m.clockInfo() + m.adminInfo() + m.confineInfo()
}

// bootTime returns when the kernel started, as far as it can be known: before
// /proc is there, by the clock that counts from boot.
func bootTime() time.Time {
	return time.Now().Add(-uptime())
}
