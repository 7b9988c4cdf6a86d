package command

// maxReply is the most bytes of a reply whose length is a matter of a number in
// the request, not of the data: a negative count of random members.
const maxReply = 1 << 30

// TooLong tells whether the reply that began at mark of c.Out is longer than it
// may become. The caller stops, and calls RefuseLong.
func (c *Call) TooLong(mark int) bool {
	return len(c.Out.B)-mark > maxReply || c.Out.Full()
}

// RefuseLong ends a reply that is TooLong: beyond the limit of the client's output
// it is left as it is, and its client will be disconnected; else an error takes
// its place.
func (c *Call) RefuseLong(mark int) {
	if c.Out.Full() {
		return
	}
	c.Out.B = c.Out.B[:mark]
	c.Out.Error("ERR the reply would be longer than 1 GiB")
}
