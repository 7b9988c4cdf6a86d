# make help says what there is. Everything sets the machine up by itself
# (scripts/setup); as root on Debian that installs what is missing.

# What to build: a folder of images/; formats beside the raw disk, with commas;
# prebuilt, minimal or cloud; amd64 or arm64. docs/operations.md says which is for what.
image ?= redis-memonly
format ?= raw
kernel ?= prebuilt
arch ?= amd64
# Where Go's own installer puts it, for a root whose PATH does not say so.
export PATH := $(PATH):/usr/local/go/bin

# Nothing here is a file: Go finds out what has to be compiled.
.PHONY: image test test-long test-boot crash conformance clients page monitoring bench clean help

image:
	@scripts/setup build
	@go run ./cmd/redoubt-image -format '$(format)' -kernel '$(kernel)' -arch '$(arch)' '$(image)'

# The packages that have checks in the invariants build.
checked := ./core/page ./core/table ./core/tree ./core/value/... ./core/keyspace ./core/rdb ./core/aof

# The everyday test: formatting, vet, every package, the core once more with the
# checks of the invariants build, the systems that are only compiled for, and
# the boot of an image in QEMU (appliance/boottest).
test:
	@scripts/setup test
	@test -z "$$(gofmt -l .)" || { echo "not formatted by gofmt:"; gofmt -l .; exit 1; }
	go vet ./...
	GOOS=windows go build -o /dev/null ./cmd/redoubt-server
	GOOS=windows go build -o /dev/null ./cmd/redoubt-check
	GOOS=windows go build ./core/...
	GOOS=darwin go build -o /dev/null ./cmd/redoubt-server
	GOOS=darwin go build ./core/...
	go test ./...
	go test -tags invariants $(checked)

# The same with the race detector, each fuzz target for a while, ten minutes
# of random commands beside redis-server, and some rounds of the crash test.
test-long: test
	@scripts/setup race
	$(MAKE) test-boot
	$(MAKE) crash rounds=40
	$(MAKE) clients
	go build -o build/test/redoubt-server ./cmd/redoubt-server
	go test -tags invariants ./...
	go test -race ./...
	scripts/fuzz 30s
	go run ./scripts/differential -ours build/test/redoubt-server -for 10m

# Every profile by every way of booting (BIOS, UEFI, direct, arm64), every format, slots
# that fall back, disks that grow, power cuts; every profile and format built twice and compared:
# an hour under emulation on two cores.
test-boot:
	@scripts/setup test
	@scripts/setup uefi
	@scripts/setup arm64
	@scripts/setup formats
	REDOUBT_BOOT_ALL=1 go test ./appliance/boottest ./appliance/image -count 1 -timeout 3h

# Kills and restarts under load, snapshots that are audited in redis-server, a disk
# that fails at every operation in turn (scripts/crash, docs/durability.md). A quarter
# of an hour on two busy cores. The last lines are the proof that the checks can fail.
rounds ?= 200
crash:
	@scripts/setup test
	go build -o build/test/redoubt-server ./cmd/redoubt-server
	go build -o build/test/crash ./scripts/crash
	build/test/crash -server build/test/redoubt-server -mode always -rounds $(rounds) -also 10
	build/test/crash -server build/test/redoubt-server -mode everysec -rounds $$(($(rounds) / 4))
	build/test/crash -server build/test/redoubt-server -mode rdb -rounds $$(($(rounds) / 8)) -also 5
	build/test/crash -server build/test/redoubt-server -mode snapshot -rounds $$(($(rounds) / 2))
	build/test/crash -server build/test/redoubt-server -mode rewrite -rounds $$(($(rounds) / 4))
	build/test/crash -server build/test/redoubt-server -mode disk
	REDOUBT_DISK_FAILS_ALL=1 go test ./core/server -count 1 -timeout 1h -run 'TestEveryFileOperationFails|TestCrashAtEveryFileOperation'
	build/test/crash -server build/test/redoubt-server -mode always -sabotage 1 -rounds 5
	build/test/crash -server redis-server -mode snapshot -sabotage 1 -rounds 10

# Redis's own test suite with Redoubt in the place of redis-server; writes
# docs/compatibility.md. Nine minutes one unit after the other, five and a half with
# --jobs 2; two minutes of them are --timeout, for a unit that hangs (unit/client-eviction).
# The first time it runs the suite with redis-server as well.
conformance:
	@scripts/setup test
	scripts/tcl-suite

# Client libraries of Node.js and a job queue, as their users use them (scripts/clients).
# go-redis is tried by every test (core/server).
clients:
	@scripts/setup clients
	go build -o build/test/redoubt-server ./cmd/redoubt-server
	scripts/clients/run build/test/redoubt-server

# The status page in a headless Chromium, and its pictures in docs/images: those of a
# machine in QEMU after five minutes of load.
page:
	@scripts/setup page
	@scripts/setup run
	@$(MAKE) image
	@mkdir -p docs/images
	REDOUBT_BROWSER=1 go test ./appliance/admin/page -count 1 -timeout 30m -pictures $(CURDIR)/docs/images

# A real Prometheus, promtool and prometheus-redis-exporter (docs/monitoring.md).
monitoring:
	@scripts/setup monitoring
	REDOUBT_MONITORING=1 go test ./scripts/monitoring -count 1 -v
	REDOUBT_MONITORING=1 go test ./appliance/admin -run TestMetrics -count 1 -v

# bench/README.md says what is measured and how. Nothing else should be running.
benchmarks := cpu memory snapshot aof load
bench:
	@scripts/setup test
	go build -o build/redoubt-server ./cmd/redoubt-server
	@mkdir -p build/bench
	@for b in $(benchmarks); do \
		go run ./bench $$b -csv build/bench/$$b.csv > build/bench/$$b.md || exit 1; \
		cat build/bench/$$b.md; \
	done

clean:
	rm -rf build

help:
	@echo "make image=NAME          build a machine into build/NAME (redis-memonly)"
	@echo "     [format=F,…]        and its disk as qcow2, vmdk, ova, vhd, gce, iso (raw)"
	@echo "     [kernel=minimal]    (or cloud) with a kernel built from Debian's sources (prebuilt)"
	@echo "     [arch=arm64]        for another processor (amd64)"
	@echo "make test                the everyday test, with a boot in QEMU"
	@echo "make test-long           the same with the race detector, fuzzing, random commands"
	@echo "make test-boot           boot every image in every way"
	@echo "make crash [rounds=200]  kill and restart it under load, fail its disk, audit its snapshots"
	@echo "make conformance         Redis's own tests against the server"
	@echo "make clients             client libraries of Node.js against the server"
	@echo "make page                the status page in Chromium, and its pictures"
	@echo "make monitoring          Prometheus and an exporter against the server"
	@echo "make bench               measurements against redis-server"
	@echo "make clean               remove what was built"
	@echo "./run.sh --help          boot a machine"
