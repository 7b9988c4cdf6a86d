package appliance

import (
	"fmt"
	"strconv"
	"strings"
)

// minMaxmemory is the least memory for data that a machine is started with.
const minMaxmemory = 4 << 20

// reserveShare is the most of the machine's memory that the reserve takes: what a
// machine of 40 MiB runs in besides its data. The program itself is most of that.
const reserveShare = 0.75

// reserved returns the bytes kept for everything but data on a machine of total
// bytes: what the setting says, but a share of a small machine.
func reserved(total, setting uint64) uint64 {
	return min(setting, uint64(float64(total)*reserveShare))
}

// Maxmemory returns the bytes for data on a machine of total bytes: its share,
// but so that what is reserved is left. A machine too small for that is refused.
func Maxmemory(total uint64, share float64, reserve uint64) (uint64, error) {
	room := min(uint64(float64(total)*share), total-reserved(total, reserve))
	if room < minMaxmemory {
		return 0, fmt.Errorf("the machine has %d MiB for programs, of which %d would be for data; it needs %d",
			total>>20, room>>20, minMaxmemory>>20)
	}
	return room, nil
}

// MaxResident returns what the server may hold in all, free slots and buffers
// included: half of the reserve is left to the kernel.
func MaxResident(total, reserve uint64) uint64 { return total - reserved(total, reserve)/2 }

// memTotal reads the machine's memory in bytes from the text of /proc/meminfo:
// all of it but what the kernel took for itself at boot.
func memTotal(meminfo string) (uint64, error) {
	for line := range strings.Lines(meminfo) {
		fields := strings.Fields(line)
		if len(fields) == 3 && fields[0] == "MemTotal:" && fields[2] == "kB" {
			kib, err := strconv.ParseUint(fields[1], 10, 53)
			if err != nil {
				return 0, fmt.Errorf("read meminfo: %w", err)
			}
			return kib << 10, nil
		}
	}
	return 0, fmt.Errorf("read meminfo: no line MemTotal")
}
