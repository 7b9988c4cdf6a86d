package core

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/redoubt-kv/redoubt"

// policy is the import order of the whole repository. "a < b" says that b,
// and all that stands after it in the line, may import a and all that a
// stands above. Rooms of one list never import each other. "a !< b" says that
// b must not import a, whatever else holds. A name covers its subpackages
// (vfs covers vfs/memfs), which may import each other.
const policy = `
	NONE < invariant < clock, vfs, resp, listpack, lzf, intset, glob, geohash, hll, longdouble, transport, tlsconfig;
	invariant < page < table, tree;
	listpack, intset, table, tree < value;
	value, clock, glob < keyspace;
	resp < journal, pubsub;
	NONE < tracking;
	glob < pubsub;
	clock < stats;
	vfs, glob < config;
	keyspace, vfs, lzf < rdb;
	journal, rdb < aof, replication;
	keyspace, journal, stats < command < acl, script;
	resp < command;
	command, acl, pubsub < session;
	command, pubsub, tracking < session;
	acl, script, pubsub, rdb, geohash, hll, longdouble < family/*;
	config, tlsconfig < server/settings;
	family/*, session, config, aof, replication, transport, tlsconfig, server/settings < server < appliance, cmd;
	resp !< page, table, tree, value, keyspace;
	command !< rdb, aof, replication;
	resp, command !< transport;
	transport !< command, session;
`

// thirdParty lists who may import which module, by prefix.
var thirdParty = map[string][]string{
	"github.com/tidwall/redcon":      {"core/resp"},
	"github.com/yuin/gopher-lua":     {"core/script"},
	"golang.org/x/sys":               {"core/page", "core/vfs", "core/transport", "core/server", "appliance", "cmd"},
	"github.com/gokrazy":             {"appliance", "cmd"},
	"github.com/CycloneDX":           {"appliance"},
	"github.com/google/licensecheck": {"appliance"},
	"github.com/u-root":              {"appliance", "cmd"},
	"github.com/vishvananda/netlink": {"appliance", "cmd"},
	"github.com/insomniacslk/dhcp":   {"appliance", "cmd"},
	"github.com/mdlayher/packet":     {"appliance"},
	"golang.org/x/net":               {"appliance"},
	"github.com/diskfs/go-diskfs":    {"appliance", "cmd"},
	"github.com/redis/go-redis":      {"bench"},
	"github.com/HdrHistogram":        {"bench"},
	"github.com/zeebo/xxh3":          {"core/keyspace"},
	"github.com/prometheus":          {"appliance"},
	"github.com/hanwen/go-fuse":      {"cmd"},
	"github.com/klauspost/compress":  {"appliance", "cmd"},
	"github.com/ulikunitz/xz":        {"appliance", "cmd"},
	"github.com/cavaliergopher/cpio": {"appliance", "cmd"},
	"github.com/pierrec/lz4":         {"appliance", "cmd"},
	"go.yaml.in/yaml/v3":             {"appliance"},
	"github.com/saracen/walker":      {"appliance", "cmd"},
}

// pure are the rooms that may not know the system or the time.
var pure = []string{"core/table", "core/tree", "core/value", "core/keyspace"}

// systemCalls are rooms with calls for which golang.org/x/sys has no function.
var systemCalls = []string{module + "/appliance/blockdev", module + "/appliance/confine"}

type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
}

// order is the parsed policy: may[b][a] when b may import a.
type order struct {
	may    map[string]map[string]bool
	mayNot map[string]map[string]bool
}

