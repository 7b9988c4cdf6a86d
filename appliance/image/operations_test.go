package image_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/appliance/image"
	"github.com/redoubt-kv/redoubt/appliance/metadata"
)

// TestOperations holds docs/operations.md to what the programs here take: each make
// line is one that can be built, each #cloud-config can be read, the JSON is JSON,
// and libvirt's XML is valid where there are libvirt's schemas.
func TestOperations(t *testing.T) {
	raw, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	lines := regexp.MustCompile(`(?m)^ {4}make (image=[^#\n]*)`).FindAllStringSubmatch(text, -1)
	if len(lines) < 8 {
		t.Errorf("only %d lines with make", len(lines))
	}
	for _, line := range lines[1:] { // the first one is the synopsis
		if err := checkMake(line[1]); err != nil {
			t.Errorf("make %s: %v", line[1], err)
		}
	}
	blocks := cloudConfigs(text)
	if len(blocks) < 2 {
		t.Errorf("only %d blocks of #cloud-config", len(blocks))
	}
	for _, block := range blocks {
		c, err := metadata.Parse(&metadata.Answer{UserData: []byte(block)})
		if err != nil || len(c.Warnings) > 0 {
			t.Errorf("%v %+v in\n%s", err, c, block)
		}
	}
	if machine := fenced(t, text, "json"); !json.Valid([]byte(machine)) {
		t.Errorf("not JSON:\n%s", machine)
	}
	path := filepath.Join(t.TempDir(), "redoubt.xml")
	if err := os.WriteFile(path, []byte(fenced(t, text, "xml")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("virt-xml-validate"); err != nil {
		t.Log("libvirt's XML is not validated: scripts/setup formats")
		return
	}
	if out, err := exec.Command("virt-xml-validate", path, "domain").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// checkMake checks variables as in "image=redis-memonly format=iso" as make's
// target does.
func checkMake(variables string) error {
	b := image.Builder{}
	for _, v := range strings.Fields(variables) {
		name, value, _ := strings.Cut(v, "=")
		switch name {
		case "image":
			b.Profile = filepath.Join("..", "..", "images", value)
		case "format":
			var err error
			if b.Formats, err = image.ParseFormats(value); err != nil {
				return err
			}
		case "kernel":
			b.Kernel = value
		case "arch":
			b.Arch = value
		}
	}
	return b.Check()
}

// cloudConfigs returns the indented blocks that begin with #cloud-config.
func cloudConfigs(text string) []string {
	var blocks []string
	for _, part := range strings.Split(text, "    #cloud-config\n")[1:] {
		block := "#cloud-config\n"
		for line := range strings.Lines(part) {
			inside, ok := strings.CutPrefix(line, "    ")
			if !ok {
				break
			}
			block += inside
		}
		blocks = append(blocks, block)
	}
	return blocks
}

// fenced returns the text between ``` of a language.
func fenced(t *testing.T, text, language string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, "```"+language+"\n")
	block, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatalf("no block of %s", language)
	}
	return block
}
