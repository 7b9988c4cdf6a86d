package family_test

var streamEffects = []effectCase{
	{name: "xadd", script: `
		xadd x 1-1 a b
		xadd x 1-1 a b
		xadd x 1-* a b
		xadd x 5 a b
		xadd x * a b
		xadd none nomkstream * a b
		xadd x nomkstream * a b
		xadd x nomkstream 9999999999999-* a b
		xadd x * a
		xadd x 0-0 a b
		set s v
		xadd s * a b`},
	{name: "xadd trims", script: `
		xadd x 1-1 a b
		xadd x 1-2 a b
		xadd x maxlen 2 1-3 a b
		xadd x maxlen = 2 1-4 a b
		xadd x MAXLEN ~ 2 1-5 a b
		xadd x maxlen ~ 2 limit 10 1-6 a b
		xadd x maxlen ~ 2 limit 0 * a b
		xadd x minid 1-5 9999999999999-1 a b
		xadd x minid = 1-5 9999999999999-2 a b
		xadd x minid ~ 1-6 9999999999999-3 a b
		xadd x minid ~ 1-6 limit 1 nomkstream 9999999999999-* a b
		xadd x maxlen 0 9999999999999-9 a b
		xadd x maxlen ~ 0 9999999999999-10 a b
		xadd x maxlen = 2 limit 10 * a b
		xadd x maxlen ~ 100 9999999999999-11 a b
		xadd x minid ~ 0 9999999999999-12 a b
		xadd new minid ~ 5 1-1 a b
		xadd new2 minid 5 1-1 a b`},
	{name: "xtrim xdel", script: `
		xadd x 1-1 a b
		xadd x 1-2 a b
		xadd x 1-3 a b
		xadd x 1-4 a b
		xtrim x maxlen 10
		xtrim x maxlen 3
		xtrim x maxlen ~ 1
		xtrim x maxlen ~ 0
		xadd x 2-1 a b
		xadd x 2-2 a b
		xadd x 2-3 a b
		xtrim x minid 2-2
		xtrim x minid ~ 3-0
		xtrim x minid ~ 3-0 limit 1
		xtrim none maxlen 0
		xadd x 3-1 a b
		xadd x 3-2 a b
		xdel x 3-1
		xdel x 3-1
		xdel x 3-2 9-9
		xdel none 1-1
		xdel x junk
		xtrim x maxlen 0`},
	{name: "xtrim across packs", script: `
		xadd x 1-1 a b
		xadd x maxlen ~ 1 limit 5 1-2 a b
		xtrim x maxlen ~ 1 limit 5`},
	{name: "xgroup", script: `
		xgroup create x g $
		xgroup create x g $ mkstream
		xgroup create x g $ mkstream
		xgroup create x g $
		xadd x 1-1 a b
		xgroup create x g2 0
		xgroup create x g3 $ entriesread 5
		xgroup setid x g 0
		xgroup setid x g $ entriesread 1
		xgroup setid x none 0
		xgroup createconsumer x g c
		xgroup createconsumer x g c
		xgroup createconsumer x none c
		xgroup delconsumer x g none
		xgroup delconsumer x g c
		xgroup destroy x g
		xgroup destroy x g
		xgroup destroy none g
		xgroup create new g 1-5 MKSTREAM ENTRIESREAD 3
		xgroup help
		set s v
		xgroup create s g $`},
	{name: "xsetid", script: `
		xadd x 1-1 a b
		xsetid x 5-0
		xsetid x 6-0 entriesadded 10 maxdeletedid 2-0
		xsetid x 0-1
		xsetid none 1-1`},
	{name: "xread", script: `
		xadd x 1-1 a b
		xread streams x 0
		xread block 0 streams x 0
		2!: xread block 0 streams x $
		xadd x 1-2 a b`},
	{name: "xreadgroup", script: `
		xadd x 1-1 a b
		xadd x 1-2 a b
		xadd x 1-3 a b
		xgroup create x g 0
		xreadgroup group g c count 1 streams x >
		xreadgroup group g c streams x >
		xreadgroup group g c streams x >
		xreadgroup group g d streams x >
		xadd x 1-4 a b
		xreadgroup group none c streams x >
		xreadgroup group g c noack streams x >
		xadd x 1-5 a b
		xreadgroup group g newone noack streams x >
		xadd x 1-6 a b
		xreadgroup group g newtoo streams x >
		xgroup setid x g 1-2
		xreadgroup group g other streams x >`},
	{name: "xreadgroup of history by a new consumer", script: `
		xadd x 1-1 a b
		xgroup create x g 0
		xreadgroup group g c streams x >
		xdel x 1-1
		xreadgroup group g c streams x 0
		xreadgroup group g c noack streams x 0
		xreadgroup group g d noack streams x 0`},
	// Redis 7.0 forgets the consumer that is made here, as long as it has got nothing.
	{name: "xreadgroup of history makes a consumer", script: `
		xadd x 1-1 a b
		xgroup create x g 0
		xreadgroup group g e streams x 0`,
		want: `
		xadd x 1-1 a b
		xgroup create x g 0
		XGROUP CREATECONSUMER x g e`},
	// Redis 7.0 forgets how often entries were delivered again.
	{name: "xreadgroup of history", script: `
		xadd x 1-1 a b
		xgroup create x g 0
		xreadgroup group g c streams x >
		xreadgroup group g c streams x 0`,
		want: `
		xadd x 1-1 a b
		xgroup create x g 0
		XCLAIM x g c 0 1-1 TIME +0 RETRYCOUNT 1 FORCE JUSTID LASTID 1-1
		XCLAIM x g c 0 1-1 TIME +0 RETRYCOUNT 2 FORCE JUSTID LASTID 1-1`},
	// The LASTID of a claim would be taken for a delivery.
	{name: "xclaim that looks like xreadgroup", script: `
		xadd x 1-1 a b
		xgroup create x g 0
		xclaim x g c 0 1-1 force lastid 1-1`,
		want: `
		xadd x 1-1 a b
		xgroup create x g 0
		MULTI
		XGROUP SETID x g 1-1 ENTRIESREAD -1
		XCLAIM x g c 0 1-1 TIME +0 RETRYCOUNT 2 FORCE JUSTID LASTID 1-1
		EXEC`},
	{name: "xreadgroup of several", script: `
		xadd x 1-1 a b
		xadd y 1-1 a b
		xgroup create x g 0
		xgroup create y g 0
		xreadgroup group g c streams x y > >
		xadd x 1-2 a b
		xadd y 1-2 a b
		xreadgroup group g d noack streams x y > >
		select 1
		set a 1
		multi
		xreadgroup group g d noack streams x y > >
		exec`},
	{name: "served xreadgroup", script: `
		xgroup create x g $ mkstream
		2!: xreadgroup group g c block 0 streams x >
		xadd x 1-1 a b
		2!: xreadgroup group g c noack block 0 streams x >
		xadd x 1-2 a b
		2!: xreadgroup group g new noack block 0 streams x >
		3!: xreadgroup group g newer block 0 streams x >
		xadd x 1-3 a b
		xadd x 1-4 a b
		2!: xreadgroup group g c block 0 streams x >
		multi
		xadd x 1-5 a b
		xadd x 1-6 a b
		set k v
		exec
		2!: xreadgroup group g c block 0 streams x >
		xgroup destroy x g
		xgroup create x g $
		2!: xreadgroup group g c block 0 streams x >
		del x`},
	{name: "xack", script: `
		xadd x 1-1 a b
		xgroup create x g 0
		xreadgroup group g c streams x >
		xack x g 1-1
		xack x g 1-1
		xack x none 1-1
		xack none g 1-1
		xack x g junk`},
	{name: "xclaim", script: `
		xadd x 1-1 a b
		xadd x 1-2 a b
		xadd x 1-3 a b
		xgroup create x g 0
		xreadgroup group g c streams x >
		xclaim x g d 0 1-1
		xclaim x g d 0 1-1 1-2 9-9
		xclaim x g d 100000 1-3
		xclaim x g d 0 1-1 justid
		xclaim x g d 0 1-1 time 4000000000000 retrycount 7
		xclaim x g d 0 1-1 time 1000000000000 retrycount 7
		xclaim x g d 0 1-1 idle 1000
		xclaim x g new 0 9-9
		xclaim x g new 0 1-3 lastid 0-1
		xclaim x g new 100000 1-3 lastid 8-8
		xclaim x g new 0 1-3 lastid 9-9
		xclaim x none new 0 1-3
		xclaim x g d 0 1-1 junk
		xdel x 1-2
		xclaim x g d 0 1-2
		xclaim x g d 0 1-2
		xack x g 1-1
		xclaim x g d 0 1-1
		xclaim x g d 0 1-1 force
		xclaim x g d 0 7-7 force`},
	{name: "xautoclaim", script: `
		xadd x 1-1 a b
		xadd x 1-2 a b
		xadd x 1-3 a b
		xgroup create x g 0
		xreadgroup group g c streams x >
		xautoclaim x g d 0 0
		xautoclaim x g d 100000 0
		xautoclaim x g e 100000 0
		xautoclaim x g e 0 1-3 justid
		xautoclaim x g e 0 0 count 1
		xautoclaim x g e 0 9
		xdel x 1-2
		xautoclaim x g f 0 0
		xautoclaim x none f 0 0
		xautoclaim none g f 0 0`},
}

