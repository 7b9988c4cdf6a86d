package metadata

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"

	"github.com/redoubt-kv/redoubt/appliance/metadata/volume"
	"github.com/redoubt-kv/redoubt/appliance/network"
)

// Label returns the label of the file system on a disk, "" if there is none that
// could be a source.
func Label(disk io.ReaderAt) string {
	v, err := volume.Open(disk)
	if err != nil {
		return ""
	}
	return v.Label
}

// ReadDisk reads the source that Detect has found on a disk. warn is told of what
// is left out.
func ReadDisk(p Plan, disk io.ReaderAt, warn func(format string, args ...any)) (*Answer, error) {
	v, err := volume.Open(disk)
	if err != nil {
		return nil, err
	}
	if p.Kind == OpenStack {
		return openStackAnswer(p.String(), warn, func(path string, limit int) ([]byte, error) {
			return optional(v.ReadFile("openstack/latest/"+path, limit))
		})
	}
	return noCloudAnswer(p, warn, func(path string, limit int) ([]byte, error) {
		return optional(v.ReadFile(path, limit))
	})
}

// ReadCustomData returns Azure's custom data, if disk is its provisioning disk and
// there are any; otherwise nil.
func ReadCustomData(disk io.ReaderAt) ([]byte, error) {
	v, err := volume.Open(disk)
	if err != nil {
		return nil, nil
	}
	ovf, err := optional(v.ReadFile("ovf-env.xml", 2*MaxUserData))
	if err != nil || ovf == nil {
		return nil, err
	}
	return customData(ovf)
}

// optional turns "no such file" into nil.
func optional(b []byte, err error) ([]byte, error) {
	if errors.Is(err, volume.ErrNotFound) {
		return nil, nil
	}
	if err == nil && b == nil {
		b = []byte{}
	}
	return b, err
}

// get reads one file of a source: nil without an error if it is not there.
type get func(path string, limit int) ([]byte, error)

// noCloudAnswer reads NoCloud's four files. user-data must be there; a disk
// without it was not made as it was meant.
func noCloudAnswer(p Plan, warn func(string, ...any), read get) (*Answer, error) {
	a := &Answer{Source: p.String(), InstanceID: p.Seed["i"]}
	var err error
	if a.UserData, err = read("user-data", MaxUserData); err != nil {
		return nil, err
	}
	if a.UserData == nil {
		return nil, errors.New("there is no file user-data")
	}
	if a.VendorData, err = read("vendor-data", MaxUserData); err != nil {
		return nil, err
	}
	meta, err := read("meta-data", MaxMetaData)
	if err != nil {
		return nil, err
	}
	config, err := read("network-config", MaxMetaData)
	if err != nil {
		return nil, err
	}
	if config != nil {
		if a.Network, err = ParseNetwork(config, warn); err != nil {
			return nil, fmt.Errorf("network-config: %w", err)
		}
	}
	if h := p.Seed["h"]; network.CheckHostname(h) == nil {
		a.Network.Hostname = h
	}
	if err := a.metaData(meta); err != nil {
		return nil, fmt.Errorf("meta-data: %w", err)
	}
	return a, nil
}

// metaData reads NoCloud's meta-data.
func (a *Answer) metaData(text []byte) error {
	root, err := parseYAML(text)
	if err != nil {
		return err
	}
	return eachKey(root, func(key string, _, value *yaml.Node) (err error) {
		switch key {
		case "instance-id", "instance_id":
			a.InstanceID, err = item(value, key)
		case "local-hostname", "hostname":
			if a.Network.Hostname, err = item(value, key); err == nil {
				err = network.CheckHostname(a.Network.Hostname)
			}
		}
		return err
	})
}

// openStackMeta is what counts of OpenStack's meta_data.json.
type openStackMeta struct {
	UUID     string `json:"uuid"`
	Hostname string `json:"hostname"`
}

// openStackAnswer reads the files of openstack/latest, from a disk or the network.
func openStackAnswer(source string, warn func(string, ...any), read get) (*Answer, error) {
	a := &Answer{Source: source}
	text, err := read("meta_data.json", MaxMetaData)
	if err != nil {
		return nil, err
	}
	if text == nil {
		return nil, errors.New("there is no meta_data.json")
	}
	var meta openStackMeta
	if err := json.Unmarshal(text, &meta); err != nil {
		return nil, errors.New("meta_data.json: it cannot be read as JSON")
	}
	a.InstanceID = meta.UUID
	if a.UserData, err = read("user_data", MaxUserData); err != nil {
		return nil, err
	}
	vendor, err := read("vendor_data.json", MaxUserData)
	if err != nil {
		return nil, err
	}
	a.VendorData = openStackVendor(vendor)
	config, err := read("network_data.json", MaxMetaData)
	if err != nil {
		return nil, err
	}
	if config != nil {
		if a.Network, err = parseOpenStackNetwork(config, warn); err != nil {
			return nil, fmt.Errorf("network_data.json: %w", err)
		}
	}
	a.hostname(meta.Hostname)
	return a, nil
}

// hostname takes over a name that a cloud has made; one that cannot be used is no
// reason to refuse the machine.
func (a *Answer) hostname(name string) {
	if name != "" && network.CheckHostname(name) == nil {
		a.Network.Hostname = name
	}
}

// openStackVendor returns what the provider has for cloud-init, if it is text.
func openStackVendor(text []byte) []byte {
	var vendor map[string]json.RawMessage
	if json.Unmarshal(text, &vendor) != nil {
		return nil
	}
	var userData string
	if json.Unmarshal(vendor["cloud-init"], &userData) != nil {
		return nil
	}
	return []byte(userData)
}
