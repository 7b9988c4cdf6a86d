package update

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/redoubt-kv/redoubt/appliance/slot"
)

// ErrBusy is an update while another one is being received.
var ErrBusy = errors.New("another update is being received")

// ErrOnTrial is an update of a version that has yet to prove itself: the other slot
// holds the one to go back to.
var ErrOnTrial = errors.New("the running version is on trial; its predecessor is still needed")

// maxManifest bounds the manifest, in bytes.
const maxManifest = 64 << 10

// Receive reads an update, a tar archive as package slot describes it, to its end,
// checks it, and writes it to the other slot. Nothing of it boots until Depart. An
// error says what is wrong with it; the other slot is then empty.
func (u *Updater) Receive(ctx context.Context, r io.Reader) (err error) {
	if err := u.begin(); err != nil {
		return err
	}
	defer func() { u.end(err) }()
	archive := tar.NewReader(&cancelled{ctx, r})
	m, err := u.readManifest(archive)
	if err != nil {
		return err
	}
	u.config.Log("update: receiving version %s", m.Version)
	if err := u.table.Empty(u.config.Running.Other()); err != nil {
		return fmt.Errorf("update to %s: %w", m.Version, err)
	}
	for _, f := range m.Files {
		if err := u.receiveFile(archive, m, f); err != nil {
			return fmt.Errorf("update to %s: %s: %w", m.Version, f.Name, err)
		}
	}
	if _, err := archive.Next(); err != io.EOF {
		return fmt.Errorf("update to %s: there is more in the archive than the manifest lists", m.Version)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := u.table.Complete(u.config.Running.Other()); err != nil {
		return fmt.Errorf("update to %s: %w", m.Version, err)
	}
	u.story = story{Received: m.Version}
	if err := u.writeStory(); err != nil {
		return fmt.Errorf("update to %s: %w", m.Version, err)
	}
	u.config.Log("update: version %s is in slot %s; it boots at the next reboot", m.Version, u.config.Running.Other())
	return nil
}

func (u *Updater) begin() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.receiving:
		return ErrBusy
	case u.running().Condition == slot.Trial:
		return ErrOnTrial
	}
	u.receiving, u.refused = true, ""
	return nil
}

func (u *Updater) end(err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.receiving = false
	if err == nil {
		return
	}
	u.refused = err.Error()
	u.config.Log("%v", err)
	if err := u.table.Empty(u.config.Running.Other()); err != nil {
		u.config.Log("update: %v", err)
	}
}

// cancelled ends a reader with its context.
type cancelled struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// readManifest reads the first file, and refuses what is not for this machine.
func (u *Updater) readManifest(archive *tar.Reader) (*slot.Manifest, error) {
	head, err := archive.Next()
	if err != nil {
		return nil, fmt.Errorf("update: this is no update archive: %w", err)
	}
	if head.Name != slot.ManifestName || head.Size > maxManifest {
		return nil, fmt.Errorf("update: this is no update archive: it begins with %q (%d bytes), not with %s", head.Name, head.Size, slot.ManifestName)
	}
	text, err := io.ReadAll(archive)
	if err != nil {
		return nil, fmt.Errorf("update: read %s: %w", slot.ManifestName, err)
	}
	var m slot.Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("update: read %s: %w", slot.ManifestName, err)
	}
	return &m, u.checkManifest(&m)
}

// wanted are the files of an update, in their order.
var wanted = []string{slot.KernelName, slot.CmdlineName, slot.RootName}

// checkManifest refuses what is not for this machine, or does not fit.
func (u *Updater) checkManifest(m *slot.Manifest) error {
	switch {
	case m.Format != slot.UpdateFormat:
		return fmt.Errorf("update: it has format %d, this version knows %d", m.Format, slot.UpdateFormat)
	case m.Profile != u.config.Profile:
		return fmt.Errorf("update: it is of the profile %q, this machine of %q", m.Profile, u.config.Profile)
	case m.Arch != u.config.Arch:
		return fmt.Errorf("update: it is for %s, this machine is %s", m.Arch, u.config.Arch)
	case m.Version == "" || len(m.Version) > slot.MaxVersion:
		return fmt.Errorf("update: its version %.80q is empty or too long", m.Version)
	}
	var names []string
	for _, f := range m.Files {
		names = append(names, f.Name)
	}
	if !slices.Equal(names, wanted) {
		return fmt.Errorf("update: it consists of %q, want %q", names, wanted)
	}
	room, err := u.table.Capacity()
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	for i, most := range []int64{room.Kernel, slot.MaxCmdline, room.Root} {
		if f := m.Files[i]; f.Size < 1 || f.Size > most {
			return fmt.Errorf("update: %s has %d bytes; a slot of this machine has room for %d", f.Name, f.Size, most)
		}
	}
	return nil
}

// receiveFile writes the next file of the archive to the other slot.
func (u *Updater) receiveFile(archive *tar.Reader, m *slot.Manifest, f slot.ManifestFile) error {
	head, err := archive.Next()
	if err != nil {
		return noEOF(err)
	}
	if head.Name != f.Name || head.Size != f.Size || head.Typeflag != tar.TypeReg {
		return fmt.Errorf("the archive has %q of %d bytes in its place; the manifest says %d", head.Name, head.Size, f.Size)
	}
	digest := sha256.New()
	arrived := &counter{r: io.TeeReader(archive, digest)}
	if err := u.writeFile(f.Name, m.Version, arrived); err != nil {
		return noEOF(err)
	}
	if arrived.n < f.Size {
		return noEOF(io.ErrUnexpectedEOF)
	}
	if got := hex.EncodeToString(digest.Sum(nil)); got != f.SHA256 {
		return fmt.Errorf("it was damaged on its way: SHA-256 %s, the manifest says %s", got, f.SHA256)
	}
	return u.verify(f)
}

// writeFile writes one file to the other slot.
func (u *Updater) writeFile(name, version string, r io.Reader) error {
	other := u.config.Running.Other()
	switch name {
	case slot.KernelName:
		return u.table.WriteKernel(other, r)
	case slot.CmdlineName:
		text, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		return u.table.SetCmdline(other, trimLine(text), version)
	}
	return u.table.WriteRoot(other, r)
}

// verify reads what was written, from the disk itself if the system lets go of what
// it remembers of it.
func (u *Updater) verify(f slot.ManifestFile) error {
	other := u.config.Running.Other()
	var at int64
	switch f.Name {
	case slot.KernelName:
		at = int64(u.other().Kernel.LBA) * slot.SectorSize
	case slot.RootName:
		p, _ := u.table.Partition(slot.PartRootA + int(other))
		at = p.Offset()
	default: // the command line has more in it by now
		return nil
	}
	if u.config.Forget != nil {
		if err := u.config.Forget(); err != nil {
			return fmt.Errorf("drop the disk's cache: %w", err)
		}
	}
	digest := sha256.New()
	if _, err := io.Copy(digest, io.NewSectionReader(u.config.Disk, at, f.Size)); err != nil {
		return fmt.Errorf("read it back: %w", err)
	}
	if hex.EncodeToString(digest.Sum(nil)) != f.SHA256 {
		return errors.New("the disk does not hold what was written to it")
	}
	return nil
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// noEOF makes the end of an archive in the middle of a file an error of its own.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the archive ends too early")
	}
	return err
}

// trimLine cuts the end of a text file's only line.
func trimLine(text []byte) string {
	if n := len(text); n > 0 && text[n-1] == '\n' {
		text = text[:n-1]
	}
	return string(text)
}
