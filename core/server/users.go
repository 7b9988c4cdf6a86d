package server

import (
	"github.com/redoubt-kv/redoubt/core/acl"
	"github.com/redoubt-kv/redoubt/core/command"
)

// newUsers makes the users, with none but the default user.
func (s *Server) newUsers() *acl.Users {
	return acl.New(acl.Options{
		Table: func() *command.Table { return s.table },
		Warn:  s.log.warning, Notice: s.log.notice,
		LogLen: func() int64 { return s.live.Load().ACLLogMaxLen },
	})
}
