package lualib

import (
	"reflect"

	lua "github.com/yuin/gopher-lua"
)

// length is the border of a table that Lua's '#' gives. The table keeps
// integer keys below lua.MaxArrayIndex in an array and others in a hash: an
// array that is full goes on in the hash.
func length(t *lua.LTable) int {
	n := t.Len()
	switch {
	case n >= lua.MaxArrayIndex-1:
		for get(t, n+1) != lua.LNil {
			n++
		}
	case n > 1 && hasHole(t, n):
		return sparseLength(t, n)
	}
	return n
}

// hasHole looks at a few places for elements that are missing.
func hasHole(t *lua.LTable, n int) bool {
	for _, i := range [...]int{n - 1, n - n/4, n / 2, n / 4} {
		if i > 0 && get(t, i) == lua.LNil {
			return true
		}
	}
	return false
}

// sparseLength is the border of a table whose last element, n, has a hole
// before it. In Lua the border depends on which elements are in the array part
// of the table: all that a constructor listed, or else the largest power of
// two that is more than half full when the table grew last.
func sparseLength(t *lua.LTable, n int) int {
	if array := reflect.ValueOf(t).Elem().FieldByName("array"); array.Cap() == n {
		return n // as the constructor made it
	}
	size, used, power := 0, 0, 1
	for i := 1; i <= n; i++ {
		if get(t, i) != lua.LNil {
			used++
		}
		if i == power {
			if used > power/2 {
				size = power
			}
			power *= 2
		}
	}
	if power/2 < n && used > power/2 {
		size = power
	}
	low, high := 0, size
	if size == 0 || get(t, size) != lua.LNil {
		// The part is full: go on in the hash by doubling.
		for low, high = size, size+1; get(t, high) != lua.LNil; high *= 2 {
			low = high
		}
	}
	for high-low > 1 {
		if middle := (low + high) / 2; get(t, middle) == lua.LNil {
			high = middle
		} else {
			low = middle
		}
	}
	return low
}

func get(t *lua.LTable, i int) lua.LValue {
	if i > 0 && i < lua.MaxArrayIndex {
		return t.RawGetInt(i) // without making a value of the number
	}
	return t.RawGet(lua.LNumber(i))
}

func set(t *lua.LTable, i int, v lua.LValue) { t.RawSetInt(i, v) }

func tabForeachi(L *lua.LState) int {
	t := CheckTable(L, 1)
	n := length(t)
	fn := CheckFunction(L, 2)
	for i := 1; i <= n; i++ {
		L.Push(fn)
		pushNumber(L, float64(i))
		L.Push(get(t, i))
		call(L, 2, 1)
		if L.Get(-1) != lua.LNil {
			return 1
		}
		L.Pop(1)
	}
	return 0
}

func tabForeach(L *lua.LState) int {
	t, fn := CheckTable(L, 1), CheckFunction(L, 2)
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		L.Push(fn)
		L.Push(k)
		L.Push(v)
		call(L, 2, 1)
		if L.Get(-1) != lua.LNil {
			return 1
		}
		L.Pop(1)
	}
	return 0
}

func tabMaxn(L *lua.LState) int {
	t := CheckTable(L, 1)
	var largest lua.LNumber
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		if n, ok := k.(lua.LNumber); ok && n > largest {
			largest = n
		}
	}
	L.Push(largest)
	return 1
}

func tabGetn(L *lua.LState) int { return pushNumber(L, float64(length(CheckTable(L, 1)))) }

func tabSetn(L *lua.LState) int {
	CheckTable(L, 1)
	Throw(L, "'setn' is obsolete")
	return 0
}

func tabInsert(L *lua.LState) int {
	t := CheckTable(L, 1)
	end := length(t) + 1
	switch L.GetTop() {
	case 2:
		set(t, end, L.Get(2))
	case 3:
		pos := checkInt(L, 2)
		if pos > end {
			end = pos
		}
		for i := end; i > pos; i-- {
			set(t, i, get(t, i-1))
		}
		set(t, pos, L.Get(3))
	default:
		Throw(L, "wrong number of arguments to 'insert'")
	}
	return 0
}

