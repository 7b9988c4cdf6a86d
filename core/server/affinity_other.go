//go:build !linux

package server

import "errors"

func pinThreads(string) error {
	return errors.New("pin threads: this system has no way to do it")
}
