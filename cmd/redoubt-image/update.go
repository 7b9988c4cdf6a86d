package main

import (
	"archive/tar"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/redoubt-kv/redoubt/appliance/slot"
)

// remote is a running machine, by its administration over HTTP.
type remote struct {
	base     *url.URL
	client   *http.Client
	password string
	token    string
	every    time.Duration // between two questions
}

// updateStatus is what GET /update says.
type updateStatus struct {
	State   string `json:"state"`
	Running string `json:"running"`
	Other   string `json:"other"`
	Reason  string `json:"reason"`
}

// remoteFlags are the flags that tell how to reach a machine.
type remoteFlags struct {
	password, token, ca *string
	wait                *time.Duration
}

func addRemoteFlags(flags *flag.FlagSet) *remoteFlags {
	return &remoteFlags{
		password: flags.String("password-file", "", "file whose first line is the machine's password"),
		token:    flags.String("token-file", "", "file whose first line is the machine's admin-token"),
		ca:       flags.String("ca", "", "file with the certificate to trust, for https"),
		wait:     flags.Duration("wait", 15*time.Minute, "how long the machine may take to be back"),
	}
}

// connect makes the remote of HOST, HOST:PORT or a URL.
func (f *remoteFlags) connect(host string) (*remote, error) {
	base, err := adminURL(host)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext, ResponseHeaderTimeout: 2 * time.Minute}
	if *f.ca != "" {
		pem, err := os.ReadFile(*f.ca)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", *f.ca)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	r := &remote{base: base, client: &http.Client{Transport: transport}, every: time.Second}
	if r.password, err = firstLine(*f.password); err != nil {
		return nil, err
	}
	r.token, err = firstLine(*f.token)
	return r, err
}

// adminURL is where the administration of a machine is: by default at port 8080.
func adminURL(host string) (*url.URL, error) {
	if host != "" && !strings.Contains(host, "://") {
		if _, _, err := net.SplitHostPort(host); err != nil {
			host = net.JoinHostPort(strings.Trim(host, "[]"), "8080")
		}
		host = "http://" + host
	}
	u, err := url.Parse(host)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("%q is no machine: want HOST, HOST:PORT or https://HOST:PORT", host)
	}
	return u, nil
}

// firstLine reads a secret; there is none in no file.
func firstLine(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return line, nil
}

// do sends a request, and decodes a good answer into status if that is not nil.
func (r *remote) do(ctx context.Context, method, path string, body io.Reader, size int64, status *updateStatus) error {
	at := *r.base
	at.Path, at.RawQuery, _ = strings.Cut(path, "?")
	req, err := http.NewRequestWithContext(ctx, method, at.String(), body)
	if err != nil {
		return err
	}
	req.ContentLength = size
	switch {
	case r.token != "":
		req.Header.Set("Authorization", "Bearer "+r.token)
	case r.password != "":
		req.SetBasicAuth("admin", r.password)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if resp.StatusCode >= 300 {
		return &refusal{resp.StatusCode, strings.TrimSpace(string(text))}
	}
	if err != nil || status == nil {
		return err
	}
	if err := json.Unmarshal(text, status); err != nil {
		return fmt.Errorf("what answers at %s is no Redoubt machine: %w", r.base.Host, err)
	}
	return nil
}

// refusal is an answer that the machine gives instead of doing something.
type refusal struct {
	code int
	text string
}

func (r *refusal) Error() string { return fmt.Sprintf("the machine says: %s (%d)", r.text, r.code) }

// updateMachine is the command update: it brings a machine to a version, and waits
// until that has proved itself or was taken back.
func updateMachine(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("redoubt-image update", flag.ContinueOnError)
	flags.SetOutput(stderr)
	file := flags.String("file", filepath.Join("build", "redis-persistent", "update.tar"), "the update, of make image")
	reach := addRemoteFlags(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("update wants one HOST")
	}
	r, err := reach.connect(flags.Arg(0))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), *reach.wait)
	defer cancel()
	return r.update(ctx, *file, stdout)
}

