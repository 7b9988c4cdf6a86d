package family_test

var blockingEffects = []effectCase{
	{name: "blocking at once", script: `
		rpush l a b c d e f g h i j k
		blpop l 0
		brpop none l 0
		BLMOVE l m left right 0
		blmove l m LEFT Right 0
		brpoplpush l m 0
		blmpop 0 1 l left
		BLMPOP 0 1 l RIGHT count 2
		blmpop 0 2 none l left count 99
		rpush l a
		blpop l 0
		zadd z 1 a 2 b 3 c 4 d 5 e 6 f 7 g
		bzpopmin z 0
		bzpopmax none z 0
		bzmpop 0 1 z min
		BZMPOP 0 1 z MAX count 2
		bzmpop 0 1 z min count 99
		set s v
		blpop s 0
		blmove m s left right 0
		rpush l a
		brpoplpush l s 0`},
	{name: "served lists", script: `
		2!: blpop none l 0
		rpush l a
		2!: brpop l 0
		rpush l a b c
		del l
		2!: blmpop 0 1 l left count 2
		rpush l a b c
		del l
		2!: blmpop 0 1 l right count 5
		lpush l a b
		2!: blmove l m left right 0
		rpush l a
		2!: BLMOVE l m RIGHT LEFT 0
		rpush l a b
		del l
		2!: brpoplpush l m 0
		rpush l a`},
	{name: "served to another type", script: `
		set s v
		2!: blmove l s left right 0
		rpush l a
		del l
		2!: brpoplpush l s 0
		rpush l a b`},
	{name: "several served", script: `
		2!: blpop l 0
		3!: blpop l 0
		rpush l a b c
		del l
		2!: blmove l m left right 0
		3!: blpop m 0
		rpush l a`},
	{name: "served zsets", script: `
		2!: bzpopmin z 0
		zadd z 1 a
		2!: bzpopmax z 0
		zadd z 1 a 2 b
		del z
		2!: bzmpop 0 1 z min count 2
		zadd z 1 a 2 b 3 c
		del z
		2!: bzmpop 0 1 z max count 9
		zadd z 1 a 2 b 3 c
		2!: bzmpop 0 1 z max
		zadd z 1 a`},
	{name: "served in a transaction", script: `
		2!: blpop l 0
		multi
		rpush l a
		rpush l b
		set k v
		exec
		2!: bzpopmin z 0
		multi
		zadd z 1 a
		exec
		del l
		2!: blpop l 0
		multi
		rpush l a
		del l
		exec
		rpush l b`},
	{name: "served in another database", script: `
		2: select 3
		2!: blpop l 0
		select 3
		rpush l a
		select 0
		set k v
		2!: blmove l m left right 0
		select 3
		rpush l a
		2!: blpop l 0
		select 4
		rpush l x
		swapdb 3 4
		set k v`},
	{name: "served by other writes", script: `
		2!: blpop l 0
		rpush x a
		rename x l
		2!: blpop l 0
		rpush x a
		copy x l
		2!: blpop l 0
		rpush y 1
		sort y store l
		2!: bzpopmin z 0
		sadd s a
		zunionstore z 1 s
		2!: blpop l 0
		restore l 0 $dump(l)
		2!: bzpopmin z 0
		geoadd z 1 1 a`},
	{name: "blocking in a transaction", script: `
		multi
		blpop none 0
		blmove none m left right 0
		bzpopmin none 0
		exec
		rpush l a b c
		zadd z 1 a 2 b
		multi
		blpop l 0
		blmove l m left right 0
		brpoplpush l m 0
		bzpopmin z 0
		bzmpop 0 1 z min
		exec`},
}

