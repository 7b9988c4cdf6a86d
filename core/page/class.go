package page

// Size classes: steps of 256 B to 4 KiB, then four to a doubling, so that a
// bucket that grows through them wastes at most a step. The numbers are in
// node headers and so frozen.
const (
	numClasses = 28
	spanClass  = 255
)

// classSize is the size in bytes of each class.
var classSize = makeClassSizes()

// classOf maps a size in units, rounded up, to the smallest class that fits.
var classOf = makeClassOf()

// slabFrames is the number of frames of a slab of each class: at least four
// nodes with little left over, and not many more. A slab is given back when its
// last node goes; of nodes that all grow out of a class, as the buckets of a
// table do, a large slab keeps one for long.
var slabFrames = makeSlabFrames()

func makeClassSizes() (s [numClasses]uint32) {
	i := 0
	for size := uint32(Unit); size <= 4096; size += Unit {
		s[i] = size
		i++
	}
	for base := uint32(4096); base < MaxNode; base *= 2 {
		for q := uint32(1); q <= 4; q++ {
			s[i] = base + base/4*q
			i++
		}
	}
	return s
}

func makeClassOf() (t [MaxNode/Unit + 1]uint8) {
	c := 0
	for u := range t {
		if uint32(u*Unit) > classSize[c] {
			c++
		}
		t[u] = uint8(c)
	}
	return t
}

// costOfSlot is what one more slot of a slab costs in free slots beside used
// ones, as a part of the slab: measured on sets and hashes that grow.
const costOfSlot = 0.004

func makeSlabFrames() (t [numClasses]uint8) {
	for c, size := range classSize {
		best, bestCost := 0, 2.0
		for n := 1; n <= 64; n++ {
			slots := n * FrameSize / int(size)
			rest := float64(n*FrameSize-slots*int(size)) / float64(n*FrameSize)
			if cost := rest + float64(slots)*costOfSlot; slots >= 4 && cost < bestCost {
				best, bestCost = n, cost
			}
		}
		t[c] = uint8(best)
	}
	return t
}

// ClassSize returns the size of the node that an allocation of n bytes gets:
// a class, or frames above MaxNode.
func ClassSize(n int) int {
	if n <= MaxNode {
		return int(classSize[classOf[(n+Unit-1)/Unit]])
	}
	return (n + FrameSize - 1) &^ (FrameSize - 1)
}

// SmallerClass returns the size of the next smaller class, or 0.
func SmallerClass(size int) int {
	if size > MaxNode || size <= Unit {
		return 0
	}
	return int(classSize[classOf[size/Unit]-1])
}
