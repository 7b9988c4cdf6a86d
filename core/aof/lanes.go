package aof

import (
	"sync"
	"sync/atomic"
)

const (
	laneBytes    = 64 << 10 // arguments of a list that is sent to a lane
	laneCommands = 512      // commands of it
	laneQueue    = 4        // lists that wait for a lane
)

// lanes apply commands on several goroutines. A command of one shard goes to
// the lane of its shard, so that commands of a shard stay in order; before any
// other command the lanes are waited for, and it is applied alone.
//
//	reading goroutine:  plan -> list of a lane --full--> queue of the lane -> apply
//	                    plan -> no single shard: wait until all lanes are idle, apply
//
// All methods belong to the reading goroutine.
type lanes struct {
	apply   func(lane, db int, argv [][]byte) error
	filling []*commandList // by lane, from 0; nil: none begun
	queues  []chan *commandList
	free    chan *commandList
	pending sync.WaitGroup // lists sent and not yet done
	ended   sync.WaitGroup // goroutines

	failed atomic.Bool
	mu     sync.Mutex
	err    error // of the command that comes first in the file
	errAt  int64
}

// newLanes starts n goroutines; apply gets their numbers, from 1.
func newLanes(n int, apply func(lane, db int, argv [][]byte) error) *lanes {
	l := &lanes{apply: apply, filling: make([]*commandList, n), free: make(chan *commandList, n*(laneQueue+2))}
	for i := range n {
		queue := make(chan *commandList, laneQueue)
		l.queues = append(l.queues, queue)
		l.ended.Add(1)
		go l.run(i+1, queue)
	}
	return l
}

func (l *lanes) run(lane int, queue <-chan *commandList) {
	defer l.ended.Done()
	stopped := false
	for list := range queue {
		if !stopped {
			stopped = list.each(func(db int, at int64, argv [][]byte) error {
				err := l.apply(lane, db, argv)
				if err != nil {
					l.fail(at, err)
				}
				return err
			}) != nil
		}
		list.clear()
		select {
		case l.free <- list:
		default:
		}
		l.pending.Done()
	}
}

// fail keeps the error of the command that is first in the file: the one that
// would have been met without lanes.
func (l *lanes) fail(at int64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil || at < l.errAt {
		l.err, l.errAt = err, at
	}
	l.failed.Store(true)
}

// add gives a command, which is copied, to the lane of a shard. An error is
// that of an earlier command, at the offset at.
func (l *lanes) add(shard, db int, end int64, argv [][]byte) (at int64, err error) {
	i := shard % len(l.queues)
	list := l.filling[i]
	if list == nil {
		list = l.empty()
		l.filling[i] = list
	}
	list.add(db, end, argv)
	if len(list.data) >= laneBytes || len(list.items) >= laneCommands {
		l.send(i)
	}
	if l.failed.Load() {
		return l.wait()
	}
	return 0, nil
}

func (l *lanes) empty() *commandList {
	select {
	case list := <-l.free:
		return list
	default:
		return &commandList{}
	}
}

func (l *lanes) send(i int) {
	l.pending.Add(1)
	l.queues[i] <- l.filling[i]
	l.filling[i] = nil
}

// wait returns when all commands are applied, with the error and the offset of
// the first that failed.
func (l *lanes) wait() (at int64, err error) {
	for i, list := range l.filling {
		if list != nil {
			l.send(i)
		}
	}
	l.pending.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.errAt, l.err
}

// stop ends the goroutines when they have done what they were given.
func (l *lanes) stop() {
	for _, q := range l.queues {
		close(q)
	}
	l.ended.Wait()
}
