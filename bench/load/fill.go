package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// FillWith sends commands 0 to n-1, which encode appends, pipelined on a few
// connections, each of which takes a range of the numbers in order.
func FillWith(ctx context.Context, addr string, n uint64, encode func(dst []byte, i uint64) []byte) error {
	const conns = 4
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	errs := make([]error, conns)
	for w := range uint64(conns) {
		wg.Go(func() {
			if errs[w] = fillPart(ctx, addr, n*w/conns, n*(w+1)/conns, encode); errs[w] != nil {
				cancel()
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("send %d commands to %s: %w", n, addr, err)
	}
	return nil
}

func fillPart(ctx context.Context, addr string, from, to uint64, encode func(dst []byte, i uint64) []byte) error {
	const batch = 64
	conn, err := Dial(addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	var buf []byte
	for from < to && ctx.Err() == nil {
		end := min(from+batch, to)
		buf = buf[:0]
		for i := from; i < end; i++ {
			buf = encode(buf, i)
		}
		if err := conn.Flush(buf, int(end-from)); err != nil {
			return err
		}
		from = end
	}
	return ctx.Err()
}
