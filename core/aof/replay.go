package aof

import (
	"errors"
	"fmt"
	"io"
	"strconv"
)

// ErrUnknownCommand is what Apply returns, or wraps, for a command that the
// server does not have.
var ErrUnknownCommand = errors.New("unknown command")

// maxStray is how many warnings about misplaced MULTI and EXEC a load logs.
const maxStray = 10

// applyError is an error of Apply, and of which command.
type applyError struct {
	name string
	at   int64 // offset of the command's end
	err  error
}

func (e *applyError) Error() string {
	return fmt.Sprintf("command '%s' that ends at offset %d: %v", e.name, e.at, e.err)
}

func (e *applyError) Unwrap() error { return e.err }

// replay applies the commands of files. It keeps SELECT, MULTI and EXEC to
// itself: commands between MULTI and EXEC are applied when EXEC has been read.
//
//	plain --MULTI--> queueing --EXEC: apply the queue--> plain
//	                 queueing --end of file: forget the queue--> end
type replay struct {
	o     *LoadOptions
	lanes *lanes // nil: everything is applied by the reading goroutine

	db       int
	queueing bool
	queue    commandList
	sound    int64 // offset behind the last command that is applied, or may be
	applied  int64 // commands
	stray    int
}

// file applies the commands that r gives, up to the end of its file. sound is
// then where the part of the file ends that counts. The error is that of the
// reader, nil at a proper end, or an *applyError.
func (p *replay) file(r *Reader) error {
	p.db, p.queueing, p.sound = 0, false, r.Offset()
	err := p.commands(r)
	if p.lanes != nil {
		if at, laneErr := p.lanes.wait(); laneErr != nil {
			return p.failed(at, laneErr)
		}
	}
	return err
}

func (p *replay) commands(r *Reader) error {
	for {
		argv, err := r.Next()
		if err == io.EOF {
			if !p.queueing {
				p.sound = r.Offset()
			}
			return nil
		}
		if err != nil {
			return err
		}
		if err := p.command(argv, r.Offset()); err != nil {
			return err
		}
		if !p.queueing {
			p.sound = r.Offset()
		}
	}
}

func (p *replay) command(argv [][]byte, end int64) error {
	switch name := argv[0]; {
	case is(name, "multi"):
		if p.queueing {
			p.misplaced("MULTI", end)
			return nil
		}
		p.queueing = true
	case is(name, "exec"):
		return p.exec(end)
	case is(name, "select"):
		return p.selectDB(argv, end)
	case p.queueing:
		p.queue.add(p.db, end, argv)
	default:
		return p.apply(p.db, end, argv)
	}
	return nil
}

func (p *replay) exec(end int64) error {
	if !p.queueing {
		p.misplaced("EXEC", end)
		return nil
	}
	p.queueing = false
	err := p.queue.each(p.apply)
	p.queue.clear()
	return err
}

// misplaced says that a MULTI within a transaction, or an EXEC without, is
// passed over, as Redis does.
func (p *replay) misplaced(name string, end int64) {
	if p.stray++; p.stray <= maxStray {
		p.o.warning("Unexpected %s in the append only file, before offset %d: it is passed over", name, end)
	}
}

// selectDB follows the SELECTs of the file. A database that there is not is an
// error: commands meant for it would go into another.
func (p *replay) selectDB(argv [][]byte, end int64) error {
	if len(argv) != 2 {
		return p.failed(end, fmt.Errorf("SELECT with %d arguments", len(argv)-1))
	}
	db, err := strconv.Atoi(string(argv[1]))
	if err != nil || db < 0 || p.o.Databases > 0 && db >= p.o.Databases {
		return p.failed(end, fmt.Errorf("SELECT %.32q: there are %d databases", argv[1], p.o.Databases))
	}
	p.db = db
	return nil
}

// apply applies a command, or gives it to a lane.
func (p *replay) apply(db int, end int64, argv [][]byte) error {
	p.applied++
	if p.lanes != nil {
		if shard, ok := p.o.Plan(db, argv); ok {
			if at, err := p.lanes.add(shard, db, end, argv); err != nil {
				return p.failed(at, err)
			}
			return nil
		}
		if at, err := p.lanes.wait(); err != nil {
			return p.failed(at, err)
		}
	}
	return p.failed(end, p.o.applyNamed(0, db, argv))
}

// failed says where the command was that gave an error.
func (p *replay) failed(at int64, err error) error {
	var named *applyError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &named):
		return &applyError{name: named.name, at: at, err: named.err}
	}
	return &applyError{name: "select", at: at, err: err}
}

// applyNamed is Apply with the name of the command in its error.
func (o *LoadOptions) applyNamed(lane, db int, argv [][]byte) error {
	if err := o.Apply(lane, db, argv); err != nil {
		return &applyError{name: string(argv[0][:min(len(argv[0]), 128)]), err: err}
	}
	return nil
}

// is compares a command's name with one in lower case.
func is(name []byte, lower string) bool {
	if len(name) != len(lower) {
		return false
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