func (r *remote) update(ctx context.Context, file string, stdout io.Writer) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	version, size, err := updateVersion(f)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	var before updateStatus
	if err := r.do(ctx, http.MethodGet, "/update", nil, 0, &before); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "The machine runs %s; sending %s (%d MiB)\n", before.Running, version, size>>20)
	if err := r.do(ctx, http.MethodPut, "/update?reboot=1", f, size, nil); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Sent; the machine reboots into %s, on trial\n", version)
	return r.await(ctx, version, before, stdout)
}

// updateVersion reads an update's version and size in bytes, and goes back to its
// beginning.
func updateVersion(f *os.File) (string, int64, error) {
	archive := tar.NewReader(f)
	head, err := archive.Next()
	var m slot.Manifest
	if err == nil && head.Name == slot.ManifestName {
		err = json.NewDecoder(archive).Decode(&m)
	}
	if err != nil || m.Version == "" {
		return "", 0, fmt.Errorf("it is no update: %w", errors.Join(err, errors.New("it does not begin with a manifest")))
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	return m.Version, size, err
}

// await asks the machine until the new version is confirmed, or another one runs.
func (r *remote) await(ctx context.Context, version string, before updateStatus, stdout io.Writer) error {
	last, away := "", false
	for {
		var s updateStatus
		err := r.do(ctx, http.MethodGet, "/update", nil, 0, &s)
		var refused *refusal
		switch {
		case errors.As(err, &refused):
			return err
		case ctx.Err() != nil:
			return fmt.Errorf("the machine is not back (last seen: %s); its console says why, and at its next boots it goes back to %s", last, before.Running)
		case err != nil:
			away = true
		case s.Running == version && s.State == "confirmed":
			fmt.Fprintf(stdout, "The machine runs %s, and keeps it\n", version)
			return nil
		case s.State == "rolled back":
			return fmt.Errorf("the machine went back to %s: %s", s.Running, s.Reason)
		case away && s.Running == before.Running && version != before.Running:
			return fmt.Errorf("the machine did not boot the update: it runs %s (%s) %s", s.Running, s.State, s.Reason)
		}
		if err == nil && s.State != last {
			last = s.State
			fmt.Fprintf(stdout, "The machine runs %s: %s\n", s.Running, s.State)
		}
		select {
		case <-ctx.Done():
		case <-time.After(r.every):
		}
	}
}

// rollbackMachine is the command rollback.
func rollbackMachine(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("redoubt-image rollback", flag.ContinueOnError)
	flags.SetOutput(stderr)
	data := flags.Bool("data", false, "with the data of the checkpoint before the update: what was written since is not lost, but set aside")
	reach := addRemoteFlags(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("rollback wants one HOST")
	}
	r, err := reach.connect(flags.Arg(0))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), *reach.wait)
	defer cancel()
	return r.rollback(ctx, *data, stdout)
}

func (r *remote) rollback(ctx context.Context, data bool, stdout io.Writer) error {
	var before updateStatus
	if err := r.do(ctx, http.MethodGet, "/update", nil, 0, &before); err != nil {
		return err
	}
	path := "/rollback"
	if data {
		path += "?data=1"
	}
	if err := r.do(ctx, http.MethodPost, path, nil, 0, nil); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "The machine reboots from %s into %s\n", before.Running, before.Other)
	for {
		var s updateStatus
		err := r.do(ctx, http.MethodGet, "/update", nil, 0, &s)
		var refused *refusal
		switch {
		case errors.As(err, &refused):
			return err
		case ctx.Err() != nil:
			return errors.New("the machine is not back; its console says why")
		case err == nil && s.Running == before.Other:
			fmt.Fprintf(stdout, "The machine runs %s\n", s.Running)
			return nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(r.every):
		}
	}
}
