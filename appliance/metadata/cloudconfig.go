package metadata

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/redoubt-kv/redoubt/appliance/network"
)

// cloudConfig reads the part of #cloud-config that means something here. Other
// keys lead to warnings, but for those that would set a password somewhere else.
func (p *parser) cloudConfig(text []byte) error {
	p.fqdn = false
	root, err := parseYAML(text)
	if err == nil {
		err = eachKey(root, p.cloudKey)
	}
	if err != nil && p.place != "" {
		return fmt.Errorf("%s%w", p.place, err)
	}
	return err
}

func (p *parser) cloudKey(key string, keyNode, value *yaml.Node) error {
	switch key {
	case "hostname":
		if p.fqdn { // it says more
			return nil
		}
		return p.hostname(value, key)
	case "fqdn":
		p.fqdn = true
		return p.hostname(value, key)
	case "ntp":
		return p.ntp(value)
	case "write_files":
		return p.writeFiles(value)
	case "redoubt":
		return p.machine(value)
	case "password", "chpasswd":
		return fmt.Errorf("line %d: %s is for logins, which this machine does not have; the server's password is redoubt: {password: …}", keyNode.Line, key)
	case "prefer_fqdn_over_hostname", "preserve_hostname", "manage_etc_hosts":
		return nil // nothing to choose here
	}
	p.c.warn("%sline %d: %s means nothing to this machine", p.place, keyNode.Line, keyName(key))
	return nil
}

func (p *parser) hostname(value *yaml.Node, key string) error {
	name, err := item(value, key)
	if err == nil {
		err = network.CheckHostname(name)
	}
	if err != nil {
		return fmt.Errorf("line %d: %s: it is no host name", value.Line, key)
	}
	p.c.Network.Hostname = name
	return nil
}

// ntp collects servers and pools: both are names to ask.
func (p *parser) ntp(n *yaml.Node) error {
	servers, enabled := []string{}, true
	err := eachKey(n, func(key string, keyNode, value *yaml.Node) (err error) {
		switch key {
		case "enabled":
			enabled, err = yes(value, key)
		case "servers", "pools":
			var more []string
			more, err = words(value, key)
			servers = append(servers, more...)
		default:
			p.c.warn("%sline %d: ntp: %s means nothing to this machine", p.place, keyNode.Line, keyName(key))
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case !enabled:
		p.c.Network.NTP = []string{}
	case len(servers) > 0:
		p.c.Network.NTP = servers
	}
	if err := p.c.Network.Validate(); err != nil {
		return fmt.Errorf("line %d: ntp: %w", n.Line, err)
	}
	return nil
}

// machine reads the map redoubt. A key that is not known is an error: a password
// that is spelled wrong must not leave the server open.
func (p *parser) machine(n *yaml.Node) error {
	return eachKey(n, func(key string, keyNode, value *yaml.Node) error {
		switch key {
		case "password":
			password, err := secret(value, key)
			if err == nil {
				p.c.directive(p.at(value.Line), "requirepass", password)
			}
			return err
		case "config":
			return p.serverConfig(value)
		case "settings":
			return p.settings(value, "")
		case "users":
			return p.users(value)
		case "tls":
			return p.tls(value)
		case "admin":
			return p.admin(value)
		}
		return fmt.Errorf("line %d: redoubt: there is no key %s", keyNode.Line, keyName(key))
	})
}

// secret reads a password or token.
func secret(n *yaml.Node, key string) (string, error) {
	v, err := item(n, key)
	if err == nil && v == "" {
		err = fmt.Errorf("line %d: %s is empty", n.Line, key)
	}
	return v, err
}

// serverConfig reads a redis.conf inside of the YAML.
func (p *parser) serverConfig(n *yaml.Node) error {
	text, err := item(n, "config")
	if err != nil {
		return err
	}
	first := n.Line
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		first++ // the text begins below the | or >
	}
	place := p.place
	p.place = "" // cloudConfig says it
	err = p.redisConf(text, first)
	p.place = place
	return err
}

// settings reads a map of machine settings; each name gets the prefix.
func (p *parser) settings(n *yaml.Node, prefix string) error {
	return eachKey(n, func(key string, keyNode, value *yaml.Node) error {
		nodes, err := words(value, keyName(key))
		if err != nil {
			return err
		}
		p.c.Settings = append(p.c.Settings, Setting{p.at(keyNode.Line), prefix + key, strings.Join(nodes, ",")})
		return nil
	})
}

// users reads lines as of an ACL file, with or without the word user.
func (p *parser) users(n *yaml.Node) error {
	nodes, err := list(n, "users")
	if err != nil {
		return err
	}
	for _, n := range nodes {
		text, err := secret(n, "users")
		if err != nil {
			return err
		}
		rules := strings.Fields(text)
		if len(rules) > 0 && strings.EqualFold(rules[0], "user") {
			rules = rules[1:]
		}
		if len(rules) == 0 {
			return fmt.Errorf("line %d: users wants lines as of an ACL file", n.Line)
		}
		p.c.directive(p.at(n.Line), "user", rules...)
	}
	return nil
}

// The files that the keys tls and admin make.
const (
	tlsCert   = FilesDir + "/tls/server.crt"
	tlsKey    = FilesDir + "/tls/server.key"
	tlsCA     = FilesDir + "/tls/ca.crt"
	adminCert = FilesDir + "/tls/admin.crt"
	adminKey  = FilesDir + "/tls/admin.key"
)

// tls reads certificates and keys of the data port: PEM.
func (p *parser) tls(n *yaml.Node) error {
	ca, clients := false, false
	err := eachKey(n, func(key string, keyNode, value *yaml.Node) error {
		text, err := secret(value, key)
		if err != nil {
			return err
		}
		where := p.at(value.Line)
		switch key {
		case "port":
			p.c.directive(where, "tls-port", text)
		case "certificate":
			p.pem(where, "tls-cert-file", tlsCert, text)
		case "key":
			p.pem(where, "tls-key-file", tlsKey, text)
		case "ca":
			ca = true
			p.pem(where, "tls-ca-cert-file", tlsCA, text)
		case "clients":
			clients = true
			p.c.directive(where, "tls-auth-clients", text)
		default:
			return fmt.Errorf("line %d: tls: there is no key %s", keyNode.Line, keyName(key))
		}
		return nil
	})
	if err == nil && !ca && !clients {
		p.c.directive(p.at(n.Line), "tls-auth-clients", "no") // there is nothing to check them by
	}
	return err
}

// pem keeps a file and tells the server its name.
func (p *parser) pem(where, directive, path, text string) {
	p.c.Files = append(p.c.Files, File{path, 0o600, []byte(text)})
	p.c.directive(where, directive, path)
}

// admin reads what concerns the admin endpoint: its certificate and key are given
// here, all else are the machine's settings admin-NAME.
func (p *parser) admin(n *yaml.Node) error {
	return eachKey(n, func(key string, keyNode, value *yaml.Node) error {
		text, err := secret(value, keyName(key))
		if err != nil {
			return err
		}
		where := p.at(keyNode.Line)
		switch key {
		case "certificate":
			p.c.Files = append(p.c.Files, File{adminCert, 0o600, []byte(text)})
			key, text = "tls-cert", adminCert
		case "key":
			p.c.Files = append(p.c.Files, File{adminKey, 0o600, []byte(text)})
			key, text = "tls-key", adminKey
		}
		p.c.Settings = append(p.c.Settings, Setting{where, "admin-" + key, text})
		return nil
	})
}
