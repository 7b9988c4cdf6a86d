package script

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// A script is interrupted by way of its context: gopher-lua asks that for its Done
// channel before each instruction, and the answer is a look at one word, alarm. Who
// wants something of the script sets a bit:
//
//	alarmBusy     the watchdog: it has run for busy-reply-threshold, and the loop's
//	              other clients want to be served now and then
//	alarmMemory   the watchdog: Go's heap has grown by more than the limit
//	alarmEnd      SCRIPT KILL, or the end of the server: it stays set, so that a
//	              script that catches the error does not get any further
const (
	alarmBusy = 1 << iota
	alarmMemory
	alarmEnd
)

// hook is an interpreter as a context.Context.
type hook interp

func (h *hook) Deadline() (time.Time, bool) { return time.Time{}, false }
func (h *hook) Value(any) any               { return nil }

// Err is what the script is ended with.
func (h *hook) Err() error { return endError(h.end) }

type endError string

func (e endError) Error() string { return string(e) }

// Done is called before each instruction.
func (h *hook) Done() <-chan struct{} {
	if h.alarm.Load() == 0 {
		return nil
	}
	return (*interp)(h).alarmed()
}

// closed is the channel that ends a script.
var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Why scripts are ended.
const (
	endKilled  = "Script killed by user with SCRIPT KILL..."
	endMemory  = "not enough memory"
	endStopped = "the server shuts down"
)

// alarmed does what the alarm is about; it returns nil if the script goes on.
//
// An alarm may be for a script that has ended before it came.
func (in *interp) alarmed() <-chan struct{} {
	bits := in.alarm.And(alarmEnd)
	if in.end == "" && !in.run.Killed() && !in.engine.watchdog.stopped.Load() {
		in.alarm.And(^alarmEnd)
	}
	if in.call == nil {
		return nil // a function is being made
	}
	if bits&alarmMemory != 0 && in.end == "" && in.usesTooMuch() {
		in.end = endMemory
		in.alarm.Or(alarmEnd)
		bits |= alarmEnd
	}
	if bits&alarmBusy != 0 && bits&alarmEnd == 0 {
		in.busy()
	}
	if in.alarm.Load()&alarmEnd == 0 {
		return nil
	}
	if in.end == "" {
		in.end = endStopped
		if in.run.Killed() {
			in.end = endKilled
			in.engine.log(logWarning, "Lua script killed by user with SCRIPT KILL.")
		}
	}
	return closed
}

// busy has other clients served: they are told that a script is busy.
func (in *interp) busy() {
	c := in.call
	started := time.Unix(0, in.seenNs.Load())
	if c == nil || time.Since(started) < in.engine.options.threshold() {
		return
	}
	if !in.slow {
		in.slow = true
		command := "SCRIPT KILL"
		if in.job.function {
			command = "FUNCTION KILL"
		}
		in.engine.log(logWarning, fmt.Sprintf("Slow script detected: still in execution after %d milliseconds. You can try killing the script using the %s command. Script name is: %s.",
			time.Since(started).Milliseconds(), command, in.job.name))
		if !c.Replays() { // else clients are told that data is loaded
			in.engine.watchdog.busy.Store(&Running{
				Name: in.job.name, Command: in.job.request(), Started: started, Function: in.job.function,
			})
			c.Tx.MarkBusy()
		}
	}
	if c.Yield != nil {
		c.Yield(0)
	}
}

// Limits of what a script may add to Go's heap.
const (
	mostMemory  = 512 << 20
	leastMemory = 32 << 20
)

// What stands for Go's heap, and for when the watchdog saw the script first, before
// it has.
const (
	unknownHeap = 1 << 60
	neverSeen   = 1<<63 - 1
)

// usesTooMuch tells whether Go's heap is too large even without garbage.
func (in *interp) usesTooMuch() bool {
	runtime.GC()
	return heapBytes() > in.heap.Load()+in.engine.memoryLimit()
}

func (e *Engine) memoryLimit() int64 {
	if e.options.Memory == nil {
		return mostMemory
	}
	return min(max(e.options.Memory(), leastMemory), mostMemory)
}

// heapBytes is how much of Go's heap is in use, with garbage that is not collected.
func heapBytes() int64 {
	sample := [1]metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample[:])
	return int64(sample[0].Value.Uint64())
}

