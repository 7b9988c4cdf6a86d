package rdb

import "fmt"

// FunctionVisitor is a Visitor that takes function libraries. Without, a file that
// holds one is refused.
type FunctionVisitor interface {
	// Function receives the source of a library, with its first line; it is valid
	// only until Function returns.
	Function(source []byte) error
}

// Function writes a function library.
func (e *Encoder) Function(source []byte) {
	e.op(opFunction2)
	e.String(source)
}

// function reads the record of a library, behind its opcode, and hands it to v.
func (d *Decoder) function(at int64, op byte, v Visitor) error {
	visitor, ok := v.(FunctionVisitor)
	if !ok {
		return d.fail(at, ErrUnsupported, "the file holds a function library, which is not loaded here")
	}
	source, err := d.library(op)
	if err != nil {
		return err
	}
	return d.visited(at, visitor.Function(source))
}

// library reads the source of a library. What the first release candidates of Redis
// 7.0 wrote lacks the first line, which Redis makes of the rest as well:
//
//	0xf6  FUNCTION  string: name; string: engine; length: 1 if there is a
//	                description, then string: that; string: source
func (r *reader) library(op byte) (source []byte, err error) {
	if op == opFunction2 {
		return r.ReadString("a function library")
	}
	var parts [2]string
	for i, what := range [...]string{"the name of a library", "the engine of a library"} {
		p, err := r.ReadString(what)
		if err != nil {
			return nil, err
		}
		parts[i] = string(p)
	}
	described, err := r.ReadLength("whether a library has a description")
	if err != nil {
		return nil, err
	}
	if described != 0 {
		if _, err := r.ReadString("the description of a library"); err != nil {
			return nil, err
		}
	}
	if source, err = r.ReadString("the source of a library"); err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "#!%s name=%s\n%s", parts[1], parts[0], source), nil
}

// Functions appends to dst the payload of FUNCTION DUMP: a record for each library,
// then what ends every payload.
func (d *Dumper) Functions(dst []byte, sources []string, compress bool) []byte {
	return d.payload(dst, compress, func(e *Encoder) int {
		for _, s := range sources {
			e.Function([]byte(s))
		}
		return Version
	})
}

// ErrNoFunction is why a payload is refused that holds something else than
// libraries.
var ErrNoFunction = fmt.Errorf("given type is not a function")

// DecodeFunctions verifies a payload of FUNCTION DUMP and hands each library's source
// to visit, until that returns an error. The error is that, ErrDump or ErrNoFunction,
// or an *Error.
func DecodeFunctions(payload []byte, o DecoderOptions, visit func(source []byte) error) error {
	body, err := verifyDump(payload, o)
	if err != nil {
		return err
	}
	r := dumpReader(body, o)
	for r.pos < r.end {
		op, err := r.byte("the type")
		if err != nil {
			return err
		}
		if op != opFunction2 && op != opFunctionPre {
			return ErrNoFunction
		}
		source, err := r.library(op)
		if err != nil {
			return err
		}
		if err := visit(source); err != nil {
			return err
		}
	}
	return nil
}
