package format

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/appliance/metadata/volume"
	"github.com/redoubt-kv/redoubt/appliance/slot"
)

// memory is a disk for package slot.
type memory []byte

func (m memory) ReadAt(b []byte, at int64) (int, error)  { return copy(b, m[at:]), nil }
func (m memory) WriteAt(b []byte, at int64) (int, error) { return copy(m[at:], b), nil }
func (m memory) Sync() error                             { return nil }

// liveDisk returns a disk as redis-memonly has it, with a loader that is no program
// but says where its stage 2 is.
func liveDisk(t *testing.T, slots int) []byte {
	t.Helper()
	loader := bytes.Repeat([]byte{0xf4}, 8*sectorSize)
	copy(loader[dapOffset:], []byte{16, 0, 7, 0, 0, 0x7e, 0, 0, slot.BootLBA & 0xff, slot.BootLBA >> 8, 0, 0, 0, 0, 0, 0})
	plan := &slot.Plan{
		Seed: "test", Slots: slots, Kernel: mib, Initramfs: mib, Root: mib, Data: mib, Loader: loader,
		EFI: []slot.EFIFile{{Path: "EFI/BOOT/BOOTX64.EFI", Content: []byte("loader")}},
	}
	size, err := plan.Size()
	if err != nil {
		t.Fatal(err)
	}
	disk := make(memory, size)
	if _, err := slot.Create(disk, plan); err != nil {
		t.Fatal(err)
	}
	return disk
}

// TestISO reads an ISO image as a BIOS, as firmware with UEFI, as a BIOS with a USB
// stick, and as a system that mounts it.
func TestISO(t *testing.T) {
	disk := liveDisk(t, 1)
	iso := written(t, "iso", newDisk(t, disk))
	le := binary.LittleEndian
	block := func(i uint32) []byte { return iso[i*isoBlock:] }

	catalog := block(le.Uint32(block(17)[71:]))
	var sum uint16
	for i := 0; i < 32; i += 2 {
		sum += le.Uint16(catalog[i:])
	}
	if string(block(17)[7:30]) != "EL TORITO SPECIFICATION" || sum != 0 {
		t.Fatalf("boot record %q, sum of the catalog %d", block(17)[:30], sum)
	}
	bios, efi := catalog[32:64], catalog[96:128]
	boot := block(le.Uint32(bios[8:]))[:int(le.Uint16(bios[6:]))*sectorSize]
	if bios[0] != 0x88 || len(boot) != 8*sectorSize || le.Uint16(boot[dapSectors:]) != 0 {
		t.Errorf("a BIOS loads %d bytes, of which stage 1 wants %d sectors more", len(boot), le.Uint16(boot[dapSectors:]))
	}
	stage2 := iso[le.Uint64(iso[dapLBA:])*sectorSize:][:int(le.Uint16(iso[dapSectors:]))*sectorSize]
	if !bytes.Equal(stage2, boot[sectorSize:]) || !bytes.Equal(stage2, bytes.Repeat([]byte{0xf4}, 7*sectorSize)) {
		t.Error("from a USB stick, stage 1 reads another stage 2")
	}
	esp := block(le.Uint32(efi[8:]))
	if catalog[64] != 0x91 || catalog[65] != 0xef || efi[0] != 0x88 || string(esp[82:87]) != "FAT32" || le.Uint16(efi[6:]) != 0 {
		t.Errorf("no EFI system partition: %x, %q", catalog[64:128], esp[:90])
	}

	image := bytes.NewReader(iso)
	gpt, err := slot.ReadGPT(readOnly{image}, int64(len(iso)))
	if err != nil || gpt.Find(slot.NameESP) != 2 || gpt.Partitions[1].Offset() != int64(le.Uint32(efi[8:]))*isoBlock {
		t.Errorf("as a disk: %+v, %v", gpt, err)
	}
	if !bytes.Equal(iso[:isoFirst*isoBlock], disk[:isoFirst*isoBlock]) || !bytes.Equal(iso[isoEnd*isoBlock:], disk[isoEnd*isoBlock:]) {
		t.Error("something beside the gap has changed")
	}

	v, err := volume.Open(image)
	if err != nil {
		t.Fatal(err)
	}
	text, err := v.ReadFile("README.TXT", 1<<20)
	if err != nil || string(text) != isoReadmeText || v.Label != "REDOUBT" {
		t.Errorf("%q, label %q, %v", text, v.Label, err)
	}
}

func TestDisksThatAreNoLiveSystem(t *testing.T) {
	noGPT := make([]byte, 4*mib)
	badLoader := liveDisk(t, 1)
	badLoader[dapLBA] = 99
	full := liveDisk(t, 1)
	full[100_000] = 1
	for want, disk := range map[string][]byte{
		"build redis-memonly": liveDisk(t, 2),
		"no valid GPT":        noGPT,
		"does not say where":  badLoader,
		"uses the gap":        full,
		"not a multiple of":   append(liveDisk(t, 1), make([]byte, sectorSize)...),
	} {
		if err := writeISO(io.Discard, newDisk(t, disk)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	noLoader := liveDisk(t, 1)
	clear(noLoader[:440])
	iso := written(t, "iso", newDisk(t, noLoader))
	if catalog := iso[isoCatalog*isoBlock:]; catalog[32] != 0 || catalog[96] != 0x88 {
		t.Errorf("without a loader the catalog is %x", catalog[:128])
	}
}
