package appliance

import "strings"

// Param is one word of the kernel's command line: name=value, or a name alone.
type Param struct{ Name, Value string }

// ParseCmdline splits the kernel's command line as the kernel does: words are
// separated by blanks, double quotes keep blanks, and may stand around the value
// or around the whole word. There is no escape, so a value cannot hold a double
// quote. What follows a lone "--" is not the kernel's, and not ours.
func ParseCmdline(line string) []Param {
	var params []Param
	for line = strings.TrimLeft(line, blanks); line != ""; line = strings.TrimLeft(line, blanks) {
		var word string
		word, line = nextWord(line)
		if word == "--" {
			break
		}
		name, value, _ := strings.Cut(unquote(word), "=")
		params = append(params, Param{name, unquote(value)})
	}
	return params
}

const blanks = " \t\n"

// nextWord cuts line at the first blank outside of quotes.
func nextWord(line string) (word, rest string) {
	quoted := false
	for i := range len(line) {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case !quoted && strings.IndexByte(blanks, line[i]) >= 0:
			return line[:i], line[i:]
		}
	}
	return line, ""
}

// unquote removes a double quote at the beginning, and one at the end if there
// was one at the beginning.
func unquote(s string) string {
	s, quoted := strings.CutPrefix(s, `"`)
	if quoted {
		s = strings.TrimSuffix(s, `"`)
	}
	return s
}
