package listpack

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// elem makes an element of one of the encodings.
func elem(rng *rand.Rand) []byte {
	switch rng.IntN(8) {
	case 0, 1:
		n := int64(rng.Uint64()) >> rng.IntN(64)
		return strconv.AppendInt(nil, n, 10)
	case 2:
		edges := []string{"", "0", "-0", "00", "-", "127", "128", "-1", "4095", "4096", "-4096", "-4097", "32767", "32768", "-32768",
			"-32769", "8388607", "8388608", "-8388608", "-8388609", "2147483647", "2147483648", "-2147483648", "-2147483649",
			"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "+1", " 1", "01", "1 "}
		return []byte(edges[rng.IntN(len(edges))])
	case 3:
		sizes := []int{62, 63, 64, 65, 124, 125, 126, 127, 128, 4094, 4095, 4096, 16377, 16378, 16379, 16380}
		return bytes.Repeat([]byte{byte(rng.Uint32())}, sizes[rng.IntN(len(sizes))])
	default:
		b := make([]byte, rng.IntN(20))
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		return b
	}
}

func contents(lp []byte) (all [][]byte) {
	for pos := First(lp); pos != None; pos = Next(lp, pos) {
		all = append(all, AppendElem(nil, lp, pos))
	}
	return all
}

// verify compares a listpack with its model from both ends.
func verify(t *testing.T, lp []byte, model [][]byte) {
	t.Helper()
	if n, err := Validate(lp, true); err != nil || n != len(model) || Len(lp) != n {
		t.Fatalf("Validate = %d, %v; Len = %d; model has %d", n, err, Len(lp), len(model))
	}
	if !slices.EqualFunc(contents(lp), model, bytes.Equal) {
		t.Fatalf("contents %q, model %q", contents(lp), model)
	}
	i := len(model)
	for pos := Last(lp); pos != None; pos = Prev(lp, pos) {
		i--
		if !Equal(lp, pos, model[i]) || Seek(lp, i) != pos || Seek(lp, i-len(model)) != pos {
			t.Fatalf("entry %d at %d is not %q or Seek goes to %d and %d", i, pos, model[i], Seek(lp, i), Seek(lp, i-len(model)))
		}
	}
	if i != 0 || Seek(lp, len(model)) != None || Seek(lp, -len(model)-1) != None || Empty(lp) != (len(model) == 0) {
		t.Fatalf("backwards %d entries are missing, or Seek finds entries beyond the ends", i)
	}
}

func TestModel(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 1))
		lp, model := New(nil), [][]byte(nil)
		for range 300 {
			lp, model = step(t, rng, lp, model)
			verify(t, lp, model)
		}
	}
}

