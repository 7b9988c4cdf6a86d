//go:build linux

package appliance

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/appliance/metadata"
	"github.com/redoubt-kv/redoubt/appliance/network"
	"github.com/redoubt-kv/redoubt/core/server"
)

// outside is what the machine knows of its configuration from outside.
type outside struct {
	plan    metadata.Plan
	client  *metadata.Client       // of a source on the network, or nil
	config  *metadata.Config       // nil: none, or not yet
	reason  atomic.Pointer[string] // of lock; nil when clients are served
	answers chan *metadata.Answer  // one that came after metadata-wait
	shown   atomic.Pointer[string] // the lines of INFO
	noData  error                  // why a locked machine has no data disk
	reports atomic.Int64           // to the cloud, that were begun; the last one counts
}

// info are the lines of INFO; any goroutine may ask for them.
func (o *outside) info() string {
	if text := o.shown.Load(); text != nil {
		return *text
	}
	return ""
}

// locked is why clients are refused, or ""; any goroutine may ask.
func (o *outside) locked() string {
	if reason := o.reason.Load(); reason != nil {
		return *reason
	}
	return ""
}

// show makes the lines of INFO anew.
func (o *outside) show() {
	id := ""
	if o.config != nil {
		id = strings.Join(strings.Fields(o.config.InstanceID), "_")
	}
	source := string(o.plan.Kind)
	if source == "" {
		source = string(metadata.None)
	}
	text := fmt.Sprintf("appliance_metadata:%s\r\nappliance_instance_id:%s\r\nappliance_locked:%s\r\n", source, id, o.locked())
	o.shown.Store(&text)
}

// findMetadata looks whether somebody has something to say to this machine, and
// reads it if it is on a disk. What goes wrong locks the machine.
func (m *machine) findMetadata() error {
	m.outside.answers = make(chan *metadata.Answer, 1)
	if m.settings.Metadata == "none" {
		return nil
	}
	cmdline, err := os.ReadFile("/proc/cmdline")
	if err != nil {
		return err
	}
	disks := sourceDisks()
	plan, err := metadata.Detect(m.settings.Metadata, readDMI(), disks, string(cmdline))
	m.outside.plan = plan
	m.outside.show()
	if err != nil {
		m.lock(lockedText("", err.Error()))
		return nil
	}
	if plan.Kind == metadata.None {
		return nil
	}
	m.console.Printf("metadata: %s (by %s)", plan, plan.Why)
	if plan.NeedsNetwork() {
		if plan.Kind == metadata.Azure {
			m.readCustomData()
		}
		m.outside.client = metadata.NewClient(m.outside.plan)
		return nil
	}
	answer, err := m.readSource(plan)
	if err != nil {
		m.lock(lockedText(plan.String(), err.Error()))
		return nil
	}
	m.takeAnswer(answer)
	return nil
}

// readSource reads a disk.
func (m *machine) readSource(plan metadata.Plan) (*metadata.Answer, error) {
	f, err := os.Open("/dev/" + plan.Disk)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return metadata.ReadDisk(plan, f, m.warnMetadata)
}

// readCustomData looks for Azure's provisioning disk, which is a drive.
func (m *machine) readCustomData() {
	drives, _ := filepath.Glob("/sys/class/block/sr[0-9]*") // the pattern is sound
	for _, d := range drives {
		f, err := os.Open("/dev/" + filepath.Base(d))
		if err != nil {
			continue // an empty drive
		}
		custom, err := metadata.ReadCustomData(f)
		f.Close()
		if err != nil {
			m.warnMetadata("%s: %v", filepath.Base(d), err)
		}
		if custom != nil {
			m.outside.plan.Custom = custom
		}
	}
}

func (m *machine) warnMetadata(format string, args ...any) {
	m.console.Printf("metadata: "+format, args...)
}

// sourcePatterns are the names of what may hold a source: all disks, and drives.
var sourcePatterns = append([]string{"sr[0-9]*"}, diskPatterns...)

