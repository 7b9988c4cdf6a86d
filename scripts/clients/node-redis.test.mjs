// node-redis, as its documentation says: typed replies, automatic pipelines,
// transactions, publish/subscribe, scripts and functions, streams, iterators, pools, and in
// RESP3 its own client-side cache.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createClient, createClientPool, defineScript, RESP_TYPES, WatchError } from "redis";
import { allBytes, port, protocols, takeItem, until } from "./target.mjs";

const scripts = {
  takeItem: defineScript({
    SCRIPT: takeItem,
    NUMBER_OF_KEYS: 3,
    parseCommand(parser, queue, busy, taken, when) {
      parser.pushKeys([queue, busy, taken]);
      parser.push(String(when));
    },
    transformReply: (reply) => reply,
  }),
};

for (const RESP of protocols) {
  describe(`node-redis, RESP${RESP}`, { timeout: 120_000 }, () => {
    const opened = [];
    const connect = async (options = {}) => {
      const client = createClient({ socket: { port }, RESP, scripts, unstableResp3: true, ...options });
      client.on("error", () => {});
      opened.push(client);
      return client.connect();
    };
    let redis;
    before(async () => {
      redis = await connect();
      await redis.flushAll();
    });
    after(() => opened.forEach((client) => client.destroy()));

    test("strings, binary safe", async () => {
      assert.equal(await redis.set("s", "v", { expiration: { type: "EX", value: 100 }, condition: "NX" }), "OK");
      const binary = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
      await redis.set("bytes", allBytes);
      assert.deepEqual(await binary.get("bytes"), allBytes);
      assert.equal(await redis.getDel("bytes"), allBytes.toString());
      assert.equal(await redis.exists("bytes"), 0);
      await assert.rejects(redis.lPush("s", "x"), /WRONGTYPE/);
    });

    test("hashes, sets, sorted sets, geo, bits, hyperloglog", async () => {
      await redis.hSet("h", { a: "1", b: "two" });
      assert.deepEqual({ ...(await redis.hGetAll("h")) }, { a: "1", b: "two" });
      await redis.sAdd("set", ["a", "b", "c"]);
      assert.deepEqual([...(await redis.sMembers("set"))].sort(), ["a", "b", "c"]);
      await redis.zAdd("z", [{ score: 1, value: "one" }, { score: 2.5, value: "more" }, { score: 0.25, value: "quarter" }]);
      assert.deepEqual((await redis.zRangeWithScores("z", 0, -1)).map(({ score, value }) => [score, value]), [[0.25, "quarter"], [1, "one"], [2.5, "more"]]);
      await redis.geoAdd("geo", { longitude: 13.361389, latitude: 38.115556, member: "Palermo" });
      assert.deepEqual(await redis.geoSearch("geo", { longitude: 15, latitude: 37 }, { radius: 200, unit: "km" }), ["Palermo"]);
      await redis.pfAdd("hll", ["a", "b", "c"]);
      assert.equal(await redis.pfCount("hll"), 3);
      assert.deepEqual(await redis.bitField("bits", [{ operation: "INCRBY", encoding: "u8", offset: 0, increment: 200 }]), [200]);
    });

    test("2000 commands in one turn", async () => {
      const replies = await Promise.all(Array.from({ length: 2000 }, (_, i) => redis.set(`p:${i}`, `${i}`)));
      assert.equal(replies.length, 2000);
      assert.deepEqual(await redis.mGet(["p:0", "p:1999", "p:none"]), ["0", "1999", null]);
    });

    test("transactions and a watch that fails", async () => {
      assert.deepEqual(await redis.multi().set("t", "1").incr("t").get("t").exec(), ["OK", 2, "2"]);
      const other = await connect();
      await other.watch("t");
      await redis.set("t", "changed");
      await assert.rejects(other.multi().set("t", "lost").exec(), WatchError);
      await assert.rejects(redis.multi().lPush("t", "x").get("t").exec(), (e) => e.replies.at(-1) === "changed");
    });

    test("publish/subscribe", async () => {
      const sub = await connect();
      const got = [];
      await sub.subscribe("news", (message, channel) => got.push([channel, message]));
      await sub.pSubscribe("n*", (message, channel) => got.push(["pattern", channel, message]));
      await sub.sSubscribe("shard", (message, channel) => got.push(["shard", channel, message]));
      assert.equal(await redis.publish("news", "one"), 2);
      assert.equal(await redis.sPublish("shard", "two"), 1);
      await until("three messages", () => got.length === 3);
      assert.deepEqual(got, [["news", "one"], ["pattern", "news", "one"], ["shard", "shard", "two"]]);
      assert.deepEqual(await redis.pubSubChannels(), ["news"]);
      assert.equal(await redis.pubSubNumPat(), 1);
      await sub.unsubscribe("news");
      await sub.pUnsubscribe("n*");
      await sub.sUnsubscribe("shard");
      assert.equal(String(await sub.ping()), "PONG");
    });

    test("scripts and functions", async () => {
      await redis.rPush("queue", ["a", "b"]);
      assert.equal(await redis.takeItem("queue", "busy", "taken", 7), "b");
      await redis.scriptFlush();
      assert.equal(await redis.takeItem("queue", "busy", "taken", 8), "a");
      assert.deepEqual(await redis.eval("return {KEYS[1], ARGV[1], 3}", { keys: ["k"], arguments: ["v"] }), ["k", "v", 3]);
      const code = "#!lua name=node\nredis.register_function{function_name='double', callback=function(keys, args) return args[1] * 2 end, flags={'no-writes'}}";
      await redis.functionLoad(code, { REPLACE: true });
      assert.equal(await redis.fCallRo("double", { arguments: ["21"] }), 42);
      const [library] = await redis.functionList();
      assert.equal(library.library_name, "node");
      const dump = await redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).functionDump();
      await redis.functionFlush();
      await redis.functionRestore(dump);
      assert.equal((await redis.functionList()).length, 1);
      await redis.functionDelete("node");
      if (RESP === 3) assert.deepEqual({ ...(await redis.eval("redis.setresp(3); return redis.call('HGETALL', 'h')")) }, { a: "1", b: "two" });
    });

    test("streams", async () => {
      const reader = await connect();
      await redis.xGroupCreate("st", "g", "$", { MKSTREAM: true });
      const reading = reader.xReadGroup("g", "me", { key: "st", id: ">" }, { COUNT: 1, BLOCK: 5000 });
      await until("it waits", async () => /blocked_clients:1/.test(await redis.info("clients")));
      const id = await redis.xAdd("st", "*", { a: "1" });
      const read = await reading; // the library leaves RESP3's map as it is
      assert.equal(RESP === 2 ? read[0].messages[0].id : read.st[0][0], id);
      assert.equal((await redis.xPending("st", "g")).pending, 1);
      assert.equal((await redis.xInfoGroups("st"))[0].pending, 1);
      assert.equal(await redis.xAck("st", "g", id), 1);
    });

    test("iterators", async () => {
      let keys = 0;
      for await (const batch of redis.scanIterator({ MATCH: "p:*", COUNT: 50 })) keys += batch.length;
      assert.ok(keys >= 2000);
      for await (const batch of redis.hScanIterator("h")) assert.equal(batch.length, 2);
    });

    test("a pool", async () => {
      const pool = createClientPool({ socket: { port }, RESP }, { minimum: 2, maximum: 8 });
      await pool.connect();
      await Promise.all(Array.from({ length: 100 }, (_, i) => pool.incrBy("pool", i)));
      assert.equal(await pool.get("pool"), "4950");
      pool.destroy();
    });

    test("introspection replies have the shapes the library expects", async () => {
      assert.match(await redis.clientInfo().then((info) => info.addr), /:/);
      assert.ok((await redis.clientList()).length >= 1);
      assert.equal((await redis.commandInfo(["get"]))[0].name, "get");
      assert.ok((await redis.commandList()).length > 200);
      assert.ok(Object.keys(await redis.configGet("maxmemory*")).length >= 3);
      assert.ok(Array.isArray(await redis.aclLog()));
      assert.ok((await redis.aclGetUser("default")).flags.length > 0);
      assert.ok((await redis.memoryStats())["peak.allocated"] > 0);
      assert.equal(typeof (await redis.dbSize()), "number");
      assert.equal((await redis.role()).role, "master");
      assert.ok(Array.isArray(await redis.moduleList()));
    });

    if (RESP === 3) {
      test("its client-side cache never shows what has changed", async () => {
        const cached = await connect({ clientSideCache: { ttl: 0, maxEntries: 0, evictPolicy: "LRU" } });
        await redis.set("c", "0");
        for (let i = 1; i <= 50; i++) {
          await cached.get("c");
          await redis.set("c", `${i}`);
          await until("the change is seen", async () => (await cached.get("c")) === `${i}`);
        }
        await cached.get("c");
        const before = cached.clientSideCache.stats();
        await cached.get("c");
        assert.equal(cached.clientSideCache.stats().hitCount, before.hitCount + 1, "the second read comes from the cache");
        await redis.flushAll();
        await until("FLUSHALL empties the cache", async () => (await cached.get("c")) === null);
      });
    }
  });
}
