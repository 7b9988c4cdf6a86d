//go:build linux

package confine

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// run runs a program of classic BPF on a system call, as the kernel would.
func run(t *testing.T, program []unix.SockFilter, arch, call uint32, args ...uint64) uint32 {
	t.Helper()
	data := make([]byte, 64)
	binary.LittleEndian.PutUint32(data, call)
	binary.LittleEndian.PutUint32(data[4:], arch)
	for n, a := range args {
		binary.LittleEndian.PutUint64(data[16+8*n:], a)
	}
	var a uint32
	for pc := 0; ; pc++ {
		if pc >= len(program) {
			t.Fatalf("call %d runs out of the program", call)
		}
		i := program[pc]
		holds := false
		switch i.Code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			a = binary.LittleEndian.Uint32(data[i.K:])
			continue
		case unix.BPF_ALU | unix.BPF_AND | unix.BPF_K:
			a &= i.K
			continue
		case unix.BPF_RET | unix.BPF_K:
			return i.K
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			holds = a == i.K
		case unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K:
			holds = a >= i.K
		case unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K:
			holds = a&i.K != 0
		default:
			t.Fatalf("instruction %d: code %#x", pc, i.Code)
		}
		if holds {
			pc += int(i.Jt)
		} else {
			pc += int(i.Jf)
		}
	}
}

// What the filter decides about every call.
func TestFilter(t *testing.T) {
	all := slices.Concat(refused, archRefused)
	program := assemble(auditArch, slices.Concat(rules, archRules), all)
	if len(program) > unix.BPF_MAXINSNS {
		t.Fatalf("%d instructions", len(program))
	}
	ruled := map[uint32]bool{unix.SYS_CLONE3: true}
	for _, r := range slices.Concat(rules, archRules) {
		if ruled[r.call] || slices.Contains(all, r.call) {
			t.Errorf("call %d has two rules", r.call)
		}
		ruled[r.call] = true
	}
	for call := range uint32(1024) {
		want := uint32(allow)
		if slices.Contains(all, call) {
			want = refuse
		}
		if got := run(t, program, auditArch, call); !ruled[call] && got != want {
			t.Errorf("call %d: %#x, want %#x", call, got, want)
		}
	}
	for _, test := range []struct {
		name string
		call uint32
		args []uint64
		want uint32
	}{
		{"a thread", unix.SYS_CLONE, []uint64{unix.CLONE_VM | unix.CLONE_THREAD}, allow},
		{"a process", unix.SYS_CLONE, []uint64{uint64(unix.SIGCHLD)}, refuse},
		{"clone3", unix.SYS_CLONE3, nil, absent},
		{"memory", unix.SYS_MMAP, []uint64{0, 4096, unix.PROT_READ | unix.PROT_WRITE}, allow},
		{"executable memory", unix.SYS_MMAP, []uint64{0, 4096, unix.PROT_READ | unix.PROT_EXEC}, refuse},
		{"executable later", unix.SYS_MPROTECT, []uint64{0, 4096, unix.PROT_EXEC}, refuse},
		{"remount read-only", unix.SYS_MOUNT, []uint64{0, 0, 0, remountReadOnly}, allow},
		{"remount", unix.SYS_MOUNT, []uint64{0, 0, 0, unix.MS_REMOUNT}, refuse},
		{"power off", unix.SYS_REBOOT, []uint64{0, 0, unix.LINUX_REBOOT_CMD_POWER_OFF}, allow},
		{"reboot", unix.SYS_REBOOT, []uint64{0, 0, unix.LINUX_REBOOT_CMD_RESTART}, allow},
		{"kexec", unix.SYS_REBOOT, []uint64{0, 0, unix.LINUX_REBOOT_CMD_KEXEC}, refuse},
		{"TCP", unix.SYS_SOCKET, []uint64{unix.AF_INET6, 1}, allow},
		{"AF_ALG", unix.SYS_SOCKET, []uint64{unix.AF_ALG, 1}, refuse},
		{"ioctl", unix.SYS_IOCTL, []uint64{1, unix.TCGETS}, allow},
		{"typing", unix.SYS_IOCTL, []uint64{1, unix.TIOCSTI}, refuse},
		{"upper half of a flag", unix.SYS_MMAP, []uint64{0, 1, 1<<40 | unix.PROT_EXEC}, refuse},
	} {
		if got := run(t, program, auditArch, test.call, test.args...); got != test.want {
			t.Errorf("%s: %#x, want %#x", test.name, got, test.want)
		}
	}
	if got := run(t, program, 0x40000003, 1); got != refuse {
		t.Errorf("a 32-bit call: %#x", got)
	}
	if got := run(t, program, auditArch, 0x40000001); auditArch == unix.AUDIT_ARCH_X86_64 && got != refuse {
		t.Errorf("an x32 call: %#x", got)
	}
}

// A process that has confined itself serves, and can do nothing else. The probe is
// a program of its own, since there is no way back; built without cgo, as the
// machine's program is.
func TestConfinedProcess(t *testing.T) {
	probe := filepath.Join(t.TempDir(), "probe")
	build := exec.Command("go", "build", "-o", probe, "./internal/probe")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the probe: %v\n%s", err, out)
	}
	out, err := exec.Command(probe).CombinedOutput()
	t.Logf("the probe says:\n%s", out)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for line := range strings.Lines(string(out)) {
		what, result, _ := strings.Cut(strings.TrimSpace(line), "\t")
		said[what] = result
	}
	works := []string{"serve", "write a file", "many threads", "set the clock to itself", "read"}
	root := os.Getuid() == 0
	if root {
		works = append(works, "apply", "finish") // others cannot drop what they do not have
		want := "dac_override,fowner,net_admin,net_bind_service,net_raw,sys_admin,sys_boot,sys_time true true"
		// A container may not have all that is kept.
		if got := strings.Replace(said["state"], "sys_resource,", "", 1); got != want {
			t.Errorf("the kernel says %q, want %q", got, want)
		}
	}
	for what, result := range said {
		switch {
		case what == "state" || !root && (what == "apply" || what == "finish"):
		case slices.Contains(works, what) != (result == "ok"):
			t.Errorf("%s: %s", what, result)
		}
	}
	if len(said) < 20 {
		t.Errorf("the probe says %d things only", len(said))
	}
}
