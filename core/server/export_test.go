package server

import (
	"context"
	"io"

	"github.com/redoubt-kv/redoubt/core/vfs"
)

// RunOn is Run with the data's files on another file system than the system's.
func RunOn(ctx context.Context, disk vfs.FS, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return start(ctx, disk, args, stdin, stdout, stderr, false, Embedding{Reserve: TestReserve})
}

// RunEmbeddedOn is RunOn with a program around the server.
func RunEmbeddedOn(ctx context.Context, disk vfs.FS, args []string, stdin io.Reader, stdout, stderr io.Writer, embed Embedding) int {
	return start(ctx, disk, args, stdin, stdout, stderr, false, embed)
}

// TestReserve is the address space of a test's server: hundreds of them, of which
// none is given back, must fit.
const TestReserve = 32 << 30