// sourceDisks lists the disks and partitions that have a label. One that cannot be
// read, such as an empty drive, has none.
func sourceDisks() []metadata.Disk {
	var disks []metadata.Disk
	for _, pattern := range sourcePatterns {
		// The pattern is sound, which is the only thing Glob could complain of.
		paths, _ := filepath.Glob("/sys/class/block/" + pattern)
		for _, p := range paths {
			f, err := os.Open("/dev/" + filepath.Base(p))
			if err != nil {
				continue
			}
			if label := metadata.Label(f); label != "" {
				disks = append(disks, metadata.Disk{Name: filepath.Base(p), Label: label})
			}
			f.Close()
		}
	}
	return disks
}

// readDMI reads what the firmware says; a machine without DMI says nothing.
func readDMI() metadata.DMI {
	read := func(name string) string {
		text, err := os.ReadFile("/sys/class/dmi/id/" + name)
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(text))
	}
	return metadata.DMI{
		SysVendor: read("sys_vendor"), ProductName: read("product_name"), ProductVersion: read("product_version"),
		ProductUUID: read("product_uuid"), ProductSerial: read("product_serial"),
		ChassisAssetTag: read("chassis_asset_tag"), BIOSVersion: read("bios_version"),
	}
}

// lock refuses all clients from other hosts.
func (m *machine) lock(why string) {
	m.outside.reason.Store(&why)
	m.outside.show()
	m.console.Printf("LOCKED: %s", why)
}

// takeAnswer makes an answer the machine's configuration, as far as it can be
// understood before the server's part is checked.
func (m *machine) takeAnswer(a *metadata.Answer) {
	m.outside.reason.Store(nil)
	if err := m.applyAnswer(a); err != nil {
		m.outside.config = nil
		// What was read before the mistake does not count either; without it the
		// settings have been read before.
		_ = m.readSettingsWith(nil)
		m.lock(lockedText(a.Source, err.Error()))
	}
	m.outside.show()
}

// hideSecrets keeps those of a configuration off the console.
func (m *machine) hideSecrets(c *metadata.Config) {
	var lines []string
	for _, l := range c.Server {
		lines = append(lines, l.Text)
	}
	for _, s := range c.Settings {
		lines = append(lines, s.Name+" "+s.Value)
	}
	m.console.Hide(confSecrets(lines)...)
}

// applyAnswer is takeAnswer up to the first mistake.
func (m *machine) applyAnswer(a *metadata.Answer) error {
	c, err := metadata.Parse(a)
	if err != nil {
		return err
	}
	m.hideSecrets(c)
	for _, w := range c.Warnings {
		m.warnMetadata("%s", w)
	}
	if err := m.readSettingsWith(c.Settings); err != nil {
		return err
	}
	if err := m.setPanicTimeout(); err != nil { // oncrash and crash-pause may be new
		return err
	}
	if err := writeOutside(c); err != nil {
		return err
	}
	m.outside.config = c
	wanted := m.outsideNetwork()
	if err := wanted.Validate(); err != nil {
		return err
	}
	if m.network != nil {
		if err := m.network.SetMetadata(wanted); err != nil {
			return fmt.Errorf("network: %w", err)
		}
	}
	m.console.Printf("metadata: instance %q, %d directives, %d settings, %d files", c.InstanceID, len(c.Server), len(c.Settings), len(c.Files))
	return nil
}

// outsideNetwork is what user data and the source say of the network: the user's
// settings first, then the source's own.
func (m *machine) outsideNetwork() network.Config {
	c := m.settings.UserNetwork
	if m.outside.config == nil {
		return c
	}
	lower := m.outside.config.Network
	c.Hostname = cmp.Or(c.Hostname, lower.Hostname)
	c.Interfaces = append(slices.Clone(c.Interfaces), lower.Interfaces...)
	c.DNS = append(slices.Clone(c.DNS), lower.DNS...)
	c.Search = append(slices.Clone(c.Search), lower.Search...)
	if c.NTP == nil {
		c.NTP = lower.NTP
	}
	return c
}

