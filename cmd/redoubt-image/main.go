// Redoubt-image builds a machine image from a profile:
//
//	redoubt-image [-format F,…] [-kernel prebuilt|minimal] [-arch amd64|arm64] [-version V]
//	              [-root DIR] [-output DIR] [-init PACKAGE] NAME
//	redoubt-image update [-file UPDATE] [-password-file FILE | -token-file FILE] [-ca FILE] HOST
//	redoubt-image rollback [-data] [-password-file FILE | -token-file FILE] [-ca FILE] HOST
//	redoubt-image seed -o FILE (-user-data FILE | -password-file FILE) [-meta-data FILE] [-network-config FILE]
//
// NAME is a folder of images/, as in redis-memonly. The results go to
// build/NAME: usr.img (a raw disk that boots by itself) and its other formats,
// kernel, initramfs or root file system, command line (for a direct boot), the bill
// of materials and the checksums of them all; docs/operations.md says what is for
// what. With -kernel minimal it runs scripts/kernel first. At the end it prints the
// sizes and everything that is in the machine. -init puts another program into the
// place of the profile's; the tests use it.
//
// update brings a running machine to another version by its administration at HOST,
// and waits until that has proved itself or was taken back; rollback goes back to the
// version before (docs/updates.md).
//
// seed makes a disk from which a machine takes its configuration at boot
// (docs/metadata.md).
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/redoubt-kv/redoubt/appliance/image"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintln(os.Stderr, "redoubt-image:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case "seed":
			return seed(args[1:], os.Stdin, stderr)
		case "update":
			return updateMachine(args[1:], stdout, stderr)
		case "rollback":
			return rollbackMachine(args[1:], stdout, stderr)
		}
	}
	flags := flag.NewFlagSet("redoubt-image", flag.ContinueOnError)
	flags.SetOutput(stderr)
	root := flags.String("root", ".", "the repository")
	output := flags.String("output", "", "folder for the results (default build/NAME)")
	formatList := flags.String("format", "", "formats beside the raw disk, with commas: "+image.FormatNames())
	arch := flags.String("arch", "amd64", "architecture: amd64 or arm64")
	kernel := flags.String("kernel", image.KernelPrebuilt, "kernel: prebuilt or minimal")
	version := flags.String("version", "", "version of the image (default: what git describes)")
	initPackage := flags.String("init", "", "Go package to build as /init instead of the profile's")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return fmt.Errorf("want the name of one image, got %q; see images/", flags.Args())
	}
	formats, err := image.ParseFormats(*formatList)
	if err != nil {
		return err
	}
	name := flags.Arg(0)
	if !filepath.IsLocal(name) {
		return fmt.Errorf("%q is no name of a folder in images/", name)
	}
	if *output == "" {
		*output = filepath.Join(*root, "build", image.BuildName(name, *arch, *kernel))
	}
	b := image.Builder{
		Profile: filepath.Join(*root, "images", name),
		Output:  *output,
		Root:    *root,
		Init:    *initPackage,
		Formats: formats,
		Arch:    *arch,
		Kernel:  *kernel,
		Version: *version,
		Report:  stdout,
	}
	if err := b.Check(); err != nil {
		return err
	}
	if b.Kernel == image.KernelMinimal {
		if err := buildKernel(*root, b.Arch, stderr); err != nil {
			return err
		}
	}
	return b.Build()
}

// buildKernel makes the minimal kernel, unless there is one that is up to date.
func buildKernel(root, arch string, stderr io.Writer) error {
	script, err := filepath.Abs(filepath.Join(root, "scripts", "kernel"))
	if err != nil {
		return err
	}
	cmd := exec.Command(script, arch)
	cmd.Stdout, cmd.Stderr = stderr, stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build the minimal kernel: %w", err)
	}
	return nil
}
