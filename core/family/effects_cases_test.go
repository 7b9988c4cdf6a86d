package family_test

// effectCases are the scripts, by family.
var effectCases = [][]effectCase{
	stringEffects, keyEffects, listEffects, setEffects, zsetEffects, hashEffects, fieldEffects, streamEffects, geoEffects,
	bitmapEffects, hllEffects, blockingEffects, expiredEffects, transactionEffects, otherEffects,
}

var stringEffects = []effectCase{
	{name: "set", script: `
		set k v
		SET k v
		set k v nx
		set k2 v nx
		set k v xx
		set k3 v xx
		set k v keepttl
		set k «»
		set k v junk`},
	{name: "set with times", script: `
		set k v ex 100
		set k v px 100000
		set k v exat 4000000000
		set k v pxat 4000000000000
		set k v ex 100 xx
		set k v2 ex 100 nx
		set k v keepttl xx
		set k v exat 1
		set k v
		set k v pxat 1
		get k
		set k v ex 0
		set k v ex junk`},
	{name: "set get", script: `
		set k v get
		set k v GET get xx
		set k v get nx
		set k2 v NX gEt
		set k v get ex 100
		set k v get keepttl
		lpush l a
		set l v get`},
	{name: "setex", script: `
		setex k 100 v
		psetex k 100000 v
		setex k 0 v
		setnx k v
		setnx k2 v`},
	{name: "getset getdel getex", script: `
		getset k v
		getset k w
		getdel nothing
		getdel k
		set k v
		getex k
		getex k ex 100
		getex k px 100000
		getex k exat 4000000000
		getex k pxat 4000000000000
		getex k persist
		getex k persist
		getex k exat 1
		set k v
		getex k pxat 1
		getex k ex 100
		lpush l a
		getdel l
		getset l a
		getex l ex 100`},
	{name: "lazy getdel getex", script: `
		lazy user-del yes
		set k v
		getdel k
		set k v
		del k
		set k v
		unlink k
		lazy user-del no
		lazy expire yes
		set k v
		getex k pxat 1
		set k v
		expire k -1
		set k v px 1
		sleep
		get k
		set k v
		getdel k
		lazy expire no`},
	{name: "mset", script: `
		mset a 1 b 2 a 3
		msetnx a 1 c 2
		msetnx d 1 e 2
		mset a`},
	{name: "append setrange", script: `
		append k a
		append k b
		append k «»
		setrange k 5 x
		setrange k 0 «»
		setrange none 0 «»
		setrange none 3 a
		setrange k -1 x
		lpush l a
		append l a
		setrange l 1 a`},
	{name: "counters", script: `
		incr k
		incrby k 5
		decr k
		decrby k 3
		incrby k 0
		incrbyfloat k 0.5
		incrbyfloat k 0.50
		incrbyfloat new 1e2
		set e 1 ex 100
		incrbyfloat e 1.5
		incr k
		set k abc
		incr k
		incrbyfloat k 1
		incrbyfloat new junk
		set k 9223372036854775807
		incr k`},
}