func tabRemove(L *lua.LState) int {
	t := CheckTable(L, 1)
	end := length(t)
	pos := optInt(L, 2, end)
	if pos < 1 || pos > end {
		return 0
	}
	L.Push(get(t, pos))
	for ; pos < end; pos++ {
		set(t, pos, get(t, pos+1))
	}
	set(t, end, lua.LNil)
	return 1
}

func tabConcat(L *lua.LState) int {
	sep := OptString(L, 2, "")
	t := CheckTable(L, 1)
	i := optInt(L, 3, 1)
	var last int
	if L.Get(4) == lua.LNil {
		last = length(t)
	} else {
		last = checkInt(L, 4)
	}
	var b []byte
	for ; i <= last; i++ {
		v := get(t, i)
		switch v := v.(type) {
		case lua.LString:
			b = append(b, v...)
		case lua.LNumber:
			b = AppendNumber(b, float64(v))
		default:
			Throw(L, "invalid value (%s) at index %d in table for 'concat'", TypeName(v), i)
		}
		if i < last {
			b = append(b, sep...)
		}
		checkLength(L, len(b))
	}
	return pushString(L, string(b))
}

// sorter sorts t[1..n] by Lua 5.1's quicksort step by step: orders that are
// none give the same results and errors.
type sorter struct {
	L    *lua.LState
	t    *lua.LTable
	less *lua.LFunction
}

func (s *sorter) before(a, b lua.LValue) bool {
	if s.less == nil {
		return lessThan(s.L, a, b)
	}
	s.L.Push(s.less)
	s.L.Push(a)
	s.L.Push(b)
	call(s.L, 2, 1)
	result := lua.LVAsBool(s.L.Get(-1))
	s.L.Pop(1)
	return result
}

// order swaps t[i] and t[j] if t[j] comes before t[i].
func (s *sorter) order(i, j int) {
	a, b := get(s.t, i), get(s.t, j)
	if s.before(b, a) {
		set(s.t, i, b)
		set(s.t, j, a)
	}
}

func (s *sorter) sort(low, high int) {
	for low < high {
		s.order(low, high)
		if high-low == 1 {
			return
		}
		i := (low + high) / 2
		if a, b := get(s.t, i), get(s.t, low); s.before(a, b) {
			set(s.t, i, b)
			set(s.t, low, a)
		} else {
			s.order(i, high)
		}
		if high-low == 2 {
			return
		}
		pivot := get(s.t, i)
		set(s.t, i, get(s.t, high-1))
		set(s.t, high-1, pivot)
		i = s.partition(low, high, pivot)
		a, b := get(s.t, high-1), get(s.t, i)
		set(s.t, high-1, b)
		set(s.t, i, a)
		if i-low < high-i {
			s.sort(low, i-1)
			low = i + 1
		} else {
			s.sort(i+1, high)
			high = i - 1
		}
	}
}

// partition moves what comes before the pivot to the left of where it
// returns.
func (s *sorter) partition(low, high int, pivot lua.LValue) int {
	i, j := low, high-1
	for {
		var a, b lua.LValue
		for {
			i++
			if a = get(s.t, i); !s.before(a, pivot) {
				break
			}
			if i > high {
				Throw(s.L, "invalid order function for sorting")
			}
		}
		for {
			j--
			if b = get(s.t, j); !s.before(pivot, b) {
				break
			}
			if j < low {
				Throw(s.L, "invalid order function for sorting")
			}
		}
		if j < i {
			return i
		}
		set(s.t, i, b)
		set(s.t, j, a)
	}
}

func tabSort(L *lua.LState) int {
	t := CheckTable(L, 1)
	n := length(t)
	s := sorter{L: L, t: t}
	if L.Get(2) != lua.LNil {
		s.less = CheckFunction(L, 2)
	}
	s.sort(1, n)
	return 0
}

// openTable installs table.
func openTable(L *lua.LState) {
	t := L.NewTable()
	register(L, t, map[string]lua.LGFunction{
		"concat": tabConcat, "foreach": tabForeach, "foreachi": tabForeachi, "getn": tabGetn,
		"insert": tabInsert, "maxn": tabMaxn, "remove": tabRemove, "setn": tabSetn, "sort": tabSort,
	})
	L.SetGlobal("table", t)
}
