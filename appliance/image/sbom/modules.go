package sbom

import (
	"bytes"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/licensecheck"
)

// program returns the machine's program and the Go modules that it says it is
// made of, sorted by path; Go's standard library first.
func (m *Machine) program() (cdx.Component, []cdx.Component, error) {
	info, err := buildinfo.Read(bytes.NewReader(m.Program))
	if err != nil {
		return cdx.Component{}, nil, fmt.Errorf("what is in the program: %w", err)
	}
	program := cdx.Component{
		BOMRef: "program", Type: cdx.ComponentTypeApplication, Name: info.Path, Version: m.Version,
		Description: "The machine's one program, /init",
		Hashes:      hashes(m.Program), Licenses: licenses(ownLicense),
		PackageURL: purl(info.Main.Path, m.Version),
	}
	for _, s := range info.Settings {
		if s.Key == "GOARCH" && s.Value != m.Arch {
			return program, nil, fmt.Errorf("the program is for %s, the machine for %s", s.Value, m.Arch)
		}
	}
	modules := []cdx.Component{standardLibrary(info.GoVersion)}
	slices.SortFunc(info.Deps, func(a, b *debug.Module) int { return strings.Compare(a.Path, b.Path) })
	var paths []string
	for _, dep := range info.Deps {
		paths = append(paths, dep.Path)
	}
	folders, err := m.Folders(paths)
	if err != nil {
		return program, nil, err
	}
	for _, dep := range info.Deps {
		folder := folders[dep.Path]
		if dep.Replace != nil {
			dep = dep.Replace
		}
		c, err := module(dep, folder)
		if err != nil {
			return program, nil, err
		}
		modules = append(modules, c)
	}
	return program, modules, nil
}

// standardLibrary returns the part of the Go distribution that is in every program.
func standardLibrary(version string) cdx.Component {
	version = strings.TrimPrefix(version, "go")
	return cdx.Component{
		BOMRef: "module:std", Type: cdx.ComponentTypeLibrary, Name: "std", Version: version,
		Description: "Go's standard library and runtime",
		Licenses:    licenses("BSD-3-Clause"), PackageURL: "pkg:golang/std@" + version,
	}
}

// module returns one module with its licence, which is in its folder.
func module(dep *debug.Module, folder string) (cdx.Component, error) {
	c := cdx.Component{
		BOMRef: "module:" + dep.Path, Type: cdx.ComponentTypeLibrary,
		Name: dep.Path, Version: dep.Version, PackageURL: purl(dep.Path, dep.Version),
	}
	// go.sum's "h1" is a SHA-256, of the list of the module's files with theirs.
	if sum, ok := strings.CutPrefix(dep.Sum, "h1:"); ok {
		raw, err := base64.StdEncoding.DecodeString(sum)
		if err != nil {
			return c, fmt.Errorf("module %s: checksum %q: %w", dep.Path, dep.Sum, err)
		}
		c.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(raw)}}
		c.Properties = &[]cdx.Property{{Name: "redoubt:go.sum", Value: dep.Sum}}
	}
	if folder == "" {
		return c, fmt.Errorf("module %s is not downloaded; run: go mod download %s", dep.Path, dep.Path)
	}
	license, err := License(folder)
	if err != nil {
		return c, fmt.Errorf("module %s: %w", dep.Path, err)
	}
	c.Licenses = licenses(license)
	return c, nil
}

// purl returns the package URL of a Go module.
func purl(path, version string) string {
	s := "pkg:golang/" + strings.ToLower(path)
	if version != "" {
		s += "@" + url.QueryEscape(version)
	}
	return s
}

// minimumCoverage is how much of a licence file must be of a known licence, in
// percent. The rest is names and years.
const minimumCoverage = 75

// License returns the licence that the file for it in a module's folder states, as
// an SPDX expression: of several texts in the file, all hold.
func License(folder string) (string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", fmt.Errorf("look for a licence: %w", err)
	}
	at := slices.IndexFunc(entries, func(e os.DirEntry) bool { return e.Type().IsRegular() && isLicense(e.Name()) })
	if at < 0 {
		return "", fmt.Errorf("there is no licence in %s", folder)
	}
	name := entries[at].Name()
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		return "", fmt.Errorf("read a licence: %w", err)
	}
	found := licensecheck.Scan(text)
	var ids []string
	for _, match := range found.Match {
		if !match.IsURL && !slices.Contains(ids, match.ID) {
			ids = append(ids, match.ID)
		}
	}
	if len(ids) == 0 || found.Percent < minimumCoverage {
		return "", fmt.Errorf("%s is of no known licence (%.0f%% of it is)", name, found.Percent)
	}
	return strings.Join(ids, " AND "), nil
}

// isLicense reports whether a file of this name states a module's licence.
func isLicense(name string) bool {
	name = strings.ToLower(name)
	switch filepath.Ext(name) {
	case ".txt", ".md":
		name = strings.TrimSuffix(name, filepath.Ext(name))
	}
	return name == "license" || name == "licence" || name == "copying" || name == "unlicense"
}

// GoFolders returns a function for Machine.Folders that asks the go command, run
// in root.
func GoFolders(root string) func(modules []string) (map[string]string, error) {
	return func(modules []string) (map[string]string, error) {
		cmd := exec.Command("go", append([]string{"list", "-m", "-f", "{{.Path}} {{.Dir}}"}, modules...)...)
		cmd.Dir = root
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("where the modules are: go list: %w\n%s", err, &stderr)
		}
		folders := map[string]string{}
		for line := range strings.Lines(string(out)) {
			module, folder, _ := strings.Cut(strings.TrimSpace(line), " ")
			folders[module] = folder
		}
		return folders, nil
	}
}
