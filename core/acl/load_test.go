package acl

import (
	"strings"
	"testing"
)

func TestLoad(t *testing.T) {
	us := testUsers(t)
	us.Set("old", []string{"on", "nopass", "&a"})
	old, deflt := us.Get("old"), us.Default()
	loaded, err := us.Load("users.acl", "user old on +get ~a\r\n\n  \t\nuser default on nopass ~* &x +@all\nuser b (~a  +get) (&x)")
	if err != nil {
		t.Fatal(err)
	}
	if len(loaded.Removed) != 1 || loaded.Removed[0] != old || loaded.Revoked != deflt || us.Default() != deflt || us.Get("old") == old || !old.Rules().Gone {
		t.Errorf("%+v", loaded)
	}
	want := "user b off resetchannels -@all (~a resetchannels -@all +get) (resetchannels &x -@all)\n" +
		"user default on nopass ~* resetchannels &x +@all\nuser old on ~a resetchannels -@all +get\n"
	if us.Text() != want {
		t.Errorf("%s", us.Text())
	}
	if loaded, err := us.Load("users.acl", ""); err != nil || len(loaded.Removed) != 2 || us.Text() != "user default on nopass ~* &* +@all\n" {
		t.Errorf("%v: %s", err, us.Text())
	}
}

// TestLoadAllOrNothing: whatever is wrong is told with its line, and nothing changes.
func TestLoadAllOrNothing(t *testing.T) {
	us := testUsers(t)
	us.Set("u", []string{"on", "+get"})
	before := us.Text()
	for text, want := range map[string]string{
		"# comment":              "f:1 should start with user keyword followed by the username.",
		"user":                   "f:1 should start with user keyword followed by the username.",
		"\nuser a\tb on":         "'f:2: username 'a\tb' contains invalid characters.",
		"user a\nuser a":         "WARNING: Duplicate user 'a' found on line 2.",
		"user a (+get":           "f:1: Unmatched parenthesis in selector definition.",
		"user a +x >secret -y":   "f:1: Error in applying operation '+x': Unknown command or category name in ACL. f:1: Error in applying operation '-y': Unknown command or category name in ACL.",
		"user a <secret #nope":   "f:1: The password you are trying to remove from the user does not exist.",
		"user a on\nuser b on x": "f:2: Syntax error.",
	} {
		_, err := us.Load("f", text)
		if err == nil || err.Error() != want+" WARNING: ACL errors detected, no change to the previously active ACL rules was performed" {
			t.Errorf("%q: %v", text, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("a password is told: %v", err)
		}
		if us.Text() != before {
			t.Fatalf("%q has changed users: %s", text, us.Text())
		}
	}
}

func TestDeclare(t *testing.T) {
	us := testUsers(t)
	us.SetPassword("old")
	var list []Declaration
	for _, line := range []string{"a on +get (~x +set) >p", "default on >q +@all ~*"} {
		d, err := ParseDeclaration(strings.Fields(line))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, d)
	}
	if err := us.Declare(list); err != nil {
		t.Fatal(err)
	}
	if us.Login("a", []byte("p")) == nil || us.Login(DefaultName, []byte("q")) == nil || us.Login(DefaultName, []byte("old")) != nil {
		t.Error(us.Text())
	}
	for _, line := range []string{"a #x", "a (+get", "a ~* ~b", "a foo"} {
		if _, err := ParseDeclaration(strings.Fields(line)); err == nil {
			t.Errorf("%q is accepted", line)
		}
	}
	// Commands are not known before there is a table.
	d, err := ParseDeclaration([]string{"a", "+nosuch"})
	if err != nil {
		t.Fatal(err)
	}
	if us.Declare([]Declaration{d}) == nil || us.Declare([]Declaration{{Name: "a b"}}) == nil {
		t.Error("accepted")
	}
}
