package aof

// commandList holds commands with what they consist of, in a few slices that
// are used again.
type commandList struct {
	data  []byte // all arguments, one after the other
	ends  []int  // where in data each argument ends
	items []listed

	args [][]byte // of the command that each hands out
}

type listed struct {
	db   int
	argc int
	at   int64 // offset of the command's end in its file, for errors
}

func (l *commandList) add(db int, at int64, argv [][]byte) {
	for _, a := range argv {
		l.data = append(l.data, a...)
		l.ends = append(l.ends, len(l.data))
	}
	l.items = append(l.items, listed{db: db, argc: len(argv), at: at})
}

// each calls f for the commands in their order, up to the first error. The
// arguments are valid only during the call.
func (l *commandList) each(f func(db int, at int64, argv [][]byte) error) error {
	from, i := 0, 0
	for _, c := range l.items {
		l.args = l.args[:0]
		for range c.argc {
			to := l.ends[i]
			l.args = append(l.args, l.data[from:to:to])
			from = to
			i++
		}
		if err := f(c.db, c.at, l.args); err != nil {
			return err
		}
	}
	return nil
}

// clear drops the commands, and storage of an unusual size.
func (l *commandList) clear() {
	if cap(l.data) > keepBuffer || cap(l.ends) > keepArgs {
		*l = commandList{}
	}
	l.data, l.ends, l.items = l.data[:0], l.ends[:0], l.items[:0]
}
