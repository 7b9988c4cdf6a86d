package image

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/redoubt-kv/redoubt/appliance/image/sbom"
)

// billOfMaterials returns the CycloneDX text about the machine: its program, its
// kernel and what boots it.
func (b *Builder) billOfMaterials(p *Profile, s *System, program []byte) ([]byte, error) {
	kernel, err := b.kernelPart(p, s.Kernel)
	if err != nil {
		return nil, fmt.Errorf("build image: %w", err)
	}
	uefi, err := uefiLoaderPart(s.Arch)
	if err != nil {
		return nil, fmt.Errorf("build image: %w", err)
	}
	parts := []sbom.Part{kernel, uefi}
	if s.Arch == "amd64" {
		parts = append(parts, sbom.Part{
			Name: "redoubt-boot", Version: b.Version, Kind: sbom.BootLoader, License: "BSD-3-Clause",
			About: "The boot loader for a BIOS", PURL: "pkg:generic/redoubt-boot", Content: bootLoader,
		})
	}
	text, err := sbom.Write(&sbom.Machine{
		Name: filepath.Base(b.Profile), Version: b.Version, Arch: s.Arch,
		Program: program, Parts: parts, Folders: sbom.GoFolders(b.Root),
	})
	if err != nil {
		return nil, fmt.Errorf("build image: %w", err)
	}
	return text, nil
}

// kernelPart describes the kernel.
func (b *Builder) kernelPart(p *Profile, kernel []byte) (sbom.Part, error) {
	part := sbom.Part{
		Name: "linux", Kind: sbom.Kernel, License: "GPL-2.0-only WITH Linux-syscall-note", Content: kernel,
	}
	version, err := kernelVersion(kernel)
	if err != nil {
		return part, err
	}
	if b.Kernel == KernelMinimal {
		if version == "" {
			text, err := os.ReadFile(filepath.Join(b.minimalKernel(), "version"))
			if err != nil {
				return part, fmt.Errorf("the kernel's version: %w", err)
			}
			version = strings.TrimSpace(string(text))
		}
		part.About = "The minimal kernel: Debian's package linux-source-6.1, configured by images/kernel"
		part.Source = "https://packages.debian.org/linux-source-6.1"
	} else if err := b.describePrebuilt(p, &part, &version); err != nil {
		return part, err
	}
	part.Version = version
	part.PURL = "pkg:generic/linux@" + version
	part.CPE = "cpe:2.3:o:linux:linux_kernel:" + version + ":*:*:*:*:*:*:*"
	return part, nil
}

// describePrebuilt says where a kernel from a Go module comes from, and its version
// if it does not name it itself.
func (b *Builder) describePrebuilt(p *Profile, part *sbom.Part, version *string) error {
	folder, err := b.kernelModule(p)
	if err != nil {
		return err
	}
	source, err := os.ReadFile(filepath.Join(folder, "_build", "upstream-url.txt"))
	if err != nil {
		return fmt.Errorf("where the kernel's source is: %w", err)
	}
	if *version == "" {
		drivers, err := filepath.Glob(filepath.Join(folder, "lib", "modules", "*"))
		if err != nil || len(drivers) != 1 {
			return fmt.Errorf("the kernel's version: there is not one folder in %s/lib/modules", folder)
		}
		*version = filepath.Base(drivers[0])
	}
	part.About = "The kernel, built by the Go module " + p.Kernel + " (" + filepath.Base(folder) + ")"
	part.Source = strings.TrimSpace(string(source))
	return nil
}

// kernelVersion returns the version that an x86 kernel names in its boot header,
// "7.1.2 (who built it) …"; "" for a kernel of another architecture, which has no
// such text outside of its compressed part.
func kernelVersion(kernel []byte) (string, error) {
	const magicAt, textAt, base, longest = 0x202, 0x20e, 0x200, 256
	if len(kernel) < textAt+2 || string(kernel[magicAt:magicAt+4]) != "HdrS" {
		return "", nil
	}
	at := base + int(binary.LittleEndian.Uint16(kernel[textAt:]))
	if at < len(kernel) {
		text, _, found := bytes.Cut(kernel[at:min(at+longest, len(kernel))], []byte{0})
		if words := strings.Fields(string(text)); found && len(words) > 0 {
			return words[0], nil
		}
	}
	return "", errors.New("the kernel does not name its version")
}

// systemdVersion is in the name of the package from which systemd-boot comes.
const systemdVersion = "250.5-1"

// uefiLoaderPart describes systemd-boot.
func uefiLoaderPart(arch string) (sbom.Part, error) {
	files, err := efiFiles(arch)
	if err != nil {
		return sbom.Part{}, err
	}
	upstream, _, _ := strings.Cut(systemdVersion, "-")
	return sbom.Part{
		Name: "systemd-boot", Version: systemdVersion, Kind: sbom.BootLoader, License: "LGPL-2.1-or-later",
		About:  "The boot loader for UEFI, from the Go module github.com/gokrazy/tools",
		Source: "https://github.com/systemd/systemd-stable/tree/v" + upstream,
		PURL:   "pkg:generic/systemd-boot@" + systemdVersion, Content: files[0].Content,
	}, nil
}

// digest returns a checksum in hexadecimal.
func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
