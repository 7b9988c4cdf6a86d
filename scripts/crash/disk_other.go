//go:build !linux

package main

import (
	"fmt"
	"io"
)

func diskMode(_ options, out io.Writer) error {
	fmt.Fprintln(out, "skipped: mode disk mounts a small tmpfs, which only Linux has")
	return nil
}
