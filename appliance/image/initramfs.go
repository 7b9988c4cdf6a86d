package image

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/u-root/u-root/pkg/cpio"
)

// Initramfs returns a newc cpio archive of the entries and of the folders they
// are in, and of /dev/console, which the kernel opens for PID 1's standard input
// and output before anything is mounted. Owners are root, times zero and inode
// numbers counted, so the same entries give the same bytes.
func Initramfs(entries []Entry) ([]byte, error) {
	console := cpio.CharDev("dev/console", 0o600, 5, 1)
	all := withFolders(append([]Entry{{Path: "dev", Mode: 0o755, Folder: true}}, entries...))
	var records []cpio.Record
	for _, e := range all {
		info := cpio.Info{Name: e.Path, Mode: cpio.S_IFREG | e.Mode, FileSize: uint64(len(e.Content)), NLink: 1}
		content := e.Content
		switch {
		case e.Folder:
			records = append(records, cpio.Directory(e.Path, e.Mode))
			if e.Path == "dev" {
				records = append(records, console)
			}
			continue
		case e.Link != "":
			content = []byte(e.Link)
			info.Mode, info.FileSize = cpio.S_IFLNK|0o777, uint64(len(content))
		}
		records = append(records, cpio.StaticRecord(content, info))
	}
	var b bytes.Buffer
	w := cpio.Newc.Writer(&b)
	for i := range records {
		records[i] = cpio.MakeReproducible(records[i])
		records[i].Ino = uint64(i + 1)
	}
	if err := cpio.WriteRecords(w, records); err != nil {
		return nil, fmt.Errorf("write initramfs: %w", err)
	}
	if err := cpio.WriteTrailer(w); err != nil {
		return nil, fmt.Errorf("write initramfs: %w", err)
	}
	return b.Bytes(), nil
}

// Compress returns data compressed by method: "none", "gzip" or "zstd". All are
// formats the kernel unpacks.
func Compress(method string, data []byte) ([]byte, error) {
	var b bytes.Buffer
	var w io.WriteCloser
	var err error
	switch method {
	case "none":
		return data, nil
	case "gzip":
		w, err = gzip.NewWriterLevel(&b, gzip.BestCompression)
	case "zstd":
		// The kernel's window for an initramfs is 128 MiB at most; 8 are plenty.
		w, err = zstd.NewWriter(&b, zstd.WithEncoderLevel(zstd.SpeedBestCompression),
			zstd.WithWindowSize(8<<20), zstd.WithEncoderConcurrency(1))
	default:
		return nil, fmt.Errorf("compress: unknown method %q", method)
	}
	if err != nil {
		return nil, fmt.Errorf("compress with %s: %w", method, err)
	}
	if _, err := w.Write(data); err != nil {
		return nil, fmt.Errorf("compress with %s: %w", method, err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress with %s: %w", method, err)
	}
	return b.Bytes(), nil
}
