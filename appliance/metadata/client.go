package metadata

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// Times of asking a source on the network.
const (
	dialTimeout    = 2 * time.Second
	requestTimeout = 5 * time.Second
	firstPause     = 100 * time.Millisecond // between two attempts, doubled up to
	longestPause   = 15 * time.Second
)

// The addresses of metadata services. All are link-local but Azure's wire server,
// which exists on its hosts only.
const (
	linkLocal4 = "169.254.169.254"
	linkLocal6 = "fd00:ec2::254"
	wireServer = "168.63.129.16"
)

// LinkLocal is the address that the services of most clouds have.
var LinkLocal = netip.MustParseAddr(linkLocal4)

// Client asks one source on the network.
type Client struct {
	plan Plan
	http *http.Client
}

// NewClient returns a client for a plan. It goes to the plan's addresses only: it
// knows no proxy and follows no redirect.
func NewClient(plan Plan) *Client {
	dialer := &net.Dialer{Timeout: dialTimeout, Control: func(_, address string, _ syscall.RawConn) error {
		if plan.URL != "" || plan.mayReach(address) {
			return nil
		}
		return fmt.Errorf("%s is no address of a metadata service", address)
	}}
	return &Client{plan: plan, http: &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, DisableKeepAlives: true, DisableCompression: true,
			ResponseHeaderTimeout: requestTimeout, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       requestTimeout,
	}}
}

// mayReach tells whether an address is one of a metadata service's.
func (p Plan) mayReach(address string) bool {
	a, err := netip.ParseAddrPort(address)
	if err != nil || a.Port() != 80 {
		return false
	}
	host := a.Addr().Unmap().String()
	return host == linkLocal4 || host == linkLocal6 || p.Kind == Azure && host == wireServer
}

// Ask asks until there is an answer or ctx ends. Its error is the last one: while
// there is no address yet, there is no way to the service.
func (c *Client) Ask(ctx context.Context, warn func(format string, args ...any)) (*Answer, error) {
	pause := firstPause
	for {
		answer, err := c.once(ctx, warn)
		if err == nil {
			return answer, nil
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

// once asks once.
func (c *Client) once(ctx context.Context, warn func(string, ...any)) (*Answer, error) {
	switch c.plan.Kind {
	case EC2:
		return c.ec2(ctx)
	case GCE:
		return c.gce(ctx)
	case Azure:
		return c.askAzure(ctx, warn)
	case OpenStack:
		return openStackAnswer(c.plan.String(), warn, func(path string, limit int) ([]byte, error) {
			return c.get(ctx, "http://"+linkLocal4+"/openstack/latest/"+path, nil, limit)
		})
	case NoCloud:
		return noCloudAnswer(c.plan, warn, func(path string, limit int) ([]byte, error) {
			return c.get(ctx, c.plan.URL+path, nil, limit)
		})
	}
	return nil, fmt.Errorf("%s cannot be asked by the network", c.plan.Kind)
}

// errStatus is an answer that is neither what was asked for nor "not found".
var errStatus = errors.New("refused")

// get fetches one resource: nil without an error if it does not exist.
func (c *Client) get(ctx context.Context, url string, header http.Header, limit int) ([]byte, error) {
	body, _, err := c.do(ctx, http.MethodGet, url, header, nil, limit)
	return body, err
}

// do sends a request and returns what comes back, at most limit bytes.
func (c *Client) do(ctx context.Context, method, url string, header http.Header, body io.Reader, limit int) ([]byte, http.Header, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return nil, nil, err
	}
	if header != nil {
		request.Header = header
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusNotFound && method == http.MethodGet:
		return nil, nil, nil
	case response.StatusCode/100 != 2:
		return nil, nil, fmt.Errorf("%s %s: %w: status %d", method, url, errStatus, response.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, int64(limit)+1))
	if err != nil {
		return nil, nil, fmt.Errorf("%s %s: %w", method, url, err)
	}
	if len(text) > limit {
		return nil, nil, fmt.Errorf("%s %s: more than %d bytes", method, url, limit)
	}
	return text, response.Header, nil
}
