package main

import (
	"fmt"
	"maps"
	"strings"
)

// A group is the grammar of one of Redis's command groups. A new type adds a
// group to groups and its values to terminals. Each line is one rule, drawn
// with the group's weight:
//
//	WORD       itself                  ?word      in half of the cases
//	a|b|c      one of                  word+      one to three times
//	a,b        several arguments       -          nothing
//	key …      a terminal of the table below
type group struct {
	name   string
	weight int
	rules  string
}

type rule struct {
	words  []string
	weight int
}

var groups = append([]group{
	{"connection", 1, connectionRules},
	{"users", 1, userRules},
	{"generic", 4, genericRules},
	{"string", 6, stringRules},
	{"bitmap", 5, bitmapRules},
	{"hyperloglog", 4, hllRules},
	{"command", 1, commandRules},
	{"server", 1, serverRules},
	{"big", 2, bigRules},
}, typeGroups...)

// userRules leave out ACL LOG and GENPASS, which tell of times and are random.
const userRules = `
ACL WHOAMI
ACL USERS
ACL LIST
ACL CAT ?junk
ACL CAT junk junk
ACL SETUSER alice on|off|nopass|resetpass|reset|+get|-get|clearselectors|junk
ACL SETUSER alice ~a*|%R~*b*|%W~*|allkeys|resetkeys|&c|allchannels|resetchannels >value
ACL SETUSER alice (+set ~* junk|&x)
ACL GETUSER alice|nobody
ACL DELUSER nobody|alice
ACL DELUSER nobody default
ACL DRYRUN alice|default|nobody GET|SET|junk key ?value
ACL LOAD
ACL SAVE
ACL HELP ?junk
`

const connectionRules = `
PING ?value
ECHO value
SELECT db|junk
HELLO ?2|3|4|junk|-1
HELLO 2|3 SETNAME name
HELLO 2|3 AUTH default junk
HELLO 3 SETNAME
RESET
AUTH value
AUTH default value
AUTH nobody value
AUTH a b c
CLIENT SETNAME name
CLIENT SETNAME bad,name|junk
CLIENT GETNAME
CLIENT ID
CLIENT INFO
CLIENT HELP
CLIENT NO-EVICT on|off|junk
CLIENT NO-TOUCH on|off|junk
CLIENT REPLY ON|junk
CLIENT REPLY
CLIENT KILL junk
CLIENT KILL ID 999999|-1|0|x
CLIENT KILL TYPE junk
CLIENT UNBLOCK 999999 ?TIMEOUT|ERROR|junk
CLIENT LIST TYPE junk
CLIENT LIST ID 999999
CLIENT GETREDIR
CLIENT TRACKINGINFO
CLIENT CACHING yes|no|junk
CLIENT PAUSE junk
CLIENT UNPAUSE
CLIENT junk
CLIENT
TIME
LASTSAVE
junk ?value+
NOSUCHCOMMAND ?value+
`

const genericRules = `
DEL key+
UNLINK key+
EXISTS key+
TOUCH key+
TYPE key
RENAME key key
RENAMENX key key
COPY key key ?DB,db ?REPLACE
COPY key key junk
MOVE key db
RANDOMKEY
KEYS pattern
SCAN 0 ?MATCH,pattern ?COUNT,small ?TYPE,string|list|junk
SCAN junk
SCAN 0 COUNT junk
DBSIZE
FLUSHDB ?ASYNC|SYNC|junk
EXPIRE key ttl ?NX|XX|GT|LT
PEXPIRE key pttl ?NX|XX|GT|LT
EXPIREAT key at|past ?NX|XX|GT|LT
PEXPIREAT key pat|past ?NX|XX|GT|LT
EXPIRE key ttl NX|XX|GT|LT|junk NX|XX|GT|LT
EXPIRE key badttl
PEXPIRE key badttl
EXPIREAT key badttl
PEXPIREAT key badttl
TTL key
PTTL key
EXPIRETIME key
PEXPIRETIME key
PERSIST key
OBJECT ENCODING key
OBJECT REFCOUNT key
OBJECT FREQ key
OBJECT IDLETIME key
OBJECT HELP
OBJECT junk key
OBJECT ENCODING
MEMORY USAGE key ?SAMPLES,small
SWAPDB db db
`

