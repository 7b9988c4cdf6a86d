//go:build !linux

package vfs

// DataSync implements File.
func (f osFile) DataSync() error { return f.Sync() }
