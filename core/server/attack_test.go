package server_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// What docs/security.md promises, tried by clients that mean harm.

// TestMalformedRequests sends 10,000 broken requests of every kind, half of them by clients
// that have not authenticated. Each is answered with an error, or is the beginning
// of a request, or ends the connection; the server serves others all the while, and is as
// large and has as many goroutines as before when the clients have gone.
func TestMalformedRequests(t *testing.T) {
	r := start(t, t.TempDir(), "--save", "", "--requirepass", "secret")
	admin := r.dial()
	expect(t, admin, "OK", "AUTH", "secret")
	expect(t, admin, "OK", "SET", "kept", "value")
	n := 10000
	if testing.Short() {
		n = 1000
	}
	before := held(t, admin)
	const seed = 20
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(worker)))
			for range n / 4 {
				request := malformed(rng)
				if err := attack(address(r.port), request, rng.IntN(2) == 0); err != nil {
					t.Errorf("%.200q: %v", request, err)
					return
				}
			}
		})
	}
	wg.Wait()
	expect(t, admin, "value", "GET", "kept")
	r.eventually("all clients gone", func() bool {
		return strings.Count(admin.Must(t, "CLIENT", "LIST").(string), "\n") == 1
	})
	r.eventually("memory and goroutines as before", func() bool { return held(t, admin).near(before) })
}

// holding is what a server takes.
type holding struct{ memory, goroutines int64 }

func held(t *testing.T, c *redistest.Client) holding {
	runtime.GC()
	info := c.Must(t, "INFO", "memory").(string)
	_, rest, _ := strings.Cut(info, "used_memory:")
	memory, _, _ := strings.Cut(rest, "\r\n")
	n, err := strconv.ParseInt(memory, 10, 64)
	if err != nil {
		t.Fatalf("INFO memory: %v", err)
	}
	return holding{n, int64(runtime.NumGoroutine())}
}

func (h holding) near(before holding) bool {
	return h.memory < before.memory+16<<20 && h.goroutines < before.goroutines+20
}

