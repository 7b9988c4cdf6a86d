package workload

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/redoubt-kv/redoubt/bench/load"
	"github.com/redoubt-kv/redoubt/bench/peer"
)

// dataFiles is what the maker made of a data set.
type dataFiles struct {
	dir                            string // holds dump.rdb and appendonlydir
	rdbKeys, aofKeys               int
	rdbBytes, baseBytes, incrBytes int64
}

const (
	rdbName = "dump.rdb"
	aofDir  = "appendonlydir"
)

// makeFiles has the maker make the data set, save it, and write an AOF of it
// with so many writes after its base.
func makeFiles(ctx context.Context, dir string, port int, maker peer.Spec, ds dataset, writes int) (dataFiles, error) {
	f := dataFiles{dir: filepath.Join(dir, "made")}
	if err := os.Mkdir(f.dir, 0o755); err != nil {
		return f, fmt.Errorf("make a directory for the files: %w", err)
	}
	s, err := peer.Start(maker, "", port, f.dir)
	if err != nil {
		return f, err
	}
	err = f.write(ctx, s, ds, writes)
	if err := errors.Join(err, s.Stop()); err != nil { // Stop flushes the AOF
		return f, fmt.Errorf("make the files: %w", err)
	}
	return f, f.measure()
}

func (f *dataFiles) write(ctx context.Context, s *peer.Peer, ds dataset, writes int) error {
	if err := ds.fill(ctx, s.Addr); err != nil {
		return err
	}
	f.rdbKeys = ds.keys
	c, err := s.Dial()
	if err != nil {
		return err
	}
	defer c.Close()
	c.Timeout = taskTimeout
	for _, cmd := range [][]string{
		{"SAVE"},
		{"CONFIG", "SET", "auto-aof-rewrite-percentage", "0"},
		{"CONFIG", "SET", "appendfsync", "no"},
		{"CONFIG", "SET", "appendonly", "yes"}, // writes the base
	} {
		if _, err := c.Do(cmd...); err != nil {
			return err
		}
	}
	if err := rewrite.await(ctx, c, taskPoll); err != nil {
		return err
	}
	if err := load.FillWith(ctx, s.Addr, uint64(writes), numbered(ds.mixed, 7)); err != nil {
		return err
	}
	rep, err := c.Do("DBSIZE")
	f.aofKeys = int(rep.Int)
	return err
}

// measure takes the sizes of the files.
func (f *dataFiles) measure() error {
	st, err := os.Stat(filepath.Join(f.dir, rdbName))
	if err != nil {
		return fmt.Errorf("look at the files: %w", err)
	}
	f.rdbBytes = st.Size()
	files, err := os.ReadDir(filepath.Join(f.dir, aofDir))
	if err != nil {
		return fmt.Errorf("look at the AOF: %w", err)
	}
	for _, e := range files {
		st, err := e.Info()
		if err != nil {
			return fmt.Errorf("look at the AOF: %w", err)
		}
		switch {
		case strings.Contains(e.Name(), ".base."):
			f.baseBytes += st.Size()
		case strings.Contains(e.Name(), ".incr."):
			f.incrBytes += st.Size()
		}
	}
	if f.baseBytes == 0 || f.incrBytes == 0 {
		return fmt.Errorf("the AOF has no base or no incremental file: %v", files)
	}
	return nil
}

// copyTo copies what is to be loaded and returns how many keys it has and the
// arguments that have it loaded.
func (f dataFiles) copyTo(dir, format string) (keys int, more []string, err error) {
	switch format {
	case "rdb":
		err = copyFile(filepath.Join(f.dir, rdbName), filepath.Join(dir, rdbName))
		return f.rdbKeys, []string{"--appendonly", "no"}, err
	case "aof":
		from, to := filepath.Join(f.dir, aofDir), filepath.Join(dir, aofDir)
		return f.aofKeys, []string{"--appendonly", "yes"}, copyFiles(from, to)
	}
	return 0, []string{"--appendonly", "no"}, nil // an empty server
}

func copyFiles(from, to string) error {
	if err := os.Mkdir(to, 0o755); err != nil {
		return fmt.Errorf("copy files: %w", err)
	}
	files, err := os.ReadDir(from)
	if err != nil {
		return fmt.Errorf("copy files: %w", err)
	}
	for _, e := range files {
		if err := copyFile(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// copyFile copies from's contents and has them on the disk before it returns,
// so that writing them back takes no time of what is measured.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("copy files: %w", err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return fmt.Errorf("copy files: %w", err)
	}
	if _, err = out.ReadFrom(in); err == nil {
		err = out.Sync()
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("copy files: %w", err)
	}
	return nil
}
