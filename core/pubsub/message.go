package pubsub

import "strconv"

// Message is bytes for any number of clients, who share it. It is never changed.
type Message struct {
	bytes []byte // as RESP2 has it
	push  bool   // an array there, a push in RESP3
}

// Raw makes a message of b, which is not copied and not to be changed: a reply of any
// kind that is the same in both protocols, or made for one client's.
func Raw(b []byte) *Message { return &Message{bytes: b} }

// Len is its length in bytes.
func (m *Message) Len() int { return len(m.bytes) }

// AppendTo appends the message to b for a client that speaks RESP2 or, with proto 3,
// RESP3: only the first byte differs.
func (m *Message) AppendTo(b []byte, proto int) []byte {
	n := len(b)
	b = append(b, m.bytes...)
	if m.push && proto > 2 {
		b[n] = '>'
	}
	return b
}

// newMessage makes an array of parts, or a push.
func newMessage(parts ...[]byte) *Message {
	size := 16
	for _, p := range parts {
		size += len(p) + 16
	}
	b := header(make([]byte, 0, size), '*', len(parts))
	for _, p := range parts {
		b = header(b, '$', len(p))
		b = append(b, p...)
		b = append(b, "\r\n"...)
	}
	return &Message{bytes: b, push: true}
}

func header(b []byte, kind byte, n int) []byte {
	b = strconv.AppendInt(append(b, kind), int64(n), 10)
	return append(b, "\r\n"...)
}
