// ioredis, as its README says: pipelines, transactions, publish/subscribe, scripts,
// streams, blocking commands, scans, transparent key prefixes, reconnecting, tracking.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Redis } from "ioredis";
import { allBytes, next, port, protocols, takeItem, until } from "./target.mjs";

for (const protocol of protocols) {
  describe(`ioredis, RESP${protocol}`, { timeout: 120_000 }, () => {
    const opened = [];
    const connect = (options = {}) => {
      const client = new Redis({ port, protocol, ...options });
      opened.push(client);
      return client;
    };
    let redis;
    before(async () => {
      redis = connect();
      await redis.flushall();
    });
    after(() => opened.forEach((client) => client.disconnect()));

    test("speaks the protocol it was asked for", async () => {
      assert.match(await redis.client("INFO"), new RegExp(` resp=${protocol}`));
    });

    test("strings, binary safe, with options", async () => {
      assert.equal(await redis.set("s", "v", "EX", 100, "NX"), "OK");
      assert.equal(await redis.set("s", "w", "NX"), null);
      assert.ok((await redis.ttl("s")) > 90);
      await redis.set("bytes", allBytes);
      assert.deepEqual(await redis.getBuffer("bytes"), allBytes);
      const large = Buffer.alloc(5 << 20, "0123456789abcdef");
      await redis.set("large", large);
      assert.deepEqual(await redis.getBuffer("large"), large);
      assert.equal(await redis.incrbyfloat("f", 10.5), "10.5");
      await assert.rejects(redis.lpush("s", 1), /^ReplyError: WRONGTYPE Operation against a key holding the wrong kind of value$/);
      await assert.rejects(redis.call("NOSUCH", "a"), /unknown command 'NOSUCH', with args beginning with: 'a'/);
    });

    test("hashes and sorted sets in the library's shapes", async () => {
      await redis.hset("h", { a: 1, b: "two" });
      assert.deepEqual(await redis.hgetall("h"), { a: "1", b: "two" });
      await redis.zadd("z", 1, "one", 2.5, "two and a half");
      assert.deepEqual(await redis.zrange("z", 0, -1, "WITHSCORES"), ["one", "1", "two and a half", "2.5"]);
      assert.deepEqual(await redis.zrevrangebyscore("z", "+inf", 2), ["two and a half"]);
    });

    test("a pipeline of 5000, with an error in its midst", async () => {
      const pipeline = redis.pipeline();
      for (let i = 0; i < 5000; i++) pipeline.set(`p:${i}`, i);
      pipeline.lpush("p:0", "x").get("p:4999");
      const replies = await pipeline.exec();
      assert.equal(replies.length, 5002);
      assert.match(replies[5000][0].message, /^WRONGTYPE/);
      assert.deepEqual(replies[5001], [null, "4999"]);
    });

    test("automatic pipelines", async () => {
      const auto = connect({ enableAutoPipelining: true });
      await Promise.all(Array.from({ length: 500 }, (_, i) => auto.set(`auto:${i}`, i)));
      const values = await Promise.all(Array.from({ length: 500 }, (_, i) => auto.get(`auto:${i}`)));
      assert.deepEqual(values, Array.from({ length: 500 }, (_, i) => String(i)));
    });

    test("transactions: run, discarded, aborted, watched", async () => {
      assert.deepEqual(await redis.multi().set("t", 1).incr("t").get("t").exec(), [[null, "OK"], [null, 2], [null, "2"]]);
      await assert.rejects(redis.multi().set("t").exec(), /EXECABORT/);
      const other = connect();
      await redis.watch("t");
      await other.set("t", "changed");
      assert.equal(await redis.multi().set("t", "lost").exec(), null);
      assert.equal(await redis.get("t"), "changed");
      await redis.multi({ pipeline: false });
      assert.equal(await redis.get("t"), "QUEUED");
      assert.equal(await redis.discard(), "OK");
    });

    test("publish/subscribe: channels, patterns, shards, 1000 messages in order", async () => {
      const sub = connect();
      assert.equal(await sub.subscribe("news", "weather"), 2);
      assert.equal(await sub.psubscribe("n*s"), 3);
      const plain = next(sub, "message");
      const pattern = next(sub, "pmessage");
      assert.equal(await redis.publish("news", "hello"), 2);
      assert.deepEqual(await plain, ["news", "hello"]);
      assert.deepEqual(await pattern, ["n*s", "news", "hello"]);
      const got = [];
      sub.on("message", (channel, message) => channel === "weather" && got.push(message));
      for (let i = 0; i < 1000; i++) redis.publish("weather", i);
      await until("1000 messages", () => got.length === 1000);
      assert.deepEqual(got, Array.from({ length: 1000 }, (_, i) => String(i)));
      assert.deepEqual(await redis.pubsub("NUMSUB", "news"), ["news", 1]);
      await sub.unsubscribe("news", "weather");
      await sub.punsubscribe("n*s");
      assert.equal(await sub.ping(), "PONG");
      const shard = connect();
      await shard.ssubscribe("orders");
      const message = next(shard, "smessage");
      assert.equal(await redis.spublish("orders", "one"), 1);
      assert.deepEqual(await message, ["orders", "one"]);
    });

    test("keyspace notifications", async () => {
      await redis.config("SET", "notify-keyspace-events", "KEA");
      const sub = connect({ db: 1 });
      await sub.psubscribe("__keyevent@1__:*");
      const events = [];
      sub.on("pmessage", (_, channel, key) => events.push(`${channel.split(":")[1]} ${key}`));
      const one = connect({ db: 1 });
      await one.multi().set("n", 1).rpush("l", 1, 2).rename("n", "m").del("m").set("e", 1, "PX", 1).exec();
      await until("the expired event", () => events.includes("expired e"));
      assert.deepEqual(events, ["set n", "rpush l", "rename_from n", "rename_to m", "del m", "set e", "expire e", "expired e"]);
      await redis.config("SET", "notify-keyspace-events", "");
    });

    test("scripts: defineCommand loads what is missing, errors carry the script's", async () => {
      redis.defineCommand("takeItem", { numberOfKeys: 3, lua: takeItem });
      await redis.rpush("queue", "a", "b");
      assert.equal(await redis.takeItem("queue", "busy", "taken", 7), "b");
      await redis.script("FLUSH");
      assert.equal(await redis.takeItem("queue", "busy", "taken", 8), "a");
      assert.deepEqual(await redis.zrange("taken", 0, -1, "WITHSCORES"), ["b", "7", "a", "8"]);
      const replies = await redis.pipeline().takeItem("queue", "busy", "taken", 9).get("s").exec();
      assert.deepEqual(replies, [[null, null], [null, "v"]]);
      await assert.rejects(redis.eval("return redis.error_reply('MINE no')", 0), /^ReplyError: MINE no/);
      await assert.rejects(redis.eval("return redis.call('nosuch')", 0), /Unknown Redis command called from script/);
      assert.deepEqual(await redis.eval("return {1, 2.9, 'x', false, {ok='fine'}, {KEYS[1], ARGV[1]}}", 1, "k", "v"), [1, 2, "x", null, "fine", ["k", "v"]]);
      assert.equal(await redis.eval("return cjson.encode({a = {1, 2, cjson.null}})", 0), '{"a":[1,2,null]}');
    });

    test("functions", async () => {
      const code = "#!lua name=e2e\nredis.register_function('addto', function(keys, args) return redis.call('INCRBY', keys[1], args[1]) end)";
      assert.equal(await redis.function("LOAD", "REPLACE", code), "e2e");
      assert.equal(await redis.fcall("addto", 1, "counter", 5), 5);
      await redis.function("DELETE", "e2e");
      await assert.rejects(redis.fcall("addto", 1, "counter", 5), /Function not found/);
    });

    test("streams and consumer groups, with a reader that waits", async () => {
      const reader = connect();
      await redis.xgroup("CREATE", "st", "g", "$", "MKSTREAM");
      const reading = reader.xreadgroup("GROUP", "g", "me", "COUNT", 10, "BLOCK", 5000, "STREAMS", "st", ">");
      await until("the reader waits", async () => /blocked_clients:1/.test(await redis.info("clients")));
      const id = await redis.xadd("st", "MAXLEN", "~", 1000, "*", "a", 1, "b", 2);
      assert.deepEqual(await reading, [["st", [[id, ["a", "1", "b", "2"]]]]]);
      assert.deepEqual((await redis.xpending("st", "g")).slice(0, 1), [1]);
      assert.deepEqual(await redis.xautoclaim("st", "g", "you", 0, "0"), ["0-0", [[id, ["a", "1", "b", "2"]]], []]);
      assert.equal(await redis.xack("st", "g", id), 1);
      assert.equal(await redis.xlen("st"), 1);
    });

    test("blocking pops, unblocked", async () => {
      const waiter = connect();
      const popped = waiter.blpop("bl", 5);
      await until("it waits", async () => /blocked_clients:1/.test(await redis.info("clients")));
      await redis.rpush("bl", "x");
      assert.deepEqual(await popped, ["bl", "x"]);
      assert.equal(await waiter.blpop("bl", 0.05), null);
      const id = await waiter.client("ID");
      const stopped = assert.rejects(waiter.blpop("bl", 0), /UNBLOCKED/);
      await until("it waits again", async () => /blocked_clients:1/.test(await redis.info("clients")));
      assert.equal(await redis.client("UNBLOCK", id, "ERROR"), 1);
      await stopped;
    });

    test("scan streams see everything once", async () => {
      const seen = new Set();
      for await (const keys of redis.scanStream({ match: "p:*", count: 100 })) keys.forEach((key) => seen.add(key));
      assert.equal(seen.size, 5000);
    });

    test("key prefixes", async () => {
      const prefixed = connect({ keyPrefix: "pre:" });
      await prefixed.mset("a", 1, "b", 2);
      await prefixed.zunionstore("zu", 2, "z1", "z2");
      assert.deepEqual(await redis.mget("pre:a", "pre:b"), ["1", "2"]);
      assert.equal(await prefixed.eval("return KEYS[1]", 1, "k"), "pre:k");
    });

    test("reconnects, selects its database and subscribes again after CLIENT KILL", async () => {
      const victim = connect({ db: 1 });
      const sub = connect();
      await sub.subscribe("again");
      await victim.set("here", 1);
      const back = next(victim, "ready");
      const subBack = next(sub, "ready");
      await redis.client("KILL", "ID", await victim.client("ID"));
      await redis.client("KILL", "TYPE", "pubsub");
      await back;
      await subBack;
      assert.equal(await victim.get("here"), "1");
      const message = next(sub, "message");
      await until("the subscription is back", async () => (await redis.publish("again", "x")) === 1);
      assert.deepEqual(await message, ["again", "x"]);
    });

    test("ACL users and passwords", async () => {
      await redis.acl("SETUSER", "reader", "on", ">secret", "~p:*", "+get", "+client", "+info", "+hello");
      const reader = connect({ username: "reader", password: "secret" });
      assert.equal(await reader.get("p:1"), "1");
      await assert.rejects(reader.get("s"), /NOPERM/);
      await assert.rejects(reader.set("p:1", 2), /NOPERM/);
      reader.disconnect();
      await redis.acl("DELUSER", "reader");
    });

    test("tracking tells of changed keys", async () => {
      const sub = connect({ protocol: 2 });
      const id = await sub.client("ID");
      await sub.subscribe("__redis__:invalidate");
      const tracked = connect();
      await tracked.client("TRACKING", "ON", "REDIRECT", id);
      await tracked.get("s");
      const told = next(sub, "message");
      await redis.set("s", "new");
      assert.equal((await told)[0], "__redis__:invalidate");
    });
  });
}
