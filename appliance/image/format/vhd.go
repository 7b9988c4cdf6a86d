package format

import (
	"encoding/binary"
	"io"
)

// writeVHD writes a fixed VHD: the disk, and a footer of 512 bytes. Azure wants
// the size, without the footer, to be a multiple of 1 MiB, so the disk is filled
// up to that.
//
// Layout of the footer (big endian; Microsoft's "Virtual Hard Disk Image Format")
//
//	0   "conectix"                48  size now
//	8   features, always 2        56  geometry: cylinders (2), heads, sectors
//	12  format version 1.0        60  type, 2: fixed
//	16  next header: none         64  checksum
//	24  time, seconds from 2000   68  identifier (16)
//	28  creator, 32 its version   84  saved state, and zeros to the end
//	36  creator's system
//	40  size at creation
func writeVHD(w io.Writer, d *Disk) error {
	size := roundUp(d.Size, mib)
	if _, err := io.Copy(w, io.NewSectionReader(d.Content, 0, d.Size)); err != nil {
		return err
	}
	if err := writeZeros(w, size-d.Size); err != nil {
		return err
	}
	_, err := w.Write(vhdFooter(d, size))
	return err
}

func vhdFooter(d *Disk, size int64) []byte {
	b := make([]byte, sectorSize)
	be := binary.BigEndian
	copy(b, "conectix")
	be.PutUint32(b[8:], 2)
	be.PutUint32(b[12:], 0x00010000)
	be.PutUint64(b[16:], 0xffffffffffffffff)
	// Readers take the size from the geometry, which is too small by up to some
	// MiB, unless they know the creator. This is the one that stands for "the size
	// is right" among programs that are no part of Windows. The time is zero.
	copy(b[28:], "qem2")
	be.PutUint32(b[32:], 0x00050003)
	copy(b[36:], "Wi2k")
	be.PutUint64(b[40:], uint64(size))
	be.PutUint64(b[48:], uint64(size))
	cylinders, heads, sectors := vhdGeometry(size / sectorSize)
	be.PutUint16(b[56:], uint16(cylinders))
	b[58], b[59] = byte(heads), byte(sectors)
	be.PutUint32(b[60:], 2)
	id := d.uuid("vhd")
	copy(b[68:], id[:])
	var sum uint32
	for _, x := range b {
		sum += uint32(x)
	}
	be.PutUint32(b[64:], ^sum)
	return b
}

// vhdGeometry returns the geometry that the VHD specification's appendix gives to
// a disk of so many sectors: the largest one that is not larger than the disk.
func vhdGeometry(total int64) (cylinders, heads, sectors int64) {
	total = min(total, 65535*16*255)
	if total >= 65535*16*63 {
		return total / 255 / 16, 16, 255
	}
	sectors = 17
	heads = max((total/sectors+1023)/1024, 4)
	if total/sectors >= heads*1024 || heads > 16 {
		sectors, heads = 31, 16
	}
	if total/sectors >= heads*1024 {
		sectors, heads = 63, 16
	}
	return total / sectors / heads, heads, sectors
}
