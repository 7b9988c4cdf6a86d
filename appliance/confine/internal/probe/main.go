//go:build linux

// Probe is the test's program: it confines itself and says what it can still do,
// a line each: what, then "ok" or the error.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/redoubt-kv/redoubt/appliance/confine"
)

func main() {
	// Threads from before, which must be confined as well.
	for range 4 {
		go func() {
			runtime.LockOSThread()
			time.Sleep(time.Hour)
		}()
	}
	time.Sleep(10 * time.Millisecond)
	say("apply", confine.Apply())
	say("finish", confine.Finish())
	say("finish again", confine.Finish()) // no means are left, and nothing to do
	state, err := confine.Read()
	say("read", err)
	fmt.Printf("state\t%s %v %v\n", strings.Join(state.Capabilities, ","), state.Filter, state.NoNewPrivs)
	tries := attempts()
	var names []string
	for name := range tries {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		say(name, tries[name]())
	}
}

func say(what string, err error) {
	text := "ok"
	if err != nil {
		text = strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	fmt.Printf("%s\t%s\n", what, text)
}

// attempts are what the test asks about.
func attempts() map[string]func() error {
	return map[string]func() error{
		"serve":            serve,
		"write a file":     writeFile,
		"many threads":     manyThreads,
		"run a program":    func() error { return exec.Command("/bin/true").Run() },
		"become a program": func() error { return unix.Exec("/bin/true", []string{"true"}, nil) },
		"executable memory": func() error {
			b, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC, unix.MAP_ANON|unix.MAP_PRIVATE)
			if err == nil {
				return unix.Munmap(b)
			}
			return err
		},
		"make memory executable": func() error {
			b, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
			if err != nil {
				return nil // which the test takes for a failure
			}
			return unix.Mprotect(b, unix.PROT_READ|unix.PROT_EXEC)
		},
		"mount":     func() error { return unix.Mount("x", "/tmp", "tmpfs", 0, "") },
		"bind":      func() error { return unix.Mount("/tmp", "/tmp", "", unix.MS_BIND, "") },
		"namespace": func() error { return unix.Unshare(unix.CLONE_NEWNS) },
		"trace":     func() error { return unix.PtraceAttach(os.Getppid()) },
		"kexec":     func() error { return unix.Reboot(unix.LINUX_REBOOT_CMD_KEXEC) },
		"module":    func() error { return unix.InitModule(nil, "") },
		"device": func() error {
			return unix.Mknod(filepath.Join(os.TempDir(), "redoubt-null"), unix.S_IFCHR|0o600, 1<<8|3)
		},
		"other user": func() error {
			_, _, errno := unix.RawSyscall(unix.SYS_SETUID, 65534, 0, 0)
			return asError(errno)
		},
		"kernel log": func() error { _, err := unix.Klogctl(unix.SYSLOG_ACTION_SIZE_BUFFER, nil); return err },
		"keys":       func() error { _, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_SESSION_KEYRING, true); return err },
		"bpf":        func() error { _, _, errno := unix.RawSyscall(unix.SYS_BPF, 0, 0, 0); return asError(errno) },
		"odd socket": func() error { _, err := unix.Socket(unix.AF_ALG, unix.SOCK_SEQPACKET, 0); return err },
		"chroot":     func() error { return unix.Chroot("/") },
		"chown": func() error {
			f, err := os.CreateTemp("", "redoubt")
			if err != nil {
				return nil // which the test takes for a failure
			}
			defer os.Remove(f.Name())
			return f.Chown(12345, 12345)
		},
		"set the clock to itself": func() error { _, err := unix.Adjtimex(&unix.Timex{}); return err },
	}
}

func asError(errno unix.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}

// serve is what the server does all day.
func serve() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			_, _ = io.WriteString(c, "+PONG") // the other end complains
			c.Close()
		}
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		return err
	}
	defer c.Close()
	answer, err := io.ReadAll(c)
	if err == nil && string(answer) != "+PONG" {
		err = fmt.Errorf("got %q", answer)
	}
	return err
}

func writeFile() error {
	f, err := os.CreateTemp("", "redoubt")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString("x")
	return errors.Join(err, f.Sync(), f.Close())
}

// manyThreads starts more of them.
func manyThreads() error {
	done := make(chan error)
	for range 20 {
		go func() {
			runtime.LockOSThread()
			time.Sleep(10 * time.Millisecond)
			done <- nil
		}()
	}
	for range 20 {
		<-done
	}
	return nil
}
