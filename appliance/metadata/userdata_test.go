package metadata

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/server"
)

// parse reads user data as an answer's.
func parse(userData string) (*Config, error) {
	return Parse(&Answer{Source: "test", UserData: []byte(userData)})
}

// told is a Config as text: a line for each thing.
func told(c *Config) string {
	var b strings.Builder
	if c.Network.Hostname != "" {
		fmt.Fprintf(&b, "host %s\n", c.Network.Hostname)
	}
	if c.Network.NTP != nil {
		fmt.Fprintf(&b, "ntp %s\n", c.Network.NTP)
	}
	for _, s := range c.Settings {
		fmt.Fprintf(&b, "%s: %s=%s\n", s.Where, s.Name, s.Value)
	}
	for _, l := range c.Server {
		fmt.Fprintf(&b, "%s: %s\n", l.Where, l.Text)
	}
	for _, f := range c.Files {
		fmt.Fprintf(&b, "file %s %o %q\n", f.Path, f.Mode, f.Content)
	}
	for _, w := range c.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", w)
	}
	return b.String()
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	fmt.Fprint(w, text)
	w.Close()
	return b.String()
}

func based(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

const mimeMessage = `Content-Type: multipart/mixed; boundary="==b=="
MIME-Version: 1.0

--==b==
Content-Type: text/cloud-config; charset="utf-8"
MIME-Version: 1.0
Content-Transfer-Encoding: 7bit

#cloud-config
hostname: one

--==b==
Content-Type: text/plain
Content-Transfer-Encoding: base64

I3JlZGlzLmNvbmYKbWF4bWVtb3J5IDFn
Ygo=
--==b==--
`

func TestUserData(t *testing.T) {
	for name, test := range map[string]struct{ in, want string }{
		"nothing":       {"", ""},
		"comments":      {"#redoubt\n\n# x\n", ""},
		"redis.conf":    {"#redoubt\nrequirepass \"a b\"\r\n  save 60 1\n\nredoubt.oncrash halt\nredoubt.data-save \"60 1\"", "line 5: oncrash=halt\nline 6: data-save=60 1\nline 2: requirepass \"a b\"\nline 3: save 60 1\n"},
		"no first line": {"port 1\n", "line 1: port 1\n"},
		"BOM":           {"\xef\xbb\xbfport 1\n", "line 1: port 1\n"},
		"base64":        {based("#redoubt\nport 1\n"), "line 2: port 1\n"},
		"base64 lines":  {based("#redoubt\nport 1\n")[:8] + "\n" + based("#redoubt\nport 1\n")[8:] + "\n", "line 2: port 1\n"},
		"gzip":          {zipped("#redoubt\nport 1\n"), "line 2: port 1\n"},
		"gzip+base64":   {based(zipped("#cloud-config\nhostname: x\n")), "host x\n"},
		"MIME":          {mimeMessage, "host one\npart 2: line 2: maxmemory 1gb\n"},
		"MIME, CRLF":    {strings.ReplaceAll(mimeMessage, "\n", "\r\n"), "host one\npart 2: line 2: maxmemory 1gb\n"},
		"MIME, gzip":    {zipped(mimeMessage), "host one\npart 2: line 2: maxmemory 1gb\n"},
		"cloud-config": {"#cloud-config \nhostname: one\nfqdn: one.example.org\nntp:\n  enabled: true\n  servers: [a.example, 192.0.2.1]\nruncmd: [x]\n\"bad key with s3cret\": 1\n",
			"host one.example.org\nntp [a.example 192.0.2.1]\nwarning: line 7: runcmd means nothing to this machine\nwarning: line 8: a key means nothing to this machine\n"},
		"no NTP":       {"#cloud-config\nntp: {enabled: false}\n", "ntp []\n"},
		"fqdn first":   {"#cloud-config\nfqdn: a.b\nhostname: a\n", "host a.b\n"},
		"empty":        {"#cloud-config\n", ""},
		"empty values": {"#cloud-config\nredoubt:\nntp:\nwrite_files:\n", ""},
		"redoubt": {"#cloud-config\nredoubt:\n  password: 'a \"b'\n  config: |\n    save 60 1\n\n    redoubt.oncrash halt\n  settings: {crash-limit: 2, dns: [192.0.2.1, 192.0.2.2]}\n  users: [alice on >pw ~*]\n  admin: {token: t, certificate: c}\n",
			"line 7: oncrash=halt\nline 8: crash-limit=2\nline 8: dns=192.0.2.1,192.0.2.2\nline 10: admin-token=t\nline 10: admin-tls-cert=/run/redoubt/tls/admin.crt\n" +
				"line 3: requirepass \"a \\\"b\"\nline 5: save 60 1\nline 9: user \"alice\" \"on\" \">pw\" \"~*\"\nfile /run/redoubt/tls/admin.crt 600 \"c\"\n"},
		"password as written": {"#cloud-config\nredoubt: {password: 0123}\n", "line 2: requirepass \"0123\"\n"},
		"tls": {"#cloud-config\nredoubt:\n  tls:\n    port: 6380\n    certificate: C\n    key: K\n",
			"line 4: tls-port \"6380\"\nline 5: tls-cert-file \"/run/redoubt/tls/server.crt\"\nline 6: tls-key-file \"/run/redoubt/tls/server.key\"\nline 4: tls-auth-clients \"no\"\n" +
				"file /run/redoubt/tls/server.crt 600 \"C\"\nfile /run/redoubt/tls/server.key 600 \"K\"\n"},
		"files": {"#cloud-config\nwrite_files:\n- {path: /run/redoubt/a, content: x, permissions: '0644', owner: root}\n- {path: /run/redoubt/b/c, content: " + based("y") + ", encoding: b64, extra: 1}\n- {path: /run/redoubt/d, content: " + based(zipped("z")) + ", encoding: gz+b64}\n",
			"file /run/redoubt/a 644 \"x\"\nfile /run/redoubt/b/c 600 \"y\"\nfile /run/redoubt/d 600 \"z\"\nwarning: line 4: write_files: extra means nothing to this machine\n"},
	} {
		c, err := parse(test.in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := told(c); got != test.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, test.want)
		}
	}
}

