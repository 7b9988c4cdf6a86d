package appliance

import "strings"

// secretNames are the directives and settings whose values are secrets as a whole.
var secretNames = map[string]bool{
	"requirepass": true, "masterauth": true, "tls-key-file-pass": true, "tls-client-key-file-pass": true,
	"admin-password": true, "admin-token": true,
}

// secrets returns what must not be on the console of a list of directives: words
// that whoever starts the machine may well mistype beside, so that an error quotes
// the line.
func secrets(directives []Directive) (list []string) {
	for _, d := range directives {
		switch name := strings.ToLower(d.Name); {
		case secretNames[name]:
			list = append(list, d.Value)
		case name == "user": // ACL rules: >password adds, <password removes, #hash
			for _, word := range strings.Fields(d.Value) {
				if secret := strings.TrimLeft(word, "><#!"); secret != word {
					list = append(list, secret)
				}
			}
		}
	}
	return list
}

// cmdlineSecrets are those of the kernel's command line, which may be one that the
// rest of the machine does not accept.
func cmdlineSecrets(cmdline string) []string {
	var directives []Directive
	for _, p := range ParseCmdline(cmdline) {
		if name, ours := strings.CutPrefix(p.Name, settingsPrefix); ours {
			directives = append(directives, Directive{name, p.Value})
		}
	}
	return secrets(directives)
}

// confSecrets are those of lines in redis.conf's notation. A value is taken as it
// is written, without its quotes: errors quote lines, not what they mean.
func confSecrets(lines []string) []string {
	var directives []Directive
	for _, line := range lines {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		directives = append(directives, Directive{strings.Trim(name, `"'`), strings.Trim(strings.TrimSpace(value), `"'`)})
	}
	return secrets(directives)
}