// attack sends one broken request, then ends its half of the connection, and waits for the
// server to end the other half.
func attack(addr string, request []byte, authenticate bool) error {
	conn, err := net.DialTimeout("tcp", addr, 10*time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	if authenticate {
		if _, err := conn.Write([]byte("AUTH secret\r\n")); err != nil {
			return err
		}
	}
	if _, err := conn.Write(request); err != nil {
		return nil // it has already been cut off
	}
	conn.(*net.TCPConn).CloseWrite()
	replies, err := io.ReadAll(io.LimitReader(conn, 64<<20))
	if len(replies) == 64<<20 {
		return fmt.Errorf("it was sent 64 MB of replies")
	}
	if e, ok := err.(net.Error); ok && e.Timeout() {
		return fmt.Errorf("the server neither answers nor ends the connection")
	}
	if !authenticate && bytes.Contains(replies, []byte("value")) {
		return fmt.Errorf("an unauthenticated client was sent data: %.100q", replies)
	}
	return nil
}

// malformed draws a request that is broken in one of many ways, or nearly whole.
func malformed(rng *rand.Rand) []byte {
	whole := []string{
		"*2\r\n$3\r\nGET\r\n$4\r\nkept\r\n", "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n", "GET kept\r\n",
		"*4\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n0\r\n$1\r\nx\r\n", "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n", "MULTI\r\nGET kept\r\nEXEC\r\n",
		"*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\nc\r\n", "*3\r\n$7\r\nRESTORE\r\n$1\r\nk\r\n$1\r\n0\r\n", "*1\r\n$7\r\nMONITOR\r\n",
		"*5\r\n$4\r\nXADD\r\n$1\r\ns\r\n$1\r\n*\r\n$1\r\na\r\n$1\r\nb\r\n", "*3\r\n$5\r\nBLPOP\r\n$1\r\nq\r\n$4\r\n0.01\r\n",
	}
	request := []byte(whole[rng.IntN(len(whole))])
	numbers := []string{"-1", "0", "-0", "00", "2147483647", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808",
		"-9223372036854775808", "1e9", "+3", " 3", "3 ", "0x10", "", "99999999999999999999999", "536870913", "1073741824", "\x00"}
	number := func() string { return numbers[rng.IntN(len(numbers))] }
	random := func(n int) []byte {
		b := make([]byte, rng.IntN(n)+1)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		return b
	}
	switch rng.IntN(14) {
	case 0: // bytes of no kind
		return append(random(2000), "\r\n"...)
	case 1: // cut short
		return request[:rng.IntN(len(request))]
	case 2: // some bytes changed
		for range 1 + rng.IntN(4) {
			request[rng.IntN(len(request))] = byte(rng.Uint32())
		}
		return request
	case 3: // a count that is none, or announces too much
		return []byte("*" + number() + "\r\n$3\r\nGET\r\n$1\r\na\r\n")
	case 4: // a length that is none, or announces too much
		return []byte("*2\r\n$3\r\nGET\r\n$" + number() + "\r\nabc\r\n")
	case 5: // headers without end
		return append([]byte("*"), bytes.Repeat([]byte("1"), rng.IntN(100_000))...)
	case 6:
		return append([]byte("*1\r\n$"), bytes.Repeat([]byte("9"), rng.IntN(100_000))...)
	case 7: // an inline request without end, or with quotes that do not match
		return append(bytes.Repeat([]byte("a"), rng.IntN(100_000)), number()...)
	case 8:
		return []byte("SET a \"" + strings.Repeat("\\x", rng.IntN(50)) + "'" + string(random(50)) + "\r\n")
	case 9: // the wrong line ends, types of replies, types within arrays
		return bytes.ReplaceAll(request, []byte("\r\n"), []byte{"\n\r\x00"[rng.IntN(3)]})
	case 10:
		return []byte("*2\r\n" + string("+-:%~>_#,(=!"[rng.IntN(12)]) + number() + "\r\n$1\r\na\r\n")
	case 11: // another protocol
		others := []string{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\n\r\nFLUSHALL\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
			"SSH-2.0-OpenSSH_9\r\n", "\x00\x00\x00\x08\x04\xd2\x16\x2f"}
		return []byte(others[rng.IntN(len(others))])
	case 12: // arguments of every length where commands expect something else
		var b bytes.Buffer
		args := 1 + rng.IntN(9)
		fmt.Fprintf(&b, "*%d\r\n", args)
		for i := range args {
			arg := random(40)
			if i == 0 {
				names := []string{"SET", "EVAL", "XADD", "ZADD", "RESTORE", "BITFIELD", "SORT", "GEOADD", "FUNCTION", "ACL", "CLIENT", "CONFIG", "MIGRATE", "XREADGROUP", "LMPOP", "HSETEX", "OBJECT", "HELLO", "AUTH", "FCALL", "SUBSCRIBE", "SETRANGE", "SCAN", "PSYNC", "CLUSTER"}
				arg = []byte(names[rng.IntN(len(names))])
			} else if rng.IntN(2) == 0 {
				arg = []byte(number())
			}
			fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
		}
		return b.Bytes()
	default: // several in one packet, the last one cut
		b := binary.LittleEndian.AppendUint16(nil, uint16(rng.Uint32()))
		for range rng.IntN(20) {
			b = append(b, request...)
		}
		return b[:len(b)-rng.IntN(2)]
	}
}

// TestAnnouncedLengths has clients announce what they never send: nothing is allocated for
// it, with or without authentication, and before it hardly anything may be announced.
func TestAnnouncedLengths(t *testing.T) {
	r := start(t, t.TempDir(), "--save", "", "--requirepass", "secret")
	admin := r.dial()
	expect(t, admin, "OK", "AUTH", "secret")
	before := held(t, admin)
	for _, request := range []string{
		"*2\r\n$3\r\nGET\r\n$536870912\r\n", "*1000000\r\n", "*2147483647\r\n$1\r\n", "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$500000000\r\nx",
	} {
		for i := range 200 {
			conn, err := net.Dial("tcp", address(r.port))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if i%2 == 0 {
				fmt.Fprint(conn, "AUTH secret\r\n")
			}
			fmt.Fprint(conn, request)
		}
	}
	expect(t, admin, "PONG", "PING")
	if now := held(t, admin); now.memory > before.memory+64<<20 {
		t.Errorf("400 clients that have announced gigabytes hold %d MB", (now.memory-before.memory)>>20)
	}
	for request, want := range map[string]string{
		"*11\r\n": "-ERR Protocol error: unauthenticated multibulk length\r\n", "*1\r\n$16385\r\n": "-ERR Protocol error: unauthenticated bulk length\r\n",
	} {
		conn, err := net.Dial("tcp", address(r.port))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		fmt.Fprint(conn, request)
		if got, err := io.ReadAll(conn); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v; want %q", request, got, err, want)
		}
	}
}

