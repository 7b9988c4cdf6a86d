package workload

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redoubt-kv/redoubt/bench/load"
	"github.com/redoubt-kv/redoubt/bench/peer"
)

const (
	taskPoll     = 20 * time.Millisecond  // between two looks whether a task is over, under load
	quietPoll    = 5 * time.Millisecond   // the same without load
	taskTimeout  = 20 * time.Minute       // of one task
	warmUp       = time.Second            // of a load before what is measured
	betweenTasks = 500 * time.Millisecond // of load alone
	startWindow  = 50 * time.Millisecond  // around the command, for the pause at the start
)

// task is work that a command starts in the background. INFO persistence tells
// how it goes.
type task struct {
	command string
	busy    []string // fields that are 0 once it is over
	status  string   // field that is ok if it went well
}

var (
	bgsave  = task{"BGSAVE", []string{"rdb_bgsave_in_progress"}, "rdb_last_bgsave_status"}
	rewrite = task{"BGREWRITEAOF", []string{"aof_rewrite_in_progress", "aof_rewrite_scheduled"}, "aof_last_bgrewrite_status"}
)

// over tells from INFO persistence whether the task has ended; an error says
// that it went wrong.
func (k task) over(info map[string]string) (bool, error) {
	for _, field := range k.busy {
		switch info[field] {
		case "0":
		case "1":
			return false, nil
		default:
			return false, fmt.Errorf("INFO persistence has %s %q", field, info[field])
		}
	}
	if st := info[k.status]; st != "ok" {
		return false, fmt.Errorf("%s failed: %s is %q", k.command, k.status, st)
	}
	return true, nil
}

// run starts the task, waits for its end, and returns how long the command
// itself took to be answered.
func (k task) run(ctx context.Context, c *load.Conn, poll time.Duration) (time.Duration, error) {
	sent := time.Now()
	if _, err := c.Do(k.command); err != nil {
		return 0, err
	}
	reply := time.Since(sent)
	return reply, k.await(ctx, c, poll)
}

// await waits for the end of the task.
func (k task) await(ctx context.Context, c *load.Conn, poll time.Duration) error {
	for deadline := time.Now().Add(taskTimeout); ; {
		info, err := peer.Info(c, "persistence")
		if err != nil {
			return err
		}
		if over, err := k.over(info); over || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s has not ended after %v", k.command, taskTimeout)
		}
		if err := sleep(ctx, poll); err != nil {
			return err
		}
	}
}

// execution is one run of a task as its client saw it.
type execution struct {
	from, to time.Duration // on the clock of the open loop
	reply    time.Duration // of the command itself
	forkUsec int64         // INFO latest_fork_usec
}

// watching is an open loop, alone and with a task beside it.
type watching struct {
	load     load.Open
	task     task
	length   time.Duration // of the loop alone; of the executions together at least
	most     int           // executions
	warmUp   time.Duration
	progress func(format string, args ...any)
}

// alone returns what the open loop sees while nothing else goes on.
func (w watching) alone(ctx context.Context) ([]load.Sample, error) {
	run, err := w.load.Start()
	if err != nil {
		return nil, err
	}
	err = sleep(ctx, w.warmUp+w.length)
	end := run.Now()
	samples, stopErr := run.Stop()
	return load.Within(samples, w.warmUp, end), errors.Join(err, stopErr)
}

// beside runs the task again and again under the open loop. It returns the
// requests that were due or in flight meanwhile, the executions, and for each
// of them the longest wait around its start.
func (w watching) beside(ctx context.Context, c *load.Conn) (during []load.Sample, runs []execution, starts []float64, err error) {
	loop, err := w.load.Start()
	if err != nil {
		return nil, nil, nil, err
	}
	runs, err = w.repeat(ctx, loop, c)
	samples, stopErr := loop.Stop()
	if err := errors.Join(err, stopErr); err != nil {
		return nil, nil, nil, err
	}
	for _, x := range runs {
		during = append(during, load.Within(samples, x.from, x.to)...)
		near := load.Summarize(load.Within(samples, x.from-startWindow, x.from+startWindow))
		starts = append(starts, ms(near.Max))
	}
	w.progress("  %s: %d times, %d requests during them", w.task.command, len(runs), len(during))
	return during, runs, starts, nil
}

func (w watching) repeat(ctx context.Context, loop *load.OpenRun, c *load.Conn) ([]execution, error) {
	var out []execution
	var total time.Duration
	if err := sleep(ctx, w.warmUp); err != nil {
		return nil, err
	}
	for total < w.length && len(out) < w.most {
		from := loop.Now()
		reply, err := w.task.run(ctx, c, taskPoll)
		if err != nil {
			return nil, err
		}
		x := execution{from: from, to: loop.Now(), reply: reply}
		if x.forkUsec, err = peer.InfoInt(c, "stats", "latest_fork_usec"); err != nil {
			return nil, err
		}
		total += x.to - x.from
		out = append(out, x)
		if err := sleep(ctx, betweenTasks); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// sleep waits for d or for the end of ctx, which is an error.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
