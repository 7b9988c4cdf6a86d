//go:build linux

package appliance

import (
	"reflect"
	"testing"
	"time"
)

func TestPhases(t *testing.T) {
	var now time.Duration
	p := phases{now: func() time.Duration { now += 1500 * time.Microsecond; return now }}
	p.mark("init")
	p.mark("mount file systems")
	p.mark("init") // keeps its time
	p.mark("ready")
	want := []Phase{{"init", 1500 * time.Microsecond}, {"mount_file_systems", 3 * time.Millisecond}, {"ready", 4500 * time.Microsecond}}
	if got := p.list(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	if got := p.info(); got != "appliance_boot_init_ms:1\r\nappliance_boot_mount_file_systems_ms:3\r\nappliance_boot_ready_ms:4\r\n" {
		t.Errorf("got %q", got)
	}
	if got := p.String(); got != "init 1, mount_file_systems 3, ready 4 ms" {
		t.Errorf("got %q", got)
	}
}
