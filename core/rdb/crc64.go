package rdb

import "encoding/binary"

// crcPoly is the polynomial of CRC-64 Jones, 0xad93d23594c935a9, with its
// bits reversed, since the CRC takes the low bit of each byte first. It
// starts from 0 and is not inverted at the end.
const crcPoly = 0x95ac9329ac4bc9b5

// crcTables[k][b] is the CRC of the byte b followed by k zero bytes, which
// lets eight bytes be taken per step, and is never written after start.
var crcTables = makeCRCTables()

func makeCRCTables() *[8][256]uint64 {
	t := new([8][256]uint64)
	for b := range 256 {
		crc := uint64(b)
		for range 8 {
			crc = crc>>1 ^ crcPoly&-(crc&1)
		}
		t[0][b] = crc
	}
	for b := range 256 {
		crc := t[0][b]
		for k := 1; k < 8; k++ {
			crc = t[0][byte(crc)] ^ crc>>8
			t[k][b] = crc
		}
	}
	return t
}

// crcUpdate extends the CRC of the bytes before p by p.
func crcUpdate(crc uint64, p []byte) uint64 {
	t := crcTables
	for len(p) >= 8 {
		crc ^= binary.LittleEndian.Uint64(p)
		crc = t[7][byte(crc)] ^ t[6][byte(crc>>8)] ^
			t[5][byte(crc>>16)] ^ t[4][byte(crc>>24)] ^
			t[3][byte(crc>>32)] ^ t[2][byte(crc>>40)] ^
			t[1][byte(crc>>48)] ^ t[0][byte(crc>>56)]
		p = p[8:]
	}
	for _, b := range p {
		crc = t[0][byte(crc)^b] ^ crc>>8
	}
	return crc
}