// Redis 7.0 has no expiry of fields. What is expected follows 7.4 and 8.0:
// absolute times, only the fields that changed, and HDEL where the time has
// passed.
var fieldEffects = []effectCase{
	{name: "hexpire", script: `
		hset h a 1 b 2 c 3 d 4
		hexpire h 100 fields 2 a none
		hpexpire h 100000 fields 1 b
		hexpireat h 4000000000 fields 1 a
		hpexpireat h 4000000000000 fields 1 a
		hexpire h 100 nx fields 2 a c
		hexpire h 100 xx fields 1 d
		hexpire h 50 lt fields 3 a b d
		hexpire h 1000 gt fields 2 a d
		hpersist h fields 2 a none
		hpersist h fields 1 none
		hexpire none 100 fields 1 a
		hpexpireat h 1 fields 2 a none
		hexpire h 0 fields 3 b c d
		hexpire h 100 fields 1 a`,
		want: `
		hset h a 1 b 2 c 3 d 4
		HPEXPIREAT h +100000 FIELDS 1 a
		HPEXPIREAT h +100000 FIELDS 1 b
		HPEXPIREAT h 4000000000000 FIELDS 1 a
		HPEXPIREAT h 4000000000000 FIELDS 1 a
		HPEXPIREAT h +100000 FIELDS 1 c
		HPEXPIREAT h +50000 FIELDS 3 a b d
		HPEXPIREAT h +1000000 FIELDS 2 a d
		HPERSIST h FIELDS 1 a
		HDEL h a
		HDEL h b c d`},
	{name: "hgetex hgetdel", script: `
		hset h a 1 b 2 c 3
		hgetex h fields 1 a
		hgetex h ex 100 fields 2 a none
		hgetex h px 100000 fields 1 a
		hgetex h exat 4000000000 fields 1 a
		hgetex h pxat 4000000000000 fields 1 a
		hgetex h persist fields 2 a b
		hgetex h persist fields 1 a
		hgetex h pxat 1 fields 2 a none
		hgetex h ex 100 fields 1 none
		hgetdel h fields 2 b none
		hgetdel h fields 1 none
		hgetdel h fields 1 c
		hgetdel h fields 1 c`,
		want: `
		hset h a 1 b 2 c 3
		HPEXPIREAT h +100000 FIELDS 1 a
		HPEXPIREAT h +100000 FIELDS 1 a
		HPEXPIREAT h 4000000000000 FIELDS 1 a
		HPEXPIREAT h 4000000000000 FIELDS 1 a
		HPERSIST h FIELDS 1 a
		HDEL h a
		HDEL h b
		HDEL h c`},
	{name: "hsetex", script: `
		hsetex h fields 2 a 1 b 2
		hsetex h ex 100 fields 1 a 1
		hsetex h px 100000 fnx fields 1 a 2
		hsetex h px 100000 fnx fields 1 c 2
		hsetex h exat 4000000000 fxx fields 2 a 1 c 3
		hsetex h pxat 4000000000000 fields 1 a 1
		hsetex h keepttl fields 1 a 5
		hsetex h pxat 1 fields 2 a 1 new 2
		hsetex h pxat 1 fields 1 new 2
		hsetex none pxat 1 fields 1 new 2`,
		want: `
		hsetex h fields 2 a 1 b 2
		HSETEX h PXAT +100000 FIELDS 1 a 1
		HSETEX h PXAT +100000 FIELDS 1 c 2
		HSETEX h PXAT 4000000000000 FIELDS 2 a 1 c 3
		HSETEX h PXAT 4000000000000 FIELDS 1 a 1
		hsetex h keepttl fields 1 a 5
		HDEL h a`},
	{name: "counters of fields that expire", script: `
		hset h a 1 b 2
		hexpire h 100 fields 1 a
		hincrby h a 1
		hincrbyfloat h a 0.5
		hincrbyfloat h b 0.5
		hset h a 7`,
		want: `
		hset h a 1 b 2
		HPEXPIREAT h +100000 FIELDS 1 a
		hincrby h a 1
		HSETEX h KEEPTTL FIELDS 1 a 2.5
		HSET h b 2.5
		hset h a 7`},
	{name: "expired fields", script: `
		hset h a 1 b 2 c 3
		hpexpire h 1 fields 2 a b
		sleep
		hget h a
		hset h a 1
		hpexpire h 1 fields 1 a
		sleep
		hincrby h a 1
		hpexpire h 1 fields 2 a c
		sleep
		hsetnx h a 1`,
		want: `
		hset h a 1 b 2 c 3
		HPEXPIREAT h +1 FIELDS 2 a b
		HDEL h a b
		hset h a 1
		HPEXPIREAT h +1 FIELDS 1 a
		MULTI
		HDEL h a
		hincrby h a 1
		EXEC
		HPEXPIREAT h +1 FIELDS 2 a c
		MULTI
		HDEL h a c
		hsetnx h a 1
		EXEC`},
}
