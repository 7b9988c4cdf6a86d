// Package sbom writes the bill of materials of a machine as CycloneDX: the
// program with every Go module in it, the kernel, and what boots them. It says
// nothing about when or where it was made, so the same machine gives the same
// bytes; its serial number is made from its contents.
package sbom

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// FileName is what the bill of materials is called in the folder of a build.
const FileName = "sbom.cdx.json"

// Machine is what a bill of materials is about.
type Machine struct {
	Name    string // of the profile
	Version string
	Arch    string // GOARCH
	Program []byte // the machine's one program, an ELF file built by Go
	Parts   []Part // kernel, boot loaders

	// Folders returns the folders of Go modules' sources, for their licences.
	Folders func(modules []string) (map[string]string, error)
}

// Part is something in the machine that is not the program.
type Part struct {
	Name    string
	Version string
	About   string
	Kind    Kind
	License string // SPDX expression
	Source  string // where its source is to be had; "" if it is ours
	PURL    string
	CPE     string
	Content []byte // the file, for its checksum
}

// Kind is what a part is.
type Kind string

// The kinds of parts.
const (
	Kernel     Kind = Kind(cdx.ComponentTypeOS)
	BootLoader Kind = Kind(cdx.ComponentTypeFirmware)
)

// ownLicense is that of this repository.
const ownLicense = "BSD-3-Clause"

// Write returns the bill of materials as JSON of CycloneDX 1.6.
func Write(m *Machine) ([]byte, error) {
	program, modules, err := m.program()
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", FileName, err)
	}
	machine := cdx.Component{
		BOMRef: "machine", Type: cdx.ComponentTypeOS, Name: m.Name, Version: m.Version,
		Description: "A virtual machine image that is one Redis-compatible server",
		Licenses:    licenses(ownLicense),
		Properties:  &[]cdx.Property{{Name: "redoubt:arch", Value: m.Arch}},
	}
	components := []cdx.Component{program}
	for _, p := range m.Parts {
		components = append(components, p.component())
	}
	dependencies := []cdx.Dependency{dependsOn(machine, components), dependsOn(program, modules)}
	components = append(components, modules...)
	for _, c := range components[1:] {
		dependencies = append(dependencies, cdx.Dependency{Ref: c.BOMRef})
	}
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Component: &machine}
	bom.Components = &components
	bom.Dependencies = &dependencies
	return encode(bom)
}

// encode returns bom with the serial number that its contents give it.
func encode(bom *cdx.BOM) ([]byte, error) {
	var b bytes.Buffer
	for range 2 {
		sum := sha256.Sum256(b.Bytes()) // of the text without a serial number
		if b.Len() > 0 {
			id := sum[:16]
			id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // version 8, RFC 9562
			bom.SerialNumber = fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
		}
		b.Reset()
		encoder := cdx.NewBOMEncoder(&b, cdx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false)
		if err := encoder.EncodeVersion(bom, cdx.SpecVersion1_6); err != nil {
			return nil, fmt.Errorf("write %s: %w", FileName, err)
		}
	}
	return b.Bytes(), nil
}

// component returns the part as CycloneDX has it.
func (p Part) component() cdx.Component {
	c := cdx.Component{
		BOMRef: "part:" + p.Name, Type: cdx.ComponentType(p.Kind), Name: p.Name, Version: p.Version,
		Description: p.About, Hashes: hashes(p.Content), Licenses: licenses(p.License), PackageURL: p.PURL, CPE: p.CPE,
	}
	if p.Source != "" {
		c.ExternalReferences = &[]cdx.ExternalReference{{Type: cdx.ERTypeSourceDistribution, URL: p.Source}}
	}
	return c
}

func hashes(content []byte) *[]cdx.Hash {
	sum := sha256.Sum256(content)
	return &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(sum[:])}}
}

// licenses returns an SPDX expression as CycloneDX wants it: a lone identifier is
// not an expression there.
func licenses(expression string) *cdx.Licenses {
	switch {
	case expression == "":
		return nil
	case strings.Contains(expression, " "):
		return &cdx.Licenses{{Expression: expression}}
	}
	return &cdx.Licenses{{License: &cdx.License{ID: expression}}}
}

// dependsOn returns the edges from one component to others, sorted.
func dependsOn(from cdx.Component, to []cdx.Component) cdx.Dependency {
	var refs []string
	for _, c := range to {
		refs = append(refs, c.BOMRef)
	}
	slices.Sort(refs)
	return cdx.Dependency{Ref: from.BOMRef, Dependencies: &refs}
}
