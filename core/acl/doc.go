// Package acl says which user may run which command on which keys and
// channels.
//
// # Words
//
// A User has a name and Rules. Rules are never changed: SETUSER makes new ones
// and puts them in the place of the old, so that a check needs no lock. A
// modifier is one word of a rule as users write it ("on", "+get", "~key*").
// A selector is one set of permissions; the first of a user is its root
// selector, which modifiers outside of parentheses change. A call is allowed if
// one selector allows all of it.
//
// # Layout
//
// A rule line, as in ACL LIST, an ACL file and redis.conf:
//
//	user alice on sanitize-payload #<sha256> ~cache:* %R~conf resetchannels &news -@all +@read (~tmp:* …)
//	     name  state and passwords           root: keys, channels, commands                    selectors
//
// Commands are kept as a bit for each row of the table (command.Row.ID) and one
// for commands that are not known yet, which +@all sets and -@all clears. How
// they are written is found anew each time: the categories that fit best, then
// single commands (describe.go).
//
// # Who sees what
//
// Users is the server's list, under a mutex. A session holds a pointer to its
// User; of a user that was removed, Rules says Gone, and whoever still holds it
// may do nothing.
package acl
