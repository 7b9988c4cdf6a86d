package server

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// titleArea is where the kernel finds the command line of the process, which ps
// shows: its arguments and, directly behind them, its environment. Both are the
// process's to overwrite; what Go has of the environment is a copy of its own.
//
//	start            end of arguments      end of environment
//	| argv[0] 0 argv[1] 0 … | NAME=value 0 … |
//
// The kernel shows what lies up to the end of the arguments or, if no zero is there
// any more, up to the next zero (fs/proc/base.c, get_mm_cmdline).
type titleArea struct{ start, size int64 }

// detachArguments copies the arguments that os.Args names, which lie in the area.
func detachArguments() {
	for i, arg := range os.Args {
		os.Args[i] = strings.Clone(arg)
	}
}

// findTitle asks the kernel for the area.
func findTitle() (titleArea, error) {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return titleArea{}, fmt.Errorf("find the process's arguments: %w", err)
	}
	// Field 2, the name, may hold anything; fields 48 to 51 are the starts and
	// ends of arguments and environment (proc(5)).
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const argStart, argEnd, envStart, envEnd = 48 - 3, 49 - 3, 50 - 3, 51 - 3
	if len(fields) <= envEnd {
		return titleArea{}, errors.New("find the process's arguments: the kernel does not tell")
	}
	var at [4]int64
	for i, field := range []int{argStart, argEnd, envStart, envEnd} {
		if at[i], err = strconv.ParseInt(string(fields[field]), 10, 64); err != nil {
			return titleArea{}, fmt.Errorf("find the process's arguments: %w", err)
		}
	}
	end := at[1]
	if at[2] == at[1] && at[3] > at[2] {
		end = at[3]
	}
	if at[0] <= 0 || end <= at[0] {
		return titleArea{}, errors.New("find the process's arguments: the kernel does not tell")
	}
	return titleArea{at[0], end - at[0]}, nil
}

// set makes title, cut to the area, what ps shows. The memory is written by way of
// the kernel, which checks that it is the process's.
func (a titleArea) set(title string) error {
	mem, err := os.OpenFile("/proc/self/mem", os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("set the process's title: %w", err)
	}
	defer mem.Close()
	text := make([]byte, a.size) // zeros behind it
	copy(text[:a.size-1], title)
	if _, err := mem.WriteAt(text, a.start); err != nil {
		return fmt.Errorf("set the process's title: %w", err)
	}
	return nil
}
