package uring

import (
	"bytes"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// newRing makes a Ring of the test's thread, or skips the test where there is no io_uring.
func newRing(t *testing.T, n, files int) *Ring {
	t.Helper()
	runtime.LockOSThread()
	r, err := New(n, files)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		r.Close()
		runtime.UnlockOSThread()
	})
	if err := r.Enable(); err != nil {
		t.Fatal(err)
	}
	return r
}

func pair(t *testing.T) (a, b int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0) // that block
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fds[0]); unix.Close(fds[1]) })
	return fds[0], fds[1]
}

// faults are ways in which io_uring_enter fails, none of which may be seen in results.
func faults() map[string]func(fd, n, wait int) (int, syscall.Errno) {
	interrupted, calls := false, 0
	return map[string]func(fd, n, wait int) (int, syscall.Errno){
		"none":      rawEnter,
		"no memory": func(fd, n, wait int) (int, syscall.Errno) { return 0, unix.EAGAIN },
		"busy":      func(fd, n, wait int) (int, syscall.Errno) { return 0, unix.EBUSY },
		"nothing":   func(fd, n, wait int) (int, syscall.Errno) { return 0, 0 },
		"one by one": func(fd, n, wait int) (int, syscall.Errno) {
			return rawEnter(fd, min(n, 1), wait)
		},
		"interrupted": func(fd, n, wait int) (int, syscall.Errno) {
			if interrupted = !interrupted; interrupted {
				return 0, unix.EINTR
			}
			return rawEnter(fd, n, wait)
		},
		"no memory for some": func(fd, n, wait int) (int, syscall.Errno) {
			if calls++; calls%2 == 0 {
				return 0, unix.EAGAIN
			}
			return rawEnter(fd, (n+1)/2, wait)
		},
	}
}

// TestResults does each kind of operation, many times over, so that the rings wrap.
func TestResults(t *testing.T) {
	for name, enter := range faults() {
		t.Run(name, func(t *testing.T) {
			r := newRing(t, 8, 4)
			r.enter = enter
			full, _ := pair(t)
			fill(t, full)
			empty, _ := pair(t)
			ended, other := pair(t)
			unix.Close(other)
			a, b := pair(t)
			if !r.Register(2, b) {
				t.Fatal("no place in the table of files")
			}
			for round := range 100 {
				text := bytes.Repeat([]byte{byte(round)}, 1+round)
				got := make([]byte, 200)
				r.Send(a, -1, text)
				r.Recv(b, 2, got)
				r.Send(full, -1, text)
				r.Recv(empty, -1, make([]byte, 1))
				r.Recv(ended, -1, make([]byte, 1))
				r.Send(ended, -1, text)
				r.Recv(-1, -1, make([]byte, 1))
				if r.Full() || r.Noted() != 7 {
					t.Fatalf("%d operations, full: %v", r.Noted(), r.Full())
				}
				r.Do()
				for i, want := range []struct {
					n     int
					errno syscall.Errno
				}{{len(text), 0}, {len(text), 0}, {0, unix.EAGAIN}, {0, unix.EAGAIN}, {0, 0}, {0, unix.EPIPE}, {0, unix.EBADF}} {
					if n, errno := r.Result(i); n != want.n || errno != want.errno {
						t.Errorf("uring U2: round %d operation %d: %d, %v; want %d, %v", round, i, n, errno, want.n, want.errno)
					}
				}
				if !bytes.Equal(got[:len(text)], text) {
					t.Errorf("round %d: received %q", round, got[:len(text)])
				}
				if *r.sqHead != *r.sqTail || *r.cqHead != *r.cqTail {
					t.Fatalf("uring U1: entries %d-%d, completions %d-%d", *r.sqHead, *r.sqTail, *r.cqHead, *r.cqTail)
				}
				r.Clear()
			}
		})
	}
}

// fill sends until the socket takes no more.
func fill(t *testing.T, fd int) {
	t.Helper()
	for _, b := range [][]byte{make([]byte, 64<<10), make([]byte, 1)} {
		for {
			err := unix.Sendto(fd, b, unix.MSG_DONTWAIT, nil)
			if err == unix.EAGAIN {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestPartly sends more than a socket takes: what it took is told, and nothing is sent
// later.
func TestPartly(t *testing.T) {
	r := newRing(t, 8, 0)
	a, b := pair(t)
	r.Send(a, -1, make([]byte, 8<<20))
	r.Do()
	n, errno := r.Result(0)
	if n <= 0 || n >= 8<<20 || errno != 0 {
		t.Fatalf("sent %d, %v", n, errno)
	}
	came := 0
	for buf := make([]byte, 1<<20); ; {
		got, _, err := unix.Recvfrom(b, buf, unix.MSG_DONTWAIT)
		if err != nil {
			break
		}
		came += got
	}
	if came != n {
		t.Errorf("%d bytes came of %d", came, n)
	}
}

// TestPlaces: a socket in the table of files outlives its descriptor until it is taken out.
func TestPlaces(t *testing.T) {
	r := newRing(t, 8, 4)
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fds[1])
	if !r.Register(3, fds[0]) || r.Register(4, fds[0]) || r.Register(3, -7) {
		t.Fatal("places 0 to 3 are there, for sockets that are open")
	}
	if !r.Register(3, fds[0]) {
		t.Fatal("place 3 cannot be used again")
	}
	unix.Close(fds[0])
	r.Send(-1, 3, []byte("x"))
	r.Do()
	if n, errno := r.Result(0); n != 1 || errno != 0 {
		t.Errorf("sent %d, %v", n, errno)
	}
	r.Clear()
	if !r.Register(3, -1) {
		t.Fatal("place 3 cannot be emptied")
	}
	b := make([]byte, 2)
	for _, want := range []int{1, 0} {
		if n, _, err := unix.Recvfrom(fds[1], b, 0); n != want || err != nil {
			t.Errorf("received %d, %v; want %d", n, err, want)
		}
	}
	r.Send(-1, 3, []byte("x"))
	r.Do()
	if _, errno := r.Result(0); errno != unix.EBADF {
		t.Errorf("an empty place: %v", errno)
	}
}

// TestOtherThread: a ring does nothing for a thread that has not enabled it, and the
// operations are done all the same.
func TestOtherThread(t *testing.T) {
	r := newRing(t, 8, 0)
	a, b := pair(t)
	done := make(chan bool)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		r.Send(a, -1, []byte("x"))
		r.Do()
		n, errno := r.Result(0)
		done <- n == 1 && errno == 0
	}()
	if !<-done {
		t.Error("not sent")
	}
	if n, _, err := unix.Recvfrom(b, make([]byte, 2), 0); n != 1 || err != nil {
		t.Errorf("received %d, %v", n, err)
	}
}
