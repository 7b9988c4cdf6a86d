package config

import "strings"

// Mode is what a command line asks the program to do.
type Mode uint8

// Modes.
const (
	Run Mode = iota
	ShowVersion
	ShowHelp
	TestMemory  // arguments are in CommandLine.Rest
	CheckSystem // of no use without fork, but scripts may ask
)

// CommandLine is a parsed command line.
type CommandLine struct {
	Mode    Mode
	File    string   // configuration file, or ""
	Stdin   bool     // read more configuration from standard input
	Options string   // directives given as options, in the notation of the file
	Rest    []string // arguments of TestMemory
}

// ParseCommandLine splits args, without the program's name:
//
//	[file] [--directive value …]… [-]
//
// An option takes what follows it as a value even if that starts with
// dashes, unless it came with its value in one argument ("--port 6380").
// Nothing is checked here: that happens line by line in Load.
func ParseCommandLine(args []string) CommandLine {
	if len(args) == 0 {
		return CommandLine{}
	}
	switch args[0] {
	case "-v", "--version":
		return CommandLine{Mode: ShowVersion}
	case "-h", "--help":
		return CommandLine{Mode: ShowHelp}
	case "--test-memory":
		return CommandLine{Mode: TestMemory, Rest: args[1:]}
	case "--check-system":
		return CommandLine{Mode: CheckSystem}
	}
	var cmd CommandLine
	first := 0
	if !strings.HasPrefix(args[0], "-") {
		cmd.File = args[0]
		first = 1
	}
	p := optionParser{ready: true}
	for i := first; i < len(args); i++ {
		if args[i] == "-" && (i == 0 || i == len(args)-1) {
			cmd.Stdin = true
			continue
		}
		p.next(args[i], args[i+1:])
	}
	cmd.Options = p.lines.String()
	return cmd
}

type optionParser struct {
	lines strings.Builder
	ready bool // the last option has a value: dashes start the next one
}

func (p *optionParser) next(arg string, after []string) {
	if !p.ready || !strings.HasPrefix(arg, "--") {
		p.lines.WriteString(Quote(arg) + " ")
		p.ready = true
		return
	}
	if p.lines.Len() > 0 {
		p.lines.WriteByte('\n')
	}
	p.lines.WriteString(arg[2:] + " ")
	parts, _ := SplitArgs(arg)
	if p.ready = len(parts) != 1; p.ready {
		return
	}
	// Two options may stand without a value: an empty --save, which programs
	// produce that build command lines from empty lists, and --sentinel.
	nextIsOption := len(after) > 0 && strings.HasPrefix(after[0], "--")
	switch strings.ToLower(arg) {
	case "--save":
		if nextIsOption || len(after) == 0 {
			p.lines.WriteString(`""`)
		}
		p.ready = nextIsOption
	case "--sentinel":
		p.ready = nextIsOption
	}
}
