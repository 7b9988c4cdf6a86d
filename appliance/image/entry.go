package image

// Entry is one file, folder or symbolic link of the machine's root file system.
type Entry struct {
	Path    string // without the leading slash
	Mode    uint64 // permission bits
	Content []byte
	Link    string // where a symbolic link leads; it has no content
	Folder  bool
}

// rootFolders are there in every machine: where file systems are mounted. A root
// that is read-only cannot have them made at boot.
var rootFolders = []string{"data", "dev", "no-data-disk", "proc", "run", "sys", "tmp"}

// rootLinks are the files that change while the machine runs: the path, and where
// it leads.
var rootLinks = [][2]string{{"etc/resolv.conf", "/run/resolv.conf"}}

// withFolders returns the entries with the folders that they are in before them.
func withFolders(entries []Entry) []Entry {
	seen := map[string]bool{}
	var all []Entry
	for _, e := range entries {
		for _, dir := range parents(e.Path) {
			if !seen[dir] {
				seen[dir] = true
				all = append(all, Entry{Path: dir, Mode: 0o755, Folder: true})
			}
		}
		if e.Folder && seen[e.Path] {
			continue
		}
		seen[e.Path] = true
		all = append(all, e)
	}
	return all
}

// parents returns the folders that path is in, outermost first.
func parents(path string) []string {
	var dirs []string
	for i, c := range path {
		if c == '/' {
			dirs = append(dirs, path[:i])
		}
	}
	return dirs
}
