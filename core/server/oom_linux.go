package server

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

const oomFile = "/proc/self/oom_score_adj"

// oomScore reads what the kernel adds to the process's score when it looks for a
// victim.
func oomScore() (int, error) {
	text, err := os.ReadFile(oomFile)
	if err != nil {
		return 0, fmt.Errorf("read the OOM score: %w", err)
	}
	n, err := strconv.Atoi(string(bytes.TrimSpace(text)))
	if err != nil {
		return 0, fmt.Errorf("read the OOM score: %w", err)
	}
	return n, nil
}

func setOOMScore(n int) error {
	if err := os.WriteFile(oomFile, strconv.AppendInt(nil, int64(n), 10), 0); err != nil {
		return fmt.Errorf("write the OOM score: %w", err)
	}
	return nil
}
