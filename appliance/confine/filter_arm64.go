package confine

import "golang.org/x/sys/unix"

const auditArch = unix.AUDIT_ARCH_AARCH64

// archRules are those about calls that other architectures do not have.
var archRules []rule

// archRefused are refused calls that other architectures do not have.
var archRefused []uint32
