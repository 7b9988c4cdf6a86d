package load

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

func TestReadReplies(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Reply
	}{
		{"+PONG\r\n", Reply{Kind: '+', Str: "PONG"}},
		{"-ERR no\r\n", Reply{Kind: '-', Str: "ERR no"}},
		{":-7\r\n", Reply{Kind: ':', Int: -7}},
		{"$-1\r\n", Reply{Kind: '$', Null: true}},
		{"$0\r\n\r\n", Reply{Kind: '$'}},
		{"$4\r\na\r\nb\r\n", Reply{Kind: '$', Str: "a\r\nb"}},
		{"*-1\r\n", Reply{Kind: '*', Null: true}},
		{"*2\r\n:1\r\n*1\r\n$1\r\nx\r\n", Reply{Kind: '*', Array: []Reply{
			{Kind: ':', Int: 1}, {Kind: '*', Array: []Reply{{Kind: '$', Str: "x"}}}}}},
	} {
		got, err := NewReader(strings.NewReader(c.in)).Read()
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: got %+v, %v, want %+v", c.in, got, err, c.want)
		}
		r := NewReader(strings.NewReader(c.in + ":99\r\n"))
		text, err := r.Skip()
		if err != nil || (text != "") != (c.want.Kind == '-') {
			t.Errorf("Skip %q: %q, %v", c.in, text, err)
		}
		if after, err := r.Read(); err != nil || after.Int != 99 {
			t.Errorf("after Skip of %q: %+v, %v", c.in, after, err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for _, in := range []string{
		"\r\n", "PONG\r\n", "+PONG\n", ":x\r\n", "$x\r\n", "$-2\r\n", "$1\r\nxyz", "*99999999999\r\n",
		"$536870913\r\n", "%1\r\n", strings.Repeat("*1\r\n", maxDepth+2) + ":1\r\n",
		"+" + strings.Repeat("x", readBufBytes) + "\r\n",
	} {
		if got, err := NewReader(strings.NewReader(in)).Read(); err == nil {
			t.Errorf("%.20q was read as %+v", in, got)
		}
	}
	for _, in := range []string{"$5\r\nab", "*2\r\n:1\r\n", "+PO"} {
		if _, err := NewReader(strings.NewReader(in)).Read(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q: %v, want an unexpected end", in, err)
		}
	}
}

func TestAppendCommandReadsBack(t *testing.T) {
	want := []string{"SET", "", "a\r\nb", strings.Repeat("x", 1000)}
	got, err := NewReader(bytes.NewReader(AppendCommand(nil, want...))).Read()
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range want {
		if got.Array[i].Str != w {
			t.Errorf("argument %d: %q, want %q", i, got.Array[i].Str, w)
		}
	}
}

// FuzzReader checks that no input makes Read or Skip panic, and that both
// agree on where a reply ends.
func FuzzReader(f *testing.F) {
	for _, s := range []string{"+OK\r\n:1\r\n", "*2\r\n$1\r\na\r\n-ERR\r\n", "$-1\r\n", "*1000000\r\n", "$500000000\r\nx"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		a, b := NewReader(bytes.NewReader(in)), NewReader(bytes.NewReader(in))
		for {
			_, err := a.Read()
			if err != nil {
				return
			}
			if _, err := b.Skip(); err != nil {
				t.Fatalf("Read took a reply that Skip refused: %v", err)
			}
			if a.br.Buffered() != b.br.Buffered() {
				t.Fatalf("Read left %d bytes, Skip %d", a.br.Buffered(), b.br.Buffered())
			}
		}
	})
}
