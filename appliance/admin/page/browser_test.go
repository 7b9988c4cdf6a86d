package page

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestBrowser looks at the page of a fake machine in Chromium. One browser serves all
// parts; each opens the page anew.
func TestBrowser(t *testing.T) {
	b := newBrowser(t)
	for name, part := range map[string]func(b *browser, f *fake){
		"values": values, "crosshair": crosshair, "connection lost": connectionLost, "restart": restart, "clock set back": clockSetBack, "hidden": hidden,
		"locked": lockedMachine, "loading": loadingMachine, "hostile texts": hostileTexts, "policy": policyHolds,
		"phone": narrow, "dark": darkScheme, "signing in": signingIn, "download": downloading, "closed": closed, "restore": restoring, "power": power,
	} {
		t.Run(name, func(t *testing.T) {
			one := &browser{t: t, session: b.session}
			f := newFake(t)
			one.look(desktop)
			part(one, f)
			one.open("about:blank")
			if lines := one.console(); len(lines) > 0 && name != "policy" && name != "closed" && name != "connection lost" && name != "signing in" && name != "download" {
				t.Errorf("the browser complains: %q", lines)
			}
		})
	}
}

// opened opens the page and waits for its first figures.
func (b *browser) opened(f *fake) {
	b.t.Helper()
	b.open(f.URL)
	b.wait("document.querySelector('.plot .now').textContent !== '–'")
}

// shows fails unless the element says a text that contains want.
func (b *browser) shows(selector, want string) {
	b.t.Helper()
	if got := b.text(selector); !strings.Contains(got, want) {
		b.t.Errorf("%s is %q, without %q", selector, got, want)
	}
}

// painted is how many pixels of the n-th canvas have one of the lines' colours.
func (b *browser) painted(n int) (pixels int) {
	b.t.Helper()
	b.run(`const c = document.querySelectorAll("canvas")[arguments[0]], d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
		let n = 0;
		for (let i = 0; i < d.length; i += 4) if (d[i + 3] > 200 && Math.max(d[i], d[i + 1], d[i + 2]) - Math.min(d[i], d[i + 1], d[i + 2]) > 60) n++;
		return n;`, &pixels, n)
	return pixels
}

func values(b *browser, f *fake) {
	b.opened(f)
	for selector, want := range map[string]string{
		"#host": "cache-7", "#state": "Ready", "#facts": "redis-persistent", "#commands tbody": "get", "#save": "of 1.20M",
		"#boot": "mount the data disk", "#boot-total": "ready after 1.10 s", "#update": "Slot B", "#log": "DB saved on disk",
	} {
		b.shows(selector, want)
	}
	b.wait("/^[1-9]/.test(document.querySelector('#commands tbody td').textContent)") // calls a second need two answers
	for i := range 9 {
		if n := b.painted(i); n < 100 {
			b.t.Errorf("plot %d has %d coloured pixels", i, n)
		}
	}
	before := b.text(".plot .now")
	b.wait("document.querySelector('.plot .now').textContent !== arguments[0]", before)
	b.wait("document.title.includes('/s · cache-7')")
	first := b.text("#commands tbody th")
	b.click("#commands thead th:nth-child(1) button")
	if b.text("#commands tbody th") != "config|get" || first == "config|get" {
		b.t.Errorf("sorted by name the table begins with %q, before with %q", b.text("#commands tbody th"), first)
	}
	b.enter("#filter", "output buffer")
	b.wait("[...document.querySelectorAll('#log div')].every(e => e.textContent.includes('output buffer'))")
}