func parsePolicy(text string) (*order, error) {
	o := &order{may: map[string]map[string]bool{}, mayNot: map[string]map[string]bool{}}
	for _, line := range strings.Split(text, ";") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		relation, edges := "<", o.may
		if strings.Contains(line, "!<") {
			relation, edges = "!<", o.mayNot
		}
		var below []string
		for i, side := range strings.Split(line, relation) {
			var names []string
			for _, name := range strings.Split(side, ",") {
				name = strings.TrimSpace(name)
				if name == "" || strings.ContainsAny(name, " <!") {
					return nil, fmt.Errorf("policy line %q: bad name %q", line, name)
				}
				names = append(names, name)
				if edges[name] == nil {
					edges[name] = map[string]bool{}
				}
				for _, b := range below {
					if i > 0 {
						edges[name][b] = true
					}
				}
			}
			below = append(below, names...)
		}
	}
	o.close()
	for name := range o.may {
		if o.may[name][name] {
			return nil, fmt.Errorf("policy: %s stands above itself", name)
		}
	}
	return o, nil
}

// close makes may transitive.
func (o *order) close() {
	for grown := true; grown; {
		grown = false
		for b := range o.may {
			for a := range o.may[b] {
				for c := range o.may[a] {
					if !o.may[b][c] {
						o.may[b][c], grown = true, true
					}
				}
			}
		}
	}
}

// room is the name under which the policy knows a package, "" if none.
func (o *order) room(p string) string {
	p = strings.TrimPrefix(p, module+"/")
	if rest, ok := strings.CutPrefix(p, "core/"); ok {
		p = rest
	} else if p != "appliance" && p != "cmd" && !strings.HasPrefix(p, "appliance/") && !strings.HasPrefix(p, "cmd/") {
		return ""
	}
	if strings.HasPrefix(p, "family/") {
		return "family/*"
	}
	for ; p != "."; p = path.Dir(p) {
		if _, ok := o.may[p]; ok {
			return p
		}
	}
	return ""
}

func under(p, dir string) bool {
	p = strings.TrimPrefix(p, module+"/")
	return p == dir || strings.HasPrefix(p, dir+"/")
}

// check returns every breach of the policy by p's imports.
func (o *order) check(p pkg) (breaches []string) {
	breach := func(format string, args ...any) {
		breaches = append(breaches, p.ImportPath+": "+fmt.Sprintf(format, args...))
	}
	for _, imp := range p.Imports {
		switch {
		case imp == "unsafe":
			if !under(p.ImportPath, "core/page") && !under(p.ImportPath, "core/transport/uring") && !slices.Contains(systemCalls, p.ImportPath) {
				breach("imports unsafe; only core/page, core/transport/uring and systemCalls may")
			}
		case imp == "C":
			breach("imports C: the image has no libc")
		case imp == "os" || imp == "net" || strings.HasPrefix(imp, "os/") || strings.HasPrefix(imp, "net/"):
			if slices.ContainsFunc(pure, func(d string) bool { return under(p.ImportPath, d) }) {
				breach("imports %s, which its room must not know", imp)
			}
		case strings.HasPrefix(imp, module+"/"):
			if why := o.checkOwn(p.ImportPath, imp); why != "" {
				breach("%s", why)
			}
		case strings.Contains(strings.Split(imp, "/")[0], "."):
			if !mayImportThirdParty(p.ImportPath, imp) {
				breach("imports %s, which thirdParty does not allow it", imp)
			}
		}
	}
	return breaches
}

func (o *order) checkOwn(from, imp string) string {
	if under(from, "bench") {
		if under(imp, "core") || under(imp, "appliance") || under(imp, "cmd") {
			return "imports " + imp + "; bench speaks RESP to any server and imports nothing of ours"
		}
		return ""
	}
	b, a := o.room(from), o.room(imp)
	switch {
	case b == "":
		return "is no room of the policy (core/deps_test.go)"
	case a == "":
		return "imports " + imp + ", which is no room of the policy"
	case under(from, "appliance") && under(imp, "core") && !under(imp, "core/server"):
		return "imports " + imp + "; of core, appliance imports server only"
	case a == b && a != "family/*", b == "cmd" && a == "appliance":
		return ""
	case o.mayNot[b][a]:
		return fmt.Sprintf("imports %s: the policy says %s !< %s", imp, a, b)
	case !o.may[b][a]:
		return fmt.Sprintf("imports %s: the policy has no %s < %s", imp, a, b)
	}
	return ""
}

