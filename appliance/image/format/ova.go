package format

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	_ "embed" // for the descriptor
	"encoding/hex"
	"fmt"
	"io"
	"text/template"
	"time"
)

// The names inside an OVA. The descriptor has to be the first file.
const (
	ovaDescriptor = "redoubt.ovf"
	ovaManifest   = "redoubt.mf"
	ovaDisk       = "redoubt-disk1.vmdk"
)

// ovfText is the descriptor of the virtual machine; its comment says why it has
// the devices it has.
//
//go:embed machine.ovf
var ovfText string

// What the virtual machine gets until its owner says otherwise.
const (
	ovaProcessors = 2
	ovaMemoryMiB  = 2048
)

// writeOVA writes a tar of descriptor, manifest (checksums) and disk.
func writeOVA(w io.Writer, d *Disk) error {
	disk, err := d.vmdk()
	if err != nil {
		return err
	}
	descriptor, err := ovfDescriptor(d, len(disk))
	if err != nil {
		return err
	}
	files := []struct {
		name    string
		content []byte
	}{
		{ovaDescriptor, descriptor},
		{ovaManifest, ovfManifest(descriptor, disk)},
		{ovaDisk, disk},
	}
	t := tar.NewWriter(w)
	for _, f := range files {
		header := &tar.Header{
			Typeflag: tar.TypeReg, Format: tar.FormatUSTAR, Name: f.name,
			Mode: 0o644, Size: int64(len(f.content)), ModTime: time.Unix(0, 0),
		}
		if err := t.WriteHeader(header); err != nil {
			return err
		}
		if _, err := t.Write(f.content); err != nil {
			return err
		}
	}
	return t.Close()
}

// ovfDescriptor fills machine.ovf in.
func ovfDescriptor(d *Disk, fileSize int) ([]byte, error) {
	t, err := template.New(ovaDescriptor).Parse(ovfText)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{
		"Name": template.HTMLEscapeString(d.Name), "Version": template.HTMLEscapeString(d.Version),
		"Disk": ovaDisk, "FileSize": fileSize, "Capacity": d.Size,
		"Processors": ovaProcessors, "MemoryMiB": ovaMemoryMiB,
		"Hardware": fmt.Sprintf("vmx-%02d", vmdkHardware),
	})
	return b.Bytes(), err
}

// ovfManifest returns the checksums of the other two files.
func ovfManifest(descriptor, disk []byte) []byte {
	line := func(name string, content []byte) string {
		sum := sha256.Sum256(content)
		return fmt.Sprintf("SHA256(%s)= %s\n", name, hex.EncodeToString(sum[:]))
	}
	return []byte(line(ovaDescriptor, descriptor) + line(ovaDisk, disk))
}
