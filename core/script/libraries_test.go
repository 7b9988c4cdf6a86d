package script

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// source is a library with these functions.
func source(name string, functions ...string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "#!lua name=%s\n", name)
	for _, f := range functions {
		fmt.Fprintf(&b, "redis.register_function('%s', function() return 1 end)\n", f)
	}
	return []byte(b.String())
}

// registryModel is a set of libraries: the functions of each.
type registryModel map[string][]string

// taken tells whether a library other than those of but has a function of the name.
func (m registryModel) taken(function string, but func(library string) bool) bool {
	for lib, list := range m {
		if !but(lib) && slices.ContainsFunc(list, func(f string) bool { return strings.EqualFold(f, function) }) {
			return true
		}
	}
	return false
}

func (m registryModel) load(name string, functions []string, replace bool) (ok bool) {
	if m[name] != nil && !replace {
		return false
	}
	for _, f := range functions {
		if m.taken(f, func(lib string) bool { return lib == name }) {
			return false
		}
	}
	m[name] = functions
	return true
}

func (m registryModel) join(others registryModel, replace bool) (ok bool) {
	for name, functions := range others {
		if m[name] != nil && !replace {
			return false
		}
		for _, f := range functions {
			if m.taken(f, func(lib string) bool { return others[lib] != nil }) {
				return false
			}
		}
	}
	maps.Copy(m, others)
	return true
}

// TestLibrariesModel runs random changes of a set beside a map. A change that fails
// leaves everything as it was; sets that were handed out do not change.
func TestLibrariesModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 5))
	e := New(Options{})
	names, words := []string{"a", "b", "c", "A"}, []string{"f", "g", "h", "F", "i", "j"}
	ls, model := NoLibraries(), registryModel{}
	choose := func() (string, []string) {
		list := slices.Clone(words)
		rnd.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		return names[rnd.IntN(len(names))], list[:1+rnd.IntN(2)]
	}
	for step := range 3000 {
		was, before := ls, describe(ls)
		switch rnd.IntN(6) {
		case 0, 1, 2:
			name, functions := choose()
			replace := rnd.IntN(2) == 0
			next, _, text := e.Compile(ls, source(name, functions...), replace, 0)
			if ok := model.load(name, functions, replace); ok != (text == "") {
				t.Fatalf("step %d: load %s %v: %q, the model says %v", step, name, functions, text, ok)
			}
			ls = next
		case 3, 4:
			others, other := NoLibraries(), registryModel{}
			for range rnd.IntN(3) {
				name, functions := choose()
				others, _, _ = e.Compile(others, source(name, functions...), false, 0)
				other.load(name, functions, false)
			}
			replace := rnd.IntN(2) == 0
			next, text := ls.Join(others, replace)
			if ok := model.join(other, replace); ok != (text == "") {
				t.Fatalf("step %d: join %v to %v (replace %v): %q, the model says %v", step, other, model, replace, text, ok)
			}
			ls = next
		case 5:
			name, _ := choose()
			ls = ls.Without(name)
			delete(model, name)
		}
		if describe(was) != before {
			t.Fatalf("step %d: a set has changed", step)
		}
		checkLibraries(t, ls, model)
	}
}

func describe(ls *Libraries) string {
	var b strings.Builder
	for _, l := range ls.All() {
		fmt.Fprintf(&b, "%s:", l.Name)
		for _, f := range l.Functions {
			fmt.Fprintf(&b, " %s", f.Name)
		}
	}
	libraries, functions := ls.Len()
	return fmt.Sprintf("%s %d %d %d %d", b.String(), libraries, functions, ls.Registered(), ls.bytes)
}

