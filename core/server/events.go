package server

import (
	"strconv"
	"sync/atomic"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/pubsub"
	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// events passes on what happens to keys to those who want to know, under the lock of
// the key's shard.
type events struct {
	registry *pubsub.Registry
	// wanted is notify-keyspace-events: classes with their bits, toKeyspace,
	// toKeyevent.
	wanted atomic.Uint32
}

// Where events are published: bits of events.wanted that no class has.
const (
	toKeyspace = uint32(settings.EventsKeyspace)
	toKeyevent = uint32(settings.EventsKeyevent)
)

var _ keyspace.Observer = (*events)(nil)

// KeyEvent implements keyspace.Observer.
func (e *events) KeyEvent(class keyspace.EventClass, event string, key []byte, db int) {
	if wanted := e.wanted.Load(); wanted&uint32(class) != 0 && event != "" {
		e.notify(wanted, event, key, db)
	}
}

// notify publishes an event on the channels that are wanted of the key and the event.
func (e *events) notify(wanted uint32, event string, key []byte, db int) {
	if !e.registry.Heard(pubsub.Channel) {
		return
	}
	var room [128]byte
	if wanted&toKeyspace != 0 {
		channel := append(eventChannel(room[:0], "__keyspace@", db), key...)
		e.registry.Publish(pubsub.Channel, channel, []byte(event), nil)
	}
	if wanted&toKeyevent != 0 {
		channel := append(eventChannel(room[:0], "__keyevent@", db), event...)
		e.registry.Publish(pubsub.Channel, channel, key, nil)
	}
}

func eventChannel(b []byte, prefix string, db int) []byte {
	return append(strconv.AppendInt(append(b, prefix...), int64(db), 10), "__:"...)
}

// configure puts notify-keyspace-events into effect.
func (e *events) configure(set *settings.Settings) {
	e.wanted.Store(eventBits(set.NotifyKeyspaceEvents))
}

// eventBits are the bits of events.wanted for k.
func eventBits(k settings.KeyEvents) (bits uint32) {
	for _, c := range eventClasses {
		if k&c.setting != 0 {
			bits |= uint32(c.class)
		}
	}
	if bits == 0 || k&(settings.EventsKeyspace|settings.EventsKeyevent) == 0 {
		return 0 // nothing is published, or nowhere
	}
	return bits | uint32(k)&(toKeyspace|toKeyevent)
}

// eventClasses has the classes as the directive and as the keyspace knows them. There
// are no modules, whose events d stands for.
var eventClasses = [...]struct {
	setting settings.KeyEvents
	class   keyspace.EventClass
}{
	{settings.EventsGeneric, keyspace.EventGeneric}, {settings.EventsString, keyspace.EventString},
	{settings.EventsList, keyspace.EventList}, {settings.EventsSet, keyspace.EventSet},
	{settings.EventsHash, keyspace.EventHash}, {settings.EventsZSet, keyspace.EventZSet},
	{settings.EventsExpired, keyspace.EventExpired}, {settings.EventsEvicted, keyspace.EventEvicted},
	{settings.EventsStream, keyspace.EventStream}, {settings.EventsKeyMiss, keyspace.EventKeyMiss},
	{settings.EventsNew, keyspace.EventNew},
}
