package metadata

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/appliance/metadata/fakeimds"
	"github.com/redoubt-kv/redoubt/appliance/network"
)

// clientOf returns a client whose connections all lead to a fake service, but whose
// requests are the real ones.
func clientOf(t *testing.T, plan Plan, handler http.Handler) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c := NewClient(plan)
	c.http.Transport.(*http.Transport).DialContext = func(ctx context.Context, _, address string) (net.Conn, error) {
		if plan.URL == "" && !plan.mayReach(address) {
			return nil, fmt.Errorf("%s is out of bounds", address)
		}
		return (&net.Dialer{}).DialContext(ctx, "tcp", server.Listener.Addr().String())
	}
	return c
}

func ignore(string, ...any) {}

// TestServices: what each cloud's service says becomes the same answer.
func TestServices(t *testing.T) {
	const userData = "#redoubt\nrequirepass x\n"
	for _, test := range []struct {
		plan Plan
		m    fakeimds.Machine
		want Answer
	}{
		{Plan{Kind: EC2}, fakeimds.Machine{InstanceID: "i-0abc", Hostname: "ip-10-0-0-1.ec2.internal", UserData: userData},
			Answer{InstanceID: "i-0abc", Network: network.Config{Hostname: "ip-10-0-0-1.ec2.internal"}, UserData: []byte(userData)}},
		{Plan{Kind: EC2}, fakeimds.Machine{InstanceID: "i-0abc"}, Answer{InstanceID: "i-0abc"}},
		{Plan{Kind: GCE}, fakeimds.Machine{InstanceID: "123456", Hostname: "vm.c.p.internal", UserData: userData, RedoubtConfig: "maxmemory 1gb"},
			Answer{InstanceID: "123456", Network: network.Config{Hostname: "vm.c.p.internal"}, UserData: []byte(userData), Extra: []byte("maxmemory 1gb")}},
		{Plan{Kind: GCE}, fakeimds.Machine{InstanceID: "1"}, Answer{InstanceID: "1"}},
		{Plan{Kind: Azure}, fakeimds.Machine{InstanceID: "0-1-2", Hostname: "vm1", UserData: userData},
			Answer{InstanceID: "0-1-2", Network: network.Config{Hostname: "vm1"}, UserData: []byte(userData)}},
		{Plan{Kind: Azure, Custom: []byte("custom")}, fakeimds.Machine{InstanceID: "0-1-2", Hostname: "vm1"},
			Answer{InstanceID: "0-1-2", Network: network.Config{Hostname: "vm1"}, UserData: []byte("custom")}},
		{Plan{Kind: OpenStack}, fakeimds.Machine{InstanceID: "u-1", Hostname: "os.novalocal", UserData: userData, VendorData: "#cloud-config\n"},
			Answer{InstanceID: "u-1", Network: network.Config{Hostname: "os.novalocal"}, UserData: []byte(userData), VendorData: []byte("#cloud-config\n")}},
		{Plan{Kind: NoCloud, URL: "http://192.0.2.1:8000/a/"}, fakeimds.Machine{InstanceID: "n-1", Hostname: "n", UserData: userData},
			Answer{InstanceID: "n-1", Network: network.Config{Hostname: "n"}, UserData: []byte(userData)}},
	} {
		test.m.Kind = string(test.plan.Kind)
		test.want.Source = test.plan.String()
		got, err := clientOf(t, test.plan, &fakeimds.Service{Machine: test.m}).once(context.Background(), ignore)
		if err != nil || !reflect.DeepEqual(*got, test.want) {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", test.plan, err, got, test.want)
		}
	}
}

