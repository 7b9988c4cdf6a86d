package workload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/redoubt-kv/redoubt/bench/load"
	"github.com/redoubt-kv/redoubt/bench/peer"
	"github.com/redoubt-kv/redoubt/bench/report"
)

// A machine of the boot benchmark: how run.sh is asked for it.
type bootKind struct {
	name string
	args []string
}

var bootKinds = []bootKind{
	{"q35-minimal", []string{"-k", "minimal"}},
	{"microvm-minimal", []string{"-k", "minimal", "-b", "microvm"}},
	{"bios-minimal", []string{"-k", "minimal", "-b", "bios"}},
	{"q35-prebuilt", nil},
	{"bios-prebuilt", []string{"-b", "bios"}},
}

const (
	floorPatience = 30 * time.Second // of a machine that may have too little memory
	floorStep     = 4                // MiB
)

// machines measures machines of run.sh, from the start of QEMU.
type machines struct {
	boot
	image  string
	memory int // MiB, of the timed boots
	floor  int // MiB, where the search for the memory floor begins; 0: no search
}

// qemu returns QEMU's command for a kind with mib of memory. run.sh makes it, but
// is not part of what is measured.
func (m *machines) qemu(k bootKind, mib int) ([]string, error) {
	_, port, _ := strings.Cut(m.addr, ":")
	args := append([]string{"-i", m.image, "-a", "tcg", "-m", fmt.Sprintf("%dM", mib),
		"-f", m.addr + ":6379", "-p", "none", "--dry-run"}, k.args...)
	out, err := exec.Command("./run.sh", args...).Output()
	if err != nil {
		return nil, fmt.Errorf("run.sh %s (port %s): %w", strings.Join(args, " "), port, err)
	}
	return peer.Split(strings.TrimSpace(string(out)))
}

func (m *machines) run(ctx context.Context, r *report.Report, kinds []bootKind) error {
	if err := r.Begin("Boot to +PONG"); err != nil {
		return err
	}
	r.Note("from starting QEMU (emulation, %d MiB, 1 processor) to the first +PONG, %d times in turn, median (lowest–highest)", m.memory, m.n)
	t := &report.Table{Title: "Boot of " + m.image,
		Header: []string{"machine", "seconds to +PONG", "processor seconds of QEMU", "kernel KiB", "initramfs KiB"}}
	took, used := map[string][]float64{}, map[string][]float64{}
	for i := range m.n {
		for _, k := range kinds {
			args, err := m.qemu(k, m.memory)
			if err != nil {
				return err
			}
			if i == 0 {
				r.Command(peer.Join(args))
			}
			d, cpu, err := m.start(ctx, args, m.timeout, nil)
			if err != nil {
				return fmt.Errorf("%s, boot %d: %w", k.name, i+1, err)
			}
			r.Progress("%s, boot %d: %.3f s, processor %.3f s", k.name, i+1, d.Seconds(), cpu.Seconds())
			took[k.name], used[k.name] = append(took[k.name], d.Seconds()), append(used[k.name], cpu.Seconds())
		}
	}
	for _, k := range kinds {
		args, err := m.qemu(k, m.memory)
		if err != nil {
			return err
		}
		t.Add(k.name, spread(took[k.name], decimals(3)), spread(used[k.name], decimals(3)), sizeOf(args, "-kernel"), sizeOf(args, "-initrd"))
	}
	tables := []*report.Table{t}
	if m.floor > 0 {
		floor, err := m.floors(ctx, r, kinds)
		if err != nil {
			return err
		}
		tables = append(tables, floor)
	}
	return r.Tables(tables...)
}

// floors looks for the least memory of each kind, downwards in steps, until a
// machine does not serve.
func (m *machines) floors(ctx context.Context, r *report.Report, kinds []bootKind) (*report.Table, error) {
	t := &report.Table{Title: "Least memory with which it boots, answers, and keeps 1000 keys", Header: []string{"machine", "MiB"}}
	for _, k := range kinds {
		least := "more than " + fmt.Sprint(m.floor)
		for mib := m.floor; mib >= floorStep; mib -= floorStep {
			args, err := m.qemu(k, mib)
			if err != nil {
				return nil, err
			}
			if _, _, err := m.start(ctx, args, min(m.timeout, floorPatience), useMachine); err != nil {
				r.Progress("%s with %d MiB: %v", k.name, mib, err)
				break
			}
			r.Progress("%s with %d MiB: serves", k.name, mib)
			least = fmt.Sprint(mib)
		}
		t.Add(k.name, least)
	}
	return t, nil
}

// useMachine writes and reads a thousand keys.
func useMachine(addr string) error {
	c, err := load.Dial(addr)
	if err != nil {
		return err
	}
	defer c.Close()
	for i := range 1000 {
		key, value := fmt.Sprintf("key:%d", i), strings.Repeat("x", 100)
		if _, err := c.Do("SET", key, value); err != nil {
			return err
		}
		got, err := c.Do("GET", key)
		if err != nil {
			return err
		}
		if string(got.Str) != value {
			return fmt.Errorf("GET %s: got %q", key, got.Str)
		}
	}
	return nil
}

// start runs QEMU until +PONG and use, and kills it. It returns the time to +PONG
// and the processor time that QEMU had used by then.
func (m *machines) start(ctx context.Context, args []string, limit time.Duration, use func(addr string) error) (took, cpu time.Duration, err error) {
	var out bytes.Buffer
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = &out, &out
	ownGroup(cmd)
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, fmt.Errorf("start %s: %w", args[0], err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	b := m.boot
	b.timeout = limit
	took, err = b.await(ctx, start, exited)
	if err == nil {
		cpu, err = peer.ProcessCPU(cmd.Process.Pid)
	}
	if err == nil && use != nil {
		err = use(m.addr)
	}
	killGroup(cmd)
	<-exited
	if err != nil {
		err = fmt.Errorf("%w; the console ends: %s", err, lastLine(out.String()))
	}
	return took, cpu, err
}

// sizeOf returns the size of the file that QEMU's option names, in KiB.
func sizeOf(args []string, option string) string {
	i := slices.Index(args, option)
	if i < 0 || i+1 == len(args) {
		return "on the disk"
	}
	info, err := os.Stat(args[i+1])
	if err != nil {
		return err.Error()
	}
	text := fmt.Sprint(info.Size() >> 10)
	// The kernel without its compression: what is kept and transferred is vmlinuz.
	if filepath.Base(args[i+1]) == "vmlinux" {
		if packed, err := os.Stat(filepath.Join(filepath.Dir(args[i+1]), "vmlinuz")); err == nil {
			text += fmt.Sprintf(" (vmlinuz %d)", packed.Size()>>10)
		}
	}
	return text
}

// chooseKinds reads -machines.
func chooseKinds(list string) ([]bootKind, error) {
	var kinds []bootKind
	var names []string
	for _, k := range bootKinds {
		names = append(names, k.name)
	}
	for _, name := range strings.Split(list, ",") {
		i := slices.Index(names, name)
		if i < 0 {
			return nil, errors.New("-machines: there is no " + name + "; there are " + strings.Join(names, ", "))
		}
		kinds = append(kinds, bootKinds[i])
	}
	return kinds, nil
}
