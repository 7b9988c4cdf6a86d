package timesync

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// An NTP packet (RFC 5905, 7.3; we are an SNTP client, section 14)
//
//	0   leap indicator 2 bits, version 3 bits, mode 3 bits
//	1   stratum     2  poll     3  precision
//	4   root delay, 16.16 bits of seconds     8  root dispersion, 16.16
//	12  reference id; in a packet of stratum 0: a kiss code, as "RATE"
//	16  reference time      24  origin: the request's transmit time
//	32  receive time        40  transmit time      each 32.32 bits of seconds since 1900
const (
	packetSize  = 48
	leapUnknown = 3
	modeClient  = 3
	modeServer  = 4
	version     = 4
	// maxDistance is how far off a server may be from its own reference.
	maxDistance = 1500 * time.Millisecond
)

// errKiss is a server's "go away" (RFC 5905, 7.4).
var errKiss = errors.New("the server does not want to be asked")

// request returns a packet whose transmit time is a nonce: the answer must have
// it, and it does not tell the server what our clock shows.
func request(nonce uint64) []byte {
	b := make([]byte, packetSize)
	b[0] = version<<3 | modeClient
	binary.BigEndian.PutUint64(b[40:], nonce)
	return b
}

// sample is what an exchange with a server shows.
type sample struct {
	offset time.Duration // what our clock lacks
	delay  time.Duration // of the way there and back: twice the offset's largest error
}

// answer judges a server's packet. sent and received are by our own clock.
func answer(b []byte, nonce uint64, sent, received time.Time) (s sample, err error) {
	if len(b) < packetSize || b[0]&7 != modeServer || binary.BigEndian.Uint64(b[24:]) != nonce {
		return s, errors.New("that is no answer to what was asked")
	}
	stratum := b[1]
	switch {
	case stratum == 0:
		return s, fmt.Errorf("%w (%.4q)", errKiss, b[12:16])
	case stratum > 15 || b[0]>>6 == leapUnknown:
		return s, errors.New("the server's clock is not synchronized")
	}
	if distance := short(b[4:])/2 + short(b[8:]); distance > maxDistance {
		return s, fmt.Errorf("the server's clock may be %s off", distance)
	}
	arrived, left := timestamp(b[32:]), timestamp(b[40:])
	if left.Before(arrived) || binary.BigEndian.Uint64(b[40:]) == 0 {
		return s, errors.New("the server's times are in disorder")
	}
	s.offset = arrived.Sub(sent)/2 + left.Sub(received)/2
	// By the monotonic clock, so a step meanwhile does no harm to the delay.
	s.delay = max(received.Sub(sent)-left.Sub(arrived), 0)
	return s, nil
}

// short reads a time of 16.16 bits.
func short(b []byte) time.Duration {
	return time.Duration(binary.BigEndian.Uint32(b)) * time.Second >> 16
}

// timestamp reads a time of 32.32 bits. The seconds of an era end in 2036; a time
// that would lie before 2000 is one of the next era.
func timestamp(b []byte) time.Time {
	const from1900to1970, from1900to2000 = 2208988800, 3155673600
	seconds := int64(binary.BigEndian.Uint32(b))
	if seconds < from1900to2000 {
		seconds += 1 << 32
	}
	fraction := int64(binary.BigEndian.Uint32(b[4:]))
	return time.Unix(seconds-from1900to1970, fraction*1e9>>32)
}