// Answers that are too long, redirects, and other services at the same address are
// refused.
func TestHostileServices(t *testing.T) {
	long := strings.Repeat("x", MaxUserData+1)
	for name, test := range map[string]struct {
		kind    Kind
		handler http.HandlerFunc
		want    string
	}{
		"long user data": {EC2, (&fakeimds.Service{Machine: fakeimds.Machine{Kind: "EC2", InstanceID: "i", UserData: long}}).ServeHTTP, "more than 262144 bytes"},
		"redirect": {GCE, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://192.0.2.7/", http.StatusFound)
		}, "status 302"},
		"no token":          {EC2, http.NotFound, "status 404"},
		"not Google":        {GCE, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "1") }, "not Google's"},
		"Google without id": {GCE, http.NotFound, "no id"},
		"Azure's nonsense":  {Azure, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, "cannot be read as JSON"},
		"no OpenStack":      {OpenStack, http.NotFound, "no meta_data.json"},
		"endless": {OpenStack, func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		}, "more than"},
	} {
		_, err := clientOf(t, Plan{Kind: test.kind}, test.handler).once(context.Background(), ignore)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

// A service that is there later is asked until it is.
func TestAskAgain(t *testing.T) {
	service := &fakeimds.Service{Machine: fakeimds.Machine{Kind: "EC2", InstanceID: "i-1", UserData: "port 1"}}
	service.Down.Store(true)
	c := clientOf(t, Plan{Kind: EC2}, service)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Ask(ctx, ignore); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("while it is down: %v", err)
	}
	go func() {
		for len(service.Requests()) < 4 {
			time.Sleep(time.Millisecond)
		}
		service.Down.Store(false)
	}()
	a, err := c.Ask(context.Background(), ignore)
	if err != nil || a.InstanceID != "i-1" {
		t.Errorf("got %+v, %v", a, err)
	}
}

// Nothing but the services' addresses is reached, whatever a name or redirect says.
func TestOnlyServices(t *testing.T) {
	for address, want := range map[string]bool{
		"169.254.169.254:80": true, "[fd00:ec2::254]:80": true, "169.254.169.254:443": false, "[::ffff:169.254.169.254]:80": true,
		"10.0.0.1:80": false, "168.63.129.16:80": false, "127.0.0.1:80": false, "x": false,
	} {
		if got := (Plan{Kind: EC2}).mayReach(address); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
	if !(Plan{Kind: Azure}).mayReach("168.63.129.16:80") {
		t.Error("Azure's wire server cannot be reached")
	}
	// The real dialer refuses before it connects.
	_, err := NewClient(Plan{Kind: EC2}).get(context.Background(), "http://127.0.0.1:80/", nil, 10)
	if err == nil || !strings.Contains(err.Error(), "no address of a metadata service") {
		t.Errorf("got %v", err)
	}
}

func TestReportReady(t *testing.T) {
	service := &fakeimds.Service{Machine: fakeimds.Machine{Kind: "Azure"}}
	c := clientOf(t, Plan{Kind: Azure}, service)
	for locked, want := range map[string]string{
		"":                            "<State>Ready</State>",
		"line 3 <&>: no such \"key\"": "<Description>line 3 &lt;&amp;&gt;: no such &quot;key&quot;</Description>",
	} {
		if err := c.ReportReady(context.Background(), locked); err != nil {
			t.Fatal(err)
		}
		reports := service.Reports()
		got := reports[len(reports)-1]
		for _, part := range []string{want, "<GoalStateIncarnation>1<", "<ContainerId>fa7c0c2d-2c2e-4cb9-9b6b-0e2e9e3a3a5e<", "<InstanceId>3b4a2f1e-6f9a-4e36-8a51-1f2f3c3f4d5e._redoubt<"} {
			if !strings.Contains(got, part) {
				t.Errorf("the report lacks %q:\n%s", part, got)
			}
		}
	}
	if err := clientOf(t, Plan{Kind: Azure}, http.NotFoundHandler()).ReportReady(context.Background(), ""); err == nil {
		t.Error("no goal state, no error")
	}
}

func TestCustomData(t *testing.T) {
	for ovf, want := range map[string]string{
		"<a><ns1:CustomData>cG9y\ndCAx</ns1:CustomData></a>": "port 1",
		"<a><CustomData xmlns=\"x\">cG9ydCAx</CustomData>":   "port 1",
		"<a><CustomData></CustomData>":                       "",
		"<a/>":                                               "",
	} {
		if got, err := customData([]byte(ovf)); err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v", ovf, got, err)
		}
	}
	if _, err := customData([]byte("<CustomData>cG9ydCA</CustomData>")); err == nil {
		t.Error("bad base64 was accepted")
	}
}
