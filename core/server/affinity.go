package server

import (
	"fmt"
	"strconv"
	"strings"
)

// maxCPU bounds the numbers of a list: what a kernel's set of processors holds.
const maxCPU = 1023

// parseCPUList reads a list of processors as taskset has it: numbers, ranges and
// ranges with a step, as in "0,2-7:2".
func parseCPUList(list string) (cpus []int, err error) {
	for _, part := range strings.Split(list, ",") {
		span, stepText, hasStep := strings.Cut(part, ":")
		firstText, lastText, isRange := strings.Cut(span, "-")
		if !isRange {
			lastText = firstText
		}
		if !hasStep {
			stepText = "1"
		}
		first, err1 := strconv.ParseUint(strings.TrimSpace(firstText), 10, 32)
		last, err2 := strconv.ParseUint(strings.TrimSpace(lastText), 10, 32)
		step, err3 := strconv.ParseUint(strings.TrimSpace(stepText), 10, 32)
		if err1 != nil || err2 != nil || err3 != nil || last < first || last > maxCPU || step == 0 || hasStep && !isRange {
			return nil, fmt.Errorf("'%s' is no list of processors", list)
		}
		for n := first; n <= last; n += step {
			cpus = append(cpus, int(n))
		}
	}
	return cpus, nil
}
