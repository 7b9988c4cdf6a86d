package report

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
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

// Load is what the processors have done since the machine started, in ticks.
type Load struct {
	Total  int64
	Stolen int64 // by the hypervisor for other machines
	Idle   int64
}

// CurrentLoad returns the load until now; all zero where the system does not
// tell.
func CurrentLoad() Load { return parseLoad(readFile("/proc/stat")) }

// parseLoad reads the first line of /proc/stat: cpu, then the ticks of user,
// nice, system, idle, iowait, irq, softirq, steal; the guests' that follow
// are in user and nice already.
func parseLoad(text string) Load {
	line, _, _ := strings.Cut(text, "\n")
	f := strings.Fields(line)
	if len(f) < 9 || f[0] != "cpu" {
		return Load{}
	}
	var l Load
	for i, w := range f[1:9] {
		n, err := strconv.ParseInt(w, 10, 64)
		if err != nil {
			return Load{}
		}
		l.Total += n
		switch i {
		case 3, 4:
			l.Idle += n
		case 7:
			l.Stolen = n
		}
	}
	return l
}

// Since describes what the processors did from l until now.
func (l Load) Since(now Load) string {
	total := now.Total - l.Total
	if total <= 0 {
		return "unknown"
	}
	percent := func(n int64) float64 { return 100 * float64(n) / float64(total) }
	return fmt.Sprintf("%.1f %% idle, %.1f %% stolen by the hypervisor", percent(now.Idle-l.Idle), percent(now.Stolen-l.Stolen))
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
