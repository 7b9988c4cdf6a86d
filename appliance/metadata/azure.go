package metadata

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// azureCompute is what counts of Azure's instance metadata.
type azureCompute struct {
	Compute struct {
		VMID      string `json:"vmId"`
		Name      string `json:"name"`
		UserData  string `json:"userData"`
		OSProfile struct {
			ComputerName string `json:"computerName"`
		} `json:"osProfile"`
	} `json:"compute"`
}

// askAzure asks Azure's instance metadata. Custom data are not there; they are on
// the provisioning disk, which the plan's Custom holds.
func (c *Client) askAzure(ctx context.Context, warn func(string, ...any)) (*Answer, error) {
	url := "http://" + linkLocal4 + "/metadata/instance?api-version=2021-02-01&format=json"
	text, err := c.get(ctx, url, http.Header{"Metadata": {"true"}}, 1<<20)
	if err != nil {
		return nil, err
	}
	var instance azureCompute
	if text == nil || json.Unmarshal(text, &instance) != nil {
		return nil, errors.New("Azure's instance metadata cannot be read as JSON")
	}
	a := &Answer{Source: string(Azure), InstanceID: instance.Compute.VMID}
	a.hostname(instance.Compute.Name)
	a.hostname(instance.Compute.OSProfile.ComputerName)
	if instance.Compute.UserData != "" {
		if a.UserData, err = base64.StdEncoding.DecodeString(instance.Compute.UserData); err != nil {
			return nil, errors.New("Azure's userData are not base64")
		}
	}
	if len(c.plan.Custom) > 0 {
		if a.UserData != nil {
			warn("Azure has user data and custom data; the user data are taken")
		} else {
			a.UserData = c.plan.Custom
		}
	}
	return a, nil
}

// ovfCustomData picks the custom data out of ovf-env.xml, which has them as base64
// in an element of this name, whatever its namespace is called.
var ovfCustomData = regexp.MustCompile(`<(?:[A-Za-z0-9_]+:)?CustomData(?:\s[^>]*)?>([A-Za-z0-9+/=\s]*)</`)

// customData reads Azure's provisioning disk, nil if it has no custom data.
func customData(ovf []byte) ([]byte, error) {
	m := ovfCustomData.FindSubmatch(ovf)
	if m == nil || len(strings.TrimSpace(string(m[1]))) == 0 {
		return nil, nil
	}
	text, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(m[1])), ""))
	if err != nil {
		return nil, errors.New("ovf-env.xml: the custom data are not base64")
	}
	return text, nil
}

// What Azure's wire server is asked for, and what of its answer is needed. The
// values are checked, so that they can stand in the report as they are.
var (
	wireHeader    = http.Header{"X-Ms-Version": {"2012-11-30"}, "X-Ms-Agent-Name": {"redoubt"}}
	wireValue     = `>\s*([A-Za-z0-9._-]{1,200})\s*</`
	wireIncarnate = regexp.MustCompile(`<Incarnation` + wireValue)
	wireContainer = regexp.MustCompile(`<ContainerId` + wireValue)
	wireInstance  = regexp.MustCompile(`<InstanceId` + wireValue)
)

// wireReport is the report of a machine's health: goal state, container, instance,
// and the state with its details.
const wireReport = `<?xml version="1.0" encoding="utf-8"?>
<Health xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
<GoalStateIncarnation>%s</GoalStateIncarnation>
<Container><ContainerId>%s</ContainerId><RoleInstanceList><Role><InstanceId>%s</InstanceId>
<Health>%s</Health></Role></RoleInstanceList></Container>
</Health>
`

// wireLocked is the state of a machine that cannot be used, with the reason.
const wireLocked = `<State>NotReady</State><Details><SubStatus>ProvisioningFailed</SubStatus><Description>%s</Description></Details>`

var xmlText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// ReportReady tells the cloud that the machine serves or, with the reason in
// locked, that it does not. Only Azure wants to hear it: without a report it takes
// the start for failed after some time.
func (c *Client) ReportReady(ctx context.Context, locked string) error {
	if c.plan.Kind != Azure {
		return nil
	}
	goal, err := c.get(ctx, "http://"+wireServer+"/machine/?comp=goalstate", wireHeader.Clone(), MaxMetaData)
	if err != nil {
		return err
	}
	var ids []any
	for _, want := range []*regexp.Regexp{wireIncarnate, wireContainer, wireInstance} {
		m := want.FindSubmatch(goal)
		if m == nil {
			return errors.New("Azure's goal state is not as it was agreed")
		}
		ids = append(ids, string(m[1]))
	}
	state := "<State>Ready</State>"
	if locked != "" {
		state = fmt.Sprintf(wireLocked, xmlText.Replace(locked))
	}
	header := wireHeader.Clone()
	header.Set("Content-Type", "text/xml; charset=utf-8")
	body := strings.NewReader(fmt.Sprintf(wireReport, append(ids, state)...))
	_, _, err = c.do(ctx, http.MethodPost, "http://"+wireServer+"/machine?comp=health", header, body, MaxMetaData)
	return err
}
