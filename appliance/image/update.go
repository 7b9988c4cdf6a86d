package image

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/redoubt-kv/redoubt/appliance/slot"
)

// update returns the tar archive that brings a running machine to this version,
// whose bill of materials is given.
func (b *Builder) update(s *System, materials []byte) ([]byte, error) {
	files := []Entry{
		{Path: slot.KernelName, Content: s.Kernel},
		{Path: slot.CmdlineName, Content: []byte(s.Cmdline)},
		{Path: slot.RootName, Content: s.Root},
	}
	m := slot.Manifest{Format: slot.UpdateFormat, Version: b.Version, Profile: filepath.Base(b.Profile), Arch: b.Arch, SBOM: digest(materials)}
	for _, f := range files {
		m.Files = append(m.Files, slot.ManifestFile{Name: f.Path, Size: int64(len(f.Content)), SHA256: digest(f.Content)})
	}
	text, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return nil, fmt.Errorf("build update: %w", err)
	}
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range append([]Entry{{Path: slot.ManifestName, Content: append(text, '\n')}}, files...) {
		// Without a time: it counts from 1970.
		header := &tar.Header{Format: tar.FormatUSTAR, Name: f.Path, Mode: 0o644, Size: int64(len(f.Content))}
		if err := w.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("build update: %w", err)
		}
		if _, err := w.Write(f.Content); err != nil {
			return nil, fmt.Errorf("build update: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("build update: %w", err)
	}
	return out.Bytes(), nil
}
