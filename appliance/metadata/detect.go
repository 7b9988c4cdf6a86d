package metadata

import (
	"fmt"
	"net/url"
	"strings"
)

// Kind is a kind of source.
type Kind string

// The kinds of source.
const (
	None      Kind = "none"
	NoCloud   Kind = "NoCloud"
	EC2       Kind = "EC2"
	GCE       Kind = "GCE"
	Azure     Kind = "Azure"
	OpenStack Kind = "OpenStack"
)

// DMI is what the firmware says of the machine; fields are "" where it says
// nothing. Each is the file of that name in /sys/class/dmi/id.
type DMI struct {
	SysVendor       string
	ProductName     string
	ProductVersion  string
	ProductUUID     string
	ProductSerial   string
	ChassisAssetTag string
	BIOSVersion     string
}

// Disk is a disk or partition that could be a source.
type Disk struct {
	Name  string // as in vdb
	Label string // of its file system
}

// Plan is where to get metadata from.
type Plan struct {
	Kind Kind
	Disk string // read this one; "" for the network
	URL  string // NoCloud on the network: the address, which ends in a slash
	// Seed are values that came with the plan itself, by NoCloud's short names:
	// h (host name), i (instance id).
	Seed map[string]string
	Why  string // what it was decided by, for people
	// Custom are Azure's custom data, which are on a disk beside the service.
	Custom []byte
}

// NeedsNetwork tells whether the source is on the network.
func (p Plan) NeedsNetwork() bool { return p.Kind != None && p.Disk == "" }

// String names the source, for people.
func (p Plan) String() string {
	switch {
	case p.Disk != "":
		return fmt.Sprintf("%s on %s", p.Kind, p.Disk)
	case p.URL != "":
		return fmt.Sprintf("%s at %s", p.Kind, p.URL)
	}
	return string(p.Kind)
}

// labels of disks, without regard to case.
const (
	labelNoCloud   = "cidata"
	labelOpenStack = "config-2"
)

// IsSource tells whether a disk with this label is a source of metadata, and
// nothing else.
func IsSource(label string) bool {
	return strings.EqualFold(label, labelNoCloud) || strings.EqualFold(label, labelOpenStack)
}

// Detect decides where to get metadata from. setting is the machine's setting
// "metadata", dmi what the firmware says, disks what is attached, cmdline the
// kernel's command line, on which cloud-init's own words (ds=nocloud;s=…) count as
// well. A machine on which nothing hints at a source has none, and waits for none.
//
// The order: the setting, the command line, a disk (whoever attached it means it),
// the firmware.
func Detect(setting string, dmi DMI, disks []Disk, cmdline string) (Plan, error) {
	if err := CheckSetting(setting); err != nil {
		return Plan{}, err
	}
	source, address, _ := strings.Cut(setting, ":")
	disk := func(label string) string {
		for _, d := range disks {
			if strings.EqualFold(d.Label, label) {
				return d.Name
			}
		}
		return ""
	}
	switch strings.ToLower(source) {
	case "none":
		return Plan{Kind: None}, nil
	case "ec2":
		return Plan{Kind: EC2, Why: "the setting metadata"}, nil
	case "gce":
		return Plan{Kind: GCE, Why: "the setting metadata"}, nil
	case "azure":
		return Plan{Kind: Azure, Why: "the setting metadata"}, nil
	case "openstack":
		return Plan{Kind: OpenStack, Disk: disk(labelOpenStack), Why: "the setting metadata"}, nil
	case "nocloud":
		p := Plan{Kind: NoCloud, Disk: disk(labelNoCloud), Why: "the setting metadata"}
		if address != "" {
			p.Disk = ""
			var err error
			p.URL, err = seedURL(address)
			return p, err
		}
		if p.Disk == "" {
			return p, fmt.Errorf("metadata is nocloud, and no disk has the label %s", labelNoCloud)
		}
		return p, nil
	}
	return detectAuto(dmi, disk, cmdline)
}

