// Package zset is the sorted set: members, each with a score, in the order of
// their scores and, where these are equal, of their bytes.
//
// # Layout
//
// A small one is a listpack (ZSetPack) of members and scores in turn, in order:
//
//	| member | score | member | score | …
//
// A score without fraction within ±2⁶² is an integer there, which has no
// negative zero; others are text as C's %.17g writes it. Those are Redis's bytes.
//
// A large one (ZSetTree) has a table, to find scores by members, and a tree, to
// find members by scores and by ranks:
//
//	offset size
//	0      24   table: member → score, 8 bytes, the float64's bits, little-endian
//	24     16   tree: |order 8|member|, no value; that of -0 is one zero byte
//
// The order of a score is its bits as a big-endian number, with those of negative
// ones inverted and the sign of the others set, so that bytes.Compare orders
// scores. -0 and 0 have the same order, as they are equal; the value in the tree
// tells them apart.
//
//	score   bits               order
//	-1.5    bff8000000000000   4007ffffffffffff
//	-0, 0   …                  8000000000000000
//	1.5     3ff8000000000000   bff8000000000000
//
// # Invariants
//
//	Z1 Table and tree have the same members with the same scores.
//	Z2 A set is not empty, except between New and the first Add.
package zset
