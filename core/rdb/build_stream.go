package rdb

import "github.com/redoubt-kv/redoubt/core/value/stream"

// streamBuild is the StreamBuilder of a Value.
type streamBuild struct {
	*stream.Builder
	b *build
}

func (b *build) Stream() (StreamBuilder, error) {
	b.cell = b.db.New(b.key)
	return streamBuild{stream.Build(b.cell), b}, b.room(0)
}

func (s streamBuild) Pack(id stream.ID, lp []byte) error {
	if err := s.b.room(len(lp)); err != nil {
		return err
	}
	return s.Builder.Pack(id, lp)
}

func (s streamBuild) Group(name []byte, last stream.ID, read int64, old bool) error {
	if err := s.b.room(len(name)); err != nil {
		return err
	}
	return s.Builder.Group(name, last, read, old)
}

func (s streamBuild) Pending(id stream.ID, timeMs int64, deliveries uint64) error {
	if err := s.b.room(0); err != nil {
		return err
	}
	return s.Builder.Pending(id, timeMs, deliveries)
}

func (s streamBuild) Consumer(name []byte, seenMs int64) error {
	if err := s.b.room(len(name)); err != nil {
		return err
	}
	return s.Builder.Consumer(name, seenMs)
}
