// Package listpack packs a sequence of elements into one slice of bytes, in
// the layout of Redis's listpack.c, so that small collections are saved,
// loaded, dumped and restored by copying.
//
// # Layout
//
// All numbers are little endian.
//
//	| total 4 | count 2 | entry | entry | … | FF |
//
//	total   bytes of the whole listpack, header and end included
//	count   number of entries; 65535 when there are as many or more, and then
//	        only a walk tells
//	entry   | encoding and data | backlen |
//	FF      the end
//
// The first byte of an entry tells its encoding:
//
//	0xxxxxxx                  integer 0 to 127
//	110xxxxx xxxxxxxx         integer of 13 bits, high bits first
//	11110001 + 2 bytes        integer of 16 bits
//	11110010 + 3 bytes        integer of 24 bits
//	11110011 + 4 bytes        integer of 32 bits
//	11110100 + 8 bytes        integer of 64 bits
//	10nnnnnn                  string of n < 64 bytes
//	1110nnnn nnnnnnnn         string of n < 4096 bytes, high bits first
//	11110000 + 4 bytes of n   longer string
//
// An element that reads as a decimal integer of 64 bits, and is written the
// one canonical way, is stored as an integer.
//
// backlen is the length of encoding and data, in groups of 7 bits, the most
// significant group first; all but the first byte have their top bit set, so
// that it reads from its end backwards.
//
// The listpack of "hi" and "300":
//
//	0E 00 00 00  02 00  82 68 69 03  C1 2C 02  FF
//	total = 14   2      2  h  i  3   300   2   end
//
// # Slices and positions
//
// A listpack is a []byte whose length is the total. Functions that change it
// work as append does: they change it in place where the capacity suffices,
// otherwise they return a copy that is larger; the argument is invalid
// afterwards. Elements that are put in must not lie in the listpack itself.
//
// A position is the offset of an entry; None is no entry. A change makes all
// positions behind it invalid.
//
// Except for Validate every function trusts the bytes.
package listpack
