// What can be done to the machine. The secret is kept in this variable only: it is
// gone with the page.

let authorization = "";

const basic = secret => "Basic " + btoa(String.fromCharCode(...new TextEncoder().encode("admin:" + secret)));

// headers of a request. The first has the server not make the browser ask for a
// password by itself.
function headers(secret = authorization) {
  const h = { "X-Requested-With": "XMLHttpRequest" };
  if (secret) h.Authorization = secret;
  return h;
}

// at is the address of a path. The page's own may have a password in it, which fetch
// refuses; the browser sends it all the same.
const at = path => location.origin + path;

// request is fetch with a time limit. The answer is one of the server's, whatever its code.
async function request(path, options = {}, timeMs = 5000) {
  const stop = new AbortController(), timer = setTimeout(() => stop.abort(), timeMs);
  try {
    const answer = await fetch(at(path), { cache: "no-store", headers: headers(), signal: stop.signal, ...options });
    const body = await answer.text();
    return { code: answer.status, body, json: () => JSON.parse(body) };
  } finally {
    clearTimeout(timer);
  }
}

// send uploads a file, and tells part how much of it is gone.
function send(path, file, part) {
  return new Promise((done, fail) => {
    const x = new XMLHttpRequest();
    x.open("PUT", at(path));
    for (const [name, value] of Object.entries(headers())) x.setRequestHeader(name, value);
    x.upload.addEventListener("progress", event => part(event.loaded / (event.total || 1)));
    x.addEventListener("load", () => done({ code: x.status, body: x.responseText }));
    x.addEventListener("error", () => fail(new Error("the connection was lost")));
    x.send(file);
  });
}

async function must(answer) {
  const { code, body } = await answer;
  if (code >= 400) throw new Error(body.trim() || "the server answered " + code);
  return body.trim();
}

// ask opens the dialog. go is called with what was given in it; what it returns is
// shown before the dialog closes, and an error of it leaves the dialog open.
function ask({ title, text: explanation, button, file, word, secret, go }) {
  const dialog = byId("ask"), action = byId("ask-go"), cancel = byId("ask-cancel");
  text(byId("ask-title"), title);
  text(byId("ask-text"), explanation);
  text(byId("ask-word-text"), `Type ${word} to go on`);
  text(byId("ask-error"), "");
  text(action, button);
  text(cancel, "Cancel");
  byId("ask-bar").hidden = true;
  const inputs = { file: byId("ask-file"), word: byId("ask-word"), secret: byId("ask-secret") };
  const wanted = { file, word, secret };
  for (const name in inputs) {
    inputs[name].value = "";
    byId(`ask-${name}-label`).hidden = !wanted[name];
    if (name === "file") inputs.file.accept = file || "";
  }
  action.hidden = false;
  const check = () => {
    action.disabled = Boolean(file && !inputs.file.files.length || word && inputs.word.value !== word || secret && !inputs.secret.value);
  };
  check();
  dialog.oninput = check;
  cancel.onclick = () => dialog.close();
  dialog.onclose = () => { inputs.secret.value = "" };
  dialog.firstElementChild.onsubmit = async event => {
    event.preventDefault();
    if (action.disabled) return;
    action.disabled = true;
    text(byId("ask-error"), "");
    try {
      const said = await go({ file: inputs.file.files[0], secret: inputs.secret.value, part: p => { byId("ask-bar").hidden = false; bar(byId("ask-bar"), p) } });
      if (!said) return dialog.close();
      text(byId("ask-text"), said);
      for (const name in inputs) byId(`ask-${name}-label`).hidden = true;
      action.hidden = true;
      text(cancel, "Close");
      cancel.focus();
    } catch (error) {
      text(byId("ask-error"), error.name === "AbortError" ? "no answer" : error.message);
      check();
    }
    byId("ask-bar").hidden = true;
  };
  dialog.showModal();
}

function signIn() {
  ask({
    title: "Sign in", button: "Sign in", secret: true,
    text: "The machine's password or token. It is kept until this page is closed or loaded again.",
    async go({ secret }) {
      for (const tried of [basic(secret), "Bearer " + secret]) {
        const answer = await request("/status.json", { headers: headers(tried) });
        if (answer.code === 200 && answer.json().may_act) { authorization = tried; poll(); return }
        if (answer.code !== 401) throw new Error(answer.body.trim());
      }
      throw new Error("That is neither the password nor the token.");
    },
  });
}

// download lets the browser fetch the file itself, unless only this page knows the secret.
async function download() {
  const link = make("a");
  link.download = `${byId("host").textContent}.rdb`;
  link.href = at("/snapshot.rdb");
  if (authorization) {
    const answer = await fetch(link.href, { headers: headers() });
    if (!answer.ok) throw new Error((await answer.text()).trim());
    link.href = URL.createObjectURL(await answer.blob());
    setTimeout(() => URL.revokeObjectURL(link.href), 60e3);
  }
  link.click();
}

const post = path => () => must(request(path, { method: "POST" }, 30e3));

const actions = {
  async download() {
    const button = document.querySelector("[data-do=download]");
    button.disabled = true;
    try { await download() } catch (error) { ask({ title: "Download snapshot", text: error.message, button: "Try again", go: download }) }
    button.disabled = false;
  },
  restore: () => ask({
    title: "Restore a snapshot", button: "Replace all data", file: ".rdb", word: byId("host").textContent,
    text: "All data of this machine is replaced by that of the file.",
    async go({ file, part }) {
      const done = JSON.parse(await must(send("/snapshot.rdb", file, part)));
      return `${count(done.keys)} keys have been restored in ${duration(done.seconds)}.`;
    },
  }),
  update: () => ask({
    title: "Update", button: "Send", file: ".tar",
    text: "An update.tar of the same profile. It is checked and written to the other slot; the running one stays as it is until the reboot.",
    async go({ file, part }) {
      await must(send("/update", file, part));
      return "The update has been written to the other slot. The next boot tries it, and goes back by itself if it does not become ready.";
    },
  }),
  rollback: () => ask({ title: "Roll back", button: "Roll back", text: "The machine saves and reboots into the other slot.", go: post("/rollback") }),
  reboot: () => ask({ title: "Reboot", button: "Reboot", text: "Clients lose their connections. Where nothing is saved, the data is lost.", go: post("/reboot") }),
  poweroff: () => ask({
    title: "Power off", button: "Power off", word: byId("host").textContent,
    text: "Nothing in the machine can switch it on again.", go: post("/poweroff"),
  }),
};

function showActions(status) {
  byId("sign").hidden = status.may_act;
  for (const group of document.querySelectorAll("[data-signed]"))
    group.hidden = !status.may_act || "update" in group.dataset && !status.update || "machine" in group.dataset && !status.boot.length;
}

function startActions() {
  byId("sign").addEventListener("click", signIn);
  for (const button of document.querySelectorAll("[data-do]")) button.addEventListener("click", actions[button.dataset.do]);
}