// The crosshair shows the values of one time in all plots, by mouse and by key.
func crosshair(b *browser, f *fake) {
	const pointed = "[...document.querySelectorAll('canvas')].every(e => / at \\d+:\\d\\d:\\d\\d /.test(e.ariaLabel))"
	b.opened(f)
	figures := func() (list []string) {
		b.run("return [...document.querySelectorAll('.key')].map(e => e.textContent)", &list)
		return list
	}
	newest := figures()
	b.run(`const c = document.querySelector("canvas"), box = c.getBoundingClientRect();
		c.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, clientX: box.left + 150, clientY: box.top + 50 }))`, nil)
	b.wait(pointed)
	for i, text := range figures() {
		if text == newest[i] && i < 4 {
			b.t.Errorf("plot %d still shows %q under the crosshair", i, text)
		}
	}
	b.run(`document.querySelector("canvas").dispatchEvent(new PointerEvent("pointerleave"))`, nil)
	b.wait("!(" + pointed + ")")
	b.enter("#plots", "\ue012\ue012") // the key for left, twice
	b.wait(pointed)
	b.wait("document.getElementById('spoken').textContent.includes('Latency')")
	b.enter("#plots", "\ue00c") // Escape
	b.wait("!(" + pointed + ")")
	b.run("document.querySelector('input[name=window][value=\"60\"]').click()", nil)
	b.wait("document.querySelector('input[name=window]').checked")
}

func connectionLost(b *browser, f *fake) {
	b.opened(f)
	f.set(func() { f.down = true })
	b.wait("document.getElementById('state').dataset.state === 'lost'")
	b.shows("#banner", "has not answered since")
	b.shows("#commands tbody", "get") // what is known stays
	f.set(func() { f.down = false })
	b.wait("document.getElementById('state').dataset.state === 'ready' && document.getElementById('banner').hidden")
}

// restart is a server whose counters begin anew: there are no rates below zero.
func restart(b *browser, f *fake) {
	b.opened(f)
	f.set(func() {
		f.change = func(status map[string]any) {
			server := status["server"].(map[string]any)
			server["run_id"], server["total_commands_processed"], server["keyspace_hits"] = "another", 7, 3
		}
	})
	b.wait("document.querySelector('.plot .now').textContent === '0/s'")
	var texts string
	b.run("return document.body.innerText", &texts)
	if bad := regexp.MustCompile(`NaN|undefined|[-−]\d[\d.]*[kM]?/s`).FindString(texts); bad != "" {
		b.t.Errorf("after a restart the page shows %q", bad)
	}
}

// A machine's clock that is set back does not leave the plots in its future.
func clockSetBack(b *browser, f *fake) {
	b.opened(f)
	f.set(func() {
		f.change = func(status map[string]any) {
			for _, name := range []string{"time_ms", "sampled_ms"} {
				status[name] = status[name].(int64) - 3600e3
			}
			status["server"].(map[string]any)["connected_clients"] = 12345
		}
	})
	b.wait("document.querySelector('.plot:nth-child(6) .now').textContent === '12.3k'")
}

// hidden pages ask for nothing.
func hidden(b *browser, f *fake) {
	b.opened(f)
	hide := "Object.defineProperty(document, 'hidden', { value: arguments[0], configurable: true }); document.dispatchEvent(new Event('visibilitychange'))"
	b.run(hide, nil, true)
	time.Sleep(300 * time.Millisecond) // an answer that is under way
	asked := 0
	f.set(func() { f.change = func(map[string]any) { asked++ } })
	time.Sleep(2500 * time.Millisecond)
	f.set(func() {
		if asked > 0 {
			b.t.Errorf("a hidden page asked %d times", asked)
		}
	})
	b.run(hide, nil, false)
	for deadline, seen := time.Now().Add(time.Minute), 0; seen == 0; time.Sleep(20 * time.Millisecond) {
		f.set(func() { seen = asked })
		if time.Now().After(deadline) {
			b.t.Fatal("the page that is seen again asks for nothing")
		}
	}
}

func lockedMachine(b *browser, f *fake) {
	f.change, f.quiet = locked, true
	b.opened(f)
	b.shows("#state", "Locked")
	b.shows("#banner", "the metadata service at 169.254.169.254 does not answer")
	b.wait("document.title.startsWith('Locked')")
}

func loadingMachine(b *browser, f *fake) {
	f.change = loading
	b.opened(f)
	b.shows("#state", "Loading")
	b.shows("#banner", "43.2 % of 3.20 GiB, about 12 s left")
}

