package rdb

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

// checking is a Visitor that checks entries.
type checking struct {
	*Checker
	entries int
}

func (c *checking) Aux(_, _ []byte) error      { return nil }
func (c *checking) SelectDB(uint64) error      { return nil }
func (c *checking) ResizeDB(_, _ uint64) error { return nil }
func (c *checking) Entry(e *Entry) error {
	c.entries++
	return c.Check(e)
}

// TestCheckerKeepsNothing checks the same collection many times: neither its
// key nor its nodes may stay.
func TestCheckerKeepsNothing(t *testing.T) {
	var file bytes.Buffer
	e := NewEncoder(&file, EncoderOptions{Checksum: true})
	e.Header()
	e.SelectDB(12345)
	for range 100 {
		e.StringEntry([]byte("text"), bytes.Repeat([]byte("x"), 10000))
		e.Type(TypeSet)
		e.String([]byte("set"))
		e.Length(1000)
		for i := range 1000 {
			e.String(fmt.Appendf(nil, "member %d", i))
		}
	}
	if err := e.Footer(); err != nil {
		t.Fatal(err)
	}
	c, err := NewChecker()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	v := &checking{Checker: c}
	if err := NewDecoder(bytes.NewReader(file.Bytes()), DecoderOptions{}).Decode(v); err != nil || v.entries != 200 {
		t.Fatalf("%d entries, %v", v.entries, err)
	}
	if used := c.store.Heap().Used(); used > 256<<10 {
		t.Errorf("%d bytes of nodes are in use", used)
	}
}

func TestCheckerFindsDuplicates(t *testing.T) {
	var file bytes.Buffer
	e := NewEncoder(&file, EncoderOptions{})
	e.Header()
	e.Type(TypeSet)
	e.String([]byte("set"))
	e.Length(2)
	e.String([]byte("m"))
	e.String([]byte("m"))
	if err := e.Footer(); err != nil {
		t.Fatal(err)
	}
	c, err := NewChecker()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	err = NewDecoder(&file, DecoderOptions{}).Decode(&checking{Checker: c})
	if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrDuplicate) {
		t.Errorf("error %v", err)
	}
}
