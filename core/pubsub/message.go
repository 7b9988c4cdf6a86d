package pubsub

import "strconv"

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

// newMessage makes a message of topic t, whose stripe is st, of parts: an array of them,
// or a push.
func (st *stripe) newMessage(t *topic, parts ...[]byte) Message {
	size := 4
	for _, p := range parts {
		size += bulkSize(len(p))
	}
	b := header(st.room(t, size)[:0], '*', len(parts))
	for _, p := range parts {
		b = header(b, '$', len(p))
		b = append(b, p...)
		b = append(b, "\r\n"...)
	}
	return Message{bytes: b, push: true}
}

const (
	// chunkBytes is the memory that messages of one topic in a row share.
	chunkBytes = 4 << 10
	// chunkMessage is the longest of them.
	chunkMessage = chunkBytes / 8
)

// room returns n bytes for a message of t. Messages of one topic that follow each other
// lie behind each other where they can, so that Parcel.join need not copy them. Other
// topics do not use the same chunk: whoever gets a message gets all of the topic, so that
// nobody who is late keeps more memory than is counted for him.
func (st *stripe) room(t *topic, n int) []byte {
	switch {
	case n > chunkMessage:
		return make([]byte, n)
	case t != st.last:
		st.last, st.chunk = t, nil
		return make([]byte, n)
	case len(st.chunk) < n:
		st.chunk = make([]byte, chunkBytes)
	}
	b := st.chunk[:n]
	st.chunk = st.chunk[n:]
	return b
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

// join is the messages in a row. They are shared with others.
func (p *Parcel) join() []byte {
	b := p.messages[0].m.bytes
	for i := 1; i < len(p.messages); i++ {
		next := p.messages[i].m.bytes
		n := len(b)
		if len(next) > cap(b)-n || &b[:n+1][n] != &next[0] {
			return p.copied()
		}
		b = b[:n+len(next)] // it lies behind the others
	}
	return b
}

// copied is join in memory of its own.
func (p *Parcel) copied() []byte {
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
	if len(p.messages) == 1 && !p.messages[0].m.push {
		return p.messages[0].m.bytes
	}
	b, at := p.copied(), 0
	for i := range p.messages {
		if m := &p.messages[i].m; m.push {
			b[at] = '>'
		}
		at += p.messages[i].m.Len()
	}
	return b
}
