package appliance

// hardeningTable are the settings about confinement.
var hardeningTable = []setting{
	{"confine", into(func(s *Settings) *bool { return &s.Confine }, parseYesNo)},
}