const stringRules = `
SET key value
SET key int
SET key value NX|XX|GET|KEEPTTL ?NX|XX|GET|KEEPTTL
SET key value EX,ttl|PX,pttl|EXAT,at|PXAT,pat ?NX|XX|GET|KEEPTTL
SET key value EX|PX|EXAT|PXAT badttl
SET key value EX
SET key value junk
GET key
GETSET key value
GETDEL key
GETEX key ?EX,ttl|PX,pttl|EXAT,at|PXAT,pat|PERSIST|junk
GETEX key EX|PX badttl
MGET key+
MSET key,value+
MSETNX key,value+
MSET key
MSET key,value,key
SETNX key value
SETEX key ttl value
PSETEX key pttl value
SETEX key badttl value
PSETEX key badttl value
APPEND key value
STRLEN key
SETRANGE key offset value
GETRANGE key index index
SUBSTR key index index
INCR key
DECR key
INCRBY key int
DECRBY key int
INCRBYFLOAT key float
LCS key key
LCS key key LEN|IDX ?MINMATCHLEN,small ?WITHMATCHLEN
LCS key key LEN IDX
`

const bitmapRules = `
SETBIT key offset bit
GETBIT key offset
BITCOUNT key
BITCOUNT key index index ?BIT|BYTE|junk
BITCOUNT key index
BITPOS key bit
BITPOS key bit index
BITPOS key bit index index ?BIT|BYTE|junk
BITOP AND|OR|XOR|NOT|junk key key+
BITOP NOT key key
BITFIELD key GET,bftype,bfoffset+
BITFIELD key SET,bftype,bfoffset,int+
BITFIELD key OVERFLOW,WRAP|SAT|FAIL|junk INCRBY,bftype,bfoffset,int+
BITFIELD key GET,bftype,bfoffset INCRBY,bftype,bfoffset,int OVERFLOW,SAT SET,bftype,bfoffset,int
BITFIELD key
BITFIELD_RO key GET,bftype,bfoffset+
BITFIELD_RO key SET,bftype,bfoffset,int
`

const hllRules = `
PFADD hll value+
PFADD hll
PFADD key value
PFCOUNT hll
PFCOUNT hll+
PFCOUNT key
PFMERGE hll hll+
PFMERGE hll
PFDEBUG ENCODING hll
PFDEBUG TODENSE hll
PFDEBUG DECODE hll
PFDEBUG junk hll
GET hll
STRLEN hll
`

const commandRules = `
COMMAND COUNT
COMMAND GETKEYS GET key
COMMAND GETKEYS MSET key,value+
COMMAND GETKEYS BITOP AND key key+
COMMAND GETKEYS PING
COMMAND GETKEYS junk
COMMAND GETKEYS GET
COMMAND GETKEYS
COMMAND GETKEYSANDFLAGS SET key value
COMMAND GETKEYSANDFLAGS GETEX key
COMMAND GETKEYSANDFLAGS COPY key key
COMMAND GETKEYSANDFLAGS junk
COMMAND INFO nosuchcommand
COMMAND LIST FILTERBY junk value
COMMAND LIST FILTERBY PATTERN getr*|setb*|nothing*
COMMAND LIST FILTERBY MODULE junk
COMMAND DOCS nosuchcommand
COMMAND junk
COMMAND INFO get|set|bitop|nosuch ?nosuch
`

const serverRules = `
FLUSHALL ?ASYNC|SYNC|junk
FLUSHALL ASYNC SYNC
DEBUG junk
DEBUG SLEEP 0
DEBUG SET-ACTIVE-EXPIRE 1|junk
DEBUG OBJECT nosuchkey
DEBUG SDSLEN nosuchkey
DEBUG DIGEST
DEBUG DIGEST-VALUE key+
DEBUG RELOAD ?junk
DEBUG RELOAD
DEBUG POPULATE small ?name ?small
DEBUG ERROR value
DEBUG PROTOCOL string|integer|double|null|array|set|map|attrib|verbatim|true|false|bignum|junk
DEBUG LISTPACK key
DEBUG QUICKLIST key
DEBUG QUICKLIST-PACKED-THRESHOLD small|junk
DEBUG CHANGE-REPL-ID
DEBUG STRINGMATCH-LEN small pattern
DEBUG REPLYBUFFER PEAK-RESET-TIME never|reset|100|junk
CONFIG GET nosuchdirective
CONFIG GET maxmemory-policy|databases|save|maxmemory|appendonly|proto-max-bulk-len|hz
CONFIG GET maxmemory-policy databases
CONFIG GET
CONFIG SET nosuchdirective value
CONFIG SET
CONFIG SET maxmemory-policy noeviction|allkeys-lru|allkeys-lfu|volatile-ttl|junk
CONFIG SET maxmemory junk
CONFIG SET maxmemory 0|0b|0mb
CONFIG SET databases 4
CONFIG SET maxmemory-samples junk
CONFIG SET maxmemory-samples 5 maxmemory-samples 6
CONFIG SET maxmemory-samples 5 nosuchdirective value
CONFIG SET maxmemory-samples 5 hz junk
CONFIG SET maxmemory-samples
CONFIG SET lazyfree-lazy-expire yes|no|junk
CONFIG SET hz 10|junk
CONFIG SET save junk
CONFIG SET timeout 0|junk
CONFIG SET proto-max-bulk-len 512mb|1mb|1.5|-1
CONFIG SET client-output-buffer-limit junk
CONFIG SET loglevel junk
CONFIG SET slowlog-log-slower-than 10000|junk
CONFIG RESETSTAT
CONFIG REWRITE
CONFIG junk
OBJECT FREQ key
OBJECT IDLETIME key
SLOWLOG RESET|junk
SLOWLOG HELP
MEMORY junk
MEMORY USAGE nosuchkey
MEMORY USAGE key SAMPLES -1|junk
LATENCY RESET
LATENCY HISTORY junk
LATENCY junk
BGSAVE junk
INFO nosuchsection
SWAPDB 0 0
`

