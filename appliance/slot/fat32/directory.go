package fat32

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
)

const (
	entrySize = 32

	attrLabel     = 0x08
	attrDirectory = 0x10
	attrArchive   = 0x20
	attrLongName  = 0x0f // all of read-only, hidden, system, label
	attrLongMask  = 0x3f

	entryFree  = 0xe5
	entryEnd   = 0x00
	longLast   = 0x40 // in the number of a long name's last part
	longChars  = 13   // UTF-16 units in one entry
	maxName    = 255
	maxParts   = 20
	caseBase   = 0x08 // flags at offset 12, from Windows NT: lower-case base, extension
	caseExt    = 0x10
	dirBlock   = 4096 // directories grow by at least this
	epochDate  = 0<<9 | 1<<5 | 1
	aliasTries = 999
)

// longOffsets are where the parts of a long name are in an entry.
var longOffsets = [longChars]int{1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30}

// entry is a file or directory as its directory names it.
type entry struct {
	name      string
	short     [11]byte
	directory bool
	cluster   uint32
	size      uint32
	first     int // index of its first 32 bytes in the directory, long name included
	last      int // index of the one with the short name
}

// directory is the contents of one.
type directory struct {
	v        *Volume
	clusters []uint32
	raw      []byte
	entries  []entry
}

// readDirectory reads the directory whose chain begins with a cluster.
func (v *Volume) readDirectory(first uint32) (*directory, error) {
	clusters, err := v.chain(first)
	if err != nil {
		return nil, err
	}
	d := &directory{v: v, clusters: clusters}
	if len(clusters) == 0 || int64(len(clusters))*v.clusterSize() > maxDirBytes {
		return nil, fmt.Errorf("%w: a directory of %d clusters", ErrDamaged, len(clusters))
	}
	d.raw = make([]byte, int64(len(clusters))*v.clusterSize())
	for i, c := range clusters {
		at := int64(i) * v.clusterSize()
		if _, err := v.dev.ReadAt(d.raw[at:at+v.clusterSize()], v.offset(c)); err != nil {
			return nil, fmt.Errorf("read FAT32: %w", err)
		}
	}
	d.parse()
	return d, nil
}

// parse finds the entries. Parts of a long name that belong to none are passed over.
func (d *directory) parse() {
	var long []uint16
	first, sum := -1, byte(0)
	for i := 0; i+entrySize <= len(d.raw); i += entrySize {
		e := d.raw[i : i+entrySize]
		switch {
		case e[0] == entryEnd:
			return
		case e[0] == entryFree:
			first = -1
		case e[11]&attrLongMask == attrLongName:
			if e[0]&longLast != 0 {
				n := int(e[0] &^ longLast)
				if n == 0 || n > maxParts {
					first = -1
					continue
				}
				long, first, sum = make([]uint16, n*longChars), i, e[13]
			}
			if n := int(e[0] &^ longLast); first >= 0 && n > 0 && n*longChars <= len(long) {
				for k, o := range longOffsets {
					long[(n-1)*longChars+k] = binary.LittleEndian.Uint16(e[o:])
				}
			}
		case e[11]&attrLabel != 0:
			first = -1
		default:
			d.entries = append(d.entries, parseEntry(e, i, first, sum, long))
			first = -1
		}
	}
}

// parseEntry reads an entry with a short name; its long one, if there is one and
// it is meant for it, begins at first.
func parseEntry(b []byte, at, first int, sum byte, long []uint16) entry {
	le := binary.LittleEndian
	e := entry{
		short:     [11]byte(b[:11]),
		directory: b[11]&attrDirectory != 0,
		cluster:   uint32(le.Uint16(b[20:]))<<16 | uint32(le.Uint16(b[26:])),
		size:      le.Uint32(b[28:]),
		first:     at,
		last:      at,
	}
	if first >= 0 && sum == checksum(e.short) {
		e.first = first
		for i, c := range long {
			if c == 0 {
				long = long[:i]
				break
			}
		}
		e.name = string(utf16.Decode(long))
		return e
	}
	base := strings.TrimRight(string(e.short[:8]), " ")
	ext := strings.TrimRight(string(e.short[8:]), " ")
	if b[12]&caseBase != 0 {
		base = strings.ToLower(base)
	}
	if b[12]&caseExt != 0 {
		ext = strings.ToLower(ext)
	}
	e.name = base
	if ext != "" {
		e.name += "." + ext
	}
	return e
}

// checksum ties the parts of a long name to a short one.
func checksum(short [11]byte) byte {
	var sum byte
	for _, c := range short {
		sum = sum>>1 | sum<<7
		sum += c
	}
	return sum
}

// find returns the entry of a name, in any case.
func (d *directory) find(name string) (entry, bool) {
	for _, e := range d.entries {
		if strings.EqualFold(e.name, name) {
			return e, true
		}
	}
	return entry{}, false
}

// shortName returns the 8.3 name of a name that is one.
func shortName(name string) (short [11]byte, ok bool) {
	base, ext, _ := strings.Cut(name, ".")
	if base == "" || len(base) > 8 || len(ext) > 3 || strings.HasSuffix(name, ".") || name != strings.ToUpper(name) {
		return short, false
	}
	for _, c := range base + ext {
		if !(c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return short, false
		}
	}
	copy(short[:], fmt.Sprintf("%-8s%-3s", base, ext))
	return short, true
}

