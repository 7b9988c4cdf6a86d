package slot

import (
	"encoding/binary"
	"fmt"

	"github.com/redoubt-kv/redoubt/appliance/slot/fat32"
)

// EFIFile is a file for the EFI system partition.
type EFIFile struct {
	Path    string // with slashes; the folders EFI/BOOT and loader are there
	Content []byte
}

// Plan says how a disk is laid out. Sizes are in bytes.
type Plan struct {
	Seed      string // the same one gives the same GUIDs: profile and architecture
	Slots     int    // 1 or 2; only with 2 there are root and data partitions
	Kernel    int64  // room for a kernel in each slot
	Initramfs int64  // room for an initramfs in each slot; 0: none
	Root      int64  // room for a root file system in each slot
	Data      int64  // of the data partition, before it grows
	Loader    []byte // the BIOS boot loader: stage 1, then stage 2; may be empty
	EFI       []EFIFile
}

const (
	cmdlineArea = 4096    // room for a command line: a page
	espSlack    = mib     // for directories and what is left of clusters
	stage1Code  = 440     // bytes before the disk's signature and the partition table
	maxArea     = 1 << 31 // of a kernel or an initramfs, well below FAT's limit
	maxRoot     = 1 << 40 // of a root partition, a bound for additions
	entriesDir  = "loader/entries"
	bootLoaders = "EFI/BOOT"
)

// partitions returns the table, without the backup's place.
func (p *Plan) partitions() ([]Partition, error) {
	if p.Slots != 1 && p.Slots != 2 || p.Kernel <= 0 || p.Kernel > maxArea || p.Initramfs < 0 || p.Initramfs > maxArea ||
		p.Slots == 2 && (p.Root <= 0 || p.Root > maxRoot || p.Data <= 0 || p.Data > maxRoot) {
		return nil, fmt.Errorf("lay out disk: %d slots with room for %d, %d and %d bytes, data of %d bytes",
			p.Slots, p.Kernel, p.Initramfs, p.Root, p.Data)
	}
	parts := []Partition{{Type: typeBIOSBoot, First: BootLBA, Last: bootEndLBA, Name: NameBoot}}
	next := uint64(espLBA)
	add := func(kind GUID, name string, sectors uint64) {
		parts = append(parts, Partition{Type: kind, First: next, Last: next + sectors - 1, Name: name})
		next += sectors
	}
	files := int64(p.Slots) * (p.Kernel + p.Initramfs + cmdlineArea)
	for _, f := range p.EFI {
		files += int64(len(f.Content))
	}
	add(typeESP, NameESP, align(int64(fat32.MinSectors(files+espSlack))*SectorSize))
	if p.Slots == 2 {
		add(typeLinux, NameRootA, align(p.Root))
		add(typeLinux, NameRootB, align(p.Root))
		add(typeLinux, NameData, align(p.Data))
	}
	for i := range parts {
		parts[i].ID = DeriveGUID(p.Seed + " " + parts[i].Name)
	}
	return parts, nil
}

// Size returns how large a disk the plan makes, in bytes.
func (p *Plan) Size() (int64, error) {
	parts, err := p.partitions()
	if err != nil {
		return 0, err
	}
	// A whole MiB for the backup of the GPT: some hypervisors want round sizes.
	return int64(parts[len(parts)-1].Last+1)*SectorSize + mib, nil
}

// Create lays out a disk of Size bytes that holds zeros, with empty slots.
func Create(disk Disk, p *Plan) (*Table, error) {
	parts, err := p.partitions()
	if err != nil {
		return nil, err
	}
	size, err := p.Size()
	if err != nil {
		return nil, err
	}
	gpt := &GPT{ID: DeriveGUID(p.Seed), Partitions: parts, sectors: uint64(size / SectorSize)}
	if err := p.writeBootArea(disk, gpt); err != nil {
		return nil, err
	}
	if err := gpt.write(disk); err != nil {
		return nil, err
	}
	esp := parts[PartESP-1]
	volume, err := fat32.Format(section{disk, esp.Offset(), esp.Size()}, fat32.Options{
		Sectors: uint32(esp.Last - esp.First + 1),
		Start:   uint32(esp.First),
		ID:      binary.LittleEndian.Uint32(esp.ID[:]),
		Label:   "REDOUBT",
	})
	if err != nil {
		return nil, err
	}
	if err := p.fill(volume); err != nil {
		return nil, err
	}
	if err := writeState(disk, &State{Slots: make([]Slot, p.Slots)}); err != nil {
		return nil, err
	}
	return Open(disk, size, NoSlot)
}

// writeBootArea writes the first sector and stage 2.
func (p *Plan) writeBootArea(disk Disk, gpt *GPT) error {
	if len(p.Loader) > 0 && (len(p.Loader) < 2*SectorSize || len(p.Loader) > (StateLBA-BootLBA+1)*SectorSize) {
		return fmt.Errorf("lay out disk: a boot loader of %d bytes", len(p.Loader))
	}
	mbr := make([]byte, SectorSize)
	if len(p.Loader) > 0 {
		copy(mbr[:stage1Code], p.Loader)
		if _, err := disk.WriteAt(p.Loader[SectorSize:], BootLBA*SectorSize); err != nil {
			return fmt.Errorf("write boot loader: %w", err)
		}
	}
	copy(mbr[stage1Code:], gpt.ID[:4])
	gpt.protectiveMBR(mbr)
	if _, err := disk.WriteAt(mbr, 0); err != nil {
		return fmt.Errorf("write boot loader: %w", err)
	}
	return nil
}

// fill makes the files of the EFI system partition.
func (p *Plan) fill(v *fat32.Volume) error {
	for _, dir := range []string{"EFI", bootLoaders, "loader", entriesDir} {
		if err := v.Mkdir(dir); err != nil {
			return err
		}
	}
	for _, f := range p.EFI {
		if err := v.Create(f.Path, f.Content); err != nil {
			return err
		}
	}
	for i := range p.Slots {
		n := Name(i)
		if err := v.Mkdir(n.dir()); err != nil {
			return err
		}
		for _, f := range []struct {
			path string
			size int64
		}{{n.kernelPath(), p.Kernel}, {n.initramfsPath(), p.Initramfs}, {n.cmdlinePath(), cmdlineArea}} {
			if f.size == 0 {
				continue
			}
			if _, err := v.Allocate(f.path, f.size); err != nil {
				return err
			}
		}
	}
	return nil
}

// The slot's files in the EFI system partition.
func (n Name) dir() string           { return string(rune('A' + n)) }
func (n Name) kernelPath() string    { return n.dir() + "/VMLINUZ" }
func (n Name) initramfsPath() string { return n.dir() + "/INITRD" }
func (n Name) cmdlinePath() string   { return n.dir() + "/CMDLINE.TXT" }

// section is a part of a disk. Reads and writes beyond its end are errors.
type section struct {
	disk         Disk
	offset, size int64
}

func (s section) check(n int, at int64) error {
	if at < 0 || at > s.size || int64(n) > s.size-at {
		return fmt.Errorf("%d bytes at %d are not in a partition of %d", n, at, s.size)
	}
	return nil
}

// ReadAt reads all of b or fails.
func (s section) ReadAt(b []byte, at int64) (int, error) {
	if err := s.check(len(b), at); err != nil {
		return 0, err
	}
	return s.disk.ReadAt(b, s.offset+at)
}

// WriteAt writes all of b or fails.
func (s section) WriteAt(b []byte, at int64) (int, error) {
	if err := s.check(len(b), at); err != nil {
		return 0, err
	}
	return s.disk.WriteAt(b, s.offset+at)
}
