package appliance

import "fmt"

// hardeningTable are the settings about confinement.
var hardeningTable = []setting{
	{"confine", into(func(s *Settings) *string { return &s.Confine }, parseYesNo)},
}

func parseYesNo(value string) (string, error) {
	if value != "yes" && value != "no" {
		return "", fmt.Errorf("want yes or no, got %q", value)
	}
	return value, nil
}
