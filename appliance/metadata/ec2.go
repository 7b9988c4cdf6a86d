package metadata

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Version 2 of EC2's metadata service: a token by PUT, which the other requests
// show. The hop limit of the token's packets is the cloud's business; ours is to
// ask for a short life.
const (
	ec2TokenTTL = "X-aws-ec2-metadata-token-ttl-seconds"
	ec2Token    = "X-aws-ec2-metadata-token"
	ec2TTL      = "300"
)

// ec2 asks EC2's service, by IPv4 or, where there is none, by IPv6.
func (c *Client) ec2(ctx context.Context) (*Answer, error) {
	a, err := c.ec2At(ctx, "http://"+linkLocal4)
	if err == nil || errors.Is(err, errStatus) {
		return a, err
	}
	if a, err := c.ec2At(ctx, "http://["+linkLocal6+"]"); err == nil {
		return a, nil
	}
	return nil, err
}

func (c *Client) ec2At(ctx context.Context, base string) (*Answer, error) {
	token, _, err := c.do(ctx, http.MethodPut, base+"/latest/api/token", http.Header{ec2TokenTTL: {ec2TTL}}, nil, 4096)
	if err != nil {
		return nil, fmt.Errorf("EC2's token (version 2 of the service): %w", err)
	}
	header := http.Header{ec2Token: {string(token)}}
	read := func(path string, limit int) ([]byte, error) {
		return c.get(ctx, base+"/latest/"+path, header.Clone(), limit)
	}
	a := &Answer{Source: string(EC2)}
	id, err := read("meta-data/instance-id", 1024)
	if err != nil {
		return nil, err
	}
	a.InstanceID = string(id)
	name, err := read("meta-data/local-hostname", 1024)
	if err != nil {
		return nil, err
	}
	a.hostname(string(name))
	a.UserData, err = read("user-data", MaxUserData)
	return a, err
}
