package appliance

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// machineID identifies the machine over reboots: to DHCPv6, by the host's name
// when nobody names it, to whoever collects figures of several machines.
//
// A machine with a data disk has it there, in identityFile, so that it stays the
// same when the disk moves to another host. It is made from what the hypervisor
// says of the machine (DMI's UUID), or from the first MAC address, or, where there
// is neither, by chance. A hash hides these: some clouds take the UUID for a
// secret.
type machineID [16]byte

const (
	identityFile = "identity/machine-id" // below the data disk
	hashedUUID   = "redoubt machine by DMI UUID: "
	hashedMAC    = "redoubt machine by MAC address: "
)

func (id machineID) String() string { return hex.EncodeToString(id[:]) }

// hostname is the host's name when nobody names it.
func (id machineID) hostname() string { return "redoubt-" + id.String()[:8] }

// parseMachineID reads the file's text.
func parseMachineID(text string) (id machineID, err error) {
	b, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) != len(id) || machineID(b) == id {
		return id, fmt.Errorf("want 32 hexadecimal digits, got %.40q", text)
	}
	return machineID(b), nil
}

// deriveMachineID makes an identity of DMI's UUID and the first MAC address, as
// sysfs has them; ok is false if neither says anything.
func deriveMachineID(uuid, mac string) (id machineID, ok bool) {
	switch uuid, mac := canonical(uuid), canonical(mac); {
	case len(uuid) == 32 && !isFiller(uuid):
		return hashed(hashedUUID + uuid), true
	case len(mac) == 12 && !isFiller(mac):
		return hashed(hashedMAC + mac), true
	}
	return id, false
}

func hashed(text string) machineID {
	sum := sha256.Sum256([]byte(text))
	return machineID(sum[:16])
}

// canonical is text's hexadecimal digits.
func canonical(text string) string {
	text = strings.NewReplacer("-", "", ":", "").Replace(strings.ToLower(strings.TrimSpace(text)))
	if _, err := hex.DecodeString(text); err != nil {
		return ""
	}
	return text
}

// isFiller tells whether hexadecimal digits are all the same, as in a UUID that
// nobody has set.
func isFiller(digits string) bool { return strings.Count(digits, digits[:1]) == len(digits) }
