package metadata

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"strings"

	"github.com/redoubt-kv/redoubt/core/server"
)

// quote makes one word of redis.conf of any text.
func quote(word string) string { return server.Quote(word) }

// parser reads user data of all kinds into one Config.
type parser struct {
	c       *Config
	decoded int    // bytes so far
	parts   int    // of MIME messages
	place   string // before "line N": which part it is, or ""
	fqdn    bool   // the host's name comes from the key fqdn of this document
}

// parseUserData reads user data: a redis.conf, a #cloud-config, either of them
// compressed, or a MIME message of several.
func parseUserData(data []byte) (*Config, error) {
	p := &parser{c: &Config{}}
	if len(data) > MaxUserData {
		return nil, fmt.Errorf("%d bytes, more than %d", len(data), MaxUserData)
	}
	return p.c, p.any(data, "", 0)
}

// foreign are kinds of user data that machines with a shell understand, by how
// they begin.
var foreign = []struct{ prefix, what string }{
	{"#!", "a script, and this machine has no shell"},
	{"#include", "a list of addresses to get more from, which this machine does not"},
	{"#cloud-boothook", "a script, and this machine has no shell"},
	{"#part-handler", "a script, and this machine has no shell"},
	{"#upstart-job", "a job of upstart, which this machine does not have"},
	{"#cloud-config-archive", "a #cloud-config-archive, which is not supported; use a MIME message"},
	{"#cloud-config-jsonp", "a #cloud-config-jsonp, which is not supported"},
	{"## template:", "a template, which is not supported"},
}

// any reads data of any kind. kind is the media type that a MIME message says, or
// "".
func (p *parser) any(data []byte, kind string, depth int) error {
	data, err := p.unpack(data)
	if err != nil {
		return err
	}
	first, _, _ := bytes.Cut(data, []byte("\n"))
	line := strings.TrimRight(string(first[:min(len(first), 200)]), " \t\r")
	lower := strings.ToLower(line)
	for _, f := range foreign {
		if strings.HasPrefix(lower, f.prefix) {
			return fmt.Errorf("%sit is %s", p.place, f.what)
		}
	}
	switch {
	case kind == "text/x-shellscript":
		return fmt.Errorf("%sit is a script, and this machine has no shell", p.place)
	case strings.HasPrefix(lower, "content-type:"), strings.HasPrefix(lower, "mime-version:"):
		return p.message(data, depth)
	case lower == "#cloud-config", kind == "text/cloud-config":
		return p.cloudConfig(data)
	}
	return p.redisConf(string(data), 1)
}

// unpack undoes base64 and gzip, in this order, each if it is there.
func (p *parser) unpack(data []byte) ([]byte, error) {
	data = fromBase64(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		var err error
		if data, err = gunzip(data); err != nil {
			return nil, fmt.Errorf("%s%w", p.place, err)
		}
	}
	if p.decoded += len(data); p.decoded > MaxDecoded {
		return nil, fmt.Errorf("%smore than %d bytes when decoded", p.place, MaxDecoded)
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return nil, fmt.Errorf("%sit holds a byte of value zero, so it is no text", p.place)
	}
	return data, nil
}

// fromBase64 decodes data that is base64 of something we know; a redis.conf never
// is, since a directive has a blank before its value.
func fromBase64(data []byte) []byte {
	packed := bytes.Join(bytes.Fields(data), nil)
	if len(packed) < 8 || bytes.ContainsAny(bytes.TrimSpace(data), " \t#:") {
		return data
	}
	plain := make([]byte, base64.StdEncoding.DecodedLen(len(packed)))
	n, err := base64.StdEncoding.Decode(plain, packed)
	if err != nil {
		return data
	}
	plain = plain[:n]
	for _, begin := range []string{"#", "\x1f\x8b", "Content-Type:", "MIME-Version:"} {
		if bytes.HasPrefix(plain, []byte(begin)) {
			return plain
		}
	}
	return data
}

// errMIME is a message that cannot be read; the library's own words could quote it.
var errMIME = errors.New("it begins like a MIME message, and cannot be read as one")

// message reads a MIME message: each part in turn.
func (p *parser) message(data []byte, depth int) error {
	if depth >= 3 {
		return errors.New("MIME messages inside of others, too deep")
	}
	r := bufio.NewReader(bytes.NewReader(data))
	header, err := textproto.NewReader(r).ReadMIMEHeader()
	if err != nil {
		return errMIME
	}
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return errMIME
	}
	if !strings.HasPrefix(kind, "multipart/") {
		body, err := p.transfer(r, header)
		if err != nil {
			return err
		}
		return p.any(body, kind, depth+1)
	}
	parts := multipart.NewReader(r, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errMIME
		}
		if p.parts++; p.parts > maxParts {
			return fmt.Errorf("a MIME message of more than %d parts", maxParts)
		}
		p.place = fmt.Sprintf("part %d: ", p.parts)
		body, err := p.transfer(part, part.Header)
		if err != nil {
			return err
		}
		kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err != nil {
			kind = ""
		}
		if strings.HasPrefix(kind, "multipart/") {
			return fmt.Errorf("%sit has parts of its own, which is not supported", p.place)
		}
		if err := p.any(body, kind, depth+1); err != nil {
			return err
		}
	}
}

// transfer undoes a part's transfer encoding.
func (p *parser) transfer(body io.Reader, header textproto.MIMEHeader) ([]byte, error) {
	switch encoding := strings.ToLower(header.Get("Content-Transfer-Encoding")); encoding {
	case "", "7bit", "8bit", "binary":
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	default:
		return nil, fmt.Errorf("%sits transfer encoding is neither 7bit, 8bit, binary nor base64", p.place)
	}
	text, err := io.ReadAll(io.LimitReader(body, MaxDecoded+1))
	if err != nil {
		return nil, fmt.Errorf("%s%w", p.place, errMIME)
	}
	return text, nil
}

// at names a line.
func (p *parser) at(line int) string { return fmt.Sprintf("%sline %d", p.place, line) }

// machinePrefix marks settings of the machine in a redis.conf.
const machinePrefix = "redoubt."

// redisConf reads a redis.conf, whose first line has the number first. Lines
// "redoubt.NAME VALUE" are settings of the machine.
func (p *parser) redisConf(text string, first int) error {
	for n, line := range strings.Split(text, "\n") {
		line = strings.Trim(line, " \t\r")
		if line == "" || line[0] == '#' {
			continue
		}
		words, ok := server.SplitLine(line)
		if !ok {
			return fmt.Errorf("%s: a quote is not closed", p.at(first+n))
		}
		if len(words) == 0 {
			continue
		}
		name := strings.ToLower(words[0])
		setting, machine := strings.CutPrefix(name, machinePrefix)
		switch {
		case machine && len(words) != 2:
			return fmt.Errorf("%s: a setting of the machine wants one value; put quotes around one with blanks", p.at(first+n))
		case machine:
			p.c.Settings = append(p.c.Settings, Setting{p.at(first + n), setting, words[1]})
		case name == "include":
			return fmt.Errorf("%s: include: there are no other files; put its directives here", p.at(first+n))
		default:
			p.c.Server = append(p.c.Server, Line{p.at(first + n), line})
		}
	}
	return nil
}