func mayImportThirdParty(from, imp string) bool {
	for prefix, allowed := range thirdParty {
		if imp == prefix || strings.HasPrefix(imp, prefix+"/") {
			return slices.ContainsFunc(allowed, func(d string) bool { return under(from, d) })
		}
	}
	return false
}

// timeNow returns where a file calls time.Now, Since or Until.
func timeNow(fset *token.FileSet, file *ast.File) (places []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until"}, sel.Sel.Name) {
			places = append(places, fmt.Sprintf("%s: time.%s, but time comes in as an argument here", fset.Position(sel.Pos()), sel.Sel.Name))
		}
		return true
	})
	return places
}

func listPackages(t *testing.T) (all []pkg) {
	t.Helper()
	for _, dir := range []string{"core", "cmd", "appliance", "bench"} {
		if dirs, _ := filepath.Glob(filepath.Join("..", dir)); dirs == nil {
			continue
		}
		cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,GoFiles,Imports", "./"+dir+"/...")
		cmd.Dir = ".."
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list ./%s/...: %v", dir, err)
		}
		for d := json.NewDecoder(strings.NewReader(string(out))); ; {
			var p pkg
			if err := d.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("output of go list: %v", err)
			}
			all = append(all, p)
		}
	}
	return all
}

// TestImportPolicy holds the repository to the policy text.
func TestImportPolicy(t *testing.T) {
	o, err := parsePolicy(policy)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range listPackages(t) {
		for _, b := range o.check(p) {
			t.Error(b)
		}
		if !slices.ContainsFunc(pure, func(d string) bool { return under(p.ImportPath, d) }) {
			continue
		}
		for _, name := range p.GoFiles {
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, place := range timeNow(fset, file) {
				t.Error(place)
			}
		}
	}
}

// TestImportPolicyCatches plants violations: a checker that finds none of
// them would pass anything.
func TestImportPolicyCatches(t *testing.T) {
	o, err := parsePolicy(policy)
	if err != nil {
		t.Fatal(err)
	}
	const m = module + "/"
	for _, c := range []struct {
		from, imp string
		bad       bool
	}{
		{"core/page", m + "core/invariant", false},
		{"core/page", m + "core/table", true},
		{"core/table", m + "core/tree", true},
		{"core/value", m + "core/page", false},
		{"core/keyspace", m + "core/resp", true},
		{"core/command", m + "core/resp", false},
		{"core/command", m + "core/rdb", true},
		{"core/rdb", m + "core/lzf", false},
		{"core/family/strings", m + "core/family/keys", true},
		{"core/family/strings", m + "core/hll", false},
		{"core/server", m + "core/server/settings", false},
		{"core/server/settings", m + "core/server", true},
		{"core/transport", m + "core/resp", true},
		{"core/transport/epoll", m + "core/transport", false},
		{"core/nowhere", m + "core/page", true},
		{"appliance/boot", m + "core/server", false},
		{"appliance/boot", m + "core/page", true},
		{"cmd/redoubt-server", m + "core/server", false},
		{"bench/load", m + "core/resp", true},
		{"core/page", "unsafe", false},
		{"core/table", "unsafe", true},
		{"core/table", "os", true},
		{"core/keyspace", "net", true},
		{"core/aof", "os", false},
		{"core/table", "github.com/tidwall/redcon", true},
		{"core/resp", "github.com/tidwall/redcon", false},
	} {
		breaches := o.check(pkg{ImportPath: m + c.from, Imports: []string{c.imp}})
		if (len(breaches) > 0) != c.bad {
			t.Errorf("%s importing %s: breaches %q, want a breach: %v", c.from, c.imp, breaches, c.bad)
		}
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "x.go", "package x\nimport \"time\"\nvar _ = time.Now()", 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(timeNow(fset, file)) != 1 {
		t.Error("time.Now was not found")
	}
	if _, err := parsePolicy("a < b; b < a;"); err == nil {
		t.Error("a circle in the policy was not found")
	}
}