var keyEffects = []effectCase{
	{name: "del unlink", script: `
		mset a 1 b 2
		del none
		del a none a
		unlink none
		unlink b
		touch b
		exists b`},
	{name: "rename", script: `
		set a 1
		rename a b
		rename b b
		rename none b
		set c 1 ex 100
		rename c b
		renamenx b c
		set b 1
		renamenx b c
		renamenx b b
		renamenx none x`},
	{name: "move", script: `
		set a 1
		move a 1
		move a 1
		set a 2
		move a 1
		move a 0
		move a 99
		select 1
		set b 1
		move b 0`},
	{name: "copy", script: `
		set a 1 ex 100
		copy a b
		copy a b
		copy a b replace
		copy a a
		copy none b
		copy a c DB 2
		copy a c db 2
		lpush l a
		COPY l b REPLACE`},
	{name: "expire", script: `
		set k v
		expire k 100
		pexpire k 100000
		expireat k 4000000000
		pexpireat k 4000000000000
		PEXPIREAT k 4000000000001
		expire none 100
		expire k 100 NX
		expire k 100 xx
		expire k 200 gt
		expire k 300 gt XX
		expire k 100 gt
		expire k 100 lt
		pexpireat k 4000000000001 xx
		persist k
		persist k
		persist none
		expire k 100 gt
		expire k 100 lt
		expire k junk
		expire k 100 junk
		expire k -1
		set k v
		expireat k 1
		set k v
		pexpire k 0
		set k v
		pexpireat k 1 lt
		expire k 0`},
	{name: "restore", script: `
		restore k 0 $dump(l)
		restore k 0 $dump(l)
		restore k 100000 $dump(l) replace
		restore k 4000000000000 $dump(l) replace absttl
		restore k2 100000 $dump(l) IDLETIME 100
		restore k3 0 $dump(l) freq 100
		restore k 1 $dump(l) replace absttl
		restore k 1 $dump(l) replace absttl
		restore k4 1 $dump(l) absttl
		restore k4 -1 $dump(l)
		restore k4 0 junk`},
	{name: "sort store", script: `
		rpush l 3 1 2
		sort l
		sort l store d
		sort none store d
		sort none store d
		SORT l desc LIMIT 0 2 STORE d
		sort l by nosort get # store d
		sort l alpha
		sort_ro l
		set s x
		sort s store d`},
	// Which of two equal weights comes first is a matter of the hash. What 7.0 records
	// may give another list when it is loaded.
	{name: "sort store by equal weights", random: "RPUSH", script: `
		sadd s a b
		sort s by w* alpha store d
		sort s by nosort store d`,
		want: `
		sadd s a b
		MULTI
		DEL d
		RPUSH d a b
		EXEC
		sort s by nosort store d`},
	{name: "flush", script: `
		flushdb
		set a 1
		flushdb
		flushall
		set a 1
		flushall
		set a 1
		select 2
		flushdb async
		set a 1
		flushdb sync
		flushall ASYNC
		flushall sync
		flushall junk
		set b 1`},
	{name: "lazy flush", script: `
		lazy user-flush yes
		set a 1
		flushdb
		flushall
		lazy user-flush no`},
	{name: "swapdb", script: `
		set a 1
		swapdb 0 1
		swapdb 0 0
		swapdb 0 99
		swapdb 5 6
		set b 1`},
	{name: "databases", script: `
		set a 1
		select 3
		get a
		set a 1
		2: set a 2
		set a 1
		2: select 3
		2: set a 3
		select 0
		set b 1`},
	{name: "object", script: `
		set a 1
		object encoding a
		object freq a
		object idletime a
		dump a
		type a
		randomkey
		scan 0
		keys *
		dbsize`},
}

var listEffects = []effectCase{
	{name: "push pop", script: `
		lpush l a b c
		rpush l d
		lpushx l e
		rpushx l f g
		lpushx none e
		rpushx none e
		lpop l
		rpop l
		lpop l 2
		rpop l 0
		lpop l 0
		lpop none
		rpop none 3
		rpop l 100
		lpush l a
		lpop l
		set s v
		lpush s a
		lpop s`},
	{name: "lset linsert lrem ltrim", script: `
		rpush l a b c a b
		lset l 0 x
		lset l 99 x
		lset none 0 x
		linsert l before b y
		linsert l after none y
		linsert none before b y
		lrem l 1 a
		lrem l 0 none
		lrem none 0 a
		ltrim l 0 -1
		ltrim l 0 1
		ltrim none 0 1
		ltrim l 5 9
		ltrim l 0 1`},
	{name: "lmove", script: `
		rpush l a b c
		lmove l m left right
		lmove none m left right
		lmove l l left right
		rpoplpush l m
		rpoplpush none m
		rpoplpush m m
		rpoplpush l m
		set s v
		lmove l s left right
		rpoplpush m s`},
	{name: "lmpop", script: `
		rpush l a b c d e
		lmpop 1 l left
		lmpop 2 none l right count 2
		LMPOP 1 l LEFT count 100
		lmpop 1 l left
		rpush l a
		lmpop 1 l left
		set s v
		lmpop 1 s left`},
}

