//go:build linux

package appliance

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/redoubt-kv/redoubt/appliance/blockdev"
	"github.com/redoubt-kv/redoubt/appliance/slot"
)

// The data partition of the machine's own disk takes all of the disk, whenever the
// disk has become larger: a new one is as small as the image. Three things follow
// each other, and each does nothing where it was done before, so that a power cut
// in between only delays the rest to the next boot:
//
//	partition table   slot.Grow                before it is mounted
//	the kernel's size blockdev.ResizePartition before it is mounted
//	file system       blockdev.ResizeExt4      while the server is already there

// ownDisk is the disk that the machine runs from.
type ownDisk struct {
	name string // as in vda
	file *os.File
	size int64 // in bytes
}

// openOwnDisk opens the disk that the root file system is on. A machine whose root
// is in memory runs from the only boot disk there is.
func openOwnDisk() (*ownDisk, error) {
	name, err := rootDisk()
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile("/dev/"+name, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("open the machine's disk: %w", err)
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open the machine's disk: %w", err)
	}
	return &ownDisk{name, f, size}, nil
}

// errNoOwnDisk is a machine in memory without a disk, or with several.
var errNoOwnDisk = errors.New("it is not known which disk this machine runs from")

// rootDisk returns the name of the disk that the machine runs from.
func rootDisk() (string, error) {
	var root unix.Stat_t
	if err := unix.Stat("/", &root); err != nil {
		return "", fmt.Errorf("look for the machine's disk: %w", err)
	}
	device := fmt.Sprintf("/sys/dev/block/%d:%d", unix.Major(uint64(root.Dev)), unix.Minor(uint64(root.Dev)))
	if target, err := os.Readlink(device); err == nil {
		return filepath.Base(filepath.Dir(target)), nil
	}
	disks, err := listDisks()
	if err != nil {
		return "", err
	}
	var found []string
	for _, d := range disks {
		if d.Kind == KindBoot {
			found = append(found, d.Name)
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("%w: there are %d boot disks", errNoOwnDisk, len(found))
	}
	return found[0], nil
}

// partition returns the name of a partition's device: nvme0n1p5, but vda5.
func (d *ownDisk) partition(number int) string {
	if last := d.name[len(d.name)-1]; last >= '0' && last <= '9' {
		return fmt.Sprintf("%sp%d", d.name, number)
	}
	return fmt.Sprintf("%s%d", d.name, number)
}

// growData makes the data partition as large as the disk allows, and returns its
// device.
func (m *machine) growData() (string, error) {
	d, err := openOwnDisk()
	if err != nil {
		return "", err
	}
	defer d.file.Close()
	p, changed, err := slot.Grow(d.file, d.size)
	if err != nil {
		return "", fmt.Errorf("the data partition of %s: %w", d.name, err)
	}
	device := d.partition(slot.PartData)
	known, err := deviceSize(device)
	if err != nil {
		return "", err
	}
	if changed || known < p.Size() {
		m.console.Printf("data: %s grows from %d to %d MiB", device, known>>20, p.Size()>>20)
		if err := blockdev.ResizePartition(d.file, slot.PartData, p.Offset(), p.Size()); err != nil {
			return "", err
		}
	}
	return device, nil
}

// deviceSize returns the size in bytes that the kernel knows.
func deviceSize(device string) (int64, error) {
	text, err := os.ReadFile("/sys/class/block/" + device + "/size")
	if err != nil {
		return 0, fmt.Errorf("the size of %s: %w", device, err)
	}
	sectors, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 48)
	if err != nil {
		return 0, fmt.Errorf("the size of %s: %w", device, err)
	}
	return sectors * slot.SectorSize, nil
}

// growFileSystem makes the mounted file system as large as its device.
func (m *machine) growFileSystem(device string) error {
	size, err := deviceSize(device)
	if err != nil {
		return err
	}
	f, err := os.Open("/dev/" + device)
	if err != nil {
		return fmt.Errorf("grow the file system: %w", err)
	}
	defer f.Close()
	super := make([]byte, ext4SuperSize)
	if _, err := f.ReadAt(super, ext4SuperOffset); err != nil {
		return fmt.Errorf("grow the file system: %w", err)
	}
	blocks, blockSize, err := ext4Size(super)
	if err != nil {
		return fmt.Errorf("grow the file system: %s: %w", device, err)
	}
	wanted := uint64(size) / blockSize
	if wanted <= blocks {
		return nil
	}
	dir, err := os.Open(dataDir)
	if err != nil {
		return fmt.Errorf("grow the file system: %w", err)
	}
	defer dir.Close()
	if err := blockdev.ResizeExt4(dir, wanted); err != nil {
		return err
	}
	m.console.Printf("data: the file system grew from %d to %d MiB", blocks*blockSize>>20, wanted*blockSize>>20)
	return nil
}

// The ext4 superblock (Documentation/filesystems/ext4/super.rst), little endian:
// 0x04 blocks, 0x18 block size as the power of two above 1 KiB, 0x150 blocks' upper half.
const (
	ext4SuperOffset = 1024
	ext4SuperSize   = 1024
)

// ext4Size returns the size of a file system from its superblock.
func ext4Size(super []byte) (blocks, blockSize uint64, err error) {
	le := binary.LittleEndian
	shift := le.Uint32(super[0x18:])
	if le.Uint16(super[0x38:]) != ext4Magic || shift > 6 {
		return 0, 0, errors.New("it has no ext4 superblock")
	}
	return uint64(le.Uint32(super[0x150:]))<<32 | uint64(le.Uint32(super[4:])), 1024 << shift, nil
}
