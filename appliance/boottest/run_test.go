//go:build linux

package boottest

import (
	"bytes"
	"errors"
	"flag"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// runScript runs run.sh with an environment, and returns what it printed.
func runScript(t *testing.T, env []string, args ...string) (stdout, stderr string, exitCode int) {
	t.Helper()
	script := filepath.Join(root(), "run.sh")
	// Looked at, so that Go does not remember the results for another script.
	if _, err := os.Stat(script); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(script, args...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Env = &out, &errOut, append(os.Environ(), env...)
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}

// fakeImage makes a folder as the builder does, without a machine in it.
func fakeImage(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"usr.img": "", "vmlinuz": "", "initramfs": "", "cmdline": "console=ttyS0 quiet\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// fakeImages makes, in a folder that becomes the working directory, the images
// that the golden file uses: BUILD, PERSISTENT and lone disks.
func fakeImages(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for from, to := range map[string]string{fakeImage(t): "BUILD", fakeImage(t): "PERSISTENT"} {
		if err := os.Rename(from, filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	if err := os.Rename("PERSISTENT/initramfs", "PERSISTENT/root.squashfs"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir("LONE", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"img", "qcow2", "vmdk", "vhd", "iso"} {
		if err := os.WriteFile("LONE/lone."+suffix, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// The QEMU command line is a function of the arguments: one golden file holds
// the arguments and the lines. -rewrite writes it anew.
func TestDryRun(t *testing.T) {
	golden, err := filepath.Abs("testdata/dry-run.txt")
	if err != nil {
		t.Fatal(err)
	}
	fakeImages(t)
	env := []string{"TMPDIR=TMP", "REDOUBT_UEFI=UEFI.fd"}
	var got strings.Builder
	for _, args := range [][]string{
		{},
		{"-m", "512M", "-c", "4", "-a", "kvm"},
		{"-f", "6380:6379", "-f", "0.0.0.0:6381:6379"},
		{"-b", "disk", "-d", "my data,1.img"},
		{"-d", "data.img:10G"},
		{"-e", "maxmemory 100mb maxmemory-policy allkeys-lru"},
		{"-e", "--maxmemory 100mb --save 60 1 300 10"},
		{"-e", `save "60 1"`, "-e", `requirepass "it's $HOME"`, "-e", `save ''`},
		{"-e", "oncrash halt"},
		{"--daemonize", "--pidfile", "x.pid", "--log", "x.log", "--qmp", "x.sock"},
		{"-b", "uefi", "-p", "8081"},
		{"-b", "microvm", "-d", "data.img", "-p", "none"},
		{"-A", "arm64"},
		{"-A", "arm64", "-b", "uefi"},
		{"-n", "user", "-n", "tap=tap0,mac=52:54:00:00:00:01", "-n", "bridge=br0,mac=52:54:00:00:00:02"},
		{"-n", "bridge=br0,mac=52:54:00:00:00:02", "-n", "user"},
		{"-s", "BUILD/cmdline"},
		{"--password-file", "BUILD/cmdline"},
		{"-i", "PERSISTENT/usr.img"},
		{"-i", "PERSISTENT/usr.img", "-b", "bios"},
		{"-i", "PERSISTENT/usr.img", "-b", "microvm"},
		{"-i", "LONE/lone.img"},
		{"-i", "LONE/lone.qcow2"},
		{"-i", "LONE/lone.vmdk", "-b", "uefi"},
		{"-i", "LONE/lone.vhd"},
		{"-i", "LONE/lone.iso"},
		{"-i", "LONE/lone.img", "-A", "arm64"},
	} {
		out, errOut, code := runScript(t, env, append([]string{"-i", "BUILD/usr.img", "-a", "tcg", "--dry-run"}, args...)...)
		if code != 0 {
			t.Errorf("%q: exit code %d: %s", args, code, errOut)
		}
		got.WriteString("./run.sh " + strings.Join(args, " | ") + "\n" + strings.ReplaceAll(out, "' '-", "'\n    '-") + "\n")
	}
	if *rewrite {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("differs from %s (go test -rewrite, and look at the difference):\n%s", golden, &got)
	}
}

// KVM only where a guest can run: the device opens and the processor has the
// extensions.
func TestChooseAccel(t *testing.T) {
	dir := fakeImage(t)
	device, none := filepath.Join(dir, "vmlinuz"), filepath.Join(dir, "none")
	cpu := func(name, flags string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("model name : vmx\nflags\t\t: fpu "+flags+" sse\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, test := range []struct{ device, cpuinfo, want string }{
		{device, cpu("intel", "vmx"), "kvm"},
		{device, cpu("amd", "svm"), "kvm"},
		{device, cpu("guest", "svm_lock"), "tcg"},
		{device, none, "tcg"},
		{none, cpu("intel", "vmx"), "tcg"},
	} {
		out, errOut, _ := runScript(t, []string{"REDOUBT_KVM_DEVICE=" + test.device, "REDOUBT_CPUINFO=" + test.cpuinfo},
			"-i", filepath.Join(dir, "usr.img"), "--dry-run")
		if !strings.Contains(out, "'-accel' '"+test.want+"'") {
			t.Errorf("%+v: got %s%s", test, out, errOut)
		}
	}
	if _, err := os.Stat(none); err == nil {
		t.Error("looking for the device made it")
	}
}

// What is missing or wrong is said in one sentence, with its exit code.
func TestRunRefuses(t *testing.T) {
	dir := fakeImage(t)
	img := filepath.Join(dir, "usr.img")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, taken, _ := net.SplitHostPort(l.Addr().String())
	lone := filepath.Join(t.TempDir(), "lone.img")
	if err := os.WriteFile(lone, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-x"}, 2, "unknown argument '-x'"},
		{[]string{"-m"}, 2, "-m needs a value"},
		{[]string{"-m", "lots"}, 2, "-m wants a size"},
		{[]string{"-c", "0"}, 2, "-c wants a number"},
		{[]string{"-a", "xen"}, 2, "-a wants kvm, tcg or auto"},
		{[]string{"-b", "tape"}, 2, "-b wants direct, bios, uefi or microvm"},
		{[]string{"-k", "mine"}, 2, "-k wants prebuilt, minimal or cloud"},
		{[]string{"-A", "vax"}, 2, "-A wants amd64 or arm64"},
		{[]string{"-A", "arm64", "-b", "microvm"}, 2, "-b microvm is for amd64 only"},
		{[]string{"-n", "wifi"}, 2, "-n wants user, tap=INTERFACE or bridge=BRIDGE"},
		{[]string{"-n", "tap=a b"}, 2, "'a b' is no name of an interface"},
		{[]string{"-n", "user,mac=x"}, 2, "'x' is no hardware address"},
		{[]string{"-n", "tap=tap0", "-f", "1:1"}, 2, "-f needs -n user"},
		{[]string{"-p", "0"}, 2, "-p wants a port or none"},
		{[]string{"-s", "a", "--password-file", "b"}, 2, "exclude each other"},
		{[]string{"-i", img, "-p", "none", "-s", "./nosuch"}, 1, "there is no ./nosuch"},
		{[]string{"-i", img, "-p", taken}, 1, "port " + taken + " on 127.0.0.1 is taken"},
		{[]string{"-f", "6379"}, 2, "-f wants HOST:GUEST"},
		{[]string{"-f", "0:6379"}, 2, "two ports"},
		{[]string{"-f", "6379:65536"}, 2, "two ports"},
		{[]string{"-f", "nohost:1:2"}, 2, "an IPv4 address"},
		{[]string{"-e", "maxmemory"}, 2, "'maxmemory' has no value"},
		{[]string{"-e", `requirepass "x`}, 2, "a quote is not closed"},
		{[]string{"-e", `requirepass 'a"b'`}, 2, "holds a double quote"},
		{[]string{"-e", "max=memory 1"}, 2, "is no name of a directive"},
		{[]string{"-i", "nosuch"}, 1, "there is no image called nosuch; there are: redis-memonly"},
		{[]string{"-i", "./nosuch.img"}, 1, "there is no image ./nosuch.img"},
		{[]string{"-i", img, "-d", "nosuch.img"}, 1, "there is no data disk nosuch.img; -d nosuch.img:1G makes one"},
		{[]string{"-i", img, "-f", taken + ":6379"}, 1, "port " + taken + " on 127.0.0.1 is taken"},
		{[]string{"-i", lone, "-b", "direct"}, 1, "there is no kernel beside"},
		{[]string{"-i", img, "-b", "disk", "-e", "save 1"}, 1, "-e needs a direct boot"},
	} {
		out, errOut, code := runScript(t, []string{"REDOUBT_QEMU=true"}, test.args...)
		if code != test.code || !strings.Contains(errOut, test.want) || strings.Count(errOut, "\n") != 1 {
			t.Errorf("%q: exit code %d, %q%q; want %d, %q", test.args, code, out, errOut, test.code, test.want)
		}
	}
}
