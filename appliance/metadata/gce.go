package metadata

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// gce asks Google's service. Its answers carry the header that the requests have,
// by which they differ from those of anybody else at that address.
func (c *Client) gce(ctx context.Context) (*Answer, error) {
	const flavor = "Metadata-Flavor"
	read := func(path string, limit int) ([]byte, error) {
		url := "http://" + linkLocal4 + "/computeMetadata/v1/instance/" + path
		text, header, err := c.do(ctx, http.MethodGet, url, http.Header{flavor: {"Google"}}, nil, limit)
		if err == nil && text != nil && header.Get(flavor) != "Google" {
			err = fmt.Errorf("%s: the answer is not Google's", url)
		}
		return text, err
	}
	a := &Answer{Source: string(GCE)}
	id, err := read("id", 1024)
	if err != nil {
		return nil, err
	}
	if id == nil {
		return nil, errors.New("Google's service knows no id of this machine")
	}
	a.InstanceID = string(id)
	name, err := read("hostname", 1024)
	if err != nil {
		return nil, err
	}
	a.hostname(string(name))
	if a.UserData, err = read("attributes/user-data", MaxUserData); err != nil {
		return nil, err
	}
	encoding, err := read("attributes/user-data-encoding", 100)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(string(encoding)) == "base64" {
		if a.UserData, err = base64.StdEncoding.DecodeString(string(a.UserData)); err != nil {
			return nil, errors.New("user-data-encoding says base64, and user-data is not")
		}
	}
	a.Extra, err = read("attributes/redoubt-config", MaxUserData)
	return a, err
}
