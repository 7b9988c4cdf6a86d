package slot

// UpdateFormat is the version of the layout of an update.
const UpdateFormat = 1

// An update is a tar archive: ManifestName, then the files that it lists, in its
// order. So a machine knows each one's size and digest before it comes.
const (
	ManifestName = "manifest.json"
	KernelName   = "kernel"
	CmdlineName  = "cmdline" // without what SetCmdline adds for a slot
	RootName     = "root.squashfs"
)

// Manifest says what an update is.
type Manifest struct {
	Format  int            `json:"format"`
	Version string         `json:"version"`
	Profile string         `json:"profile"`
	Arch    string         `json:"arch"`
	SBOM    string         `json:"sbom,omitempty"` // SHA-256 of the bill of materials, in hexadecimal
	Files   []ManifestFile `json:"files"`
}

// ManifestFile is one file of an update.
type ManifestFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`   // in bytes
	SHA256 string `json:"sha256"` // in hexadecimal
}
