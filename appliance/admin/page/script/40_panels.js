// What stands in words: the state, the facts, commands, persistence, boot, software.

const ago = (status, s) => known(s) && s > 0 ? duration(Math.max(0, Math.round(status.time_ms / 1000 - s))) + " ago" : "never";

function showFacts(status) {
  text(byId("host"), status.hostname || "Redoubt");
  fill(byId("facts"), [
    ["Version", status.version], ["Profile", status.profile], ["Slot", status.slot && status.slot.toUpperCase()],
    ["Architecture", status.arch], ["Kernel", status.kernel], ["Up", duration(status.uptime_s)],
    ["Address", status.addresses.join(", ")],
  ], true);
}

// stateOf is the state in a word, and what the banner says of it.
function stateOf(status) {
  const server = status.server;
  if (status.locked) return {
    state: "locked", word: "Locked", title: "This machine is locked", text: status.locked,
    note: "Clients from other hosts are refused until it has been started with what it is missing.",
  };
  if (server.loading) return {
    state: "loading", word: "Loading", title: "Loading data", part: (server.loading_loaded_perc || 0) / 100,
    text: `${share((server.loading_loaded_perc || 0) / 100)} of ${bytes(server.loading_total_bytes)}` +
      (server.loading_eta_seconds > 0 ? `, about ${duration(server.loading_eta_seconds)} left` : ""),
  };
  if (!status.ready) return { state: "loading", word: "Not ready", title: "Not ready", text: status.not_ready || "" };
  return { state: "ready", word: "Ready" };
}

function showState({ state, word, title, text: reason, note, part }) {
  const banner = byId("banner"), badge = byId("state");
  badge.dataset.state = banner.dataset.state = state;
  text(badge, word);
  banner.hidden = !title;
  text(byId("banner-title"), title);
  text(byId("banner-text"), reason);
  text(byId("banner-note"), note);
  byId("loading-bar").hidden = part === undefined;
  if (part !== undefined) bar(byId("loading-bar"), part);
  const latest = samples[samples.length - 1];
  document.title = (state === "ready" ? latest && known(latest.ops) ? rate(latest.ops) + " · " : "" : word + " · ") + byId("host").textContent;
}

// Commands: those with the most of what the table is sorted by.

const shownCommands = 12;
const measured = us => micros(us || undefined); // 0: latency-tracking is off
const columns = [
  ["Command", "name", s => s],
  ["Calls/s", "perSecond", count],
  ["Time", "busy", percent],
  ["Calls", "calls", count],
  ["Mean", "mean", micros],
  ["p50", "p50", measured],
  ["p99", "p99", measured],
  ["p99.9", "p999", measured],
];
const order = { by: "perSecond", up: false };
const pastCommands = []; // [{t, by name}] of the last ten seconds
let lastCommands = [];

function startCommands() {
  document.querySelector("#commands thead tr").append(...columns.map(([name, field]) => {
    const th = make("th"), button = make("button", "", name);
    th.scope = "col";
    if (field === "busy") button.title = "Part of one core's time that went into the command";
    button.type = "button";
    button.addEventListener("click", () => {
      order.up = order.by === field ? !order.up : field === "name";
      order.by = field;
      sortCommands();
    });
    th.append(button);
    return th;
  }));
}

function showCommands(status) {
  const now = { t: status.sampled_ms, run: status.server.run_id, of: new Map(status.commands.map(c => [c.name, c])) };
  while (pastCommands.length && (now.t - pastCommands[0].t > 10e3 || pastCommands[0].run !== now.run)) pastCommands.shift();
  const past = pastCommands[0], seconds = past ? (now.t - past.t) / 1000 : 0;
  if (!past || now.t > pastCommands[pastCommands.length - 1].t) pastCommands.push(now);
  lastCommands = status.commands.filter(c => c.calls > 0).map(c => {
    const before = past?.of.get(c.name) || { calls: 0, usec: 0 };
    const growth = seconds > 0 ? v => Math.max(0, v) / seconds : () => undefined;
    return { ...c, mean: c.usec / c.calls, perSecond: growth(c.calls - before.calls), busy: growth(c.usec - before.usec) / 1e4 };
  });
  sortCommands();
}

function sortCommands() {
  const sign = order.up ? 1 : -1, value = c => c[order.by] ?? 0;
  lastCommands.sort((a, b) => (order.by === "name" ? sign * a.name.localeCompare(b.name) : sign * (value(a) - value(b))) || b.calls - a.calls || (a.name < b.name ? -1 : 1));
  document.querySelectorAll("#commands thead th").forEach((th, i) => {
    if (columns[i][1] === order.by) th.setAttribute("aria-sort", order.up ? "ascending" : "descending");
    else th.removeAttribute("aria-sort");
  });
  const body = document.querySelector("#commands tbody"), list = lastCommands.slice(0, shownCommands);
  while (body.rows.length > list.length) body.deleteRow(-1);
  while (body.rows.length < list.length) {
    const row = body.insertRow(), head = make("th");
    head.scope = "row";
    row.append(head, ...columns.slice(1).map(() => make("td")));
  }
  list.forEach((command, y) => columns.forEach(([, field, unit], x) => text(body.rows[y].cells[x], unit(command[field]))));
  byId("commands").hidden = !list.length;
  byId("no-commands").hidden = list.length > 0;
}

