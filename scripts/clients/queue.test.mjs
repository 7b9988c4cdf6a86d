// BullMQ, a job queue whose every step is a large Lua script: priorities, delays, retries,
// rate limits, flows of jobs that wait for each other, repeated jobs, stalled workers,
// events, pausing and cleaning up.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { FlowProducer, Queue, QueueEvents, Worker } from "bullmq";
import { Redis } from "ioredis";
import { port, until } from "./target.mjs";

const connection = { port, maxRetriesPerRequest: null };

describe("BullMQ", { timeout: 240_000 }, () => {
  const open = [];
  const keep = (thing) => (open.push(thing), thing);
  const queue = (name, options) => keep(new Queue(name, { connection, ...options }));
  const worker = (name, work, options) => keep(new Worker(name, work, { connection, ...options }));
  let admin;
  before(async () => {
    admin = new Redis({ port });
    await admin.flushall();
  });
  after(async () => {
    await Promise.all(open.map((thing) => thing.close()));
    admin.disconnect();
  });

  test("500 jobs on four workers: each once, with its result", async () => {
    const q = queue("many");
    const seen = new Map();
    for (let i = 0; i < 4; i++) worker("many", async (job) => { seen.set(job.id, (seen.get(job.id) ?? 0) + 1); return job.data.n * 2; }, { concurrency: 10 });
    const jobs = await q.addBulk(Array.from({ length: 500 }, (_, n) => ({ name: "double", data: { n } })));
    await until("all are done", async () => (await q.getCompletedCount()) === 500, 60_000);
    assert.equal(seen.size, 500);
    assert.ok([...seen.values()].every((times) => times === 1));
    assert.equal((await q.getJob(jobs[21].id)).returnvalue, 42);
  });

  test("priorities, and order among equals", async () => {
    const q = queue("prio");
    await q.pause();
    for (const [name, priority] of [["low", 10], ["high", 1], ["middle", 5], ["high2", 1], ["none", 0]]) await q.add(name, {}, { priority });
    await q.resume();
    const order = [];
    worker("prio", async (job) => { order.push(job.name); });
    await until("all are done", () => order.length === 5);
    assert.deepEqual(order, ["none", "high", "high2", "middle", "low"]);
  });

  test("delays, retries with backoff, failures with their reason", async () => {
    const q = queue("retry");
    const events = keep(new QueueEvents("retry", { connection }));
    await events.waitUntilReady();
    let attempts = 0;
    worker("retry", async (job) => {
      if (job.name === "fails") throw new Error("for a reason");
      if (++attempts < 3) throw new Error("not yet");
      return "at last";
    });
    const begin = Date.now();
    const delayed = await q.add("works", {}, { delay: 200, attempts: 5, backoff: { type: "fixed", delay: 50 } });
    assert.equal(await delayed.waitUntilFinished(events, 20_000), "at last");
    assert.ok(Date.now() - begin >= 300);
    const failing = await q.add("fails", {});
    await assert.rejects(failing.waitUntilFinished(events, 20_000), /for a reason/);
    assert.equal(await q.getFailedCount(), 1);
    await q.retryJobs();
    await until("it fails again", async () => (await q.getFailedCount()) === 1 && (await q.getWaitingCount()) === 0);
  });

  test("a flow: the parent waits for its children and gets their results", async () => {
    const flow = keep(new FlowProducer({ connection }));
    queue("parents");
    worker("children", async (job) => job.data.n ** 2);
    const sums = [];
    worker("parents", async (job) => { sums.push(Object.values(await job.getChildrenValues()).reduce((a, b) => a + b, 0)); });
    await flow.add({
      name: "sum", queueName: "parents",
      children: Array.from({ length: 10 }, (_, n) => ({ name: "square", queueName: "children", data: { n } })),
    });
    await until("the parent ran", () => sums.length === 1, 20_000);
    assert.deepEqual(sums, [285]);
  });

  test("rate limits", async () => {
    const q = queue("limited");
    let done = 0;
    worker("limited", async () => { done++; }, { limiter: { max: 5, duration: 300 } });
    const begin = Date.now();
    await q.addBulk(Array.from({ length: 12 }, (_, i) => ({ name: `j${i}`, data: {} })));
    await until("all are done", () => done === 12, 20_000);
    assert.ok(Date.now() - begin >= 550, "two pauses of 300 ms");
  });

  test("schedulers repeat, deduplication does not", async () => {
    const q = queue("repeat");
    let runs = 0;
    worker("repeat", async () => { runs++; });
    await q.upsertJobScheduler("tick", { every: 100 }, { name: "tick" });
    await until("three runs", () => runs >= 3, 20_000);
    assert.equal(await q.removeJobScheduler("tick"), true);
    await q.pause();
    const one = await q.add("once", {}, { deduplication: { id: "same" } });
    const two = await q.add("once", {}, { deduplication: { id: "same" } });
    assert.equal(one.id, two.id);
  });

  test("a job whose worker dies is given to another one", async () => {
    const q = queue("stalled");
    let started;
    const begun = new Promise((resolve) => { started = resolve; });
    const dying = new Worker("stalled", () => (started(), new Promise(() => {})), { connection, lockDuration: 500, stalledInterval: 300 });
    dying.on("error", () => {});
    const job = await q.add("orphan", {});
    await begun;
    await dying.close(true);
    worker("stalled", async () => "saved", { stalledInterval: 300, lockDuration: 500 });
    await until("it is done by the other", async () => (await job.getState()) === "completed", 30_000);
  });

  test("cleaning, draining, obliterating leave no key behind", async () => {
    const q = queue("gone");
    worker("gone", async () => {}, { autorun: true });
    await q.addBulk(Array.from({ length: 50 }, () => ({ name: "x", data: {}, opts: { removeOnComplete: { count: 10 } } })));
    await until("only ten are kept", async () => (await q.getCompletedCount()) === 10 && (await q.getActiveCount()) === 0 && (await q.getWaitingCount()) === 0);
    assert.equal((await q.clean(0, 100, "completed")).length, 10);
    await q.pause();
    await q.add("late", {}, { delay: 100_000 });
    await q.obliterate({ force: true });
    assert.deepEqual((await admin.keys("bull:gone:*")).filter((key) => !/:(stalled-check|meta|events)$/.test(key)), []);
  });

  test("its scripts came by EVALSHA", async () => {
    const [, calls] = /cmdstat_evalsha:calls=(\d+)/.exec(await admin.info("commandstats"));
    assert.ok(Number(calls) > 1000);
  });
});
