// Figures as people read them: three digits and the unit that suits the size.

const byId = id => document.getElementById(id);
const known = v => typeof v === "number" && isFinite(v);

const digits = v => v.toFixed(v >= 99.95 ? 0 : v >= 9.995 ? 1 : 2);

// scaled divides v by base until it is below it, and names the power. What is not
// divided is written by unscaled.
function scaled(v, base, units, unscaled) {
  if (!known(v)) return "–";
  let i = 0;
  while (v >= base * 0.9995 && i < units.length - 1) { v /= base; i++ }
  return (i ? digits(v) : unscaled(v)) + units[i];
}

const count = v => scaled(v, 1000, ["", "k", "M", "G"], v => v < 9.95 && v % 1 ? v.toFixed(1) : v.toFixed(0));
const rate = v => known(v) ? count(v) + "/s" : "–";
const bytes = v => scaled(v, 1024, [" B", " KiB", " MiB", " GiB", " TiB"], Math.round);
const byteRate = v => known(v) ? bytes(v) + "/s" : "–";
const micros = v => scaled(v, 1000, [" µs", " ms", " s"], v => v ? digits(v) : "0");
const percent = v => known(v) ? (v >= 99.95 || v === 0 ? Math.round(v) : v.toFixed(1)) + " %" : "–";
const share = v => percent(v * 100);

function duration(s) {
  if (!known(s) || s < 0) return "–";
  if (s < 60) return (s < 10 && !Number.isInteger(s) ? s.toFixed(1) : Math.round(s)) + " s";
  s = Math.round(s);
  const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const first = parts.findIndex(([size]) => s >= size);
  return parts.slice(first, first + 2).map(([size, unit], i) =>
    Math.floor(i ? s % parts[first][0] / size : s / size) + " " + unit).join(" ");
}

const clockTime = ms => new Date(ms).toLocaleTimeString([], { hour12: false });

// text is the only way by which something that the server said gets into the
// document. What stands there already is left alone: nothing is announced twice.
function text(element, s) {
  s = String(s ?? "");
  if (element.textContent !== s) element.textContent = s;
}

function make(tag, className, content) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (content !== undefined) e.textContent = content;
  return e;
}

// fill makes a list of names and values of pairs [name, value, class of the value].
function fill(list, pairs, wrap) {
  pairs = pairs.filter(([, value]) => value !== undefined && value !== null && value !== "");
  const cells = list.querySelectorAll("dt, dd");
  if (cells.length !== pairs.length * 2) {
    list.replaceChildren(...pairs.flatMap(([name, value, kind]) => {
      const pair = [make("dt", "", name), make("dd", kind, value)];
      if (!wrap) return pair;
      const group = make("div");
      group.append(...pair);
      return [group];
    }));
    return;
  }
  pairs.forEach(([name, value, kind], i) => {
    text(cells[2 * i], name);
    text(cells[2 * i + 1], value);
    cells[2 * i + 1].className = kind || "";
  });
}

function bar(element, part) {
  element.firstElementChild.style.width = Math.min(100, Math.max(0, part * 100)) + "%";
  element.setAttribute("aria-valuenow", Math.round(part * 100));
}
