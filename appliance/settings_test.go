package appliance

import (
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseCmdline(t *testing.T) {
	for line, want := range map[string][]Param{
		"":                          nil,
		"quiet":                     {{"quiet", ""}},
		"  a=b\tc=d \n":             {{"a", "b"}, {"c", "d"}},
		`x="60 1" y=2`:              {{"x", "60 1"}, {"y", "2"}},
		`"x=60 1" y=2`:              {{"x", "60 1"}, {"y", "2"}},
		`save="" z`:                 {{"save", ""}, {"z", ""}},
		`a=b=c`:                     {{"a", "b=c"}},
		`a=1 -- b=2`:                {{"a", "1"}},
		`open="no end`:              {{"open", "no end"}},
		"redoubt.maxmemory=100mb r": {{"redoubt.maxmemory", "100mb"}, {"r", ""}},
	} {
		if got := ParseCmdline(line); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

// FuzzParseSettings feeds both inputs of the parser; what it accepts must lie
// within the limits that the rest of the boot relies on.
func FuzzParseSettings(f *testing.F) {
	f.Add("oncrash halt\nmaxmemory-share 0.5", `redoubt.save="60 1" redoubt.ip=10.0.0.1/8`)
	f.Add("# nothing", `"redoubt.data=vdb" -- x`)
	f.Fuzz(func(t *testing.T, conf, cmdline string) {
		s, err := ParseSettings(conf, nil, cmdline)
		if err != nil {
			return
		}
		if s.MaxmemoryShare < 0 || s.MaxmemoryShare > 1 || s.CrashPause < 0 || s.CrashPause > time.Hour || s.CrashLimit > 255 {
			t.Errorf("accepted %+v", s)
		}
	})
}

func TestParseSettings(t *testing.T) {
	s, err := ParseSettings("oncrash halt\n# no\n\nip 192.0.2.1/24\ndata-save \"60 1\"\n", nil,
		`console=ttyS0 redoubt.oncrash=poweroff redoubt.maxmemory=100mb redoubt.save="60 1 300 2" redoubt.dns=192.0.2.3,192.0.2.4`)
	if err != nil {
		t.Fatal(err)
	}
	if s.OnCrash != PowerOff || s.ImageNetwork.Interfaces[0].Addresses[0] != netip.MustParsePrefix("192.0.2.1/24") ||
		s.DataSave != "60 1" || len(s.Network.DNS) != 2 || len(s.Network.Interfaces) != 0 {
		t.Errorf("got %+v", s)
	}
	want := []Directive{{"maxmemory", "100mb"}, {"save", "60 1 300 2"}}
	if !reflect.DeepEqual(s.Directives, want) {
		t.Errorf("directives %q, want %q", s.Directives, want)
	}
}

func TestParseSettingsErrors(t *testing.T) {
	for _, test := range []struct{ conf, cmdline, want string }{
		{"oncrash explode", "", "machine.conf, line 1: oncrash: want reboot, halt or poweroff"},
		{"\nnosuch 1", "", `machine.conf, line 2: unknown setting "nosuch"`},
		{"", "redoubt.ip=10.0.0.1", "kernel command line: ip: want dhcp, none or an address"},
		{"", "redoubt.maxmemory-share=NaN", "want a number from 0 to 1"},
		{"", "redoubt.maxmemory-share=1.1", "want a number from 0 to 1"},
		{"", "redoubt.maxmemory-reserve=12xb", "want a size"},
		{"", "redoubt.maxmemory-reserve=99999999999gb", "want a size"},
		{"", "redoubt.crash-pause=2h", "want a time"},
		{"", "redoubt.crash-limit=-1", "want a number from 0 to 255"},
		{"", "redoubt.data=../etc", "want own, auto, none or a device"},
		{"", "redoubt.gateway=nowhere", "gateway"},
		{"", "redoubt.dns=1.2.3.4,x", "dns"},
	} {
		_, err := ParseSettings(test.conf, nil, test.cmdline)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q %q: got %v, want %q", test.conf, test.cmdline, err, test.want)
		}
	}
}

// The machine.conf of each image must be one that the machine accepts.
func TestImagesMachineConf(t *testing.T) {
	conf, err := os.ReadFile("../images/redis-memonly/machine.conf")
	if err != nil {
		t.Fatal(err)
	}
	s, err := ParseSettings(string(conf), nil, "")
	if err != nil {
		t.Fatal(err)
	}
	if s.OnCrash != Reboot || s.MaxmemoryShare == 0 || !s.FallbackAddress.IsValid() {
		t.Errorf("got %+v", s)
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]uint64{
		"0": 0, "1": 1, "7b": 7, "1k": 1000, "1kb": 1024, "96MB": 96 << 20, "2g": 2e9, "3Gb": 3 << 30,
	} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%q: got %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "mb", "-1", "1.5gb", "1bk", "1 mb", "18446744073709551616"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q: got %d, want an error", text, got)
		}
	}
}

func TestMaxmemory(t *testing.T) {
	const mb = 1 << 20
	for _, test := range []struct{ total, reserve, want uint64 }{
		{1000 * mb, 96 * mb, 750 * mb},
		{200 * mb, 96 * mb, 104 * mb}, // the reserve is more than a quarter
		{128 * mb, 96 * mb, 32 * mb},
		{64 * mb, 96 * mb, 16 * mb}, // the reserve is cut
		{16 * mb, 96 * mb, 4 * mb},
		{15 * mb, 96 * mb, 0},
	} {
		got, err := Maxmemory(test.total, 0.75, test.reserve)
		if got != test.want || (err != nil) != (test.want == 0) {
			t.Errorf("%d MiB: got %d MiB, %v", test.total/mb, got/mb, err)
		}
	}
}

func TestMemTotal(t *testing.T) {
	got, err := memTotal("MemTotal:         466012 kB\nMemFree:          1 kB\n")
	if err != nil || got != 466012<<10 {
		t.Errorf("got %d, %v", got, err)
	}
	for _, text := range []string{"", "MemTotal: x kB\n", "MemTotal: 12\n"} {
		if got, err := memTotal(text); err == nil {
			t.Errorf("%q: got %d, want an error", text, got)
		}
	}
}
