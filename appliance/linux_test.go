//go:build linux

package appliance

import (
	"context"
	"encoding/binary"
	"io"
	"reflect"
	"testing"

	"github.com/redoubt-kv/redoubt/core/server"
)

func TestServerArgs(t *testing.T) {
	s := &Settings{DataSave: "60 1", Directives: []Directive{{"maxmemory", "1mb"}, {"save", ""}}}
	got := serverArgs(s, 42, 60, true, "")
	want := []string{serverConf, "--maxmemory", "42", "--maxmemory-resident", "60", "--dir", "/data", "--save", "60 1", "--maxmemory", "1mb", "--save", ""}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
	got = serverArgs(&Settings{DataSave: "60 1"}, 0, 0, false, "")
	if want := []string{serverConf, "--dir", "/no-data-disk"}; !reflect.DeepEqual(got, want) {
		t.Errorf("without a disk: got %q", got)
	}
}

func TestRunProgramCatchesPanic(t *testing.T) {
	e := runProgram(context.Background(), func(context.Context, []string, io.Writer, server.Embedding) int { panic("x") }, nil, io.Discard, server.Embedding{})
	if e.code == 0 || e.panicked != "x" {
		t.Errorf("got %+v", e)
	}
}

func TestCrashMark(t *testing.T) {
	for _, n := range []int{0, 1, 255} {
		if got, ok := decodeMark(encodeMark(n)); !ok || got != n {
			t.Errorf("%d: got %d, %v", n, got, ok)
		}
	}
	for _, b := range [][]byte{nil, make([]byte, 4), {'R', 'B', 1, 1}, {0xff, 0xff, 0xff, 0xff}} {
		if _, ok := decodeMark(b); ok {
			t.Errorf("%x counts as a mark", b)
		}
	}
}

func TestJudgeCrash(t *testing.T) {
	for _, test := range []struct {
		action         Action
		crashes, limit int
		starts         bool
	}{
		{Reboot, 1, 5, true}, {Reboot, 5, 5, true}, {Reboot, 6, 5, false}, {Reboot, 200, 0, true},
		{PowerOff, 1, 5, false}, {Halt, 1, 5, false},
	} {
		m := &machine{console: NewConsole(io.Discard, bootTime()), crashes: test.crashes,
			settings: &Settings{OnCrash: test.action, CrashLimit: test.limit}}
		if err := m.judgeCrash(); (err == nil) != test.starts {
			t.Errorf("%+v: got %v", test, err)
		}
	}
}

func TestIsPowerPress(t *testing.T) {
	event := func(kind, code uint16, value uint32) []byte {
		b := make([]byte, inputEventSize)
		binary.LittleEndian.PutUint16(b[16:], kind)
		binary.LittleEndian.PutUint16(b[18:], code)
		binary.LittleEndian.PutUint32(b[20:], value)
		return b
	}
	if !isPowerPress(event(1, 116, 1)) || isPowerPress(event(1, 116, 0)) || isPowerPress(event(1, 30, 1)) || isPowerPress(event(0, 0, 0)) {
		t.Error("wrong key")
	}
}