// Values around the seams of how Redoubt lays strings out: 1 KiB, nodes of
// 32 KiB, chunks of 16 KiB.
const bigRules = `
SET big bigvalue
SET big bigvalue EX ttl ?KEEPTTL
APPEND big value|bigvalue
SETRANGE big bigoffset value|bigvalue
SETRANGE big hugeoffset value
GETRANGE big bigindex bigindex
SETBIT big bigbit bit
SETBIT big hugebit bit
GETBIT big bigbit|hugebit
BITCOUNT big bigindex bigindex
BITCOUNT big
BITPOS big bit bigindex ?bigindex
BITPOS big bit
BITFIELD big SET bftype bigbit int GET bftype bigbit
BITFIELD big INCRBY bftype hugebit int
BITOP AND|OR|XOR big big big
BITOP NOT big big
STRLEN big
GET big
GETSET big bigvalue
COPY big big REPLACE
RENAME big big
DEL big
OBJECT ENCODING big
INCR big
LCS big big LEN
PFCOUNT big
PFADD big value
`

// terminals make one argument each. Times to live lie so far ahead that none
// ends during a run; a past one is only for the commands that delete the key
// at once (SET leaves it to the expiry cycle, and DBSIZE would see when); see near in compare.go.
var terminals = makeTerminals()

func makeTerminals() map[string]func(*gen) string {
	all := stringTerminals()
	maps.Copy(all, typeTerminals())
	return all
}

func stringTerminals() map[string]func(*gen) string {
	return map[string]func(*gen) string{
		"key": func(g *gen) string {
			return g.of("k1", "k2", "k3", "k4", "k5", "k6", "k7", "{tag}a", "{tag}b", "", "bin\x00\r\n")
		},
		"hll":   func(g *gen) string { return g.of("h1", "h2", "h3") },
		"db":    func(g *gen) string { return g.of("0", "0", "0", "1", "9", "15", "16", "-1") },
		"name":  func(g *gen) string { return g.of("alice", "bob", "", "with space", "new\nline") },
		"value": (*gen).value,
		"junk":  (*gen).junk,
		"bit":   func(g *gen) string { return g.of("0", "1", "0", "1", "2", "-1", "x") },
		"small": func(g *gen) string { return g.of("1", "2", "5", "10", "100", "0", "-1") },
		"int": func(g *gen) string {
			return g.of(g.number(-100, 100), g.number(-100, 100), "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1.5", "abc", "")
		},
		"float": func(g *gen) string {
			return g.of("1.5", "-0.1", "3", "1e10", "5e-5", "0.1", "nan", "inf", "-inf", "1e400", "abc", "", " 1", "1 ", "0x10")
		},
		"offset": func(g *gen) string {
			return g.of(g.number(0, 20), g.number(0, 20), g.number(0, 2000), "-1", "536870912", "4294967296", "9223372036854775807", "x")
		},
		"index": func(g *gen) string {
			return g.of(g.number(-10, 20), g.number(-10, 20), g.number(-300, 300), "0", "-1", "9223372036854775807", "-9223372036854775808", "x")
		},
		"ttl":       func(g *gen) string { return g.number(1000, 1_000_000) },
		"pttl":      func(g *gen) string { return g.number(1_000_000, 1_000_000_000) },
		"at":        func(g *gen) string { return g.number(4_000_000_000, 9_000_000_000) },
		"pat":       func(g *gen) string { return g.number(4_000_000_000_000, 9_000_000_000_000) },
		"big":       func(g *gen) string { return g.of("big1", "big2", "big3") },
		"bigvalue":  func(g *gen) string { return g.pattern(g.seam()) },
		"bigoffset": func(g *gen) string { return fmt.Sprint(g.seam()) },
		"bigindex":  func(g *gen) string { return g.of("", "-") + fmt.Sprint(g.seam()) },
		"bigbit":    func(g *gen) string { return fmt.Sprint(g.seam()*8 + g.IntN(8)) },
		"hugeoffset": func(g *gen) string {
			return g.of("536870912", "536870913", "536870911999", "9223372036854775807", "-9223372036854775808")
		},
		"hugebit": func(g *gen) string { return g.of("4294967296", "4294967297", "9223372036854775807", "-1") },
		"past":    func(g *gen) string { return g.of("1", "0", "-5", "1000000000") },
		"badttl": func(g *gen) string {
			return g.of("0", "-1", "x", "", "1.5", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
				"9223372036854775", "9223372036854776", "-9223372036854775", "9223370000000000000")
		},
		"pattern": func(g *gen) string {
			return g.of("*", "k*", "k?", "[kh][1-3]", "[^k]*", "\\k1", "{tag}*", "", "nothing", "*1", "k[", "h[1-")
		},
		"bftype": func(g *gen) string {
			return g.of("u8", "i8", "u1", "i16", "u63", "i64", "u64", "i65", "u0", "x8", "8", "i")
		},
		"bfoffset": func(g *gen) string {
			return g.of(g.number(0, 100), "#1", "#0", "#3", "-1", "#-1", "4294967296", "x", "#")
		},
	}
}

