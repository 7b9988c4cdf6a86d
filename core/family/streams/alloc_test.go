package streams

import "testing"

// TestNoAllocs: what is sent all day does not burden Go's heap.
func TestNoAllocs(t *testing.T) {
	p := newPair(t, 4096, 100)
	p.NoAllocs("XADD", "s", "*", "field", "value", "other", "12345")
	p.NoAllocs("XADD", "capped", "MAXLEN", "~", "100", "*", "field", "value")
	p.NoAllocs("XADD", "short", "MAXLEN", "5", "*", "field", "value")
	p.NoAllocs("XLEN", "s")
	p.NoAllocs("XRANGE", "s", "-", "+", "COUNT", "10")
	p.NoAllocs("XREVRANGE", "s", "+", "-", "COUNT", "10")
	p.NoAllocs("XREAD", "COUNT", "10", "STREAMS", "s", "capped", "0", "0")
	p.NoAllocs("XDEL", "s", "1-1")
	p.Same("XGROUP", "CREATE", "g", "g", "0", "MKSTREAM")
	p.NoAllocs("XADD", "g", "*", "field", "value")
	p.NoAllocs("XREADGROUP", "GROUP", "g", "c", "COUNT", "1", "STREAMS", "g", ">")
	p.NoAllocs("XREADGROUP", "GROUP", "g", "c", "COUNT", "1", "NOACK", "STREAMS", "g", "9999999999999")
	p.NoAllocs("XACK", "g", "g", "1-1")
}
