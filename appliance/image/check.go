package image

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Architectures and kernels that a machine can be built for and with.
var (
	architectures = []string{"amd64", "arm64"}
	kernels       = []string{KernelPrebuilt, KernelMinimal, KernelCloud}
)

// Check says what is wrong with what is to be built, before anything is.
func (b *Builder) Check() error {
	_, err := b.check()
	return err
}

// check fills in what is not given, and reads the profile.
func (b *Builder) check() (*Profile, error) {
	if b.Arch == "" {
		b.Arch = "amd64"
	}
	if b.Kernel == "" {
		b.Kernel = KernelPrebuilt
	}
	if !slices.Contains(architectures, b.Arch) {
		return nil, fmt.Errorf("there is no architecture %q; there are %s", b.Arch, strings.Join(architectures, ", "))
	}
	if !slices.Contains(kernels, b.Kernel) {
		return nil, fmt.Errorf("there is no kernel %q; there are %s", b.Kernel, strings.Join(kernels, ", "))
	}
	if _, err := os.Stat(b.Profile); err != nil {
		return nil, fmt.Errorf("there is no image %q; there are %s", filepath.Base(b.Profile), strings.Join(profileNames(filepath.Dir(b.Profile)), ", "))
	}
	p, err := ReadProfile(filepath.Join(b.Profile, "profile"), b.Arch)
	if err != nil {
		return nil, err
	}
	if slices.Contains(b.Formats, "iso") && p.Root == RootSquashFS {
		return nil, fmt.Errorf("format iso: %s has its root and its data on the disk, and a CD is a live machine; there is redis-memonly", filepath.Base(b.Profile))
	}
	if slices.Contains(b.Formats, "ova") && b.Arch != "amd64" {
		return nil, fmt.Errorf("format ova: the virtual machine that it describes is one for amd64, not %s", b.Arch)
	}
	if b.Kernel == KernelMinimal {
		for _, name := range []string{"vmdk", "ova", "vhd", "gce"} {
			if slices.Contains(b.Formats, name) {
				return nil, fmt.Errorf("format %s: the minimal kernel has no drivers for the machines that it is for; the kernel %s has", name, KernelCloud)
			}
		}
	}
	return p, nil
}

// profileNames returns the folders that hold a profile.
func profileNames(dir string) []string {
	paths, err := filepath.Glob(filepath.Join(dir, "*", "profile"))
	if err != nil {
		return nil
	}
	var names []string
	for _, path := range paths {
		names = append(names, filepath.Base(filepath.Dir(path)))
	}
	return names
}
