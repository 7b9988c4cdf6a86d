package settings

import "github.com/redoubt-kv/redoubt/core/config"

// Supervision is how a supervisor is told that the server is ready.
type Supervision int

// Values of supervised, in Redis's order.
const (
	SupervisedUpstart Supervision = iota
	SupervisedSystemd
	SupervisedAuto // by the environment
	SupervisedNo
)

var supervisedNames = []config.Name[Supervision]{
	{Name: "upstart", Value: SupervisedUpstart}, {Name: "systemd", Value: SupervisedSystemd},
	{Name: "auto", Value: SupervisedAuto}, {Name: "no", Value: SupervisedNo},
}

// OOMScore says how oom-score-adj-values are meant.
type OOMScore int

// Values of oom-score-adj.
const (
	OOMScoreNo       OOMScore = iota // the process's score is left alone
	OOMScoreRelative                 // to what it was at the start
	OOMScoreAbsolute
)

var oomScoreNames = []config.Name[OOMScore]{
	{Name: "no", Value: OOMScoreNo}, {Name: "yes", Value: OOMScoreRelative},
	{Name: "relative", Value: OOMScoreRelative}, {Name: "absolute", Value: OOMScoreAbsolute},
}

// Facility is a facility of syslog: FacilityUser, or FacilityLocal0 and those after
// it.
type Facility int

// Values of syslog-facility.
const (
	FacilityUser Facility = iota
	FacilityLocal0
)

var facilityNames = []config.Name[Facility]{
	{Name: "user", Value: FacilityUser}, {Name: "local0", Value: FacilityLocal0}, {Name: "local1", Value: FacilityLocal0 + 1},
	{Name: "local2", Value: FacilityLocal0 + 2}, {Name: "local3", Value: FacilityLocal0 + 3}, {Name: "local4", Value: FacilityLocal0 + 4},
	{Name: "local5", Value: FacilityLocal0 + 5}, {Name: "local6", Value: FacilityLocal0 + 6}, {Name: "local7", Value: FacilityLocal0 + 7},
}
