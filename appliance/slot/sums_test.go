package slot

import (
	"encoding/binary"
	"hash/crc32"
)

// appendSum returns the checksum of a boot state.
func appendSum(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(b))
}

// fixSums makes the checksums of the primary GPT fit its contents.
func fixSums(disk []byte) {
	le := binary.LittleEndian
	h := disk[SectorSize:][:SectorSize]
	le.PutUint32(h[88:], crc32.ChecksumIEEE(disk[2*SectorSize:][:gptTableSize*SectorSize]))
	le.PutUint32(h[16:], 0)
	le.PutUint32(h[16:], crc32.ChecksumIEEE(h[:gptHeaderSize]))
}