var junkWords = []string{
	"", "x", "nan", "NaN", "inf", "-inf", "-1", "0", "1.5", "1e400",
	"9223372036854775807", "-9223372036854775808", "9223372036854775808",
	"18446744073709551616", "\x00", "\xff\xfe", "a b", "new\r\nline",
	strings.Repeat("long", 40), "%s%n", "*", "KEEPTTL", "'quoted'",
}

// rawRequests go out as they are, on a connection of their own, followed by
// an ECHO: inline commands, several protocol errors, and replies switched off.
var rawRequests = []string{
	"PING\r\n", "PING\n", "  PING  hello \r\n", "\r\n\r\nPING\r\n",
	"SET {key} \"quoted \\x41\\n\"\r\nGET {key}\r\n", "SET {key} 'single \\' quote'\r\nGET {key}\r\n",
	"ECHO \"unbalanced\r\n", "ECHO 'unbalanced\r\n", "ECHO \"a\"b\r\n", "nosuch thing\r\n",
	"*0\r\nPING\r\n", "*-1\r\nPING\r\n", "*x\r\n", "*1048577\r\n", "*2147483648\r\n", "*9999999999999999999\r\n",
	"*1\r\n+PING\r\n", "*1\r\n$-1\r\n", "*1\r\n$x\r\n", "*1\r\n$536870913\r\n", "*1\r\n:1\r\n",
	"*3\r\n$3\r\nSET\r\n$1\r\nx\r\nfooz\r\n", "*2\r\n$3\r\nGET\r\n$-5\r\n",
	"*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nQUIT\r\n*1\r\n$4\r\nPING\r\n", "QUIT\r\n",
	"CLIENT REPLY OFF\r\nSET {key} off\r\nCLIENT REPLY ON\r\nGET {key}\r\n",
	"CLIENT REPLY SKIP\r\nSET {key} skip\r\nGET {key}\r\n",
	"HELLO 3\r\nGET nosuchkey\r\nHELLO 2\r\nGET nosuchkey\r\n",
	"CLIENT SETNAME x\r\nRESET\r\nCLIENT GETNAME\r\n",
	"*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$99999999999\r\n", "*2\r\n$4\r\nECHO\r\n$+2\r\nhi\r\n", "*2\r\n$4\r\nECHO\r\n$02\r\nhi\r\n",
	"*2\r\n$4\r\nECHO\r\n$ 2\r\nhi\r\n", "*+1\r\n$4\r\nPING\r\n", "*01\r\n$4\r\nPING\r\n", "* 1\r\n$4\r\nPING\r\n", "*\r\n", "$4\r\nPING\r\n",
	"*2\r\n$4\r\nECHO\r\n$\r\n", "*1048576\r\n$-2\r\n", "*-2\r\nPING\r\n", "*-9223372036854775808\r\nPING\r\n", "*1\n$4\nPING\n",
	"*1\r\n$4294967296\r\n", "*1\r\n$18446744073709551617\r\n", "*1\r\n$0\r\n\r\n", "*2\r\n$0\r\n\r\n$0\r\n\r\n",
	"\t PING \t\r\n", "\"PING\"\r\n", "\"\"\r\n", "''\r\n", "\"\\x50ING\"\r\n", "\"\\xzz\"\r\n", "PING \"a\\\r\n", "\r\r\n", "\xff\xfe\r\n", "+OK\r\n", "-ERR\r\n", ":1\r\n", "%1\r\n", "~1\r\n",
	"GET / HTTP/1.0\r\n", "POST / HTTP/1.0\r\n", "Host: somewhere\r\n",
}
