package acl

import "testing"

func TestLog(t *testing.T) {
	var l Log
	e := Entry{Reason: DeniedKey, Object: "k", Username: "u", Client: "first"}
	l.Add(e, 1000, 3)
	e.Client = "second"
	l.Add(e, 61_000, 3) // a minute later it still counts
	if list := l.Newest(10); len(list) != 1 || list[0].Count != 2 || list[0].FirstMs != 1000 || list[0].LastMs != 61_000 || list[0].Client != "second" {
		t.Errorf("%+v", list)
	}
	l.Add(e, 121_001, 3) // not any more
	other := e
	other.Context = InScript
	l.Add(other, 121_001, 3)
	l.Add(e, 121_002, 3) // comes first again
	list := l.Newest(10)
	if len(list) != 3 || list[0].ID != 1 || list[0].Count != 2 || list[1].ID != 2 || list[2].ID != 0 {
		t.Errorf("%+v", list)
	}
	other.Object = "new"
	l.Add(other, 121_002, 3)
	if list := l.Newest(2); len(list) != 2 || list[0].Object != "new" || list[1].ID != 1 || l.Len() != 3 {
		t.Errorf("%+v, %d entries", list, l.Len())
	}
	l.Add(Entry{Object: "x"}, 121_003, 0)
	if l.Len() != 0 {
		t.Errorf("%d entries of none", l.Len())
	}
	l.Add(e, 121_004, 3)
	if l.Reset(); l.Len() != 0 {
		t.Error("not empty")
	}
}
