// The feed asks for the status each second, but not while nobody looks:
//
//	          answer                    no answer twice
//	connecting ─────> live ──────────────────────────────> lost
//	                   ^ │ hidden                           │
//	                   │ └──────> asleep                    │
//	                   └──────────── answer ────────────────┘
//
// After a pause, or where it was too slow, the plots are filled from the server's own history, as far as it has
// any; how long the machine did not answer stays visible behind them.

const everyMs = 1000;
let timer, polling = false, misses = 0, counted, lastAnswer = 0, recalled = 0, skewMs = 0;

// machineTime is the machine's clock as it must be now; the browser's may be wrong.
const machineTime = () => performance.now() + skewMs;

async function poll() {
  if (polling || document.hidden) return;
  polling = true;
  clearTimeout(timer);
  const began = performance.now();
  try {
    const answer = await request("/status.json");
    if (answer.code >= 400 && answer.code < 500) refused(answer);
    else if (answer.code !== 200) throw new Error("the server answered " + answer.code);
    else await answered(answer.json());
  } catch {
    missed();
  }
  polling = false;
  draw();
  timer = setTimeout(poll, Math.max(50, everyMs - (performance.now() - began)));
}

// refused: a secret that holds no longer is not sent again.
function refused({ body }) {
  authorization = "";
  byId("sign").hidden = false;
  showState({ state: "wait", word: "Signed out", title: "Not signed in", text: body.trim() });
}

async function answered(status) {
  skewMs = status.time_ms - performance.now();
  if (status.time_ms < lastAnswer) samples.length = silences.length = 0; // its clock was set back
  else if (misses > 1) silences.push({ from: lastAnswer, to: status.time_ms });
  const newest = samples[samples.length - 1]?.t ?? 0;
  if (status.sampled_ms - newest > gapMs && status.time_ms - recalled > 10e3) {
    recalled = status.time_ms;
    const history = await request("/history.json");
    if (history.code === 200) recall(history.json());
  }
  const now = countedOf(status);
  if (!counted || now.t !== counted.t) {
    const sample = sampleOf(status, now, counted);
    if (known(now.t) && (known(sample.ops) || !samples.length)) add(sample);
    counted = now;
  }
  misses = 0;
  lastAnswer = status.time_ms;
  forgetBefore(status.time_ms - keptMs - gapMs);
  view.to = status.time_ms;
  show(status);
}

function show(status) {
  showFacts(status);
  showState(stateOf(status));
  showCommands(status);
  showSave(status);
  showBoot(status);
  showUpdate(status);
  showLog(status);
  showActions(status);
}

function missed() {
  if (++misses < 2) return;
  if (lastAnswer) view.to = machineTime();
  showState({
    state: "lost", word: "Connection lost", title: "Connection lost",
    text: lastAnswer ? `The machine has not answered since ${clockTime(lastAnswer)}.` : "The machine does not answer.",
    note: "It is asked again each second; what stands below is the last that is known.",
  });
}

document.addEventListener("visibilitychange", () => { if (document.hidden) clearTimeout(timer); else poll() });
startPlots();
startPanels();
startLog();
startActions();
poll();
