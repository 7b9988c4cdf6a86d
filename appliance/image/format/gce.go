package format

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// Google Compute Engine takes a gzip of a GNU tar ("oldgnu") that holds one file,
// disk.raw, whose size is a multiple of 1 GiB. The file is stored sparse: its
// holes are a list in the headers, so that a disk of 1 GiB costs nothing.
//
// Layout of the tar
//
//	0      header, type 'S', with the first 4 segments (offset, bytes) of the file
//	512    headers with 21 more segments each, while there are more
//	…      the segments one after the other, filled up to 512 bytes
//	end    1024 zeros
const (
	gceBlock          = 64 << 10 // in which holes are looked for
	tarSparse         = 386      // offset of the segments in the header
	tarSparseCount    = 4
	tarSparseMore     = 482 // 1 if a header with more follows
	tarRealSize       = 483
	tarExtendedCount  = 21
	tarExtendedMore   = 504
	tarSegmentSize    = 24
	tarTypeGNUSparse  = 'S'
	tarMagicGNU       = "ustar  \x00"
	tarTrailer        = 1024
	tarChecksumBlanks = "        "
	tarMaxSize        = 8*gib - 1
)

// segment is a piece of the file that is there.
type segment struct{ offset, size int64 }

// writeGCE writes the disk as disk.raw.tar.gz.
func writeGCE(w io.Writer, d *Disk) error {
	size := roundUp(d.Size, gib)
	if size > tarMaxSize {
		return errors.New("the disk is larger than the 8 GiB that numbers in a tar go up to")
	}
	segments, err := d.segments(size)
	if err != nil {
		return err
	}
	// Without name and time; the default level.
	z := gzip.NewWriter(w)
	if _, err := z.Write(sparseHeaders("disk.raw", size, segments)); err != nil {
		return err
	}
	for _, s := range segments {
		if _, err := io.Copy(z, io.NewSectionReader(d.Content, s.offset, s.size)); err != nil {
			return err
		}
	}
	if err := writeZeros(z, tarTrailer); err != nil {
		return err
	}
	return z.Close()
}

// segments returns what the disk holds, and an empty one at size, as GNU tar
// ends a file with a hole.
func (d *Disk) segments(size int64) ([]segment, error) {
	var list []segment
	err := d.blocks(gceBlock, func(i int64, block []byte) error {
		at := i * gceBlock
		n := min(gceBlock, d.Size-at)
		switch last := len(list) - 1; {
		case block == nil:
		case last >= 0 && list[last].offset+list[last].size == at:
			list[last].size += n
		default:
			list = append(list, segment{at, n})
		}
		return nil
	})
	return append(list, segment{size, 0}), err
}

// sparseHeaders returns the header of a sparse file and those with the rest of
// its segments. Owner and time are zero.
func sparseHeaders(name string, size int64, segments []segment) []byte {
	var stored int64
	for _, s := range segments {
		stored += s.size
	}
	h := make([]byte, sectorSize)
	copy(h, name)
	copy(h[100:], "0000644\x000000000\x000000000\x00")
	octal(h[124:], stored)
	octal(h[136:], 0)
	copy(h[148:], tarChecksumBlanks)
	h[156] = tarTypeGNUSparse
	copy(h[257:], tarMagicGNU)
	octal(h[tarRealSize:], size)
	rest := putSegments(h[tarSparse:], segments, tarSparseCount)
	if len(rest) > 0 {
		h[tarSparseMore] = 1
	}
	var sum int
	for _, x := range h {
		sum += int(x)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	out := bytes.NewBuffer(h)
	for len(rest) > 0 {
		more := make([]byte, sectorSize)
		if rest = putSegments(more, rest, tarExtendedCount); len(rest) > 0 {
			more[tarExtendedMore] = 1
		}
		out.Write(more)
	}
	return out.Bytes()
}

// putSegments writes at most n segments and returns the others.
func putSegments(b []byte, segments []segment, n int) []segment {
	n = min(n, len(segments))
	for i, s := range segments[:n] {
		octal(b[i*tarSegmentSize:], s.offset)
		octal(b[i*tarSegmentSize+12:], s.size)
	}
	return segments[n:]
}

// octal writes a number of tar's: 11 digits and a zero byte.
func octal(b []byte, n int64) { copy(b, fmt.Sprintf("%011o\x00", n)) }