func checkLibraries(t *testing.T, ls *Libraries, model registryModel) {
	t.Helper()
	registered, callable := 0, map[string]bool{}
	for name, functions := range model {
		l := ls.Find(name)
		if l == nil {
			t.Fatalf("library %s is missing", name)
		}
		registered += len(functions)
		for _, f := range functions {
			callable[strings.ToLower(f)] = true
			if l.Function(f) == nil {
				t.Fatalf("function %s of %s is missing", f, name)
			}
			for _, call := range []string{f, strings.ToUpper(f)} {
				if got := ls.Function([]byte(call)); got == nil || got.Library != l {
					t.Fatalf("function %s of %s is called as %v", call, name, got)
				}
			}
		}
	}
	if libraries, functions := ls.Len(); libraries != len(model) || functions != len(callable) || ls.Registered() != registered {
		t.Fatalf("%d libraries, %d functions, %d registered; want %d, %d, %d", libraries, functions, ls.Registered(), len(model), len(callable), registered)
	}
}

// TestLibraryInSeveralInterpreters: each interpreter loads a library once, the version
// that is called, and forgets those that are gone.
func TestLibraryInSeveralInterpreters(t *testing.T) {
	logged := 0
	e := New(Options{Log: func(int, string) { logged++ }})
	first, l, text := e.Compile(NoLibraries(), append(source("a", "f"), "redis.log(redis.LOG_WARNING, 'loaded')"...), false, LoadTime)
	if text != "" {
		t.Fatal(text)
	}
	in, other := e.take(functionPool), e.take(functionPool)
	for range 2 {
		for _, in := range []*interp{in, other} {
			if fn, err := in.callback(l.Function("f"), first); err != nil || fn == nil {
				t.Fatal(fn, err)
			}
		}
	}
	if logged != 1 || len(in.libraries) != 1 || len(other.libraries) != 1 {
		t.Errorf("logged %d times; %d and %d libraries", logged, len(in.libraries), len(other.libraries))
	}
	second, l2, text := e.Compile(first, source("a", "f"), true, LoadTime)
	if text != "" {
		t.Fatal(text)
	}
	if _, err := in.callback(l2.Function("f"), second); err != nil || len(in.libraries) != 1 || in.libraries[l2] == nil {
		t.Errorf("%v, %d libraries", err, len(in.libraries))
	}
	if in.globals.RawGetString("string").String() == "nil" || in.loading != nil {
		t.Error("the globals are not what they were before the library was loaded")
	}
}

// TestLoadClock: a library that does not come to its end is stopped, and the
// interpreter goes on.
func TestLoadClock(t *testing.T) {
	e := New(Options{})
	for _, body := range []string{"while true do end", "local function f() return f() end f()", "local t = {} while true do t[#t+1] = {} end"} {
		_, _, text := e.Compile(NoLibraries(), []byte("#!lua name=a\n"+body), false, 10*time.Millisecond)
		if text != "Error registering functions: ERR FUNCTION LOAD timeout" {
			t.Errorf("%s: %q", body, text)
		}
	}
	if _, _, text := e.Compile(NoLibraries(), source("a", "f"), false, LoadTime); text != "" {
		t.Error(text)
	}
}

// FuzzLibrary: any text is a library or an error, and what it makes can be found.
func FuzzLibrary(f *testing.F) {
	for _, s := range []string{
		"#!lua name=a\nredis.register_function('f', function() end)", "#!lua name='a\\x41'\nreturn 1", "#!lua name=a\n", "#!", "#!lua name=\"\n",
		"#!lua name=a\nredis.register_function{function_name='f', callback=function() end, flags={'no-writes'}, description='d'}",
		"#!lua name=a\nlocal t = {} t[1] = t redis.register_function(t)", "#!lua name=a\nfoo = 1", "#!lua name=a\nfor i = 1, 3 do redis.register_function('f'..i, function() return i end) end",
	} {
		f.Add([]byte(s))
	}
	e := New(Options{})
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			return
		}
		ls, l, wrong := e.Compile(NoLibraries(), text, false, 20*time.Millisecond)
		if wrong != "" {
			if l != nil {
				t.Errorf("a library and the error %q", wrong)
			}
			return
		}
		if ls.Find(l.Name) != l || l.Source != string(text) || len(l.Functions) == 0 {
			t.Errorf("%+v", l)
		}
		for _, fn := range l.Functions {
			if ls.Function([]byte(fn.Name)) == nil {
				t.Errorf("%s is not found", fn.Name)
			}
		}
	})
}
