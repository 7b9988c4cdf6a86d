package redistest

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestOracleAnswers(t *testing.T) {
	s := Start(t)
	if got := s.Must(t, "SET", "k", "v"); got != "OK" {
		t.Fatalf("SET: %v", got)
	}
	s.Must(t, "RPUSH", "l", 1, []byte("two"))
	if got := s.Must(t, "LRANGE", "l", 0, -1); !reflect.DeepEqual(got, []any{"1", "two"}) {
		t.Fatalf("LRANGE: %#v", got)
	}
	if got, _ := s.Do("GET", "none"); got != nil {
		t.Fatalf("GET of no key: %#v", got)
	}
	if got, _ := s.Do("INCR", "k"); got != Error("ERR value is not an integer or out of range") {
		t.Fatalf("INCR of text: %#v", got)
	}
	if got, _ := s.Raw("INCR", "n"); got != ":1\r\n" {
		t.Fatalf("raw INCR: %q", got)
	}
	s.Must(t, "HELLO", 3)
	if got, _ := s.Raw("GET", "none"); got != "_\r\n" {
		t.Fatalf("raw RESP3 null: %q", got)
	}
	s.Must(t, "SAVE")
	CheckRDB(t, filepath.Join(s.Dir, "dump.rdb"))
	s.Stop()
	if _, err := Dial(s.Addr); err == nil {
		t.Fatal("the server still listens after Stop")
	}
}

func TestRefusedStartCarriesTheLog(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "dump.rdb"), []byte("REDIS0010\xffbroken"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := TryStart(t, dir)
	if err == nil || !strings.Contains(err.Error(), "exited during start") || !strings.Contains(err.Error(), "RDB") {
		t.Fatalf("TryStart on a broken file: %v", err)
	}
	var e Error
	if errors.As(err, &e) {
		t.Fatalf("the start failed with a reply: %v", e)
	}
}