var expiredEffects = []effectCase{
	{name: "expired on read", script: `
		set k v px 1
		sleep
		get k
		get k`},
	{name: "expired on exists ttl type", script: `
		mset a 1 b 1 c 1 d 1 e 1 f 1
		pexpire a 1
		pexpire b 1
		pexpire c 1
		pexpire d 1
		pexpire e 1
		pexpire f 1
		sleep
		exists a
		ttl b
		type c
		object encoding d
		dump e
		touch f`},
	{name: "expired on write", script: `
		set a 1 px 1
		set b 1 px 1
		set c 1 px 1
		rpush l x
		pexpire l 1
		set e 1 px 1
		set f 1 px 1
		set g 1 px 1
		hset h a 1
		pexpire h 1
		sleep
		set a 2
		incr b
		append c x
		lpush l y
		del e
		persist f
		expire g 100
		hset h b 1
		unlink g`},
	{name: "expired with others", script: `
		set a 1 px 1
		set b 1 px 1
		set c 1 px 1
		set d 1
		sleep
		mget a b d
		mset c 1 d 2
		set a 1 px 1
		set b 1 px 1
		sleep
		msetnx a 1 b 2
		set a 1 px 1
		set b 1 px 1
		sleep
		del a b d`},
	{name: "expired by rename copy move", script: `
		set a 1 px 1
		set b 1
		sleep
		rename b a
		set b 1 px 1
		sleep
		rename b a
		set b 1 px 1
		sleep
		copy a b
		set b 1 px 1
		sleep
		renamenx a b
		select 1
		set b 1 px 1
		sleep
		select 0
		move b 1
		set x 1 px 1
		sleep
		move x 1
		copy x y`},
	// Redis's SCAN deletes what has expired; ours passes over it.
	{name: "expired by keys dbsize", script: `
		set a 1 px 1
		set b 1
		sleep
		keys *
		dbsize
		get a`},
	{name: "several expired by randomkey", script: `
		set a 1 px 1
		sleep
		randomkey
		set a 1 px 1
		set b 1 px 1
		sleep
		multi
		randomkey
		exec
		keys *`, random: "DEL"},
	{name: "expired in a transaction", script: `
		set a 1 px 1
		set b 1 px 1
		sleep
		multi
		get a
		set c 1
		get b
		exec
		set a 1 px 1
		sleep
		multi
		get a
		exec`},
	{name: "expired of store commands", script: `
		sadd s a
		sadd t a b
		sadd d x
		pexpire s 1
		pexpire d 1
		sleep
		sunionstore d s t
		zadd z 1 a
		zadd d2 1 a
		pexpire z 1
		pexpire d2 1
		sleep
		zunionstore d2 2 z t
		rpush l 1 2
		set w_1 5 px 1
		set w_2 4
		sleep
		sort l by w_* store d3
		pfadd h a
		pfadd h2 b
		pexpire h 1
		sleep
		pfmerge h h2
		set x 1 px 1
		sleep
		bitop or x x t2
		smove none2 d z`},
	{name: "expired while waiting", script: `
		2!: blmove l m left right 0
		rpush m x
		pexpire m 1
		sleep
		rpush l a
		2!: blpop q 0
		rpush q1 a
		pexpire q1 1
		sleep
		rename m q`},
	{name: "expired of flush swap", script: `
		set a 1 px 1
		sleep
		swapdb 0 1
		set a 1 px 1
		sleep
		flushdb
		set a 1 px 1
		sleep
		flushall`},
	{name: "expired and getex restore", script: `
		set a 1 px 1
		sleep
		getex a ex 100
		set a 1 px 1
		sleep
		getdel a
		set a 1 px 1
		sleep
		getset a 2
		set a 1 px 1
		sleep
		set a 2 xx
		set a 1 px 1
		sleep
		set a 2 nx get
		set a 1 px 1
		sleep
		restore a 0 $dump(l)
		set b 1 px 1
		sleep
		setrange b 0 «»
		set b 1 px 1
		sleep
		lpushx b a
		set b 1 px 1
		sleep
		set b 1 ex junk
		object freq b`},
}

var transactionEffects = []effectCase{
	{name: "transactions", script: `
		multi
		exec
		multi
		get a
		exec
		multi
		set a 1
		exec
		multi
		set a 1
		get a
		incr a
		del none
		exec
		multi
		set a 1
		discard
		multi
		set a 1
		nosuch
		exec
		multi
		set a x
		incr a
		set b 1
		exec
		exec`},
	{name: "select in transactions", script: `
		multi
		select 1
		set a 1
		exec
		multi
		set a 1
		select 2
		set a 1
		select 0
		exec
		set b 1
		multi
		select 5
		exec
		set c 1`},
	{name: "watch", script: `
		watch a
		2: set a 1
		multi
		set b 1
		exec
		watch a
		multi
		set b 1
		exec
		watch a
		unwatch
		2: set a 2
		multi
		set b 2
		exec`},
	{name: "rewritten in transactions", random: "SREM", script: `
		sadd s a b c
		set k v
		rpush l a b c
		multi
		spop s
		spop s 1
		getdel k
		incrbyfloat f 1.5
		set k v ex 100
		expire k 50
		expire k -1
		lmpop 1 l left
		xadd x 1-1 a b
		exec
		multi
		flushall
		exec
		multi
		set a 1
		move a 1
		copy a b
		copy a b db 2
		swapdb 0 1
		exec
		multi
		spop none
		exec`},
}
