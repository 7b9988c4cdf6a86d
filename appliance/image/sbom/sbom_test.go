package sbom

import (
	"bytes"
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/xeipuuv/gojsonschema"
)

// testMachine has the program of redis-memonly's tests: small, but with modules.
func testMachine(t *testing.T) *Machine {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", path, "github.com/redoubt-kv/redoubt/appliance/internal/pinginit")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return &Machine{
		Name: "redis-memonly", Version: "v1.2-3-gabc-dirty", Arch: "amd64", Program: program, Folders: GoFolders("."),
		Parts: []Part{{
			Name: "linux", Version: "7.1.2", Kind: Kernel, License: "GPL-2.0-only WITH Linux-syscall-note",
			Source: "https://example.org/linux.tar.xz", PURL: "pkg:generic/linux@7.1.2", Content: []byte("kernel"),
		}},
	}
}

// TestWrite reads a bill of materials back and holds it against the program and
// against CycloneDX's schema.
func TestWrite(t *testing.T) {
	m := testMachine(t)
	text, err := Write(m)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Write(m)
	if err != nil || !bytes.Equal(text, again) {
		t.Errorf("the second time differs (%v)", err)
	}
	validate(t, text)
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(text), cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	found := map[string]cdx.Component{}
	for _, c := range *bom.Components {
		if _, twice := found[c.Name]; twice || c.Licenses == nil || c.PackageURL == "" {
			t.Errorf("%s: twice, or without licence or package URL", c.Name)
		}
		found[c.Name] = c
	}
	info, err := buildinfo.Read(bytes.NewReader(m.Program))
	if err != nil || len(info.Deps) < 5 {
		t.Fatalf("%+v, %v", info, err)
	}
	for _, dep := range info.Deps {
		if c := found[dep.Path]; c.Version != dep.Version || c.Hashes == nil {
			t.Errorf("%s %s: got %+v", dep.Path, dep.Version, c)
		}
	}
	if want := len(info.Deps) + 3; len(found) != want { // std, program, linux
		t.Errorf("%d components, want %d", len(found), want)
	}
	if got := (*found["linux"].Licenses)[0].Expression; got != "GPL-2.0-only WITH Linux-syscall-note" {
		t.Errorf("the kernel's licence is %q", got)
	}
	for _, word := range []string{"timestamp", os.TempDir(), m.Name + "-"} {
		if bytes.Contains(text, []byte(word)) {
			t.Errorf("%q is in it", word)
		}
	}
	m.Version = "v1.3"
	if other, err := Write(m); err != nil || bytes.Contains(other, []byte(bom.SerialNumber)) {
		t.Errorf("another machine has the same serial number (%v)", err)
	}
}

// validate holds text against the schema that comes with the library.
func validate(t *testing.T, text []byte) {
	t.Helper()
	const library = "github.com/CycloneDX/cyclonedx-go"
	folders, err := GoFolders(".")([]string{library})
	if err != nil {
		t.Fatal(err)
	}
	folder := folders[library]
	loader := gojsonschema.NewSchemaLoader()
	for _, name := range []string{"spdx.schema.json", "jsf-0.82.schemax.json"} {
		source, err := os.ReadFile(filepath.Join(folder, "schema", name))
		if err != nil {
			t.Fatal(err)
		}
		// They refer to each other under their public names.
		public := "http://cyclonedx.org/schema/" + strings.Replace(name, "schemax", "schema", 1)
		if err := loader.AddSchema(public, gojsonschema.NewBytesLoader(source)); err != nil {
			t.Fatal(err)
		}
	}
	main, err := os.ReadFile(filepath.Join(folder, "schema", "bom-1.6.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	schema, err := loader.Compile(gojsonschema.NewBytesLoader(main))
	if err != nil {
		t.Fatal(err)
	}
	result, err := schema.Validate(gojsonschema.NewBytesLoader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range result.Errors() {
		t.Error(e)
	}
	wrong, err := schema.Validate(gojsonschema.NewBytesLoader(bytes.Replace(text, []byte(`"library"`), []byte(`"libary"`), 1)))
	if err != nil || wrong.Valid() {
		t.Errorf("the schema takes a component of a wrong type (%v)", err)
	}
}

func TestBadMachines(t *testing.T) {
	m := testMachine(t)
	m.Arch = "arm64"
	if _, err := Write(m); err == nil || !strings.Contains(err.Error(), "the program is for amd64, the machine for arm64") {
		t.Error(err)
	}
	m.Arch, m.Folders = "amd64", func([]string) (map[string]string, error) { return nil, nil }
	if _, err := Write(m); err == nil || !strings.Contains(err.Error(), "is not downloaded") {
		t.Error(err)
	}
	m.Program = []byte("not a program")
	if _, err := Write(m); err == nil {
		t.Error("a text is accepted as a program")
	}
}

func TestLicense(t *testing.T) {
	if got, err := License("../../.."); err != nil || got != ownLicense {
		t.Errorf("this repository: %q, %v", got, err)
	}
	dir := t.TempDir()
	if got, err := License(dir); err == nil {
		t.Errorf("an empty folder is %q", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "LICENSE"), []byte("All yours. "+strings.Repeat("word ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := License(dir); err == nil {
		t.Errorf("an unknown text is %q", got)
	}
}
