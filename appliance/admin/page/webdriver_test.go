package page

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// browser is a headless Chromium, driven by chromedriver in the WebDriver protocol
// (https://www.w3.org/TR/webdriver2/) and with commands of the DevTools protocol.
type browser struct {
	t       testing.TB
	session string // URL
}

// needBrowser skips a test unless REDOUBT_BROWSER=1 says that the browser is there.
func needBrowser(t testing.TB) {
	if os.Getenv("REDOUBT_BROWSER") == "" {
		t.Skip("needs Chromium: make page sets REDOUBT_BROWSER=1")
	}
}

// newBrowser starts a browser that ends with the test.
func newBrowser(t testing.TB) *browser {
	needBrowser(t)
	driver := exec.Command("chromedriver", "--port=0")
	out, err := driver.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := driver.Start(); err != nil {
		t.Fatalf("chromedriver (Debian's package chromium-driver): %v", err)
	}
	t.Cleanup(func() { driver.Process.Kill(); driver.Wait() })
	port := 0
	lines := bufio.NewScanner(out)
	for port == 0 && lines.Scan() {
		if _, after, ok := strings.Cut(lines.Text(), "started successfully on port "); ok {
			fmt.Sscanf(after, "%d", &port)
		}
	}
	go io.Copy(io.Discard, out)
	b := &browser{t: t, session: fmt.Sprintf("http://127.0.0.1:%d/session", port)}
	args := []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--user-data-dir=" + t.TempDir(),
	}
	var made struct{ SessionID string }
	b.do("POST", "", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{
		"browserName": "chrome", "goog:chromeOptions": map[string]any{"args": args}, "goog:loggingPrefs": map[string]any{"browser": "ALL"},
	}}}, &made)
	b.session += "/" + made.SessionID
	t.Cleanup(func() { b.do("DELETE", "", nil, nil) })
	return b
}

// do sends a command of WebDriver.
func (b *browser) do(method, path string, body, result any) {
	b.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		b.t.Fatal(err)
	}
	if body == nil {
		text = []byte("{}")
	}
	q, err := http.NewRequest(method, b.session+path, bytes.NewReader(text))
	if err != nil {
		b.t.Fatal(err)
	}
	r, err := (&http.Client{Timeout: 2 * time.Minute}).Do(q)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer r.Body.Close()
	var reply struct{ Value json.RawMessage }
	if err := json.NewDecoder(r.Body).Decode(&reply); err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	if r.StatusCode != http.StatusOK {
		b.t.Fatalf("%s %s: %s", method, path, reply.Value)
	}
	if result != nil {
		if err := json.Unmarshal(reply.Value, result); err != nil {
			b.t.Fatalf("%s %s: %v in %s", method, path, err, reply.Value)
		}
	}
}

// devTools sends a command of the DevTools protocol.
func (b *browser) devTools(command string, params map[string]any, result any) {
	b.t.Helper()
	b.do("POST", "/goog/cdp/execute", map[string]any{"cmd": command, "params": params}, result)
}

// screen is what the page is looked at with.
type screen struct {
	width, height int
	density       float64
	dark          bool
}

var (
	desktop = screen{width: 1440, height: 1000, density: 1}
	phone   = screen{width: 390, height: 844, density: 2}
)

// look sets the screen.
func (b *browser) look(s screen) {
	b.t.Helper()
	b.devTools("Emulation.setDeviceMetricsOverride", map[string]any{"width": s.width, "height": s.height, "deviceScaleFactor": s.density, "mobile": s.width < 500}, nil)
	scheme := map[bool]string{true: "dark", false: "light"}[s.dark]
	b.devTools("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

func (b *browser) open(url string) {
	b.t.Helper()
	b.do("POST", "/url", map[string]any{"url": url}, nil)
}

// run is the value that a function's body returns.
func (b *browser) run(script string, result any, args ...any) {
	b.t.Helper()
	b.do("POST", "/execute/sync", map[string]any{"script": script, "args": append([]any{}, args...)}, result)
}

// text is what the element of a CSS selector says.
func (b *browser) text(selector string) (s string) {
	b.t.Helper()
	b.run("return document.querySelector(arguments[0])?.textContent ?? ''", &s, selector)
	return s
}

// wait waits until a JavaScript expression is true.
func (b *browser) wait(expression string, args ...any) {
	b.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for ok := false; ; time.Sleep(50 * time.Millisecond) {
		b.run("return Boolean("+expression+")", &ok, args...)
		if ok {
			return
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("it is never so that %s (state %q)", expression, b.text("#state"))
		}
	}
}

// click clicks as a user would: at a place on the screen.
func (b *browser) click(selector string) {
	b.t.Helper()
	var element map[string]string
	b.do("POST", "/element", map[string]any{"using": "css selector", "value": selector}, &element)
	for _, id := range element {
		b.do("POST", "/element/"+id+"/click", nil, nil)
	}
}

// enter types into an element; into one for files it puts the path of one.
func (b *browser) enter(selector, text string) {
	b.t.Helper()
	var element map[string]string
	b.do("POST", "/element", map[string]any{"using": "css selector", "value": selector}, &element)
	for _, id := range element {
		b.do("POST", "/element/"+id+"/value", map[string]any{"text": text}, nil)
	}
}

// console is what the browser has complained about since it was asked last.
func (b *browser) console() (lines []string) {
	b.t.Helper()
	var entries []struct{ Level, Message string }
	b.do("POST", "/se/log", map[string]any{"type": "browser"}, &entries)
	for _, e := range entries {
		lines = append(lines, e.Level+" "+e.Message)
	}
	return lines
}

// picture is a PNG of the whole page, or of the screen.
func (b *browser) picture(whole bool) []byte {
	b.t.Helper()
	params := map[string]any{"format": "png"}
	if whole {
		var size struct {
			CSSContentSize struct{ Width, Height float64 }
		}
		b.devTools("Page.getLayoutMetrics", map[string]any{}, &size)
		params["captureBeyondViewport"] = true
		params["clip"] = map[string]any{"x": 0, "y": 0, "width": size.CSSContentSize.Width, "height": size.CSSContentSize.Height, "scale": 1}
	}
	var shot struct{ Data string }
	b.devTools("Page.captureScreenshot", params, &shot)
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	return png
}
