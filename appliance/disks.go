package appliance

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/redoubt-kv/redoubt/appliance/slot"
)

// Kind is what is on a disk.
type Kind string

// The kinds of disk.
const (
	KindBoot   Kind = "a boot disk"
	KindExt4   Kind = "ext4"
	KindBlank  Kind = "blank"
	KindParted Kind = "partitioned"
	KindSource Kind = "metadata"
	KindOther  Kind = "unknown contents"
)

// Disk is a disk or a partition.
type Disk struct {
	Name   string // as in vdb or vdb1
	Parent string // the disk a partition is on, or ""
	Kind   Kind
}

const (
	probeSize = 320 << 10 // bytes that are looked at: the boot state is behind 272 KiB
	minProbe  = 2048      // up to the end of ext4's superblock

	// The ext4 superblock is at 1024; its magic number at 0x38 in it.
	ext4Magic       = 0xef53
	ext4MagicOffset = 1024 + 0x38
)

// classify tells what is on a disk from its first bytes, at least minProbe.
func classify(head []byte) Kind {
	switch {
	case isBootDisk(head):
		return KindBoot
	case binary.LittleEndian.Uint16(head[ext4MagicOffset:]) == ext4Magic:
		return KindExt4
	case len(bytes.Trim(head, "\x00")) == 0:
		return KindBlank
	}
	return KindOther
}

// isBootDisk tells whether either copy of the boot state begins as one.
func isBootDisk(head []byte) bool {
	for _, lba := range []int{slot.StateLBA, slot.StateLBA2} {
		at := lba * slot.SectorSize
		if len(head) >= at+slot.SectorSize {
			if _, err := slot.DecodeState(head[at : at+slot.SectorSize]); err == nil {
				return true
			}
		}
	}
	return false
}

// chooseDisk returns the disk to mount: the one that wanted names, or with "auto"
// the only one with an ext4 file system. It is "" with an error if there are
// several or a disk that cannot be used, and "" without one if there is no disk
// but the one the machine booted from.
func chooseDisk(disks []Disk, wanted string) (string, error) {
	boot := map[string]bool{}
	for _, d := range disks {
		if d.Kind == KindBoot {
			boot[d.Name] = true
		}
	}
	var usable, rest []string
	for _, d := range disks {
		switch {
		case wanted != "auto" && d.Name != wanted:
		case boot[d.Name], boot[d.Parent]:
		case d.Kind == KindExt4:
			usable = append(usable, d.Name)
		case d.Kind != KindParted && (d.Kind != KindSource || wanted != "auto"):
			rest = append(rest, fmt.Sprintf("%s (%s)", d.Name, d.Kind))
		}
	}
	switch {
	case len(usable) == 1:
		return usable[0], nil
	case len(usable) > 1:
		return "", fmt.Errorf("several disks have an ext4 file system: %s; say which one, as in redoubt.data=%s",
			strings.Join(usable, ", "), usable[0])
	case len(rest) > 0:
		return "", fmt.Errorf("no ext4 file system on %s; make one outside (mkfs.ext4), or boot without it (redoubt.data=none)",
			strings.Join(rest, ", "))
	case wanted != "auto":
		return "", fmt.Errorf("there is no disk %s to mount", wanted)
	}
	return "", nil
}
