package format

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// holes returns a disk of so many bytes with pieces of data, zeros between them,
// and data at the very end.
func holes(size int) []byte {
	rng := rand.New(rand.NewPCG(6, uint64(size)))
	b := make([]byte, size)
	fill := func(from, n int) {
		for i := from; i < min(from+n, size); i++ {
			b[i] = byte(rng.Uint32())
		}
	}
	fill(0, 512)
	for at := 200_000; at < size; at += 3*size/40 + 777 {
		fill(at, 1+rng.IntN(150_000))
	}
	fill(size-512, 512)
	return b
}

func newDisk(t *testing.T, content []byte) *Disk {
	t.Helper()
	d, err := NewDisk(bytes.NewReader(content), int64(len(content)), "redis-memonly", "v1.2<3")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// written returns the disk in a format.
func written(t *testing.T, name string, d *Disk) []byte {
	t.Helper()
	f, err := Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f[0].Write(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestSameBytes writes each format twice, and of another disk.
func TestSameBytes(t *testing.T) {
	content := liveDisk(t, 1)
	other := bytes.Clone(content)
	other[len(other)-1]++
	for _, f := range All()[1:] {
		first := written(t, f.Name, newDisk(t, content))
		if !bytes.Equal(first, written(t, f.Name, newDisk(t, bytes.Clone(content)))) {
			t.Errorf("%s: the second time differs", f.Name)
		}
		if bytes.Equal(first, written(t, f.Name, newDisk(t, other))) {
			t.Errorf("%s: another disk gives the same", f.Name)
		}
	}
}

func TestParse(t *testing.T) {
	got, err := Parse("ova, raw,qcow2,ova")
	if err != nil || len(got) != 3 || got[0].Name != "raw" || got[1].Name != "qcow2" || got[2].Name != "ova" {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "qcow", "raw,", "QCOW2"} {
		if _, err := Parse(bad); err == nil || !strings.Contains(err.Error(), "there are raw, qcow2, vmdk, ova, vhd, gce, iso") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestBadDisks(t *testing.T) {
	for _, size := range []int64{0, -512, 513} {
		if _, err := NewDisk(bytes.NewReader(nil), size, "", ""); err == nil {
			t.Errorf("a disk of %d bytes is accepted", size)
		}
	}
	if _, err := NewDisk(bytes.NewReader(nil), 512, "", ""); err != nil {
		t.Logf("short: %v", err)
	}
	short := &Disk{Content: bytes.NewReader(make([]byte, 512)), Size: 1 << 20}
	for _, f := range All()[1:] {
		if f.Name == "vhd" {
			continue // copies what there is; NewDisk has read it
		}
		if err := f.Write(io.Discard, short); !errors.Is(err, io.ErrUnexpectedEOF) && err == nil {
			t.Errorf("%s: a disk that ends early is accepted", f.Name)
		}
	}
}

// sizes are those at which tables end: less than a cluster, a grain table, an L2
// table, and what is no multiple of anything.
var sizes = []int{512, 5<<20 + 512, 33<<20 + 1536}

// TestQEMUReads lets qemu-img read the formats it knows and compare them with the
// raw disk.
func TestQEMUReads(t *testing.T) {
	if _, err := exec.LookPath("qemu-img"); err != nil {
		t.Fatal("there is no qemu-img; as root on Debian: scripts/setup test")
	}
	dir := t.TempDir()
	raw := filepath.Join(dir, "raw")
	for _, size := range sizes {
		content := holes(size)
		put(t, raw, content)
		d := newDisk(t, content)
		for name, driver := range map[string]string{"qcow2": "qcow2", "vmdk": "vmdk", "vhd": "vpc"} {
			path := filepath.Join(dir, name)
			put(t, path, written(t, name, d))
			qemuImg(t, "compare", "-f", "raw", "-F", driver, raw, path)
			if name != "vhd" { // fixed: there is nothing to check
				qemuImg(t, "check", "-f", driver, path)
			}
			var info struct {
				Size int64 `json:"virtual-size"`
			}
			if err := json.Unmarshal(qemuImg(t, "info", "-f", driver, "--output=json", path), &info); err != nil {
				t.Fatal(err)
			}
			want := int64(size)
			if name == "vhd" {
				want = roundUp(want, mib)
			}
			if info.Size != want {
				t.Errorf("%s of %d bytes: qemu-img sees %d", name, size, info.Size)
			}
		}
	}
}

// TestLargeQCOW2 has more than one L2 table, the first of them empty.
func TestLargeQCOW2(t *testing.T) {
	dir := t.TempDir()
	const at = 520 << 20
	d := &Disk{Content: sparse{at: at, content: []byte("here")}, Size: 600 << 20}
	path := filepath.Join(dir, "large")
	content := written(t, "qcow2", d)
	if len(content) > 10*qcowCluster {
		t.Errorf("%d bytes for a disk that holds one block", len(content))
	}
	put(t, path, content)
	qemuImg(t, "check", "-f", "qcow2", path)
	out, err := exec.Command("qemu-io", "-r", "-f", "qcow2", "-c", fmt.Sprintf("read -v %d 4", at), path).CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("68 65 72 65")) {
		t.Errorf("%v\n%s", err, out)
	}
}

// sparse is a disk that holds one piece.
type sparse struct {
	at      int64
	content []byte
}

func (s sparse) ReadAt(b []byte, at int64) (int, error) {
	clear(b)
	if from := s.at - at; from >= 0 && from < int64(len(b)) {
		copy(b[from:], s.content)
	}
	return len(b), nil
}

func put(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func qemuImg(t *testing.T, args ...string) []byte {
	t.Helper()
	out, err := exec.Command("qemu-img", args...).Output()
	if err != nil {
		t.Fatalf("qemu-img %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// What is published with the specification, and the limits of each branch.
func TestVHDGeometry(t *testing.T) {
	for total, want := range map[int64][3]int64{
		2048:                {30, 4, 17},
		4 * 1024 * 17:       {140, 16, 31},
		16*1024*17 - 1:      {1023, 16, 17},
		16 * 1024 * 31:      {503, 16, 63},
		65535*16*63 - 1:     {65534, 16, 63},
		65535 * 16 * 63:     {16191, 16, 255},
		65535*16*255 + 1000: {65535, 16, 255},
	} {
		c, h, s := vhdGeometry(total)
		if [3]int64{c, h, s} != want {
			t.Errorf("%d sectors: %d/%d/%d, want %v", total, c, h, s, want)
		}
	}
}

func TestVHDFooter(t *testing.T) {
	d := newDisk(t, holes(3<<20+512))
	b := written(t, "vhd", d)
	footer := b[len(b)-sectorSize:]
	if len(b)-sectorSize != 4<<20 || string(footer[:8]) != "conectix" || binary.BigEndian.Uint64(footer[48:]) != 4<<20 {
		t.Errorf("%d bytes, footer %q", len(b), footer[:8])
	}
	var sum uint32
	for i, x := range footer {
		if i < 64 || i >= 68 {
			sum += uint32(x)
		}
	}
	if binary.BigEndian.Uint32(footer[64:]) != ^sum {
		t.Error("the checksum is wrong")
	}
}

// TestGCE lets Go's reader of sparse tars, and GNU tar, unpack the disk.
func TestGCE(t *testing.T) {
	content := holes(20 << 20)
	d := newDisk(t, content)
	archive := written(t, "gce", d)
	z, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	r := tar.NewReader(z)
	h, err := r.Next()
	if err != nil || h.Name != "disk.raw" || h.Size != gib || h.Format != tar.FormatGNU {
		t.Fatalf("%+v, %v", h, err)
	}
	if err := sameThenZeros(r, content); err != nil {
		t.Error(err)
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("a second file: %v", err)
	}
	dir := t.TempDir()
	put(t, filepath.Join(dir, "t"), archive)
	if out, err := exec.Command("tar", "-C", dir, "-xzf", filepath.Join(dir, "t")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	f, err := os.Open(filepath.Join(dir, "disk.raw"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got := make([]byte, len(content))
	info, err := f.Stat()
	if _, e := io.ReadFull(f, got); err != nil || e != nil || info.Size() != gib || !bytes.Equal(got, content) {
		t.Errorf("GNU tar unpacks another disk (%v, %v)", err, e)
	}
	large := &Disk{Content: sparse{}, Size: 8*gib + 512}
	if err := writeGCE(io.Discard, large); err == nil {
		t.Error("a disk that tar's numbers cannot hold is accepted")
	}
}

// sameThenZeros reads want and then zeros up to 1 GiB.
func sameThenZeros(r io.Reader, want []byte) error {
	got := make([]byte, len(want))
	if _, err := io.ReadFull(r, got); err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return errors.New("the disk differs")
	}
	total, zeros, b := int64(len(want)), make([]byte, 1<<20), make([]byte, 1<<20)
	for {
		n, err := r.Read(b)
		if !bytes.Equal(b[:n], zeros[:n]) {
			return errors.New("more than the disk")
		}
		total += int64(n)
		if err == io.EOF && total == gib {
			return nil
		}
		if err != nil {
			return fmt.Errorf("after %d bytes: %w", total, err)
		}
	}
}

// TestOVA reads an OVA as an importer does: the descriptor first, every checksum,
// every reference.
func TestOVA(t *testing.T) {
	d := newDisk(t, holes(7<<20))
	r := tar.NewReader(bytes.NewReader(written(t, "ova", d)))
	files := map[string][]byte{}
	var order []string
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.ModTime.Unix() != 0 || h.Uid != 0 || h.Format != tar.FormatUSTAR {
			t.Errorf("%+v", h)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name] = content
		order = append(order, h.Name)
	}
	if strings.Join(order, " ") != "redoubt.ovf redoubt.mf redoubt-disk1.vmdk" {
		t.Fatalf("files: %v", order)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(files[ovaManifest])), "\n") {
		name, sum, _ := strings.Cut(strings.TrimPrefix(line, "SHA256("), ")= ")
		if got := sha256.Sum256(files[name]); hex.EncodeToString(got[:]) != sum {
			t.Errorf("the manifest's line %q is wrong", line)
		}
	}
	var ovf struct {
		File struct {
			Href string `xml:"href,attr"`
			Size int    `xml:"size,attr"`
		} `xml:"References>File"`
		Disk struct {
			Capacity int64 `xml:"capacity,attr"`
		} `xml:"DiskSection>Disk"`
		Items []struct {
			ID     int    `xml:"InstanceID"`
			Parent int    `xml:"Parent"`
			Type   int    `xml:"ResourceType"`
			Sub    string `xml:"ResourceSubType"`
		} `xml:"VirtualSystem>VirtualHardwareSection>Item"`
		Version string `xml:"VirtualSystem>ProductSection>FullVersion"`
	}
	if err := xml.Unmarshal(files[ovaDescriptor], &ovf); err != nil {
		t.Fatal(err)
	}
	if ovf.File.Href != ovaDisk || ovf.File.Size != len(files[ovaDisk]) || ovf.Disk.Capacity != d.Size || ovf.Version != "v1.2<3" {
		t.Errorf("%+v", ovf)
	}
	kinds := map[int]int{}
	for i, item := range ovf.Items {
		kinds[item.ID] = item.Type
		if item.ID != i+1 || item.Parent != 0 && kinds[item.Parent] != 20 {
			t.Errorf("item %+v", item)
		}
	}
	if !bytes.Equal(files[ovaDisk], written(t, "vmdk", d)) {
		t.Error("the disk is not the vmdk")
	}
}
