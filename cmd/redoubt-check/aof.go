package main

import (
	"bufio"
	"errors"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/redoubt-kv/redoubt/core/aof"
	"github.com/redoubt-kv/redoubt/core/vfs"
)

// aofCheck is one run over the files of an append-only file.
type aofCheck struct {
	*tool
	fix   bool
	until int64 // --truncate-to-timestamp, 0: not given
}

// aof is the program redis-check-aof.
func (t *tool) aof(args []string, usage string) (exitCode int) {
	c := &aofCheck{tool: t}
	path, err := c.options(args)
	switch {
	case err != nil:
		return t.say("%v", err)
	case path == "":
		return t.say("%s", usage)
	}
	kind, err := kindOf(t.fs, path)
	switch {
	case err != nil:
		return t.say("%v", err)
	case kind == manifestFile:
		return c.manifest(path)
	}
	t.printf("Start checking Old-Style AOF\n")
	return c.file(aofFile{name: path, path: path, label: "AOF", last: true, preamble: kind == rdbFile})
}

var errTimestamp = errors.New("Invalid timestamp, aborting...")

// options reads the arguments. path is empty if they are not understood.
func (c *aofCheck) options(args []string) (path string, err error) {
	for len(args) > 1 {
		switch {
		case args[0] == "--fix":
			c.fix = true
			args = args[1:]
		case args[0] == "--truncate-to-timestamp" && len(args) > 2:
			if c.until, err = strconv.ParseInt(args[1], 10, 64); err != nil {
				return "", errTimestamp
			}
			args = args[2:]
		default:
			return "", nil
		}
	}
	if len(args) == 0 {
		return "", nil
	}
	return args[0], nil
}

// fileKind is what a file is by its first bytes.
type fileKind uint8

const (
	commandFile fileKind = iota
	rdbFile
	manifestFile
)

// maxManifest is how much of a file is searched for lines of a manifest.
const maxManifest = 16 << 20

// kindOf looks what a file is. A manifest has a line that starts with "file".
// redis-check-aof looks for one in the whole of an append-only file too, and
// takes a value for it; here a file that starts with a command is none.
func kindOf(fsys vfs.FS, path string) (fileKind, error) {
	file, err := fsys.Open(path)
	if err != nil {
		return 0, errors.New("Cannot open file " + path + ": " + aof.ErrText(err))
	}
	defer file.Close()
	in := bufio.NewReaderSize(io.LimitReader(file, maxManifest), 1024)
	if head, _ := in.Peek(5); string(head) == "REDIS" {
		return rdbFile, nil
	}
	for first := true; ; {
		line, err := in.ReadSlice('\n')
		if len(line) > 0 && line[0] != '#' {
			if first && line[0] == '*' {
				return commandFile, nil
			}
			if strings.HasPrefix(string(line), "file") {
				return manifestFile, nil
			}
			first = false
		}
		if errors.Is(err, io.EOF) {
			return commandFile, nil
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return 0, errors.New("Cannot read file: " + path + " (" + aof.ErrText(err) + ")")
		}
	}
}

// manifest checks all files that a manifest lists. Only the last may be cut.
func (c *aofCheck) manifest(path string) (exitCode int) {
	c.printf("Start checking Multi Part AOF\n")
	m, err := aof.ReadManifest(c.fs, path)
	var bad *aof.ManifestError
	if errors.As(err, &bad) {
		for _, line := range bad.LogLines() {
			c.printf("%s\n", line)
		}
		return 1
	}
	if err != nil {
		return c.say("%v", err)
	}
	files := m.Live()
	for i, f := range files {
		check := aofFile{name: f.Name, path: filepath.Dir(path) + "/" + f.Name, label: "INCR AOF", last: i == len(files)-1}
		if f.Type == aof.Base {
			kind, err := kindOf(c.fs, check.path)
			if err != nil {
				return c.say("%v", err)
			}
			check.label, check.preamble = "BASE AOF", kind == rdbFile
			c.printf("Start to check BASE AOF (%s format).\n", map[bool]string{true: "RDB", false: "RESP"}[check.preamble])
		} else if i == 0 || files[i-1].Type == aof.Base {
			c.printf("Start to check INCR files.\n")
		}
		if c.file(check) != 0 {
			return 1
		}
	}
	c.printf("All AOF files and manifest are valid\n")
	return 0
}
