package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// also has the oracle load a copy of what the kill has left, and returns what it then
// has: the files are to move between the two.
func (t *trial) also() (*dump, error) {
	dir := filepath.Join(filepath.Dir(t.p.dir), "also")
	defer os.RemoveAll(dir)
	p, err := newProcess(t.o.oracle, dir)
	if err != nil {
		return nil, err
	}
	if err := copyTree(t.p.dir, p.dir); err != nil {
		return nil, fmt.Errorf("copy the data for %s: %w", t.o.oracle, err)
	}
	appendonly := "yes"
	if t.o.mode == "rdb" {
		appendonly = "no"
	}
	if err := p.start("--save", "", "--appendonly", appendonly); err != nil {
		return nil, err
	}
	defer p.kill()
	if err := p.ready(); err != nil {
		return nil, fmt.Errorf("%s does not load the files: %w\n%s", t.o.oracle, err, p.logTail())
	}
	c, err := p.dial()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return reader{c}.read(t.databases())
}

// compare says how what the oracle has loaded differs from what the server has.
func (t *trial) compare(theirs, ours *dump) error {
	var wrong []string
	begun, done := min(theirs.begun, ours.begun), max(theirs.done, ours.done)
	for k, v := range theirs.keys {
		if why := differs(v, ours.keys[k], begun, done); why != "" {
			wrong = append(wrong, fmt.Sprintf("%v %s", k, why))
		}
	}
	for k, v := range ours.keys {
		if theirs.keys[k] == nil && (v.due.to == 0 || done < v.due.from-slackMs) {
			wrong = append(wrong, fmt.Sprintf("%v is there: %s", k, v.brief()))
		}
	}
	if wrong == nil {
		return nil
	}
	const most = 10
	n := len(wrong)
	return fmt.Errorf("%d keys are not what %s makes of the same files (expected is what that has):\n    %s",
		n, t.o.oracle, strings.Join(wrong[:min(n, most)], "\n    "))
}
