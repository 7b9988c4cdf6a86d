// A plot: its figure in large, a key with the values under the crosshair, and a
// canvas. All plots show the same time, and have the same crosshair.

const view = { windowMs: 300e3, to: 0, hover: undefined };
const colors = {};
const seriesColor = ["one", "two", "three"];
const gutter = 54, foot = 18, head = 6;

function readColors() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["card", "grid", "line", "text", "soft", "one", "two", "three", "hover"]) colors[name] = style.getPropertyValue("--" + name).trim();
  colors.font = "11px " + getComputedStyle(document.body).fontFamily;
}

// ticks are the values of the grid's lines from 0 upwards; the last is the top.
function ticks(top, binary) {
  const raw = top / 4;
  let step;
  if (binary) step = 2 ** Math.ceil(Math.log2(Math.max(raw, 1)));
  else {
    const power = 10 ** Math.floor(Math.log10(raw));
    step = [1, 2, 5, 10].find(m => m * power >= raw * 0.999) * power;
  }
  const list = [];
  for (let i = 0; i === 0 || list[i - 1] < top; i++) list.push(i * step);
  return list;
}

// scaleOf maps values to 0 (bottom) … 1 (top) for what is in sight.
function scaleOf(plot, visible) {
  const values = visible.flatMap(s => plot.series.map(one => s[one.of])).filter(known);
  if (plot.scale === "log") {
    const positive = values.filter(v => v > 0);
    let low = Math.floor(Math.log10(Math.min(...positive, 100)));
    let high = Math.ceil(Math.log10(Math.max(...positive, 1) * 1.05));
    if (high - low < 2) high = low + 2;
    low = Math.max(low, 0);
    return { marks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)), at: v => (Math.log10(Math.max(v, 10 ** low)) - low) / (high - low) };
  }
  const least = { bytes: 1024, share: 1, percent: 100 }[plot.scale] || 4;
  const marks = ticks(Math.max(...values, least), plot.scale === "bytes");
  return { marks, at: v => v / marks[marks.length - 1] };
}

class Plot {
  constructor(what) {
    Object.assign(this, what);
    this.figure = make("figure", "plot");
    const caption = make("figcaption"), big = make("div", "now"), key = make("div", "key");
    big.append(this.figureText = document.createTextNode("–"), this.small = make("small"));
    this.values = this.series.map((one, i) => {
      const item = make("span"), swatch = make("i", one.dashed ? "dashed" : ""), value = make("b", "", "–");
      one.color = one.thin ? "soft" : seriesColor[i];
      swatch.style.color = `var(--${one.color})`;
      item.append(swatch, one.name + " ", value);
      key.append(item);
      return value;
    });
    this.canvas = make("canvas");
    this.canvas.setAttribute("role", "img");
    caption.append(make("h2", "", this.title), big, key);
    this.figure.append(caption, this.canvas);
  }

  // size follows the layout and the density of the screen.
  size() {
    const dense = devicePixelRatio || 1;
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.canvas.width = Math.round(this.width * dense);
    this.canvas.height = Math.round(this.height * dense);
    this.context = this.canvas.getContext("2d");
    this.context.scale(this.canvas.width / this.width, this.canvas.height / this.height);
  }

  timeAt(x) { return view.to - view.windowMs * (1 - (x - gutter) / (this.width - gutter - 1)) }
  x(t) { return gutter + (this.width - gutter - 1) * (1 - (view.to - t) / view.windowMs) }
  y(part) { return head + (this.height - head - foot) * (1 - part) }

  label() {
    const shown = view.hover === undefined ? samples[samples.length - 1] : nearest(view.hover);
    this.series.forEach((one, i) => text(this.values[i], shown ? this.unit(shown[one.of]) : "–"));
    const [large, small] = this.now(shown || {});
    if (this.figureText.data !== large) this.figureText.data = large;
    text(this.small, small && shown ? " " + small : "");
    const when = shown && view.hover !== undefined ? ` at ${clockTime(shown.t)}` : "";
    this.spoken = `${this.title}${when} ${large}`;
    this.canvas.setAttribute("aria-label", this.spoken + this.series.map((one, i) => `, ${one.name} ${this.values[i].textContent}`).join(""));
    return shown;
  }

  draw() {
    const shown = this.label();
    if (!this.width) return;
    const c = this.context, from = view.to - view.windowMs;
    c.clearRect(0, 0, this.width, this.height);
    c.font = colors.font;
    const visible = samples.filter(s => s.t >= from - gapMs && s.t <= view.to);
    const scale = scaleOf(this, visible);
    this.grid(c, scale, from);
    c.save();
    c.beginPath();
    c.rect(gutter, 0, this.width - gutter, this.height - foot + 1);
    c.clip();
    c.fillStyle = colors.hover;
    for (const { from: a, to: b } of silences) c.fillRect(this.x(a), head, this.x(b) - this.x(a), this.height - head - foot);
    for (const one of [...this.series].reverse()) this.line(c, one, visible, scale);
    if (shown && view.hover !== undefined) this.crosshair(c, shown, scale);
    c.restore();
    if (shown && view.hover !== undefined) this.timeOf(c, shown);
  }

  // sharp puts a line of one pixel onto the pixels of the screen.
  sharp(v) { const dense = this.canvas.width / this.width; return (Math.round(v * dense) + (Math.round(dense) % 2 ? 0.5 : 0)) / dense }

