package settings

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/redoubt-kv/redoubt/core/config"
)

const maxHostname = 256

func checkDBFilename(name string) error { return checkBaseName(name, "dbfilename", "filename") }

func checkAppendFilename(name string) error {
	if name == "" {
		return errors.New("appendfilename can't be empty")
	}
	return checkBaseName(name, "appendfilename", "filename")
}

func checkAppendDirname(name string) error {
	if name == "" {
		return errors.New("appenddirname can't be empty")
	}
	return checkBaseName(name, "appenddirname", "dirname")
}

func checkBaseName(name, directive, what string) error {
	if strings.ContainsAny(name, `/\`) {
		return fmt.Errorf("%s can't be a path, just a %s", directive, what)
	}
	return nil
}

func checkHostname(name string) error {
	if len(name) >= maxHostname {
		return fmt.Errorf("Hostnames must be less than %d characters", maxHostname)
	}
	for _, c := range []byte(name) {
		if !('A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.') {
			return errors.New("Hostnames may only contain alphanumeric characters, hyphens or dots")
		}
	}
	return nil
}

func checkShutdownFlags(f ShutdownFlags) error {
	if f&ShutdownSave != 0 && f&ShutdownNoSave != 0 {
		return errors.New("shutdown options SAVE and NOSAVE can't be used simultaneously")
	}
	return nil
}

func (s *Settings) checkProcTitle(template string) error {
	title, ok := s.expandTitle(template, "", "")
	if !ok || title == "" {
		return errors.New("template format is invalid or contains unknown variables")
	}
	return nil
}

// ProcTitle is the title of the process by proc-title-template, for a
// program and its configuration file ("" if none).
func (s *Settings) ProcTitle(program, configFile string) string {
	title, _ := s.expandTitle(s.ProcTitleTemplate, program, configFile)
	return title
}

// expandTitle replaces {variable}, and {{ by a brace.
func (s *Settings) expandTitle(template, program, configFile string) (title string, ok bool) {
	var b strings.Builder
	for {
		text, rest, found := strings.Cut(template, "{")
		b.WriteString(text)
		if !found {
			return strings.Trim(b.String(), " "), true
		}
		if strings.HasPrefix(rest, "{") {
			b.WriteByte('{')
			template = rest[1:]
			continue
		}
		name, after, closed := strings.Cut(rest, "}")
		value, known := s.titleVariable(name, program, configFile)
		if !closed || !known {
			return "", false
		}
		b.WriteString(value)
		template = after
	}
}

func (s *Settings) titleVariable(name, program, configFile string) (value string, ok bool) {
	switch name {
	case "title":
		return program, true
	case "listen-addr":
		return s.listenAddr(), true
	case "server-mode":
		if s.ClusterEnabled {
			return "[cluster]", true
		}
		return "", true
	case "config-file":
		if configFile == "" {
			return "-", true
		}
		return configFile, true
	case "port":
		return strconv.Itoa(s.Port), true
	case "tls-port":
		return strconv.Itoa(s.TLSPort), true
	case "unixsocket":
		return s.UnixSocket, true
	}
	return "", false
}

func (s *Settings) listenAddr() string {
	port := s.Port
	if port == 0 {
		port = s.TLSPort
	}
	if port == 0 {
		return "unixsocket:" + s.UnixSocket
	}
	host := "*"
	if len(s.Bind) > 0 {
		host = s.Bind[0]
	}
	return host + ":" + strconv.Itoa(port)
}

// checkLogFile finds out at the start, when it can still be said, whether
// the log can be written.
func (s *Settings) checkLogFile() error {
	if s.LogFile == "" {
		return nil
	}
	f, err := os.OpenFile(s.Path(s.LogFile), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return errors.New("Can't open the log file: " + config.SystemError(err))
	}
	return f.Close()
}

func (s *Settings) checkTogether() error {
	if s.ClusterEnabled && s.ReplicaOf.Host != "" {
		return errors.New("replicaof directive not allowed in cluster mode")
	}
	return nil
}
