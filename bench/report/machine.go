package report

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

// Machine writes what must be known of the machine to read the figures.
func Machine(w io.Writer) error {
	cpuinfo := readFile("/proc/cpuinfo")
	virtual := "no hypervisor seen"
	if flags := field(cpuinfo, "flags"); strings.Contains(" "+flags+" ", " hypervisor ") {
		virtual = "virtual machine"
	}
	_, err := fmt.Fprintf(w, "- processor: %s, %d online, %s\n- memory: %s\n- kernel: %s %s/%s\n- load average at the start: %s\n- date: %s, benchmark built with %s\n",
		field(cpuinfo, "model name"), strings.Count("\n"+cpuinfo, "\nprocessor\t"), virtual,
		field(readFile("/proc/meminfo"), "MemTotal"),
		strings.TrimSpace(readFile("/proc/sys/kernel/osrelease")), runtime.GOOS, runtime.GOARCH,
		strings.TrimSpace(readFile("/proc/loadavg")),
		time.Now().UTC().Format("2006-01-02 15:04 UTC"), runtime.Version())
	return err
}

// readFile returns the text of path, or "unknown" where there is none: a
// report without /proc is still a report.
func readFile(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	return string(b)
}

// field returns the value of the first "name: value" line of text.
func field(text, name string) string {
	for line := range strings.Lines(text) {
		k, v, ok := strings.Cut(line, ":")
		if ok && strings.TrimSpace(k) == name {
			return strings.Join(strings.Fields(v), " ")
		}
	}
	return "unknown"
}