// What is wrong is said by its line, and never by its value.
func TestUserDataErrors(t *testing.T) {
	for in, want := range map[string]string{
		"#!/bin/sh\necho hunter2":                                  "it is a script",
		"#include http://hunter2":                                  "a list of addresses",
		"#cloud-boothook\n":                                        "it is a script",
		"#cloud-config-archive\n":                                  "not supported",
		"## template: jinja\n#cloud-config":                        "a template",
		"requirepass \"hunter2":                                    "line 1: a quote is not closed",
		"\nredoubt.oncrash hunter2 x":                              "line 2: a setting of the machine wants one value",
		"include /hunter2":                                         "line 1: include",
		"a\x00b":                                                   "value zero",
		strings.Repeat("#", MaxUserData+1):                         "more than 262144",
		zipped(strings.Repeat("#", MaxDecoded+1)):                  "more than 1048576 bytes",
		"\x1f\x8bhunter2":                                          "cannot be decompressed",
		"Content-Type: hunter2/":                                   "cannot be read as one",
		"Content-Type: multipart/mixed\n\nhunter2":                 "cannot be read as one",
		"#cloud-config\nhunter2":                                   "line 2: want a map",
		"#cloud-config\nredoubt: {password: *hunter2}":             `"*" begins an alias`,
		"#cloud-config\nredoubt: {password: &hunter2 x}":           "line 2: YAML's anchors",
		"#cloud-config\nredoubt: {password: !hunter2 x}":           "line 2: YAML's tags",
		"#cloud-config\nredoubt: {password: \"\\hunter2\"}":        "line 2: it is no YAML",
		"#cloud-config\nredoubt: {password: 'hunter2}":             "it is no YAML",
		"#cloud-config\na: 1\n\thunter2: x":                        "it is no YAML",
		"#cloud-config\nredoubt: {pasword: hunter2}":               "line 2: redoubt: there is no key pasword",
		"#cloud-config\nredoubt: {password: }":                     "line 2: password wants one value",
		"#cloud-config\nredoubt: {password: ''}":                   "line 2: password is empty",
		"#cloud-config\nredoubt: {password: [hunter2]}":            "line 2: password wants one value",
		"#cloud-config\nredoubt:\n  config: |\n    a \"hunter2":    "line 4: a quote is not closed",
		"#cloud-config\npassword: hunter2":                         "line 2: password is for logins",
		"#cloud-config\nchpasswd: {list: hunter2}":                 "line 2: chpasswd is for logins",
		"#cloud-config\nhostname: hunter2_":                        "line 2: hostname: it is no host name",
		"#cloud-config\nhostname: a\nhostname: b":                  "line 3: hostname is there twice",
		"#cloud-config\nntp: {servers: [a/b]}":                     "line 2: ntp: ",
		"#cloud-config\nwrite_files: [{path: /etc/x, content: y}]": "line 2: write_files: files can only be below /run/redoubt/",
		"#cloud-config\nwrite_files: [{path: /run/redoubt/../x}]":  "files can only be below",
		"#cloud-config\nwrite_files: [{path: /run/redoubt/}]":      "files can only be below",
		"#cloud-config\nwrite_files: [{content: y}]":               "files can only be below",
		"#cloud-config\nwrite_files: [{path: /run/redoubt/x, content: hunter2_, encoding: b64}]":   "is not base64",
		"#cloud-config\nwrite_files: [{path: /run/redoubt/x, encoding: rot13}]":                    "encoding wants",
		"#cloud-config\nwrite_files: [{path: /run/redoubt/x, permissions: rw}]":                    "octal",
		"#cloud-config\nwrite_files: [{path: /run/redoubt/x, append: true}]":                       "append",
		"#cloud-config\nredoubt: {tls: {certificat: hunter2}}":                                     "tls: there is no key certificat",
		"#cloud-config\n" + strings.Repeat("[", 100000):                                            "it is no YAML",
		"#cloud-config\na: " + strings.Repeat("[", 50) + strings.Repeat("]", 50):                   "more than 20 levels",
		strings.Replace(mimeMessage, "hostname: one", "redoubt: {config: \"include x\"}", 1):       "part 1: line 2: include",
		strings.Replace(mimeMessage, "text/plain", "text/x-shellscript", 1):                        "part 2: it is a script",
		strings.Replace(mimeMessage, "base64", "quoted-printable", 1):                              "part 2: its transfer encoding",
		"#cloud-config\nwrite_files:\n" + strings.Repeat("- {path: /run/redoubt/x}\n", MaxFiles+1): "more than 64 files",
	} {
		c, err := parse(in)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80q: got %v, %+v; want %q", in, err, c, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%.80q: the error tells a value: %v", in, err)
		}
	}
}