// watchdog is what Watch and those who run scripts share.
type watchdog struct {
	current atomic.Pointer[interp] // runs the script that has the store for itself
	asleep  atomic.Bool
	wake    chan struct{}
	busy    atomic.Pointer[Running]
	stopped atomic.Bool // Abort
	runs    atomic.Uint64
}

// How often scripts are looked at, and for how many looks without any the watchdog
// stays awake.
const (
	watchPeriod = 5 * time.Millisecond
	watchIdle   = 200
)

// Watch looks after running scripts until stopped tells that it is to end. It is
// called once, on a goroutine of its own.
func (e *Engine) Watch(stopped func() bool) {
	d, idle := &e.watchdog, 0
	var seen uint64
	for !stopped() {
		in := d.current.Load()
		if in == nil {
			if idle++; idle > watchIdle {
				d.sleep()
				idle = 0
			}
		} else {
			idle = 0
			e.look(in, &seen)
		}
		time.Sleep(watchPeriod)
	}
}

// sleep waits for the next script; now and then it returns without one.
func (d *watchdog) sleep() {
	d.asleep.Store(true)
	if d.current.Load() == nil {
		select {
		case <-d.wake:
		case <-time.After(time.Second):
		}
	}
	d.asleep.Store(false)
}

// look looks at a running script.
func (e *Engine) look(in *interp, seen *uint64) {
	run := in.number.Load()
	if run != *seen {
		*seen = run
		in.seenNs.Store(time.Now().UnixNano())
		in.heap.Store(heapBytes())
		return
	}
	if heapBytes() > in.heap.Load()+e.memoryLimit() {
		in.alarm.Or(alarmMemory)
	}
	threshold := e.options.threshold()
	if threshold > 0 && time.Duration(time.Now().UnixNano()-in.seenNs.Load()) >= threshold {
		in.alarm.Or(alarmBusy)
	}
}

func (o *Options) threshold() time.Duration {
	if o.Threshold == nil {
		return 0
	}
	return o.Threshold()
}

// enter notes that in runs a script that has the store for itself.
func (d *watchdog) enter(in *interp) {
	in.seenNs.Store(neverSeen)
	in.heap.Store(unknownHeap)
	in.number.Store(d.runs.Add(1))
	d.current.Store(in)
	if d.asleep.Load() {
		select {
		case d.wake <- struct{}{}:
		default:
		}
	}
	if d.stopped.Load() {
		in.alarm.Or(alarmEnd)
	}
}

func (d *watchdog) leave() {
	d.current.Store(nil)
	if d.busy.Load() != nil {
		d.busy.Store(nil)
	}
}

// Running is a script or function that others are told of as busy.
type Running struct {
	Name     string   // a script's SHA-1, or that of the function
	Command  []string // the request that runs it
	Started  time.Time
	Function bool
}

// Busy is the script or function that is busy, nil if none is.
func (e *Engine) Busy() *Running { return e.watchdog.busy.Load() }

// Kill ends the script that runs, for SCRIPT KILL or, with function, for FUNCTION
// KILL. It returns an error for the client, "" if the script is going to end.
func (e *Engine) Kill(function bool) string {
	in := e.watchdog.current.Load()
	switch {
	case in == nil:
		return "NOTBUSY No scripts in execution right now."
	case in.isFunction.Load() != function:
		return e.BusyText()
	case !in.run.Kill():
		return "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command."
	}
	in.alarm.Or(alarmEnd)
	return ""
}

// BusyText is the error for commands that cannot run beside a script that is busy.
func (e *Engine) BusyText() string {
	command := "SCRIPT KILL"
	if in := e.watchdog.current.Load(); in != nil && in.isFunction.Load() {
		command = "FUNCTION KILL"
	}
	return "BUSY Redis is busy running a script. You can only call " + command + " or SHUTDOWN NOSAVE."
}

// Abort ends the script that runs, whatever it has done, and those to come.
func (e *Engine) Abort() {
	e.watchdog.stopped.Store(true)
	if in := e.watchdog.current.Load(); in != nil {
		in.alarm.Or(alarmEnd)
	}
}

func (e *Engine) log(level int, line string) {
	if e.options.Log != nil {
		e.options.Log(level, line)
	}
}