// writeOutside writes the files of user data, which are in memory.
func writeOutside(c *metadata.Config) error {
	for _, f := range c.Files {
		if err := os.MkdirAll(filepath.Dir(f.Path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(f.Path, f.Content, os.FileMode(f.Mode)); err != nil {
			return err
		}
		if err := os.Chmod(f.Path, os.FileMode(f.Mode)); err != nil { // of a file that was there
			return err
		}
	}
	return os.WriteFile(userConf, []byte(serverText(c.Server)), 0o600)
}

// fetchMetadata asks a source on the network, for no longer than metadata-wait;
// then the machine is locked, and asking goes on.
func (m *machine) fetchMetadata() error {
	source := m.outside.client
	if source == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), m.settings.MetadataWait)
	defer cancel()
	go m.reachServices()
	answer, err := source.Ask(ctx, m.warnMetadata)
	if err == nil {
		m.takeAnswer(answer)
		return nil
	}
	m.lock(lockedText("", fmt.Sprintf("this machine's metadata (%s) did not come within %s, and are still asked for: %v",
		m.outside.plan, m.settings.MetadataWait, err)))
	go m.askOn(source)
	return nil
}

// reachServices sees to it that there is a way to the clouds' link-local address,
// once there is an address at all.
func (m *machine) reachServices() {
	if m.network == nil {
		return
	}
	if _, err := m.network.WaitAddress(context.Background()); err != nil {
		return
	}
	if err := m.network.Reach(metadata.LinkLocal); err != nil {
		m.warnMetadata("%v", err)
	}
}

// askOn asks until there is an answer.
func (m *machine) askOn(source *metadata.Client) {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		answer, err := source.Ask(ctx, m.warnMetadata)
		cancel()
		if err == nil {
			m.outside.answers <- answer
			return
		}
	}
}

// checkServer checks the server's part of the user data, with everything else that
// the server will be told.
func (m *machine) checkServer() error {
	c := m.outside.config
	if c == nil || len(c.Server) == 0 || m.outside.locked() != "" {
		return nil
	}
	err := server.CheckConfig(m.serverArgs())
	if err == nil {
		return nil
	}
	m.outside.config = nil
	if server.CheckConfig(m.serverArgs()) != nil {
		m.outside.config = c // not the user data's fault: the server will say what is wrong
		return nil
	}
	m.lock(lockedText(c.Source, problem(err, c.Server)))
	return nil
}

// reportReady tells the cloud how the start went, in the background.
func (m *machine) reportReady() {
	source, locked := m.outside.client, m.outside.locked()
	if source == nil {
		return
	}
	turn := m.outside.reports.Add(1)
	go func() {
		for pause := time.Second; m.outside.reports.Load() == turn; pause = min(2*pause, time.Minute) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			err := source.ReportReady(ctx, locked)
			cancel()
			if err == nil {
				return
			}
			m.warnMetadata("report to %s: %v", m.outside.plan.Kind, err)
			time.Sleep(pause)
		}
	}()
}

// instanceFile is below the data disk: the instance id by which a cloud knew the
// machine that used the disk last.
const instanceFile = "identity/instance-id"

// keepInstance keeps the instance id, and tells when the data come from another
// instance. User data are applied at each boot all the same: they say what the
// machine is to be, not what is to be done once.
func (m *machine) keepInstance() error {
	if m.dataDisk == "" || m.outside.config == nil || m.outside.config.InstanceID == "" {
		return nil
	}
	id := strings.Join(strings.Fields(m.outside.config.InstanceID), "_")
	path := filepath.Join(dataDir, instanceFile)
	last, err := os.ReadFile(path)
	if err == nil && strings.TrimSpace(string(last)) == id {
		return nil
	}
	if err == nil {
		m.console.Printf("identity: these data come from instance %.100q; this is %.100q", strings.TrimSpace(string(last)), id)
	}
	if err := writeIdentity(path, id); err != nil {
		m.console.Printf("identity: write %s: %v", path, err)
	}
	return nil
}

// restartWith ends a locked time: the answer has come after all. The process is
// confined by now, so that what had to be decided at boot stays as it is.
func (m *machine) restartWith(a *metadata.Answer) error {
	if m.outside.noData != nil {
		return m.outside.noData
	}
	data := m.settings.Data
	m.started.Store(false)
	m.takeAnswer(a)
	if m.settings.Data != data {
		m.settings.Data = data
		m.outside.config = nil
		m.lock(lockedText(a.Source, "it came too late to say where the data are; a longer redoubt.metadata-wait, or redoubt.data, on the kernel's command line helps"))
	}
	for _, step := range []func(*machine) error{(*machine).sizeMemory, (*machine).keepInstance, (*machine).checkServer} {
		if err := step(m); err != nil {
			return err
		}
	}
	return nil
}
