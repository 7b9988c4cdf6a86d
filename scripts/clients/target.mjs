// What the tests share: where the server is, and how they wait.
//
// scripts/clients/run starts a server for them and tells its port in REDIS_PORT. They
// begin with FLUSHALL and use databases 0 and 1.

import { once } from "node:events";

export const port = Number(process.env.REDIS_PORT);
if (!port) throw new Error("REDIS_PORT is not set: start these tests with scripts/clients/run");

export const protocols = [2, 3];

/** Resolves once condition() is true, or says what was waited for in vain. */
export async function until(what, condition, ms = 10_000) {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Resolves with the arguments of the next event. */
export const next = (emitter, event) => once(emitter, event, { signal: AbortSignal.timeout(10_000) });

/** Bytes that no text encoding leaves alone. */
export const allBytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

/** Takes the oldest item of a list to another one and notes when it was taken. */
export const takeItem = `
  local item = redis.call('RPOPLPUSH', KEYS[1], KEYS[2])
  if item then redis.call('ZADD', KEYS[3], ARGV[1], item) end
  return item`;
