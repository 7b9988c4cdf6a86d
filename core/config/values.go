package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Bool is a yes/no directive; check may be nil.
func Bool(p *bool, check func(bool) error) Value { return &boolValue{p, check} }

type boolValue struct {
	p     *bool
	check func(bool) error
}

func (v *boolValue) Set(args []string, _ Phase) error {
	var on bool
	switch strings.ToLower(args[0]) {
	case "yes":
		on = true
	case "no":
	default:
		return errors.New("argument must be 'yes' or 'no'")
	}
	if v.check != nil {
		if err := v.check(on); err != nil {
			return err
		}
	}
	*v.p = on
	return nil
}

func (v *boolValue) Get() string {
	if *v.p {
		return "yes"
	}
	return "no"
}

func (v *boolValue) Lines(name string, isDefault bool) []Line {
	return []Line{{name + " " + v.Get(), !isDefault}}
}

// String is a directive of any bytes; check may be nil.
func String(p *string, check func(string) error) Value { return &stringValue{p, check, false} }

// OptionalString is a String whose empty value means "not set" and is left
// out of the rewritten file.
func OptionalString(p *string, check func(string) error) Value { return &stringValue{p, check, true} }

type stringValue struct {
	p        *string
	check    func(string) error
	optional bool
}

func (v *stringValue) Set(args []string, _ Phase) error {
	if v.check != nil {
		if err := v.check(args[0]); err != nil {
			return err
		}
	}
	*v.p = args[0]
	return nil
}

func (v *stringValue) Get() string { return *v.p }

func (v *stringValue) Lines(name string, isDefault bool) []Line {
	if v.optional && *v.p == "" {
		return nil
	}
	return []Line{{name + " " + Quote(*v.p), !isDefault}}
}

// Name is one name of an enumeration. Several names may have one value; the
// first is the one that CONFIG GET shows.
type Name[E ~int] struct {
	Name  string
	Value E
}

// Enum is a directive that takes one of names; check may be nil.
func Enum[E ~int](p *E, names []Name[E]) Value { return &enumValue[E]{p: p, names: names} }

// EnumFlags is a directive that takes some of names, whose values are bits
// (a name of value 0 stands for none). It needs the flag MultiArg.
func EnumFlags[E ~int](p *E, names []Name[E], check func(E) error) Value {
	return &enumValue[E]{p, names, check, true}
}

type enumValue[E ~int] struct {
	p     *E
	names []Name[E]
	check func(E) error
	flags bool
}

func (v *enumValue[E]) Set(args []string, _ Phase) error {
	if len(args) == 0 || !v.flags && len(args) != 1 {
		return v.invalid()
	}
	var sum E
	for _, arg := range args {
		found := false
		for _, n := range v.names {
			if strings.EqualFold(n.Name, arg) {
				sum |= n.Value
				found = true
			}
		}
		if !found {
			return v.invalid()
		}
	}
	if v.check != nil {
		if err := v.check(sum); err != nil {
			return err
		}
	}
	*v.p = sum
	return nil
}

func (v *enumValue[E]) invalid() error {
	var names []string
	for _, n := range v.names {
		names = append(names, n.Name)
	}
	return errors.New("argument(s) must be one of the following: " + strings.Join(names, ", "))
}

func (v *enumValue[E]) Get() string {
	var names []string
	left := *v.p
	for _, n := range v.names {
		if n.Value == *v.p {
			return n.Name
		}
		if v.flags && n.Value != 0 && left&n.Value == n.Value {
			names = append(names, n.Name)
			left &^= n.Value
		}
	}
	return strings.Join(names, " ")
}

func (v *enumValue[E]) Lines(name string, isDefault bool) []Line {
	return []Line{{name + " " + v.Get(), !isDefault}}
}

// Kind is a notation of numbers.
type Kind uint8

// Kinds of numbers.
const (
	Integer         Kind = iota
	Memory               // bytes, with the units k kb m mb g gb
	MemoryOrPercent      // a percentage is stored as a negative number
	Octal
)

// Integers are the types that a number directive can be stored in.
type Integers interface {
	~int | ~int32 | ~int64 | ~uint | ~uint32 | ~uint64
}

// Number is a directive from low to high. Unsigned types check their bounds
// as such, which shows in the error for negative numbers.
func Number[N Integers](p *N, kind Kind, low, high N, checks ...func(N) error) Value {
	return &numberValue[N]{p, kind, low, high, low, high, checks}
}

// ClampedNumber is a Number that accepts low to high but keeps only keepLow
// to keepHigh: what is beyond becomes the nearest of them.
func ClampedNumber[N Integers](p *N, kind Kind, low, high, keepLow, keepHigh N) Value {
	return &numberValue[N]{p, kind, low, high, keepLow, keepHigh, nil}
}

type numberValue[N Integers] struct {
	p                 *N
	kind              Kind
	low, high         N
	keepLow, keepHigh N
	checks            []func(N) error
}

func (v *numberValue[N]) Set(args []string, _ Phase) error {
	n, err := v.parse(args[0])
	if err != nil {
		return err
	}
	if err := v.checkBounds(n); err != nil {
		return err
	}
	for _, check := range v.checks {
		if err := check(N(n)); err != nil {
			return err
		}
	}
	*v.p = N(n)
	if v.keepLow != v.low || v.keepHigh != v.high {
		*v.p = min(max(*v.p, v.keepLow), v.keepHigh)
	}
	return nil
}

