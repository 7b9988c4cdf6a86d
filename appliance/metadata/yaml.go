package metadata

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// maxYAMLDepth is how deep maps and lists may lie in each other.
const maxYAMLDepth = 20

// parseYAML returns the root of a document, nil for an empty one. There are no
// aliases in it, and no key twice.
func parseYAML(text []byte) (*yaml.Node, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, yamlError(err)
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	return doc.Content[0], checkYAML(doc.Content[0], 0)
}

var yamlPlace = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`) })

// yamlError repeats the library's error without what it may quote of the text.
func yamlError(err error) error {
	m := yamlPlace().FindStringSubmatch(strings.ReplaceAll(err.Error(), "\n", " "))
	if m == nil {
		return errors.New("it is no YAML")
	}
	reason := m[2]
	if strings.Contains(reason, "anchor") {
		reason = `an unquoted "*" begins an alias, and there is none of that name; quote the value`
	} else if i := strings.IndexAny(reason, "'\"`"); i >= 0 {
		reason = strings.TrimSpace(reason[:i])
	}
	if m[1] != "" {
		return fmt.Errorf("line %s: it is no YAML: %s", m[1], reason)
	}
	return fmt.Errorf("it is no YAML: %s", reason)
}

// checkYAML refuses what could mean something else than it looks like, or more
// than it has room for.
func checkYAML(n *yaml.Node, depth int) error {
	switch {
	case depth > maxYAMLDepth:
		return fmt.Errorf("line %d: more than %d levels", n.Line, maxYAMLDepth)
	case n.Kind == yaml.AliasNode, n.Anchor != "":
		return fmt.Errorf("line %d: YAML's anchors and aliases are not supported; quote a value that begins with * or &", n.Line)
	case n.Kind == yaml.ScalarNode && strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!"):
		return fmt.Errorf("line %d: YAML's tags are not supported; quote a value that begins with !", n.Line)
	}
	seen := map[string]bool{}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if child.Kind != yaml.ScalarNode {
				return fmt.Errorf("line %d: a key that is no word", child.Line)
			}
			if seen[child.Value] {
				return fmt.Errorf("line %d: %s is there twice", child.Line, keyName(child.Value))
			}
			seen[child.Value] = true
		}
		if err := checkYAML(child, depth+1); err != nil {
			return err
		}
	}
	return nil
}

var plainKey = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,40}$`) })

// keyName is a key for an error or a warning: only what looks like one is shown.
func keyName(key string) string {
	if plainKey().MatchString(key) {
		return key
	}
	return "a key"
}

// eachKey calls found with each key of a map, in order.
func eachKey(n *yaml.Node, found func(key string, keyNode, value *yaml.Node) error) error {
	if n == nil || n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: want a map of keys and values", n.Line)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if err := found(n.Content[i].Value, n.Content[i], n.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// item is a value, and the line it is on.
func item(n *yaml.Node, key string) (string, error) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return "", fmt.Errorf("line %d: %s wants one value", n.Line, key)
	}
	return n.Value, nil
}

// list returns the items of a list; a value alone is a list of one, and nothing
// is none.
func list(n *yaml.Node, key string) ([]*yaml.Node, error) {
	switch {
	case n.Kind == yaml.SequenceNode:
		return n.Content, nil
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		return nil, nil
	case n.Kind == yaml.ScalarNode:
		return []*yaml.Node{n}, nil
	}
	return nil, fmt.Errorf("line %d: %s wants a list", n.Line, key)
}

// words returns the items of a list of values.
func words(n *yaml.Node, key string) ([]string, error) {
	nodes, err := list(n, key)
	var values []string
	for _, n := range nodes {
		v, e := item(n, key)
		if e != nil {
			return nil, e
		}
		values = append(values, v)
	}
	return values, err
}

// yes reads a yes or no.
func yes(n *yaml.Node, key string) (bool, error) {
	switch strings.ToLower(n.Value) {
	case "true", "yes", "on", "1":
		return true, nil
	case "false", "no", "off", "0":
		return false, nil
	}
	return false, fmt.Errorf("line %d: %s wants true or false", n.Line, key)
}

// number reads a whole number from 0 on.
func number(n *yaml.Node, key string) (int, error) {
	v, err := strconv.Atoi(n.Value)
	if err != nil || v < 0 || n.Kind != yaml.ScalarNode {
		return 0, fmt.Errorf("line %d: %s wants a number", n.Line, key)
	}
	return v, nil
}
