package lualib

import (
	"bytes"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// formatSpec is one conversion of string.format: C's printf.
type formatSpec struct {
	minus, plus, space, alt, zero bool
	width, precision              int // precision -1: none
	verb                          byte
}

func strFormat(L *lua.LState) int {
	format, arg := CheckString(L, 1), 1
	var b []byte
	for i := 0; i < len(format); {
		if format[i] != '%' {
			b = append(b, format[i])
			i++
			continue
		}
		i++
		if byteAt(format, i) == '%' {
			b = append(b, '%')
			i++
			continue
		}
		if arg++; arg > L.GetTop() {
			ArgError(L, arg, "no value")
		}
		spec, size := parseSpec(L, format[i:])
		i += size
		b = spec.append(L, b, arg)
		checkLength(L, len(b))
	}
	return pushString(L, string(b))
}

// parseSpec reads a conversion behind its '%' and returns its length.
func parseSpec(L *lua.LState, s string) (spec formatSpec, size int) {
	spec.precision = -1
	i := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '-':
			spec.minus = true
		case '+':
			spec.plus = true
		case ' ':
			spec.space = true
		case '#':
			spec.alt = true
		case '0':
			spec.zero = true
		default:
			goto flagged
		}
	}
flagged:
	if i >= 6 {
		Throw(L, "invalid format (repeated flags)")
	}
	digits := func() (n int) {
		for range 2 {
			if isDigit(byteAt(s, i)) {
				n = n*10 + int(s[i]-'0')
				i++
			}
		}
		return n
	}
	spec.width = digits()
	if byteAt(s, i) == '.' {
		i++
		spec.precision = digits()
	}
	if isDigit(byteAt(s, i)) {
		Throw(L, "invalid format (width or precision too long)")
	}
	spec.verb = byteAt(s, i)
	return spec, i + 1
}

// append appends argument arg as the conversion says.
func (f formatSpec) append(L *lua.LState, b []byte, arg int) []byte {
	switch f.verb {
	case 'c':
		f.zero = false
		return append(b, cString(f.pad("", []byte{byte(toInteger(CheckNumber(L, arg)))}))...)
	case 'd', 'i':
		return append(b, f.signed(toInteger(CheckNumber(L, arg)))...)
	case 'o', 'u', 'x', 'X':
		n := CheckNumber(L, arg)
		if n >= 0x1p63 {
			return append(b, f.unsigned(toUnsigned(n))...)
		}
		return append(b, f.unsigned(uint64(toInteger(n)))...)
	case 'e', 'E', 'f', 'g', 'G':
		return append(b, f.float(CheckNumber(L, arg))...)
	case 'q':
		return appendQuoted(b, CheckString(L, arg))
	case 's':
		return f.text(b, CheckString(L, arg))
	}
	option := "%" + string([]byte{f.verb})
	if f.verb == 0 {
		option = "%"
	}
	Throw(L, "invalid option '%s' to 'format'", option)
	return b
}

func (f formatSpec) text(b []byte, s string) []byte {
	if f.precision < 0 && len(s) >= 100 {
		return append(b, s...)
	}
	text := cString([]byte(s))
	if f.precision >= 0 && f.precision < len(text) {
		text = text[:f.precision]
	}
	f.zero = false
	return append(b, f.pad("", text)...)
}

// pad brings prefix and digits to the width.
func (f formatSpec) pad(prefix string, digits []byte) []byte {
	fill := max(f.width-len(prefix)-len(digits), 0)
	b := make([]byte, 0, len(prefix)+len(digits)+fill)
	switch {
	case f.minus:
		b = append(append(b, prefix...), digits...)
		return append(b, bytes.Repeat([]byte(" "), fill)...)
	case f.zero:
		b = append(append(b, prefix...), bytes.Repeat([]byte("0"), fill)...)
	default:
		b = append(append(b, bytes.Repeat([]byte(" "), fill)...), prefix...)
	}
	return append(b, digits...)
}

func (f formatSpec) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case f.plus:
		return "+"
	case f.space:
		return " "
	}
	return ""
}

// integer brings the digits of an integer to the precision.
func (f *formatSpec) integer(digits []byte) []byte {
	if f.precision < 0 {
		return digits
	}
	f.zero = false
	if f.precision == 0 && string(digits) == "0" {
		return nil
	}
	if fill := f.precision - len(digits); fill > 0 {
		digits = append(bytes.Repeat([]byte("0"), fill), digits...)
	}
	return digits
}

func (f formatSpec) signed(n int64) []byte {
	magnitude := uint64(n)
	if n < 0 {
		magnitude = -magnitude
	}
	digits := f.integer(strconv.AppendUint(nil, magnitude, 10))
	return f.pad(f.sign(n < 0), digits)
}

func (f formatSpec) unsigned(n uint64) []byte {
	base, prefix := 10, ""
	switch f.verb {
	case 'o':
		base = 8
	case 'x', 'X':
		base = 16
		if f.alt && n != 0 {
			prefix = "0" + string([]byte{f.verb})
		}
	}
	digits := f.integer(strconv.AppendUint(nil, n, base))
	if f.verb == 'X' {
		digits = bytes.ToUpper(digits)
	}
	if f.verb == 'o' && f.alt && (len(digits) == 0 || digits[0] != '0') {
		digits = append([]byte("0"), digits...)
	}
	return f.pad(prefix, digits)
}

func (f formatSpec) float(n float64) []byte {
	precision := f.precision
	if precision < 0 {
		precision = 6
	}
	var b []byte
	switch {
	case isSpecial(n):
		b = appendSpecial(nil, n)
		f.zero = false
	case f.verb|0x20 == 'g':
		b = appendG(nil, n, precision, f.alt)
	default:
		b = strconv.AppendFloat(nil, n, f.verb|0x20, precision, 64)
		if f.alt {
			b = withPoint(b, 0)
		}
	}
	negative := b[0] == '-'
	if negative {
		b = b[1:]
	}
	if f.verb < 'a' {
		b = []byte(strings.ToUpper(string(b)))
	}
	return f.pad(f.sign(negative), b)
}

// appendQuoted is the conversion %q.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\', '\n':
			b = append(b, '\\', c)
		case '\r':
			b = append(b, `\r`...)
		case 0:
			b = append(b, `\000`...)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
