package main

import (
	"bufio"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/redoubt-kv/redoubt/core/aof"
	"github.com/redoubt-kv/redoubt/core/vfs"
)

// aofFile is one file to check.
type aofFile struct {
	name, path string // as they are printed
	label      string // what the file is called in the verdict
	last       bool   // nothing is loaded after it, so that it may be cut
	preamble   bool   // it starts with an RDB file
}

// file checks one file and mends it if that was asked for.
func (c *aofCheck) file(f aofFile) (exitCode int) {
	file, err := c.fs.Open(f.path)
	if err != nil {
		return c.say("Cannot open file %s: %s, aborting...", f.path, aof.ErrText(err))
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return c.say("Cannot stat file: %s, aborting...", f.name)
	}
	size := info.Size()
	if size == 0 {
		c.printf("%s %s is empty\n", f.label, f.name)
		return 0
	}
	from, ok := c.preamble(f, file)
	if !ok {
		return c.say("RDB preamble of AOF file is not sane, aborting.")
	}
	c.bar.start(f.name)
	in := &counted{Reader: io.NewSectionReader(file, from, math.MaxInt64-from), done: from, size: size, bar: c.bar}
	return c.commands(f, size, newScanner(in, from, f.path))
}

// counted moves the bar as the file is read.
type counted struct {
	io.Reader
	done, size int64
	bar        *bar
}

func (r *counted) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.done += int64(n)
	r.bar.set(r.done, r.size)
	return n, err
}

// preamble checks the RDB file at the start and returns where commands follow.
func (c *aofCheck) preamble(f aofFile, file vfs.File) (from int64, ok bool) {
	if !f.preamble {
		return 0, true
	}
	c.printf("[offset 0] Checking RDB file %s\n", f.name)
	from, ok = c.checkRDB(f.name, file)
	if ok {
		c.printf("RDB preamble is OK, proceeding with AOF tail...\n")
	}
	return from, ok
}

// commands checks what a file has after its preamble.
func (c *aofCheck) commands(f aofFile, size int64, s *scanner) (exitCode int) {
	for {
		note, err := s.next()
		if note != nil && c.until != 0 && strings.HasPrefix(note.text, "#TS:") {
			past, code := c.timestamp(f, s, note)
			if past || code != 0 {
				return code
			}
		}
		switch err {
		case nil:
			continue
		case io.EOF, errStop:
		case errFormat:
			c.printf("AOF %s format error\n", f.name)
		default:
			return c.say("Failed to read from AOF %s, aborting... (%s)", f.name, aof.ErrText(err))
		}
		return c.verdict(f, size, s)
	}
}

// timestamp looks at an annotation of the time. past tells that the file was
// cut there.
func (c *aofCheck) timestamp(f aofFile, s *scanner, note *annotation) (past bool, exitCode int) {
	digits, isLine := strings.CutSuffix(note.text[len("#TS:"):], "\r")
	ts, err := strconv.ParseInt(digits, 10, 64)
	switch {
	case err != nil || !isLine:
		return false, c.say("Invalid timestamp annotation")
	case ts <= c.until:
		return false, 0
	case note.at == 0:
		return false, c.say("AOF %s has nothing before timestamp %d, aborting...", f.path, c.until)
	case !f.last:
		c.printf("Failed to truncate AOF %s to timestamp %d to offset %d because it is not the last file.\n", f.path, c.until, note.at)
		return false, c.say("If you insist, please delete all files after this file according to the manifest " +
			"file and delete the corresponding records in manifest file manually. Then re-run redis-check-aof.")
	}
	// Within a transaction, s.sound is before it: half of one is no use.
	if err := c.truncate(f.path, s.sound); err != nil {
		return false, c.say("Failed to truncate AOF %s to timestamp %d (%s)", f.path, c.until, aof.ErrText(err))
	}
	c.printf("Successfully truncated AOF %s to timestamp %d\n", f.name, c.until)
	return true, 0
}

// verdict says how much of a file is sound and cuts off the rest if that was
// asked for.
func (c *aofCheck) verdict(f aofFile, size int64, s *scanner) (exitCode int) {
	if s.fault != "" {
		c.printf("%s\n", s.fault)
	}
	diff := size - s.sound
	if diff == 0 && c.until != 0 {
		c.printf("Truncate nothing in AOF %s to timestamp %d\n", f.name, c.until)
	} else {
		c.printf("AOF analyzed: filename=%s, size=%d, ok_up_to=%d, ok_up_to_line=%d, diff=%d\n", f.name, size, s.sound, s.line, diff)
	}
	switch {
	case diff == 0:
		c.printf("%s %s is valid\n", f.label, f.name)
		return 0
	case !c.fix:
		return c.say("AOF %s is not valid. Use the --fix option to try fixing it.", f.name)
	case !f.last:
		return c.say("Failed to truncate AOF %s because it is not the last file", f.name)
	}
	c.printf("This will shrink the AOF %s from %d bytes, with %d bytes, to %d bytes\n", f.name, size, diff, s.sound)
	if !c.confirmed() {
		return c.say("Aborting...")
	}
	if err := c.truncate(f.path, s.sound); err != nil {
		return c.say("Failed to truncate AOF %s (%s)", f.name, aof.ErrText(err))
	}
	c.printf("Successfully truncated AOF %s\n", f.name)
	return 0
}

func (c *aofCheck) confirmed() bool {
	c.printf("Continue? [y/N]: ")
	answer, err := bufio.NewReader(c.stdin).ReadByte()
	return err == nil && (answer == 'y' || answer == 'Y')
}

// truncate cuts a file to size bytes, durably.
func (c *aofCheck) truncate(path string, size int64) error {
	file, err := c.fs.OpenAppend(path)
	if err != nil {
		return err
	}
	if err = file.Truncate(size); err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