// alias returns an 8.3 name for a long one that no other entry has.
func (d *directory) alias(name string) (short [11]byte, err error) {
	keep := func(s string, n int) string {
		var b strings.Builder
		for _, c := range strings.ToUpper(s) {
			if (c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') && b.Len() < n {
				b.WriteRune(c)
			}
		}
		return b.String()
	}
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		dot = len(name)
	}
	ext := keep(name[dot:], 3)
	taken := map[[11]byte]bool{}
	for _, e := range d.entries {
		taken[e.short] = true
	}
	for i := 1; i <= aliasTries; i++ {
		tail := fmt.Sprintf("~%d", i)
		copy(short[:], fmt.Sprintf("%-8s%-3s", keep(name[:dot], 8-len(tail))+tail, ext))
		if !taken[short] {
			return short, nil
		}
	}
	return short, fmt.Errorf("add %s to FAT32: too many similar names", name)
}

// checkName refuses what is no name for a file.
func checkName(name string) error {
	if name == "" || len(name) > maxName || strings.Trim(name, ". ") != name || strings.ContainsAny(name, `"*/:<>?\|`) {
		return fmt.Errorf("FAT32: %q is no name for a file", name)
	}
	for _, c := range name {
		if c < ' ' || c > '~' {
			return fmt.Errorf("FAT32: %q is no name for a file here: not ASCII", name)
		}
	}
	return nil
}

// add writes a new entry. The chain that it names must be on the device already.
func (d *directory) add(name string, attr byte, cluster, size uint32) error {
	if err := checkName(name); err != nil {
		return err
	}
	short, ok := shortName(name)
	var raw []byte
	if !ok {
		var err error
		if short, err = d.alias(name); err != nil {
			return err
		}
		raw = longEntries(name, checksum(short))
	}
	raw = append(raw, encodeEntry(short, attr, cluster, size)...)
	at, err := d.space(len(raw))
	if err != nil {
		return err
	}
	copy(d.raw[at:], raw)
	return d.writeBack(at, len(raw))
}

// encodeEntry returns the 32 bytes of a short name. All carry the same date, so
// that the same contents give the same bytes.
func encodeEntry(short [11]byte, attr byte, cluster, size uint32) []byte {
	le := binary.LittleEndian
	b := make([]byte, entrySize)
	copy(b, short[:])
	b[11] = attr
	le.PutUint16(b[16:], epochDate)
	le.PutUint16(b[18:], epochDate)
	le.PutUint16(b[20:], uint16(cluster>>16))
	le.PutUint16(b[24:], epochDate)
	le.PutUint16(b[26:], uint16(cluster))
	le.PutUint32(b[28:], size)
	return b
}

// longEntries returns the entries of a long name, the last part first.
func longEntries(name string, sum byte) []byte {
	units := utf16.Encode([]rune(name))
	n := (len(units) + longChars - 1) / longChars
	b := make([]byte, n*entrySize)
	for part := n; part >= 1; part-- {
		e := b[(n-part)*entrySize:]
		e[0] = byte(part)
		if part == n {
			e[0] |= longLast
		}
		e[11], e[13] = attrLongName, sum
		for k, o := range longOffsets {
			c := uint16(0xffff) // behind the zero at the end
			switch i := (part-1)*longChars + k; {
			case i < len(units):
				c = units[i]
			case i == len(units):
				c = 0
			}
			binary.LittleEndian.PutUint16(e[o:], c)
		}
	}
	return b
}

// space returns where n bytes of new entries go: a gap, or the end.
func (d *directory) space(n int) (int, error) {
	end, gap := false, 0
	for i := 0; i+entrySize <= len(d.raw); i += entrySize {
		end = end || d.raw[i] == entryEnd
		if end {
			// Nothing behind the end counts, whatever it holds.
			clear(d.raw[i : i+entrySize])
		}
		if gap += entrySize; !end && d.raw[i] != entryFree {
			gap = 0
		}
		if gap >= n {
			// The entry behind must still say that it is the end, if this was.
			if next := i + entrySize; end && next < len(d.raw) {
				clear(d.raw[next : next+entrySize])
				return next - gap, d.writeBack(next, entrySize)
			}
			return i + entrySize - gap, nil
		}
	}
	if err := d.grow(); err != nil {
		return 0, err
	}
	return d.space(n)
}

// grow adds empty clusters to the end.
func (d *directory) grow() error {
	n := uint32(max(1, dirBlock/d.v.clusterSize()))
	if int64(len(d.clusters)+int(n))*d.v.clusterSize() > maxDirBytes {
		return ErrFull
	}
	first, err := d.v.allocate(n)
	if err != nil {
		return err
	}
	empty := make([]byte, int64(n)*d.v.clusterSize())
	if err := d.v.write(empty, d.v.offset(first)); err != nil {
		return err
	}
	d.v.set(d.clusters[len(d.clusters)-1], first)
	for i := range n {
		d.clusters = append(d.clusters, first+i)
	}
	d.raw = append(d.raw, empty...)
	return d.v.flush()
}

// remove marks an entry free; its chain is still there.
func (d *directory) remove(e entry) error {
	// The short name first: without it, a long one means nothing.
	d.raw[e.last] = entryFree
	if err := d.writeBack(e.last, entrySize); err != nil || e.first == e.last {
		return err
	}
	for i := e.first; i < e.last; i += entrySize {
		d.raw[i] = entryFree
	}
	return d.writeBack(e.first, e.last-e.first)
}

// writeBack writes the sectors that hold n bytes at an index, in order: of a new
// entry, the short name comes last.
func (d *directory) writeBack(at, n int) error {
	first, last := at/SectorSize, (at+n-1)/SectorSize
	for s := first; s <= last; s++ {
		byteAt := int64(s) * SectorSize
		cluster := d.clusters[byteAt/d.v.clusterSize()]
		where := d.v.offset(cluster) + byteAt%d.v.clusterSize()
		if err := d.v.write(d.raw[byteAt:byteAt+SectorSize], where); err != nil {
			return err
		}
	}
	return nil
}
