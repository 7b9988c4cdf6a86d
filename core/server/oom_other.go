//go:build !linux

package server

import "errors"

func oomScore() (int, error) { return 0, nil }

func setOOMScore(int) error { return errors.New("this system has no OOM score to adjust") }
