// The log's tail. The status brings the last lines; they are put behind those that are
// here already where the two overlap.

const keptLines = 1000;
const lines = [];

// unseenFrom is where in tail that begins which lines does not end with.
function unseenFrom(tail) {
  for (let n = Math.min(tail.length, lines.length); n > 0; n--) {
    let i = 0;
    while (i < n && lines[lines.length - n + i] === tail[i]) i++;
    if (i === n) return n;
  }
  return 0;
}

function lineOf(line) {
  return make("div", /^\d+:[A-Z] .{12,32} # |\b(error|failed|panic|warning)\b/i.test(line) ? "warn" : "", line);
}

function showLog(status) {
  const fresh = status.log.slice(unseenFrom(status.log)), box = byId("log");
  text(byId("no-log"), status.may_act ? "" : "Sign in to see the log.");
  box.hidden = !status.may_act;
  if (!fresh.length) return;
  const follow = atEnd(box);
  if (lines.length && fresh.length === status.log.length) fresh.unshift("…");
  lines.push(...fresh);
  box.append(...fresh.filter(matches).map(lineOf));
  if (lines.length > keptLines) {
    lines.splice(0, lines.length - keptLines);
    while (box.childElementCount > keptLines) box.firstElementChild.remove();
  }
  if (follow) box.scrollTop = box.scrollHeight;
}

const atEnd = box => box.scrollHeight - box.scrollTop - box.clientHeight < 24;
const matches = line => line.toLowerCase().includes(byId("filter").value.toLowerCase());

function startLog() {
  const box = byId("log"), newest = byId("newest");
  byId("filter").addEventListener("input", () => {
    box.replaceChildren(...lines.filter(matches).map(lineOf));
    box.scrollTop = box.scrollHeight;
  });
  box.addEventListener("scroll", () => { newest.hidden = atEnd(box) }, { passive: true });
  newest.addEventListener("click", () => { box.scrollTop = box.scrollHeight; box.focus() });
}
