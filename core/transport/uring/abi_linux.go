package uring

// The kernel's side of it, by include/uapi/linux/io_uring.h.

// System calls, whose numbers are the same on all architectures.
const (
	sysSetup    = 425
	sysEnter    = 426
	sysRegister = 427
)

// Flags of io_uring_setup.
const (
	setupClamp        = 1 << 4  // more entries than there may be are not an error
	setupDisabled     = 1 << 6  // nothing is submitted before opEnableRings
	setupSubmitAll    = 1 << 7  // an operation that fails does not end the batch
	setupSingleIssuer = 1 << 12 // one thread submits
	setupDeferTaskrun = 1 << 13 // and takes completions; needs Linux 6.1
)

// enterGetEvents has io_uring_enter wait for completions.
const enterGetEvents = 1 << 0

// featSingleMmap says that one mapping has both rings.
const featSingleMmap = 1 << 0

// Operations of io_uring_register.
const (
	opEnableRings = 12
	opUpdateFiles = 6
	opFiles2      = 13 // with filesSparse: an empty table
	filesSparse   = 1
)

// Operations of entries.
const (
	opSend = 26
	opRecv = 27
)

// fixedFile says that entry.fd is a place in the table of files.
const fixedFile = 1 << 0

// Offsets of the mappings.
const (
	offsetRings   = 0
	offsetEntries = 0x10000000
)

// entry is struct io_uring_sqe: an operation to be done.
type entry struct {
	opcode, flags uint8
	priority      uint16
	fd            int32
	offset        uint64
	address       uint64
	length        uint32
	opFlags       uint32
	user          uint64 // comes back with the result
	_             [3]uint64
}

// completion is struct io_uring_cqe: what has become of it.
type completion struct {
	user   uint64
	result int32 // bytes, or an error below zero
	flags  uint32
}

// setup is struct io_uring_params.
type setup struct {
	sqEntries, cqEntries, flags, cpu, idle, features, wqFD uint32
	_                                                      [3]uint32
	sq                                                     struct {
		head, tail, mask, entries, flags, dropped, array, _ uint32
		_                                                   uint64
	}
	cq struct {
		head, tail, mask, entries, overflow, entriesAt, flags, _ uint32
		_                                                        uint64
	}
}

// filesTable is struct io_uring_rsrc_register.
type filesTable struct {
	count, flags uint32
	_            [3]uint64
}

// filesUpdate is struct io_uring_files_update.
type filesUpdate struct {
	at, _ uint32
	fds   uint64
}
