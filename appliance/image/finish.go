package image

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/redoubt-kv/redoubt/appliance/image/format"
)

// SumsFile holds the checksums of all results, for "sha256sum -c".
const SumsFile = "SHA256SUMS"

// ParseFormats returns the formats that a list of names with commas means, as
// Builder.Formats wants them. An empty list means the raw disk alone.
func ParseFormats(list string) ([]string, error) {
	if list == "" {
		return nil, nil
	}
	formats, err := format.Parse(list)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range formats {
		names = append(names, f.Name)
	}
	return names, nil
}

// FormatNames lists the names that ParseFormats takes.
func FormatNames() string { return strings.Join(format.Names(), ", ") }

// finish makes of the finished disk what else was asked for, removes formats of an
// earlier build, and writes the checksums of all results, which it returns with
// their sizes.
func (b *Builder) finish(results []string) ([]result, error) {
	made, err := b.writeFormats()
	if err != nil {
		return nil, err
	}
	var all []result
	var sums strings.Builder
	for _, name := range append(results, made...) {
		r, err := readResult(b.Output, name)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
		fmt.Fprintf(&sums, "%s  %s\n", r.sha256, r.name)
	}
	if err := replaceFile(filepath.Join(b.Output, SumsFile), []byte(sums.String())); err != nil {
		return nil, err
	}
	return all, nil
}

// result is a file in the folder of a build.
type result struct {
	name   string
	size   int64
	sha256 string // in hexadecimal
}

func readResult(dir, name string) (result, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return result{}, fmt.Errorf("build image: checksum: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return result{}, fmt.Errorf("build image: checksum of %s: %w", name, err)
	}
	return result{name: name, size: n, sha256: hex.EncodeToString(h.Sum(nil))}, nil
}

// writeFormats writes the disk in each of Formats and returns the files' names.
func (b *Builder) writeFormats() ([]string, error) {
	wanted, err := format.Parse(strings.Join(append([]string{"raw"}, b.Formats...), ","))
	if err != nil {
		return nil, fmt.Errorf("build image: %w", err)
	}
	var made []string
	keep := map[string]bool{"": true}
	for _, f := range wanted {
		if f.File != "" {
			made = append(made, f.File)
			keep[f.File] = true
		}
	}
	for _, f := range format.All() {
		if keep[f.File] {
			continue
		}
		if err := os.Remove(filepath.Join(b.Output, f.File)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("build image: remove what an earlier build left: %w", err)
		}
	}
	if len(made) == 0 {
		return nil, nil
	}
	disk, err := os.Open(filepath.Join(b.Output, DiskFile))
	if err != nil {
		return nil, fmt.Errorf("build image: %w", err)
	}
	defer disk.Close()
	info, err := disk.Stat()
	if err != nil {
		return nil, fmt.Errorf("build image: %w", err)
	}
	d, err := format.NewDisk(disk, info.Size(), filepath.Base(b.Profile), b.Version)
	if err != nil {
		return nil, fmt.Errorf("build image: %w", err)
	}
	for _, f := range wanted[1:] {
		write := func(w io.Writer) error { return f.Write(w, d) }
		if err := replaceFileBy(filepath.Join(b.Output, f.File), write); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// replaceFile writes content to a temporary file and renames it to path.
func replaceFile(path string, content []byte) error {
	return replaceFileBy(path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// replaceFileBy lets write fill a temporary file and renames it to path.
func replaceFileBy(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".tmp-")
	if err != nil {
		return fmt.Errorf("build image: %w", err)
	}
	defer os.Remove(f.Name()) // fails once it has been renamed
	w := bufio.NewWriterSize(f, 1<<20)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Chmod(0o644)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("build image: write %s: %w", path, err)
	}
	return nil
}
