package fat32

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strings"
)

// Info describes a file or directory.
type Info struct {
	Name      string
	Directory bool
	Size      int64 // in bytes; 0 for a directory
}

// walk returns the directory that path is in, and the path's last name. Paths have
// slashes, as in "EFI/BOOT/BOOTX64.EFI".
func (v *Volume) walk(path string) (*directory, string, error) {
	names := strings.Split(path, "/")
	d, err := v.readDirectory(rootCluster)
	for _, name := range names[:len(names)-1] {
		if err != nil {
			break
		}
		e, ok := d.find(name)
		if !ok || !e.directory {
			return nil, "", fmt.Errorf("FAT32: open %s: %w", path, fs.ErrNotExist)
		}
		d, err = v.readDirectory(e.cluster)
	}
	return d, names[len(names)-1], err
}

// lookup returns the entry of a file.
func (v *Volume) lookup(path string) (*directory, entry, error) {
	d, name, err := v.walk(path)
	if err != nil {
		return nil, entry{}, err
	}
	e, ok := d.find(name)
	if !ok || e.directory {
		return nil, entry{}, fmt.Errorf("FAT32: open %s: %w", path, fs.ErrNotExist)
	}
	return d, e, nil
}

// List returns what is in a directory; "" is the root.
func (v *Volume) List(path string) ([]Info, error) {
	d, name, err := v.walk(path)
	if err != nil {
		return nil, err
	}
	if name != "" {
		e, ok := d.find(name)
		if !ok || !e.directory {
			return nil, fmt.Errorf("FAT32: list %s: %w", path, fs.ErrNotExist)
		}
		if d, err = v.readDirectory(e.cluster); err != nil {
			return nil, err
		}
	}
	var all []Info
	for _, e := range d.entries {
		if e.name != "." && e.name != ".." {
			all = append(all, Info{e.name, e.directory, int64(e.size)})
		}
	}
	return all, nil
}

// Mkdir makes a directory; one that is there already is fine.
func (v *Volume) Mkdir(path string) error {
	d, name, err := v.walk(path)
	if err != nil {
		return err
	}
	if e, ok := d.find(name); ok {
		if !e.directory {
			return fmt.Errorf("FAT32: make directory %s: %w", path, fs.ErrExist)
		}
		return nil
	}
	first, err := v.allocate(1)
	if err != nil {
		return err
	}
	parent := d.clusters[0]
	if parent == rootCluster {
		parent = 0 // the root goes by this number
	}
	raw := make([]byte, v.clusterSize())
	copy(raw, encodeEntry([11]byte([]byte(".          ")), attrDirectory, first, 0))
	copy(raw[entrySize:], encodeEntry([11]byte([]byte("..         ")), attrDirectory, parent, 0))
	if err := v.write(raw, v.offset(first)); err != nil {
		return err
	}
	if err := v.flush(); err != nil {
		return err
	}
	return d.add(name, attrDirectory, first, 0)
}

// Extent is where a file in one piece lies.
type Extent struct {
	Offset int64 // bytes from the volume's beginning
	Size   int64 // of the file, in bytes
}

// Allocate makes a file of a size in one piece, whose contents are whatever is on
// the device there.
func (v *Volume) Allocate(path string, size int64) (Extent, error) {
	d, name, err := v.walk(path)
	if err != nil {
		return Extent{}, err
	}
	if _, ok := d.find(name); ok {
		return Extent{}, fmt.Errorf("FAT32: make %s: %w", path, fs.ErrExist)
	}
	if size <= 0 || size > math.MaxUint32 {
		return Extent{}, fmt.Errorf("FAT32: make %s: a size of %d bytes", path, size)
	}
	first, err := v.allocate(uint32((size + v.clusterSize() - 1) / v.clusterSize()))
	if err != nil {
		return Extent{}, fmt.Errorf("FAT32: make %s: %w", path, err)
	}
	if err := v.flush(); err != nil {
		return Extent{}, err
	}
	return Extent{v.offset(first), size}, d.add(name, attrArchive, uint32(first), uint32(size))
}

// Create makes a file with contents, in one piece. It must not exist.
func (v *Volume) Create(path string, content []byte) error {
	d, name, err := v.walk(path)
	if err != nil {
		return err
	}
	if _, ok := d.find(name); ok {
		return fmt.Errorf("FAT32: make %s: %w", path, fs.ErrExist)
	}
	var first uint32
	if len(content) > 0 {
		padded := make([]byte, (int64(len(content))+v.clusterSize()-1)/v.clusterSize()*v.clusterSize())
		copy(padded, content)
		if first, err = v.allocate(uint32(int64(len(padded)) / v.clusterSize())); err != nil {
			return fmt.Errorf("FAT32: make %s: %w", path, err)
		}
		if err := v.write(padded, v.offset(first)); err != nil {
			return err
		}
		if err := v.flush(); err != nil {
			return err
		}
	}
	return d.add(name, attrArchive, first, uint32(len(content)))
}

// Locate returns where a file lies, or an error if it is not in one piece.
func (v *Volume) Locate(path string) (Extent, error) {
	_, e, err := v.lookup(path)
	if err != nil {
		return Extent{}, err
	}
	clusters, err := v.chain(e.cluster)
	if err != nil {
		return Extent{}, err
	}
	if int64(e.size) > int64(len(clusters))*v.clusterSize() || len(clusters) == 0 {
		return Extent{}, fmt.Errorf("%w: %s has %d bytes in %d clusters", ErrDamaged, path, e.size, len(clusters))
	}
	for i, c := range clusters {
		if c != clusters[0]+uint32(i) {
			return Extent{}, fmt.Errorf("FAT32: %s is not in one piece", path)
		}
	}
	return Extent{v.offset(clusters[0]), int64(e.size)}, nil
}

// ReadFile returns a file's contents if there are at most limit bytes.
func (v *Volume) ReadFile(path string, limit int64) ([]byte, error) {
	_, e, err := v.lookup(path)
	if err != nil {
		return nil, err
	}
	if int64(e.size) > limit {
		return nil, fmt.Errorf("FAT32: %s has %d bytes, more than %d", path, e.size, limit)
	}
	clusters, err := v.chain(e.cluster)
	if err != nil {
		return nil, err
	}
	if int64(e.size) > int64(len(clusters))*v.clusterSize() {
		return nil, fmt.Errorf("%w: %s has %d bytes in %d clusters", ErrDamaged, path, e.size, len(clusters))
	}
	content := make([]byte, e.size)
	for i := range clusters {
		from := min(int64(i)*v.clusterSize(), int64(e.size))
		to := min(from+v.clusterSize(), int64(e.size))
		if _, err := v.dev.ReadAt(content[from:to], v.offset(clusters[i])); err != nil {
			return nil, fmt.Errorf("read FAT32: %w", err)
		}
	}
	return content, nil
}

// Remove removes a file; one that is not there is fine.
func (v *Volume) Remove(path string) error {
	d, e, err := v.lookup(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := d.remove(e); err != nil {
		return err
	}
	if err := v.free(e.cluster); err != nil {
		return err
	}
	return v.flush()
}
