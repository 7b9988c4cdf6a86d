package image

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/redoubt-kv/redoubt/appliance/image/sbom"
)

// billOfMaterials returns the CycloneDX text about the machine: its program and
// the other parts.
func (b *Builder) billOfMaterials(program []byte, parts []sbom.Part) ([]byte, error) {
	text, err := sbom.Write(&sbom.Machine{
		Name: filepath.Base(b.Profile), Version: b.Version, Arch: b.Arch,
		Program: program, Parts: parts, Folders: sbom.GoFolders(b.Root),
	})
	if err != nil {
		return nil, fmt.Errorf("build image: %w", err)
	}
	return text, nil
}

// kernelPart describes a kernel that comes from a Go module in a folder.
func kernelPart(module, folder string, kernel []byte) (sbom.Part, error) {
	version, err := kernelVersion(kernel, folder)
	if err != nil {
		return sbom.Part{}, err
	}
	source, err := os.ReadFile(filepath.Join(folder, "_build", "upstream-url.txt"))
	if err != nil {
		return sbom.Part{}, fmt.Errorf("where the kernel's source is: %w", err)
	}
	return sbom.Part{
		Name: "linux", Version: version, Kind: sbom.Kernel,
		About:   "The kernel, built by " + module + " " + filepath.Base(folder),
		License: "GPL-2.0-only WITH Linux-syscall-note",
		Source:  strings.TrimSpace(string(source)),
		PURL:    "pkg:generic/linux@" + version,
		CPE:     "cpe:2.3:o:linux:linux_kernel:" + version + ":*:*:*:*:*:*:*",
		Content: kernel,
	}, nil
}

// minimalKernelPart describes a kernel that scripts/kernel built into a folder.
func minimalKernelPart(folder string, kernel []byte) (sbom.Part, error) {
	text, err := os.ReadFile(filepath.Join(folder, "version"))
	if err != nil {
		return sbom.Part{}, fmt.Errorf("build image: the minimal kernel's version: %w", err)
	}
	version := strings.TrimSpace(string(text))
	return sbom.Part{
		Name: "linux", Version: version, Kind: sbom.Kernel,
		About:   "The kernel, built by scripts/kernel from Debian's linux-source",
		License: "GPL-2.0-only WITH Linux-syscall-note",
		Source:  "https://sources.debian.org/src/linux/",
		PURL:    "pkg:generic/linux@" + version,
		CPE:     "cpe:2.3:o:linux:linux_kernel:" + version + ":*:*:*:*:*:*:*",
		Content: kernel,
	}, nil
}

// bootLoaderPart is our own loader, the first sectors of a disk.
func bootLoaderPart(version string) sbom.Part {
	return sbom.Part{
		Name: "redoubt-boot", Version: version, Kind: sbom.BootLoader, License: "BSD-3-Clause",
		About: "The boot loader for a BIOS", PURL: "pkg:generic/redoubt-boot", Content: bootLoader,
	}
}

// kernelVersion returns the version that the kernel itself names: in its x86 boot
// header, "7.1.2 (who built it) …"; a kernel for another processor has no such
// text outside of its compressed part, and is named by its module's folder of
// drivers.
func kernelVersion(kernel []byte, folder string) (string, error) {
	const magicAt, textAt, base = 0x202, 0x20e, 0x200
	if len(kernel) > textAt+2 && string(kernel[magicAt:magicAt+4]) == "HdrS" {
		at := base + int(binary.LittleEndian.Uint16(kernel[textAt:]))
		if at < len(kernel) {
			text, _, found := bytes.Cut(kernel[at:min(at+256, len(kernel))], []byte{0})
			if words := strings.Fields(string(text)); found && len(words) > 0 {
				return words[0], nil
			}
		}
		return "", errors.New("the kernel does not name its version")
	}
	versions, err := filepath.Glob(filepath.Join(folder, "lib", "modules", "*"))
	if err != nil || len(versions) != 1 {
		return "", fmt.Errorf("the kernel's version: there is not one folder in %s/lib/modules", folder)
	}
	return filepath.Base(versions[0]), nil
}