  grid(c, scale, from) {
    c.lineWidth = 1;
    c.textBaseline = "middle";
    c.textAlign = "right";
    const every = scale.marks.length > 6 ? 2 : 1;
    scale.marks.forEach((mark, i) => {
      const y = this.sharp(this.y(scale.at(mark)));
      c.strokeStyle = i === 0 ? colors.line : colors.grid;
      c.beginPath();
      c.moveTo(gutter, y);
      c.lineTo(this.width, y);
      c.stroke();
      c.fillStyle = colors.soft;
      if (i % every === 0) c.fillText(this.unit(mark).replace(/\.?0+(?=[ kMG]|$)/, zeros => zeros[0] === "." ? "" : zeros).replace(/\/s$/, ""), gutter - 8, y);
    });
    c.textBaseline = "alphabetic";
    const parts = view.windowMs === 60e3 ? 4 : 5, size = view.windowMs === 60e3 ? 1000 : 60e3;
    for (let i = 0; i <= parts; i++) {
      if (i === 1 && this.width < 360) continue; // no room beside the first
      const back = view.windowMs / size * (parts - i) / parts;
      c.textAlign = i === 0 ? "left" : i === parts ? "right" : "center";
      c.fillText(i === parts ? "now" : "−" + back + (i ? "" : size === 1000 ? " s" : " min"), this.x(from + view.windowMs * i / parts) + (i === parts ? 1 : 0), this.height - 3);
    }
  }

  // line draws a series; it ends where samples are missing.
  line(c, one, visible, scale) {
    const runs = [];
    let run;
    visible.forEach((s, i) => {
      if (!known(s[one.of])) { run = undefined; return }
      if (!run || s.t - visible[i - 1].t > gapMs) runs.push(run = []);
      run.push([this.x(s.t), this.y(scale.at(s[one.of]))]);
    });
    c.strokeStyle = c.fillStyle = colors[one.color];
    c.lineWidth = one.thin ? 1 : 1.5;
    c.lineJoin = "round";
    c.setLineDash(one.dashed ? [3, 3] : []);
    for (const points of runs) {
      c.beginPath();
      if (points.length === 1) { c.arc(...points[0], 1.5, 0, 7); c.fill(); continue }
      points.forEach(([x, y]) => c.lineTo(x, y));
      c.stroke();
      if (!one.area) continue;
      c.lineTo(points[points.length - 1][0], this.y(0));
      c.lineTo(points[0][0], this.y(0));
      c.globalAlpha = 0.09;
      c.fill();
      c.globalAlpha = 1;
    }
    c.setLineDash([]);
  }

  // timeOf stands in the place of the axis' marks, below the crosshair.
  timeOf(c, sample) {
    const s = clockTime(sample.t), half = c.measureText(s).width / 2 + 6;
    const x = Math.min(this.width - half, Math.max(gutter + half, this.x(sample.t)));
    c.fillStyle = colors.card;
    c.fillRect(x - half, this.height - foot + 2, 2 * half, foot - 2);
    c.fillStyle = colors.text;
    c.textAlign = "center";
    c.fillText(s, x, this.height - 3);
  }

  crosshair(c, sample, scale) {
    const x = this.sharp(this.x(sample.t));
    c.strokeStyle = colors.soft;
    c.lineWidth = 1;
    c.beginPath();
    c.moveTo(x, head);
    c.lineTo(x, this.height - foot);
    c.stroke();
    for (const one of this.series) {
      if (!known(sample[one.of])) continue;
      c.beginPath();
      c.arc(x, this.y(scale.at(sample[one.of])), 3.5, 0, 7);
      c.fillStyle = colors[one.color];
      c.strokeStyle = colors.card;
      c.lineWidth = 1.5;
      c.fill();
      c.stroke();
    }
  }
}

const plots = plotted.map(what => new Plot(what));
let drawn = 0;

// draw draws all plots with the screen's next picture.
function draw() {
  drawn ||= requestAnimationFrame(() => {
    drawn = 0;
    for (const plot of plots) plot.draw();
  });
}

function startPlots() {
  const box = byId("plots");
  box.append(...plots.map(plot => plot.figure));
  readColors();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColors(); draw() });
  const resized = new ResizeObserver(() => { for (const plot of plots) plot.size(); draw() });
  plots.forEach(plot => {
    resized.observe(plot.canvas);
    const move = event => { view.hover = plot.timeAt(Math.max(gutter, event.offsetX)); draw() };
    plot.canvas.addEventListener("pointermove", move);
    plot.canvas.addEventListener("pointerdown", move);
    plot.canvas.addEventListener("pointerleave", () => { view.hover = undefined; draw() });
  });
  box.addEventListener("keydown", moveByKey);
  box.addEventListener("blur", () => { view.hover = undefined; draw() });
  for (const choice of document.getElementsByName("window")) {
    choice.addEventListener("change", () => { view.windowMs = choice.value * 1000; draw() });
    if (choice.checked) view.windowMs = choice.value * 1000;
  }
}

// moveByKey moves the crosshair, and says what is under it.
function moveByKey(event) {
  const from = view.to - view.windowMs, step = view.windowMs / 60 * (event.shiftKey ? 10 : 1), at = view.hover ?? view.to;
  const to = { ArrowLeft: at - step, ArrowRight: at + step, Home: from, End: view.to, Escape: undefined };
  if (!(event.key in to)) return;
  event.preventDefault();
  view.hover = to[event.key] && Math.min(view.to, Math.max(from, to[event.key]));
  draw();
  requestAnimationFrame(() => text(byId("spoken"), view.hover === undefined ? "" : plots.map(plot => plot.spoken).join("; ")));
}
