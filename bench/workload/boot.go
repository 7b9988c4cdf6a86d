package workload

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os/exec"
	"time"

	"github.com/redoubt-kv/redoubt/bench/load"
	"github.com/redoubt-kv/redoubt/bench/peer"
	"github.com/redoubt-kv/redoubt/bench/report"
)

const (
	// bootPoll is between two attempts to PING. Attempts do not wait for each
	// other: QEMU's user network accepts a connection before the guest has a
	// network, and retries on its own, slower clock.
	bootPoll    = 10 * time.Millisecond
	bootAttempt = time.Second // of one attempt
	bootStop    = 20 * time.Second
)

// boot measures from starting a command to the first +PONG.
type boot struct {
	command string
	addr    string
	n       int
	timeout time.Duration
}

func bootFlags(fs *flag.FlagSet) func(context.Context, *report.Report) error {
	b := &boot{}
	fs.StringVar(&b.command, "command", "./run.sh -f 127.0.0.1:6379:6379", "what boots the machine, in the foreground")
	fs.StringVar(&b.addr, "addr", "127.0.0.1:6379", "host:port at which it will answer")
	fs.IntVar(&b.n, "n", 5, "how many times")
	fs.DurationVar(&b.timeout, "timeout", 2*time.Minute, "of one boot")
	m := &machines{}
	list := fs.String("machines", "", "instead of -command: machines of run.sh, as in q35-minimal,microvm-minimal,q35-prebuilt")
	fs.StringVar(&m.image, "image", "redis-memonly", "with -machines: which image")
	fs.IntVar(&m.memory, "memory", 512, "with -machines: MiB of the timed boots")
	fs.IntVar(&m.floor, "floor", 64, "with -machines: look for the least memory from so many MiB on; 0 does not")
	return func(ctx context.Context, r *report.Report) error {
		if *list == "" {
			return b.run(ctx, r)
		}
		kinds, err := chooseKinds(*list)
		if err != nil {
			return err
		}
		m.boot = *b
		return m.run(ctx, r, kinds)
	}
}

func (b *boot) run(ctx context.Context, r *report.Report) error {
	args, err := peer.Split(b.command)
	if err != nil {
		return err
	}
	if len(args) == 0 || b.n < 1 {
		return errors.New("-command must not be empty and -n must be above zero")
	}
	if err := r.Begin("Boot to +PONG"); err != nil {
		return err
	}
	r.Note("from starting the command to the first +PONG, %d times, median (lowest–highest)", b.n)
	r.Command(peer.Join(args))
	var took []float64
	var version string
	for i := range b.n {
		d, v, err := b.once(ctx, args)
		if err != nil {
			return fmt.Errorf("boot %d: %w", i+1, err)
		}
		r.Progress("boot %d: %.3f s", i+1, d.Seconds())
		took, version = append(took, d.Seconds()), v
	}
	r.Note("server: %s", version)
	t := &report.Table{Title: "Boot", Header: []string{"figure", "seconds"}}
	t.Add("start to +PONG", spread(took, decimals(3)))
	return r.Tables(t)
}

// once boots, waits for +PONG, and shuts down.
func (b *boot) once(ctx context.Context, args []string) (time.Duration, string, error) {
	if c, err := net.DialTimeout("tcp", b.addr, bootAttempt); err == nil {
		_ = c.Close()
		return 0, "", fmt.Errorf("something listens on %s already", b.addr)
	}
	var out bytes.Buffer
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = &out, &out
	ownGroup(cmd)
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, "", fmt.Errorf("start %s: %w", args[0], err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	took, err := b.await(ctx, start, exited)
	version := ""
	if err == nil {
		version, err = shutDown(b.addr)
	}
	if err != nil {
		killGroup(cmd)
	}
	if stopErr := reap(cmd, exited); stopErr != nil && err == nil {
		err = stopErr
	}
	if err != nil {
		err = fmt.Errorf("%w; the output ends: %s", err, lastLine(out.String()))
	}
	return took, version, err
}

// await starts an attempt every bootPoll until one brings +PONG.
func (b *boot) await(ctx context.Context, start time.Time, exited chan error) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	pong := make(chan time.Duration, 1)
	tick := time.NewTicker(bootPoll)
	defer tick.Stop()
	for {
		select {
		case d := <-pong:
			return d, nil
		case err := <-exited:
			exited <- err
			return 0, fmt.Errorf("the command ended before +PONG (%v)", err)
		case <-ctx.Done():
			return 0, fmt.Errorf("no +PONG: %w", ctx.Err())
		case <-tick.C:
			go func() {
				if ping(b.addr) == nil {
					select {
					case pong <- time.Since(start):
					default: // another attempt was first
					}
				}
			}()
		}
	}
}

func ping(addr string) error {
	c, err := load.Dial(addr)
	if err != nil {
		return err
	}
	defer c.Close()
	c.Timeout = bootAttempt
	_, err = c.Do("PING")
	return err
}

// shutDown asks the server its version and to end.
func shutDown(addr string) (string, error) {
	c, err := load.Dial(addr)
	if err != nil {
		return "", err
	}
	defer c.Close()
	version, err := peer.Version(c)
	if err != nil {
		return "", err
	}
	c.Timeout = bootStop
	_, _ = c.Do("SHUTDOWN", "NOSAVE") // success is a closed connection
	return version, nil
}

// reap waits for the command to end and kills its group if it does not.
func reap(cmd *exec.Cmd, exited chan error) error {
	select {
	case <-exited:
		return nil
	case <-time.After(bootStop):
	}
	killGroup(cmd)
	<-exited
	return fmt.Errorf("the machine was still on %v after SHUTDOWN and was killed", bootStop)
}
