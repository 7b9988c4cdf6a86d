package appliance

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCmdlineSecrets(t *testing.T) {
	got := cmdlineSecrets(`console=ttyS0 redoubt.requirepass=hunter2 redoubt.save="60 1" redoubt.user="alice on >opensesame #beef ~*" requirepass=not-ours redoubt.Admin-Token=tok3n`)
	if want := []string{"hunter2", "opensesame", "beef", "tok3n"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestConfSecrets(t *testing.T) {
	got := confSecrets([]string{"maxmemory 1gb", `requirepass "hunt er2"`, "# no", "", "user bob >pa55word +@all"})
	if want := []string{"hunt er2", "pa55word"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Whoever quotes a secret: the console does not show it.
func TestConsoleHides(t *testing.T) {
	var out bytes.Buffer
	c := NewConsole(&out, time.Now())
	c.Hide("hunter2", "abc", "")
	c.Printf("refused: requirepass %q, abc", "hunter2")
	if n, err := c.Write([]byte("hunter2\n")); n != len("hunter2\n") || err != nil {
		t.Errorf("wrote %d, %v", n, err)
	}
	c.Flush(time.Minute)
	if kept := strings.Join(c.Log().Lines(9), "\n"); strings.Contains(kept, "hunter2") {
		t.Errorf("the log that others read has %q", kept)
	}
	if got := out.String(); strings.Contains(got, "hunter2") || !strings.Contains(got, `requirepass "(hidden)", abc`) {
		t.Errorf("got %q", got)
	}
}
