package metadata

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/appliance/metadata/volume"
	"github.com/redoubt-kv/redoubt/appliance/network"
)

func TestDetect(t *testing.T) {
	cidata, config2 := Disk{"vdb", "cidata"}, Disk{"sr0", "CONFIG-2"}
	for _, test := range []struct {
		setting string
		dmi     DMI
		disks   []Disk
		cmdline string
		want    string
	}{
		{"auto", DMI{}, nil, "console=ttyS0 quiet", "none"},
		{"auto", DMI{SysVendor: "QEMU", ProductName: "Standard PC (Q35 + ICH9, 2009)"}, []Disk{{"vda", "ESP"}}, "", "none"},
		{"auto", DMI{}, []Disk{{"vda1", "ESP"}, cidata}, "", "NoCloud on vdb"},
		{"auto", DMI{}, []Disk{{"sda", "CIDATA"}}, "", "NoCloud on sda"},
		{"auto", DMI{SysVendor: "Amazon EC2"}, []Disk{cidata, config2}, "", "NoCloud on vdb"},
		{"auto", DMI{}, []Disk{config2}, "", "OpenStack on sr0"},
		{"auto", DMI{SysVendor: "Amazon EC2", ProductName: "t3.micro", ProductUUID: "ec2e1916-9099-7caf-fd21-012345abcdef"}, nil, "", "EC2"},
		{"auto", DMI{SysVendor: "Xen", ProductVersion: "4.11.amazon"}, nil, "", "EC2"},
		{"auto", DMI{ProductUUID: "EC2E1916-9099-7CAF-FD21-012345ABCDEF", ProductSerial: "ec2e1916-9099-7caf-fd21-012345abcdef"}, nil, "", "EC2"},
		{"auto", DMI{ProductUUID: "ec2e1916-9099-7caf-fd21-012345abcdef"}, nil, "", "none"}, // anybody's, by chance
		{"auto", DMI{ProductName: "Google Compute Engine"}, nil, "", "GCE"},
		{"auto", DMI{ProductSerial: "GoogleCloud-0123"}, nil, "", "GCE"},
		{"auto", DMI{SysVendor: "Microsoft Corporation", ChassisAssetTag: azureTag}, nil, "", "Azure"},
		{"auto", DMI{SysVendor: "Microsoft Corporation"}, nil, "", "none"}, // Hyper-V elsewhere
		{"auto", DMI{ProductName: "OpenStack Nova"}, nil, "", "OpenStack"},
		{"auto", DMI{ChassisAssetTag: "OpenTelekomCloud"}, nil, "", "OpenStack"},
		{"auto", DMI{ProductSerial: "ds=nocloud;s=http://10.0.2.2:8000/seed;i=i-7;h=box"}, nil, "", "NoCloud at http://10.0.2.2:8000/seed/"},
		{"auto", DMI{}, nil, `quiet "ds=nocloud-net;s=http://a.example/"`, "NoCloud at http://a.example/"},
		{"auto", DMI{}, nil, `ds=nocloud`, "none"},
		{"auto", DMI{}, []Disk{cidata}, `ds=nocloud`, "NoCloud on vdb"},
		{"none", DMI{SysVendor: "Amazon EC2"}, []Disk{cidata}, "", "none"},
		{"ec2", DMI{}, []Disk{cidata}, "", "EC2"},
		{"GCE", DMI{}, nil, "", "GCE"},
		{"azure", DMI{}, nil, "", "Azure"},
		{"openstack", DMI{}, nil, "", "OpenStack"},
		{"openstack", DMI{}, []Disk{config2}, "", "OpenStack on sr0"},
		{"nocloud", DMI{}, []Disk{cidata}, "", "NoCloud on vdb"},
		{"nocloud:http://10.0.2.2/", DMI{}, []Disk{cidata}, "", "NoCloud at http://10.0.2.2/"},
	} {
		p, err := Detect(test.setting, test.dmi, test.disks, test.cmdline)
		if err != nil || p.String() != test.want {
			t.Errorf("%+v: got %q, %v", test, p, err)
		}
		if p.Kind != None && p.Why == "" || p.NeedsNetwork() != (p.Kind != None && !strings.Contains(test.want, " on ")) {
			t.Errorf("%+v: %+v", test, p)
		}
	}
	for _, test := range []struct{ setting, cmdline, want string }{
		{"nocloud", "", "no disk has the label cidata"},
		{"nocloud:https://a/", "", "only http://"},
		{"nocloud:ftp", "", "want an address"},
		{"aws", "", "want auto, none"},
		{"ec2:x", "", "want auto, none"},
		{"auto", "ds=nocloud;s=https://a/", "only http://"},
		{"auto", "ds=nocloud;s=http://user:pw@a/", "want an address"},
	} {
		if _, err := Detect(test.setting, DMI{}, nil, test.cmdline); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: got %v", test, err)
		}
	}
}

// onDisk makes a disk of files.
func onDisk(t *testing.T, label string, files map[string]string) *bytes.Reader {
	t.Helper()
	var list []volume.File
	for name, content := range files {
		list = append(list, volume.File{Name: name, Content: []byte(content)})
	}
	var disk bytes.Buffer
	if err := volume.WriteISO(&disk, label, list); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(disk.Bytes())
}

func TestNoCloudDisk(t *testing.T) {
	plan := Plan{Kind: NoCloud, Disk: "vdb", Seed: map[string]string{}}
	disk := onDisk(t, "cidata", map[string]string{"user-data": "port 1\n", "meta-data": "instance-id: i-1\nlocal-hostname: box\npublic-keys: [x]\n",
		"network-config": "version: 2\nethernets: {eth0: {dhcp4: true}}\n", "vendor-data": "port 2\n"})
	if got := Label(disk); got != "cidata" {
		t.Errorf("label %q", got)
	}
	got, err := ReadDisk(plan, disk, ignore)
	want := &Answer{Source: "NoCloud on vdb", InstanceID: "i-1", UserData: []byte("port 1\n"), VendorData: []byte("port 2\n"),
		Network: network.Config{Hostname: "box", Interfaces: []network.Interface{{Name: "eth0", DHCP4: network.Yes}}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\ngot  %+v\nwant %+v", err, got, want)
	}
	for want, files := range map[string]map[string]string{
		"there is no file user-data":  {"meta-data": "instance-id: i-1\n"},
		"meta-data: line 1":           {"user-data": "", "meta-data": "x"},
		"network-config: line 1":      {"user-data": "", "network-config": "a: b"},
		"meta-data: \"-\" is no host": {"user-data": "", "meta-data": "local-hostname: '-'"},
		"more than 262144":            {"user-data": strings.Repeat("#", MaxUserData+1)},
	} {
		if _, err := ReadDisk(plan, onDisk(t, "cidata", files), ignore); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", want, err)
		}
	}
	if _, err := ReadDisk(plan, bytes.NewReader(make([]byte, 1<<20)), ignore); err == nil {
		t.Error("an empty disk was read")
	}
	// Empty user data are none, and allowed.
	if a, err := ReadDisk(plan, onDisk(t, "cidata", map[string]string{"user-data": ""}), ignore); err != nil || len(a.UserData) != 0 {
		t.Errorf("empty user data: %+v, %v", a, err)
	}
}