// TestSlowClients has 300 clients send a request byte by byte, without end, and 50 that never
// read what they have asked for. Another one is served meanwhile, memory stays bounded, and
// timeout ends the silent ones.
func TestSlowClients(t *testing.T) {
	r := start(t, t.TempDir(), "--save", "", "--timeout", "1", "--client-output-buffer-limit", "normal 1mb 0 0")
	admin := r.dial()
	expect(t, admin, "OK", "SET", "large", strings.Repeat("x", 100_000))
	before := held(t, admin)
	slow := make([]net.Conn, 300)
	for i := range slow {
		conn, err := net.Dial("tcp", address(r.port))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		slow[i] = conn
	}
	for range 50 {
		conn, err := net.Dial("tcp", address(r.port))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		go conn.Write(bytes.Repeat([]byte("GET large\r\n"), 1000)) // 100 MB of replies
	}
	request := []byte("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1000\r\n")
	for i := range 100 {
		for _, conn := range slow {
			b := byte('x')
			if i < len(request) {
				b = request[i]
			}
			conn.Write([]byte{b})
		}
		expect(t, admin, "PONG", "PING")
	}
	if now := held(t, admin); now.memory > before.memory+200<<20 {
		t.Errorf("slow clients hold %d MB", (now.memory-before.memory)>>20)
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if strings.Count(admin.Must(t, "CLIENT", "LIST").(string), "\n") == 1 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("clients that are silent for longer than timeout are still there")
		}
	}
}

