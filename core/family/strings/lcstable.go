package strings

// lcs is a longest common subsequence of two strings a and b.
type lcs struct {
	length int
	// runs are its parts that are contiguous in both strings, last first.
	runs []run
}

// run says that n bytes of a at a equal those of b at b.
type run struct{ a, b, n int }

// Of the table L(i,j), the length for the first i bytes of a and j of b, a row
// follows from the row above:
//
//	L(i,j) = L(i-1,j-1)+1               if a[i-1] == b[j-1]
//	       = max(L(i-1,j), L(i,j-1))    otherwise
//
// The way back from the end only asks which of the two was larger: one bit for
// each cell, and no more than two rows of lengths.

// lcsRow turns the row of lengths above into that of byte ch of a; up, if not
// nil, is told for each j whether L(i-1,j) is the larger.
func lcsRow(row []uint32, b []byte, ch byte, up func(j int)) {
	diagonal := row[0] // L(i-1,j-1)
	for j := 1; j <= len(b); j++ {
		above := row[j]
		switch {
		case b[j-1] == ch:
			row[j] = diagonal + 1
		case above > row[j-1]:
			if up != nil {
				up(j)
			}
		default:
			row[j] = row[j-1]
		}
		diagonal = above
	}
}

// lcsLength is the length of a longest common subsequence.
func lcsLength(a, b []byte) int {
	row := make([]uint32, len(b)+1)
	for _, ch := range a {
		lcsRow(row, b, ch, nil)
	}
	return int(row[len(b)])
}

// findLCS finds the subsequence that Redis finds: where there are several it
// is decided at the end of the strings, in favour of b's earlier bytes.
func findLCS(a, b []byte) lcs {
	width := len(b) + 1
	ups := make([]uint64, ((len(a)+1)*width+63)/64)
	row := make([]uint32, width)
	for i, ch := range a {
		at := (i + 1) * width
		lcsRow(row, b, ch, func(j int) { ups[(at+j)/64] |= 1 << ((at + j) % 64) })
	}
	l := lcs{length: int(row[len(b)])}
	for i, j := len(a), len(b); i > 0 && j > 0; {
		at := i*width + j
		switch {
		case a[i-1] == b[j-1]:
			i, j = i-1, j-1
			l.extend(i, j)
		case ups[at/64]&(1<<(at%64)) != 0:
			i--
		default:
			j--
		}
	}
	return l
}

// extend adds the pair of equal bytes before those that l has.
func (l *lcs) extend(i, j int) {
	if n := len(l.runs); n > 0 && l.runs[n-1].a == i+1 && l.runs[n-1].b == j+1 {
		l.runs[n-1] = run{i, j, l.runs[n-1].n + 1}
		return
	}
	l.runs = append(l.runs, run{i, j, 1})
}