// CheckSetting tells whether the setting "metadata" can mean something.
func CheckSetting(setting string) error {
	source, address, addressed := strings.Cut(setting, ":")
	switch strings.ToLower(source) {
	case "auto", "none", "ec2", "gce", "azure", "openstack":
		if !addressed {
			return nil
		}
	case "nocloud":
		if !addressed {
			return nil
		}
		_, err := seedURL(address)
		return err
	}
	return fmt.Errorf("want auto, none, nocloud, nocloud:http://…/, ec2, gce, azure or openstack, got %q", setting)
}

// seedURL checks an address that an operator has given.
func seedURL(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil {
		return "", fmt.Errorf("want an address as in http://192.0.2.1/seed/, got %q", text)
	}
	if u.Scheme != "http" {
		return "", fmt.Errorf("only http:// is possible: the machine has no list of certificate authorities, got %q", text)
	}
	if !strings.HasSuffix(text, "/") {
		text += "/"
	}
	return text, nil
}

// azureTag is the asset tag of every machine of Azure's.
const azureTag = "7783-7084-3265-9085-8269-3286-77"

// openStackNames are product names, and openStackTags asset tags, of OpenStack
// and of clouds made of it.
var (
	openStackNames = []string{"OpenStack Nova", "OpenStack Compute"}
	openStackTags  = []string{"OpenTelekomCloud", "SAP CCloud VM", "HUAWEICLOUD", "OpenStack Nova", "OpenStack Compute"}
)

func detectAuto(dmi DMI, disk func(label string) string, cmdline string) (Plan, error) {
	for _, word := range strings.Fields(cmdline) {
		if p, ok, err := nocloudWord(strings.Trim(word, `"`), "the kernel's command line"); ok {
			return p, err
		}
	}
	if d := disk(labelNoCloud); d != "" {
		return Plan{Kind: NoCloud, Disk: d, Why: "a disk with the label " + labelNoCloud}, nil
	}
	if p, ok, err := nocloudWord(dmi.ProductSerial, "the firmware's serial number"); ok {
		return p, err
	}
	if d := disk(labelOpenStack); d != "" {
		return Plan{Kind: OpenStack, Disk: d, Why: "a disk with the label " + labelOpenStack}, nil
	}
	lower := strings.ToLower
	amazon := lower(dmi.SysVendor) == "amazon ec2" ||
		strings.HasPrefix(lower(dmi.ProductUUID), "ec2") && strings.HasPrefix(lower(dmi.ProductSerial), "ec2") ||
		strings.Contains(lower(dmi.ProductVersion), "amazon") || strings.Contains(lower(dmi.BIOSVersion), "amazon")
	why := "the firmware's names"
	switch {
	case amazon:
		return Plan{Kind: EC2, Why: why}, nil
	case dmi.ProductName == "Google Compute Engine", strings.HasPrefix(dmi.ProductSerial, "GoogleCloud-"):
		return Plan{Kind: GCE, Why: why}, nil
	case dmi.ChassisAssetTag == azureTag:
		return Plan{Kind: Azure, Why: why}, nil
	case isOneOf(dmi.ProductName, openStackNames), isOneOf(dmi.ChassisAssetTag, openStackTags):
		return Plan{Kind: OpenStack, Why: why}, nil
	}
	return Plan{Kind: None}, nil
}

func isOneOf(s string, list []string) bool {
	for _, l := range list {
		if s == l {
			return true
		}
	}
	return false
}

// nocloudWord reads cloud-init's own notation: ds=nocloud;s=http://…/;h=NAME;i=ID,
// or with "-net" after nocloud.
func nocloudWord(word, why string) (p Plan, ok bool, err error) {
	fields := strings.Split(word, ";")
	if fields[0] != "ds=nocloud" && fields[0] != "ds=nocloud-net" {
		return p, false, nil
	}
	p = Plan{Kind: NoCloud, Seed: map[string]string{}, Why: why}
	for _, f := range fields[1:] {
		name, value, _ := strings.Cut(f, "=")
		switch name {
		case "s", "seedfrom":
			if p.URL, err = seedURL(value); err != nil {
				return p, true, fmt.Errorf("%s: %w", why, err)
			}
		case "h", "local-hostname":
			p.Seed["h"] = value
		case "i", "instance-id":
			p.Seed["i"] = value
		}
	}
	// Without an address it only says that the disk, which is looked for anyway,
	// is meant.
	return p, p.URL != "", nil
}
