package appliance

import (
	"fmt"
	"strconv"
	"strings"
)

// minMaxmemory is the least memory for data that a machine is started with.
const minMaxmemory = 8 << 20

// Maxmemory returns the bytes for data on a machine of total bytes: its share,
// but so that reserve bytes are left. A machine too small for that is refused.
func Maxmemory(total uint64, share float64, reserve uint64) (uint64, error) {
	if total < reserve+minMaxmemory {
		return 0, fmt.Errorf("the machine has %d MiB for programs; it needs %d (maxmemory-reserve and %d for data)",
			total>>20, (reserve+minMaxmemory)>>20, minMaxmemory>>20)
	}
	return min(uint64(float64(total)*share), total-reserve), nil
}

// MaxResident returns what the server may hold in all, free slots and buffers
// included: half of reserve is left to the kernel.
func MaxResident(total, reserve uint64) uint64 { return total - reserve/2 }

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
