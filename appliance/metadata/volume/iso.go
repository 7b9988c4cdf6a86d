package volume

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// An ISO 9660 file system, in blocks of 2048 bytes
//
//	16…   volume descriptors: 0 type, 1 "CD001", 40 label, 88 escape sequences
//	      (Joliet's, in the supplementary one), 156 the root folder's record;
//	      type 1 is the primary one, 2 a supplementary one, 255 ends the list
//
// A folder is a list of records, none of which crosses a block's end
//
//	0   length of the record      2   first block (32 bits, twice)
//	10  size (32 bits, twice)     25  flags: 0x02 folder, 0x80 goes on in the next record
//	32  length of the name        33  name, then a byte if that makes it even, then
//	                                  System Use: Rock Ridge's "NM", length, version, flags, name
type iso struct {
	disk   io.ReaderAt
	joliet bool // names are UTF-16, the high byte first
	skip   int  // bytes of System Use that are not Rock Ridge's
}

const (
	isoBlock       = 2048
	isoFirst       = 16 // first volume descriptor
	isoDescriptors = 64 // that are looked at, at most
	isoRecord      = 33 // bytes of a record before the name
	isoFolder      = 0x02
	isoGoesOn      = 0x80
)

func openISO(disk io.ReaderAt) (*Volume, error) {
	var primary, joliet []byte
	for n := range isoDescriptors {
		b, err := readAt(disk, int64(isoFirst+n)*isoBlock, isoBlock)
		if err != nil || string(b[1:6]) != "CD001" || b[0] == 255 {
			break
		}
		switch escape := string(b[88:91]); {
		case b[0] == 1 && primary == nil:
			primary = b
		case b[0] == 2 && joliet == nil && (escape == "%/@" || escape == "%/C" || escape == "%/E"):
			joliet = b
		}
	}
	if primary == nil {
		return nil, ErrUnknown
	}
	v := &Volume{Kind: "ISO 9660", Label: string(primary[40:72])}
	f := &iso{disk: disk}
	v.root = isoEntry(primary[156:])
	v.fs = f
	rockRidge, err := f.findRockRidge(v.root)
	if err != nil {
		return nil, fmt.Errorf("damaged ISO 9660: %w", err)
	}
	if !rockRidge && joliet != nil {
		f.joliet, v.root = true, isoEntry(joliet[156:])
	}
	v.root.folder = true
	return v, nil
}

// isoEntry reads where a record's file is.
func isoEntry(record []byte) entry {
	return entry{
		folder: record[25]&isoFolder != 0,
		start:  binary.LittleEndian.Uint32(record[2:]),
		size:   binary.LittleEndian.Uint32(record[10:]),
	}
}

// findRockRidge looks into the root folder's first record, its own, where "SP"
// announces what follows.
func (f *iso) findRockRidge(root entry) (bool, error) {
	b, err := readAt(f.disk, int64(root.start)*isoBlock, isoBlock)
	if err != nil {
		return false, err
	}
	use := systemUse(b)
	if len(use) < 7 || string(use[:2]) != "SP" || use[4] != 0xbe || use[5] != 0xef {
		return false, nil
	}
	f.skip = int(use[6])
	return true, nil
}

// systemUse returns what follows the name of the record at the beginning of b.
func systemUse(b []byte) []byte {
	if len(b) <= isoRecord || int(b[0]) > len(b) {
		return nil
	}
	at := isoRecord + int(b[32])
	at += at % 2
	if at >= int(b[0]) {
		return nil
	}
	return b[at:b[0]]
}

func (f *iso) list(folder entry, found func(entry) bool) error {
	if folder.size > maxDirectory {
		return fmt.Errorf("a folder of %d bytes, more than %d", folder.size, maxDirectory)
	}
	table, err := readAt(f.disk, int64(folder.start)*isoBlock, int(folder.size))
	if err != nil {
		return err
	}
	for at, n := 0, 0; at < len(table) && n < maxEntries; n++ {
		length := int(table[at])
		if length == 0 { // the rest of this block is empty
			at += isoBlock - at%isoBlock
			continue
		}
		record := table[at:min(at+length, len(table))]
		if length <= isoRecord || len(record) < length || isoRecord+int(record[32]) > length {
			return fmt.Errorf("damaged ISO 9660: a record of %d bytes at %d", length, at)
		}
		at += length
		e := isoEntry(record)
		if e.name = f.name(record); e.name == "" {
			continue
		}
		if record[25]&isoGoesOn != 0 {
			return fmt.Errorf("%s lies in several pieces", e.name)
		}
		if !found(e) {
			return nil
		}
	}
	return nil
}

// name returns a record's name, "" for the folder itself and the one above.
func (f *iso) name(record []byte) string {
	raw := record[isoRecord : isoRecord+int(record[32])]
	if len(raw) == 1 && raw[0] <= 1 {
		return ""
	}
	if f.joliet {
		units := make([]uint16, 0, len(raw)/2)
		for ; len(raw) >= 2; raw = raw[2:] {
			units = append(units, binary.BigEndian.Uint16(raw))
		}
		return withoutVersion(string(utf16.Decode(units)))
	}
	if use := systemUse(record); f.skip <= len(use) {
		if name := rockRidgeName(use[f.skip:]); name != "" {
			return name
		}
	}
	return withoutVersion(string(raw))
}

// rockRidgeName joins the "NM" entries of a System Use field.
func rockRidgeName(use []byte) string {
	var name strings.Builder
	for len(use) > 4 && int(use[2]) >= 4 && int(use[2]) <= len(use) {
		if string(use[:2]) == "NM" && use[2] > 5 && use[4]&^1 == 0 {
			name.Write(use[5:use[2]])
		}
		use = use[use[2]:]
	}
	return name.String()
}

// withoutVersion cuts ";1" off, and the dot of a name without an extension.
func withoutVersion(name string) string {
	name, _, _ = strings.Cut(name, ";")
	return strings.TrimSuffix(name, ".")
}

func (f *iso) read(file entry) ([]byte, error) {
	return readAt(f.disk, int64(file.start)*isoBlock, int(file.size))
}