// step does one random operation on both.
func step(t *testing.T, rng *rand.Rand, lp []byte, model [][]byte) ([]byte, [][]byte) {
	e := elem(rng)
	n := int64(rng.Uint64()) >> rng.IntN(64)
	digits := strconv.AppendInt(nil, n, 10)
	before := len(lp)
	if len(model) == 0 || rng.IntN(3) == 0 {
		switch rng.IntN(4) {
		case 0:
			lp, model = Append(lp, e), append(model, e)
		case 1:
			lp, model = Prepend(lp, e), slices.Insert(model, 0, e)
		case 2:
			lp, model = AppendInt(lp, n), append(model, digits)
			e = digits
		default:
			lp, model = InsertInt(lp, headerSize, n), slices.Insert(model, 0, digits)
			e = digits
		}
		if len(lp)-before != EncodedSize(e) {
			t.Fatalf("EncodedSize(%q) = %d, but it took %d", e, EncodedSize(e), len(lp)-before)
		}
		return lp, model
	}
	i := rng.IntN(len(model))
	pos := Seek(lp, i)
	switch rng.IntN(9) {
	case 0:
		lp, model = Insert(lp, pos, e), slices.Insert(model, i, e)
	case 1:
		lp, pos = InsertAfter(lp, pos, e)
		model = slices.Insert(model, i+1, e)
		if !Equal(lp, pos, e) {
			t.Fatal("InsertAfter returned a wrong position")
		}
	case 2:
		lp, model = Replace(lp, pos, e), slices.Replace(model, i, i+1, e)
	case 3:
		lp, model = ReplaceInt(lp, pos, n), slices.Replace(model, i, i+1, digits)
	case 4:
		lp, model = InsertInt(lp, pos, n), slices.Insert(model, i, digits)
	case 5:
		var next int
		lp, next = Delete(lp, pos)
		model = slices.Delete(model, i, i+1)
		if next != Seek(lp, i) {
			t.Fatalf("Delete says the next is at %d, not %d", next, Seek(lp, i))
		}
	case 6:
		k := rng.IntN(5)
		last := min(i+k, len(model))
		if rng.IntN(2) == 0 {
			lp = DeleteRange(lp, i-len(model), k)
		} else {
			lp, _ = DeleteAt(lp, pos, k)
		}
		model = slices.Delete(model, i, last)
	case 7:
		skip := rng.IntN(3)
		want := None
		for j := 0; j < len(model) && want == None; j += skip + 1 {
			if bytes.Equal(model[j], model[i]) {
				want = Seek(lp, j)
			}
		}
		if got := Find(lp, First(lp), model[i], skip); got != want {
			t.Fatalf("Find(%q, skip %d) = %d, want %d", model[i], skip, got, want)
		}
	default:
		other := AppendInt(Append(New(nil), e), n)
		lp, model = Merge(lp, other), append(model, e, digits)
	}
	return lp, model
}

// Changes within the capacity must stay where they are: callers pass the
// memory of nodes.
func TestInPlace(t *testing.T) {
	memory := make([]byte, 100)
	lp := New(memory)
	lp = Append(lp, []byte("field"))
	lp = Insert(lp, First(lp), []byte("value"))
	lp, _ = Delete(lp, First(lp))
	if &lp[0] != &memory[0] {
		t.Error("moved although there was room")
	}
	moved := Append(lp, make([]byte, 200))
	if &moved[0] == &memory[0] {
		t.Error("did not move although there was no room")
	}
	verify(t, moved, [][]byte{[]byte("field"), make([]byte, 200)})
}

// From 65535 entries on the count is unknown, and Len walks.
func TestManyEntries(t *testing.T) {
	lp := New(nil)
	for i := range 65534 {
		lp = AppendInt(lp, int64(i))
	}
	if count(lp) != 65534 || Len(lp) != 65534 {
		t.Fatalf("count %d, Len %d", count(lp), Len(lp))
	}
	for range 3 {
		lp = Append(lp, []byte("x"))
	}
	if count(lp) != countUnknown || Len(lp) != 65537 {
		t.Fatalf("count %d, Len %d", count(lp), Len(lp))
	}
	if n, err := Validate(lp, true); n != 65537 || err != nil {
		t.Fatalf("Validate = %d, %v", n, err)
	}
	if !Equal(lp, Seek(lp, 65536), []byte("x")) || !Equal(lp, Seek(lp, -65537), []byte("0")) || Seek(lp, 65537) != None || Seek(lp, -65538) != None {
		t.Error("Seek without a count")
	}
	lp = DeleteRange(lp, 0, 65530)
	if Len(lp) != 7 {
		t.Errorf("Len %d after deletion", Len(lp))
	}
	if got := Len(Merge(lp, New(nil))); got != 7 {
		t.Errorf("Len %d after a merge of an unknown count", got)
	}
}

func TestSafeToAdd(t *testing.T) {
	if !SafeToAdd(7, MaxSize-7) || SafeToAdd(7, MaxSize-6) || SafeToAdd(MaxSize+1, 0) {
		t.Error("the limit is not MaxSize")
	}
}
