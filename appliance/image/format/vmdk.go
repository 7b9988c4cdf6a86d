package format

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
)

// VMDK "streamOptimized" as VMware's "Virtual Disk Format 5.0" describes it: one
// file, written front to back, grains of 64 KiB compressed by deflate. It is the
// kind that an OVF may refer to.
//
// Layout, in sectors
//
//	0      header; its grain directory is "at the end"
//	1      descriptor: a text, 20 sectors
//	128    for each grain that holds something
//	         marker (number of the first sector, bytes) and the data
//	       after the grains of each 512: marker, grain table
//	…      marker, grain directory: where each grain table is
//	…      marker, footer: the header again, with the directory's place
//	end    marker "end of stream"
const (
	vmdkGrainSectors  = 128
	vmdkGrain         = vmdkGrainSectors * sectorSize
	vmdkTableEntries  = 512
	vmdkTableSectors  = vmdkTableEntries * 4 / sectorSize
	vmdkDescriptor    = 20                 // sectors
	vmdkOverhead      = vmdkGrainSectors   // sectors before the first grain
	vmdkAtEnd         = 0xffffffffffffffff // the directory is where the footer says
	vmdkFlags         = 1 | 1<<16 | 1<<17  // line ends valid, compressed, with markers
	vmdkDeflate       = 1
	vmdkVersion       = 3
	vmdkHardware      = 10 // of the virtual machine: ESXi 5.5, Workstation 10
	markerEndOfStream = 0
	markerTable       = 1
	markerDirectory   = 2
	markerFooter      = 3
)

// vmdkWriter counts sectors and remembers where the tables are.
type vmdkWriter struct {
	w         io.Writer
	at        int64 // sectors written
	directory []uint32
	table     []uint32 // of the grains being written
	any       bool     // table has an entry
	packed    bytes.Buffer
	deflate   *zlib.Writer
}

// writeVMDK writes the disk as one streamOptimized file.
func writeVMDK(w io.Writer, d *Disk) error {
	content, err := d.vmdk()
	if err != nil {
		return err
	}
	_, err = w.Write(content)
	return err
}

// vmdk returns the file, which is made once: an OVA has it too.
func (d *Disk) vmdk() ([]byte, error) {
	if d.streamed == nil {
		var b bytes.Buffer
		if err := streamVMDK(&b, d); err != nil {
			return nil, err
		}
		d.streamed = b.Bytes()
	}
	return d.streamed, nil
}

func streamVMDK(w io.Writer, d *Disk) error {
	v := &vmdkWriter{w: w, table: make([]uint32, vmdkTableEntries)}
	v.deflate = zlib.NewWriter(&v.packed)
	head := make([]byte, vmdkOverhead*sectorSize)
	copy(head, vmdkHeader(d, vmdkAtEnd))
	copy(head[sectorSize:(1+vmdkDescriptor)*sectorSize], vmdkDescription(d))
	if err := v.write(head); err != nil {
		return err
	}
	err := d.blocks(vmdkGrain, func(i int64, grain []byte) error {
		if i > 0 && i%vmdkTableEntries == 0 {
			if err := v.endTable(); err != nil {
				return err
			}
		}
		if grain == nil {
			return nil
		}
		return v.grain(i, grain)
	})
	if err != nil {
		return err
	}
	if err := v.endTable(); err != nil {
		return err
	}
	return v.end(d)
}

// write writes b and fills its last sector up.
func (v *vmdkWriter) write(b []byte) error {
	if _, err := v.w.Write(b); err != nil {
		return err
	}
	size := roundUp(int64(len(b)), sectorSize)
	v.at += size / sectorSize
	return writeZeros(v.w, size-int64(len(b)))
}

// grain writes grain i.
func (v *vmdkWriter) grain(i int64, data []byte) error {
	v.packed.Reset()
	v.packed.Write(make([]byte, 12)) // the marker
	v.deflate.Reset(&v.packed)
	if _, err := v.deflate.Write(data); err != nil {
		return err
	}
	if err := v.deflate.Close(); err != nil {
		return err
	}
	b := v.packed.Bytes()
	binary.LittleEndian.PutUint64(b, uint64(i)*vmdkGrainSectors)
	binary.LittleEndian.PutUint32(b[8:], uint32(len(b)-12))
	v.table[i%vmdkTableEntries], v.any = uint32(v.at), true
	return v.write(b)
}

// endTable writes the grain table, unless it is empty.
func (v *vmdkWriter) endTable() error {
	if !v.any {
		v.directory = append(v.directory, 0)
		return nil
	}
	if err := v.marker(markerTable, vmdkTableSectors); err != nil {
		return err
	}
	v.directory = append(v.directory, uint32(v.at))
	err := v.write(littleEndian(v.table))
	clear(v.table)
	v.any = false
	return err
}

// end writes the directory, the footer and the last marker.
func (v *vmdkWriter) end(d *Disk) error {
	directory := littleEndian(v.directory)
	if err := v.marker(markerDirectory, roundUp(int64(len(directory)), sectorSize)/sectorSize); err != nil {
		return err
	}
	at := v.at
	if err := v.write(directory); err != nil {
		return err
	}
	if err := v.marker(markerFooter, 1); err != nil {
		return err
	}
	if err := v.write(vmdkHeader(d, uint64(at))); err != nil {
		return err
	}
	return v.marker(markerEndOfStream, 0)
}

// marker announces a table, directory or footer of so many sectors.
func (v *vmdkWriter) marker(kind uint32, sectors int64) error {
	b := make([]byte, sectorSize)
	binary.LittleEndian.PutUint64(b, uint64(sectors))
	binary.LittleEndian.PutUint32(b[12:], kind)
	return v.write(b)
}

func littleEndian(values []uint32) []byte {
	var b []byte
	for _, x := range values {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	return b
}

// vmdkHeader returns the header, or the footer when it is given the directory's
// sector.
func vmdkHeader(d *Disk, directory uint64) []byte {
	b := make([]byte, sectorSize)
	le := binary.LittleEndian
	copy(b, "KDMV")
	le.PutUint32(b[4:], vmdkVersion)
	le.PutUint32(b[8:], vmdkFlags)
	le.PutUint64(b[12:], uint64(d.Size/sectorSize))
	le.PutUint64(b[20:], vmdkGrainSectors)
	le.PutUint64(b[28:], 1) // the descriptor's sector
	le.PutUint64(b[36:], vmdkDescriptor)
	le.PutUint32(b[44:], vmdkTableEntries)
	le.PutUint64(b[56:], directory)
	le.PutUint64(b[64:], vmdkOverhead)
	copy(b[73:], "\n \r\n") // line ends as they must arrive, to notice a transfer as text
	le.PutUint16(b[77:], vmdkDeflate)
	return b
}

// vmdkDescription returns the text part. The adapter "ide" also stands for SATA.
func vmdkDescription(d *Disk) string {
	const heads, sectors = 16, 63
	id := d.uuid("vmdk content")
	return fmt.Sprintf(`# Disk DescriptorFile
version=1
CID=%08x
parentCID=ffffffff
createType="streamOptimized"

# Extent description
RDONLY %d SPARSE "usr.vmdk"

# The Disk Data Base
#DDB

ddb.adapterType = "ide"
ddb.geometry.cylinders = "%d"
ddb.geometry.heads = "%d"
ddb.geometry.sectors = "%d"
ddb.longContentID = "%x"
ddb.virtualHWVersion = "%d"
`, id[:4], d.Size/sectorSize, min(d.Size/sectorSize/heads/sectors, 16383), heads, sectors, id, vmdkHardware)
}