// TestUnauthenticatedReplies has a client that may do nothing ask for errors without reading
// them: it is cut off at a kilobyte or so of unread replies beyond what the socket takes.
func TestUnauthenticatedReplies(t *testing.T) {
	r := start(t, t.TempDir(), "--save", "", "--requirepass", "secret")
	conn, err := net.Dial("tcp", address(r.port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	flood := bytes.Repeat([]byte("PING\r\n"), 100_000)
	var sent int
	for sent = 0; sent < 200<<20; {
		n, err := conn.Write(flood)
		sent += n
		if err != nil {
			break
		}
	}
	if sent >= 200<<20 {
		t.Error("it was never cut off")
	}
	admin := r.dial()
	expect(t, admin, "OK", "AUTH", "secret")
	expect(t, admin, "PONG", "PING")
}

// TestScriptEscapes runs scripts that want out of the sandbox, or want all memory or time.
// Each ends in an error, and what they leave behind is not seen by the next one.
func TestScriptEscapes(t *testing.T) {
	r := start(t, t.TempDir(), "--save", "", "--busy-reply-threshold", "100", "--maxmemory", "256mb")
	c := r.dial()
	for _, script := range []string{
		"os.execute('id')", "return os.getenv('HOME')", "return io.open('/etc/passwd')", "return require('os')", "return dofile('/etc/passwd')",
		"return loadfile('/etc/passwd')", "return package.loaded", "return debug.getregistry()", "print('x')",
		"return newproxy(true)", "return module('x')", "x = 1", "_G.x = 1", "rawset(_G, 'x', 1)", "setmetatable(_G, {})", "getmetatable(_G).__newindex = nil", "string.rep = nil",
		"redis.call = nil", "cjson.encode = nil", "table.insert(string, 1)", "getmetatable('').__index = nil", "setmetatable('', {})", "getfenv(0).x = 1",
		"setfenv(0, {})", "return loadstring('\\27Lua')()", "return load(function() return '\\27Lua' end)()", "return collectgarbage('step', 1e9), x", "channel.make()", "goto x",
		"return coroutine.wrap(function() os.exit() end)()", "local t = {} t[1] = t return cjson.encode(t)",
		"local function f() return 1 + f() end return f()", "return ('x'):rep(1e9):rep(1e9)",
		"return unpack({}, 1, 1e8)", "local t = {} for i = 1, 1e9 do t[i] = string.rep('x', 1000) .. i end", "local s = 'x' while true do s = s .. s end",
		"return cmsgpack.unpack(string.rep('\\x91', 100000))", "return cjson.decode(string.rep('[', 100000))", "return struct.unpack('c1000000000', 'x')", "return struct.pack('>i1000000000', 1)",
		"return redis.call('EVAL', 'return 1', 0)", "return redis.call('SHUTDOWN')", "return redis.call('CONFIG', 'SET', 'dir', '/')", "return redis.call('SUBSCRIBE', 'x')",
	} {
		began := time.Now()
		got, err := c.Do("EVAL", script, "0")
		if err != nil {
			t.Fatalf("%s: %v", script, err)
		}
		if _, isError := got.(redistest.Error); !isError {
			t.Errorf("%s: %.100v; want an error", script, got)
		}
		if took := time.Since(began); took > 2*time.Minute {
			t.Errorf("%s took %v", script, took)
		}
		expect(t, c, "0", "EVAL", "local ok = pcall(function() return x end) return tostring(ok and 1 or 0)", "0")
	}
	expect(t, c, "table function function", "EVAL", "return type(redis) .. ' ' .. type(redis.call) .. ' ' .. type(string.rep)", "0")
	if info := c.Must(t, "INFO", "memory").(string); !strings.Contains(info, "used_memory:") {
		t.Error(info)
	}
	runaway(t, r)
}

// runaway has a script run for ever in ways that a hook could miss, until it is killed.
func runaway(t *testing.T, r *running) {
	killer := r.dial()
	for _, script := range []string{
		"while true do end", "repeat until false", "for i = 1, 1e300 do end", "local function f() return f() end return f()",
		"local function f(...) return f(1, ...) end return f()", "while true do pcall(error, 'x') end", "while true do pcall(redis.call, 'nosuch') end", "while true do string.find('x', 'y') end",
		"local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end}) while true do pcall(function() return t[1] end) end",
		"return table.sort({3, 1, 2, 5, 4, 7}, function() while true do end end)", "return string.gsub('x', 'x', function() while true do end end)",
		"return coroutine.wrap(function() while true do end end)()", "while true do coroutine.wrap(function() coroutine.yield() end)() end",
	} {
		conn, err := net.Dial("tcp", address(r.port))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "*3\r\n$4\r\nEVAL\r\n$%d\r\n%s\r\n$1\r\n0\r\n", len(script), script)
		r.eventually("busy with "+script, func() bool {
			got, _ := killer.Do("PING")
			e, ok := got.(redistest.Error)
			return ok && strings.HasPrefix(string(e), "BUSY")
		})
		r.eventually("killed: "+script, func() bool {
			got, _ := killer.Do("SCRIPT", "KILL")
			e, ok := got.(redistest.Error)
			return ok && strings.HasPrefix(string(e), "NOTBUSY")
		})
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "script") {
			t.Errorf("%s: %q, %v", script, line, err)
		}
		conn.Close()
	}
}
