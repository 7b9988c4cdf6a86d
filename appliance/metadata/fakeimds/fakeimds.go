// Package fakeimds stands for the metadata services of clouds, in tests. It answers
// as they do, also to requests that they refuse: without a token, without the
// header, by way of a proxy. The shapes of its answers are those that the clouds
// document.
package fakeimds

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Machine is what a service tells of one machine. An empty text is not there.
type Machine struct {
	Kind          string // "EC2", "GCE", "Azure", "OpenStack" or "NoCloud"
	InstanceID    string
	Hostname      string
	UserData      string
	VendorData    string
	NetworkConfig string // NoCloud's network-config, OpenStack's network_data.json
	RedoubtConfig string // GCE's attribute redoubt-config
}

// Service is a service for one machine. Down may be changed at any time.
type Service struct {
	Machine
	Down atomic.Bool // it answers 503

	mu       sync.Mutex
	requests []string
	reports  []string
}

// Requests are the requests so far, as in "GET /latest/user-data".
func (s *Service) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

// Reports are the bodies of what was reported to Azure's wire server.
func (s *Service) Reports() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.reports...)
}

// ServeHTTP answers a request.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r.Method+" "+r.URL.Path)
	s.mu.Unlock()
	if s.Down.Load() {
		http.Error(w, "service unavailable", http.StatusServiceUnavailable)
		return
	}
	if r.Header.Get("X-Forwarded-For") != "" {
		http.Error(w, "forbidden", http.StatusForbidden)
		return
	}
	switch s.Kind {
	case "EC2":
		s.ec2(w, r)
	case "GCE":
		s.gce(w, r)
	case "Azure":
		s.azure(w, r)
	case "OpenStack":
		s.openStack(w, r)
	default:
		s.noCloud(w, r)
	}
}

// text answers with a text, or that it is not there.
func text(w http.ResponseWriter, content string) {
	if content == "" {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	io.WriteString(w, content)
}

const token = "AQAAALH-k7i18JMkK-ORLZQfAa7nkNjQbKwpQPExNHqzk1oL_7eh-A=="

func (s *Service) ec2(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/latest/api/token" {
		ttl, err := strconv.Atoi(r.Header.Get("X-aws-ec2-metadata-token-ttl-seconds"))
		switch {
		case r.Method != http.MethodPut:
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		case err != nil || ttl < 1 || ttl > 21600:
			http.Error(w, "bad request", http.StatusBadRequest)
		default:
			w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", strconv.Itoa(ttl))
			io.WriteString(w, token)
		}
		return
	}
	if r.Header.Get("X-aws-ec2-metadata-token") != token {
		http.Error(w, "unauthorized", http.StatusUnauthorized)
		return
	}
	switch r.URL.Path {
	case "/latest/meta-data/instance-id":
		text(w, s.InstanceID)
	case "/latest/meta-data/local-hostname":
		text(w, s.Hostname)
	case "/latest/user-data":
		text(w, s.UserData)
	default:
		http.NotFound(w, r)
	}
}

func (s *Service) gce(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Metadata-Flavor", "Google")
	if r.Header.Get("Metadata-Flavor") != "Google" {
		http.Error(w, "missing Metadata-Flavor:Google header", http.StatusForbidden)
		return
	}
	switch strings.TrimPrefix(r.URL.Path, "/computeMetadata/v1/instance/") {
	case "id":
		text(w, s.InstanceID)
	case "hostname":
		text(w, s.Hostname)
	case "attributes/user-data":
		text(w, s.UserData)
	case "attributes/redoubt-config":
		text(w, s.RedoubtConfig)
	default:
		http.NotFound(w, r)
	}
}

const goalState = `<?xml version="1.0" encoding="utf-8"?>
<GoalState xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="goalstate10.xsd">
  <Version>2012-11-30</Version>
  <Incarnation>1</Incarnation>
  <Machine><ExpectedState>Started</ExpectedState></Machine>
  <Container>
    <ContainerId>fa7c0c2d-2c2e-4cb9-9b6b-0e2e9e3a3a5e</ContainerId>
    <RoleInstanceList><RoleInstance>
      <InstanceId>3b4a2f1e-6f9a-4e36-8a51-1f2f3c3f4d5e._redoubt</InstanceId>
      <State>Started</State>
    </RoleInstance></RoleInstanceList>
  </Container>
</GoalState>
`

func (s *Service) azure(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/metadata/instance":
		if r.Header.Get("Metadata") != "true" || r.URL.Query().Get("api-version") == "" {
			http.Error(w, `{"error":"Bad request: required metadata header not specified"}`, http.StatusBadRequest)
			return
		}
		answer := map[string]any{"compute": map[string]any{
			"azEnvironment": "AzurePublicCloud", "name": "redoubt-vm", "vmId": s.InstanceID,
			"osProfile": map[string]any{"computerName": s.Hostname, "adminUsername": "azureuser"},
			"userData":  base64.StdEncoding.EncodeToString([]byte(s.UserData)),
		}, "network": map[string]any{"interface": []any{}}}
		json.NewEncoder(w).Encode(answer)
	case "/machine/", "/machine":
		if r.Header.Get("x-ms-version") == "" {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		if r.URL.Query().Get("comp") == "goalstate" {
			io.WriteString(w, goalState)
			return
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
		if err != nil || r.Method != http.MethodPost || r.URL.Query().Get("comp") != "health" {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		s.mu.Lock()
		s.reports = append(s.reports, string(body))
		s.mu.Unlock()
	default:
		http.NotFound(w, r)
	}
}

func (s *Service) openStack(w http.ResponseWriter, r *http.Request) {
	switch strings.TrimPrefix(r.URL.Path, "/openstack/latest/") {
	case "meta_data.json":
		fmt.Fprintf(w, `{"uuid": %q, "hostname": %q, "name": "redoubt", "launch_index": 0, "availability_zone": "nova", "devices": []}`,
			s.InstanceID, s.Hostname)
	case "user_data":
		text(w, s.UserData)
	case "network_data.json":
		text(w, s.NetworkConfig)
	case "vendor_data.json":
		if s.VendorData == "" {
			io.WriteString(w, "{}")
			return
		}
		json.NewEncoder(w).Encode(map[string]string{"cloud-init": s.VendorData})
	default:
		http.NotFound(w, r)
	}
}

func (s *Service) noCloud(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:] {
	case "meta-data":
		fmt.Fprintf(w, "instance-id: %s\nlocal-hostname: %s\n", s.InstanceID, s.Hostname)
	case "user-data":
		text(w, s.UserData)
	case "vendor-data":
		text(w, s.VendorData)
	case "network-config":
		text(w, s.NetworkConfig)
	default:
		http.NotFound(w, r)
	}
}
