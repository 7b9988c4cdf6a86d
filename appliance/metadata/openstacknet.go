package metadata

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"

	"github.com/redoubt-kv/redoubt/appliance/network"
)

// openStackNetwork is OpenStack's network_data.json.
type openStackNetwork struct {
	Links []struct {
		ID   string `json:"id"`
		Type string `json:"type"`
		MAC  string `json:"ethernet_mac_address"`
		MTU  *int   `json:"mtu"`
	} `json:"links"`
	Networks []struct {
		Link    string `json:"link"`
		Type    string `json:"type"`
		Address string `json:"ip_address"`
		Netmask string `json:"netmask"`
		Gateway string `json:"gateway"`
		Routes  []struct {
			Network string `json:"network"`
			Netmask string `json:"netmask"`
			Gateway string `json:"gateway"`
		} `json:"routes"`
		Services []openStackService `json:"services"`
	} `json:"networks"`
	Services []openStackService `json:"services"`
}

type openStackService struct {
	Type    string `json:"type"`
	Address string `json:"address"`
}

// parseOpenStackNetwork reads network_data.json.
func parseOpenStackNetwork(text []byte, warn func(format string, args ...any)) (network.Config, error) {
	var c network.Config
	var o openStackNetwork
	if err := json.Unmarshal(text, &o); err != nil {
		return c, errors.New("it cannot be read as JSON")
	}
	byLink := map[string]int{}
	for _, l := range o.Links {
		switch l.Type {
		case "bond", "vlan":
			warn("network_data.json: a %s cannot be made by this machine", l.Type)
			continue
		}
		i := network.Interface{MAC: l.MAC, DHCP4: network.No}
		if l.MTU != nil {
			i.MTU = *l.MTU
		}
		byLink[l.ID] = len(c.Interfaces)
		c.Interfaces = append(c.Interfaces, i)
	}
	for _, n := range o.Networks {
		at, ok := byLink[n.Link]
		if !ok {
			warn("network_data.json: a network on a link that this machine does not have")
			continue
		}
		i := &c.Interfaces[at]
		if err := addressing(i, n.Type, n.Address, n.Netmask); err != nil {
			return c, err
		}
		if n.Gateway != "" {
			gateway, err := netip.ParseAddr(n.Gateway)
			if err != nil {
				return c, fmt.Errorf("%q is no address for a gateway", n.Gateway)
			}
			i.Gateways = append(i.Gateways, gateway)
		}
		for _, r := range n.Routes {
			via, err := netip.ParseAddr(r.Gateway)
			if err != nil {
				return c, fmt.Errorf("%q is no address for a gateway", r.Gateway)
			}
			to, err := withMask(r.Network, r.Netmask)
			if err != nil {
				return c, err
			}
			addRoute(i, network.Route{To: to.Masked(), Via: via})
		}
		i.DNS = append(i.DNS, nameServers(n.Services)...)
	}
	c.DNS = nameServers(o.Services)
	return c, c.Validate()
}

// nameServers picks the name servers out of a list of services.
func nameServers(services []openStackService) (list []netip.Addr) {
	for _, s := range services {
		if a, err := netip.ParseAddr(s.Address); err == nil && s.Type == "dns" {
			list = append(list, a)
		}
	}
	return list
}