// parse returns 64 bits that checkBounds interprets by the type's sign.
func (v *numberValue[N]) parse(s string) (int64, error) {
	if v.kind == Memory || v.kind == MemoryOrPercent {
		if n, ok := parseMemory(s); ok {
			return int64(n), nil
		}
	}
	switch v.kind {
	case Memory:
		return 0, errors.New("argument must be a memory value")
	case MemoryOrPercent:
		if digits, ok := strings.CutSuffix(s, "%"); ok {
			if n, ok := parseInt(digits); ok && n >= 0 {
				return -n, nil
			}
		}
		return 0, errors.New("argument must be a memory or percent value")
	case Octal:
		n, err := strconv.ParseInt(strings.TrimLeft(s, " \t\n\v\f\r"), 8, 64)
		if err != nil && s != "" { // strtoll reads "" as 0
			return 0, errors.New("argument couldn't be parsed as an octal number")
		}
		return n, nil
	}
	n, ok := parseInt(s)
	if !ok {
		return 0, errors.New("argument couldn't be parsed into an integer")
	}
	return n, nil
}

func (v *numberValue[N]) checkBounds(n int64) error {
	var zero N
	if zero-1 > 0 { // unsigned
		if u := uint64(n); u < uint64(v.low) || u > uint64(v.high) {
			return fmt.Errorf("argument must be between %s and %s inclusive",
				v.format(uint64(v.low)), v.format(uint64(v.high)))
		}
		return nil
	}
	low, high := int64(v.low), int64(v.high)
	if v.kind == MemoryOrPercent && n < 0 {
		if n < low {
			return fmt.Errorf("percentage argument must be less or equal to %d", -low)
		}
		return nil
	}
	if n < low || n > high {
		return fmt.Errorf("argument must be between %d and %d inclusive", low, high)
	}
	return nil
}

func (v *numberValue[N]) format(u uint64) string {
	if v.kind == Octal {
		return strconv.FormatUint(u, 8)
	}
	return strconv.FormatUint(u, 10)
}

func (v *numberValue[N]) Get() string {
	n := *v.p
	switch {
	case v.kind == MemoryOrPercent && n < 0:
		return strconv.FormatInt(-int64(n), 10) + "%"
	case v.kind == Octal || n > 0:
		return v.format(uint64(n))
	}
	return strconv.FormatInt(int64(n), 10)
}

func (v *numberValue[N]) Lines(name string, isDefault bool) []Line {
	text := v.Get()
	if (v.kind == Memory || v.kind == MemoryOrPercent) && *v.p > 0 {
		text = FormatMemory(uint64(*v.p))
	}
	return []Line{{name + " " + text, !isDefault}}
}

// FormatMemory renders bytes with the largest unit that divides them.
func FormatMemory(bytes uint64) string {
	switch {
	case bytes == 0:
	case bytes%(1<<30) == 0:
		return fmt.Sprintf("%dgb", bytes>>30)
	case bytes%(1<<20) == 0:
		return fmt.Sprintf("%dmb", bytes>>20)
	case bytes%(1<<10) == 0:
		return fmt.Sprintf("%dkb", bytes>>10)
	}
	return strconv.FormatUint(bytes, 10)
}

// ParseMemory reads bytes with an optional unit: k, m and g are powers of
// 1000; kb, mb and gb powers of 1024.
func ParseMemory(s string) (bytes uint64, err error) {
	bytes, ok := parseMemory(s)
	if !ok {
		return 0, errors.New("argument must be a memory value")
	}
	return bytes, nil
}

// parseMemory, like Redis, reads a unit without a number as zero of it.
// What does not fit 64 bits is refused, where Redis wraps around.
func parseMemory(s string) (uint64, bool) {
	digits := 0
	for digits < len(s) && '0' <= s[digits] && s[digits] <= '9' {
		digits++
	}
	var unit uint64
	switch strings.ToLower(s[digits:]) {
	case "", "b":
		unit = 1
	case "k":
		unit = 1e3
	case "kb":
		unit = 1 << 10
	case "m":
		unit = 1e6
	case "mb":
		unit = 1 << 20
	case "g":
		unit = 1e9
	case "gb":
		unit = 1 << 30
	default:
		return 0, false
	}
	if digits == 0 {
		return 0, true
	}
	n, err := strconv.ParseUint(s[:digits], 10, 64)
	if err != nil || n > ^uint64(0)/unit {
		return 0, false
	}
	return n * unit, true
}

// parseInt accepts what Redis writes: no plus sign, no leading zeros or
// blanks, no negative zero.
func parseInt(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == s
}

// Special is a directive with a notation of its own.
type Special struct {
	SetFunc   func(args []string, phase Phase) error
	GetFunc   func() string
	LinesFunc func(name string, isDefault bool) []Line
}

// Set implements Value.
func (s *Special) Set(args []string, phase Phase) error { return s.SetFunc(args, phase) }

// Get implements Value.
func (s *Special) Get() string { return s.GetFunc() }

// Lines implements Value.
func (s *Special) Lines(name string, isDefault bool) []Line { return s.LinesFunc(name, isDefault) }
