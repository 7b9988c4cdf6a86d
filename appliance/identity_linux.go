package appliance

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
)

// hardwareID is the identity by what the hypervisor says; one by chance where it
// says nothing.
func (m *machine) hardwareID() machineID {
	// Whatever cannot be read says nothing.
	uuid, _ := os.ReadFile("/sys/class/dmi/id/product_uuid")
	mac := ""
	if m.network != nil {
		mac = m.network.FirstMAC()
	}
	id, ok := deriveMachineID(string(uuid), mac)
	if !ok {
		rand.Read(id[:])
	}
	return id
}

// identify settles who the machine is, when it is known whether there is a data
// disk. A disk that cannot keep it is said, and does not stop the boot.
func (m *machine) identify() error {
	if m.dataDisk != "" {
		var err error
		if m.id, err = keepIdentity(filepath.Join(dataDir, identityFile), m.id); err != nil {
			m.console.Printf("identity: %v", err)
		}
	}
	if m.network != nil {
		m.network.SetIdentity(m.id, m.id.hostname())
	}
	return nil
}

// keepIdentity returns the identity that is in a file; a file that is not there,
// or is damaged, is written with id.
func keepIdentity(path string, id machineID) (machineID, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		kept, parseErr := parseMachineID(string(text))
		if parseErr == nil {
			return kept, nil
		}
		err = parseErr
	}
	if wErr := writeIdentity(path, id.String()); wErr != nil {
		return id, fmt.Errorf("write %s: %w", path, wErr)
	}
	if os.IsNotExist(err) {
		return id, nil
	}
	return id, fmt.Errorf("%s is written anew: %w", path, err)
}

// writeIdentity replaces a file by one line: after a crash it is the old one or the new.
func writeIdentity(path, line string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n")
	if err == nil {
		err = f.Sync()
	}
	if cErr := f.Close(); err == nil {
		err = cErr
	}
	if err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// identityInfo is INFO's line.
func (m *machine) identityInfo() string {
	return fmt.Sprintf("appliance_machine_id:%s\r\n", m.id)
}
