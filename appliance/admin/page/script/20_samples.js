// A sample is one second of the machine as the plots need it. Rates are per second,
// between two answers of the server; what is not known is undefined.

const keptMs = 600e3, gapMs = 2600;
const samples = []; // by time
const silences = []; // {from, to}: when the machine did not answer this page

// fields of a sample, and where /history.json has them.
const inHistory = {
  t: "time_ms", ops: "ops_per_s", reads: "reads_per_s", writes: "writes_per_s", p50: "p50_us", p99: "p99_us", p999: "p999_us",
  used: "memory_used", max: "memory_max", resident: "memory_resident", keys: "keys", expires: "expires", clients: "clients", blocked: "blocked",
  hits: "hits_per_s", misses: "misses_per_s", in: "in_bytes_per_s", out: "out_bytes_per_s",
  evicted: "evicted_per_s", expired: "expired_per_s", cpu: "cpu_percent", system: "cpu_system_percent",
};

// counters of the server, by the field that is their rate.
const counters = {
  ops: "total_commands_processed", hits: "keyspace_hits", misses: "keyspace_misses",
  in: "total_net_input_bytes", out: "total_net_output_bytes", evicted: "evicted_keys", expired: "expired_keys",
};

// settle adds what follows from the other fields.
function settle(s) {
  for (const name of ["p50", "p99", "p999"]) s[name] ||= undefined; // nothing was measured
  if (!s.max) s.max = undefined; // no limit
  return s;
}

// sums adds up the databases' "keys=3,expires=1,…".
function sums(server) {
  let keys = 0, expires = 0;
  for (const name in server) {
    if (!/^db\d+$/.test(name)) continue;
    keys += Number(/keys=(\d+)/.exec(server[name])?.[1] || 0);
    expires += Number(/expires=(\d+)/.exec(server[name])?.[1] || 0);
  }
  return { keys, expires };
}

// countedOf are a status's counters; sampleOf makes a sample of two of them.
function countedOf(status) {
  const c = { t: status.sampled_ms, reads: 0, writes: 0, run: status.server.run_id };
  for (const field in counters) c[field] = status.server[counters[field]];
  for (const command of status.commands) {
    if (command.kind === "read") c.reads += command.calls;
    if (command.kind === "write") c.writes += command.calls;
  }
  c.system = status.server.used_cpu_sys * 100;
  c.cpu = c.system + status.server.used_cpu_user * 100;
  return c;
}

function sampleOf(status, now, before) {
  const s = { t: now.t, ...status.latency, ...status.memory, ...sums(status.server),
    clients: status.server.connected_clients, blocked: status.server.blocked_clients };
  const seconds = before && before.run === now.run && now.t - before.t < 10e3 ? (now.t - before.t) / 1000 : NaN;
  for (const field of [...Object.keys(counters), "reads", "writes", "system", "cpu"]) {
    const growth = (now[field] - before?.[field]) / seconds;
    if (growth >= 0) s[field] = growth; // not after CONFIG RESETSTAT
  }
  return settle(s);
}

// recall adds the samples of /history.json.
function recall(history) {
  const column = Object.entries(inHistory).map(([field, name]) => [field, history.fields.indexOf(name)]).filter(([, i]) => i >= 0);
  for (const row of history.samples) {
    const s = {};
    for (const [field, i] of column) s[field] = row[i];
    add(settle(s));
  }
}

// add puts a sample in its place; one of the same second is replaced.
function add(sample) {
  let i = samples.length;
  while (i > 0 && samples[i - 1].t > sample.t) i--;
  if (i > 0 && sample.t - samples[i - 1].t < 500) samples[i - 1] = sample;
  else samples.splice(i++, 0, sample);
  let found = 0, missed = 0; // of ten seconds: a second may have too few reads to tell
  for (let j = i - 1; j >= 0 && sample.t - samples[j].t < 10e3; j--) {
    found += samples[j].hits || 0;
    missed += samples[j].misses || 0;
  }
  if (found + missed > 0) sample.hitRate = found / (found + missed);
}

function forgetBefore(t) {
  while (samples.length && samples[0].t < t) samples.shift();
  while (silences.length && silences[0].to < t) silences.shift();
}

// nearest is the sample that is shown for the time t, if there is one.
function nearest(t) {
  let low = 0, high = samples.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (samples[middle].t < t) low = middle + 1; else high = middle;
  }
  const best = [samples[low - 1], samples[low]].filter(Boolean).sort((a, b) => Math.abs(a.t - t) - Math.abs(b.t - t))[0];
  return best && Math.abs(best.t - t) <= gapMs ? best : undefined;
}

const sum = (a, b) => known(a) || known(b) ? (a || 0) + (b || 0) : undefined;

// What is plotted. "of" names a field of the sample; now is the figure in large, and
// what is said of it.
const plotted = [
  { title: "Operations", unit: rate, now: s => [rate(s.ops)],
    series: [{ name: "reads", of: "reads" }, { name: "writes", of: "writes" }, { name: "all", of: "ops", thin: true }] },
  { title: "Latency", unit: micros, scale: "log", now: s => [micros(s.p99), "p99"],
    series: [{ name: "p50", of: "p50" }, { name: "p99", of: "p99" }, { name: "p99.9", of: "p999" }] },
  { title: "Memory", unit: bytes, scale: "bytes", now: s => [bytes(s.used), s.max ? "of " + bytes(s.max) : "used"],
    series: [{ name: "used", of: "used", area: true }, { name: "resident", of: "resident" }, { name: "limit", of: "max", thin: true, dashed: true }] },
  { title: "Keys", unit: count, now: s => [count(s.keys)],
    series: [{ name: "all", of: "keys", area: true }, { name: "expiring", of: "expires" }] },
  { title: "Hit rate", unit: share, scale: "share", now: s => [share(s.hitRate), "of keys read"],
    series: [{ name: "found", of: "hitRate", area: true }] },
  { title: "Clients", unit: count, now: s => [count(s.clients)],
    series: [{ name: "connected", of: "clients", area: true }, { name: "blocked", of: "blocked" }] },
  { title: "Network", unit: byteRate, scale: "bytes", now: s => [byteRate(sum(s.in, s.out))],
    series: [{ name: "in", of: "in" }, { name: "out", of: "out" }] },
  { title: "Keys removed", unit: rate, now: s => [rate(sum(s.evicted, s.expired))],
    series: [{ name: "evicted", of: "evicted" }, { name: "expired", of: "expired" }] },
  { title: "Processor", unit: percent, scale: "percent", now: s => [percent(s.cpu), "of one core"],
    series: [{ name: "all", of: "cpu", area: true }, { name: "system", of: "system" }] },
];