var setEffects = []effectCase{
	{name: "sadd srem smove", script: `
		sadd s a b c
		sadd s a
		sadd s a d
		srem s none
		srem s a none
		srem none a
		smove s t b
		smove s t b
		smove s s c
		smove none t c
		sadd t c
		smove s t c
		smove s t d
		set v x
		sadd v a`},
	{name: "spop", random: "SREM", script: `
		sadd s a
		spop s
		spop s
		sadd s a b c
		spop s
		spop s 0
		spop s 5
		sadd s a b c
		spop s 2
		sadd s 1 2 3 4 5 6 7 8 9 10 11 12
		spop s 11
		spop none 3
		spop s -1
		sadd i 1 2
		spop i 1
		spop i 1`},
	{name: "spop most", random: "SREM", script: `
		sadd s 1 2 3 4 5 6 7 8 9 10 11 12
		spop s 11
		spop s 1`},
	{name: "lazy spop", random: "SREM", script: `
		lazy user-del yes
		lazy expire yes
		sadd s a
		spop s
		sadd s a
		spop s 2
		lazy user-del no
		lazy expire no`},
	{name: "set algebra", script: `
		sadd a 1 2 3
		sadd b 3 4
		sinterstore d a b
		sunionstore d a b
		sdiffstore d a b
		sinterstore d a none
		sinterstore d a none
		sdiffstore d none
		sunionstore d none
		sinter a b
		set v x
		sunionstore d a v
		set d x
		sunionstore d none`},
}

var zsetEffects = []effectCase{
	{name: "zadd", script: `
		zadd z 1 a 2 b
		zadd z 1 a
		zadd z 2 a
		zadd z nx 3 a
		zadd z xx 3 c
		zadd z XX ch 3 a
		zadd z gt 1 a
		zadd z lt 1 a
		zadd z incr 1 a
		zadd z nx incr 1 a
		zadd z 0 a junk b
		zincrby z 0 a
		zincrby z 2.5 a
		zincrby none 1 m
		zincrby z junk a
		zadd new xx 1 a
		set s v
		zadd s 1 a
		zadd z inf p
		zincrby z -inf p`},
	{name: "zrem", script: `
		zadd z 1 a 2 b 3 c 4 d 5 e 6 f 7 g
		zrem z none
		zrem z a none
		zrem none a
		zremrangebyscore z 2 2
		zremrangebyscore z 2 2
		zremrangebyrank z 0 0
		zremrangebyrank z 99 100
		zremrangebylex z [d [d
		zremrangebylex z [d [d
		zremrangebyrank z 0 -1
		zremrangebyrank z 0 -1`},
	{name: "zpop", script: `
		zadd z 1 a 2 b 3 c 4 d 5 e 6 f 7 g
		zpopmin z
		zpopmax z
		zpopmin z 2
		zpopmax z 0
		zpopmin none
		zmpop 1 z min
		zmpop 2 none z max count 1
		zmpop 1 none min
		ZMPOP 1 z MAX count 99
		zadd z 1 a
		zpopmin z 5
		set s v
		zpopmin s
		zmpop 1 s min`},
	{name: "zset algebra", script: `
		zadd a 1 x 2 y
		zadd b 3 y 4 z
		zunionstore d 2 a b
		zinterstore d 2 a b weights 2 3 aggregate max
		zdiffstore d 2 a b
		zinterstore d 2 a none
		zinterstore d 2 a none
		zunionstore d 1 none
		zrangestore d a 0 -1
		zrangestore d a 5 9
		zrangestore d a 5 9
		zrangestore d a 1 9 byscore rev
		zrangestore d none 0 -1
		zunion 2 a b
		set s v
		zunionstore d 2 a s`},
}

