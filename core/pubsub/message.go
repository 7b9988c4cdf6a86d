package pubsub

import (
	"bytes"
	"strconv"
)

// Message is bytes for any number of clients, who share them: they are never changed.
type Message struct {
	bytes []byte // as RESP2 has it
	push  bool   // an array there, a push in RESP3
}

// Raw makes a message of b, which is not copied and not to be changed: replies that are
// the same in both protocols, or made for one client's.
func Raw(b []byte) Message { return Message{bytes: b} }

// Len is its length in bytes.
func (m Message) Len() int { return len(m.bytes) }

// newMessage makes an array of parts, or a push.
func newMessage(parts ...[]byte) Message {
	size := 4
	for _, p := range parts {
		size += bulkSize(len(p))
	}
	b := header(make([]byte, 0, size), '*', len(parts))
	for _, p := range parts {
		b = header(b, '$', len(p))
		b = append(b, p...)
		b = append(b, "\r\n"...)
	}
	return Message{bytes: b, push: true}
}

// bulkSize is the length of a bulk string of n bytes.
func bulkSize(n int) int {
	size := n + 6
	for ; n >= 10; n /= 10 {
		size++
	}
	return size
}

func header(b []byte, kind byte, n int) []byte {
	if n < 10 {
		return append(b, kind, byte('0'+n), '\r', '\n')
	}
	b = strconv.AppendInt(append(b, kind), int64(n), 10)
	return append(b, "\r\n"...)
}

// Parcel is messages that clients get together, in order. It is made for one loop.
type Parcel struct {
	messages []letter
	two      []byte // all of them in RESP2; nil until somebody asks
	three    []byte // and in RESP3
}

// One is a Parcel of one message.
func One(m Message) *Parcel { return &Parcel{messages: []letter{{m: m}}} }

// Bytes are the messages for a client that speaks RESP2 or, with proto 3, RESP3. They
// may be kept, and are not to be changed.
func (p *Parcel) Bytes(proto int) []byte {
	if proto <= 2 {
		if p.two == nil {
			p.two = p.join()
		}
		return p.two
	}
	if p.three == nil {
		p.three = p.pushes()
	}
	return p.three
}

func (p *Parcel) join() []byte {
	if len(p.messages) == 1 {
		return p.messages[0].m.bytes
	}
	size := 0
	for i := range p.messages {
		size += p.messages[i].m.Len()
	}
	b := make([]byte, 0, size)
	for i := range p.messages {
		b = append(b, p.messages[i].m.bytes...)
	}
	return b
}

// pushes is join for RESP3: of a push only the first byte differs.
func (p *Parcel) pushes() []byte {
	b, at := p.join(), 0
	if len(p.messages) == 1 && p.messages[0].m.push {
		b = bytes.Clone(b) // others share it
	}
	for i := range p.messages {
		if m := &p.messages[i].m; m.push {
			b[at] = '>'
		}
		at += p.messages[i].m.Len()
	}
	return b
}
