//go:build linux

package appliance

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/redoubt-kv/redoubt/appliance/metadata"
)

// mountData finds the data disk and mounts it. A disk that is there and cannot
// be used stops the boot: whoever attached it expects data to be kept, and a
// server without it would lose them silently.
//
// A locked machine has the disk, too, since it may come to serve, and nothing can be
// mounted later; but it is not stopped by one that cannot be used.
func (m *machine) mountData() error {
	err := m.mountDataDisk()
	if err != nil && m.outside.locked() != "" {
		m.console.Printf("data: %v", err)
		m.outside.noData = err
		return nil
	}
	return err
}

func (m *machine) mountDataDisk() error {
	if m.settings.Data == "none" {
		return nil
	}
	disk, err := m.findData()
	if err != nil {
		return err
	}
	if disk == "" {
		m.console.Printf("data: no data disk; nothing is saved")
		return nil
	}
	mt := mount{"/dev/" + disk, dataDir, "ext4", confined | unix.MS_NOATIME, "errors=remount-ro"}
	if err := mt.mount(); err != nil {
		return fmt.Errorf("%w; check the disk with e2fsck, or boot without it (redoubt.data=none)", err)
	}
	m.dataDisk = disk
	m.console.Printf("data: %s on %s", disk, dataDir)
	if m.settings.Data == "own" {
		// The server does not wait: a large disk takes seconds.
		go func() {
			if err := m.growFileSystem(disk); err != nil {
				m.console.Printf("data: %v; the next boot tries again", err)
			}
		}()
	}
	return nil
}

// findData returns the device to mount, "" if there is none.
func (m *machine) findData() (string, error) {
	if m.settings.Data == "own" {
		return m.growData()
	}
	disks, err := listDisks()
	if err != nil {
		return "", err
	}
	return chooseDisk(disks, m.settings.Data)
}

// diskPatterns are the names of disks and of their partitions in /sys/class/block.
var diskPatterns = []string{"vd[a-z]*", "sd[a-z]*", "xvd[a-z]*", "nvme[0-9]*n[0-9]*"}

// listDisks describes every disk and partition.
func listDisks() ([]Disk, error) {
	var disks []Disk
	for _, pattern := range diskPatterns {
		paths, err := filepath.Glob("/sys/class/block/" + pattern)
		if err != nil {
			return nil, err
		}
		for _, p := range paths {
			d, err := describeDisk(filepath.Base(p))
			if err != nil {
				return nil, err
			}
			disks = append(disks, d)
		}
	}
	return disks, nil
}

// describeDisk reads the beginning of a disk or partition. A disk with
// partitions is described by these alone.
func describeDisk(name string) (Disk, error) {
	d := Disk{Name: name}
	parts, err := filepath.Glob("/sys/class/block/" + name + "/" + name + "*")
	if err != nil {
		return d, err
	}
	f, err := os.Open("/dev/" + name)
	if err != nil {
		return d, fmt.Errorf("look at disk: %w", err)
	}
	defer f.Close()
	head := make([]byte, probeSize)
	n, err := f.ReadAt(head, 0)
	if n < minProbe {
		return d, fmt.Errorf("look at disk %s: %w", name, err)
	}
	d.Kind = classify(head[:n])
	if d.Kind == KindOther && metadata.IsSource(metadata.Label(f)) {
		d.Kind = KindSource
	}
	if len(parts) > 0 && d.Kind != KindBoot {
		d.Kind = KindParted
	}
	if target, err := os.Readlink("/sys/class/block/" + name); err == nil {
		if parent := filepath.Base(filepath.Dir(target)); parent != "block" {
			d.Parent = parent
		}
	}
	return d, nil
}