var hashEffects = []effectCase{
	{name: "hset", script: `
		hset h a 1 b 2
		hset h a 1
		hset h a
		hmset h c 3
		hsetnx h a 2
		hsetnx h d 2
		hincrby h a 5
		hincrby h a 0
		hincrby new a 1
		hincrby h x junk
		hincrbyfloat h a 1.5
		hincrbyfloat h a 1.50
		hincrbyfloat new f 2e1
		HINCRBYFLOAT h new 0
		hincrbyfloat h a junk
		hset h t text
		hincrby h t 1
		hincrbyfloat h t 1
		hdel h none
		hdel h a none
		hdel none a
		hdel h b c d t new
		set s v
		hset s a 1
		hdel s a`},
}

var geoEffects = []effectCase{
	{name: "geo", script: `
		geoadd g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
		geoadd g 13.361389 38.115556 Palermo
		geoadd g nx 13.361389 38.1 Palermo
		geoadd g CH xx 13.361389 38.1 Palermo
		geoadd g 200 100 bad
		geosearch g fromlonlat 15 37 byradius 200 km
		geosearchstore d g fromlonlat 15 37 byradius 200 km
		geosearchstore d g fromlonlat 15 37 byradius 200 km storedist
		geosearchstore d g fromlonlat 15 37 byradius 1 m
		geosearchstore d g fromlonlat 15 37 byradius 1 m
		geosearchstore d none fromlonlat 15 37 byradius 1 m
		georadius g 15 37 200 km
		georadius g 15 37 200 km store d
		georadius g 15 37 200 km count 1 STOREDIST d
		georadius g 15 37 1 m store d
		georadius none 15 37 1 m store d
		georadiusbymember g Palermo 200 km store d
		georadiusbymember g Palermo 200 km
		georadiusbymember g none 200 km store d
		set s v
		geoadd s 1 1 a`},
}

var bitmapEffects = []effectCase{
	{name: "bits", script: `
		setbit k 7 1
		setbit k 7 1
		setbit k 7 0
		setbit k 7 0
		setbit k 100 0
		setbit none 0 0
		setbit k -1 1
		setbit k 0 2
		bitop and d k none
		bitop or d none none2
		bitop or d none none2
		bitop not d k
		bitop not d k none
		bitfield k get u8 0
		bitfield k set u8 0 5
		bitfield k set u8 0 5
		bitfield k incrby u8 0 1 get u8 0
		bitfield k incrby u8 0 0
		bitfield k overflow fail incrby u8 0 255
		bitfield new get u8 0
		bitfield new2 set u8 0 0
		bitfield new2 set u8 0 0
		bitfield k set u8 1000 0
		bitfield k
		bitfield_ro k get u8 0
		lpush l a
		setbit l 0 1
		bitfield l set u8 0 1
		bitop and d l`},
}

var hllEffects = []effectCase{
	{name: "pf", script: `
		pfadd h a b
		pfadd h a b
		pfadd h
		pfadd new
		pfcount h
		pfcount h
		PFCOUNT h new
		pfadd h c
		pfcount h new
		pfcount h
		pfcount none
		pfmerge d h new
		pfmerge d none
		pfmerge d h
		pfcount d
		pfdebug encoding d
		pfdebug todense d
		pfdebug todense d
		pfdebug getreg h
		pfdebug getreg h
		pfdebug decode new
		pfadd new x
		set s v
		pfadd s a
		pfmerge d s
		pfcount s`},
	{name: "pf dense", script: `
		pfadd h a b
		pfdebug todense h
		pfadd h c
		pfadd h c
		pfcount h
		pfmerge d h`},
}

var otherEffects = []effectCase{
	{name: "no effects", script: `
		ping
		echo x
		client id
		debug sleep 0
		command count
		object help
		time`},
	{name: "unwritten errors", script: `
		set k
		nosuch k
		lpush k
		set k v
		lpush k a
		hset k a b`},
}