// hostile is what a key, a line of the log or a name may be.
const hostile = `<img src=x onerror="window.broken=1"></script><script>window.broken=1</script>"'&lt;`

// hostileTexts stay texts, wherever they stand.
func hostileTexts(b *browser, f *fake) {
	f.change = func(status map[string]any) {
		for _, name := range []string{"version", "profile", "arch", "kernel", "hostname", "slot", "locked", "transfer"} {
			status[name] = hostile
		}
		status["addresses"] = []string{hostile}
		status["log"] = []string{hostile, "more " + hostile}
		status["boot"] = []map[string]any{{"name": hostile, "ms": 3}}
		status["commands"] = []map[string]any{{"name": hostile, "calls": 3, "usec": 4, "p50": 1, "p99": 1, "p999": 1}}
		status["update"] = map[string]any{"state": hostile, "running": hostile, "other": hostile, "reason": hostile}
		server := status["server"].(map[string]any)
		server["aof_last_write_status"] = hostile
	}
	b.opened(f)
	for _, selector := range []string{"#host", "#facts", "#banner", "#commands tbody", "#log", "#boot", "#update", "#save"} {
		b.shows(selector, hostile)
	}
	b.click("[data-do=restore]")
	b.shows("#ask", hostile)
	broken, elements := true, 0
	b.run("return Boolean(window.broken)", &broken)
	b.run("return document.querySelectorAll('img, script').length", &elements)
	if broken || elements != 1 {
		b.t.Errorf("a text became markup: run %v, %d elements", broken, elements)
	}
}

// policyHolds even if a text became markup, and against what it could send away.
func policyHolds(b *browser, f *fake) {
	b.opened(f)
	b.run(`document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.broken=1'><p id=styled style='position:fixed'>x</p>")`, nil)
	b.run(`const s = document.createElement("script"); s.textContent = "window.broken=1"; document.body.append(s)`, nil)
	b.run(`fetch("http://127.0.0.2:1/").catch(() => { window.stayed = 1 })`, nil)
	b.wait("window.stayed")
	var result []any
	b.run("return [Boolean(window.broken), getComputedStyle(document.getElementById('styled')).position]", &result)
	if result[0] != false || result[1] != "static" {
		b.t.Errorf("the policy let through: %v", result)
	}
	if lines := strings.Join(b.console(), "\n"); strings.Count(lines, "Content Security Policy") < 4 {
		b.t.Errorf("the policy refused only %s", lines)
	}
}

// narrow is a phone: whatever the texts are, nothing makes the page wider than it.
func narrow(b *browser, f *fake) {
	long := strings.Repeat("unbreakable", 30)
	b.look(phone)
	for _, change := range []func(map[string]any){nil, locked, func(status map[string]any) {
		locked(status)
		status["hostname"], status["version"], status["locked"], status["log"] = long, long, long, []string{long}
		status["addresses"] = []string{long}
		status["boot"] = []map[string]any{{"name": long, "ms": 3}}
		status["update"] = map[string]any{"state": long, "running": long, "other": long, "reason": long}
		status["commands"] = []map[string]any{{"name": long, "calls": 3, "usec": 4, "p50": 1, "p99": 1, "p999": 1}}
	}} {
		f.set(func() { f.change = change })
		b.opened(f)
		var width int
		b.run("return document.documentElement.scrollWidth", &width)
		if width > phone.width {
			b.t.Errorf("the page is %d pixels wide on a screen of %d", width, phone.width)
		}
	}
}

func darkScheme(b *browser, f *fake) {
	b.look(screen{1440, 1000, 1, true})
	b.opened(f)
	var background string
	b.run("return getComputedStyle(document.body).backgroundColor", &background)
	if background != "rgb(14, 17, 20)" {
		b.t.Errorf("the background is %s", background)
	}
	if n := b.painted(0); n < 100 {
		b.t.Errorf("the first plot has %d coloured pixels", n)
	}
}

