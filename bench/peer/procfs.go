package peer

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of the times in /proc/PID/stat: USER_HZ is 100 on
// every architecture that Go runs on.
const clockTick = 10 * time.Millisecond

// Memory is what a process and its children occupy, in bytes.
type Memory struct {
	RSS int64 // resident pages, shared ones counted in each process
	PSS int64 // resident pages, each shared one divided among its users
}

// parseStat returns utime+stime from the text of /proc/PID/stat. The name in
// it may hold blanks and parentheses, so counting starts behind the last ')'.
func parseStat(text string) (time.Duration, error) {
	end := strings.LastIndexByte(text, ')')
	if end < 0 {
		return 0, fmt.Errorf("stat %q has no name", text)
	}
	// Fields 3 (state) and on; utime and stime are fields 14 and 15.
	f := strings.Fields(text[end+1:])
	if len(f) < 13 {
		return 0, fmt.Errorf("stat %q is short", text)
	}
	utime, err := strconv.ParseInt(f[11], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("utime: %w", err)
	}
	stime, err := strconv.ParseInt(f[12], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("stime: %w", err)
	}
	return time.Duration(utime+stime) * clockTick, nil
}

// parseSchedstat returns the time on a processor, the first of the three
// numbers of /proc/PID/task/TID/schedstat, in nanoseconds there.
func parseSchedstat(text string) (time.Duration, error) {
	f := strings.Fields(text)
	if len(f) != 3 {
		return 0, fmt.Errorf("schedstat %q has not three numbers", text)
	}
	ns, err := strconv.ParseInt(f[0], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("schedstat: %w", err)
	}
	return time.Duration(ns), nil
}

// parseRollup reads Rss and Pss from the text of /proc/PID/smaps_rollup.
func parseRollup(text string) (Memory, error) {
	var m Memory
	var haveRSS, havePSS bool
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) != 3 || f[2] != "kB" {
			continue
		}
		kb, err := strconv.ParseInt(f[1], 10, 64)
		if err != nil {
			return m, fmt.Errorf("smaps_rollup %q: %w", strings.TrimSpace(line), err)
		}
		switch f[0] {
		case "Rss:":
			m.RSS, haveRSS = kb<<10, true
		case "Pss:":
			m.PSS, havePSS = kb<<10, true
		}
	}
	if !haveRSS || !havePSS {
		return m, fmt.Errorf("smaps_rollup has no Rss or no Pss")
	}
	return m, nil
}

// cpuSample is the processor time of a process at one moment, counted twice:
// exactly per living thread, and in ticks for all threads that ever were.
type cpuSample struct {
	threads map[string]time.Duration
	ticks   time.Duration
}

func readCPU(pid int) (cpuSample, error) {
	s := cpuSample{threads: map[string]time.Duration{}}
	dir := fmt.Sprintf("/proc/%d", pid)
	tasks, err := filepath.Glob(dir + "/task/*/schedstat")
	if err != nil {
		return s, fmt.Errorf("list threads: %w", err)
	}
	for _, path := range tasks {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended; the ticks tell of it
		}
		if s.threads[path], err = parseSchedstat(string(b)); err != nil {
			return s, fmt.Errorf("%s: %w", path, err)
		}
	}
	b, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return s, fmt.Errorf("read processor time: %w", err)
	}
	s.ticks, err = parseStat(string(b))
	return s, err
}

// ProcessCPU returns the processor time that a process has used, all threads.
func ProcessCPU(pid int) (time.Duration, error) {
	s, err := readCPU(pid)
	return between(cpuSample{}, s), err
}

// between returns the processor time from a to b: the exact count if it
// agrees with the ticks, else the ticks. They disagree if a thread that did
// some of the work has ended, or if the kernel keeps no schedstat.
func between(a, b cpuSample) time.Duration {
	var exact time.Duration
	for t, v := range b.threads {
		exact += v - a.threads[t]
	}
	ticks := b.ticks - a.ticks
	if (exact - ticks).Abs() > 3*clockTick+ticks/50 {
		return ticks
	}
	return exact
}

// children returns the ids of the processes that pid's threads have forked.
func children(pid int) ([]int, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil, fmt.Errorf("list children: %w", err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("/proc/%d/task/*/children is missing: no such process, or a kernel without CONFIG_PROC_CHILDREN", pid)
	}
	var out []int
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue // the thread has ended
		}
		for _, w := range strings.Fields(string(b)) {
			id, err := strconv.Atoi(w)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f, err)
			}
			out = append(out, id)
		}
	}
	return out, nil
}

// readMemory sums a process and its children. A child that ends while it is
// being read counts as nothing.
func readMemory(pid int) (Memory, error) {
	sum, err := readRollup(pid)
	if err != nil {
		return sum, err
	}
	kids, err := children(pid)
	if err != nil {
		return sum, err
	}
	for _, k := range kids {
		if m, err := readRollup(k); err == nil {
			sum.RSS += m.RSS
			sum.PSS += m.PSS
		}
	}
	return sum, nil
}

func readRollup(pid int) (Memory, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return Memory{}, fmt.Errorf("read memory: %w", err)
	}
	return parseRollup(string(b))
}