// Persistence: a heading with its state, a bar while something runs, and figures.

function block(title) {
  const h = make("h3", "", title), state = make("span"), progress = make("div", "bar"), rows = make("dl", "rows");
  h.append(state);
  progress.append(make("i"));
  progress.setAttribute("role", "progressbar");
  progress.setAttribute("aria-label", title);
  progress.setAttribute("aria-valuemin", 0);
  progress.setAttribute("aria-valuemax", 100);
  return {
    nodes: [h, progress, rows],
    show(word, kind, part, pairs) {
      text(state, word);
      state.className = kind;
      progress.hidden = part === undefined;
      if (part !== undefined) bar(progress, part);
      fill(rows, pairs);
    },
  };
}

const snapshot = block("Snapshot"), appendOnly = block("Append-only file"), software = block("Update");

function showSave(status) {
  const s = status.server, save = status.save, part = save.total > 0 ? save.done / save.total : 0;
  // Before the first, the time of the last is that of the server's start.
  const saved = save.last_s - (status.sampled_ms / 1000 - s.uptime_in_seconds) > 1.5;
  const [word, kind] = save.running ? [percent(part * 100), ""] : !save.last_ok ? ["failed", "bad"] : saved ? ["saved", "good"] : ["none yet", "soft"];
  snapshot.show(word, kind, save.running ? part : undefined, [
    save.running && ["Keys", `${count(save.done)} of ${count(save.total)}`],
    save.running && ["Running for", duration(s.rdb_current_bgsave_time_sec)],
    ["Last", saved ? ago(status, save.last_s) : "not since the start"],
    saved && s.rdb_last_bgsave_time_sec >= 0 && ["Last took", duration(s.rdb_last_bgsave_time_sec)],
    ["Changes since", count(s.rdb_changes_since_last_save)],
    status.transfer && ["Transfer", status.transfer],
  ].filter(Boolean));
  if (!s.aof_enabled) return appendOnly.show("off", "soft", undefined, []);
  const failed = s.aof_last_write_status !== "ok" || s.aof_last_bgrewrite_status !== "ok";
  appendOnly.show(failed ? "failed" : s.aof_rewrite_in_progress ? "rewriting" : "on", failed ? "bad" : s.aof_rewrite_in_progress ? "" : "good", undefined, [
    ["Size", bytes(s.aof_current_size)], ["After last rewrite", bytes(s.aof_base_size)],
    s.aof_rewrite_in_progress && ["Rewriting for", duration(s.aof_current_rewrite_time_sec)],
    s.aof_last_rewrite_time_sec >= 0 && ["Last rewrite took", duration(s.aof_last_rewrite_time_sec)],
    s.aof_last_write_status !== "ok" && ["Last write", s.aof_last_write_status, "bad"],
    s.aof_last_bgrewrite_status !== "ok" && ["Last rewrite", s.aof_last_bgrewrite_status, "bad"],
  ].filter(Boolean));
}

// Boot: each phase is a bar from the end of the one before to its own.

let shownBoot = "";

function showBoot(status) {
  const phases = [...status.boot].sort((a, b) => a.ms - b.ms), key = JSON.stringify(phases);
  byId("no-boot").hidden = phases.length > 0;
  if (key === shownBoot) return;
  shownBoot = key;
  const end = Math.max(1, ...phases.map(p => p.ms));
  const ready = phases.find(p => p.name === "ready");
  text(byId("boot-total"), ready ? "ready after " + micros(ready.ms * 1000) : "");
  byId("boot").replaceChildren(...phases.map((phase, i) => {
    const from = i ? phases[i - 1].ms : 0, row = make("li"), track = make("span", "track"), mark = make("i");
    mark.style.left = from / end * 100 + "%";
    mark.style.width = (phase.ms - from) / end * 100 + "%";
    track.append(mark);
    track.title = `until ${micros(phase.ms * 1000)}`;
    row.append(make("span", "", phase.name === "init" ? "kernel" : phase.name.replaceAll("_", " ")), track, make("span", "ms", micros((phase.ms - from) * 1000)));
    return row;
  }));
}

// Software: versions, slots, and what an update is at.

const updateStates = {
  idle: ["none", "soft"], receiving: ["receiving", ""], written: ["written: reboot to try it", "warn"], trial: ["on trial", "warn"],
  confirmed: ["confirmed", "good"], "rolled back": ["rolled back", "bad"],
};

function showUpdate(status) {
  const update = status.update;
  if (!update) return software.show("by a new image", "soft", undefined, [["Version", status.version], ["Slots", "one: it runs from memory"]]);
  const [word, kind] = updateStates[update.state] || [update.state, ""];
  const here = (status.slot || "").toUpperCase(), there = { A: "B", B: "A" }[here] || "other";
  software.show(word, kind, undefined, [
    [here ? `Slot ${here}, running` : "Running", update.running || status.version],
    [here ? `Slot ${there}` : "Other slot", update.other || "empty"],
    update.reason && ["Last one failed", update.reason, "bad"],
  ].filter(Boolean));
}

function startPanels() {
  byId("save").append(...snapshot.nodes, ...appendOnly.nodes);
  byId("update").append(...software.nodes);
  startCommands();
}
