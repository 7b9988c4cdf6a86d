package server

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/redoubt-kv/redoubt/core/acl"
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/config"
	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// maxACLFile bounds an ACL file, in bytes.
const maxACLFile = 64 << 20

// newUsers makes the users, with none but the default user.
func (s *Server) newUsers() *acl.Users {
	return acl.New(acl.Options{
		Table: func() *command.Table { return s.table },
		Warn:  s.log.warning, Notice: s.log.notice,
		LogLen: func() int64 { return s.live.Load().ACLLogMaxLen },
	})
}

// userStatement has the lines of users in a configuration file collected, and CONFIG
// REWRITE write those of the users there are. It is handled before the server is made.
func (s *Server) userStatement() config.Statement {
	return config.Statement{
		Name: "user", MinArgs: 1, MaxArgs: -1,
		Do: func(args []string) error {
			if slices.ContainsFunc(s.declared, func(d acl.Declaration) bool { return d.Name == args[0] }) {
				return fmt.Errorf("Error in user declaration '%s': %w", args[0], acl.ErrDuplicate)
			}
			d, err := acl.ParseDeclaration(args)
			if err == nil {
				s.declared = append(s.declared, d)
			}
			return err
		},
		Lines: func() (lines []string) {
			if s.working.ACLFile != "" {
				return nil
			}
			for _, line := range s.users.Lines() {
				lines = append(lines, quoteLine(line))
			}
			return lines
		},
	}
}

// quoteLine quotes the words of a rule line that a configuration file would read
// otherwise.
func quoteLine(line string) string {
	words := strings.Split(line, " ")
	for i, w := range words {
		if strings.ContainsAny(w, `"'`) || w == "" {
			words[i] = config.Quote(w)
		}
	}
	return strings.Join(words, " ")
}

// loadUsers makes the users that the configuration or the ACL file names. An error
// ends the server.
func (s *Server) loadUsers(set *settings.Settings) error {
	s.users.SetPubsubDefault(set.ACLPubsubDefault == settings.PubsubAllChannels)
	s.users.SetPassword(set.RequirePass)
	if set.ACLFile != "" && len(s.declared) > 0 {
		return errors.New("Configuring Redis with users defined in redis.conf and at the same setting an ACL file path is invalid. This setup is very likely to lead to configuration errors and security holes, please define either an ACL file or declare users directly in your redis.conf, but not both.")
	}
	if err := s.users.Declare(s.declared); err != nil {
		return fmt.Errorf("Critical error while loading ACLs (%w). Exiting.", err)
	}
	if set.ACLFile == "" {
		return nil
	}
	if _, err := (aclFile{s}).Load(); err != nil {
		return fmt.Errorf("Aborting Redis startup because of ACL errors: %w", err)
	}
	return nil
}

// aclFile is the directive aclfile.
type aclFile struct{ s *Server }

func (f aclFile) path() string {
	set := f.s.live.Load()
	return set.Path(set.ACLFile)
}

// Configured tells whether there is an ACL file.
func (f aclFile) Configured() bool { return f.s.live.Load().ACLFile != "" }

// Load replaces the users by those of the file, or none of them.
func (f aclFile) Load() (*acl.Loaded, error) {
	name := f.s.live.Load().ACLFile
	text, err := f.read()
	if err != nil {
		return nil, fmt.Errorf("Error loading ACLs, opening file '%s': %s", name, config.SystemError(err))
	}
	return f.s.users.Load(name, text)
}

func (f aclFile) read() (string, error) {
	file, err := f.s.fs.Open(f.path())
	if err != nil {
		return "", err
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, maxACLFile+1))
	if err == nil && len(b) > maxACLFile {
		err = fmt.Errorf("it is longer than %d bytes", maxACLFile)
	}
	return string(b), err
}

// Save writes the users to the file: after a crash it is either the old one or the new
// one.
func (f aclFile) Save() error {
	path := f.path()
	temp := fmt.Sprintf("%s.tmp-%d-%d", path, os.Getpid(), f.s.clock.NowMs())
	err := f.write(temp, f.s.users.Text())
	if err == nil {
		if err = f.s.fs.Rename(temp, path); err != nil {
			err = fmt.Errorf("Renaming ACL file for ACL SAVE: %w", err)
		} else if err = f.s.fs.SyncDir(filepath.Dir(path)); err != nil {
			f.s.log.warning("Syncing the directory for ACL SAVE: %v", err)
			return err
		}
	}
	if err != nil {
		f.s.log.warning("%v", err)
		f.s.fs.Remove(temp)
	}
	return err
}

func (f aclFile) write(name, text string) error {
	file, err := f.s.fs.Create(name)
	if err != nil {
		return fmt.Errorf("Opening temp ACL file for ACL SAVE: %w", err)
	}
	_, err = io.WriteString(file, text)
	if err == nil {
		err = file.Sync()
	}
	if e := file.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("Writing ACL file for ACL SAVE: %w", err)
	}
	return nil
}
