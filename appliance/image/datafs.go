package image

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/redoubt-kv/redoubt/appliance/slot"
)

// dataFS makes the ext4 file system of a new data partition in a file of dir, which
// it returns open. mkfs.ext4 is told everything that it would otherwise draw by lot,
// take from the clock or from the size: it must give the same bytes each time, and
// the file system must grow from this size to any disk's.
//
//	-i     an inode for each MiB: a server has few, large files, and growth writes
//	       the tables of inodes
//	-J     32 MiB of journal from the beginning: it does not grow
//	resize room for group descriptors up to 8 TiB; beyond, the kernel changes to
//	       another way of keeping them (meta_bg)
//	64bit  so that it can
func dataFS(dir string, size int64, seed string) (*os.File, error) {
	mkfs, err := findProgram("mkfs.ext4")
	if err != nil {
		return nil, fmt.Errorf("make the data partition: %w", err)
	}
	path := filepath.Join(dir, "data.ext4")
	id := slot.DeriveGUID(seed + " ext4").String()
	cmd := exec.Command(mkfs, "-q", "-F", "-t", "ext4",
		"-b", "4096", "-I", "256", "-i", "1048576", "-m", "0", "-J", "size=32",
		"-O", "has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum,^orphan_file,^metadata_csum_seed",
		"-E", "resize=4294967295,lazy_itable_init=1,lazy_journal_init=0,nodiscard,hash_seed="+id,
		"-U", id, "-L", dataLabel, path, strconv.FormatInt(size/1024, 10)+"k")
	// The time of everything, and no settings of the machine it is built on.
	cmd.Env = append(os.Environ(), "E2FSPROGS_FAKE_TIME=1", "SOURCE_DATE_EPOCH=1", "MKE2FS_CONFIG=/dev/null")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make the data partition: mkfs.ext4: %w\n%s", err, out)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("make the data partition: %w", err)
	}
	return f, nil
}

const dataLabel = "redoubt-data"

// findProgram looks where administrators' programs are, too.
func findProgram(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, dir := range []string{"/usr/sbin", "/sbin", "/usr/local/sbin"} {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("there is no %s; as root on Debian: scripts/setup build", name)
}
