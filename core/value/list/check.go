package list

import (
	"fmt"

	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/tree"
)

// check verifies the sequence and each of its leaves.
func (l *List) check(visit func(ref page.Ref)) error {
	if err := l.seq.Check(visit); err != nil {
		return err
	}
	var at tree.SeqCursor
	for ok := l.seq.Seek(&at, 0); ok; ok = l.seq.Next(&at) {
		form, b := l.seq.Leaf(&at)
		var err error
		switch form {
		case packed:
			err = checkPack(b, at.Count)
		case plain:
			if at.Count != 1 {
				err = fmt.Errorf("list: a plain leaf of %d elements", at.Count)
			}
		default:
			err = fmt.Errorf("list: a leaf of form %d", form)
		}
		if err != nil {
			return fmt.Errorf("leaf at element %d: %w", at.First, err)
		}
	}
	return nil
}

// checkPack verifies a listpack of count elements.
func checkPack(b []byte, count int64) error {
	n, err := listpack.Validate(b, true)
	switch {
	case err != nil:
		return fmt.Errorf("list: %w", err)
	case int64(n) != count || n == 0:
		return fmt.Errorf("list: a listpack of %d elements counted %d", n, count)
	case len(b) > maxLeaf:
		return fmt.Errorf("list: a listpack of %d bytes", len(b))
	}
	return nil
}
