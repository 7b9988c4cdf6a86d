package clock

import (
	"testing"
	"time"
)

func TestReal(t *testing.T) {
	r := NewReal()
	before := time.Now().UnixMilli()
	got := r.NowMs()
	if after := time.Now().UnixMilli(); got < before || got > after {
		t.Errorf("NowMs %d not in %d..%d", got, before, after)
	}
	if us := r.NowUs(); us/1000 < got {
		t.Errorf("NowUs %d before NowMs %d", us, got)
	}
	a := r.Mono()
	time.Sleep(time.Millisecond)
	if b := r.Mono(); b-a < time.Millisecond {
		t.Errorf("Mono moved %v in a millisecond", b-a)
	}
}

func TestFakeAndCoarse(t *testing.T) {
	f := NewFake(5000)
	c := NewCoarse(f)
	f.Advance(1500 * time.Microsecond)
	if f.NowMs() != 5001 || f.NowUs() != 5001500 || f.Mono() != 1500*time.Microsecond {
		t.Errorf("fake shows %d ms, %d us, %v", f.NowMs(), f.NowUs(), f.Mono())
	}
	if c.NowMs() != 5000 || c.Mono() != 0 {
		t.Errorf("coarse moved by itself to %d ms, %v", c.NowMs(), c.Mono())
	}
	f.Jump(-time.Second)
	c.Update()
	if c.NowMs() != 4001 || c.NowUs() != 4001500 || c.Mono() != 1500*time.Microsecond {
		t.Errorf("coarse shows %d ms, %d us, %v", c.NowMs(), c.NowUs(), c.Mono())
	}
	defer func() {
		if recover() == nil {
			t.Error("monotonic time went back")
		}
	}()
	f.Advance(-1)
}

func BenchmarkMono(b *testing.B) {
	r := NewReal()
	for b.Loop() {
		r.Mono()
	}
}

func BenchmarkNowMs(b *testing.B) {
	r := NewReal()
	for b.Loop() {
		r.NowMs()
	}
}

func BenchmarkCoarse(b *testing.B) {
	c := NewCoarse(NewReal())
	for b.Loop() {
		c.NowMs()
	}
}
