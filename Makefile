# make help says what there is. Everything sets the machine up by itself
# (scripts/setup); as root on Debian that installs what is missing.

image ?= redis-memonly
# Where Go's own installer puts it, for a root whose PATH does not say so.
export PATH := $(PATH):/usr/local/go/bin

# Nothing here is a file: Go finds out what has to be compiled.
.PHONY: image test test-long conformance bench clean help

image:
	@scripts/setup build
	@go run ./cmd/redoubt-image $(image)

# The everyday test: formatting, vet, every package with and without the checks
# of the invariants build, and the boot of an image in QEMU.
test:
	@scripts/setup test
	@test -z "$$(gofmt -l .)" || { echo "not formatted by gofmt:"; gofmt -l .; exit 1; }
	go vet ./...
	go test ./...
	go test -tags invariants ./...

# The same with the race detector, and each fuzz target for a while.
test-long: test
	@scripts/setup race
	go test -race ./...
	scripts/fuzz 30s

# Redis's own test suite with Redoubt in the place of redis-server; writes
# docs/compatibility.md. Five minutes on two busy cores with --timeout 40; with
# the default of 120, two units that hang should add nearly three. The first time
# it runs the suite with redis-server as well.
conformance:
	@scripts/setup test
	scripts/tcl-suite

bench:
	@scripts/setup test
	@test -x bench/run || { echo "there is no bench/run in this version"; exit 1; }
	bench/run

clean:
	rm -rf build

help:
	@echo "make image [image=NAME]  build a machine into build/NAME (redis-memonly)"
	@echo "make test                the everyday test, with a boot in QEMU"
	@echo "make test-long           the same with the race detector and fuzzing"
	@echo "make conformance         Redis's own tests against the server"
	@echo "make bench               measurements against redis-server"
	@echo "make clean               remove what was built"
	@echo "./run.sh --help          boot a machine"