// signingIn takes a password first, then a token; neither outlives the page.
func signingIn(b *browser, f *fake) {
	for _, secret := range []string{"Basic " + base64.StdEncoding.EncodeToString([]byte("admin:pässword")), "Bearer token-1"} {
		f.set(func() { f.secret = secret })
		b.opened(f)
		b.wait("document.querySelector('[data-do=reboot]').closest('[hidden]')")
		b.shows("#no-log", "Sign in")
		b.click("#sign")
		b.enter("#ask-secret", "wrong")
		b.click("#ask-go")
		b.wait("document.getElementById('ask-error').textContent.includes('neither')")
		b.run("document.getElementById('ask-secret').value = ''", nil)
		b.enter("#ask-secret", map[bool]string{true: "pässword", false: "token-1"}[strings.HasPrefix(secret, "Basic")])
		b.click("#ask-go")
		b.wait("document.getElementById('log').textContent.includes('DB saved') && document.getElementById('sign').hidden")
		b.wait("!document.querySelector('[data-do=reboot]').closest('[hidden]')")
		var kept int
		b.run("return localStorage.length + sessionStorage.length + document.cookie.length", &kept)
		if kept != 0 {
			b.t.Error("the secret is kept")
		}
	}
}

// closed is a machine that shows nobody anything without a password. The browser asks
// for it, and what the page asks for afterwards has it too.
func closed(b *browser, f *fake) {
	f.secret, f.closed = "Basic "+base64.StdEncoding.EncodeToString([]byte("me:secret")), true
	b.open(strings.Replace(f.URL, "http://", "http://me:secret@", 1))
	b.wait("document.getElementById('state').dataset.state === 'ready'")
	b.wait("document.getElementById('log').textContent.includes('DB saved')")
	f.set(func() { f.secret = "Basic changed" })
	b.wait("document.getElementById('banner').textContent.includes('a password or token is needed')")
	b.wait("!document.getElementById('sign').hidden")
}

// downloading works with a secret that only the page knows.
func downloading(b *browser, f *fake) {
	dir := b.t.TempDir()
	b.devTools("Browser.setDownloadBehavior", map[string]any{"behavior": "allow", "downloadPath": dir}, nil)
	f.secret = "Bearer token-1"
	b.opened(f)
	b.click("#sign")
	b.enter("#ask-secret", "token-1")
	b.click("#ask-go")
	b.wait("!document.querySelector('[data-do=download]').closest('[hidden]')")
	b.click("[data-do=download]")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		got, err := os.ReadFile(filepath.Join(dir, "cache-7.rdb"))
		if err == nil && string(got) == "done\n" {
			return
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("downloaded %q, %v", got, err)
		}
	}
}

// restoring needs a file and the machine's name.
func restoring(b *browser, f *fake) {
	file := filepath.Join(b.t.TempDir(), "a.rdb")
	if err := os.WriteFile(file, []byte("REDIS0011"), 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.opened(f)
	b.click("[data-do=restore]")
	b.wait("document.getElementById('ask-go').disabled")
	b.enter("#ask-file", file)
	b.enter("#ask-word", "cache-")
	b.wait("document.getElementById('ask-go').disabled")
	b.enter("#ask-word", "7")
	b.wait("!document.getElementById('ask-go').disabled")
	b.click("#ask-go")
	b.wait("document.getElementById('ask-text').textContent === '41.0k keys have been restored in 1.2 s.'")
	b.click("#ask-cancel")
	if asked := f.asked(); !slices.Contains(asked, "PUT /snapshot.rdb") {
		b.t.Errorf("asked for %q", asked)
	}
}

// power asks before it does anything.
func power(b *browser, f *fake) {
	b.opened(f)
	b.click("[data-do=reboot]")
	b.click("#ask-cancel")
	b.wait("!document.getElementById('ask').open")
	if asked := f.asked(); len(asked) > 0 {
		b.t.Errorf("asked for %q", asked)
	}
	b.click("[data-do=reboot]")
	b.click("#ask-go")
	b.wait("document.getElementById('ask-text').textContent === 'done'")
	if asked := f.asked(); !slices.Equal(asked, []string{"POST /reboot"}) {
		b.t.Errorf("asked for %q", asked)
	}
}