// Of two sources, the user's data lie over the provider's; what is wrong with
// those is no reason to refuse the machine.
func TestLayers(t *testing.T) {
	a := &Answer{VendorData: []byte("#cloud-config\nhostname: vendor\nredoubt: {config: port 1}\n"),
		UserData: []byte("#cloud-config\nhostname: user\n"), Extra: []byte("port 2\n")}
	c, err := Parse(a)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := told(c), "host user\nline 3: port 1\nline 1: port 2\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	a.VendorData = []byte("#!/bin/sh\n")
	if c, err = Parse(a); err != nil || !strings.Contains(told(c), "warning: vendor data left out: it is a script") {
		t.Errorf("got %v\n%s", err, told(c))
	}
	a.Extra = []byte("include x")
	if _, err = Parse(a); err == nil || !strings.HasPrefix(err.Error(), "redoubt-config: line 1") {
		t.Errorf("got %v", err)
	}
}

// FuzzUserData: whatever it is, it is read or refused; what is read is within
// bounds, the files are where they may be, and the directives are lines that can be
// split again.
func FuzzUserData(f *testing.F) {
	for _, seed := range []string{"#redoubt\nport 1\nredoubt.data none", mimeMessage, "#cloud-config\nhostname: a\nredoubt: {password: x, users: [a on]}\nwrite_files: [{path: /run/redoubt/a, content: eA==, encoding: b64}]\n",
		zipped("#cloud-config\nntp: {servers: [a]}\n"), based("#redoubt\nport 1\n"), "#cloud-config\nredoubt:\n  tls: {key: k, certificate: c}\n  admin: {password: p}\n  settings: {a: b}\n  config: |\n    save 1 2\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(&Answer{UserData: data})
		if err != nil {
			return
		}
		for _, file := range c.Files {
			if err := checkPath(file.Path); err != nil {
				t.Fatalf("a file at %q", file.Path)
			}
		}
		for _, l := range c.Server {
			words, ok := server.SplitLine(l.Text)
			if !ok || len(words) == 0 || strings.ContainsAny(l.Text, "\n\x00") {
				t.Fatalf("a line %q", l.Text)
			}
		}
		again, err := Parse(&Answer{UserData: data})
		if err != nil || !reflect.DeepEqual(c, again) {
			t.Fatalf("it is not read alike twice: %v", err)
		}
	})
}
