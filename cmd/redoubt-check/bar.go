package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// bar shows on a terminal how much of a file was read.
type bar struct {
	to      io.Writer // nil: no terminal
	name    string
	percent int
	shown   bool
}

const barWidth = 40

// newBar returns a bar on w, which shows nothing if w is no terminal.
func newBar(w io.Writer) *bar {
	file, ok := w.(*os.File)
	if !ok {
		return &bar{}
	}
	info, err := file.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return &bar{}
	}
	return &bar{to: w}
}

func (b *bar) start(name string) { b.name, b.percent = name, -1 }

// set shows that done of total bytes were read.
func (b *bar) set(done, total int64) {
	if b.to == nil || total <= 0 {
		return
	}
	percent := int(min(done, total) * 100 / total)
	if percent == b.percent {
		return
	}
	b.percent, b.shown = percent, true
	full := barWidth * percent / 100
	fmt.Fprintf(b.to, "\r\033[K%s [%s%s] %d%%", b.name, strings.Repeat("#", full), strings.Repeat(" ", barWidth-full), percent)
}

// clear makes room for other text.
func (b *bar) clear() {
	if b.shown {
		b.shown, b.percent = false, -1
		io.WriteString(b.to, "\r\033[K")
	}
}
