package appliance

import (
	"strconv"
	"strings"
)

// keyInBitmap tells whether key is set in a bitmap as sysfs writes it: words of
// 64 bits in hexadecimal, the highest first.
func keyInBitmap(text string, key int) bool {
	words := strings.Fields(text)
	i := len(words) - 1 - key/64
	if i < 0 {
		return false
	}
	word, err := strconv.ParseUint(words[i], 16, 64)
	return err == nil && word>>(key%64)&1 == 1
}
